"""The user's settings: ``.s2i/environment`` and --env, read once and merged.

Each value has its origin. The module also decides which variables reach the image. The variables
themselves are declared in variables.py.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from seldon_buildpack.masking import Secret, url_secrets
from seldon_buildpack.messages.errors.settings import InvalidBoolean
from seldon_buildpack.messages.warnings import settings as settings_warnings
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.origin import PLATFORM_ENV, S2I_ENVIRONMENT, Kind, Origin
from seldon_buildpack.settings.variables import DECLARED, RUN, Setting

# Variables that configure an index or the build: used at build time, never baked into the image.
_BUILD_ONLY = re.compile(
    r"PIP_.*|UV_.*|BP_.*|EXTRA_INDEX_URL|INDEX_URL|TRUSTED_HOST|(HTTPS?|ALL|NO)_PROXY|CONDA_CHANNELS|CONDA_CHANNEL_ALIAS|CONDA_OVERRIDE_.*",
    re.IGNORECASE,
)
# The prefixes of pip, uv and the buildpack. Other variables that the build reads have no common
# prefix by which a misspelt one could be recognized.
_OF_TOOLS = re.compile(r"(?:PIP|UV|BP)_", re.IGNORECASE)
# Variables that change what pip and uv print, prompt for or store, but not what they install.
_WITHOUT_EFFECT = {
    "PIP_CACHE_DIR",
    "PIP_DISABLE_PIP_VERSION_CHECK",
    "PIP_NO_CACHE_DIR",
    "PIP_NO_COLOR",
    "PIP_NO_INPUT",
    "PIP_NO_PYTHON_VERSION_WARNING",
    "PIP_NO_WARN_SCRIPT_LOCATION",
    "PIP_PROGRESS_BAR",
    "PIP_QUIET",
    "PIP_ROOT_USER_ACTION",
    "PIP_VERBOSE",
    "UV_CACHE_DIR",
    "UV_COMPILE_BYTECODE",
    "UV_LINK_MODE",
    "UV_NO_CACHE",
    "UV_NO_PROGRESS",
    "UV_PYTHON_DOWNLOADS",
}
# uv's variables and what to use instead, if the names differ in more than the prefix.
_INSTEAD = {
    "UV_DEFAULT_INDEX": "PIP_INDEX_URL",
    "UV_INDEX": "PIP_EXTRA_INDEX_URL",
    "UV_INSECURE_HOST": "PIP_TRUSTED_HOST",
    "UV_HTTP_TIMEOUT": "PIP_DEFAULT_TIMEOUT",
    "UV_HTTP_RETRIES": "PIP_RETRIES",
    "UV_INDEX_STRATEGY": "BP_PIP_INDEX_STRATEGY",
    "UV_PYTHON": "BP_PYTHON_VERSION",
    "UV_PYTHON_DOWNLOADS_JSON_URL": "BP_PYTHON_DOWNLOADS_JSON_URL",
    "UV_PRERELEASE": "PIP_PRE",
    "UV_BUILD_CONSTRAINT": "PIP_BUILD_CONSTRAINT",
}
# Variables that would break the build's tools, or that are passed to them in another way.
_ASTRAY = re.compile(
    r"PATH|HOME|TMPDIR|NO_COLOR|NETRC|VIRTUAL_ENV|BASH_ENV|(LD|PYTHON|SSL|GIT|CNB|BPE|CONDA|MAMBA|XDG)_.*|PYTHON.*|.*_PROXY|.*_CA_BUNDLE",
    re.IGNORECASE,
)
_APART = re.compile(r"[\s,]+")
# Names of credentials, but not of files that contain them, and values with the form of credentials.
_CREDENTIAL = re.compile(
    r"(?:.*_)?(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|SECRET_?KEY|CREDENTIALS?)",
    re.IGNORECASE,
)
_CREDENTIAL_VALUE = re.compile(
    r"://[^/@\s:]*:[^/@\s]+@|-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bpypi-AgE\w+"
)
_SHORTEST = 6
_BPE_SUFFIXES = {
    "DEFAULT": "default",
    "OVERRIDE": "override",
    "APPEND": "append",
    "PREPEND": "prepend",
    "DELIM": "delim",
}
_YES = {"1", "true", "yes", "on", "t", "y"}
_NO = {"0", "false", "no", "off", "f", "n"}


def _pattern(settings: Iterable[Setting]) -> re.Pattern[str]:
    names = (
        re.escape(name).replace(r"\*", ".+")
        for setting in settings
        for name in setting.name.split(", ")
    )
    return re.compile("|".join(names))


# Variables that the wrapper reads at startup: the only ones of --env that are baked.
_WRAPPER = _pattern(setting for setting in DECLARED if setting.in_image and RUN in setting.where)


# PIP_TIMEOUT is pip's alias for PIP_DEFAULT_TIMEOUT.
_READ = re.compile(f"{_pattern(DECLARED).pattern}|PIP_TIMEOUT")


@dataclass(frozen=True)
class Value:
    """A value and its origin."""

    value: str
    source: Origin


@dataclass(frozen=True)
class Settings:
    """The variables that were set.

    ``values`` maps each name to the value that wins. ``launch`` maps files of env.launch, such as
    ``NAME.default``, to their content.
    """

    values: Mapping[str, Value]
    launch: Mapping[str, str]

    def get(self, name: str) -> Value | None:
        """Return the value of a variable, or None; an empty one counts as not set."""
        value = self.values.get(name)
        return value if value and value.value.strip() else None

    def text(self, name: str) -> str:
        """Return the value without surrounding white space, or an empty string."""
        value = self.get(name)
        return value.value.strip() if value else ""

    def words(self, *names: str) -> tuple[str, ...]:
        """Return the words of list variables, in order.

        As in pip, a list is separated by white space.
        """
        return tuple(word for name in names for word in self.text(name).split())

    def channels(self, name: str) -> tuple[str, ...]:
        """Return the channels in a variable, in order.

        They are separated by commas, as in conda, or by spaces, as in the other list variables.
        """
        return tuple(word for word in _APART.split(self.text(name)) if word)

    def flag(self, name: str) -> bool:
        """Return whether a switch is on, by pip's rules."""
        return self.text(name).lower() in _YES

    def with_fallbacks(self, values: Mapping[str, tuple[str, Origin]]) -> "Settings":
        """Return a copy with values for variables that are not set.

        Each value comes with its origin. The values configure the build only and do not reach the
        image.
        """
        missing = {name: Value(*one) for name, one in values.items() if self.get(name) is None}
        return Settings({**self.values, **missing}, self.launch)

    def switch(self, name: str, default: bool) -> bool:
        """Return whether a switch of the buildpack is on.

        Raises:
            InvalidBoolean: The value is not a boolean.
        """
        value = self.get(name)
        if value and value.value.strip().lower() not in _YES | _NO:
            raise InvalidBoolean(name, value.value.strip(), value.source.describe())
        return self.flag(name) if value else default

    def with_value(self, name: str, text: str) -> "Settings":
        """Return a copy with a value changed, in the launch default too if there is one."""
        launch = dict(self.launch)
        if f"{name}.default" in launch:
            launch[f"{name}.default"] = text
        return Settings({**self.values, name: Value(text, self.values[name].source)}, launch)

    def with_launch(self, files: Mapping[str, str]) -> "Settings":
        """Return a copy with more files of env.launch."""
        return Settings(self.values, {**self.launch, **files})

    def without_launch(self, names: Iterable[str]) -> "Settings":
        """Return a copy without the launch defaults of these variables."""
        files = {f"{name}.default" for name in names}
        return Settings(
            self.values, {name: value for name, value in self.launch.items() if name not in files}
        )

    def at_launch(self, name: str) -> str:
        """Return the value of a path list in the image, without the run image's part."""
        parts = (
            self.launch.get(f"{name}.{kind}", "")
            for kind in ("prepend", "override", "default", "append")
        )
        return ":".join(part for part in parts if part)

    def plain(self) -> dict[str, str]:
        """Return the values of all variables that were set."""
        return {name: value.value for name, value in self.values.items()}

    def for_packages(self) -> dict[str, str]:
        """Return the user's variables that package builds may read, as under s2i.

        These are the variables that neither the buildpack nor its tools read.
        """
        return {
            name: value.value
            for name, value in sorted(self.values.items())
            if value.source.is_user_env
            and not any(one.fullmatch(name) for one in (_ASTRAY, _BUILD_ONLY, _READ))
        }

    def secrets(self) -> tuple[Secret, ...]:
        """Return the secrets that must be masked.

        These are the credentials in URLs in build variables, and the values of variables that are
        credentials by their names.
        """
        texts = {
            name: value.value
            for name, value in self.values.items()
            if not in_image(name, value.source.kind)
        }
        words = [
            word
            for name, text in texts.items()
            for word in (_APART.split(text) if name.endswith("_CHANNELS") else text.split())
        ]
        urls = tuple(
            secret for word in words if re.search("@|/t/|\\?", word) for secret in url_secrets(word)
        )
        return (
            *urls,
            *(
                Secret(value.value)
                for name, value in self.values.items()
                if _named_credential(name, value.value)
            ),
        )

    def like_credentials(self) -> tuple[str, ...]:
        """Return the baked variables in ``.s2i/environment`` that look like credentials."""
        baked = {file.removesuffix(".default") for file in self.launch}
        return tuple(
            name
            for name, value in self.values.items()
            if name in baked
            and value.source.kind is Kind.S2I_ENVIRONMENT
            and like_credential(name, value.value)
        )


