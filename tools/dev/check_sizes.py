"""A limit on the length of files and functions, and on fields that are passed by position.

`make lint` fails if something is larger than docs/style.md allows, and than its own limit in
sizes.toml. These limits only ever go down: one that is higher than needed fails too. Run
`make sizes` after making something smaller.
"""

import ast
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

RECORD = Path("tools/dev/sizes.toml")

_TOPS = (Path("lib/seldon_buildpack"), Path("tools"))
_HEADER = (
    "# What is larger than docs/style.md allows. Only ever lower a limit: `make sizes` writes this "
    "file.\n"
)

Sizes = Mapping[str, Mapping[str, int]]

LIMITS = {
    # Lines of a file, by its path.
    "files": 300,
    # Lines of a function, by `path:name`.
    "functions": 50,
    # Fields of a dataclass that is not keyword-only, by `path:name`.
    "positional-dataclasses": 3,
}


def main(arguments: list[str]) -> int:
    """Compare the sizes with the record, or lower it with --update; return the exit code."""
    sizes, recorded = measure(Path()), tomllib.loads(RECORD.read_text())
    problems = compare(sizes, recorded)
    if "--update" in arguments:
        problems = [problem for problem in problems if not problem.endswith("Run make sizes.")]
        if not problems:
            RECORD.write_text(_HEADER + _dump(sizes))
    for problem in problems:
        print(f"{RECORD}: {problem}", file=sys.stderr)
    return 1 if problems else 0


def compare(sizes: Sizes, recorded: Sizes) -> list[str]:
    """Describe each size that is above its limit, and each limit that is higher than needed."""
    problems = []
    for kind, limit in LIMITS.items():
        known, now = recorded.get(kind, {}), sizes.get(kind, {})
        for name in sorted({*known, *now}):
            allowed, size = known.get(name, limit), now.get(name, limit)
            if size > allowed:
                problems.append(f"{name} has {size} of at most {allowed} ({kind}). Split it.")
            elif size < allowed:
                problems.append(f"{name} no longer needs {allowed} ({kind}). Run make sizes.")
    return problems


def measure(checkout: Path) -> Sizes:
    """Return what is above the limits, by kind and name."""
    sizes: dict[str, dict[str, int]] = {kind: {} for kind in LIMITS}
    for top in _TOPS:
        for file in sorted((checkout / top).rglob("*.py")):
            name = file.relative_to(checkout).as_posix()
            for kind, place, size in _sizes_of(file.read_text()):
                if size > LIMITS[kind]:
                    sizes[kind][f"{name}:{place}" if place else name] = size
    return sizes


def _sizes_of(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield the kind, name and size of all that has a limit in a module."""
    yield "files", "", len(text.splitlines())
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield "functions", node.name, (node.end_lineno or node.lineno) - node.lineno + 1
        if isinstance(node, ast.ClassDef) and _is_positional_dataclass(node):
            yield "positional-dataclasses", node.name, len(list(_fields(node)))


def _is_positional_dataclass(node: ast.ClassDef) -> bool:
    decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
    return any(
        text.startswith("dataclass") and "kw_only=True" not in text.replace(" ", "")
        for text in decorators
    )


def _fields(node: ast.ClassDef) -> Iterator[ast.AnnAssign]:
    """Yield the fields that the constructor takes."""
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and "ClassVar" not in ast.unparse(part.annotation):
            value = ast.unparse(part.value) if part.value else ""
            if "init=False" not in value:
                yield part


def _dump(sizes: Sizes) -> str:
    tables = (
        f"\n[{kind}]\n" + "".join(f'"{name}" = {size}\n' for name, size in sorted(large.items()))
        for kind, large in sizes.items()
        if large
    )
    return "".join(tables)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
