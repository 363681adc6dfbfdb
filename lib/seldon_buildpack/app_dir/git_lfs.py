"""Files of the source that are pointers of Git LFS, without the content that they point at.

A checkout without Git LFS has a text of three lines instead of a model file. Such a file is an
error if what the model runs may open it: its name, its suffix or its directory is in that code, in
a configuration file or in a variable. A text search decides, since no code is run.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from seldon_buildpack import user_files
from seldon_buildpack.manifests.inputs import MANIFESTS
from seldon_buildpack.messages.errors.source_files import GitLfsPointers
from seldon_buildpack.messages.warnings import source_files as source_files_warnings
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.model.find import Model
from seldon_buildpack.model.imports import imported_modules
from seldon_buildpack.model.source_tree import entries
from seldon_buildpack.settings import s2i_environment

POINTER = b"version https://git-lfs.github.com/spec/v1\n"
# A pointer has about 130 bytes. Larger files are not opened: a source may have very many.
_SIZES = range(len(POINTER), 250)

_CONFIGURATION = re.compile(
    r".*\.(?:ya?ml|json|toml|cfg|ini|conf|env|properties|sh)|MLmodel|before-run|\.s2i/environment"
)
_LARGEST = 1_000_000
# No code of a model is here.
_PASSED_OVER = {"docs", "doc", "tests", "test", "notebooks", "node_modules"}
# Files that people look at, and wheels, which uv reports if it chooses one. They matter only if
# their own name is in the code.
_NAMED_ALONE = {".png", ".jpg", ".jpeg", ".gif", ".svg", ".mp4", ".mov", ".pdf", ".pptx", ".docx"}
_NAMED_ALONE |= {".ipynb", ".psd", ".md", ".html", ".whl"}
# Files that libraries open when they are given the directory.
_OPENED_BY_LIBRARIES = re.compile(
    r"(?:pytorch_model|model|adapter_model|flax_model|tf_model|diffusion_pytorch_model)[\w.-]*"
    r"\.(?:bin|safetensors|h5|msgpack)|saved_model\.pb(?:txt)?|variables\.(?:data|index).*"
    r"|tokenizer\.json|(?:spiece|sentencepiece[\w.]*|tokenizer)\.model"
)
# Keys of a request, which say nothing about a directory of that name.
_KEYS = {"data", "names", "meta", "model"}


def check_read_files(app: Path) -> None:
    """Check the manifests and the Python files at the top, which the build itself reads.

    Raises:
        GitLfsPointers: One of them is a pointer.
    """
    names = [name for name in (*MANIFESTS, s2i_environment.FILE) if _is_pointer(app / name)]
    names += [
        entry.name
        for entry in entries(app)
        if entry.name.endswith(".py") and _is_pointer(Path(entry.path))
    ]
    if names:
        raise GitLfsPointers(names)


def check_pointers(
    app: Path, sizes: Mapping[str, int], model: Model, listed: Iterable[Path], values: Iterable[str]
) -> tuple[Advice, ...]:
    """Return a warning about pointers that the model is not known to open.

    ``sizes`` are the files of the source, ``listed`` are those that the requirements name, and
    ``values`` are the values of the user's variables.

    Raises:
        GitLfsPointers: The model or the requirements need the content of a pointer.
    """
    pointers = tuple(_pointers(app, sizes))
    if not pointers:
        return ()
    installed = {path.relative_to(app).as_posix() for path in listed if path.is_relative_to(app)}
    text = "\n".join((*_texts(app, sizes, model, installed), *values))
    needed = [name for name in pointers if name in installed or _may_be_opened(name, text)]
    if needed:
        raise GitLfsPointers(needed)
    return (source_files_warnings.git_lfs_pointers(pointers),)


def _pointers(app: Path, sizes: Mapping[str, int]) -> Iterator[str]:
    for name, size in sizes.items():
        if size in _SIZES and not name.startswith(".git/") and _is_pointer(app / name):
            yield name


def _is_pointer(path: Path) -> bool:
    try:
        # A device or a pipe would not end.
        if path.is_symlink() or path.stat().st_size not in _SIZES or not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(len(POINTER)) == POINTER
    except OSError:
        return False


def _texts(app: Path, sizes: Mapping[str, int], model: Model, installed: set[str]) -> Iterator[str]:
    """Yield the texts that may name a file: the model's code, and configuration files."""
    reached = _code_of(model)
    for name, size in sizes.items():
        parts = PurePosixPath(name).parts
        if size > _LARGEST or _PASSED_OVER.intersection(parts):
            continue
        is_code = name.endswith(".py") and (
            reached is None or name in reached or not installed.isdisjoint(_with_parents(name))
        )
        if is_code or (_CONFIGURATION.fullmatch(name) and not parts[0].startswith(".git")):
            try:
                yield user_files.read(app, app / name).decode("utf-8", "replace")
            except OSError:
                continue


def _code_of(model: Model) -> frozenset[str] | None:
    """Return the files that importing the model may run, or None if that is not known."""
    module = model.sources.locate(model.module)
    if model.path is None or module is None:
        return None
    modules = (module for module, _ in imported_modules(model.sources, module))
    return frozenset(module.file.as_posix() for module in modules if module.file)


def _with_parents(name: str) -> Iterator[str]:
    yield name
    yield from (parent.as_posix() for parent in PurePosixPath(name).parents)


def _may_be_opened(name: str, text: str) -> bool:
    path = PurePosixPath(name)
    if re.search(rf"(?<![\w.-]){re.escape(path.name)}(?![\w-])", text):
        return True
    if path.suffix.lower() in _NAMED_ALONE or _PASSED_OVER.intersection(path.parts):
        return False
    stem, suffix = re.escape(path.stem), re.escape(path.suffix)
    patterns = [rf"""["'/]{stem}(?:["'.]|\.?\{{)"""]
    patterns += [rf"""[*"'}}]{suffix}["']"""] if suffix else []
    patterns += [_of_directory(part) for part in path.parent.parts]
    return bool(
        _OPENED_BY_LIBRARIES.fullmatch(path.name)
        or any(re.search(pattern, text, re.MULTILINE) for pattern in patterns)
    )


def _of_directory(part: str) -> str:
    """Return a pattern for a text that names a directory, such as `"models/"` or `=models`."""
    before, after, escaped = r"""(?:["'/=]|:[ \t]+)""", r"""(?:["'/]|\s|$)""", re.escape(part)
    if part in _KEYS:
        return rf"{before}{escaped}/|/{escaped}{after}"
    return rf"{before}{escaped}{after}"
