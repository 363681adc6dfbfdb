"""Builds the wrapper's generated modules with the installed protobuf, whichever release it is.

The generated modules (``seldon_core/proto/**/*_pb2.py``) create their descriptors in Python, which
protobuf 4 and later refuse. But each contains its whole file descriptor as bytes, from which any
protobuf from 3.20 on can build the same classes. No installed file is modified. Standard library
only, with the syntax of Python 3.6.
"""

import importlib
import importlib.machinery
import os
import re
from types import ModuleType
from typing import Any, Optional, Sequence

# Of a generated module: its file descriptor, and the modules that it imports. Releases of the
# wrapper before 1.17 have the descriptor as a text in Latin-1: `_b('...')`.
_DESCRIPTOR = re.compile(
    rb"(?:serialized_pb=|AddSerializedFile\()(?:_b\()?(b?'(?:[^'\\]|\\.)*'|b?\"(?:[^\"\\]|\\.)*\")"
)
_CREATED_IN_PYTHON = b"_descriptor.FileDescriptor("
_IMPORTS = re.compile(rb"(?m)^from (\S+) import (\w+_pb2) as (\w+)")


def find_spec(
    name: str, path: Optional[Sequence[str]], target: Optional[ModuleType]
) -> Optional[importlib.machinery.ModuleSpec]:
    """Return the spec of a generated module of the wrapper, with the loader replaced."""
    spec = importlib.machinery.PathFinder.find_spec(name, path, target)
    if spec and spec.origin and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
        spec.loader = ProtoLoader(name, spec.origin)
    return spec


class ProtoLoader(importlib.machinery.SourceFileLoader):
    """Builds a generated module from its descriptor, with the installed protobuf."""

    def exec_module(self, module: ModuleType) -> None:
        """Fill the module.

        Raises:
            ImportError: The descriptor is corrupt, or differs from another package's.
        """
        source = self.get_data(self.path)
        try:
            builder: Any = importlib.import_module("google.protobuf.internal.builder")
        except ImportError:
            builder = None  # Before protobuf 3.20; it runs the code of the module.
        if not builder or _CREATED_IN_PYTHON not in source:
            super().exec_module(module)
            return
        for package, name, alias in _IMPORTS.findall(source):
            dot = b"" if package.endswith(b".") else b"."
            imported = (package + dot + name).decode()
            setattr(module, alias.decode(), importlib.import_module(imported, module.__package__))
        try:
            file = _register(_read_descriptor(source))
        except Exception as error:
            raise ImportError(
                "protobuf refuses the descriptor in {}: {}".format(self.path, error),
                name=self.name,
                path=self.path,
            ) from error
        names = module.__dict__
        names["DESCRIPTOR"] = file
        builder.BuildMessageAndEnumDescriptors(file, names)
        builder.BuildTopDescriptorsAndMessages(file, self.name, names)


def _read_descriptor(source: bytes) -> bytes:
    """Return the serialized file descriptor in the source of a generated module."""
    import ast

    match = _DESCRIPTOR.search(source)
    if not match:
        raise ValueError("it has none")
    literal = ast.literal_eval(match.group(1).decode("ascii"))
    return literal.encode("latin1") if isinstance(literal, str) else bytes(literal)


def _register(serialized: bytes) -> Any:
    """Add a file to the pool that all packages share, and return its descriptor.

    TensorFlow registers four of the files too, and newer releases add values to an enum. The pool
    accepts only equal content, so TensorFlow's is used wherever there is one.
    """
    descriptor_pb2: Any = importlib.import_module("google.protobuf.descriptor_pb2")
    pool: Any = importlib.import_module("google.protobuf.descriptor_pool").Default()
    name = str(descriptor_pb2.FileDescriptorProto.FromString(serialized).name)
    if name.startswith("tensorflow/"):
        try:
            return pool.FindFileByName(name)
        except KeyError:
            serialized = _read_tensorflow_descriptor(name) or serialized
    pool.AddSerializedFile(serialized)
    return pool.FindFileByName(name)


def _read_tensorflow_descriptor(name: str) -> bytes:
    """Return a file of the installed TensorFlow, which is not imported, or b"" without one."""
    spec = importlib.machinery.PathFinder.find_spec("tensorflow")
    for folder in (spec and spec.submodule_search_locations) or ():
        path = os.path.join(os.path.dirname(folder), name[: -len(".proto")] + "_pb2.py")
        if os.path.isfile(path):
            with open(path, "rb") as file:
                return _read_descriptor(file.read())
    return b""
