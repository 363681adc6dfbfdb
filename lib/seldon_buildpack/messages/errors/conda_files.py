"""Errors about environment.yml and conda's lock files."""

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.settings import _set


class YamlInvalid(BuildError):
    """A line that is not YAML.

    ``why`` is a clause; ``fix`` is a sentence, or empty if the fix is not certain.
    """

    def __init__(self, name: str, number: int, written: str, why: str, fix: str) -> None:
        super().__init__(
            f"Line {number} of `{name}` is not valid YAML",
            _below(written, f"{why[:1].upper()}{why[1:]}."),
            *([fix] if fix else []),
            *(
                []
                if fix
                else [
                    "Correct the line, or the one before it: a colon or hyphen needs a space after it, and the entries of a list must start in the same column."
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
            f"`{name}` contains more than one document",
            f"Another one starts with the `---` in line {number}, and conda reads only one.",
            "Keep the one that you need, and remove the other.",
        )


class DuplicateKey(BuildError):
    """A duplicate key, of which YAML would silently ignore one."""

    def __init__(self, name: str, number: int, key: str, earlier: int) -> None:
        super().__init__(
            f"Line {number} of `{name}` repeats `{key}:`",
            f"It is already in line {earlier}, and only one of the two would be used.",
            "Merge the two.",
        )


class EnvironmentEmpty(BuildError):
    """A file without anything but comments."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"`{name}` is empty",
            "It should list the packages that the model needs.",
            "List them: dependencies: [python=3.10, scikit-learn=1.2]",
            f"If you want to install nothing, remove {name}.",
        )


class EnvironmentNotMapping(BuildError):
    """A file that is a list or a text instead of a mapping; ``listed`` is set for a list."""

    def __init__(self, name: str, number: int, listed: bool) -> None:
        super().__init__(
            f"`{name}` is not a conda environment",
            f"From line {number} on it is a {'list' if listed else 'text'}, but it should have the keys name, channels and dependencies.",
            "Write `dependencies:` above the list, and indent the list below it."
            if listed
            else "Write it in the format of `conda env export`.",
            f"If it is a list for pip, rename it: `mv {name} requirements.txt`.",
        )


class EnvironmentKeyUnknown(BuildError):
    """A key that conda does not know and would ignore.

    ``near`` is the key that was probably meant.
    """

    def __init__(self, name: str, number: int, key: str, near: str) -> None:
        super().__init__(
            f"Line {number} of `{name}` has an unknown key: `{key}`",
            "Conda reads name, channels, dependencies, variables and prefix, and ignores everything below other keys.",
            *([f"If you mean {near}, write `{near}:`"] if near else []),
            f"If it is not for conda, remove {key}.",
        )


class PipMisplaced(BuildError):
    """A section `pip:` next to the dependencies instead of among them."""

    def __init__(self, name: str, number: int) -> None:
        super().__init__(
            f"Line {number} of `{name}` has `pip:` next to `dependencies:`",
            "The pip section must be an entry of the dependencies. Conda ignores it elsewhere.",
            "Make it the last entry of the list:\ndependencies:\n  - pip:\n      - seldon-core",
        )


class PipTwice(BuildError):
    """Two pip sections, of which conda would use the last."""

    def __init__(self, name: str, number: int, earlier: int) -> None:
        super().__init__(
            f"Line {number} of `{name}` repeats `- pip:`",
            f"It is already in line {earlier}, and conda would use only the last one.",
            "Merge the two lists.",
        )


class EnvironmentNotList(BuildError):
    """A key whose value must be a list; ``written`` is the value if it is a text."""

    def __init__(self, name: str, number: int, key: str, written: str) -> None:
        dash = written.startswith("-") and not written.startswith("- ")
        fix = (
            f"Put a space after each hyphen: - {written.split()[0].lstrip('-')}"
            if dash
            else f"Write each entry on its own line, with `- ` before it: - {written or 'numpy=1.26'}"
        )
        super().__init__(
            f"Line {number} of `{name}`: `{key}:` is not a list",
            f"The lines below {key} must be entries, each with `- ` before it.",
            fix,
        )


class EnvironmentNotText(BuildError):
    """An entry or value that must be a text, and is a list, a mapping or empty.

    ``meant`` is the entry that was probably meant.
    """

    def __init__(self, name: str, number: int, what: str, meant: str = "") -> None:
        super().__init__(
            f"Line {number} of `{name}`: {what} is not a string",
            "A single name or value is required there.",
            f"Write {meant}" if meant else "Write it as one string, or remove the line.",
        )


class DependencyOfConda(BuildError):
    """A dependency that is a number or a mapping.

    ``written`` is the entry in the file; ``meant`` is the spec that was probably meant, or empty.
    """

    def __init__(self, name: str, number: int, written: str, meant: str) -> None:
        super().__init__(
            f"Line {number} of `{name}` is not a dependency",
            _below(
                written,
                "A dependency is a package's name, optionally with a version: numpy=1.26. Only `pip:` has a list below it.",
            ),
            f"Write - {meant}" if meant else "Write it in that form, or remove the line.",
        )


class SelectorNotCondas(BuildError):
    """A selector such as `sel(linux): x`, which only conda-devenv reads."""

    def __init__(self, name: str, number: int, selector: str) -> None:
        super().__init__(
            f"Line {number} of `{name}` has a selector: `{selector}`",
            "Conda does not support selectors in this file. Only conda-devenv reads them, and generates a file for conda.",
            "If the dependency is for Linux, remove the selector. Otherwise remove the line.",
            "Generate the file on Linux: `conda devenv --print > environment.yml`.",
        )


class SpecInvalid(BuildError):
    """A dependency that is not a valid conda spec.

    ``why`` is a clause; ``meant`` is the spec that was probably meant, or empty.
    """

    def __init__(self, name: str, number: int, written: str, why: str, meant: str) -> None:
        super().__init__(
            f"Line {number} of `{name}` is not a valid conda dependency",
            f"{written}\nIt cannot be parsed: {why}.",
            *([f"If that is what you mean, write - {meant}"] if meant else []),
            "Write it in conda's format: numpy, numpy=1.26, numpy>=1.24,<2, numpy=1.26.4=py312h1234567_0, conda-forge::numpy.",
        )


class SpecOfPip(BuildError):
    """A pip requirement among conda's dependencies.

    ``why`` is a clause; ``meant`` is the spec that was probably meant, or empty.
    """

    def __init__(self, name: str, number: int, written: str, why: str, meant: str) -> None:
        super().__init__(
            f"Line {number} of `{name}` is for pip, not for conda",
            f"{written}\nConda cannot parse it: {why}.",
            f"Move it to the pip section:\n- pip:\n    - {written}",
            *([f"If conda's package is sufficient, write - {meant}"] if meant else []),
        )


class VariablesNotMapping(BuildError):
    """A list of variables instead of a mapping; ``meant`` is its first entry, corrected."""

    def __init__(self, name: str, number: int, meant: str) -> None:
        super().__init__(
            f"Line {number} of `{name}`: `variables:` is not a mapping",
            "Each line below variables must have a name, a colon and a value.",
            f"Write {meant or 'NAME: value'}",
        )


class VariableMisnamed(BuildError):
    """A key below ``variables:`` that no program can read as a variable.

    Text that may be a secret is not quoted.
    """

    def __init__(self, name: str, number: int) -> None:
        super().__init__(
            f"Line {number} of `{name}`: the text before the colon is not a variable name",
            "Names consist of letters, digits and underscores, without spaces.",
            f"Write line {number} as NAME: value.",
        )


class CudaInvalid(BuildError):
    """An invalid CUDA version; ``source`` says where it was set."""

    def __init__(self, name: str, value: str, source: str) -> None:
        super().__init__(
            f"`{name}={value}` is not a CUDA version",
            f"It comes from {source}. The build uses it to choose packages for a GPU.",
            _set(name, "12.4") + " `nvidia-smi` shows the newest version that the driver supports.",
        )


class CondaPythonUnsupported(BuildError):
    """An environment whose Python no wrapper supports; ``number`` is 0 if it is from a lock."""

    def __init__(self, name: str, number: int, version: str) -> None:
        where = f"Line {number} of {name}" if number else name
        super().__init__(
            f"Python {version.lstrip('=')} is not supported",
            f"{where} requires it. seldon-core 1.17.1, the newest wrapper under the Apache licence, runs on Python 3.7 to 3.13, and 1.14.1 on 3.6.",
            f"Require one of these in {name}, such as python=3.12"
            if number
            else f"Lock again with one of these, such as python=3.12, and replace {name}.",
        )


class EnvironmentNameInvalid(BuildError):
    """A CONDA_ENV_NAME that can't be used as a folder name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"`CONDA_ENV_NAME={name}` is not a valid environment name",
            "It is the name of a folder in the image, so it can have only letters, digits, _, -, . and +.",
            _set("CONDA_ENV_NAME", "microservice"),
        )
