"""The build and the start check the wrapper's variables with one module: one verdict on each value, in the words of each.

For the rest of what the start does see test_seldon_serve.py, for the words of the build's errors the tests below.
"""

import io
from collections.abc import Mapping

import pytest

from seldon_buildpack.launch import seldon_serve, serving_variables
from seldon_buildpack.log import Log
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.settings import (
    FlagInvalid,
    JaegerTagsInvalid,
    MetadataInvalid,
    NumberInvalid,
    ParametersInvalid,
    PortTwice,
    PredictorLabelsInvalid,
)
from seldon_buildpack.settings import serving, settings
from tests.support.recursion import recursion_limit

REFUSED = "refused"
GIVEN = {"MODEL_NAME": "MyModel", "SERVICE_TYPE": "MODEL"}
A_PARAMETER = '[{"name": "a", "value": "1", "type": "INT"}]'

# Name, value, and what it is taken as.
TABLE = [
    ("MODEL_NAME", "MyModel", "MyModel"),
    ("MODEL_NAME", "package.module.MyModel", "package.module.MyModel"),
    ("MODEL_NAME", "my-module.MyModel", "my-module.MyModel"),
    ("MODEL_NAME", "my-model", "my-model"),
    ("MODEL_NAME", "./MyModel.py", "MyModel"),
    ("MODEL_NAME", "dir/MyModel", "dir.MyModel.MyModel"),
    ("MODEL_NAME", "dir\\MyModel.py", "dir.MyModel.MyModel"),
    ("MODEL_NAME", "dir/module.MyModel", "dir.module.MyModel"),
    ("MODEL_NAME", "module:MyModel", "module.MyModel"),
    ("MODEL_NAME", "'MyModel' # the best", "MyModel"),
    ("MODEL_NAME", '"MyModel', REFUSED),
    ("MODEL_NAME", "/workspace/MyModel.py", REFUSED),
    ("MODEL_NAME", "../MyModel", REFUSED),
    ("MODEL_NAME", "MyModel REST", REFUSED),
    ("MODEL_NAME", "--help", REFUSED),
    ("MODEL_NAME", "a.1b", REFUSED),
    ("MODEL_NAME", "a..b", REFUSED),
    ("MODEL_NAME", "x" * 251, REFUSED),
    ("SERVICE_TYPE", "ROUTER", "ROUTER"),
    ("SERVICE_TYPE", "outlier-detector", "OUTLIER_DETECTOR"),
    ("SERVICE_TYPE", "'outlier  detector'", "OUTLIER_DETECTOR"),
    ("SERVICE_TYPE", "combiner # all", "COMBINER"),
    ("SERVICE_TYPE", "MODLE", REFUSED),
    ("SELDON_LOG_LEVEL", "debug", "DEBUG"),
    ("SELDON_LOG_LEVEL", "FATAL", "FATAL"),
    ("SELDON_LOG_LEVEL", "NotSet", "NOTSET"),
    ("SELDON_LOG_LEVEL", "", ""),
    ("SELDON_LOG_LEVEL", "verbose", REFUSED),
    ("PERSISTENCE", "0", "0"),
    ("PERSISTENCE", "2", "2"),
    ("PERSISTENCE", "no", "0"),
    ("PERSISTENCE", "redis", REFUSED),
    ("TRACING", "true", "1"),
    ("TRACING", "T", "1"),
    ("TRACING", "off", "0"),
    ("TRACING", "-1", REFUSED),
    ("FLASK_SINGLE_THREADED", "y", "1"),
    ("FLASK_SINGLE_THREADED", "maybe", REFUSED),
    ("GUNICORN_WORKERS", ' "4" ', "4"),
    ("GUNICORN_WORKERS", "4 # as many as cores", "4"),
    ("GUNICORN_WORKERS", "0", REFUSED),
    ("GUNICORN_WORKERS", "true", REFUSED),
    ("GUNICORN_WORKERS", "\u0664", REFUSED),
    ("GUNICORN_THREADS", "0", "0"),
    ("GUNICORN_THREADS", "2.5", REFUSED),
    ("GUNICORN_MAX_REQUESTS", "0", "0"),
    ("GUNICORN_MAX_REQUESTS", "9" * 5000, REFUSED),
    ("GUNICORN_MAX_REQUESTS_JITTER", "-1", REFUSED),
    ("GUNICORN_KEEPALIVE", "75s", REFUSED),
    ("GRPC_WORKERS", "0", "0"),
    ("GRPC_THREADS", "0", REFUSED),
    ("GRPC_THREADS", "auto", REFUSED),
    ("GRPC_MAX_MESSAGE_SIZE", "104857600", "104857600"),
    ("GRPC_MAX_MESSAGE_SIZE", "100MB", REFUSED),
    ("REST_TIMEOUT", "0", REFUSED),
    ("WEB_CONCURRENCY", "2", "2"),
    ("WEB_CONCURRENCY", "two", REFUSED),
    ("PREDICTIVE_UNIT_HTTP_SERVICE_PORT", "65535", "65535"),
    ("PREDICTIVE_UNIT_HTTP_SERVICE_PORT", "65536", REFUSED),
    ("PREDICTIVE_UNIT_HTTP_SERVICE_PORT", "0", REFUSED),
    ("PREDICTIVE_UNIT_HTTP_SERVICE_PORT", "tcp://10.0.0.1:9000", REFUSED),
    ("PREDICTIVE_UNIT_HTTP_SERVICE_PORT", "5000", REFUSED),
    ("PREDICTIVE_UNIT_GRPC_SERVICE_PORT", "9500", "9500"),
    ("PREDICTIVE_UNIT_METRICS_SERVICE_PORT", "9000", REFUSED),
    ("PREDICTIVE_UNIT_METRICS_ENDPOINT", "/prometheus", "/prometheus"),
    ("PREDICTIVE_UNIT_METRICS_ENDPOINT", "prometheus", "/prometheus"),
    ("PREDICTIVE_UNIT_PARAMETERS", "[]", "[]"),
    ("PREDICTIVE_UNIT_PARAMETERS", " ", ""),
    ("PREDICTIVE_UNIT_PARAMETERS", A_PARAMETER, A_PARAMETER),
    ("PREDICTIVE_UNIT_PARAMETERS", f"'{A_PARAMETER}'", A_PARAMETER),
    ("PREDICTIVE_UNIT_PARAMETERS", f'"{A_PARAMETER}"', A_PARAMETER),
    ("PREDICTIVE_UNIT_PARAMETERS", '"' + A_PARAMETER.replace('"', '\\"') + '"', A_PARAMETER),
    ("PREDICTIVE_UNIT_PARAMETERS", "threshold=0.5", REFUSED),
    ("PREDICTIVE_UNIT_PARAMETERS", '{"threshold": 0.5}', REFUSED),
    ("PREDICTIVE_UNIT_PARAMETERS", '["a"]', REFUSED),
    ("PREDICTIVE_UNIT_PARAMETERS", '[{"value": "1", "type": "INT"}]', REFUSED),
    ("PREDICTIVE_UNIT_PARAMETERS", '[{"name": "a", "value": "1"}]', REFUSED),
    ("PREDICTIVE_UNIT_PARAMETERS", '[{"name": "a", "value": "1", "type": "int"}]', REFUSED),
    ("PREDICTIVE_UNIT_PARAMETERS", '[{"name": "a", "value": "1", "type": ["INT"]}]', REFUSED),
    ("PREDICTIVE_UNIT_PARAMETERS", '[{"name": "a", "value": "one", "type": "INT"}]', REFUSED),
    ("PREDICTIVE_UNIT_PARAMETERS", '[{"name": "a", "value": Infinity, "type": "INT"}]', REFUSED),
    ("PREDICTIVE_UNIT_PARAMETERS", '[{"name": "a", "value": null, "type": "FLOAT"}]', REFUSED),
    ("PREDICTIVE_UNIT_PARAMETERS", '[{"name": "a", "value": true, "type": "BOOL"}]', REFUSED),
    ("PREDICTIVE_UNIT_PARAMETERS", '[{"name": "a", "value": "maybe", "type": "BOOL"}]', REFUSED),
    ("PREDICTIVE_UNIT_PARAMETERS", "[" * 100_000, REFUSED),
    ("PREDICTOR_LABELS", '{"version": "v1"}', '{"version": "v1"}'),
    ("PREDICTOR_LABELS", "version=v1", REFUSED),
    ("PREDICTOR_LABELS", "[]", REFUSED),
    ("MODEL_METADATA", '{"name": "a"}', '{"name": "a"}'),
    ("MODEL_METADATA", "  name: a\n  versions: ['1']\n", "  name: a\n  versions: ['1']\n"),
    ("MODEL_METADATA", '"{"name": "a"}"', '{"name": "a"}'),
    ("MODEL_METADATA", "{not: [yaml", "{not: [yaml"),
    ("MODEL_METADATA", "my-model", REFUSED),
    ("MODEL_METADATA", "- a", REFUSED),
    ("MODEL_METADATA", "# nothing", REFUSED),
    ("MODEL_METADATA", "built: 2020-13-45", REFUSED),
    ("JAEGER_TAGS", "team=fraud,stage=test", "team=fraud,stage=test"),
    ("JAEGER_TAGS", "team", "team"),
]

