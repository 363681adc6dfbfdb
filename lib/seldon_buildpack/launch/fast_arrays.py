"""Arrays in gRPC messages, without a Python object for each number.

The wrapper converts each number of an array by itself, which takes nearly all of the time of a large
gRPC request. Numbers have the same size on the wire, so that NumPy reads and writes all of them at
once. The wrapper's own functions do everything else: text, mixed and ragged lists, and what is not
finite. Imported by seldon-serve, which is next to it in the image; standard library only, with the
syntax of Python 3.6.
"""

import importlib
import sys
from typing import Any, List

# google.protobuf.ListValue on the wire: a number is a field 1 (Value) of nine bytes, which has a
# field 2 (number_value) of eight; a list is a field 1 (Value) that has a field 6 (list_value).
_VALUE, _LIST = b"\x0a", b"\x32"
_NUMBER = b"\x0a\x09\x11"
_CELL = len(_NUMBER) + 8
# seldon.protos.Tensor: its field 2 has all numbers, eight bytes each.
_TENSOR_VALUES = b"\x12"
# NumPy's limit is higher, and nobody's model has that many.
_MOST_DIMENSIONS = 16
_REPLACED = ("array_to_list_value", "array_to_grpc_datadef", "grpc_datadef_to_array", "ListValue")


def convert_arrays_at_once() -> None:
    """Replace the wrapper's conversions between arrays and gRPC messages."""
    # Imported by the wrapper.
    utils: Any = sys.modules.get("seldon_core.utils")
    if not all(hasattr(utils, name) for name in _REPLACED):
        return
    prediction: Any = importlib.import_module("seldon_core.proto.prediction_pb2")
    plain_list, plain_datadef = utils.array_to_list_value, utils.array_to_grpc_datadef
    plain_array = utils.grpc_datadef_to_array

    def array_to_list_value(array: Any, lv: Any = None) -> Any:
        if lv is None and has_numbers(array):
            return utils.ListValue.FromString(write_list(array))
        return plain_list(array, lv)

    def array_to_grpc_datadef(data_type: str, array: Any, names: Any = ()) -> Any:
        if data_type == "tensor" and has_numbers(array):
            tensor = prediction.Tensor(shape=array.shape)
            tensor.MergeFromString(write_values(array))
            return prediction.DefaultData(names=names, tensor=tensor)
        return plain_datadef(data_type, array, names)

    def grpc_datadef_to_array(datadef: Any) -> Any:
        if datadef.WhichOneof("data_oneof") == "ndarray":
            array = read_list(datadef.ndarray.SerializeToString())
            if array is not None:
                return array
        return plain_array(datadef)

    utils.array_to_list_value = array_to_list_value
    utils.array_to_grpc_datadef = array_to_grpc_datadef
    utils.grpc_datadef_to_array = grpc_datadef_to_array


def has_numbers(array: Any) -> bool:
    """Return whether an array has integers or floats of at most 64 bits, and at least one."""
    np: Any = importlib.import_module("numpy")
    return (
        type(array) is np.ndarray
        and array.dtype.kind in "iuf"
        and array.dtype.itemsize <= 8
        and array.size > 0
        and array.ndim > 0
    )


def write_list(array: Any) -> bytes:
    """Return an array as a serialized ListValue."""
    np: Any = importlib.import_module("numpy")
    rows = _with_header(np, _NUMBER, _as_bytes(np, array).reshape(-1, 8))
    for length in reversed(array.shape[1:]):
        rows = rows.reshape(-1, length * rows.shape[1])
        content = _LIST + _varint(rows.shape[1])
        header = _VALUE + _varint(len(content) + rows.shape[1]) + content
        rows = _with_header(np, header, rows)
    return bytes(rows.tobytes())


def write_values(array: Any) -> bytes:
    """Return the numbers of an array as the serialized field of a Tensor."""
    np: Any = importlib.import_module("numpy")
    return _TENSOR_VALUES + _varint(8 * array.size) + bytes(_as_bytes(np, array).tobytes())


def read_list(data: bytes) -> Any:
    """Return the array in a serialized ListValue, or None if it is not one of finite numbers.

    The lists of each level have the same size on the wire if and only if they have the same length.
    """
    np: Any = importlib.import_module("numpy")
    rows = np.frombuffer(data, np.uint8).reshape(1, -1)
    shape: List[int] = []
    while len(shape) < _MOST_DIMENSIONS:
        start = rows[0, :24].tobytes()
        header = _NUMBER if start.startswith(_NUMBER) else _list_header(start)
        size = _CELL if header is _NUMBER else len(header) + _length(header)
        if not header or rows.shape[1] % size:
            return None
        shape.append(rows.shape[1] // size)
        rows = rows.reshape(-1, size)
        if not (rows[:, : len(header)] == np.frombuffer(header, np.uint8)).all():
            return None
        rows = rows[:, len(header) :]
        if header is _NUMBER:
            array = np.array(rows, order="C").view("<f8").reshape(shape)
            return array if np.isfinite(array).all() else None
    return None


def _as_bytes(np: Any, array: Any) -> Any:
    return np.ascontiguousarray(array, "<f8").reshape(-1).view(np.uint8)


def _with_header(np: Any, header: bytes, rows: Any) -> Any:
    """Return the rows with the same bytes before each of them."""
    result = np.empty((rows.shape[0], len(header) + rows.shape[1]), np.uint8)
    result[:, : len(header)] = np.frombuffer(header, np.uint8)
    result[:, len(header) :] = rows
    return result


def _list_header(start: bytes) -> bytes:
    """Return what precedes the content of a list that is a Value, or b"" if it is no such list."""
    outer = _varint_at(start, 1)
    inner = start[1 + len(outer) :]
    content = _varint_at(inner, 1)
    header = _VALUE + outer + _LIST + content
    fits = bool(content) and start.startswith(header)
    return header if fits and _number(outer) == 1 + len(content) + _number(content) else b""


def _length(header: bytes) -> int:
    """Return the length of a list's content; 0 for no header."""
    return _number(_varint_at(header, 1)) - (len(header) - 1 - len(_varint_at(header, 1)))


def _varint(number: int) -> bytes:
    groups = []
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*groups, number])


def _varint_at(data: bytes, start: int) -> bytes:
    """Return the bytes of the varint that starts there; b"" if there is none."""
    for end in range(start, len(data)):
        if data[end] < 0x80:
            return data[start : end + 1]
    return b""


def _number(varint: bytes) -> int:
    return sum((byte & 0x7F) << (7 * place) for place, byte in enumerate(varint))
