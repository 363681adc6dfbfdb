"""A limit on names that say nothing (`told`, `one`, `what`) in each room.

`make lint` fails if a room has more than its count in filler_names.toml. The counts only ever go
down: one that is higher than the real count fails too. Run `make names` after removing some.
"""

import ast
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

FILLERS = frozenset({"told", "said", "found", "one", "what", "own", "shown", "others"})

RECORD = Path("tools/dev/filler_names.toml")

_PACKAGE = Path("lib/seldon_buildpack")
_HEADER = (
    "# Names that say nothing, by room. Only ever lower a count: `make names` writes this file.\n"
)
_MATCHES = {"match", "fullmatch", "search"}
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def main(arguments: list[str]) -> int:
    """Compare the counts with the record, or write it with --update; return the exit code."""
    counts, recorded = count_rooms(Path()), read_record(RECORD)
    if "--update" in arguments:
        if sum(counts.values()) > sum(recorded.values()):
            print("error: there are more filler names than before.", file=sys.stderr)
            return 1
        RECORD.write_text(_HEADER + "".join(f'"{room}" = {n}\n' for room, n in counts.items()))
        return 0
    problems = compare(counts, recorded)
    for problem in problems:
        print(f"{RECORD}: {problem}", file=sys.stderr)
    return 1 if problems else 0


def compare(counts: Mapping[str, int], recorded: Mapping[str, int]) -> list[str]:
    """Describe each room whose count differs from the recorded one."""
    problems = []
    for room in sorted({*counts, *recorded}):
        count, before = counts.get(room, 0), recorded.get(room, 0)
        if count > before:
            names = ", ".join(sorted(FILLERS))
            problems.append(
                f"{room} has {count} filler names, {before} are recorded. "
                f"Give the new ones a name that says what they hold. Filler names: {names}."
            )
        elif count < before:
            problems.append(
                f"{room} has {count} filler names, {before} are recorded. Run make names."
            )
    return problems


def read_record(path: Path) -> Mapping[str, int]:
    """Read the recorded count of each room."""
    return tomllib.loads(path.read_text())


def count_rooms(checkout: Path) -> Mapping[str, int]:
    """Count the filler names in each folder of the package and of tools; omit zeros."""
    counts: Counter[str] = Counter()
    for top in (_PACKAGE, Path("tools")):
        for file in sorted((checkout / top).rglob("*.py")):
            room = top.joinpath(*file.relative_to(checkout / top).parts[:-1][:1])
            counts[str(room)] += len(fillers(file.read_text()))
    return {room: count for room, count in sorted(counts.items()) if count}


def fillers(text: str) -> list[str]:
    """List the filler names in a module's code, ignoring a leading underscore.

    This uses the syntax tree instead of tokens, because f-strings have tokens only since Python
    3.12. A `found` that is a match of a regular expression is a good name.
    """
    tree = ast.parse(text)
    matches = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, _Function) and _holds_match(function)
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and node.id == "found"
    }
    return [
        name
        for node in ast.walk(tree)
        if id(node) not in matches
        for name in _identifiers(node)
        if name.lstrip("_") in FILLERS
    ]


def _holds_match(function: _Function) -> bool:
    """Return whether the function assigns a match to `found`."""
    return any(
        isinstance(node, ast.Assign | ast.NamedExpr)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Attribute)
        and node.value.func.attr in _MATCHES
        and any(
            isinstance(target, ast.Name) and target.id == "found"
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        )
        for node in ast.walk(function)
    )


def _identifiers(node: ast.AST) -> Iterator[str]:
    """Yield the identifiers of a node; constants are skipped, since theirs are plain texts."""
    if isinstance(node, ast.Constant):
        return
    for _, value in ast.iter_fields(node):
        for name in value if isinstance(value, list) else [value]:
            if isinstance(name, str):
                yield name


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
