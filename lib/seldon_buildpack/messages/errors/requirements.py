"""Errors about requirements files and projects, and about building packages from source."""

from collections.abc import Sequence

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.settings import _set


class BadRequirementLine(BuildError):
    """A line that pip would reject; ``meant`` is the likely intended line."""

    def __init__(self, name: str, number: int, line: str, reason: str, meant: str = "") -> None:
        super().__init__(
            f"Line {number} of {name} is not a requirement",
            f"{line}\n{reason}.",
            *([f"If a version is meant, write {meant}"] if meant else []),
            "Write it as pip takes it: name==1.2.3, name>=1,<2, name @ URL, a path, or an option of pip.",
            "If it is a note, put # before it.",
        )


class MissingInclude(BuildError):
    """A file named by -r or -c that does not exist."""

    def __init__(self, name: str, included: str) -> None:
        super().__init__(
            f"{name} includes {included}, which is not there",
            "A name after -r or -c is looked for beside the file that names it.",
            f"Add {included}, or correct its name in {name}.",
            "If it is left out by an ignore file (.gitignore in a git build), let it through.",
        )


class IncludeOutside(BuildError):
    """A file named by -r or -c that is outside the source directory."""

    def __init__(self, name: str, included: str) -> None:
        super().__init__(
            f"{name} includes {included}, which lies outside the source",
            "Only the directory being built is there during a build.",
            f"Copy the file into the directory, and name the copy in {name}.",
        )


class LocalFolderOutside(BuildError):
    """A requirement that is a folder outside the source."""

    def __init__(self, name: str, folder: str) -> None:
        super().__init__(
            f"{name} names {folder}, a folder outside the source",
            "A package is built in its own folder, and a build changes nothing outside the source.",
            "Copy the folder into the source, and name the copy.",
            "Build a wheel of it (`uv build --wheel`), put that into the source and name the wheel.",
        )


