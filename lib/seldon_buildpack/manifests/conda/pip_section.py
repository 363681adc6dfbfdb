"""The pip packages of a conda environment, read as requirements.

They get the same checks, includes, variables and secrets as requirements.txt.
"""

from collections.abc import Mapping
from pathlib import Path

from seldon_buildpack.manifests import requirements_txt
from seldon_buildpack.manifests.conda.types import CondaEnvironment
from seldon_buildpack.manifests.requirements_txt import ManifestSection, Requirements


def pip_requirements(
    environment: CondaEnvironment, app: Path, env: Mapping[str, str]
) -> Requirements | None:
    """Return the requirements of a pip section or of the pip packages in a lock, if any.

    The ``text`` of the result is passed to pip. As with conda, it is written to a file next to the
    environment file, because relative includes are resolved from there.

    Raises:
        BuildError: As `requirements_txt.read` does, with the line in the environment file.
    """
    if not environment.pip:
        return None
    # An entry may span several lines.
    lines = [
        (line, entry.line + number)
        for entry in environment.pip
        for number, line in enumerate(entry.text.splitlines())
    ]
    part = ManifestSection(
        "".join(f"{line}\n" for line, _ in lines), tuple(number for _, number in lines)
    )
    return requirements_txt.read(app, environment.path, env, part)
