"""pip's options in a requirements file.

pip reads them with optparse, after splitting them like a shell: values follow a space or `=`, or
directly the letter of a short option, and long options may be abbreviated. Importing optparse would
take a tenth of a rebuild that reuses every layer.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from seldon_buildpack.names import canonical

# The long options that pip 22 to 26 read in a requirements file, by the name that they have here.
# Those with a value are in _WITH_VALUE.
_LONG = {
    "--index-url": "index-url",
    "--pypi-url": "index-url",
    "--extra-index-url": "extra-index-url",
    "--no-index": "no-index",
    "--constraint": "constraint",
    "--requirement": "requirement",
    "--editable": "editable",
    "--find-links": "find-links",
    "--no-binary": "no-binary",
    "--only-binary": "only-binary",
    "--prefer-binary": "prefer-binary",
    "--require-hashes": "require-hashes",
    "--no-require-hashes": "no-require-hashes",
    "--pre": "pre",
    "--all-releases": "all-releases",
    "--only-final": "only-final",
    "--trusted-host": "trusted-host",
    "--use-feature": "use-feature",
    "--hash": "hash",
    "--config-settings": "config-settings",
    "--global-option": "global-option",
    "--install-option": "install-option",
}
_SHORT = {
    "-i": "index-url",
    "-c": "constraint",
    "-r": "requirement",
    "-e": "editable",
    "-f": "find-links",
    "-C": "config-settings",
}
_FLAGS = {"no-index", "prefer-binary", "require-hashes", "no-require-hashes", "pre"}
# Those that pip obeys behind a requirement.
PER_REQUIREMENT = {"hash", "config-settings"}
# Those that pip applies to all packages, wherever they are.
ANYWHERE = {"no-binary", "only-binary", "all-releases", "only-final"}
# Those that configure a build by setup.py, which pip 26 no longer reads.
OF_SETUP_PY = {"global-option", "install-option"}

_QUOTING = re.compile(r"['\"\\]")
_SHELL_SPACE = re.compile(r"[ \t\r\n]+")
# shlex takes a second for a megabyte.
_MOST_QUOTED = 100_000


class HashInvalid(Exception):
    """A hash that pip would refuse, or that no file can have."""


class OptionsInvalid(Exception):
    """Options that pip would refuse. ``option`` is the unknown option, if it is that."""

    def __init__(self, reason: str, option: str = "") -> None:
        super().__init__(reason)
        self.option = option


@dataclass(frozen=True)
class Options:
    """The options of one line, in their order, and the words that belong to none."""

    pairs: tuple[tuple[str, str], ...] = ()
    stray: tuple[str, ...] = ()

    def values(self, *names: str) -> tuple[str, ...]:
        """Return the values of these options."""
        return tuple(value for name, value in self.pairs if name in names)

    def has(self, *names: str) -> bool:
        """Return whether one of these options is there."""
        return any(name in names for name, _ in self.pairs)


@dataclass
class PackageChoice:
    """Two options that name packages and exclude each other, such as --no-binary.

    `:all:` and `:none:` reset the list; a package counts for the last option that names it.
    """

    first: dict[str, None] = field(default_factory=dict)
    second: dict[str, None] = field(default_factory=dict)

    def add(self, value: str, *, to_second: bool) -> None:
        """Apply an option's value, names with commas between them."""
        target, other = (self.second, self.first) if to_second else (self.first, self.second)
        names = value.split(",")
        while ":all:" in names:
            other.clear()
            target.clear()
            target[":all:"] = None
            del names[: names.index(":all:") + 1]
            if ":none:" not in names:
                return
        for name in names:
            if name == ":none:":
                target.clear()
                continue
            other.pop(canonical(name), None)
            target[canonical(name)] = None


def split_requirement(line: str) -> tuple[str, str]:
    """Split a line into the requirement and the options behind it.

    The options start at the first word that starts with a dash, and only spaces separate words.
    """
    if line.startswith("-"):
        return "", line
    at = line.find(" -")
    return (line[:at], line[at + 1 :]) if at >= 0 else (line, "")


def parse_options(text: str) -> Options:
    """Parse the options of a line.

    Raises:
        OptionsInvalid: pip would refuse them.
    """
    words = _split_words(text)
    pairs: list[tuple[str, str]] = []
    stray: list[str] = []
    while words:
        word = words.pop()
        if word == "--":
            stray += reversed(words)
            break
        if not word.startswith("-") or word == "-":
            stray.append(word)
            continue
        option, name, value = _split_option(word)
        if name in _FLAGS and value is not None:
            raise OptionsInvalid(f"{option} takes no value")
        if name not in _FLAGS and value is None:
            if not words:
                raise OptionsInvalid(f"{option} needs a value")
            value = words.pop()
        if name in ANYWHERE and (value or "").startswith("-"):
            raise OptionsInvalid(f"{option} needs a value")
        if name == "config-settings" and "=" not in (value or ""):
            raise OptionsInvalid(f"{option} takes KEY=VALUE")
        pairs.append((name, value or ""))
    return Options(tuple(pairs), tuple(stray))


def merge_hashes(values: tuple[str, ...]) -> Iterator[str]:
    """Yield each hash once.

    Raises:
        HashInvalid: A hash has no algorithm, another than pip takes, or a wrong length.
    """
    digits = {"sha256": 64, "sha384": 96, "sha512": 128}
    for value in dict.fromkeys(values):
        name, colon, digest = value.partition(":")
        if not colon:
            raise HashInvalid(f"--hash={value[:100]} has no algorithm, as in sha256:abc")
        if name not in digits:
            raise HashInvalid(f"{name[:100]} is no algorithm that pip takes: {', '.join(digits)}")
        if not re.fullmatch(r"[0-9a-fA-F]*", digest) or len(digest) != digits[name]:
            raise HashInvalid(f"a {name} has {digits[name]} hexadecimal digits")
        yield f"{name}:{digest.lower()}"


def _split_words(text: str) -> list[str]:
    """Return the words in reverse order, split as a shell does."""
    if not _QUOTING.search(text):
        return [word for word in reversed(_SHELL_SPACE.split(text)) if word]
    if len(text) > _MOST_QUOTED:
        raise OptionsInvalid(f"it has more than {_MOST_QUOTED} characters")
    import shlex

    try:
        return shlex.split(text)[::-1]
    except ValueError as error:
        raise OptionsInvalid("a quote is not closed, or a backslash ends the line") from error


def _split_option(word: str) -> tuple[str, str, str | None]:
    """Return an option as written, its name, and its value if it is in the same word."""
    if not word.startswith("--"):
        option, value = word[:2], word[2:]
        if option not in _SHORT:
            raise OptionsInvalid(f"pip knows no option {option}", option)
        return option, _SHORT[option], value or None
    option, equals, value = word.partition("=")
    return option, _LONG[_unabbreviated(option)], value if equals else None


def _unabbreviated(option: str) -> str:
    if option in _LONG:
        return option
    candidates = [
        name for name, key in _LONG.items() if name.startswith(option) and key not in OF_SETUP_PY
    ]
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise OptionsInvalid(f"{option} may mean {' or '.join(candidates)}")
    raise OptionsInvalid(f"pip knows no option {option[:100]}", option[:100])
