"""Errors about environment.yml and conda's lock files."""

from collections.abc import Sequence

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.settings import _set


class YamlInvalid(BuildError):
    """A line that is not YAML.

    ``why`` is a clause; ``fix`` is a sentence, or empty if the fix is not certain.
    """

    def __init__(self, name: str, number: int, written: str, why: str, fix: str) -> None:
        super().__init__(
            f"Line {number} of {name} is not YAML",
            _below(written, f"{why[:1].upper()}{why[1:]}."),
            *([fix] if fix else []),
            *(
                []
                if fix
                else [
                    "Correct the line, or the one before it: a colon and a hyphen want a space behind them, and entries of a list stand in one column."
                ]
            ),
        )


def _below(written: str, cause: str) -> str:
    """Place a cause below the line that it is about."""
    return f"{written.strip()}\n{cause}" if written.strip() else cause


class YamlSeveral(BuildError):
    """A file with a second YAML document."""

    def __init__(self, name: str, number: int) -> None:
        super().__init__(
            f"{name} holds more than one document",
            f"Another one starts with the `---` of line {number}, and conda reads only one.",
            "Keep the one that is meant, and remove the other.",
        )


class DuplicateKey(BuildError):
    """A duplicate key, of which YAML would silently ignore one."""

    def __init__(self, name: str, number: int, key: str, earlier: int) -> None:
        super().__init__(
            f"Line {number} of {name} says `{key}:` again",
            f"It stands in line {earlier} already, and only one of the two would count.",
            "Write both as one.",
        )


