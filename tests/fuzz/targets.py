"""What a fuzzed source consists of: a file for each reader, made of what that reader has to tell apart."""

import json
from collections.abc import Mapping
from typing import Any

import toml
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

MODEL = "class M:\n    def predict(self, X, names=None):\n        return X\n"
# Planted in a binding, in a netrc and in a variable of the platform.
CANARIES = ("canary-of-a-binding", "canary-of-a-netrc", "canary-of-the-platform")

_ANY = st.text(max_size=12)
_ODD = (
    "\0",
    "\r",
    "\n",
    " ",
    "\t",
    "é",
    "\ud800",
    "\u2028",
    "a" * 300,
    "1" * 5000,
    "[" * 50,
    "..",
    "/",
    "${TOKEN}",
)
_NAMES = (
    "numpy",
    "seldon-core",
    "./p",
    "-e .",
    "p @ https://u:pw@h/p.whl?sig=abc",
    "git+https://h/r.git@v1#egg=r",
)


def _pieces(*words: str, most: int = 12) -> SearchStrategy[str]:
    """Texts that are made of these words, and of others that no reader expects."""
    piece = st.one_of(st.sampled_from(words), st.sampled_from(words), st.sampled_from(_ODD), _ANY)
    return st.lists(piece, max_size=most).map("".join)


def _values(*keys: str) -> SearchStrategy[Any]:
    """Values of any type and depth, with these keys and texts among them."""
    text = st.one_of(st.sampled_from(keys), st.sampled_from(_NAMES), _ANY)
    leaf = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), text)
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(text, inner, max_size=4)
        ),
        max_leaves=12,
    )


def _tables(*keys: str) -> SearchStrategy[dict[str, Any]]:
    value = _values(*keys)
    return st.dictionaries(st.sampled_from(keys), value, max_size=6)


def _as_toml(table: dict[str, Any]) -> str:
    try:
        return toml.dumps(table)
    except (ValueError, TypeError, IndexError, AttributeError, KeyError):
        return json.dumps(table)


def _uv_lock() -> SearchStrategy[str]:
    package = _tables(
        "name", "version", "source", "dependencies", "optional-dependencies", "metadata"
    )
    whole = st.fixed_dictionaries(
        {"version": st.just(1), "package": st.lists(package, max_size=3)},
        optional={"requires-python": _values(">=3.9"), "manifest": _tables("overrides")},
    )
    return whole.map(_as_toml)


_CONDA = (
    "name",
    "channels",
    "dependencies",
    "variables",
    "prefix",
    "pip",
    "python=3.11",
    "nodefaults",
)
_PROJECT = (
    "project",
    "name",
    "dependencies",
    "dynamic",
    "build-system",
    "tool",
    "uv",
    "index",
    "url",
    "poetry",
    "requires-python",
)

# Each has the files of a source besides the model.
TARGETS: Mapping[str, SearchStrategy[dict[str, str]]] = {
    ".s2i/environment": _pieces("MODEL_NAME=M", "\n", "=", "#", "export ", "PIP_INDEX_URL=https://u:p@h/s", "'", "GRPC_WORKERS=", "MODEL_METADATA=", "{a: *b}", "\ufeff"),
    "requirements.txt": _pieces(*_NAMES, "\n", "==", "1.0", " ; python_version < '3.9'", " #", "-r ", "-c ", "requirements.txt", "--hash=sha256:00", "\\\n", "--find-links ", "[", "]", "--index-url ", "# -*- coding: utf-16 -*-\n"),
    ".python-version": _pieces("3.11", "\n", ".", ">=", "pypy", "#", "python-", ","),
    "runtime.txt": _pieces("python-3.11", "\n", "."),
    ".s2iignore": _pieces("*", "?", "[a", "]", "!", "\n", "/", "..", "#", "\\", "M.py", "**"),
    ".s2i/image_metadata.json": _values("labels", "io.seldon.licenses", "a").map(json.dumps),
    "pyproject.toml": _tables(*_PROJECT).map(_as_toml),
    "pylock.toml": _tables("lock-version", "packages", "name", "version", "wheels", "url", "created-by").map(_as_toml),
    "uv.lock": _uv_lock(),
    "environment.yml": st.one_of(_tables(*_CONDA).map(json.dumps), _pieces("name: x\n", "dependencies:\n", "  - ", "numpy", "=", "pip:\n", "[", "&a ", "*a", "<<: ", "{", "\n", "channels: [", "]")),
    "conda-lock.yml": _tables("version", "metadata", "package", "platform", "url", "hash", "manager").map(json.dumps),
    "pixi.lock": _tables("version", "environments", "packages", "channels", "conda", "pypi").map(json.dumps),
    "environment.txt": _pieces("@EXPLICIT\n", "https://h/linux-64/a-1-0.conda", "#", "0" * 32, "\n", "./", "# platform: linux-64\n"),
    "setup.py": _pieces("from setuptools import setup\n", "setup(", "install_requires=[", "'numpy'", ")", "\n", "-" * 200),
    "M.py": _pieces(MODEL, "class M", "(", ":\n", "    def predict(self, X):\n", "import ", "from x import y\n", "@", "# coding: punycode\n", "if 1:\n", "M = "),
    "Pipfile.lock": _values("default", "version", "==1").map(json.dumps),
    "conda.yaml": _tables(*_CONDA).map(json.dumps),
}  # fmt: skip
