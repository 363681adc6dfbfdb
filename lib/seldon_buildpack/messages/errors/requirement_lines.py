"""Errors about single lines of a requirements file, each with its number."""

from collections.abc import Sequence
from dataclasses import dataclass

from seldon_buildpack.messages.errors.base import BuildError

_LONGEST = 200
_MOST_LINES = 5


@dataclass(frozen=True)
class LinePlace:
    """A line of a manifest, to quote in a message. ``text`` must not contain credentials."""

    file: str
    number: int
    text: str

    def quote(self) -> str:
        """Return the text on one line, cut if it is long."""
        return self.quote_part(self.text)

    def quote_part(self, text: str) -> str:
        """Return a part of the text on one line, cut if it is long."""
        cut = "".join(
            letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text[:_LONGEST]
        )
        return cut if len(text) <= _LONGEST else f"{cut}..."


class LineInvalid(BuildError):
    """A line that cannot be installed; the subclasses say why."""

    def __init__(
        self, place: LinePlace, cause: str, *fixes: str, problem: str = "is not a requirement"
    ) -> None:
        super().__init__(
            f"Line {place.number} of {place.file} {problem}", f"{place.quote()}\n{cause}", *fixes
        )


class YamlLine(LineInvalid):
    """A line of YAML, such as the dependencies of a conda environment."""

    def __init__(self, place: LinePlace, meant: str) -> None:
        super().__init__(
            place,
            "This is YAML, as in a conda environment. pip ignores such a line or refuses it.",
            *([f"Write the requirement alone: {meant}"] if meant else []),
            "If the file is a conda environment, rename it to environment.yml.",
        )


class ConflictMarker(LineInvalid):
    """A marker that git left at a conflict."""

    def __init__(self, place: LinePlace) -> None:
        super().__init__(
            place,
            "git wrote this line when it could not merge two versions of the file.",
            f"Choose between the versions, and remove the lines <<<<<<<, ======= and >>>>>>> from {place.file}.",
        )


class OptionUnknown(LineInvalid):
    """An option that pip does not read in a requirements file, or one with a wrong value."""

    def __init__(self, place: LinePlace, reason: str, option: str = "", meant: str = "") -> None:
        super().__init__(
            place,
            f"{reason[:1].upper()}{reason[1:]}.",
            *([f"Write {meant} instead of {option}."] if meant else []),
            *(
                [f"Remove {option}: pip refuses it in a requirements file."]
                if option
                else ["Correct the option as pip documents it."]
            ),
            problem="has an option that cannot be read",
        )


class HashMalformed(LineInvalid):
    """A hash that no file can have; ``reason`` is a clause."""

    def __init__(self, place: LinePlace, reason: str) -> None:
        super().__init__(
            place,
            f"{reason[:1].upper()}{reason[1:]}.",
            "Generate the hashes again: pip-compile --generate-hashes, or pip hash FILE.",
            problem="has a hash that cannot be right",
        )


class SetupOption(LineInvalid):
    """An option for ``setup.py``, which only old releases of pip pass on."""

    def __init__(self, place: LinePlace, option: str) -> None:
        super().__init__(
            place,
            f"{option} is for a build by setup.py itself, which neither uv nor current releases of pip run.",
            f"Remove {option}: a wheel needs no build.",
            "If the package has to be built with it, build its wheel elsewhere, put the wheel into the source and require its path.",
            problem=f"uses {option}",
        )


class FrozenPath(LineInvalid):
    """A path of the machine where ``pip freeze`` ran; ``places`` are all lines that have one."""

    def __init__(self, places: Sequence[LinePlace], *, conda: bool) -> None:
        place, *more = places
        cause = (
            "`pip freeze` writes this in a conda environment: the path is where conda built the package."
            if conda
            else "`pip freeze` writes this for a package that was installed from a folder or file of that machine."
        )
        lines = [f"Line {each.number}: {each.quote()}" for each in more[:_MOST_LINES]]
        if len(more) > _MOST_LINES:
            lines.append(f"... and {len(more) - _MOST_LINES} more")
        super().__init__(
            place,
            "\n".join((cause, *(["Other lines of this kind:"] if lines else []), *lines)),
            *(
                [
                    f"Write the file again, in that conda environment: pip list --format=freeze > {place.file}"
                ]
                if conda
                else [
                    "Copy the folder or file into the source, and write its path: ./NAME",
                ]
            ),
            "Replace each such line by NAME==VERSION.",
            problem="names a path of another machine",
        )


