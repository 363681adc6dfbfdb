"""What an environment has pip install, as requirements: the same checks, includes, variables and secrets as in requirements.txt."""

from collections.abc import Mapping
from pathlib import Path

from seldon_buildpack.manifests import requirements_txt
from seldon_buildpack.manifests.conda.types import CondaEnvironment
from seldon_buildpack.manifests.requirements_txt import ManifestSection, Requirements


def pip_requirements(
    environment: CondaEnvironment, app: Path, env: Mapping[str, str]
) -> Requirements | None:
    """The requirements of the section `pip:`, or of a lock's pip packages; None where there are none.

    ``text`` holds what pip is told. It goes into a file beside the environment's, as conda does it, since what it includes is looked
    for from there. Raises what requirements.read does, with the line of the environment's file.
    """
    if not environment.pip:
        return None
    # An entry may be a text of several lines.
    lines = [
        (line, entry.line + number)
        for entry in environment.pip
        for number, line in enumerate(entry.text.splitlines())
    ]
    part = ManifestSection(
        "".join(f"{line}\n" for line, _ in lines), tuple(number for _, number in lines)
    )
    return requirements_txt.read(app, environment.path, env, part)
