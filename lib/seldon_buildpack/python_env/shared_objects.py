"""The shared objects of an environment, and the libraries that they load.

A library is provided if any installed file has its name, wherever it is: packages such as torch
load the libraries of others themselves, before the loader looks for them.
"""

import os
import platform
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack.python_env import elf
from seldon_buildpack.python_env.elf import SharedObject

# A library, with or without a version behind its name.
_LIBRARY = re.compile(r".+\.so(?:\.[\w.-]+)?")
_EXTENSION = re.compile(r"([A-Za-z_]\w*)(\.(?:abi3|cpython-\d+)[\w-]*)?\.so")


@dataclass(frozen=True)
class SharedObjects:
    """Shared objects by path, and the paths by the names that the loader looks for."""

    objects: Mapping[str, SharedObject]
    provided: Mapping[str, str]

    def external(self, path: str) -> set[str]:
        """Return the libraries that loading a file needs and that no file provides."""
        names, seen, waiting = set(), {path}, [path]
        while waiting:
            for name in self.objects[waiting.pop()].needed:
                provider = self.provided.get(name.rpartition("/")[2])
                if provider is None:
                    names.add(name)
                elif provider not in seen:
                    seen.add(provider)
                    waiting.append(provider)
        return names

    def loaded_by_others(self) -> set[str]:
        """Return the paths of the files that other files need."""
        return {
            self.provided[name]
            for each in self.objects.values()
            for name in each.needed
            if name in self.provided
        }


def read_shared_objects(folders: Iterable[Path]) -> SharedObjects:
    """Read the shared objects in some folders, as far as they are for this machine."""
    machine = elf.MACHINES.get(platform.machine())
    objects: dict[str, SharedObject] = {}
    provided: dict[str, str] = {}
    for path in (path for folder in folders for path in _list_libraries(folder)):
        read = elf.read_shared_object(path)
        if read is None or read.machine != machine:
            continue
        objects[path] = read
        for name in (path.rpartition("/")[2], read.name):
            provided.setdefault(name, path)
    return SharedObjects(objects, provided)


def _list_libraries(folder: Path) -> Iterator[str]:
    for parent, _, names in os.walk(folder):
        for name in names:
            if ".so" in name and _LIBRARY.fullmatch(name):
                yield f"{parent}/{name}"


def extension_name(site: Path, path: str) -> str:
    """Return the dotted name of an extension module; "" if the file is something else."""
    file = Path(path)
    match = _EXTENSION.fullmatch(file.name)
    folders = file.parent.relative_to(site).parts if file.is_relative_to(site) else ("/",)
    if not match or not all(map(str.isidentifier, folders)):
        return ""
    if not match[2]:
        # A library may have the same form of name.
        with suppress(OSError):
            if f"PyInit_{match[1]}".encode() not in file.read_bytes():
                return ""
    return ".".join((*folders, match[1]))
