"""The wrapper on each protobuf from 3.20 to 7: the same answers, compiled code where there is any, and TensorFlow beside it."""

import base64
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.images import both_sets
from tests.images.both_sets import Local
from tests.images.conftest import Pack, docker
from tests.images.wrapper_requests import SETUPS
from tools.core.steps import run
from tools.dev import container

Source = Callable[..., Path]

VERSIONS = ("3.20.3", "4.25.9", "5.29.6", "7.36.2")
# How 3.20 words a number that it cannot store, and serializes a descriptor.
_IN_3_20 = {
    "gRPC, Predict with an answer of complex",
    "gRPC, reflection of the file of a service",
    "gRPC, reflection of a file by its name",
}
_TENSORS = """\
import tensorflow as tf


class Tensors:
    def predict(self, X, names=None, meta=None):
        return (tf.constant(X) * 2).numpy()
"""
# A script of the model's own: the wrapper's classes and TensorFlow's are the same.
_SCRIPT = """\
import {}
import {}
import tensorflow as tf
from seldon_core.proto import prediction_pb2

message = prediction_pb2.SeldonMessage()
message.data.tftensor.CopyFrom(tf.make_tensor_proto([[1.5]]))
copy = prediction_pb2.SeldonMessage.FromString(message.SerializeToString())
print(tf.make_ndarray(copy.data.tftensor))
"""
_IDENTITY = """\
class Tensors:
    def predict(self, X, names=None, meta=None):
        return X
"""
_MODEL = {
    "Tensors.py": _TENSORS,
    ".s2i/environment": "MODEL_NAME=Tensors\nSERVICE_TYPE=MODEL\n",
}
_TENSOR = {
    "data": {
        "tftensor": {
            "dtype": "DT_DOUBLE",
            "tensorShape": {"dim": [{"size": "1"}, {"size": "2"}]},
            "doubleVal": [1.5, 2.5],
        }
    }
}
_DOUBLED = {
    "names": ["t:0", "t:1"],
    "tftensor": {
        "dtype": "DT_DOUBLE",
        "tensorShape": {"dim": [{"size": "1"}, {"size": "2"}]},
        "tensorContent": base64.b64encode(struct.pack("<2d", 3, 5)).decode(),
    },
}


@pytest.fixture(scope="module", params=VERSIONS)
def replaced(
    request: pytest.FixtureRequest, bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """A version of protobuf, and a folder with it and, where the set's does not suit, grpcio-reflection."""
    version, folder = str(request.param), tmp_path_factory.mktemp("protobuf")
    run(
        *(bundle / "bin/uv", "pip", "install", "--quiet", "--no-config", "--system-certs"),
        *("--python", bundle / "pythons/3.12/bin/python3.12", "--target", folder),
        f"protobuf=={version}",
        *(["grpcio-reflection==1.48.2"] if version.startswith("3.") else []),
        timeout=300,
    )
    return version, folder


def _answers(local: Local, log: Path) -> dict[str, str]:
    with local.serving(SETUPS["as it is"], log) as (server, _):
        return both_sets.answers(server, SETUPS["as it is"], local.python, {})


def test_every_protobuf_gives_the_same_answers(
    replaced: tuple[str, Path], bundle: Path, tmp_path: Path
) -> None:
    version, folder = replaced
    locals_ = Local(bundle, "current"), Local(bundle, "current", replaced_by=str(folder))
    with ThreadPoolExecutor(2) as both:
        expected, found = both.map(_answers, locals_, (tmp_path / "set", tmp_path / "replaced"))
    assert len(found) > 250
    differing = both_sets.differences(expected, found)
    assert set(differing) == (_IN_3_20 if version.startswith("3.") else set())


def test_tensorflow_and_the_wrapper_share_their_messages(
    pack: Pack, source: Source, bundle: Path
) -> None:
    app = source({**_MODEL, "requirements.txt": "tensorflow-cpu==2.21.0\n"})
    built = pack.must_build("seldon-test-protobuf", app, "--network", "host")
    with container.started(built.image) as running:
        running.wait_ready()
        status, answer = running.post("/predict", _TENSOR)
        assert (status, answer["data"]) == (200, _DOUBLED), running.logs()
        assert running.grpc(bundle, "Predict", _TENSOR)["data"] == _DOUBLED
    names = ("tensorflow", "seldon_core.proto.prediction_pb2")
    for order in (names, names[::-1]):
        # The launcher's shell makes spaces of line ends.
        script = "; ".join(filter(None, _SCRIPT.format(*order).splitlines()))
        words = ("run", "--rm", "--entrypoint", "launcher", built.image, "python", "-I", "-c")
        assert docker(*words, script).strip() == "[[1.5]]"


def test_a_protobuf_without_compiled_code_is_a_warning(pack: Pack, source: Source) -> None:
    app = source({**_MODEL, "Tensors.py": _IDENTITY, "requirements.txt": "protobuf<4\n"})
    built = pack.must_build("seldon-test-protobuf", app, "--network", "host")
    assert "  Warning: protobuf 3.20.3 has no compiled code for Python 3.12: " in built.ours
    app.joinpath("requirements.txt").write_text("protobuf>=4.25.8,<5\n")
    built = pack.must_build("seldon-test-protobuf", app, "--network", "host")
    assert "Warning" not in built.ours
