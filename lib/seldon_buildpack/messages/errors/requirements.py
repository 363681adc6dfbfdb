"""Errors about requirements files and projects, and about building packages from source."""

from collections.abc import Sequence

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.settings import _set

# Longer names are cut: they are no names of files.
_LONGEST_NAME = 250


class BadRequirementLine(BuildError):
    """A line that pip would reject; ``meant`` is the likely intended line."""

    def __init__(self, name: str, number: int, line: str, reason: str, meant: str = "") -> None:
        super().__init__(
            f"Line {number} of `{name}` is not a valid requirement",
            f"{line}\n{reason}.",
            *([f"If you mean a version, write {meant}"] if meant else []),
            "Write it in pip's format: name==1.2.3, name>=1,<2, name @ URL, a path, or a pip option.",
            "If it is a comment, start it with #.",
        )


class MissingInclude(BuildError):
    """A file named by -r or -c that does not exist."""

    def __init__(self, name: str, included: str) -> None:
        super().__init__(
            f"`{name}` includes `{included}`, which does not exist",
            "Names after -r and -c are relative to the file that contains them.",
            f"Add {included}, or correct its name in {name}.",
            "If an ignore file excludes it (.gitignore in a git build), change that file.",
        )


class IncludeOutside(BuildError):
    """A file named by -r or -c that is outside the source directory."""

    def __init__(self, name: str, included: str) -> None:
        super().__init__(
            f"`{name}` includes `{included}`, which is outside the source",
            "Only the directory that you build is available during the build.",
            f"Copy the file into the directory, and include the copy in {name}.",
        )


class LocalFolderOutside(BuildError):
    """A requirement that is a folder outside the source."""

    def __init__(self, name: str, folder: str) -> None:
        super().__init__(
            f"`{name}` names `{folder}`, a folder outside the source",
            "A package is built in its folder, and a build must not change anything outside the source.",
            "Copy the folder into the source, and require the copy.",
            "Build a wheel of it (`uv build --wheel`), add the wheel to the source, and require the wheel.",
        )


class LocalPackageMissing(BuildError):
    """A requirement that is a path to nothing."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"`{path}` does not exist",
            "Your requirements install it as a local package. Relative paths start at the root of the source.",
            f"Add {path}, or correct its name in the requirements.",
            "If an ignore file excludes it (.gitignore in a git build), change that file.",
        )


class Conflict(BuildError):
    """Requirements that no set of versions satisfies.

    ``asks`` is the requirement that can't be satisfied, if known.
    """

    asks = ""


class RequirementsConflict(Conflict):
    """A conflict among the user's own requirements."""

    def __init__(self, tail: Sequence[str]) -> None:
        super().__init__(
            "Your requirements conflict",
            "No set of versions satisfies all of them. The output below shows why.",
            "Loosen one of the pins that it names.",
            tail=tail,
        )


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
        what = (
            "It is a local folder, so it must be built"
            if folder
            else "It has no wheel that can be used, so it was built from source"
        )
        fixes = (
            [f"Correct {package}: the output below shows what failed."]
            if folder and not missing
            else []
        )
        if debian:
            fixes.append(
                f"Add {debian} to the build image in stacks/bookworm/build.Dockerfile, and rebuild the builder: make builder"
            )
        if module == "distutils":
            fixes.append(
                _set("BP_PYTHON_VERSION", "3.11") + " Python 3.11 still includes distutils."
            )
        elif module == "pkg_resources":
            fixes.append(
                "Build it with an older setuptools: write setuptools<82 to a file, and set PIP_BUILD_CONSTRAINT to the file's name."
            )
        elif module and folder:
            fixes.append(
                f"List what its build requires in {package}/pyproject.toml: requires = [...] under [build-system]."
            )
        fixes += [_without_isolation(module)] if importable else []
        if folder:
            fixes.append(
                f"Build its wheel elsewhere (pip wheel {package}), add the wheel to the source, and require it instead of the folder."
            )
        else:
            fixes.append(
                "Require a release that has a wheel for this Python, or a package that has one (psycopg2-binary instead of psycopg2)."
            )
            fixes.append(
                "Build its wheel elsewhere (pip wheel), add it to a folder in the source, and set BP_PIP_FIND_LINKS to that folder."
            )
        super().__init__(
            f"`{package}` could not be built from source",
            f"{what}, and the build failed.{' Missing: ' + missing + '.' if missing else ''}",
            *fixes,
            tail=tail,
        )


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


class VcsFailed(BuildError):
    """A requirement that git could not fetch; ``requirement`` has no credentials."""

    def __init__(self, requirement: str, reason: str) -> None:
        super().__init__(
            "A requirement could not be fetched with git",
            f"{requirement}\ngit says: {reason}",
            "Check the URL and the branch, tag or commit after @.",
            "If the repository is private, provide a user and password for its host in a binding of type netrc (docs/private-indexes.md).",
            "Or write ${TOKEN} and an @ before the host, and pass the token with --env TOKEN=...; it is not stored in the image.",
        )