class LocalPackageMissing(BuildError):
    """A requirement that is a path to nothing."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} is not there",
            "Your requirements name it as a package of the source, and a relative path starts at the source's top.",
            f"Add {path}, or correct its name in the requirements.",
            "If it is left out by an ignore file (.gitignore in a git build), let it through.",
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
            "Your requirements exclude each other",
            "No set of versions satisfies all of them; the reason stands below.",
            "Loosen one of the pins that the last lines name.",
            tail=tail,
        )


class BuildFromSourceFailed(BuildError):
    """A package without a wheel whose build failed.

    ``folder`` is set if the package is in the source. ``missing`` is what the build did not find;
    ``debian`` is the Debian package that provides it, or ``module`` is the missing Python module.
    """

    def __init__(
        self,
        package: str,
        folder: bool,
        missing: str,
        debian: str,
        module: str,
        tail: Sequence[str],
    ) -> None:
        what = (
            "It is a folder of the source, which has to be built"
            if folder
            else "No wheel of it can be used, so it was built from source"
        )
        fixes = (
            [f"Correct {package}: the last lines say what is wrong."]
            if folder and not missing
            else []
        )
        if debian:
            fixes.append(
                f"Add {debian} to the build image, in stacks/bookworm/build.Dockerfile, and make the builder anew: make builder"
            )
        if module == "distutils":
            fixes.append(_set("BP_PYTHON_VERSION", "3.11") + " That Python still has distutils.")
        elif module == "pkg_resources":
            fixes.append(
                "Give its build an older setuptools: write setuptools<82 into a file, and set PIP_BUILD_CONSTRAINT to the file's name."
            )
        elif module and folder:
            fixes.append(
                f"Name what its build needs in {package}/pyproject.toml: requires = [...] under [build-system]."
            )
        if folder:
            fixes.append(
                f"Build its wheel elsewhere (pip wheel {package}), put that into the source and require it instead of the folder."
            )
        else:
            fixes.append(
                "Ask for a release that has a wheel for this Python, or a package that has one (psycopg2-binary for psycopg2)."
            )
            fixes.append(
                "Build its wheel elsewhere (pip wheel), put it into a folder of the source and name the folder: BP_PIP_FIND_LINKS."
            )
        super().__init__(
            f"{package} could not be built from source",
            f"{what}, and that failed.{' Missing: ' + missing + '.' if missing else ''}",
            *fixes,
            tail=tail,
        )


class ProjectNotBuilt(BuildError):
    """A source whose own setup.py or pyproject.toml fails."""

    def __init__(self, missing: str, tail: Sequence[str]) -> None:
        super().__init__(
            "The project could not be installed",
            f"Its setup.py or pyproject.toml says how, and that failed.{' Missing: ' + missing + '.' if missing else ''}",
            "Correct it: the last lines say what is wrong.",
            "If the directory is not meant to be installed, list its packages in requirements.txt: that is then read instead.",
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
            f"Several directories or modules lie at its top ({', '.join(several)}), and nothing says which of them belong to it."
            if several
            else f"Building it as {manifest} says finds none: {said}."
        )
        nothing = (
            "write packages=[] into the call of setup"
            if manifest == "setup.py"
            else "take the table [build-system] out of it"
        )
        again = ", and make the lock anew: uv lock" if lock == "uv.lock" else ""
        super().__init__(
            "The project has no package that can be installed",
            f"{manifest} makes the directory a project that is to be installed.\n{found}",
            *(
                []
                if poetry
                else [
                    f"If only what {manifest} depends on is needed, {nothing}{again}.\nThe model is served from where it lies."
                ]
            ),
            f"If a package is to be installed, say in {manifest} which one"
            + (
                ': packages=["mine"].'
                if manifest == "setup.py"
                else ', under [tool.NAME] of your build tool: packages = ["mine"].'
            ),
            "List what the model needs in requirements.txt, which is then read instead"
            + (": poetry export --output requirements.txt" if poetry else "."),
        )


class VcsFailed(BuildError):
    """A requirement that git could not fetch; ``requirement`` has no credentials."""

    def __init__(self, requirement: str, reason: str) -> None:
        super().__init__(
            "A requirement from a git repository could not be fetched",
            f"{requirement}\ngit says: {reason}",
            "Check the URL and the branch, tag or commit after @.",
            "If the repository is private, give user and password for its host by a binding of the type netrc (docs/private-indexes.md).",
            "Or write ${TOKEN} and an @ before its host, and give the token with --env TOKEN=...; it stays in the build.",
        )


class InstallFailed(BuildError):
    """A uv failure without a more specific error."""

    def __init__(self, doing: str, tail: Sequence[str]) -> None:
        super().__init__(
            f"{doing} failed",
            "uv's own words stand below.",
            "Correct what they name and build again.",
            tail=tail,
        )


class ManifestMisspelt(BuildError):
    """A misspelt manifest, such as requirments.txt; nothing would be installed from it."""

    def __init__(self, name: str, meant: str) -> None:
        super().__init__(
            f"{name} is not a manifest's name",
            f"Nothing would be installed: packages are read from {meant}, and there is none.",
            f"Rename it: `mv {name} {meant}`.",
            f"If nothing is to be installed, remove {name}, or add an empty {meant}.",
        )


class ManifestUnderOtherName(BuildError):
    """Manifests under names that are not read, without any that is.

    ``names`` lists them, and ``likely`` is the one that the model most likely needs.
    """

    def __init__(self, names: Sequence[str], likely: str) -> None:
        meant = "environment.yml" if likely.endswith((".yml", ".yaml")) else "requirements.txt"
        listed = "".join(f"\n  {name}" for name in names)
        super().__init__(
            f"Nothing says whether {likely} is to be installed",
            f"No manifest has a name that is read by itself, so nothing would be installed. These look like manifests:{listed}",
            _set("BP_REQUIREMENTS", likely)
            + "\nSeveral requirements files are separated by spaces.",
            f"Rename it: `mv {likely} {meant}`.",
            "If the model needs no packages, add an empty requirements.txt.",
        )


class ProjectWithoutBuildFile(BuildError):
    """A ``setup.cfg`` with requirements, but without setup.py and pyproject.toml.

    pip and uv do not install such a directory.
    """

    def __init__(self) -> None:
        super().__init__(
            "setup.cfg alone does not make a project",
            "It lists install_requires, but without setup.py or pyproject.toml no tool installs the directory, so nothing would be installed.",
            "Add a setup.py with these two lines:\nfrom setuptools import setup\nsetup()",
            "List what the model needs in requirements.txt.",
        )


class RequestedFileMissing(BuildError):
    """A file in BP_REQUIREMENTS that is not in the source."""

    def __init__(self, name: str, *, is_outside: bool) -> None:
        why = "is outside the source" if is_outside else "is not a file of the source"
        super().__init__(
            f"BP_REQUIREMENTS={name}: there is no such file",
            f"{name} {why}. The names are relative to the top of the source, and separated by spaces.",
            "Correct the name, or add the file.",
            "Unset BP_REQUIREMENTS to install from requirements.txt or another manifest.",
        )


class RequestedFileUnsuited(BuildError):
    """A file in BP_REQUIREMENTS that is neither a list of requirements nor of conda packages."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"BP_REQUIREMENTS={name}: the file is not a list of packages",
            "BP_REQUIREMENTS names requirements files, a conda environment (.yml, .yaml), or another manifest at the top of the source.",
            "Name a requirements file.",
            f"Unset BP_REQUIREMENTS, and build the directory that holds {name.rpartition('/')[2]} (`pack build --path DIRECTORY`).",
        )


class RequestedFilesMixed(BuildError):
    """Several files in BP_REQUIREMENTS, of which one is not a requirements file."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"BP_REQUIREMENTS names {name} beside other files",
            f"Several requirements files can be installed together; {name} is another kind of manifest, and is installed on its own.",
            f"Name {name} alone.",
            f"Leave {name} out, and name requirements files only.",
        )


class NoLineApplies(BuildError):
    """Requirements whose markers are all false for the chosen Python.

    ``chosen`` is that Python and the origin of the choice. ``fitting`` is a Python for which a
    marker is true, or empty if there is none.
    """

    def __init__(self, name: str, chosen: tuple[str, str], marker: str, fitting: str) -> None:
        python, source = chosen
        super().__init__(
            f"No line of {name} applies to Python {python}",
            f"Every line has an environment marker, and all of them are false, such as `{marker}`: nothing would be installed.\n"
            f"Python {python} comes from {source}.",
            *([_set("BP_PYTHON_VERSION", fitting)] if fitting else []),
            f"Correct the markers, or export {name} again on Python {python}.",
            f"If nothing is to be installed, remove the lines from {name}.",
        )


class PyprojectNotTable(BuildError):
    """A key of ``pyproject.toml`` that has to be a table, and is a value."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"pyproject.toml: `{key}` is not a table",
            f"What belongs to it is written below [{key}], or as {key}.NAME = VALUE.",
            f"Correct `{key}` in pyproject.toml, or remove it.",
        )


class PyprojectUnreadable(BuildError):
    """A ``pyproject.toml`` that is not TOML; ``reason`` is the parser's."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "pyproject.toml cannot be read",
            f"It is asked which Python the project requires, and it is not valid TOML: {reason}.",
            "Correct pyproject.toml.",
            _set("BP_PYTHON_VERSION", "3.12") + "\nThe file is then not asked.",
        )
