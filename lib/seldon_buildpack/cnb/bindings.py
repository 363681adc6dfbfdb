"""Service bindings: a directory per binding, with a file per entry.

The format is that of the Service Binding specification for Kubernetes, which the buildpack
specification adopts (spec: Bindings): a directory named after the binding, with ``type``,
optionally ``provider``, and the entries. kubelet mounts a Secret as links into a directory
``..data``, which is not an entry.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


class BindingFileUnreadable(Exception):
    """A file or directory at ``path`` that cannot be read.

    ``binding`` and ``entry`` are empty if the path does not belong to one.
    """

    def __init__(self, binding: str, entry: str, path: Path, reason: OSError) -> None:
        super().__init__(f"{path}: {reason}")
        self.binding = binding
        self.entry = entry
        self.path = path
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Binding:
    """A service binding.

    ``entries`` are its files by name, without ``type`` and ``provider``. Any of them may be a
    secret, so none is printed.
    """

    name: str
    type: str
    path: Path
    provider: str = ""
    entries: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def text(self, key: str) -> str:
        """Return an entry as text, or "" if there is no such entry.

        The trailing newline that editors and `echo` add is removed.

        Raises:
            UnicodeDecodeError: The entry is not UTF-8.
        """
        return self.entries.get(key, b"").decode().rstrip("\r\n")


@dataclass(frozen=True)
class Bindings:
    """The bindings of the requested types, and the names of directories without a type."""

    bindings: tuple[Binding, ...] = ()
    untyped: tuple[str, ...] = ()

    def of(self, kind: str) -> tuple[Binding, ...]:
        """Return the bindings of one type."""
        return tuple(binding for binding in self.bindings if binding.type == kind)


def root(env: Mapping[str, str], platform: Path) -> Path:
    """Return the directory of the bindings (spec: Bindings).

    It is $SERVICE_BINDING_ROOT if the user sets it, else <platform>/bindings.
    """
    return Path(env.get("SERVICE_BINDING_ROOT") or platform / "bindings")


def read(directory: Path, types: Iterable[str]) -> Bindings:
    """Read the bindings of these types below a directory.

    Of bindings of other types, only the type is read.

    Raises:
        BindingFileUnreadable: A file or directory cannot be read.
    """
    bindings, untyped = [], []
    for path in _listed(directory, ""):
        if not path.is_dir():
            continue
        kind = _read(path / "type", path.name) if (path / "type").exists() else b""
        name = kind.decode(errors="replace").strip().lower()
        if not name:
            untyped.append(path.name)
        elif name in types:
            bindings.append(_binding(path, name))
    return Bindings(tuple(bindings), tuple(untyped))


def _binding(path: Path, kind: str) -> Binding:
    files = {
        file.name: _read(file, path.name) for file in _listed(path, path.name) if not file.is_dir()
    }
    provider = files.pop("provider", b"").decode(errors="replace").strip()
    files.pop("type", None)
    return Binding(name=path.name, type=kind, path=path, provider=provider, entries=files)


def _listed(directory: Path, name: str) -> list[Path]:
    try:
        return sorted(path for path in directory.iterdir() if not path.name.startswith(".."))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise BindingFileUnreadable(name, "", directory, error) from error


def _read(file: Path, name: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BindingFileUnreadable(name, file.name, file, error) from error
