"""Every variable a user can set, declared once: name, default, where it may come from, whether it reaches the image, one line of help.

The README's table and docs/variables.md are made from ``DECLARED`` (``python -m tools docs``).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from seldon_buildpack.secrets import Secret, url_secrets

ENV = "pack build --env"
FILE = ".s2i/environment"
RUN = "docker run -e"


@dataclass(frozen=True)
class Setting:
    """A variable: ``where`` lists its origins; the later one wins. ``in_image`` says whether it is baked as a launch default."""

    name: str
    default: str
    where: tuple[str, ...]
    in_image: bool
    help: str


DECLARED: tuple[Setting, ...] = (
    Setting(
        "MODEL_NAME",
        "found, if one class fits",
        (FILE, ENV, RUN),
        True,
        "The model class: `Module` (a class of the same name) or `package.Module`",
    ),
    Setting("SERVICE_TYPE", "from the class's methods", (FILE, ENV, RUN), True, "MODEL, ROUTER, TRANSFORMER, COMBINER or OUTLIER_DETECTOR"),
    Setting("PERSISTENCE", "", (FILE, ENV, RUN), True, "0 or 1; s2i asked for it; the wrapper reads and ignores it"),
    Setting(
        "BP_PYTHON_VERSION", "3.12", (FILE, ENV), False, "Python to build and serve with, 3.8 to 3.12: a minor (`3.11`) or an exact version"
    ),
    Setting("BP_SELDON_CORE_VERSION", "1.17.1", (FILE, ENV), False, "Release of the wrapper; 1.18 and later are under the BSL 1.1 licence"),
    Setting(
        "BP_SELDON_PINS",
        "auto",
        (FILE, ENV),
        False,
        "Versions of what the wrapper needs: `upstream` (what seldon-core itself allows), `current`, or `auto`: upstream where your requirements allow it",
    ),
    Setting(
        "BP_PYTHON_DOWNLOADS_JSON_URL",
        "uv's own",
        (FILE, ENV),
        False,
        "Catalogue (uv's format) of the Pythons that the builder does not carry",
    ),
    Setting(
        "BP_PIP_INDEX_STRATEGY", "first-index", (FILE, ENV), False, "`unsafe-best-match`: the best version of all indexes, as pip does"
    ),
    Setting(
        "BP_DEPENDENCY_MIRROR",
        "",
        (FILE, ENV),
        False,
        "Address that Pythons and their catalogue are fetched from; `{originalHost}` in it is the host it stands for",
    ),
    Setting(
        "BP_DEPENDENCY_MIRROR_*",
        "",
        (FILE, ENV),
        False,
        "The same for one host: `BP_DEPENDENCY_MIRROR_GITHUB_COM`; a hyphen in the host is written as `__`",
    ),
    Setting(
        "BP_EMBED_CERTS",
        "",
        (FILE, ENV),
        False,
        "true: the model's Python trusts the authorities of `ca-certificates` bindings too",
    ),
    Setting(
        "BP_KEEP_FILES",
        "",
        (FILE, ENV),
        False,
        "Of `.env`, `.git`, `.git-credentials`, `.netrc`, `.pypirc` and `pip.conf` in the source: those to carry into the image, separated by spaces",
    ),
    Setting("EXTRA_INDEX_URL", "", (FILE, ENV), False, "s2i's name for PIP_EXTRA_INDEX_URL"),
    Setting("PIP_INDEX_URL", "PyPI", (FILE, ENV), False, "The package index"),
    Setting(
        "PIP_EXTRA_INDEX_URL",
        "",
        (FILE, ENV),
        False,
        "Further indexes, separated by spaces; asked first, and what they have is not looked up elsewhere",
    ),
    Setting("PIP_NO_INDEX", "", (FILE, ENV), False, "1: no index, only PIP_FIND_LINKS"),
    Setting("PIP_FIND_LINKS", "", (FILE, ENV), False, "Folders (relative to the source) or pages with wheels, separated by spaces"),
    Setting("PIP_TRUSTED_HOST", "", (FILE, ENV), False, "Hosts, `host` or `host:port`, whose TLS certificate is not checked"),
    Setting("PIP_CONSTRAINT", "", (FILE, ENV), False, "Constraints files, relative to the source, separated by spaces"),
    Setting("PIP_BUILD_CONSTRAINT", "", (FILE, ENV), False, "Constraints files for what packages are built with"),
    Setting("PIP_REQUIRE_HASHES", "", (FILE, ENV), False, "1: every requirement must carry a hash"),
    Setting("PIP_PRE", "", (FILE, ENV), False, "1: pre-releases count"),
    Setting("PIP_NO_BINARY", "", (FILE, ENV), False, "Packages to build from source, or `:all:`"),
    Setting("PIP_ONLY_BINARY", "", (FILE, ENV), False, "Packages never to build from source, or `:all:`"),
    Setting("PIP_NO_BUILD_ISOLATION", "", (FILE, ENV), False, "0 or false, in pip's inverted way: build without an environment of its own"),
    Setting("PIP_CERT", "the build image's", (FILE, ENV), False, "File with the certificate authorities to trust, relative to the source"),
    Setting("PIP_CLIENT_CERT", "", (FILE, ENV), False, "File with a client's certificate and key, relative to the source"),
    Setting("PIP_PROXY", "", (FILE, ENV), False, "Proxy for http and https; HTTP_PROXY and HTTPS_PROXY are honoured too"),
    Setting("PIP_DEFAULT_TIMEOUT", "30", (FILE, ENV), False, "Seconds an index may stay silent; PIP_TIMEOUT is the same"),
    Setting("PIP_RETRIES", "3", (FILE, ENV), False, "How often a failed download is tried again"),
    Setting("BPE_*", "", (ENV,), True, "`BPE_NAME=value` sets NAME in the image; `BPE_DEFAULT_NAME` only where it is not set at run"),
    Setting("SELDON_*, GUNICORN_*, FLASK_*, GRPC_*, PREDICTIVE_UNIT_*, ...", "", (FILE, ENV, RUN), True, "What the wrapper itself reads"),
)

# What configures an index or our build: honoured at build, never baked.
_BUILD_ONLY = re.compile(r"PIP_.*|UV_.*|BP_.*|EXTRA_INDEX_URL|INDEX_URL|TRUSTED_HOST|(HTTPS?|ALL|NO)_PROXY", re.IGNORECASE)
# What seldon-core 1.17's microservice, its Flask, gunicorn, gRPC and tracing set-up read (seldon_core/*.py, getenv).
_WRAPPER = re.compile(
    r"MODEL_NAME|SERVICE_TYPE|PERSISTENCE|API_TYPE|TRACING|PAYLOAD_PASSTHROUGH|MODEL_METADATA|MODEL_IMAGE|CONDA_ENV_NAME"
    r"|REDIS_.*|LOG_LEVEL_ENV|INCLUDE_METRICS_IN_CLIENT_RESPONSE"
    r"|(SELDON|GUNICORN|FLASK|GRPC|PREDICTIVE_UNIT|PREDICTOR|DEPLOYMENT|JAEGER|OTEL|EXECUTOR)_.*"
)
# A name of a password, not of the file that holds one; and values whose form says what they are.
_CREDENTIAL = re.compile(
    r"(?:.*_)?(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|SECRET_?KEY|CREDENTIALS?)", re.IGNORECASE
)
_CREDENTIAL_VALUE = re.compile(
    r"://[^/@\s:]*:[^/@\s]+@|-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bpypi-AgE\w+"
)
_SHORTEST = 6
_BPE_SUFFIXES = {"DEFAULT": "default", "OVERRIDE": "override", "APPEND": "append", "PREPEND": "prepend", "DELIM": "delim"}
_YES = {"1", "true", "yes", "on", "t", "y"}


@dataclass(frozen=True)
class Value:
    """A value and the place it came from, as the log names it."""

    value: str
    source: str


@dataclass(frozen=True)
class Settings:
    """What was set, each by its winner. ``launch`` are files of env.launch: ``NAME.default`` and the like to value."""

    values: Mapping[str, Value]
    launch: Mapping[str, str]

    def get(self, name: str) -> Value | None:
        """The value of a declared variable; an empty one counts as not set."""
        value = self.values.get(name)
        return value if value and value.value.strip() else None

    def text(self, name: str) -> str:
        """The value, or an empty string."""
        value = self.get(name)
        return value.value.strip() if value else ""

    def words(self, *names: str) -> tuple[str, ...]:
        """The words of one or more list variables, in order (pip separates a list by white space)."""
        return tuple(word for name in names for word in self.text(name).split())

    def flag(self, name: str) -> bool:
        """Whether a switch is on, as pip reads one."""
        return self.text(name).lower() in _YES

    def with_fallbacks(self, values: Mapping[str, tuple[str, str]]) -> "Settings":
        """The same with values, each with its source, for what is not set; they configure the build and reach no image."""
        missing = {name: Value(*one) for name, one in values.items() if self.get(name) is None}
        return Settings({**self.values, **missing}, self.launch)

    def with_value(self, name: str, text: str) -> "Settings":
        """The same with one value put as the wrapper wants it; its launch default follows."""
        launch = dict(self.launch)
        if f"{name}.default" in launch:
            launch[f"{name}.default"] = text
        return Settings({**self.values, name: Value(text, self.values[name].source)}, launch)

    def with_launch(self, files: Mapping[str, str]) -> "Settings":
        """The same with further launch defaults."""
        return Settings(self.values, {**self.launch, **files})

    def without_launch(self, names: Iterable[str]) -> "Settings":
        """The same less the launch defaults of these variables."""
        files = {f"{name}.default" for name in names}
        return Settings(self.values, {name: value for name, value in self.launch.items() if name not in files})

    def at_launch(self, name: str) -> str:
        """What a variable that lists folders will hold in the image, less what the run image has."""
        parts = (self.launch.get(f"{name}.{kind}", "") for kind in ("prepend", "override", "default", "append"))
        return ":".join(part for part in parts if part)

    def plain(self) -> dict[str, str]:
        """Every variable that was set, with its value."""
        return {name: value.value for name, value in self.values.items()}

    def secrets(self) -> tuple[Secret, ...]:
        """What must be masked: credentials in any URL of a build variable, and values whose name says that they are one."""
        texts = (value.value for name, value in self.values.items() if not in_image(name, value.source))
        urls = tuple(secret for text in texts for word in text.split() if "@" in word for secret in url_secrets(word))
        return (*urls, *(Secret(value.value) for name, value in self.values.items() if _named_credential(name, value.value)))

    def like_credentials(self) -> tuple[str, ...]:
        """The keys of the file that would be in the image and look as if they held a password."""
        baked = {file.removesuffix(".default") for file in self.launch}
        return tuple(
            name for name, value in self.values.items() if name in baked and value.source == FILE and _like_credential(name, value.value)
        )


def _like_credential(name: str, value: str) -> bool:
    """Whether a variable is a password by its name or by the form of its value."""
    return _named_credential(name, value) or bool(_CREDENTIAL_VALUE.search(value))


def _named_credential(name: str, value: str) -> bool:
    """Whether the name is one of a password, and the value long enough for one."""
    return bool(_CREDENTIAL.fullmatch(name)) and len(value) >= _SHORTEST


def in_image(name: str, source: str) -> bool:
    """Whether a variable is baked as a launch default: each key of the file but what configures the build; of --env only the wrapper's."""
    if _BUILD_ONLY.fullmatch(name):
        return False
    return source != ENV or bool(_WRAPPER.fullmatch(name))


def read(env: Mapping[str, str], file: Iterable[tuple[str, str]]) -> Settings:
    """Merge ``.s2i/environment`` and --env: the latter wins, as with s2i (pkg/build: file < -e)."""
    values = {name: Value(value, FILE) for name, value in file}
    values |= {name: Value(value, ENV) for name, value in env.items()}
    launch = {f"{name}.default": value.value for name, value in sorted(values.items()) if in_image(name, value.source)}
    return Settings(values, launch | _bpe(env))


def _bpe(env: Mapping[str, str]) -> dict[str, str]:
    files: dict[str, str] = {}
    for name, value in sorted(env.items()):
        if not name.startswith("BPE_"):
            continue
        kind, _, rest = name.removeprefix("BPE_").partition("_")
        if kind in _BPE_SUFFIXES and rest:
            files[f"{rest}.{_BPE_SUFFIXES[kind]}"] = value
        else:
            files[f"{name.removeprefix('BPE_')}.override"] = value
    return files
