"""The base class of every build error."""

from collections.abc import Sequence


class BuildError(Exception):
    """An error with an explanation for the user.

    It has a title (a short line), a cause (a sentence or two), fixes (each an imperative sentence)
    and a tail (the last lines of a tool's output).
    """

    exit_code = 1

    def __init__(self, title: str, cause: str, *fixes: str, tail: Sequence[str] = ()) -> None:
        super().__init__(title)
        self.title = title
        self.cause = cause
        self.fixes = fixes
        self.tail = tuple(tail)

    def lines(self) -> list[str]:
        """Return the lines of the error as printed."""
        text = ["", f"ERROR: {self.title}", ""]
        text += [f"  {line}" for line in _lines(self.cause)]
        if self.fixes:
            text += ["", "  What to do:" if len(self.fixes) == 1 else "  What to do (choose one):"]
            for number, fix in enumerate(self.fixes, start=1):
                first, *rest = _lines(fix)
                text += [f"  {number}. {first}", *(f"     {line}" for line in rest)]
        if self.tail:
            text += [
                "",
                "  The tool's last lines of output:",
                *(f"      {line}" for line in self.tail),
            ]
        return [*text, ""]


def _lines(text: str) -> list[str]:
    """Split a text at line feeds only; other line separators come from quoted text."""
    return text.rstrip("\n").split("\n")
