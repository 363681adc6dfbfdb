"""Errors about files of the source that can't be read, decoded or removed."""

from collections.abc import Sequence
from pathlib import Path

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.settings import _set
from seldon_buildpack.messages.name_lists import MOST_NAMES

# Why an existing file of the source is not read, as clauses.
IS_OUTSIDE = "it is a link to something outside the source"
IS_NO_FILE = "it is not a regular file"
IS_TOO_LARGE = "it is too large for a file of this kind"


def unreadable(path: Path, error: OSError) -> str:
    """Return why an existing file can't be opened: a broken link, or the system's reason."""
    if isinstance(error, FileNotFoundError) and path.is_symlink():
        return f"it is a link to {path.readlink()}, which does not exist during the build"
    return error.strerror or str(error)


class UnreadableManifest(BuildError):
    """A manifest that exists, but can't be opened."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"`{name}` cannot be read",
            f"Opening it failed: {reason}.",
            f"Make it a regular file inside the source that everyone can read: `chmod a+r {name}`.",
        )


class GitLfsPointers(BuildError):
    """Files that are needed, but that are pointers of Git LFS."""

    def __init__(self, names: Sequence[str]) -> None:
        first = names[0]
        listed = "".join(f"\n  {name}" for name in names[:MOST_NAMES])
        left_out = f"\n  and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        super().__init__(
            f"`{first}` is a Git LFS pointer, not the file itself"
            if len(names) == 1
            else f"{len(names)} files are Git LFS pointers, not the files themselves",
            "The source was checked out without Git LFS: each of these is a few lines of text that name the real file."
            f"{listed}{left_out}",
            "With pack: run `git lfs install && git lfs pull` in the directory, and build again.",
            "With Tekton: run `git lfs install && git lfs pull` after the clone, in an image that has git-lfs (docs/platforms.md).",
            "With kpack: its git source does not fetch LFS files. Use a source image or an archive (`registry`, `blob`) that contains them (docs/platforms.md).",
            "If the model does not need the content, add the file to .s2iignore.",
        )


class DirectoryClosed(BuildError):
    """A directory of the source that can't be listed."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The directory `{name}` cannot be read",
            "The build needs the files in it, and listing them failed: Permission denied.",
            f"Make it readable for everyone: `chmod a+rx {name}`.",
        )


class ManifestNotText(BuildError):
    """A manifest that is not UTF-8."""

    def __init__(self, name: str, line: int, utf16: bool = False) -> None:
        cause = (
            "It is UTF-16, which Windows PowerShell writes with `>`."
            if utf16
            else f"Line {line} contains bytes that are not UTF-8."
        )
        super().__init__(
            f"`{name}` is not UTF-8 text",
            cause,
            f"Save {name} as UTF-8.",
            *([f"Regenerate it in PowerShell: {_written_by(name)}."] if utf16 else []),
        )


def _written_by(name: str) -> str:
    """Return the command that writes a manifest of this name as UTF-8."""
    return (
        f"`conda env export -f {name}`"
        if name.endswith((".yml", ".yaml"))
        else f"`pip freeze | Out-File -Encoding utf8 {name}`"
    )


class IgnoredNotRemoved(BuildError):
    """A file in ``.s2iignore`` that can't be removed; ``reason`` is the operating system's."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"`{name}` cannot be excluded",
            f"It is listed in .s2iignore, and removing it from the build's copy of the source failed: {reason}.",
            f"Let the owner write to the directory that contains it, and to {name} if it is a directory: `chmod u+w DIRECTORY`.",
            "Remove it from .s2iignore.",
        )


class PrivateNotRemoved(BuildError):
    """A file that usually holds passwords, and can't be kept out of the image.

    ``reason`` is the operating system's.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"`{name}` cannot be kept out of the image",
            f"It may contain credentials, and removing it from the build's copy of the source failed: {reason}.",
            "Let the owner write to the directory that contains it: `chmod u+w DIRECTORY`.",
            f"Exclude it from the build: add the line {name} to .s2iignore.",
            f"If it contains no secrets and the model needs it, set BP_KEEP_FILES={name}.",
        )


class BeforeRunCarriageReturn(BuildError):
    """A ``before-run`` whose first line ends in CR LF.

    The kernel reads the CR as part of the program's name or of its argument.
    """

    def __init__(self, line: str) -> None:
        super().__init__(
            "`before-run` cannot be started: its lines end in CR LF",
            f"It is executable, so it runs before the model. Its first line is `{line}` and an invisible CR, which Linux reads as part of the\n"
            "program's name or option. The program does not start, and the container exits.",
            "Convert its line endings to LF: `sed -i 's/\\r$//' before-run`. For git, add `before-run text eol=lf` to .gitattributes.",
            "If it should not run, remove its execute permission: `chmod -x before-run`.",
        )


class SourceSyntaxError(BuildError):
    """A Python file with a syntax error.

    ``line`` and ``column`` count from 1; ``text`` is the line.
    """

    def __init__(self, file: str, line: int, text: str, column: int, message: str) -> None:
        shown = text.lstrip()
        caret = " " * max(0, min(column - 1 - (len(text) - len(shown)), len(shown))) + "^"
        newer = "only supported in Python" in message
        super().__init__(
            f"Syntax error in `{file}`, line {line}",
            f"{message[:1].upper()}{message[1:]}:\n    {shown}\n    {caret}",
            f"Correct line {line} of {file}.",
            *(
                [
                    _set("BP_PYTHON_VERSION", "3.12")
                    + "\nThe Python that the build chose is older than the syntax."
                ]
                if newer
                else []
            ),
        )


class SourceNotDecodable(BuildError):
    """A Python file that is not in its declared encoding, by default UTF-8 (PEP 263)."""

    def __init__(self, file: str, line: int, offset: int, byte: int, encoding: str) -> None:
        super().__init__(
            f"`{file}` is not {encoding}",
            f"Line {line} contains a byte that is not valid {encoding}: 0x{byte:02x}, at byte offset {offset}. Python cannot import the file.",
            f"Save {file} as UTF-8.",
            f"Declare its encoding in the first line of {file}: `# -*- coding: latin-1 -*-`.",
        )


class SourceEncodingUnknown(BuildError):
    """A Python file that declares an encoding unknown to Python (PEP 263)."""

    def __init__(self, file: str, encoding: str) -> None:
        super().__init__(
            f"`{file}` declares an unknown encoding",
            f"Its first lines contain `coding: {encoding}`, which Python does not know.",
            f"Save {file} as UTF-8, and remove that line.",
        )


class SourceUnreadable(BuildError):
    """A file of the source that can't be read; ``reason`` is the operating system's."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(
            f"`{file}` cannot be read",
            f"It exists, but reading it failed: {reason}.",
            f"Make it a regular file inside the source that everyone can read: `chmod a+r {file}`.",
        )