def like_credential(name: str, value: str) -> bool:
    """Return whether a variable looks like a credential by its name or the form of its value."""
    return _named_credential(name, value) or bool(_CREDENTIAL_VALUE.search(value))


def _named_credential(name: str, value: str) -> bool:
    """Return whether the name is that of a credential and the value is long enough."""
    return bool(_CREDENTIAL.fullmatch(name)) and len(value) >= _SHORTEST


def configures_build(name: str) -> bool:
    """Return whether a variable configures the build, and so never reaches the image."""
    return bool(_BUILD_ONLY.fullmatch(name))


def leads_tools_astray(name: str) -> bool:
    """Return whether a variable configures the build's tools, which must not get the user's."""
    return bool(_ASTRAY.fullmatch(name))


def in_image(name: str, source: Kind) -> bool:
    """Return whether a variable is baked into the image as a launch default.

    This applies to all variables in ``.s2i/environment`` that do not configure the build, and to
    the wrapper's variables in --env.
    """
    if _BUILD_ONLY.fullmatch(name):
        return False
    return source is not Kind.PLATFORM_ENV or bool(_WRAPPER.fullmatch(name))


def read(env: Mapping[str, str], file: Iterable[tuple[str, str]]) -> Settings:
    """Merge ``.s2i/environment`` and --env; --env wins, as in s2i (pkg/build: file < -e)."""
    values = {name: Value(value, S2I_ENVIRONMENT) for name, value in file}
    values |= {name: Value(value, PLATFORM_ENV) for name, value in env.items()}
    launch = {
        f"{name}.default": value.value
        for name, value in sorted(values.items())
        if in_image(name, value.source.kind)
    }
    return Settings(values, launch | _bpe(env))


def unread(known: Settings) -> tuple[Advice, ...]:
    """Return a warning for each variable of pip, uv or the buildpack that nothing reads.

    The warning suggests the closest name that is read.
    """
    return tuple(
        settings_warnings.variable_not_read(value.source.describe(), name, _nearest(name))
        for name, value in sorted(known.values.items())
        if value.value.strip()
        and value.source.is_user_env
        and _OF_TOOLS.match(name)
        and not _READ.fullmatch(name)
        and name not in _WITHOUT_EFFECT
    )


def _nearest(name: str) -> str:
    """Return the variable that is most likely meant, or an empty string."""
    upper = name.upper()
    rest = upper.partition("_")[2]
    for one in (upper, _INSTEAD.get(upper, ""), f"PIP_{rest}", f"BP_{rest}"):
        if one and _READ.fullmatch(one):
            return one
    import difflib

    names = [setting.name for setting in DECLARED if "*" not in setting.name]
    return next(iter(difflib.get_close_matches(upper, names, 1, 0.85)), "")


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
