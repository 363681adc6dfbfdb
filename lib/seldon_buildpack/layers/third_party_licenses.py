"""What others wrote and the image holds, and under which licences: s2i put those into /licenses, where a buildpack cannot write.

Why a layer: they are of several layers, and stand in one place whichever of those there are. Its name sorts behind theirs,
so that an engine still shares them.
Made by: reading the metadata of the installed packages (0.15 s, the bill of materials with it). A model without
requirements has the same as any other on its Python.
Reused while: the requirements' layer, or the wrapper's where that serves alone, is reused. What cannot be listed any more
because its layer's data is not there is made again: that layer asks `unlisted` first.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seldon_buildpack.cnb import sbom
from seldon_buildpack.cnb.layers import Layer, Types

if TYPE_CHECKING:
    from seldon_buildpack.python_env.licenses import Licensed

NAME = "third-party-licenses"


def unlisted(layer: Layer, source: Mapping[str, str]) -> str:
    """Why the layer with the metadata ``source`` cannot be reused; empty where the licences in ``layer`` are of that one."""
    return "" if layer.metadata() == key(source) else "its licences are not listed"


def key(source: Mapping[str, str]) -> dict[str, str]:
    """What the licences of the layer with the metadata ``source`` are made from: all of it, modules and reasons too."""
    return {"layer": hashlib.sha256(json.dumps(dict(source), sort_keys=True).encode()).hexdigest()}


def make(
    layer: Layer,
    sites: Sequence[Path],
    programs: Mapping[str, Path],
    source: Mapping[str, str],
    others: Sequence["Licensed"] = (),
) -> None:
    """Fill the layer from site-packages folders, from packages of another kind, and from the licences of ``programs``, by name."""
    target = layer.begin()
    describe(layer, target, sites, others)
    for name, licence in programs.items():
        # An interpreter of somebody's catalogue may come without.
        if licence.is_file():
            shutil.copyfile(licence, target / f"{name}.txt")
    layer.finish(Types(launch=True), key(source))


def describe(
    layer: Layer, folder: Path, sites: Sequence[Path], others: Sequence["Licensed"] = ()
) -> None:
    """Write s2i's two files into a folder of a layer, and the layer's bill of materials."""
    from seldon_buildpack.python_env import licenses

    packages = sorted([*licenses.read(sites), *others])
    (folder / "license_info.csv").write_text(licenses.as_csv(packages), encoding="utf-8")
    (folder / "license.txt").write_text(licenses.as_text(packages), encoding="utf-8")
    sbom.write(
        layer,
        [
            sbom.Package(one.name, one.version, one.licences, one.kind, one.about)
            for one in packages
        ],
    )