TOGETHER = [
    ({"TRACING": "1", "JAEGER_TAGS": "team"}, REFUSED),
    ({"TRACING": "yes", "JAEGER_TAGS": "team=a=b"}, REFUSED),
    ({"TRACING": "0", "JAEGER_TAGS": "team"}, "taken"),
    ({"TRACING": "1", "JAEGER_TAGS": "team=a, stage=b"}, "taken"),
    (
        {"PREDICTIVE_UNIT_HTTP_SERVICE_PORT": "5000", "PREDICTIVE_UNIT_GRPC_SERVICE_PORT": "9000"},
        "taken",
    ),
    (
        {"PREDICTIVE_UNIT_HTTP_SERVICE_PORT": "7000", "PREDICTIVE_UNIT_GRPC_SERVICE_PORT": "07000"},
        REFUSED,
    ),
]

_NASTY = [
    *(
        "",
        " ",
        '""',
        "'",
        "0",
        "1",
        "-1",
        "+1",
        "01",
        "1.0",
        "1e3",
        "1_0",
        "0x10",
        " 7\r",
        "9000",
        "65536",
        "true",
        "No",
        "None",
        "a b",
        "a # b",
    ),
    *(
        "#",
        "# a",
        "a=b",
        "[]",
        "{}",
        "'{}'",
        '"[]"',
        '"{}',
        "null",
        '"a" and "b"',
        "a,b",
        "/",
        "/a",
        "a.b",
        ".",
        "caf\xe9",
        "\u2028",
        "*",
        "$HOME",
    ),
    *(
        "x" * 300,
        "9" * 30,
        "a\nb",
        "a: b",
        "- a",
        "!!python/object:os.system {}",
        "&a [*a]",
        "[" * 2000,
        "\x1c5",
        "5 #",
        '"5" #6',
        "\\",
        '"\\""',
    ),
]


