"""Adds the wrapper's packages to the model's, without those that the requirements replace.

The requirements' folder comes first on ``sys.path``, and the wrapper's folder, which is the same for
all models, after it. So a package in both is imported from the requirements. But the wrapper's copy
may have more modules than the one that replaces it (setuptools 82 has no pkg_resources), and Python
would list both copies as installed. This module hides them.

``_seldon_wrapper.pth`` runs it when Python starts, any Python of the image. So it imports nothing
but what has been imported by then. Standard library only, with the syntax of Python 3.6.
"""

import os
import site
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import importlib.machinery as machinery
    from typing import Any, FrozenSet, Iterable, Iterator
else:
    # The same, without the time that the import of importlib takes.
    import _frozen_importlib_external as machinery


def add_wrapper(
    folder: str, modules: "Iterable[str]", packages: "Iterable[str]", pth_files: "Iterable[str]"
) -> None:
    """Append the wrapper's folder to ``sys.path``, and run its .pth files.

    ``modules`` are not importable from there, ``packages`` (normalized names) are not installed
    there, and ``pth_files`` are not run.
    """
    sys.path_hooks.insert(0, _make_hook(folder, frozenset(modules)))
    sys.path_importer_cache.pop(folder, None)
    _hide_metadata(folder, frozenset(packages))
    if folder not in sys.path:
        sys.path.append(folder)
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        if name.endswith(".pth") and name not in pth_files:
            site.addpackage(folder, name, None)


def _make_hook(folder: str, hidden: "FrozenSet[str]") -> "Any":
    """Return a path hook for the wrapper's folder, and for the namespace packages in it."""

    class WrapperFinder(machinery.FileFinder):
        """Finds modules in a folder of the wrapper, except the hidden ones."""

        def find_spec(self, fullname: str, target: "Any" = None) -> "Any":
            """Return the module's spec; None for a hidden module."""
            if fullname in hidden:
                return None
            return super().find_spec(fullname, target)

    make = WrapperFinder.path_hook(
        (machinery.ExtensionFileLoader, machinery.EXTENSION_SUFFIXES),
        (machinery.SourceFileLoader, machinery.SOURCE_SUFFIXES),
        (machinery.SourcelessFileLoader, machinery.BYTECODE_SUFFIXES),
    )

    def hook(path: str) -> "Any":
        if path != folder and not path.startswith(folder + os.sep):
            raise ImportError("not a folder of the wrapper", path=path)
        return make(path)

    return hook


def _hide_metadata(folder: str, hidden: "FrozenSet[str]") -> None:
    """Let importlib.metadata not list the wrapper's copies of these packages."""

    class MetadataFinder(machinery.PathFinder):
        """Finds modules as before, and packages except the hidden ones."""

        @classmethod
        def find_distributions(cls, *args: "Any", **kwargs: "Any") -> "Iterator[Any]":
            """Return the packages that are installed, in the order of ``sys.path``."""
            for package in super().find_distributions(*args, **kwargs):
                path = str(getattr(package, "_path", ""))
                name = os.path.basename(path).rpartition(".")[0].partition("-")[0]
                name = name.replace("_", "-").replace(".", "-").lower()
                if os.path.dirname(path) != folder or name not in hidden:
                    yield package

    finder = machinery.PathFinder
    if hasattr(finder, "find_distributions") and finder in sys.meta_path:
        sys.meta_path[sys.meta_path.index(finder)] = MetadataFinder
