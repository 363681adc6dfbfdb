"""The loader of the wrapper's generated modules. tests/images/test_protobuf.py runs it on each protobuf; here a stand-in records what it is given."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from seldon_buildpack.python_env import protobuf
from tests.support.carried import written

_MODULE = """\
from google.protobuf import descriptor as _descriptor
from google.protobuf import any_pb2 as google_dot_protobuf_dot_any__pb2
from . import other_pb2 as other__pb2
DESCRIPTOR = _descriptor.FileDescriptor(
  name='a.proto',
  serialized_pb={}
)
raise TypeError('Descriptors cannot be created directly.')
"""
_RECENT = "DESCRIPTOR = 'built by itself'\n"
_STAND_IN = {
    "google/protobuf/any_pb2.py": "",
    "google/protobuf/descriptor.py": "",
    "google/protobuf/descriptor_pb2.py": """\
class FileDescriptorProto:
    def __init__(self, name): self.name = name
    @classmethod
    def FromString(cls, data): return cls(data.split()[0].decode())
""",
    "google/protobuf/descriptor_pool.py": """\
class Pool:
    files = {}
    def AddSerializedFile(self, data):
        if b'corrupt' in data: raise TypeError("Couldn't parse file content!")
        self.files[data.split()[0].decode()] = data
    def FindFileByName(self, name): return self.files[name]
pool = Pool()
def Default(): return pool
""",
    "google/protobuf/internal/builder.py": """\
def BuildMessageAndEnumDescriptors(file, names): names['enums'] = file
def BuildTopDescriptorsAndMessages(file, module, names): names['classes'] = module
""",
    "seldon_core/proto/other_pb2.py": _RECENT,
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """An environment with a stand-in for protobuf, and the loader."""
    for name, text in _STAND_IN.items():
        written(tmp_path / name, text)
    protobuf.add_loader(tmp_path)
    return tmp_path


def _generated(site: Path, serialized: bytes) -> None:
    written(site / "seldon_core/proto/a_pb2.py", _MODULE.format(serialized))


def _python(site: Path, code: str) -> str:
    """Run code in a Python whose only packages are in ``site``, its .pth files included."""
    begin = f"import site, sys; site.addsitedir({str(site)!r}); sys.path.remove({str(site)!r}); sys.path.insert(0, {str(site)!r})\n"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", begin + code],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("content", [b'a.proto it\'s "quoted" \\', b"a.proto 'x", b'a.proto "\x00'])
def test_module_is_built_from_the_bytes_it_carries(site: Path, content: bytes) -> None:
    _generated(site, content)
    code = "from seldon_core.proto import a_pb2 as a; print([a.DESCRIPTOR, a.enums, a.classes, a.other__pb2.DESCRIPTOR])"
    assert _python(site, code) == str(
        [content, content, "seldon_core.proto.a_pb2", "built by itself"]
    )


def test_module_of_an_old_release_has_its_descriptor_as_text(site: Path) -> None:
    serialized = "_b('a.proto \\xe9\\x00')"
    written(site / "seldon_core/proto/a_pb2.py", _MODULE.format(serialized))
    code = "from seldon_core.proto import a_pb2 as a; print(a.DESCRIPTOR)"
    assert _python(site, code) == str(b"a.proto \xe9\x00")


def test_module_of_a_recent_protoc_is_left_alone(site: Path) -> None:
    code = "from seldon_core.proto import other_pb2; print(vars(other_pb2).get('enums'))"
    assert _python(site, code) == "None"


def test_protobuf_before_3_20_runs_the_module_itself(site: Path) -> None:
    _generated(site, b"a.proto")
    (site / "google/protobuf/internal/builder.py").unlink()
    written(site / "google/protobuf/descriptor.py", "def FileDescriptor(**values): pass\n")
    assert _python(site, "import seldon_core.proto.a_pb2") == (
        "TypeError: Descriptors cannot be created directly."
    )


@pytest.mark.parametrize("serialized", ["b'corrupt'", "None"])
def test_corrupt_descriptor_names_the_file(site: Path, serialized: str) -> None:
    written(site / "seldon_core/proto/a_pb2.py", _MODULE.format(serialized))
    refused = _python(site, "import seldon_core.proto.a_pb2")
    path = site / "seldon_core/proto/a_pb2.py"
    assert refused.startswith(f"ImportError: protobuf refuses the descriptor in {path}: ")


@pytest.mark.parametrize("first", [True, False])
def test_tensorflow_has_the_say_over_its_own_files(site: Path, first: bool) -> None:
    """Newer releases add data types, and the pool accepts one content for each name."""
    name = "tensorflow/core/framework/types.proto"
    _generated(site, f"{name} of seldon".encode())
    generated = (
        f"DESCRIPTOR = _descriptor_pool.Default().AddSerializedFile(b'{name} of tensorflow')\n"
    )
    if not first:
        written(site / "tensorflow/__init__.py", "raise ImportError('it takes seconds')\n")
        written(site / "tensorflow/core/framework/types_pb2.py", generated)
    register = f"from google.protobuf import descriptor_pool as d; d.pool.files['{name}'] = b'{name} of tensorflow'\n"
    code = "from seldon_core.proto import a_pb2; print(a_pb2.DESCRIPTOR.decode())"
    assert _python(site, (register if first else "") + code) == f"{name} of tensorflow"


def test_tensorflow_file_of_the_wrapper_serves_alone(site: Path) -> None:
    _generated(site, b"tensorflow/core/framework/types.proto of seldon")
    code = "from seldon_core.proto import a_pb2; print(a_pb2.DESCRIPTOR.decode()[-9:])"
    assert _python(site, code) == "of seldon"


def test_other_modules_are_not_looked_at(site: Path) -> None:
    written(site / "mine/x_pb2.py", "print(type(__loader__).__name__)\n")
    assert _python(site, "import mine.x_pb2") == "SourceFileLoader"


@pytest.mark.parametrize(("pure", "version"), [("true", "3.20.3"), ("false", "")])
def test_protobuf_without_compiled_code_is_seen(tmp_path: Path, pure: str, version: str) -> None:
    written(tmp_path / "protobuf-3.20.3.dist-info/WHEEL", f"Root-Is-Purelib: {pure}\n")
    assert protobuf.pure_python_version(tmp_path) == version
    assert protobuf.pure_python_version(tmp_path / "absent") == ""
