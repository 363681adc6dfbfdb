"""Stubs that make uv see the packages of the wrapper as installed.

A stub is a .dist-info folder, and nothing else, in the environment that uv installs into.
"""

import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from seldon_buildpack.names import canonical, of_dist_info, requirement_name

# Every installer writes this file (PyPA: Recording installed projects), so only stubs lack it.
INSTALLER = "INSTALLER"
_CORE = "seldon_core-"


def show(
    source: Path, site: Path, bounds: Path | None = None, only: Sequence[str] = ()
) -> frozenset[str]:
    """Copy each .dist-info from ``source`` to ``site``, and return their names.

    ``only`` limits this to packages with these canonical names.

    The copies list no other files, so uv removes nothing else when it replaces a package.

    The requirements in ``bounds`` replace those of the same name in the metadata of seldon-core. An
    override in uv would also replace the user's own requirements (uv: Dependency overrides).
    """
    names = frozenset(
        path.name
        for path in source.glob("*.dist-info")
        if not only or canonical(of_dist_info(path)[0]) in only
    )
    for name in names:
        (site / name).mkdir()
        for file in ("METADATA", "WHEEL", "entry_points.txt"):
            if (source / name / file).is_file():
                shutil.copyfile(source / name / file, site / name / file)
        if bounds and name.startswith(_CORE):
            bound_otherwise(site / name / "METADATA", bounds)
        (site / name / "RECORD").write_text(
            "".join(f"{name}/{path.name},,\n" for path in (site / name).iterdir())
            + f"{name}/RECORD,,\n"
        )
    return names


def is_stub(info: Path) -> bool:
    """Return whether a .dist-info folder is a stub."""
    return not (info / INSTALLER).exists()


def bound_otherwise(metadata: Path, bounds: Path) -> None:
    """Replace requirements in a METADATA file with those of the same name in ``bounds``."""
    replacements = {
        canonical(requirement_name(line)): line
        for line in bounds.read_text().splitlines()
        if line and not line.startswith("#")
    }
    lines = []
    for line in metadata.read_text(encoding="utf-8").splitlines(keepends=True):
        other = (
            replacements.get(canonical(requirement_name(line.removeprefix("Requires-Dist:"))))
            if line.startswith("Requires-Dist:") and ";" not in line
            else None
        )
        lines.append(f"Requires-Dist: {other}\n" if other else line)
    metadata.write_text("".join(lines), encoding="utf-8")


def unmet(site: Path) -> tuple[str, ...]:
    """Return the requirements of seldon-core that the packages in ``site`` do not meet.

    An example is `numpy<2.0.0, not numpy 2.1.0`.
    """
    from importlib.metadata import distributions

    from packaging.requirements import Requirement

    packages = {canonical(package.name): package for package in distributions(path=[str(site)])}
    wrapper = packages.get("seldon-core")
    conflicts = []
    for requirement in map(Requirement, (wrapper and wrapper.requires) or ()):
        package = packages.get(canonical(requirement.name))
        if (
            package
            and (not requirement.marker or requirement.marker.evaluate({"extra": ""}))
            and not requirement.specifier.contains(package.version, prereleases=True)
        ):
            conflicts.append(f"{requirement.name}{requirement.specifier}, not {package.version}")
    return tuple(conflicts)


def pins(
    lock: Path, scratch: Path, only: Iterable[str] | None = None, left_out: Iterable[str] = ()
) -> Path:
    """Write the lock's entries for ``only``, or for all but ``left_out``, to ``scratch``."""
    wanted, unwanted = (
        {canonical(name) for name in only or ()},
        {canonical(name) for name in left_out},
    )
    kept = []
    for entry in re.split(r"\n(?=[A-Za-z0-9])", lock.read_text()):
        name = canonical(requirement_name(entry))
        if name not in unwanted and (only is None or name in wanted):
            kept.append(entry)
    path = scratch / "wrapper-pins.txt"
    path.write_text("\n".join(kept) + "\n")
    return path


def versions(lock: Path, left_out: Iterable[str] = ()) -> str:
    """Return the versions that a lock pins, except those of ``left_out``, as constraints.

    Hashes are omitted, because pip would otherwise require one for every package.
    """
    unwanted = {canonical(name) for name in left_out}
    pinned = re.findall(r"(?m)^([A-Za-z0-9._-]+)==(\S+)", lock.read_text())
    return "".join(
        f"{name}=={version}\n" for name, version in pinned if canonical(name) not in unwanted
    )
