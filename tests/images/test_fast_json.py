"""JSON by orjson, on the interpreter and both sets of the bundle: equal values, and the standard module's text where it matters."""

from pathlib import Path

import pytest

from tools.core.steps import run

_LAUNCH = Path(__file__).parents[2] / "lib/seldon_buildpack/launch"
# Each value is written and read by Flask's provider and by ours.
_COMPARE = """\
import site, sys
site.addsitedir(sys.argv[1])
sys.path.insert(0, sys.argv[2])
import datetime, decimal, enum, json, math, random, uuid
import fast_json, flask, numpy, orjson

class Level(enum.IntEnum):
    HIGH = 3

class Text(str):
    pass

random.seed(1)
app = flask.Flask("compared")
plain = app.json
ours = fast_json.with_orjson(type(plain), orjson)(app)
numbers = [random.uniform(-1, 1) * 10 ** random.randint(-320, 308) for _ in range(20000)]
deep = []
for _ in range(400):
    deep = [deep]
values = [
    numbers, [int(number) for number in numbers if abs(number) < 1e40], deep, [], {}, None, True, "", "null",
    math.nan, [math.inf, -math.inf], 2**63, 2**64, -(2**63), -(2**63) - 1, 1e-7, 1e16, 5e-324, -0.0,
    "\\ud800", "\\u2028 \\x7f \\x1f", {"b": 1, "a": {"\\xe9": 2, "z": 3}}, {1: 2}, {"a": (1, 2)}, Level.HIGH, Text("a"),
    datetime.date(2026, 1, 2), datetime.datetime(2026, 1, 2), uuid.UUID(int=5), decimal.Decimal("1.50"),
    numpy.float64(1.5), numpy.float32(1.5), numpy.arange(3), numpy.int64(1), b"bytes", object,
]
texts = [
    b"", b"[1,]", b"NaN", b"[Infinity, -Infinity]", b"1e400", b"-0", b"-0.0", b"18446744073709551616", b"0.1e-400",
    b"123456789012345678901234567890.5", b"-9223372036854775809", b'"\\\\ud800"', b'"\\\\ud83d\\\\ude00"', b"\\xef\\xbb\\xbf1", b"\\xff",
    "\\xe9".encode("utf-16"), b'{"a": 1, "a": 2}', b" [1 ] ", b"[1] x", b"'a'", b'"\\n"', b"[" * 5000 + b"]" * 5000,
]

def result(act, value):
    try:
        return repr(act(value))
    except RecursionError:
        return "RecursionError"
    except Exception as error:
        return f"{type(error).__name__}: {error}"

with app.app_context():
    for value in values:
        written = [result(lambda value: provider.response(value).get_data(True), value) for provider in (plain, ours)]
        if written[0] != written[1]:
            assert json.loads(eval(written[0])) == json.loads(eval(written[1])), value
    texts += [plain.dumps(value, separators=(",", ":")).encode() for value in (numbers, [random.randrange(2**70) for _ in range(500)])]
    for text in texts:
        assert result(plain.loads, text) == result(ours.loads, text), text[:80]
print(len(values) + len(texts))
"""


@pytest.mark.parametrize("pins", ["upstream", "current"])
def test_clients_get_equal_values_whoever_writes_the_json(pins: str, bundle: Path) -> None:
    site = bundle / f"wrappers/{pins}/3.12/lib/python3.12/site-packages"
    python = bundle / "pythons/3.12/bin/python3.12"
    assert int(run(python, "-B", "-c", _COMPARE, site, _LAUNCH, timeout=120)) > 50
