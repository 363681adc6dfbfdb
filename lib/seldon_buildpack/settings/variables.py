"""The catalogue of all variables that a user can set.

docs/variables.md and the short table in the README are generated from ``GROUPS`` (``make docs``).
To add a variable, add a ``Setting`` to a group. This is also what lets a variable of the wrapper
pass from --env into the image. The wrapper's defaults are those of seldon-core 1.17.1.
"""

from dataclasses import dataclass

from seldon_buildpack.origin import PLATFORM_ENV, S2I_ENVIRONMENT

ENV = PLATFORM_ENV.describe()
FILE = S2I_ENVIRONMENT.describe()
RUN = "docker run -e"

# For ``Setting.s2i``: s2i's builder images have the same variable under the same name.
SAME = "the same"

_ANYWHERE = (FILE, ENV, RUN)
_BUILD = (FILE, ENV)


@dataclass(frozen=True)
class Setting:
    """A variable, or families of variables (``GRPC_*``, separated by commas).

    ``where`` lists its possible origins; later ones win. ``in_image`` says whether it is baked as a
    launch default. ``example`` is a value, or an assignment for a family. ``s2i`` is its name in
    s2i. ``common`` variables are also listed in the README.
    """

    name: str
    default: str
    where: tuple[str, ...]
    in_image: bool
    help: str
    example: str = ""
    s2i: str = ""
    common: bool = False


@dataclass(frozen=True)
class Group:
    """A group of related variables: a chapter of docs/variables.md."""

    title: str
    settings: tuple[Setting, ...]
    about: str = ""


def _build(
    name: str, default: str, help: str, example: str, s2i: str = "", common: bool = False
) -> Setting:
    """Return a variable that only the build reads."""
    return Setting(name, default, _BUILD, False, help, example, s2i, common)


def _wrapper(
    name: str, default: str, help: str, example: str, common: bool = False, s2i: str = SAME
) -> Setting:
    """Return a variable that the wrapper reads at startup."""
    return Setting(name, default, _ANYWHERE, True, help, example, s2i, common)


_MODEL = Group(
    "The model",
    (
        _wrapper(
            "MODEL_NAME",
            "found, if one class fits",
            "The model class: `Module` (a class of the same name) or `package.Module`",
            "MyModel",
            common=True,
        ),
        _wrapper(
            "SERVICE_TYPE",
            "from the class's methods",
            "MODEL, ROUTER, TRANSFORMER, COMBINER or OUTLIER_DETECTOR",
            "TRANSFORMER",
            common=True,
        ),
        _wrapper(
            "PREDICTIVE_UNIT_PARAMETERS",
            "[]",
            "Arguments for the class's `__init__`: a list in JSON of name, value and type (INT, FLOAT, DOUBLE, STRING, BOOL)",
            '[{"name": "threshold", "value": "0.5", "type": "FLOAT"}]',
            common=True,
        ),
        _wrapper(
            "MODEL_METADATA",
            "{}",
            "What `/metadata` answers beside the class's `init_metadata`, in YAML or JSON",
            '{"name": "my-model"}',
        ),
        _wrapper(
            "PAYLOAD_PASSTHROUGH",
            "false",
            "true: over REST, `predict_raw` is given the body of a request as bytes, and its answer is sent as it is",
            "true",
        ),
        _wrapper(
            "INCLUDE_METRICS_IN_CLIENT_RESPONSE",
            "true",
            "false: answers carry no custom metrics, which then are only on the metrics port",
            "false",
        ),
        _wrapper(
            "PERSISTENCE", "0", "0 or 1. s2i asked for it; the wrapper reads and ignores it", "0"
        ),
        _build(
            "BP_KEEP_FILES",
            "",
            "Of `.condarc`, `.env`, `.git`, `.git-credentials`, `.netrc`, `.pypirc` and `pip.conf` in the source: those to carry into the image, "
            "separated by spaces",
            ".env config/pip.conf",
        ),
    ),
)