def at_build(values: Mapping[str, str]) -> Mapping[str, str] | str:
    """What the launch defaults are, or that it is refused."""
    try:
        known, _ = serving.read(settings.read({**GIVEN, **values}, []))
    except BuildError:
        return REFUSED
    return {name.removesuffix(".default"): value for name, value in known.launch.items()}


def at_start(values: Mapping[str, str]) -> Mapping[str, str] | str:
    """What the wrapper sees, or that it is refused."""
    try:
        return seldon_serve.check_environment({**GIVEN, **values}).values
    except seldon_serve.StartupError:
        return REFUSED


def _taken(outcome: Mapping[str, str] | str, name: str) -> str:
    """Empty is not set."""
    if isinstance(outcome, str):
        return outcome
    value = outcome.get(name, "")
    return value if value.strip() else ""


@pytest.mark.parametrize(("name", "value", "taken"), TABLE)
def test_a_value_means_the_same_at_build_and_at_start(name: str, value: str, taken: str) -> None:
    assert (_taken(at_build({name: value}), name), _taken(at_start({name: value}), name)) == (
        taken,
        taken,
    )


@pytest.mark.parametrize(("values", "verdict"), TOGETHER)
def test_contradicting_values_are_refused_at_build_and_start(
    values: Mapping[str, str], verdict: str
) -> None:
    outcomes = (at_build(values), at_start(values))
    assert [REFUSED if outcome == REFUSED else "taken" for outcome in outcomes] == [
        verdict,
        verdict,
    ]


