"""Check of the folders that requirements name: a package is built in its own folder."""

from pathlib import Path

from seldon_buildpack import user_files
from seldon_buildpack.manifests.requirements_txt import Requirements
from seldon_buildpack.messages.errors.requirements import LocalFolderOutside


def refuse_outside(app: Path, requirements: Requirements | None) -> None:
    """Refuse a requirement that would be built in a folder outside the source.

    Folders that only hold wheels may be mounted from outside.

    Raises:
        LocalFolderOutside: A requirement is a folder outside the source.
    """
    if not requirements:
        return
    links = {Path(link) for link in requirements.index.find_links}
    for folder in requirements.local:
        outside = user_files.is_dir(folder) and not user_files.is_inside(app, folder)
        if outside and folder not in links:
            name = folder.relative_to(app) if folder.is_relative_to(app) else folder
            raise LocalFolderOutside(requirements.path.name, str(name))