_PYTHON = Group(
    "Python and the wrapper",
    (
        _build(
            "BP_PYTHON_VERSION",
            "what the source and its pins ask for, else 3.12",
            "Python to build and serve with, 3.8 to 3.13: a minor (`3.11`) or an exact version",
            "3.11",
            "the builder image, `seldon-core-s2i-python38`",
            common=True,
        ),
        _build(
            "BP_SELDON_CORE_VERSION",
            "1.17.1",
            "Release of the wrapper; 1.18 and later are under the BSL 1.1 licence",
            "1.16.0",
            "the builder image's tag",
            common=True,
        ),
        _build(
            "BP_SELDON_PINS",
            "auto",
            "Versions of what the wrapper needs: `upstream` (what seldon-core itself allows), `current`, or `auto`: upstream where your "
            "requirements allow it",
            "current",
        ),
        _build(
            "BP_DEV_PROCESS",
            "1",
            "0: an image without the process `dev`, which serves a mounted source, and its layer",
            "0",
        ),
        _build(
            "BP_PYTHON_DOWNLOADS_JSON_URL",
            "uv's own",
            "Catalogue (uv's format) of the Pythons that the builder does not carry",
            "https://mirror.example.com/pythons.json",
        ),
        _build(
            "BP_DEPENDENCY_MIRROR",
            "",
            "Address that Pythons and their catalogue are fetched from; `{originalHost}` in it is the host it stands for",
            "https://mirror.example.com/{originalHost}",
        ),
        _build(
            "BP_DEPENDENCY_MIRROR_*",
            "",
            "The same for one host; a dot in it is written as `_`, a hyphen as `__`",
            "BP_DEPENDENCY_MIRROR_GITHUB_COM=https://mirror.example.com",
        ),
    ),
)

_PACKAGES = Group(
    "Packages and indexes",
    (
        _build(
            "BP_REQUIREMENTS",
            "the first manifest",
            "Requirements files to install, separated by spaces, or one other manifest, relative to the source; no other manifest is then read",
            "requirements_predict.txt",
        ),
        _build(
            "PIP_INDEX_URL",
            "PyPI",
            "The package index",
            "https://pypi.example.com/simple",
            SAME,
            common=True,
        ),
        _build(
            "PIP_EXTRA_INDEX_URL",
            "",
            "Further indexes, separated by spaces; asked first, and what they have is not looked up elsewhere",
            "https://pypi.example.com/simple",
            "the same, and EXTRA_INDEX_URL",
            common=True,
        ),
        _build(
            "EXTRA_INDEX_URL",
            "",
            "s2i's name for PIP_EXTRA_INDEX_URL",
            "https://pypi.example.com/simple",
            SAME,
        ),
        _build(
            "BP_PIP_INDEX_STRATEGY",
            "first-index",
            "`unsafe-best-match`: the best version of all indexes, as pip does",
            "unsafe-best-match",
        ),
        _build(
            "BP_EMBED_CERTS",
            "",
            "true: the model's Python trusts the authorities of `ca-certificates` bindings too",
            "true",
        ),
        _build(
            "PIP_NO_INDEX",
            "",
            "1: no index, only what PIP_FIND_LINKS and BP_PIP_FIND_LINKS name, and /whl",
            "1",
            SAME,
        ),
        _build(
            "BP_PIP_FIND_LINKS",
            "",
            "Folders of wheels (relative to the source), separated by spaces, which come before any index, as does one that is mounted at /whl",
            "wheels",
            "`-i wheels:/whl`",
            common=True,
        ),
        _build(
            "PIP_FIND_LINKS",
            "",
            "Folders (relative to the source) or pages with wheels, separated by spaces; of these and the indexes the newest version wins",
            "wheels",
            SAME,
        ),
        _build(
            "PIP_TRUSTED_HOST",
            "",
            "Hosts, `host` or `host:port`, whose TLS certificate is not checked",
            "pypi.example.com:8443",
            SAME,
        ),
        _build(
            "PIP_CONSTRAINT",
            "",
            "Constraints files, relative to the source, separated by spaces",
            "constraints.txt",
            SAME,
        ),
        _build(
            "PIP_BUILD_CONSTRAINT",
            "",
            "Constraints files for what packages are built with",
            "build-constraints.txt",
        ),
        _build("PIP_REQUIRE_HASHES", "", "1: every requirement must carry a hash", "1", SAME),
        _build("PIP_PRE", "", "1: pre-releases count", "1", SAME),
        _build("PIP_NO_BINARY", "", "Packages to build from source, or `:all:`", "lxml", SAME),
        _build(
            "PIP_ONLY_BINARY", "", "Packages never to build from source, or `:all:`", ":all:", SAME
        ),
        _build(
            "PIP_NO_BUILD_ISOLATION",
            "",
            "0 or false, in pip's inverted way: build without an environment of its own",
            "0",
            SAME,
        ),
        _build(
            "PIP_CERT",
            "the build image's",
            "File with the certificate authorities to trust, relative to the source",
            "authority.pem",
            SAME,
        ),
        _build(
            "PIP_CLIENT_CERT",
            "",
            "File with a client's certificate and key, relative to the source",
            "client.pem",
            SAME,
        ),
        _build(
            "PIP_PROXY",
            "",
            "Proxy for http and https; HTTP_PROXY and HTTPS_PROXY are honoured too",
            "http://proxy.example.com:3128",
            SAME,
        ),
        _build(
            "PIP_DEFAULT_TIMEOUT",
            "30",
            "Seconds an index may stay silent; PIP_TIMEOUT is the same",
            "60",
            SAME,
        ),
        _build("PIP_RETRIES", "3", "How often a failed download is tried again", "5", SAME),
    ),
    "None of these is in the image, wherever it was set. Under s2i pip read its own variables too, and they stayed in the image.",
)