@pytest.mark.parametrize("name", sorted(serving_variables.CHECKS))
def test_no_odd_value_gets_two_verdicts(name: str) -> None:
    """An empty MODEL_NAME or SERVICE_TYPE is found by the build, and so is not the start's to judge."""
    values = [
        value
        for value in _NASTY
        if name not in GIVEN or (value.strip().strip("'\"").strip() and not value.startswith("#"))
    ]
    with recursion_limit():
        differing = {value: (at_build({name: value}), at_start({name: value})) for value in values}
    assert {
        value: pair
        for value, pair in differing.items()
        if _taken(pair[0], name) != _taken(pair[1], name)
    } == {}


def test_the_table_has_every_variable() -> None:
    assert set(serving_variables.CHECKS) == {name for name, _, _ in TABLE}


def test_what_is_baked_is_started_with_without_a_word() -> None:
    """Whatever the build takes as meant is written into the image as it is meant."""
    for name, value, taken in TABLE:
        if taken not in ("", REFUSED) and "{not" not in value:
            known, _ = serving.read(settings.read({**GIVEN, name: value}, []))
            baked = {file.removesuffix(".default"): text for file, text in known.launch.items()}
            assert seldon_serve.check_environment(baked).notes == [], (name, value)


@pytest.mark.parametrize(
    ("values", "error", "said"),
    [
        ({"TRACING": "jaeger"}, FlagInvalid, "`TRACING=jaeger` is not a number"),
        (
            {"GUNICORN_WORKERS": "0"},
            NumberInvalid,
            "`GUNICORN_WORKERS=0` is not a whole number of 1 or more",
        ),
        (
            {"GRPC_THREADS": "many"},
            NumberInvalid,
            "`GRPC_THREADS=many` is not a whole number of 1 or more",
        ),
        (
            {"PREDICTIVE_UNIT_HTTP_SERVICE_PORT": "http"},
            NumberInvalid,
            "`PREDICTIVE_UNIT_HTTP_SERVICE_PORT=http` is not a whole number from 1 to 65535",
        ),
        (
            {"PREDICTIVE_UNIT_HTTP_SERVICE_PORT": "5000"},
            PortTwice,
            "`PREDICTIVE_UNIT_HTTP_SERVICE_PORT` and `PREDICTIVE_UNIT_GRPC_SERVICE_PORT` are both 5000",
        ),
        (
            {"PREDICTIVE_UNIT_PARAMETERS": "{}"},
            ParametersInvalid,
            "PREDICTIVE_UNIT_PARAMETERS cannot be used: it is not a list",
        ),
        (
            {"PREDICTIVE_UNIT_PARAMETERS": "[{"},
            ParametersInvalid,
            "PREDICTIVE_UNIT_PARAMETERS cannot be used: it is not JSON: Expecting property name enclosed in double quotes: line 1 column 3 (char 2)",
        ),
        (
            {"PREDICTOR_LABELS": "[]"},
            PredictorLabelsInvalid,
            "PREDICTOR_LABELS cannot be used: it is not an object",
        ),
        (
            {"MODEL_METADATA": "mine"},
            MetadataInvalid,
            "MODEL_METADATA cannot be used: it is not a mapping of names to values",
        ),
        (
            {"TRACING": "1", "JAEGER_TAGS": "a"},
            JaegerTagsInvalid,
            "`JAEGER_TAGS=a` is not a list of tags",
        ),
    ],
)
def test_the_build_names_what_the_wrapper_would_not_start_with(
    values: Mapping[str, str], error: type[BuildError], said: str
) -> None:
    with pytest.raises(error) as caught:
        serving.read(settings.read({}, list(values.items())))
    assert caught.value.title == said
    assert caught.value.fixes
    assert (
        ".s2i/environment" in caught.value.cause + " ".join(caught.value.fixes)
        or error is PortTwice
    )


