"""Errors of building the source or a package of it."""

from collections.abc import Iterator, Sequence

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.settings import _set


class BuildFromSourceFailed(BuildError):
    """A package without a wheel whose build failed.

    ``folder`` is set if the package is in the source. ``missing`` is what the build did not find;
    ``debian`` is the Debian package that provides it, or ``module`` is the missing Python module.
    ``importable`` is set if a build without isolation could import the module.
    """

    def __init__(
        self,
        package: str,
        folder: bool,
        missing: str,
        debian: str,
        module: str,
        tail: Sequence[str],
        *,
        importable: bool = False,
    ) -> None:
        origin = (
            "It is a local folder, so it must be built"
            if folder
            else "It has no wheel that can be used, so it was built from source"
        )
        correct = f"Correct {package}: the output below shows what failed."
        super().__init__(
            f"`{package}` could not be built from source",
            f"{origin}, and the build failed.{' Missing: ' + missing + '.' if missing else ''}",
            *((correct,) if folder and not missing else ()),
            *_provide_debian(debian),
            *_provide_module(module, package if folder else ""),
            *((_without_isolation(module),) if importable else ()),
            *_use_wheel(package, folder),
            tail=tail,
        )


def _provide_debian(debian: str) -> Iterator[str]:
    if debian:
        yield f"Add {debian} to the build image in stacks/bookworm/build.Dockerfile, and rebuild the builder: make builder"


def _provide_module(module: str, folder: str) -> Iterator[str]:
    """Yield what provides a Python module to the build of a package, which may be a folder."""
    if module == "distutils":
        yield _set("BP_PYTHON_VERSION", "3.11") + " Python 3.11 still includes distutils."
    elif module == "pkg_resources":
        yield "Build it with an older setuptools: write setuptools<82 to a file, and set PIP_BUILD_CONSTRAINT to the file's name."
    elif module and folder:
        yield f"List what its build requires in {folder}/pyproject.toml: requires = [...] under [build-system]."


def _use_wheel(package: str, folder: bool) -> Iterator[str]:
    if folder:
        yield f"Build its wheel elsewhere (pip wheel {package}), add the wheel to the source, and require it instead of the folder."
        return
    yield "Require a release that has a wheel for this Python, or a package that has one (psycopg2-binary instead of psycopg2)."
    yield "Build its wheel elsewhere (pip wheel), add it to a folder in the source, and set BP_PIP_FIND_LINKS to that folder."


def _without_isolation(module: str) -> str:
    return (
        _set("PIP_NO_BUILD_ISOLATION", "0")
        + f"\nThe build then imports {module} from the wrapper's packages, as with s2i."
    )


class ProjectNotBuilt(BuildError):
    """A source whose own setup.py or pyproject.toml fails.

    ``importable`` is the missing Python module if a build without isolation could import it.
    """

    def __init__(self, missing: str, tail: Sequence[str], importable: str = "") -> None:
        super().__init__(
            "The project could not be installed",
            f"Installing it with its setup.py or pyproject.toml failed.{' Missing: ' + missing + '.' if missing else ''}",
            "Correct it: the output below shows what failed.",
            *([_without_isolation(importable)] if importable else []),
            "If the directory does not need to be installed, list its packages in requirements.txt. The build then installs those instead.",
            tail=tail,
        )


class ProjectWithoutPackage(BuildError):
    """A source whose own project builds, but contains nothing to install.

    ``several`` are the packages among which setuptools refuses to choose; otherwise ``said`` is the
    backend's message. ``poetry`` is set if poetry is the backend; only poetry can read what it
    stores outside [project].
    """

    def __init__(
        self,
        manifest: str,
        several: Sequence[str],
        said: str,
        lock: str = "",
        *,
        poetry: bool = False,
    ) -> None:
        found = (
            f"It has several directories or modules at its root ({', '.join(several)}), and nothing says which of them belong to it."
            if several
            else f"Building it found no package: {said}."
        )
        nothing = (
            "pass packages=[] to setup()"
            if manifest == "setup.py"
            else "remove the table [build-system]"
        )
        again = ", and regenerate the lock: uv lock" if lock == "uv.lock" else ""
        super().__init__(
            "The project has no package to install",
            f"{manifest} makes the directory a project that can be installed.\n{found}",
            *(
                []
                if poetry
                else [
                    f"If you need only the dependencies in {manifest}, {nothing}{again}.\nThe model is served from the source, so it does not have to be installed."
                ]
            ),
            f"If you want to install a package, name it in {manifest}"
            + (
                ': packages=["mine"].'
                if manifest == "setup.py"
                else ', under [tool.NAME] of your build tool: packages = ["mine"].'
            ),
            "List the model's packages in requirements.txt. The build then installs those instead"
            + (": poetry export --output requirements.txt" if poetry else "."),
        )