_CONDA = Group(
    "Conda",
    (
        _build(
            "CONDA_ENV_NAME",
            "microservice",
            "Name of the environment: the value of CONDA_DEFAULT_ENV at start",
            "my-model",
            SAME,
        ),
        _build(
            "BP_CONDA_CHANNELS",
            "those of environment.yml",
            "Channels to take instead of the file's, in order, separated by commas or spaces: names, URLs, or folders of the source (`./channel`)",
            "https://conda.example.com/conda-forge",
        ),
        _build(
            "CONDA_CHANNELS",
            "",
            "conda's name for BP_CONDA_CHANNELS, which wins",
            "conda-forge,bioconda",
            SAME,
        ),
        _build(
            "BP_CONDA_CHANNEL_ALIAS",
            "conda's own",
            "Address that the names of channels are looked up below; `defaults` are `main` and `r` there",
            "https://conda.example.com",
        ),
        _build(
            "CONDA_CHANNEL_ALIAS",
            "",
            "conda's name for BP_CONDA_CHANNEL_ALIAS, which wins",
            "https://conda.example.com",
            SAME,
        ),
        _build(
            "BP_CONDA_OVERRIDE_CUDA",
            "",
            "Version of CUDA that the GPU's driver can do where the model runs: packages are chosen for it",
            "12.4",
        ),
        _build(
            "CONDA_OVERRIDE_CUDA",
            "",
            "conda's name for BP_CONDA_OVERRIDE_CUDA, which wins",
            "12.4",
            SAME,
        ),
    ),
    "These are for environment.yml and its locks. None chooses anything at run. The variables for pip count for the section `pip:` too.",
)