class InstallFailed(BuildError):
    """A uv failure without a more specific error."""

    def __init__(self, doing: str, tail: Sequence[str]) -> None:
        super().__init__(
            f"{doing} failed",
            "uv's output is below.",
            "Correct what it reports, and build again.",
            tail=tail,
        )


class ManifestMisspelt(BuildError):
    """A misspelt manifest, such as requirments.txt; nothing would be installed from it."""

    def __init__(self, name: str, meant: str) -> None:
        super().__init__(
            f"`{name}` looks like a misspelling of `{meant}`",
            f"Nothing would be installed: packages are read from {meant}, which does not exist.",
            f"Rename it: `mv {name} {meant}`.",
            f"If you want to install nothing, remove {name}, or add an empty {meant}.",
        )


class ManifestUnderOtherName(BuildError):
    """Manifests under names that are not read, without any that is.

    ``names`` lists them, and ``likely`` is the one that the model most likely needs.
    """

    def __init__(self, names: Sequence[str], likely: str) -> None:
        is_lock = likely.endswith(".toml")
        meant = "environment.yml" if likely.endswith((".yml", ".yaml")) else "requirements.txt"
        listed = "".join(f"\n  {name}" for name in names)
        super().__init__(
            f"Nothing says whether to install `{likely}`",
            f"No manifest has a standard name, so nothing would be installed. These look like manifests:{listed}",
            *([] if is_lock else [_select(likely)]),
            f"Rename it: `mv {likely} {'pylock.toml' if is_lock else meant}`.",
            "If the model needs no packages, add an empty requirements.txt.",
        )


def _select(name: str) -> str:
    return _set("BP_REQUIREMENTS", name) + "\nSeveral requirements files are separated by spaces."


class ProjectWithoutBuildFile(BuildError):
    """A ``setup.cfg`` with requirements, but without setup.py and pyproject.toml.

    pip and uv do not install such a directory.
    """

    def __init__(self) -> None:
        super().__init__(
            "`setup.cfg` alone does not make a project",
            "It lists install_requires, but without setup.py or pyproject.toml no tool installs the directory, so nothing would be installed.",
            "Add a setup.py with these two lines:\nfrom setuptools import setup\nsetup()",
            "List what the model needs in requirements.txt.",
        )


class RequestedFileMissing(BuildError):
    """A file in BP_REQUIREMENTS that is not in the source."""

    def __init__(self, name: str, *, is_outside: bool) -> None:
        name = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."
        why = "is outside the source" if is_outside else "is not a file of the source"
        super().__init__(
            f"The file in `BP_REQUIREMENTS={name}` does not exist",
            f"{name} {why}. Names are relative to the root of the source, and separated by spaces.",
            "Correct the name, or add the file.",
            "Unset BP_REQUIREMENTS to install from requirements.txt or another manifest.",
        )


class RequestedFileUnsuited(BuildError):
    """A file in BP_REQUIREMENTS that is neither a list of requirements nor of conda packages."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The file in `BP_REQUIREMENTS={name}` is not a list of packages",
            "BP_REQUIREMENTS names requirements files, a conda environment (.yml, .yaml), or another manifest at the root of the source.",
            "Name a requirements file.",
            f"Unset BP_REQUIREMENTS, and build the directory that contains {name.rpartition('/')[2]} (`pack build --path DIRECTORY`).",
        )


class RequestedFilesMixed(BuildError):
    """Several files in BP_REQUIREMENTS, of which one is not a requirements file."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"`BP_REQUIREMENTS` names `{name}` together with other files",
            f"Several requirements files can be installed together; {name} is another kind of manifest, and is installed on its own.",
            f"Set BP_REQUIREMENTS to {name} only.",
            f"Remove {name}, and list only requirements files.",
        )


class NoLineApplies(BuildError):
    """Requirements whose markers are all false for the chosen Python.

    ``chosen`` is that Python and the origin of the choice. ``fitting`` is a Python for which a
    marker is true, or empty if there is none.
    """

    def __init__(self, name: str, chosen: tuple[str, str], marker: str, fitting: str) -> None:
        python, source = chosen
        super().__init__(
            f"No line of `{name}` applies to Python {python}",
            f"Every line has an environment marker, and all of them are false, such as `{marker}`: nothing would be installed.\n"
            f"Python {python} comes from {source}.",
            *([_set("BP_PYTHON_VERSION", fitting)] if fitting else []),
            f"Correct the markers, or export {name} again on Python {python}.",
            f"If you want to install nothing, remove the lines from {name}.",
        )


class PyprojectNotTable(BuildError):
    """A key of ``pyproject.toml`` that has to be a table, and is a value."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"`pyproject.toml`: `{key}` is not a table",
            f"Its keys must be below [{key}], or written as {key}.NAME = VALUE.",
            f"Correct `{key}` in pyproject.toml, or remove it.",
        )


class PyprojectUnreadable(BuildError):
    """A ``pyproject.toml`` that is not TOML; ``reason`` is the parser's."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "`pyproject.toml` cannot be read",
            f"The build reads requires-python from it, and it is not valid TOML: {reason}.",
            "Correct pyproject.toml.",
            _set("BP_PYTHON_VERSION", "3.12") + "\nThe build then does not read the file.",
        )
