"""The third-party software in the image and its licenses.

s2i puts them into /licenses, where a buildpack cannot write.

Why a layer: the licenses come from several layers, and are at one path whichever of these exist.
Its name sorts after theirs, so that an engine still shares them.
Made by: reading the metadata of the installed packages (0.15 s, including the bill of materials).
Packages of the wrapper that the requirements replace are listed too, because their files are in the
image; in the bill of materials, their scope is `excluded`.
A model without requirements has the same layer as any other on its Python. If its Python and
wrapper are in the run image, so are their licenses, and the layer links to them.
Reused while: the requirements' layer is reused, or the wrapper's if there are no requirements.
The licenses of a reused layer cannot be listed again, because its files are not available in the
build: if they are not in this layer, that layer is rebuilt. It checks `unlisted` first.
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
# The files that pip-licenses writes into Seldon's s2i images.
_FILES = ("license_info.csv", "license.txt")


def unlisted(layer: Layer, source: Mapping[str, str]) -> str:
    """Return why the layer with the metadata ``source`` cannot be reused.

    Empty if the licenses in ``layer`` are those of that layer.
    """
    return "" if layer.metadata() == key(source) else "its licence list is out of date"


def key(source: Mapping[str, str]) -> dict[str, str]:
    """Return the key of the licenses of the layer with the metadata ``source``.

    It covers all of the metadata, including modules and reasons.
    """
    return {"layer": hashlib.sha256(json.dumps(dict(source), sort_keys=True).encode()).hexdigest()}


def make(
    layer: Layer,
    sites: Sequence[Path],
    programs: Mapping[str, Path],
    source: Mapping[str, str],
    more: Sequence["Licensed"] = (),
    in_run_image: Sequence["Licensed"] = (),
) -> None:
    """Fill the layer.

    The licenses come from the site-packages folders, from ``more``, which are packages of another
    kind, and from the license files of ``programs``, by name. The packages ``in_run_image`` are not
    in the bill of materials: the run image has one, which changes with it.
    """
    target = layer.begin()
    describe(layer, target, sites, more, in_run_image)
    _add_programs(target, programs)
    layer.finish(Types(launch=True), key(source))


def link(
    layer: Layer, folder: Path, programs: Mapping[str, Path], source: Mapping[str, str]
) -> None:
    """Fill the layer with links to the files in ``folder`` of the run image.

    There is nothing else in the image, so a rebase changes the licenses too.
    """
    target = layer.begin()
    for name in (*_FILES, "cpython.txt"):
        (target / name).symlink_to(folder / name)
    _add_programs(target, programs)
    sbom.remove(layer)
    layer.finish(Types(launch=True), key(source))


def _add_programs(target: Path, programs: Mapping[str, Path]) -> None:
    for name, licence in programs.items():
        # An interpreter from a user's catalogue may have no license file.
        if licence.is_file():
            shutil.copyfile(licence, target / f"{name}.txt")


def describe(
    layer: Layer,
    folder: Path,
    sites: Sequence[Path],
    more: Sequence["Licensed"] = (),
    in_run_image: Sequence["Licensed"] = (),
) -> None:
    """Write s2i's two license files into a layer's folder, and the layer's bill of materials.

    The packages ``in_run_image`` are in the former only.
    """
    from seldon_buildpack.python_env import licenses

    packages = sorted([*licenses.read(sites), *more])
    everything = sorted([*packages, *in_run_image])
    table, texts = (folder / name for name in _FILES)
    table.write_text(licenses.as_csv(everything), encoding="utf-8")
    texts.write_text(licenses.as_text(everything), encoding="utf-8")
    sbom.write(
        layer,
        [
            sbom.Package(
                name=package.name,
                version=package.version,
                licences=package.licences,
                kind=package.kind,
                about=package.about,
                unused=package.unused,
            )
            for package in packages
        ],
    )
