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


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A variable, or families of variables."""

    # `A`, or `GRPC_*, KAFKA_*` for families.
    name: str
    default: str
    # Where it can be set; later places win.
    where: tuple[str, ...]
    # Whether it is baked as a launch default.
    in_image: bool
    help: str
    # A value, or an assignment for a family.
    example: str = ""
    # Its name in s2i.
    s2i: str = ""
    # Whether the README lists it too.
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
    return Setting(
        name=name,
        default=default,
        where=_BUILD,
        in_image=False,
        help=help,
        example=example,
        s2i=s2i,
        common=common,
    )


def _wrapper(
    name: str, default: str, help: str, example: str, common: bool = False, s2i: str = SAME
) -> Setting:
    """Return a variable that the wrapper reads at startup."""
    return Setting(
        name=name,
        default=default,
        where=_ANYWHERE,
        in_image=True,
        help=help,
        example=example,
        s2i=s2i,
        common=common,
    )


_MODEL = Group(
    "The model",
    (
        _wrapper(
            "MODEL_NAME",
            "found, if exactly one class matches",
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
        Setting(
            name="BP_LOG_LEVEL",
            default="info",
            where=(ENV,),
            in_image=False,
            help="debug: the build prints how long each of its steps takes",
            example="debug",
        ),
        _build(
            "BP_SELDON_RUNTIME",
            "auto",
            "Where the image has Python and the wrapper from: auto (the run image if it contains them, else layers), layers, or run-image (an error if it cannot provide them)",
            "layers",
        ),
        _build(
            "BP_MODEL_TRIAL",
            "auto",
            "How far the build tries the model: `auto` (loads it and sends it the source's requests, if the packages are at hand), `import`, `load`, `answer` (also for contract.json), `always` (in each build), or `off` "
            "(does not run it; a missing module is a warning)",
            "import",
        ),
        _build(
            "BP_MODEL_TRIAL_TIMEOUT",
            "60",
            "Seconds that the model may take to load in the build",
            "120",
        ),
        _wrapper(
            "PREDICTIVE_UNIT_PARAMETERS",
            "[]",
            "Arguments of the class's `__init__`: a JSON list of name, value and type (INT, FLOAT, DOUBLE, STRING, BOOL)",
            '[{"name": "threshold", "value": "0.5", "type": "FLOAT"}]',
            common=True,
        ),
        _wrapper(
            "MODEL_METADATA",
            "{}",
            "Metadata that `/metadata` returns in addition to the class's `init_metadata`, in YAML or JSON",
            '{"name": "my-model"}',
        ),
        _wrapper(
            "PAYLOAD_PASSTHROUGH",
            "false",
            "true: over REST, `predict_raw` gets the body of a request as bytes, and its result is sent unchanged",
            "true",
        ),
        _wrapper(
            "INCLUDE_METRICS_IN_CLIENT_RESPONSE",
            "true",
            "false: responses do not contain custom metrics, which are then only on the metrics port",
            "false",
        ),
        _wrapper(
            "PERSISTENCE", "0", "0 or 1. s2i requires it; the wrapper reads and ignores it", "0"
        ),
        _build(
            "BP_KEEP_FILES",
            "",
            "Files to keep in the image that are removed by default (`.condarc`, `.env`, `.git`, `.git-credentials`, `.netrc`, `.pypirc` and `pip.conf`), "
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
            "from the source and its pins, otherwise 3.12",
            "Python version, 3.6 to 3.13: a minor version (`3.11`) or an exact one (`3.11.7`)",
            "3.11",
            "the builder image, `seldon-core-s2i-python38`",
            common=True,
        ),
        _build(
            "BP_SELDON_CORE_VERSION",
            "1.17.1",
            "Release of the wrapper; 1.18 and later are licensed under BSL 1.1",
            "1.16.0",
            "the builder image's tag",
            common=True,
        ),
        _build(
            "BP_SELDON_PINS",
            "auto",
            "Versions of the wrapper's dependencies: `current`, `upstream` (those that seldon-core itself allows), or `auto` (current, or "
            "upstream if only that can be installed)",
            "upstream",
        ),
        _build(
            "BP_DEV_PROCESS",
            "1",
            "0: no process `dev`, which serves a mounted source, and no layer for it",
            "0",
        ),
        _build(
            "BP_PYTHON_DOWNLOADS_JSON_URL",
            "uv's own",
            "Catalogue (in uv's format) of the Pythons that the builder does not include",
            "https://mirror.example.com/pythons.json",
        ),
        _build(
            "BP_DEPENDENCY_MIRROR",
            "",
            "URL to download Pythons and their catalogue from; `{originalHost}` in it is replaced by the original host",
            "https://mirror.example.com/{originalHost}",
        ),
        _build(
            "BP_DEPENDENCY_MIRROR_*",
            "",
            "The same for one host; write `_` for a dot in it, and `__` for a hyphen",
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
            "Requirements files to install, separated by spaces, or one other manifest, relative to the source; other manifests are not read",
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
            "Additional indexes, separated by spaces; searched first, and a package that they have is not searched for elsewhere",
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
            "`unsafe-best-match`: install the best version of all indexes, as pip does",
            "unsafe-best-match",
        ),
        _build(
            "BP_EMBED_CERTS",
            "",
            "true: the model's Python also trusts the CA certificates of `ca-certificates` bindings",
            "true",
        ),
        _build(
            "BP_BUILD_VARIABLES",
            "",
            "Names of `--env` variables that package builds may read, separated by spaces; only `--env` sets it",
            "FAST_VERSION USE_CUDA",
            "every `-e` variable",
        ),
        _build(
            "PIP_NO_INDEX",
            "",
            "1: search no index, only PIP_FIND_LINKS, BP_PIP_FIND_LINKS and /whl",
            "1",
            SAME,
        ),
        _build(
            "BP_PIP_FIND_LINKS",
            "",
            "Wheel folders (relative to the source), separated by spaces; searched before any index, as is a folder that is mounted at /whl",
            "wheels",
            "`-i wheels:/whl`",
            common=True,
        ),
        _build(
            "PIP_FIND_LINKS",
            "",
            "Folders (relative to the source) or pages with wheels, separated by spaces; the newest version of these and the indexes is installed",
            "wheels",
            SAME,
        ),
        _build(
            "PIP_TRUSTED_HOST",
            "",
            "Hosts (`host` or `host:port`) whose TLS certificates are not verified",
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
            "Constraints files for the build dependencies of packages",
            "build-constraints.txt",
        ),
        _build("PIP_REQUIRE_HASHES", "", "1: every requirement must have a hash", "1", SAME),
        _build("PIP_PRE", "", "1: allow pre-releases", "1", SAME),
        _build("PIP_NO_BINARY", "", "Packages to build from source, or `:all:`", "lxml", SAME),
        _build(
            "PIP_ONLY_BINARY", "", "Packages not to build from source, or `:all:`", ":all:", SAME
        ),
        _build(
            "PIP_NO_BUILD_ISOLATION",
            "",
            "0 or false (inverted, as in pip): build without an isolated environment",
            "0",
            SAME,
        ),
        _build(
            "PIP_CERT",
            "the build image's",
            "File with the CA certificates to trust, relative to the source",
            "ca.pem",
            SAME,
        ),
        _build(
            "PIP_CLIENT_CERT",
            "",
            "File with a client certificate and its key, relative to the source",
            "client.pem",
            SAME,
        ),
        _build(
            "PIP_PROXY",
            "",
            "Proxy for http and https; HTTP_PROXY and HTTPS_PROXY work too",
            "http://proxy.example.com:3128",
            SAME,
        ),
        _build(
            "PIP_DEFAULT_TIMEOUT",
            "30",
            "Seconds to wait for a response; PIP_TIMEOUT is the same",
            "60",
            SAME,
        ),
        _build("PIP_RETRIES", "3", "How often to retry a failed download", "5", SAME),
    ),
    "These are not in the image, wherever you set them. With s2i, pip also read its variables, but they stayed in the image.",
)

_CONDA = Group(
    "Conda",
    (
        _build(
            "CONDA_ENV_NAME",
            "microservice",
            "Name of the environment, and the value of CONDA_DEFAULT_ENV at startup",
            "my-model",
            SAME,
        ),
        _build(
            "BP_CONDA_CHANNELS",
            "those of environment.yml",
            "Channels to use instead of the file's, in order, separated by commas or spaces: names, URLs, or folders of the source (`./channel`)",
            "https://conda.example.com/conda-forge",
        ),
        _build(
            "CONDA_CHANNELS",
            "",
            "conda's name for BP_CONDA_CHANNELS, which takes precedence",
            "conda-forge,bioconda",
            SAME,
        ),
        _build(
            "BP_CONDA_CHANNEL_ALIAS",
            "conda's own",
            "Base URL of channel names; `defaults` means `main` and `r` there",
            "https://conda.example.com",
        ),
        _build(
            "CONDA_CHANNEL_ALIAS",
            "",
            "conda's name for BP_CONDA_CHANNEL_ALIAS, which takes precedence",
            "https://conda.example.com",
            SAME,
        ),
        _build(
            "BP_CONDA_OVERRIDE_CUDA",
            "",
            "CUDA version that the GPU driver supports where the model runs; conda chooses packages for it",
            "12.4",
        ),
        _build(
            "CONDA_OVERRIDE_CUDA",
            "",
            "conda's name for BP_CONDA_OVERRIDE_CUDA, which takes precedence",
            "12.4",
            SAME,
        ),
    ),
    "These are for environment.yml and its locks. They have no effect at runtime. The variables for pip also apply to the `pip:` section.",
)

_SERVING = Group(
    "Serving",
    (
        _wrapper(
            "GUNICORN_WORKERS",
            "1",
            "Processes that serve REST; each has a copy of the model",
            "4",
            common=True,
        ),
        _wrapper("GUNICORN_THREADS", "1", "Threads in each of these processes", "8", common=True),
        _wrapper(
            "GUNICORN_MAX_REQUESTS",
            "0",
            "Requests after which a process is restarted; 0: never",
            "1000",
        ),
        _wrapper(
            "GUNICORN_MAX_REQUESTS_JITTER",
            "0",
            "Random number of requests to add, up to this value, so that processes do not all restart at once",
            "100",
        ),
        _wrapper(
            "GUNICORN_KEEPALIVE",
            "2",
            "Seconds to keep a connection open for another request (with more than one thread)",
            "75",
        ),
        _wrapper(
            "GRPC_WORKERS",
            "1",
            "Processes that serve gRPC, each with a copy of the model; 0: no gRPC",
            "0",
        ),
        _wrapper("GRPC_THREADS", "1", "Threads in each of these processes", "8"),
        _wrapper(
            "GRPC_MAX_MESSAGE_SIZE",
            "4194304 for requests, none for answers",
            "Largest gRPC message in bytes, at most 2147483647; the annotation `seldon.io/grpc-max-message-size` wins",
            "104857600",
        ),
        _wrapper(
            "REST_TIMEOUT",
            "5000000",
            "Milliseconds after which a REST process that does not answer is replaced; the annotation `seldon.io/rest-timeout` wins",
            "60000",
        ),
        _wrapper(
            "FLASK_SINGLE_THREADED",
            "0",
            "1: one thread in each REST process, regardless of GUNICORN_THREADS",
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
            "true: no `_created` series for each counter, if prometheus_client is newer than in the upstream pins",
            "true",
        ),
        _wrapper("WEB_CONCURRENCY", "1", "Processes that serve the metrics port", "2"),
        _wrapper(
            "FORWARDED_ALLOW_IPS",
            "127.0.0.1",
            "Proxies whose X-Forwarded headers gunicorn trusts, separated by commas; `*`: all",
            "*",
        ),
        _wrapper(
            "SCRIPT_NAME",
            "",
            "Prefix of every path, if a proxy does not strip it",
            "/my-model",
        ),
        _wrapper("SENDFILE", "true", "false: gunicorn does not use sendfile", "false"),
        _wrapper(
            "USE_MULTIPROCESS_PACKAGE",
            "false",
            "true: use the package multiprocess instead of Python's multiprocessing; add it to your requirements",
            "true",
        ),
    ),
    "Timeouts are not variables: the wrapper reads the operator's annotation `seldon.io/rest-timeout` from `/etc/podinfo/annotations`. It does not read "
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
            "true: use Flask's server instead of gunicorn, and ignore GUNICORN_*; not for production",
            "true",
        ),
        _wrapper("GUNICORN_ACCESS_LOG", "false", "true: log a line for each request", "true"),
        _wrapper(
            "FILTER_METRICS_ACCESS_LOGS",
            "true",
            "false: also log requests for metrics (false with SELDON_DEBUG)",
            "false",
        ),
        _wrapper(
            "FLASK_JSON_SORT_KEYS",
            "true",
            "false: keep the order of the keys in a response",
            "false",
        ),
        _wrapper(
            "FLASK_JSON_AS_ASCII",
            "true",
            "false: send non-ASCII characters as UTF-8, not as `\\u00e9`",
            "false",
        ),
        _wrapper("FLASK_JSONIFY_PRETTYPRINT_REGULAR", "false", "true: indent responses", "true"),
        _wrapper("FLASK_ENV", "production", "development: Flask's debug mode", "production"),
        _wrapper(
            "FLASK_*",
            "Flask's own",
            "true or false for a Flask setting: DEBUG, EXPLAIN_TEMPLATE_LOADING, PROPAGATE_EXCEPTIONS, PRESERVE_CONTEXT_ON_EXCEPTION, "
            "SESSION_COOKIE_HTTPONLY, SESSION_COOKIE_SECURE, SESSION_REFRESH_EACH_REQUEST, TEMPLATES_AUTO_RELOAD, TESTING, TRAP_HTTP_EXCEPTIONS, "
            "TRAP_BAD_REQUEST_ERRORS, USE_X_SENDFILE",
            "FLASK_PROPAGATE_EXCEPTIONS=true",
        ),
        _wrapper(
            "GRPC_*",
            "gRPC's own",
            "Variables of the gRPC library, such as GRPC_VERBOSITY and GRPC_TRACE",
            "GRPC_VERBOSITY=debug",
        ),
    ),
    "Boolean variables are on with `1`, `t` or `true`, and off with anything else, including `yes` and `on`. FLASK_ENV is for Flask up to 2.2, "
    "which is in the wrapper's upstream pins.",
)

_TRACING = Group(
    "Tracing",
    (
        _wrapper(
            "TRACING", "0", "1: trace each request, and send the trace to a Jaeger agent", "1"
        ),
        _wrapper("JAEGER_AGENT_HOST", "0.0.0.0", "Host of the agent", "jaeger-agent"),
        _wrapper("JAEGER_AGENT_PORT", "5775", "UDP port of the agent", "6831"),
        _wrapper(
            "JAEGER_CONFIG_PATH",
            "",
            "YAML file with Jaeger's configuration; JAEGER_AGENT_HOST and JAEGER_AGENT_PORT are then ignored",
            "/etc/jaeger.yaml",
        ),
        _wrapper(
            "JAEGER_EXTRA_TAGS",
            "",
            "Attributes of Flask's request to add as tags, separated by commas",
            "remote_addr,url",
        ),
        _wrapper(
            "JAEGER_TAGS",
            "",
            "Tags of every span: `name=value`, separated by commas",
            "team=fraud,stage=test",
        ),
        _wrapper("JAEGER_TRACEID_128BIT", "false", "true: use 128-bit trace IDs", "true"),
    ),
)

_OPERATOR = Group(
    "Variables of Seldon's operator",
    (
        _wrapper(
            "PREDICTIVE_UNIT_ID",
            "NOT_IMPLEMENTED",
            "Name of the graph node: the metrics label model_name",
            "classifier",
        ),
        _wrapper(
            "PREDICTIVE_UNIT_IMAGE",
            "",
            "Name and tag of the image: metrics labels, and `name` and `versions` in `/metadata`",
            "my-model:1.0",
        ),
        _wrapper(
            "PREDICTOR_ID", "NOT_IMPLEMENTED", "Name of the predictor: a metrics label", "default"
        ),
        _wrapper(
            "PREDICTOR_LABELS",
            "{}",
            "Labels of the predictor, a JSON object; its `version` is a metrics label",
            '{"version": "v1"}',
        ),
        _wrapper(
            "SELDON_DEPLOYMENT_ID",
            "NOT_IMPLEMENTED",
            "Name of the deployment: a metrics label",
            "fraud",
        ),
        _wrapper(
            "SELDON_EXECUTOR_ENABLED",
            "true",
            "false: do not count feedback rewards in the metrics",
            "false",
        ),
        _wrapper(
            "SELDON_*, GUNICORN_*, JAEGER_*, PREDICTIVE_UNIT_*, PREDICTOR_*",
            "",
            "Other variables with these prefixes, which another release of the wrapper may read",
            "SELDON_OTHER=1",
        ),
    ),
    "In a pod, the operator sets them. Elsewhere, they identify the model in its metrics.",
)

_IMAGE = Group(
    "Any other variable of the image",
    (
        Setting(
            name="BPE_*",
            default="",
            where=(ENV,),
            in_image=True,
            help="`BPE_NAME=value` sets NAME in the image and overrides `docker run -e`; `BPE_DEFAULT_NAME` sets it only if it is not set at runtime; "
            "`BPE_APPEND_NAME`, `BPE_PREPEND_NAME` and `BPE_DELIM_NAME` add to it",
            example="BPE_DEFAULT_OMP_NUM_THREADS=1",
            s2i="`-e NAME=value`",
            common=True,
        ),
    ),
    "A key of `.s2i/environment` that is not listed above is also set in the image, as with s2i. A variable of `--env` that is not listed above is not.",
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
