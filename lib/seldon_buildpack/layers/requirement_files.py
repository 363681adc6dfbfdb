"""The files that uv and pip install from, written from what was read."""

from collections.abc import Iterable
from pathlib import Path

from seldon_buildpack.manifests import requirements_export, requirements_txt
from seldon_buildpack.package_sources.indexes import Index

_CONSTRAINTS = ("--constraints", "--build-constraints")


def export_constraints(
    app: Path, index: Index, variables: Iterable[tuple[str, str]], scratch: Path
) -> tuple[str, ...]:
    """Return the options of an index, with its constraints files in the form that uv reads.

    A URL of constraints may have a password, so it is in a file too: other processes can read a
    command line.

    Raises:
        BuildError: A line of a constraints file is not a constraint.
    """
    words = list(index.options)
    for at, word in enumerate(words):
        if at == 0 or words[at - 1] not in _CONSTRAINTS:
            continue
        if "://" in word:
            words[at] = str(scratch / f"constraints-{at}.txt")
            Path(words[at]).write_text(f"-c {word}\n")
            continue
        if Path(word) not in index.constraints:
            continue
        constraints = requirements_txt.read_constraints(app, [Path(word)], dict(variables))
        if constraints.files:
            folder = scratch / f"constraints-{at}"
            folder.mkdir(exist_ok=True)
            words[at] = str(requirements_export.export_constraints(constraints, folder))
    return tuple(words)