_SERVING = Group(
    "Serving",
    (
        _wrapper(
            "GUNICORN_WORKERS",
            "1",
            "Processes that answer REST; each has a copy of the model",
            "4",
            common=True,
        ),
        _wrapper("GUNICORN_THREADS", "1", "Threads in each of them", "8", common=True),
        _wrapper(
            "GUNICORN_MAX_REQUESTS",
            "0",
            "Requests after which a process is replaced by a new one; 0: never",
            "1000",
        ),
        _wrapper(
            "GUNICORN_MAX_REQUESTS_JITTER",
            "0",
            "Up to so many requests later, so that not all are replaced at once",
            "100",
        ),
        _wrapper(
            "GUNICORN_KEEPALIVE",
            "2",
            "Seconds that a connection is kept open for another request (with more than one thread)",
            "75",
        ),
        _wrapper(
            "GRPC_WORKERS",
            "1",
            "Processes that answer gRPC, each with a copy of the model; 0: no gRPC",
            "0",
        ),
        _wrapper("GRPC_THREADS", "1", "Threads in each of them", "8"),
        _wrapper(
            "FLASK_SINGLE_THREADED",
            "0",
            "1: one thread in each REST process, whatever GUNICORN_THREADS says",
            "1",
        ),
        _wrapper(
            "PREDICTIVE_UNIT_HTTP_SERVICE_PORT",
            "9000",
            "Port of REST; Seldon's operator sets it",
            "8080",
        ),
        _wrapper(
            "PREDICTIVE_UNIT_GRPC_SERVICE_PORT",
            "5000",
            "Port of gRPC; the operator sets it",
            "9500",
        ),
        _wrapper(
            "PREDICTIVE_UNIT_METRICS_SERVICE_PORT",
            "6000",
            "Port of the metrics; the operator sets it",
            "6001",
        ),
        _wrapper(
            "PREDICTIVE_UNIT_METRICS_ENDPOINT",
            "/metrics",
            "Path of the metrics on their port",
            "/prometheus",
        ),
        _wrapper(
            "PROMETHEUS_DISABLE_CREATED_SERIES",
            "false",
            "true: no `_created` series beside each counter, where prometheus_client is newer than upstream's pins have it",
            "true",
        ),
        _wrapper("WEB_CONCURRENCY", "1", "Processes that answer on the metrics port", "2"),
        _wrapper(
            "FORWARDED_ALLOW_IPS",
            "127.0.0.1",
            "Proxies whose X-Forwarded headers gunicorn believes, separated by commas; `*`: all",
            "*",
        ),
        _wrapper(
            "SCRIPT_NAME",
            "",
            "Path in front of every path, where a proxy leaves it there",
            "/my-model",
        ),
        _wrapper("SENDFILE", "true", "false: gunicorn does not use the system's sendfile", "false"),
        _wrapper(
            "USE_MULTIPROCESS_PACKAGE",
            "false",
            "true: processes by the package multiprocess, which then has to be in the requirements, instead of Python's multiprocessing",
            "true",
        ),
    ),
    "Timeouts are no variables: the operator's annotation `seldon.io/rest-timeout` is read from `/etc/podinfo/annotations`. The wrapper does not read "
    "GUNICORN_CMD_ARGS or a `gunicorn.conf.py`.",
)

_LOGS = Group(
    "Logs and JSON",
    (
        _wrapper(
            "SELDON_LOG_LEVEL",
            "INFO",
            "DEBUG, INFO, WARNING, ERROR or CRITICAL",
            "DEBUG",
            common=True,
        ),
        _wrapper(
            "SELDON_DEBUG",
            "false",
            "true: Flask's own server instead of gunicorn's, with GUNICORN_* ignored; not for production",
            "true",
        ),
        _wrapper("GUNICORN_ACCESS_LOG", "false", "true: a line for each request", "true"),
        _wrapper(
            "FILTER_METRICS_ACCESS_LOGS",
            "true",
            "false: the access log has the requests for metrics too (false with SELDON_DEBUG)",
            "false",
        ),
        _wrapper(
            "FLASK_JSON_SORT_KEYS",
            "true",
            "false: the keys of an answer stay in the order in which the model gave them",
            "false",
        ),
        _wrapper(
            "FLASK_JSON_AS_ASCII",
            "true",
            "false: letters beyond ASCII are sent as they are, in UTF-8, not as `\\u00e9`",
            "false",
        ),
        _wrapper(
            "FLASK_JSONIFY_PRETTYPRINT_REGULAR", "false", "true: answers are indented", "true"
        ),
        _wrapper("FLASK_ENV", "production", "development: Flask's debug mode", "production"),
        _wrapper(
            "FLASK_*",
            "Flask's own",
            "true or false for one of Flask's settings: DEBUG, EXPLAIN_TEMPLATE_LOADING, PROPAGATE_EXCEPTIONS, PRESERVE_CONTEXT_ON_EXCEPTION, "
            "SESSION_COOKIE_HTTPONLY, SESSION_COOKIE_SECURE, SESSION_REFRESH_EACH_REQUEST, TEMPLATES_AUTO_RELOAD, TESTING, TRAP_HTTP_EXCEPTIONS, "
            "TRAP_BAD_REQUEST_ERRORS, USE_X_SENDFILE",
            "FLASK_PROPAGATE_EXCEPTIONS=true",
        ),
        _wrapper(
            "GRPC_*",
            "gRPC's own",
            "What the gRPC library reads, such as GRPC_VERBOSITY and GRPC_TRACE",
            "GRPC_VERBOSITY=debug",
        ),
    ),
    "What is true or false is on with `1`, `t` or `true`, and off with anything else, `yes` and `on` too. FLASK_ENV is for Flask up to 2.2, "
    "which upstream's pins of the wrapper have.",
)

