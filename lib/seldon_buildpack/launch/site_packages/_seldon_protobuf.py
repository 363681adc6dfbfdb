"""Finds the wrapper's generated modules for ``_seldon_protobuf_loader``.

``_seldon_protobuf.pth`` imports this module when Python starts, any Python of the image. So it
imports nothing itself: typing and re alone would take as long as Python's own start.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Optional, Sequence


class ProtoFinder:
    """Finds the wrapper's generated modules; leaves all others to Python."""

    @staticmethod
    def find_spec(
        name: str,
        path: "Optional[Sequence[str]]" = None,
        target: "Optional[ModuleType]" = None,
    ) -> "Optional[ModuleSpec]":
        """Return the spec of a generated module of the wrapper, with the loader replaced."""
        if not (name.startswith("seldon_core.proto.") and name.endswith("_pb2")):
            return None
        spec: Optional[ModuleSpec] = __import__("_seldon_protobuf_loader").find_spec(
            name, path, target
        )
        return spec


sys.meta_path.insert(0, ProtoFinder)
