"""Folders with the user's own wheels, and the reasons why a wheel cannot be installed."""

import errno
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.indexes import IndexUnreachable, NetworkUnreachable
from seldon_buildpack.messages.errors.packages import RequirementNotFound
from seldon_buildpack.messages.errors.source_files import GitLfsPointers, unreadable
from seldon_buildpack.messages.errors.wheels import (
    WheelBroken,
    WheelFolderLacks,
    WheelFolderMissing,
    WheelFolderUnreadable,
    WheelMisnamed,
    WheelUnsuited,
)
from seldon_buildpack.names import canonical
from seldon_buildpack.python_version import SUPPORTED

# The wheels and source archives that uv installs from a folder.
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")
_NOT_FOUND = re.compile(
    r"(?<!\S)(\S+) was not found in the (?:package registry|provided package locations)"
)
_MANYLINUX = {"manylinux1": "2.5", "manylinux2010": "2.12", "manylinux2014": "2.17"}


def archives(folder: Path, app: Path) -> tuple[Path, ...]:
    """Return the wheels and source archives in a folder, sorted by name.

    Raises:
        WheelFolderMissing: The folder does not exist or is a file.
        WheelFolderUnreadable: The folder or an archive in it cannot be read.
    """
    try:
        found = sorted(
            path for path in folder.iterdir() if path.name.endswith(_ARCHIVES) and not path.is_dir()
        )
        for path in found:
            path.open("rb").close()
    except OSError as error:
        place = Path(error.filename or folder)
        name = shown(place, app)
        if place == folder and error.errno in (errno.ENOENT, errno.ENOTDIR):
            raise WheelFolderMissing(
                name, "BP_PIP_FIND_LINKS", is_file=error.errno == errno.ENOTDIR
            ) from error
        raise WheelFolderUnreadable(name, place == folder, unreadable(place, error)) from error
    return tuple(found)


def shown(path: Path, app: Path) -> str:
    """Return a path as it is shown to the user: relative to the source if it is below it."""
    return f"./{path.relative_to(app)}" if path.is_relative_to(app) else str(path)


@dataclass(frozen=True)
class LocalWheels:
    """The places of the user's own wheels.

    ``first`` are the folders that are searched before any index, and ``others`` are further folders
    and single files.
    """

    app: Path
    first: tuple[Path, ...]
    others: tuple[Path, ...]

    def wheels(self) -> Iterator[Path]:
        """Yield all wheels."""
        for place in dict.fromkeys((*self.first, *self.others)):
            yield from (
                sorted(place.glob("*.whl"))
                if place.is_dir()
                else (place,)
                if place.suffix == ".whl"
                else ()
            )

    def of(self, package: str) -> tuple[Path, ...]:
        """Return the wheels of a package, according to their file names."""
        return tuple(
            file
            for file in self.wheels()
            if canonical(file.name.partition("-")[0]) == canonical(package)
        )


def explain(said: str, own: LocalWheels, python: str) -> BuildError | None:
    """Return the error for uv's output ``said`` if it is about one of the user's own wheels.

    Return None if it is not.
    """
    flat = " ".join(said.split())
    if found := re.search(
        r"(?<!\S)([^\s=]+)==\S+ has no (?:usable )?wheels? with a matching", flat
    ):
        return _unsuited(found[1], own, python)
    if found := re.search(r"A path \((?:.*/)?([^/]+\.whl)\) dependency is incompatible", said):
        return _unsuited(found[1].partition("-")[0], own, python)
    if found := re.search(r"(?<!\S)([^\s=]+)==(\S+) has an invalid package format", flat):
        reason = re.search(
            rf"The structure of `{re.escape(found[1])}` \(v\S+\) was invalid: +(.*)", said
        )
        files = [file for file in own.of(found[1]) if file.name.split("-")[1] == found[2]]
        return _broken(files[0], reason[1] if reason else "", own) if files else None
    if found := re.search(r"Failed to (?:read metadata|extract archive): (.+\.whl)\n(.*)", said):
        file = own.app / found[1]
        return _broken(file, found[2] or "", own) if file.is_file() else None
    if found := re.search(r"Failed to install: (\S+\.whl) .*\n([^,\n]*)", said):
        files = [file for file in own.wheels() if file.name == found[1]]
        return _broken(files[0], found[2], own) if files else None
    if found := re.search(r"The wheel filename `([^`]+)` is invalid", flat):
        return WheelMisnamed(found[1])
    if found := _NOT_FOUND.search(flat):
        passed_over = _misnamed(found[1], own)
        return WheelMisnamed(shown(passed_over, own.app)) if passed_over else None
    return None


def with_folders(error: BuildError, own: LocalWheels, lacking: str) -> BuildError:
    """Extend an error about an unavailable package with the wheel folders that were searched.

    ``lacking`` is the package that the folders do not contain. Other errors are returned unchanged.
    """
    empty = [shown(folder, own.app) for folder in own.first if not any(folder.iterdir())]
    away = isinstance(error, NetworkUnreachable | IndexUnreachable)
    if not (empty and isinstance(error, RequirementNotFound)) and not (away and (empty or lacking)):
        return error
    return WheelFolderLacks(lacking, [shown(folder, own.app) for folder in own.first], empty, error)