class DebianPackage(LineInvalid):
    """``pkg-resources==0.0.0``, which Debian's and Ubuntu's pip writes."""

    def __init__(self, place: LinePlace) -> None:
        super().__init__(
            place,
            "`pip freeze` on Debian and Ubuntu writes this line. No index has pkg-resources 0.0.0: it is a part of setuptools.",
            f"Remove line {place.number} from {place.file}.",
            problem="cannot be installed",
        )


class PythonRequired(LineInvalid):
    """Python itself as a requirement; ``version`` is the version it names, if any."""

    def __init__(self, place: LinePlace, version: str) -> None:
        super().__init__(
            place,
            "pip cannot install Python: it is not a package of an index.",
            f"Remove the line, and choose the Python version with BP_PYTHON_VERSION={version or '3.12'}, or write it into a file .python-version.",
            problem="requires Python itself",
        )


class VcsUnsupported(LineInvalid):
    """A version control system other than git."""

    def __init__(self, place: LinePlace, program: str) -> None:
        super().__init__(
            place,
            f"The package is in a repository of {program}. Only git repositories can be installed from.",
            "Build its wheel elsewhere (pip wheel), put the wheel into the source and require its path.",
            problem=f"needs {program}",
        )


class GitAddressInvalid(LineInvalid):
    """An address of a git repository that pip does not read as such; ``meant`` is its URL."""

    def __init__(self, place: LinePlace, meant: str) -> None:
        super().__init__(
            place,
            "This is an address of a git repository, but not in the form that pip reads.",
            f"Write {meant}",
        )


class FileTooLong(BuildError):
    """A requirements file far longer than any that can be installed; ``reason`` is a clause."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"{name} is too long",
            f"It cannot be a list of requirements: {reason}.",
            f"Check that {name} is the file you mean, and remove what is not a requirement.",
        )


class WheelForOtherSystem(LineInvalid):
    """A wheel for Windows or macOS; ``system`` is its name."""

    def __init__(self, place: LinePlace, system: str) -> None:
        super().__init__(
            place,
            f"The wheel is for {system}. The image runs on Linux.",
            "Name the wheel for Linux instead.",
            "If an index has the package, require NAME==VERSION. The wheel for Linux is then chosen.",
            f"If the line is for {system} only, add a marker after it: ; sys_platform == '{'win32' if system == 'Windows' else 'darwin'}'",
            problem=f"is a wheel for {system}",
        )


class ConstraintInvalid(LineInvalid):
    """A line that is not allowed in a constraints file; ``reason`` is a clause."""

    def __init__(self, place: LinePlace, reason: str) -> None:
        super().__init__(
            place,
            f"{reason}. A constraint only limits the versions of a package, by its name.",
            f"Remove the line from {place.file}, and write it into the requirements if the package is to be installed.",
            problem="is not a constraint",
        )


class IncludeUnusable(LineInvalid):
    """A file after -r or -c that cannot be opened; ``reason`` is a clause."""

    def __init__(self, place: LinePlace, reason: str) -> None:
        super().__init__(
            place,
            f"The file cannot be included: {reason}.",
            f"Correct the name after -r or -c, or remove line {place.number} from {place.file}.",
            problem="includes a file that cannot be read",
        )


class LineTooLong(LineInvalid):
    """A line far longer than any requirement."""

    def __init__(self, place: LinePlace, most: int) -> None:
        super().__init__(
            place,
            f"It has {len(place.text)} characters; a requirement may have {most}.",
            "Remove it: no requirement needs that much.",
            problem="is too long",
        )


class LineRefusedByUv(LineInvalid):
    """A line that pip's rules allow and uv cannot read; ``reason`` is uv's."""

    def __init__(self, place: LinePlace, reason: str) -> None:
        super().__init__(
            place,
            f"uv cannot read it: {reason}.",
            "Write it as NAME==VERSION, NAME @ URL or a path.",
            problem="cannot be installed by uv",
        )
