"""The environment that the launcher gives a process in the image (spec: Environment Variable Rules).

It is read from the layers, as the launcher reads it, so that the trial has what the image will have.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import toml

_SEPARATED = {"bin": "PATH", "lib": "LD_LIBRARY_PATH"}


def list_launch_layers(root: Path) -> list[Path]:
    """Return the directories of all buildpacks' layers that the image has and the build can read.

    ``root`` has the layers of this buildpack, which come last.
    """
    before = [
        path.with_suffix("")
        for path in sorted(root.parent.glob("*/*.toml"))
        if path.parent != root and _is_launch_layer(path)
    ]
    ours = sorted(path for path in root.iterdir() if path.is_dir())
    return [path for path in (*before, *ours) if path.is_dir()]


def _is_launch_layer(description: Path) -> bool:
    try:
        types = toml.loads(description.read_text()).get("types", {})
    except (OSError, toml.TomlDecodeError, UnicodeDecodeError):
        return False
    return isinstance(types, dict) and types.get("launch") is True


def read_launch_environment(layers: Iterable[Path], base: Mapping[str, str]) -> dict[str, str]:
    """Return ``base`` as the layers change it.

    ``layers`` are the directories of the layers with content, in the launcher's order.
    """
    folders = list(layers)
    values = dict(base)
    for folder in folders:
        for name, variable in _SEPARATED.items():
            if (folder / name).is_dir():
                _join(values, variable, [str(folder / name), values.get(variable, "")], ":")
    for folder in folders:
        _apply(values, folder / "env.launch")
    return values


def _apply(values: dict[str, str], folder: Path) -> None:
    if not folder.is_dir():
        return
    for file in sorted(path for path in folder.iterdir() if path.is_file()):
        name, _, action = file.name.partition(".")
        text = file.read_bytes().decode(errors="surrogateescape")
        delimiter = folder / f"{name}.delim"
        between = delimiter.read_text() if delimiter.is_file() else ""
        match action:
            case "default":
                values.setdefault(name, text)
            case "" | "override":
                values[name] = text
            case "append":
                _join(values, name, [values.get(name, ""), text], between)
            case "prepend":
                _join(values, name, [text, values.get(name, "")], between)


def _join(values: dict[str, str], name: str, parts: list[str], between: str) -> None:
    values[name] = between.join(part for part in parts if part)