class EnvironmentEmpty(BuildError):
    """A file without anything but comments."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is empty",
            "It would say which packages the model needs.",
            "List them: dependencies: [python=3.10, scikit-learn=1.2]",
            f"If nothing is to be installed, remove {name}.",
        )


class EnvironmentNotMapping(BuildError):
    """A file that is a list or a text instead of a mapping; ``listed`` is set for a list."""

    def __init__(self, name: str, number: int, listed: bool) -> None:
        super().__init__(
            f"{name} is not an environment of conda's",
            f"From line {number} on it is a {'list' if listed else 'text'}, where keys were expected: name, channels, dependencies.",
            "Write `dependencies:` above the list, and indent the list below it."
            if listed
            else "Write it as `conda env export` does.",
            f"If it is a list for pip, rename it: `mv {name} requirements.txt`.",
        )


class EnvironmentKeyUnknown(BuildError):
    """A key that conda does not know and would ignore.

    ``near`` is the key that was probably meant.
    """

    def __init__(self, name: str, number: int, key: str, near: str) -> None:
        super().__init__(
            f"Line {number} of {name} has an unknown key: {key}",
            "Conda knows name, channels, dependencies, variables and prefix, and would pass over what stands below another one.",
            *([f"If {near} is meant, write `{near}:`"] if near else []),
            f"If it is not for conda, take {key} out.",
        )


class PipMisplaced(BuildError):
    """A section `pip:` next to the dependencies instead of among them."""

    def __init__(self, name: str, number: int) -> None:
        super().__init__(
            f"Line {number} of {name} has `pip:` beside `dependencies:`",
            "The section for pip is an entry of the dependencies. Beside them conda passes over it.",
            "Make it the last entry of the list:\ndependencies:\n  - pip:\n      - seldon-core",
        )


class PipTwice(BuildError):
    """Two pip sections, of which conda would use the last."""

    def __init__(self, name: str, number: int, earlier: int) -> None:
        super().__init__(
            f"Line {number} of {name} has `- pip:` again",
            f"It stands in line {earlier} already, and conda would take the last one alone.",
            "Write both lists as one.",
        )


class EnvironmentNotList(BuildError):
    """A key whose value must be a list; ``written`` is the value if it is a text."""

    def __init__(self, name: str, number: int, key: str, written: str) -> None:
        dash = written.startswith("-") and not written.startswith("- ")
        fix = (
            f"Put a space behind each hyphen: - {written.split()[0].lstrip('-')}"
            if dash
            else f"Write each entry on a line of its own, with `- ` before it: - {written or 'numpy=1.26'}"
        )
        super().__init__(
            f"Line {number} of {name}: `{key}:` is not a list",
            f"Below {key}, entries were expected, each with `- ` before it.",
            fix,
        )


class EnvironmentNotText(BuildError):
    """An entry or value that must be a text, and is a list, a mapping or empty.

    ``meant`` is the entry that was probably meant.
    """

    def __init__(self, name: str, number: int, what: str, meant: str = "") -> None:
        super().__init__(
            f"Line {number} of {name}: {what} is not a text",
            "There a name or a value was expected, in one piece.",
            f"Write {meant}" if meant else "Write it as one text, or remove the line.",
        )


class DependencyOfConda(BuildError):
    """A dependency that is a number or a mapping.

    ``written`` is the entry in the file; ``meant`` is the spec that was probably meant, or empty.
    """

    def __init__(self, name: str, number: int, written: str, meant: str) -> None:
        super().__init__(
            f"Line {number} of {name} is not a dependency",
            _below(
                written,
                "A dependency is a package's name, and perhaps a version: numpy=1.26. Only `pip:` has a list below it.",
            ),
            f"Write - {meant}" if meant else "Write it so, or remove the line.",
        )


class SelectorNotCondas(BuildError):
    """A selector such as `sel(linux): x`, which only conda-devenv reads."""

    def __init__(self, name: str, number: int, selector: str) -> None:
        super().__init__(
            f"Line {number} of {name} has a selector: {selector}",
            "Conda has none in this file. Only conda-devenv reads it, and writes a file for conda from it.",
            "Write the dependency without the selector, where it is for Linux; else remove the line.",
            "Have the file made for Linux: `conda devenv --print > environment.yml`.",
        )


class SpecInvalid(BuildError):
    """A dependency that is not a valid conda spec.

    ``why`` is a clause; ``meant`` is the spec that was probably meant, or empty.
    """

    def __init__(self, name: str, number: int, written: str, why: str, meant: str) -> None:
        super().__init__(
            f"Line {number} of {name} is not a dependency that conda reads",
            f"{written}\nThat cannot be read: {why}.",
            *([f"If it is meant so, write - {meant}"] if meant else []),
            "Write it as conda takes it: numpy, numpy=1.26, numpy>=1.24,<2, numpy=1.26.4=py312h1234567_0, conda-forge::numpy.",
        )


class SpecOfPip(BuildError):
    """A pip requirement among conda's dependencies.

    ``why`` is a clause; ``meant`` is the spec that was probably meant, or empty.
    """

    def __init__(self, name: str, number: int, written: str, why: str, meant: str) -> None:
        super().__init__(
            f"Line {number} of {name} is for pip, not for conda",
            f"{written}\nConda cannot read it: {why}.",
            f"Move it into the section for pip:\n- pip:\n    - {written}",
            *([f"If conda's package will do, write - {meant}"] if meant else []),
        )


class VariablesNotMapping(BuildError):
    """A list of variables instead of a mapping; ``meant`` is its first entry, corrected."""

    def __init__(self, name: str, number: int, meant: str) -> None:
        super().__init__(
            f"Line {number} of {name}: `variables:` is not a table",
            "Below variables, a name, a colon and a value were expected on each line.",
            f"Write {meant or 'NAME: value'}",
        )


class VariableMisnamed(BuildError):
    """A key below ``variables:`` that no program can read as a variable.

    Text that may be a secret is not quoted.
    """

    def __init__(self, name: str, number: int) -> None:
        super().__init__(
            f"Line {number} of {name}: what stands before the colon is not the name of a variable",
            "A name is made of letters, digits and underscores, without spaces.",
            f"Write line {number} as NAME: value.",
        )


class CudaInvalid(BuildError):
    """An invalid CUDA version; ``source`` says where it was set."""

    def __init__(self, name: str, value: str, source: str) -> None:
        super().__init__(
            f"{name}={value} is not a version of CUDA",
            f"It comes from {source}. Packages for a GPU are chosen by it.",
            _set(name, "12.4") + " `nvidia-smi` shows the newest that the driver can do.",
        )


class CondaPythonUnsupported(BuildError):
    """An environment whose Python no wrapper supports; ``number`` is 0 if it is from a lock."""

    def __init__(self, name: str, number: int, version: str) -> None:
        where = f"Line {number} of {name}" if number else name
        super().__init__(
            f"Python {version.lstrip('=')} is not supported",
            f"{where} asks for it. The newest wrapper under the Apache licence, seldon-core 1.17.1, runs on Python 3.7 to 3.13, and 1.14.1 on 3.6.",
            f"Ask for one of these in {name}: python=3.12"
            if number
            else f"Lock again, with one of these: python=3.12, and add {name} anew.",
        )


class LockLacksPlatform(BuildError):
    """A conda lock without packages for this platform.

    ``found`` are the platforms it has; ``renew`` is a command.
    """

    def __init__(self, name: str, found: Sequence[str], renew: str) -> None:
        super().__init__(
            f"{name} is not for linux-64",
            f"The image runs on linux-64, and the lock is for {', '.join(found) or 'no platform'}.",
            f"Lock for it too: {renew}",
        )


class CondaLockWithoutPython(BuildError):
    """A conda lock without Python; nothing is installed that is not in the lock."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} has no Python",
            "The model is served by the environment's own Python, and what a lock does not name is not installed.",
            f"Add python to what is locked, for example python=3.12, and make {name} anew.",
        )


class CondaLockForOtherPython(BuildError):
    """A conda lock with a different Python than was requested.

    ``version`` is the lock's Python; ``python`` is the one requested by ``source``.
    """

    def __init__(self, name: str, version: str, python: str, source: str) -> None:
        super().__init__(
            f"{name} is not for Python {python}",
            f"Its Python is {version}, and Python {python} was chosen: {source}.",
            f"Leave {source} out: the lock says which Python is installed.",
            f"Lock with python={python}, and add {name} anew.",
        )


class ExplicitLineInvalid(BuildError):
    """A line after @EXPLICIT that is not a package URL."""

    def __init__(self, name: str, number: int, written: str) -> None:
        super().__init__(
            f"Line {number} of {name} is not the URL of a package",
            f"{written}\nBehind @EXPLICIT each line is the address of one .conda or .tar.bz2, perhaps with `#` and its hash.",
            f"Write the file anew, on Linux: `conda list --explicit --sha256 > {name}`.",
            f"If it is a list of names, write them into environment.yml, and remove {name}.",
        )


class EnvironmentNameInvalid(BuildError):
    """A CONDA_ENV_NAME that can't be used as a folder name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"CONDA_ENV_NAME={name} is not a name for an environment",
            "It names a folder of the image, so it has letters, digits, _, -, . and + only.",
            _set("CONDA_ENV_NAME", "microservice"),
        )
