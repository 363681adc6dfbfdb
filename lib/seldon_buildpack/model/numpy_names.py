"""Uses of names that NumPy 2 removed, in the source of the model.

Such code needs NumPy 1 (NumPy 2.0 Migration Guide: Main namespace).
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from seldon_buildpack.model.find import Model
from seldon_buildpack.model.imports import imported_modules

# What NumPy 1.26 has and 2.0 has not, without what is private or was never documented.
_REMOVED = frozenset(
    [
        "DataSource",
        "Inf",
        "Infinity",
        "NAN",
        "NINF",
        "NZERO",
        "NaN",
        "PINF",
        "PZERO",
        "RankWarning",
        "alltrue",
        "asfarray",
        "byte_bounds",
        "cast",
        "cfloat",
        "clongfloat",
        "compare_chararrays",
        "complex_",
        "cumproduct",
        "deprecate",
        "deprecate_with_doc",
        "disp",
        "fastCopyAndTranspose",
        "find_common_type",
        "float_",
        "format_parser",
        "get_array_wrap",
        "geterrobj",
        "infty",
        "issctype",
        "issubclass_",
        "issubsctype",
        "longcomplex",
        "longfloat",
        "lookfor",
        "mat",
        "maximum_sctype",
        "msort",
        "nbytes",
        "obj2sctype",
        "product",
        "recfromcsv",
        "recfromtxt",
        "round_",
        "safe_eval",
        "sctype2char",
        "sctypes",
        "set_numeric_ops",
        "set_string_function",
        "seterrobj",
        "singlecomplex",
        "sometrue",
        "source",
        "string_",
        "tracemalloc_domain",
        "unicode_",
        "who",
    ]
)


@dataclass(frozen=True)
class RemovedName:
    """The first use of a name that NumPy 2 removed: the name, the file, and the line."""

    name: str
    file: str
    line: int

    def __str__(self) -> str:
        """Return the place and the name, as the log and the layer's key have it."""
        return f"{self.file}, line {self.line}: numpy.{self.name}"


def find_removed_name(model: Model) -> RemovedName | None:
    """Return the first use in the modules that the model imports, or None.

    Code that catches the error, because it runs on both, does not count.
    """
    start = model.sources.locate(model.module)
    if model.path is None or start is None:
        return None
    for module, imported in imported_modules(model.sources, start):
        if module.file is None or not any(name.split(".")[0] == "numpy" for name in imported):
            continue
        tree = model.sources.tree(module)
        for name, line in _uses(tree) if tree else ():
            return RemovedName(name, module.file.as_posix(), line)
    return None


def _uses(tree: ast.Module) -> Iterator[tuple[str, int]]:
    aliases = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "numpy"
    }
    tried = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.Try)
        for statement in block.body
        for node in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if id(node) in tried:
            continue
        if isinstance(node, ast.ImportFrom) and node.module == "numpy" and not node.level:
            yield from ((alias.name, node.lineno) for alias in node.names if alias.name in _REMOVED)
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in aliases
            and node.attr in _REMOVED
        ):
            yield node.attr, node.lineno
