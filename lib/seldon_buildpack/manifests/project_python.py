"""The Python that a project's own files are for, in the syntax of setuptools and poetry."""

import ast
import re
import warnings

# Far above any setup.py.
_MOST_PARSED = 1_000_000


def read_setup(data: bytes) -> str:
    """Return ``python_requires`` of the call of ``setup`` in a setup.py, without running it.

    Returns "" if there is none, or only running the code could tell.
    """
    if len(data) > _MOST_PARSED:
        return ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or "setup" not in (
            getattr(node.func, "id", ""),
            getattr(node.func, "attr", ""),
        ):
            continue
        for keyword in node.keywords:
            value: ast.expr | None = keyword.value
            if isinstance(value, ast.Name):
                value = constants.get(value.id)
            if keyword.arg == "python_requires" and isinstance(value, ast.Constant):
                return value.value.strip() if isinstance(value.value, str) else ""
    return ""


def read_setup_cfg(data: bytes) -> str:
    """Return ``python_requires`` of a setup.cfg; setuptools reports an invalid file."""
    import configparser

    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(data.decode("utf-8-sig", "replace"))
    except configparser.Error:
        return ""
    return " ".join(parser.get("options", "python_requires", fallback="").split())


def read_poetry_constraint(value: str) -> tuple[str, ...]:
    """Return specifiers (PEP 440), one of which a version has to meet.

    ``value`` is in poetry's syntax: `^3.8`, `~3.9`, `3.8.* || 3.9.*`. The result is empty if it is
    not valid.
    """
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    alternatives = []
    for part in re.split(r"\s*\|\|?\s*", value):
        joined = re.sub(r"([<>=!~^])\s+", r"\1", part.strip())
        words = [word for word in re.split(r"[\s,]+", joined) if word]
        specifier = ",".join(filter(None, map(_poetry_specifier, words)))
        try:
            SpecifierSet(specifier)
        except InvalidSpecifier:
            return ()
        alternatives.append(specifier)
    return tuple(alternatives)


def _poetry_specifier(word: str) -> str:
    if word == "*":
        return ""
    match = re.fullmatch(r"(\^|~|==?)?(\d{1,3})(?:\.(\d{1,3}))?(\.\d{1,3})?(?:\.\*)?", word)
    if not match:
        return word
    operator, major, minor, patch = match.groups()
    number = ".".join(filter(None, (major, minor))) + (patch or "")
    if operator == "^" or (operator == "~" and not minor):
        return f">={number},<{int(major) + 1}"
    if operator == "~":
        return f">={number},<{major}.{int(minor) + 1}"
    return f"=={number}" if patch else f"=={number}.*"
