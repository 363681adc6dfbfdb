"""Parser for conda's match specs, as far as the build itself needs to understand them.

It tells conda's specs from pip's, and reads the name and the version that a spec requires. The
solver parses each spec again, and in full. Only specs that the solver would misread, or report in
its own terms, are rejected here.

Source: conda, Package match specifications.
"""

import re
from dataclasses import dataclass

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
# A package file, in either format: name, version, build.
FILE = re.compile(r"(?:.*/)?([^/]+)-([^/-]+)-([^/-]+)\.(?:conda|tar\.bz2)")

_BRACKETS = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\s*$")
_PAIR = re.compile(r"\s*(\w+)\s*=\s*(\"[^\"]*\"|'[^']*'|\[[^\]]*\]|[^,]*)\s*(?:,|$)")
_OPERATOR = r"(?:==|!=|~=|<=|>=|=|<|>)"
_ONE = rf"(?:{_OPERATOR}?\s*[\w.*+!-]+|\^[^$]*\$)"
_VERSION = re.compile(rf"\(*{_ONE}\)*(?:[,|]\(*{_ONE}\)*)*")
# `=1.2=py38_0`: a version with a build is that version exactly, unless it is a comparison.
_WITH_BUILD = re.compile(r"(?:={0,2}([^=<>!~,|\s]+)|([^\s]*[^=<>!~,|\s]))=([^=<>!~,|\s]+)")
_OPTION = re.compile(r"-{1,2}[A-Za-z]")


@dataclass(frozen=True, kw_only=True)
class MatchSpec:
    """A parsed match spec; what it does not state is empty."""

    name: str
    # Written as in conda: `=1.2`, `>=1,<2`.
    version: str = ""
    # The build string: `*cuda*`.
    build: str = ""
    # The channel, as in `conda-forge::numpy`.
    channel: str = ""


@dataclass(frozen=True)
class Fault:
    """The reason why a text is not a match spec.

    ``why`` is a clause, ``meant`` the spec that was probably intended, and ``of_pip`` says whether
    pip would accept the text.
    """

    why: str
    meant: str = ""
    of_pip: bool = False


def parse(text: str) -> MatchSpec | Fault:
    """Parse a match spec, or return what is wrong with it."""
    text = re.sub(r"\s#.*", "", text)
    if (
        "://" in text
        and (found := FILE.fullmatch(re.split(r"[#\s]", text, maxsplit=1)[0]))
        and not re.match(r"\S+\s*@\s", text)
    ):
        return MatchSpec(name=found[1].lower(), version=f"=={found[2]}", build=found[3])
    if "{{" in text:
        return Fault("`{{ }}` is a Jinja template, which conda supports only in recipes")
    if fault := _of_pip(text):
        return fault
    rest, pairs = _bracketed(text)
    channel, _, rest = rest.rpartition("::")
    found = NAME.match(rest.strip())
    if not found:
        return Fault("it does not start with a package name")
    if rest.strip()[found.end() :].startswith("*"):
        return Fault("a package name cannot contain `*`")
    version, fields = _version_and_build(rest.strip()[found.end() :])
    if len(fields) > 1:
        return Fault("a spec has only a name, a version and a build")
    version, build = pairs.get("version", version), pairs.get("build", fields[0] if fields else "")
    if version and not _VERSION.fullmatch(version):
        return _bad_version(found[0], version)
    return MatchSpec(
        name=found[0].lower(), version=version, build=build, channel=pairs.get("channel", channel)
    )


def _of_pip(text: str) -> Fault | None:
    """Return the fault if only pip can read the text."""
    name = NAME.match(text)
    plain = name[0] if name else ""
    if _OPTION.match(text):
        return Fault("it is a pip option", of_pip=True)
    if "::" not in text and re.match(
        r"(git|hg|svn|bzr)\+|(https?|file)://|\.{0,2}/|\S+\s*@\s*\S+:", text
    ):
        return Fault("only pip installs from a URL or path", of_pip=True)
    if ";" in text:
        return Fault(
            "the text after `;` is a marker, which only pip supports",
            text.partition(";")[0].strip(),
            of_pip=True,
        )
    if "===" in text:
        return Fault("only pip supports `===`", text.replace("===", "=="), of_pip=True)
    if plain and (extras := re.match(r"\s*\[([\w\s,.-]*)\]", text[len(plain) :])):
        return Fault(
            f"`[{extras[1]}]` is an extra, which only pip supports",
            plain + text[len(plain) + extras.end() :],
            of_pip=True,
        )
    return None


def _bracketed(text: str) -> tuple[str, dict[str, str]]:
    """Split `[version='>=1', build=x]` off, and return the rest and the pairs in the brackets."""
    found = _BRACKETS.search(text)
    if not found:
        return text, {}
    return text[: found.start()], {
        key: value.strip("\"' ") for key, value in _PAIR.findall(found[1])
    }


def _version_and_build(text: str) -> tuple[str, list[str]]:
    """Return the version from the text after the name, and the words that follow it."""
    tight = re.sub(r"\s*([,|])\s*", r"\1", text.strip())
    tight = re.sub(rf"({_OPERATOR})\s+", r"\1", tight)
    if found := _WITH_BUILD.fullmatch(tight):
        return found[2] or ("*" if found[1] == "*" else f"=={found[1]}"), [found[3]]
    version, *fields = tight.split() or [""]
    return version, fields


def _bad_version(name: str, version: str) -> Fault:
    if found := re.fullmatch(r"=([<>])\s*(.*)", version):
        return Fault(
            f"`={found[1]}` is not an operator", f"{name}{found[1]}={found[2].lstrip('= ')}"
        )
    if version[-1] in ",|":
        return Fault(f"nothing follows `{version[-1]}`", f"{name}{version.rstrip(',|')}")
    return Fault(f"`{version}` is not a conda version")
