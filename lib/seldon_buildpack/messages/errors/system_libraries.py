"""Errors about shared libraries that the image lacks."""

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.system_libraries import LibrariesNeeded, list_fixes, list_libraries


class SystemLibrariesMissing(BuildError):
    """A module that the model certainly imports, and that cannot be imported in the image.

    ``module`` is what the model imports, and ``place`` the import's file and line.
    """

    def __init__(self, needed: LibrariesNeeded, module: str, place: str) -> None:
        title = f"`{module}` cannot be imported in the image: it needs {needed.libraries[0][0]}"
        super().__init__(
            title,
            f"{place} imports {module} whenever the model starts. Its file {needed.file}\n"
            "needs libraries that neither your requirements nor the run image have:\n"
            f"{list_libraries(needed)}",
            *list_fixes(needed),
            "If the libraries are added when the container runs, set BP_MODEL_TRIAL=off: the build then only warns.",
        )