def _misnamed(package: str, own: LocalWheels) -> Path | None:
    """Return a wheel that uv ignores because its file name is not valid for a wheel.

    Only wheels whose file name starts with the name of the package are considered.
    """
    named = re.compile(r"[^-]+-\d[^-]*(?:-\d[^-]*)?(?:-[\w.]+){3}\.whl")
    files = (file for file in own.wheels() if canonical(file.stem).startswith(canonical(package)))
    return next((file for file in files if not named.fullmatch(file.name)), None)


def _unsuited(package: str, own: LocalWheels, python: str) -> BuildError | None:
    files = [(file, fit) for file in own.of(package) if (fit := fit_of(file.name, python))]
    if not files:
        return None
    pythons = sorted(
        {one for _, fit in files for one in fit.pythons}, key=lambda one: int(one.partition(".")[2])
    )
    return WheelUnsuited(
        package,
        [(shown(file, own.app), fit.words) for file, fit in files],
        (python, this_platform()),
        pythons,
        any(file.parent in own.first for file, _ in files),
    )


def _broken(wheel: Path, said: str, own: LocalWheels) -> BuildError:
    name = shown(wheel, own.app)
    with wheel.open("rb") as file:
        start = file.read(200)
    if start.startswith(b"version https://git-lfs"):
        return GitLfsPointers([name])
    if not start:
        reason = "it is empty"
    elif start.lstrip()[:1] == b"<":
        reason = "it is a web page"
    elif not start.startswith(b"PK"):
        reason = "it is not a zip archive, which every wheel is"
    elif "zip file" in said:
        reason = "its end is missing, because it was not copied or downloaded completely"
    else:
        reason = f"uv says: {said.strip().rstrip('.')}"
    return WheelBroken(name, reason)


@dataclass(frozen=True)
class WheelTarget:
    """The target of a wheel in plain words, and the Python versions it can be installed on.

    ``pythons`` are those of the supported versions (`3.9`) for which it fits this platform.
    """

    words: str
    pythons: tuple[str, ...]


def fit_of(wheel: str, python: str) -> WheelTarget | None:
    """Return the target of a wheel that does not fit this Python version on this platform.

    ``wheel`` is its file name. Return None for a wheel that fits, and for an invalid file name.
    """
    from packaging import tags
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    try:
        given = parse_wheel_filename(wheel)[3]
    except InvalidWheelFilename:
        return None
    platforms = list(tags.platform_tags())

    def fits(major: int, minor: int) -> bool:
        ours = tags.cpython_tags((major, minor), platforms=platforms)
        return any(
            tag in given
            for tag in (
                *ours,
                *tags.compatible_tags((major, minor), f"cp{major}{minor}", platforms),
            )
        )

    major, minor = python.split(".")[:2]
    if fits(int(major), int(minor)):
        return None
    tag, abi, platform = wheel.removesuffix(".whl").split("-")[-3:]
    words = f"{_either(_python(one, abi) for one in tag.split('.'))} on {_either(_platform(one) for one in platform.split('.'))}"
    return WheelTarget(
        words, tuple(f"{one}.{other}" for one, other in SUPPORTED if fits(one, other))
    )


def this_platform() -> str:
    """Return the image's platform, worded like the platform of a wheel."""
    from packaging import tags

    tag = next(
        (tag for tag in tags.platform_tags() if tag.startswith("manylinux_")), "linux_x86_64"
    )
    return _platform(tag).removesuffix(" or newer")


def _python(tag: str, abi: str) -> str:
    """Describe a Python tag (PEP 425: py3, cp39, pp310), including what the ABI tag implies."""
    found = re.fullmatch(r"(py|cp|pp)(\d)(\d*)", tag)
    if not found:
        return tag
    version = ".".join(filter(None, found.groups()[1:]))
    name = {"py": "Python", "cp": "Python", "pp": "PyPy"}[found[1]]
    newer = " and newer" if abi == "abi3" or (found[1] == "py" and found[3]) else ""
    free_threaded = " without the GIL" if re.fullmatch(r"cp\d+t", abi) else ""
    return f"{name} {version}{newer}{free_threaded}"


def _platform(tag: str) -> str:
    """Describe a platform tag (PEP 425, PEP 600, PEP 656)."""
    if found := re.fullmatch(r"manylinux_(\d+)_(\d+)_(\w+)", tag):
        return f"linux {found[3]} with glibc {found[1]}.{found[2]} or newer"
    if found := re.fullmatch(r"(manylinux(?:1|2010|2014))_(\w+)", tag):
        return f"linux {found[2]} with glibc {_MANYLINUX[found[1]]} or newer"
    if found := re.fullmatch(r"musllinux_\d+_\d+_(\w+)", tag):
        return f"linux {found[1]} with musl, as in Alpine"
    if found := re.fullmatch(r"linux_(\w+)", tag):
        return f"linux {found[1]}"
    if found := re.fullmatch(r"macosx_(\d+)_(\d+)_(\w+)", tag):
        return f"macOS {found[1]}.{found[2]} or newer, {found[3]}"
    if found := re.fullmatch(r"win(?:32|_(\w+))", tag):
        return f"Windows {found[1] or '32 bit'}"
    return "any platform" if tag == "any" else tag


def _either(words: Iterable[str]) -> str:
    return " or ".join(dict.fromkeys(words))