_TRACING = Group(
    "Tracing",
    (
        _wrapper("TRACING", "0", "1: each request is traced, and sent to a Jaeger agent", "1"),
        _wrapper("JAEGER_AGENT_HOST", "0.0.0.0", "Where the agent is", "jaeger-agent"),
        _wrapper("JAEGER_AGENT_PORT", "5775", "Its UDP port", "6831"),
        _wrapper(
            "JAEGER_CONFIG_PATH",
            "",
            "A file with Jaeger's configuration, in YAML; the two above are then not read",
            "/etc/jaeger.yaml",
        ),
        _wrapper(
            "JAEGER_EXTRA_TAGS",
            "",
            "Attributes of Flask's request that become tags, separated by commas",
            "remote_addr,url",
        ),
        _wrapper(
            "JAEGER_TAGS",
            "",
            "Tags of every span: `name=value`, separated by commas",
            "team=fraud,stage=test",
        ),
        _wrapper("JAEGER_TRACEID_128BIT", "false", "true: trace ids of 128 bits", "true"),
    ),
)

_OPERATOR = Group(
    "What Seldon's operator says of the pod",
    (
        _wrapper(
            "PREDICTIVE_UNIT_ID",
            "NOT_IMPLEMENTED",
            "The graph node's name: the label model_name of metrics",
            "classifier",
        ),
        _wrapper(
            "PREDICTIVE_UNIT_IMAGE",
            "",
            "The image's name and tag: labels of metrics, and `name` and `versions` of `/metadata`",
            "my-model:1.0",
        ),
        _wrapper(
            "PREDICTOR_ID", "NOT_IMPLEMENTED", "The predictor's name: a label of metrics", "default"
        ),
        _wrapper(
            "PREDICTOR_LABELS",
            "{}",
            "The predictor's labels, an object in JSON; its `version` is a label of metrics",
            '{"version": "v1"}',
        ),
        _wrapper(
            "SELDON_DEPLOYMENT_ID",
            "NOT_IMPLEMENTED",
            "The deployment's name: a label of metrics",
            "fraud",
        ),
        _wrapper(
            "SELDON_EXECUTOR_ENABLED",
            "true",
            "false: rewards sent as feedback are not counted in the metrics",
            "false",
        ),
        _wrapper(
            "SELDON_*, GUNICORN_*, JAEGER_*, PREDICTIVE_UNIT_*, PREDICTOR_*",
            "",
            "Whatever else of these names: another release of the wrapper may read it",
            "SELDON_OTHER=1",
        ),
    ),
    "In a pod the operator sets them. Elsewhere they name the model in its metrics.",
)

_IMAGE = Group(
    "Any other variable of the image",
    (
        Setting(
            "BPE_*",
            "",
            (ENV,),
            True,
            "`BPE_NAME=value` sets NAME in the image, whatever `docker run -e` says; `BPE_DEFAULT_NAME` only where it is not set at run; "
            "`BPE_APPEND_NAME`, `BPE_PREPEND_NAME` and `BPE_DELIM_NAME` add to it",
            "BPE_DEFAULT_OMP_NUM_THREADS=1",
            "`-e NAME=value`",
            common=True,
        ),
    ),
    "Every key of `.s2i/environment` that stands nowhere above is one too, as with s2i; of `--env`, what stands nowhere above stays in the build.",
)

GROUPS: tuple[Group, ...] = (
    _MODEL,
    _PYTHON,
    _PACKAGES,
    _CONDA,
    _SERVING,
    _LOGS,
    _TRACING,
    _OPERATOR,
    _IMAGE,
)
DECLARED: tuple[Setting, ...] = tuple(setting for group in GROUPS for setting in group.settings)