@pytest.mark.parametrize("workers", ["0", "00"])
def test_without_grpc_workers_rest_may_have_the_port_of_grpc(workers: str) -> None:
    values = {"PREDICTIVE_UNIT_HTTP_SERVICE_PORT": "5000", "GRPC_WORKERS": workers}
    serving.read(settings.read({}, list(values.items())))
    seldon_serve.check_environment({"MODEL_NAME": "Foo", **values})
    both = {**values, "PREDICTIVE_UNIT_METRICS_SERVICE_PORT": "5000"}
    with pytest.raises(PortTwice):
        serving.read(settings.read({}, list(both.items())))
    with pytest.raises(seldon_serve.StartupError):
        seldon_serve.check_environment({"MODEL_NAME": "Foo", **both})


@pytest.mark.parametrize(
    ("values", "listed", "flags", "asked"),
    [
        ({}, "REST on port 9000, gRPC on 5000, metrics on 6000", "-p 9000:9000 -p 5000:5000", 9000),
        (
            {"PREDICTIVE_UNIT_HTTP_SERVICE_PORT": "5000", "GRPC_WORKERS": "0"},
            "REST on port 5000, metrics on 6000",
            "-p 5000:5000",
            5000,
        ),
    ],
)
def test_log_ends_with_the_ports_that_the_image_has(
    values: dict[str, str], listed: str, flags: str, asked: int
) -> None:
    out = io.StringIO()
    Log(out).closing(serving.read_ports(settings.read({}, list(values.items()))), "/predict", "{}")
    assert f"name; {listed})\n  docker run --rm {flags} my-model\n" in out.getvalue()
    assert f"curl -s localhost:{asked}/predict " in out.getvalue()


def test_the_build_never_repeats_a_parameters_value() -> None:
    for kind in ("INT", "STRING"):
        text = f'"[{{"name": "token", "value": "hunter2", "type": "{kind}"}}]"'
        try:
            _, advice = serving.read(settings.read({"PREDICTIVE_UNIT_PARAMETERS": text}, []))
            said = "".join(piece.found + piece.todo for piece in advice)
        except ParametersInvalid as error:
            said = "\n".join(error.lines())
        assert "token" in said or "quotes" in said
        assert "hunter2" not in said


def test_invalid_metadata_is_reported_as_left_out_by_the_wrapper() -> None:
    _, advice = serving.read(settings.read({"MODEL_METADATA": "{name: [a"}, []))
    assert [piece.found for piece in advice] == [
        "pack build --env: MODEL_METADATA is not YAML, so the wrapper will ignore it: expected ',' or ']', but got '<stream end>' in line 1, column 10."
    ]
    assert seldon_serve.check_environment({**GIVEN, "MODEL_METADATA": "{name: [a"}).notes == [
        "MODEL_METADATA is not YAML, so the wrapper ignores it."
    ]
