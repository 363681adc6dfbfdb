"""Libraries of the system that installed packages load, and that the image lacks.

Shared objects load libraries by name. A wheel carries its own, except those that it expects of the
system: `opencv-python` expects libGL.so.1. Each such package is imported once to see whether it can
do without them.

The result is stored as text in the metadata of the layer with the packages, since a reused layer is
not available to look into.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path

from seldon_buildpack.python_env import import_probe
from seldon_buildpack.python_env.shared_objects import extension_name, read_shared_objects

METADATA = "system-libraries"

# The driver of the node's GPUs, which its container runtime adds to the container (NVIDIA Container
# Toolkit), and CPython itself, which has loaded the module.
_ADDED = re.compile(r"lib(?:cuda|nvcuvid|nvidia-[\w-]+)\.so(?:\.\d+)*|libpython3[\w.]*")
_MOST_PROBES = 5
_MOST_MODULES = 50


@dataclass(frozen=True, kw_only=True)
class MissingLibraries:
    """A top-level module whose shared objects need libraries that nothing provides."""

    module: str
    # The package that it belongs to, or "" if no package lists it.
    package: str
    # A file that needs the libraries, relative to site-packages.
    file: str
    # The names that the loader looks for.
    libraries: tuple[str, ...]
    # The modules whose imports fail without them: the top-level one, or some of those in it.
    failing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalogue:
    """The libraries of our run image, and the packages of Debian that have others."""

    # The label io.buildpacks.base.id of the run image.
    run_image: str
    libraries: frozenset[str]
    # By library.
    packages: Mapping[str, str]
    # Packages of the same content that need no library of the system, by package.
    alternatives: Mapping[str, str]


@cache
def read_catalogue() -> Catalogue:
    """Return the catalogue, which tools/dev/system_libraries.py makes."""
    table = json.loads(Path(__file__).with_suffix(".json").read_text())
    return Catalogue(
        table["run-image"],
        frozenset(table["libraries"]),
        {name: package for package, names in table["packages"].items() for name in names.split()},
        table["alternatives"],
    )


def find_missing_libraries(
    site: Path, interpreter: Path, beside: Iterable[Path] = ()
) -> tuple[MissingLibraries, ...]:
    """Return the top-level modules in ``site`` that need libraries that our run image lacks.

    Modules that handle this are left out. ``beside`` are other folders of modules and libraries
    in the image; ``interpreter`` is the Python of the environment.
    """
    beside = list(beside)
    outside = [folder for folder in beside if not site.is_relative_to(folder)]
    within = [folder for folder in beside if site.is_relative_to(folder)]
    tree = read_shared_objects([*(within or [site]), *outside])
    present, roots = read_catalogue().libraries, tree.objects.keys() - tree.loaded_by_others()
    needing: dict[str, dict[str, set[str]]] = {}
    for path in sorted(path for path in roots if path.startswith(f"{site}/")):
        lacking = {name for name in tree.external(path) - present if not _ADDED.fullmatch(name)}
        top = Path(path).relative_to(site).parts[0].partition(".")[0]
        if lacking and top.isidentifier():
            needing.setdefault(top, {})[path] = lacking
    probe = partial(import_probe.find_failing_imports, interpreter, beside=beside)
    return tuple(_describe(site, probe, needing))


def metadata(site: Path, interpreter: Path, beside: Iterable[Path] = ()) -> dict[str, str]:
    """Return the layer's metadata with the missing libraries, or {} if there are none."""
    text = as_text(find_missing_libraries(site, interpreter, beside))
    return {METADATA: text} if text else {}


def as_text(missing: Iterable[MissingLibraries]) -> str:
    """Return the modules as JSON, or "" for none."""
    listed = [asdict(each) for each in missing]
    return json.dumps(listed, sort_keys=True) if listed else ""


def from_text(text: str) -> tuple[MissingLibraries, ...]:
    """Return the modules that ``as_text`` was given."""
    return tuple(
        MissingLibraries(
            module=each["module"],
            package=each["package"],
            file=each["file"],
            libraries=tuple(each["libraries"]),
            failing=tuple(each["failing"]),
        )
        for each in (json.loads(text) if text else [])
    )


def _describe(
    site: Path,
    probe: Callable[[Sequence[str], Iterable[str]], tuple[str, ...] | None],
    needing: Mapping[str, Mapping[str, set[str]]],
) -> Iterator[MissingLibraries]:
    for number, (module, files) in enumerate(sorted(needing.items())):
        names = {path: extension_name(site, path) for path in files}
        packages = {module} | {
            ".".join(name.split(".")[:end])
            for name in names.values()
            for end in range(1, name.count(".") + 1)
        }
        unhandled = _without_handled(site, names)
        # An import takes seconds, and tells nothing new of what its package handles.
        if not unhandled and all(names.values()):
            continue
        chosen = sorted(packages)[:_MOST_MODULES] if number < _MOST_PROBES else []
        failing = (probe(chosen, files) if chosen else None) or ()
        if module in failing:
            failing = (module,)
        relevant = (
            [path for path, name in names.items() if name] or list(files) if failing else unhandled
        )
        if not relevant:
            continue
        first = Path(min(relevant)).relative_to(site).as_posix()
        yield MissingLibraries(
            module=module,
            package=_package_of(site, first),
            file=first,
            libraries=tuple(sorted(set[str]().union(*(files[path] for path in relevant)))),
            failing=failing,
        )


def _without_handled(site: Path, names: Mapping[str, str]) -> list[str]:
    """Return the extension modules that their package may import without a `try` block.

    Other shared objects, which may be plugins for programs, do not count.
    """
    return [
        path
        for path, name in names.items()
        if name
        and not import_probe.is_optional(site / name.partition(".")[0], name.rpartition(".")[2])
    ]


def _package_of(site: Path, file: str) -> str:
    """Return the name of the package that lists a file in its RECORD, or ""."""
    for record in sorted(site.glob("*.dist-info/RECORD")):
        with suppress(OSError):
            if re.search(rf"^{re.escape(file)},", record.read_text(errors="replace"), re.MULTILINE):
                headers = (record.parent / "METADATA").read_text(errors="replace")
                name = re.search(r"^Name: *(\S+)", headers, re.MULTILINE)
                return name[1] if name else ""
    return ""
