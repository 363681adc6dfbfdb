"""What does one line of a requirements file say by itself?"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack import user_files
from seldon_buildpack.manifests.requirement_parts import (
    Requirement,
    scheme_of,
)
from seldon_buildpack.manifests.requirements_options import (
    HashInvalid,
    Options,
    OptionsInvalid,
    merge_hashes,
    parse_options,
)
from seldon_buildpack.manifests.s2i_paths import resolve_s2i_path
from seldon_buildpack.masking import without_credentials, without_queries
from seldon_buildpack.messages.errors.requirement_lines import (
    HashMalformed,
    LinePlace,
    OptionUnknown,
)

_MARKER_BEHIND = re.compile(r"\s;")


@dataclass(frozen=True, kw_only=True)
class FileLine:
    """A logical line of a file. Variables are not expanded."""

    path: Path
    # The file's name relative to the source, for messages.
    name: str
    number: int
    text: str
    constraint: bool

    @property
    def place(self) -> LinePlace:
        """The line as messages quote it, without credentials."""
        return LinePlace(self.name, self.number, without_queries(without_credentials(self.text)))


def parse_line_options(line: FileLine, text: str) -> Options:
    """Parse the options of a line.

    Raises:
        OptionUnknown: pip does not know an option, or it lacks its value.
    """
    try:
        return parse_options(text) if text else Options()
    except OptionsInvalid as error:
        raise OptionUnknown(line.place, str(error), line.place.quote_part(error.option)) from error


def hashes_of(line: FileLine, options: Options) -> tuple[str, ...]:
    """Return the hashes of a requirement.

    Raises:
        HashMalformed: A value of --hash is not a hash.
    """
    try:
        return tuple(merge_hashes(options.values("hash")))
    except HashInvalid as error:
        raise HashMalformed(line.place, str(error)) from error


def split_editable_marker(text: str) -> tuple[str, str]:
    """Split off a marker behind -e, which a shell's rules would rob of its quotes.

    pip ignores it; uv does not, and neither do we.
    """
    found = _MARKER_BEHIND.search(text) if text.startswith(("-e", "--e")) else None
    if not found:
        return text, ""
    before, behind = text[: found.start()], text[found.end() :]
    if before.count("'") % 2 or before.count('"') % 2:
        return text, ""
    return before, behind.strip()


def link_of(app: Path, file: Path, text: str) -> str:
    """Return a value of --find-links, with an existing folder as an absolute path.

    A relative folder is resolved against the directory of the file that names it first, then
    against the working directory (pip: --find-links).
    """
    text = resolve_s2i_path(app, text)
    if "://" in text or scheme_of(text) == "file":
        return text
    places = (Path(os.path.normpath(base / text)) for base in (file.parent, app))
    return next((str(place) for place in places if user_files.exists(place)), text)


def quote_words(line: FileLine, options: Options) -> str:
    """Return the words behind an option's value, as messages quote them."""
    words = without_queries(without_credentials(" ".join(options.stray)))
    return line.place.quote_part(words)


def git_name(line: Requirement) -> str:
    """Return the name of a requirement for messages, or its URL without credentials."""
    return line.name + line.extras or without_queries(without_credentials(line.url))
