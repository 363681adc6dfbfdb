"""The packages of the shared wrapper that a model's requirements replace.

Their files stay in the wrapper's layer, which is the same for all models. The names are computed
when the requirements are installed; launch/shared_wrapper/ hides them in the image.
"""

import csv
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack.names import canonical, of_dist_info

# In the metadata of the layer of the requirements: what is hidden, as words.
PACKAGES, MODULES = "hidden-packages", "hidden-modules"

_RUNTIME = Path(__file__).parent.parent / "launch/shared_wrapper/_seldon_wrapper.py"
_BIN = "../../../bin/"
_MODULE = re.compile(r"(\w+)(?:\.[\w-]+)?\.(?:py|so)")
# RECORD has a line for each file; csv refuses longer fields, and no path is that long.
_LONGEST = 5000


@dataclass(frozen=True, kw_only=True)
class HiddenPackages:
    """What the wrapper's layer has and the image does not use."""

    # The canonical names of the packages.
    packages: tuple[str, ...] = ()
    # Their modules: `click`, or `google.protobuf` in a namespace package.
    modules: tuple[str, ...] = ()
    # Their .pth files.
    pth_files: tuple[str, ...] = ()
    # Their commands.
    commands: tuple[str, ...] = ()

    def metadata(self) -> dict[str, str]:
        """Return the texts for the layer's metadata."""
        return {PACKAGES: " ".join(self.packages), MODULES: " ".join(self.modules)}


def find_hidden_packages(wrapper: Path, names: Iterable[str]) -> HiddenPackages:
    """Return what to hide of a wrapper's site-packages; ``names`` are .dist-info folders."""
    infos = sorted(names)
    paths = [path for info in infos for path in _read_paths(wrapper / info / "RECORD")]
    return HiddenPackages(
        packages=tuple(sorted({canonical(of_dist_info(Path(info))[0]) for info in infos})),
        modules=tuple(sorted({name for path in paths for name in _name_module(wrapper, path)})),
        pth_files=tuple(
            sorted(path for path in paths if path.endswith(".pth") and "/" not in path)
        ),
        commands=tuple(sorted(path[len(_BIN) :] for path in paths if path.startswith(_BIN))),
    )


def read_packages(metadata: Mapping[str, str]) -> frozenset[str]:
    """Return the canonical names of the hidden packages in a layer's metadata."""
    return frozenset(metadata.get(PACKAGES, "").split())


def read_top_level_modules(metadata: Mapping[str, str]) -> frozenset[str]:
    """Return the hidden modules in a layer's metadata, except those in namespace packages."""
    return frozenset(name for name in metadata.get(MODULES, "").split() if "." not in name)


def add_wrapper(site: Path, wrapper: Path, hidden: HiddenPackages) -> None:
    """Let Python in the environment of ``site`` import what is not hidden of ``wrapper``.

    ``wrapper`` is the path of the wrapper's site-packages in the image.
    """
    # addsitedir, not a plain path: the wrapper's setuptools restores distutils by a .pth file.
    line = f"import site; site.addsitedir({str(wrapper)!r})\n"
    if hidden.packages:
        shutil.copyfile(_RUNTIME, site / _RUNTIME.name)
        values = (str(wrapper), hidden.modules, hidden.packages, hidden.pth_files)
        line = f"import _seldon_wrapper; _seldon_wrapper.add_wrapper{values!r}\n"
    (site / "_seldon_wrapper.pth").write_text(line)


def _read_paths(record: Path) -> Iterator[str]:
    text = record.read_text(encoding="utf-8", errors="replace")
    lines = (line for line in text.splitlines() if len(line) < _LONGEST)
    yield from (line[0] for line in csv.reader(lines) if line)


def _name_module(wrapper: Path, path: str) -> Iterator[str]:
    """Yield the name of the module or of the outermost regular package that a file belongs to."""
    *folders, file = path.split("/")
    for depth in range(1, len(folders) + 1):
        package = folders[:depth]
        if not all(map(str.isidentifier, package)):
            return
        if (wrapper.joinpath(*package) / "__init__.py").exists():
            yield ".".join(package)
            return
    if module := _MODULE.fullmatch(file):
        yield ".".join((*folders, module[1]))
