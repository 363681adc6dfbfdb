"""Bill of materials of a layer (spec: Bill of Materials), as reproducible CycloneDX JSON.

The lifecycle restores a launch layer's file together with its metadata, so a reused layer keeps its
bill of materials.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seldon_buildpack.cnb.layers import Layer

if TYPE_CHECKING:
    from cyclonedx.model.license import License


@dataclass(frozen=True, kw_only=True)
class Package:
    """A package and its licenses: a single SPDX expression, or names.

    ``kind`` is the type of the package URL, and ``about`` are the URL's qualifiers.
    """

    name: str
    version: str
    licences: tuple[str, ...]
    kind: str = "pypi"
    about: tuple[tuple[str, str], ...] = ()
    # In the layer, but not used.
    unused: bool = False


def remove(layer: Layer) -> None:
    """Remove a layer's bill of materials, which the lifecycle may have restored."""
    _path(layer).unlink(missing_ok=True)


def _path(layer: Layer) -> Path:
    return layer.root / f"{layer.name}.sbom.cdx.json"


def write(layer: Layer, packages: Iterable[Package]) -> None:
    """Write ``<layers>/<layer>.sbom.cdx.json``, whose format buildpack.toml must declare."""
    # These imports take half of the time of a rebuild, and most rebuilds write no bill of
    # materials.
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentScope
    from cyclonedx.output.json import JsonV1Dot5
    from packageurl import PackageURL

    bom = Bom()
    for package in packages:
        purl = PackageURL(
            package.kind, None, package.name, package.version, dict(package.about) or None
        )
        bom.components.add(
            Component(
                name=package.name,
                version=package.version,
                bom_ref=purl.to_string(),
                purl=purl,
                scope=ComponentScope.EXCLUDED if package.unused else None,
                licenses=_licences(package.licences),
            )
        )
    document = json.loads(JsonV1Dot5(bom).output_as_string())
    # The timestamp and the random serial number would make the image irreproducible. A dependency
    # entry without edges would claim that the package has no dependencies, which was not
    # determined.
    for name in ("serialNumber", "metadata", "dependencies"):
        document.pop(name, None)
    _path(layer).write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _licences(names: tuple[str, ...]) -> list["License"]:
    from cyclonedx.contrib.license.factories import LicenseFactory

    factory = LicenseFactory()
    # An expression must be the only entry (CycloneDX: licenseChoice).
    return (
        [factory.make_from_string(name) for name in names]
        if len(names) == 1
        else [factory.make_with_name(name) for name in names]
    )
