"""Arrays in gRPC messages, converted at once: the same messages and arrays as the wrapper's own functions give."""

from pathlib import Path

import pytest

from tools.core.steps import run

_LAUNCH = Path(__file__).parents[2] / "lib/seldon_buildpack/launch"
_COMPARE = """
import random, site, sys
site.addsitedir(sys.argv[1]); sys.path.insert(0, sys.argv[2])
import numpy as np
from google.protobuf import json_format, struct_pb2
from seldon_core import utils
from seldon_core.proto import prediction_pb2
import fast_arrays

plain = {name: getattr(utils, name) for name in ("array_to_list_value", "array_to_grpc_datadef", "grpc_datadef_to_array")}
fast_arrays.convert_arrays_at_once()
rng = np.random.default_rng(0)
compared = 0

def same(array, expected):
    return array.dtype == expected.dtype and array.shape == expected.shape and (array == expected).all() and array.flags.writeable

def outcome(act, *values):
    try:
        return act(*values)
    except Exception as error:
        return f"{type(error).__name__}: {error}"

arrays = [rng.random((130, 17)), rng.random((1, 1)), np.array([1.5]), np.array([-0.0, 1e308, 5e-324]), rng.random((3, 4)).T, rng.random((6, 6))[::2, 1:4]]
arrays += [np.array([[2**64 - 1, 2**53 + 1]], np.uint64), np.array([[-(2**63), 2**62 + 1]]), np.array([[0.1]], np.float32), np.array([[0.1]], np.float16)]
for _ in range(500):
    shape = tuple(rng.integers(1, 7, rng.integers(1, 5)))
    arrays.append((rng.random(shape) * 200 - 100).astype(random.choice(["f8", "f4", "f2", "i8", "i1", ">f8", "i4"])))
arrays += [np.array(7.5), np.empty((0, 3)), np.empty((2, 0)), np.array([[True]]), np.array([["a"]]), np.array([[1, "a", None]], object), np.array([[1j]]),
           np.array([[np.nan, np.inf]]), np.array([[1]], np.longdouble)]
for array in arrays:
    assert outcome(utils.array_to_list_value, array) == outcome(plain["array_to_list_value"], array), array
    for kind in ("tensor", "ndarray"):
        ours, theirs = (outcome(act, kind, array, ["a"]) for act in (utils.array_to_grpc_datadef, plain["array_to_grpc_datadef"]))
        if isinstance(theirs, str):
            assert ours == theirs, array
            continue
        assert ours.SerializeToString() == theirs.SerializeToString(), array
        ours, theirs = (outcome(act, theirs) for act in (utils.grpc_datadef_to_array, plain["grpc_datadef_to_array"]))
        assert ours == theirs if isinstance(theirs, str) else kind == "tensor" or same(ours, theirs), array
        compared += 1
for lists in ([], [[]], [[], []], [1, "a"], [[1, 2], [3]], [[1], [2, 3, 4]], ["a"], [True], [None], [{"a": 1}], [[[1], [2]], [[3]]], [1, [1]], [[1, 2], [None, 3]], [["x" * 9] * 3]):
    message = struct_pb2.ListValue()
    json_format.ParseDict(lists, message)
    assert fast_arrays.read_list(message.SerializeToString()) is None, lists
    compared += 1
for _ in range(5000):
    content = bytearray(fast_arrays.write_list(rng.random(tuple(rng.integers(1, 4, rng.integers(1, 4))))))
    for _ in range(random.randint(1, 3)):
        content[random.randrange(len(content))] = random.choice([0x0A, 0x32, 0x80, 0xFF, random.randrange(256)])
    if random.random() < 0.3:
        del content[random.randrange(len(content)) :]
    array = fast_arrays.read_list(bytes(content))
    if array is not None:
        message = struct_pb2.ListValue.FromString(bytes(content))
        assert same(array, np.array(json_format.MessageToDict(message))), bytes(content)
print(compared)
"""


@pytest.mark.parametrize("pins", ["upstream", "current"])
def test_arrays_are_equal_whoever_converts_them(pins: str, bundle: Path) -> None:
    site = bundle / f"wrappers/{pins}/3.12/lib/python3.12/site-packages"
    python = bundle / "pythons/3.12/bin/python3.12"
    script = ("-W", "ignore", "-B", "-c", _COMPARE, site, _LAUNCH)
    assert int(run(python, *script, timeout=120)) > 500
