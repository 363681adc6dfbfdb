"""What a layer brings, as a bill of materials (spec: Bill of Materials): CycloneDX JSON, the same bytes for the same packages.

The lifecycle restores a launch layer's file with its metadata, so it stays with a layer that is reused.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seldon_buildpack.cnb.layers import Layer

if TYPE_CHECKING:
    from cyclonedx.model.license import License


@dataclass(frozen=True)
class Package:
    """A package and its licences: one SPDX expression, or names. ``kind`` is the type of its package URL, ``about`` that URL's qualifiers."""

    name: str
    version: str
    licences: tuple[str, ...]
    kind: str = "pypi"
    about: tuple[tuple[str, str], ...] = ()


def write(layer: Layer, packages: Iterable[Package]) -> None:
    """Write ``<layers>/<layer>.sbom.cdx.json``, a format that buildpack.toml has to declare."""
    # Half of a rebuild's time, and most rebuilds make nothing.
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component
    from cyclonedx.output.json import JsonV1Dot5
    from packageurl import PackageURL

    bom = Bom()
    for one in packages:
        purl = PackageURL(one.kind, None, one.name, one.version, dict(one.about) or None)
        bom.components.add(
            Component(
                name=one.name,
                version=one.version,
                bom_ref=purl.to_string(),
                purl=purl,
                licenses=_licences(one.licences),
            )
        )
    document = json.loads(JsonV1Dot5(bom).output_as_string())
    # The time and a random number would make another image of the same source; and an entry for a package without an
    # edge says that it needs no other, which nobody has looked into.
    for name in ("serialNumber", "metadata", "dependencies"):
        document.pop(name, None)
    (layer.root / f"{layer.name}.sbom.cdx.json").write_text(
        json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )


def _licences(names: tuple[str, ...]) -> list["License"]:
    from cyclonedx.contrib.license.factories import LicenseFactory

    factory = LicenseFactory()
    # An expression may stand only by itself (CycloneDX: licenseChoice).
    return (
        [factory.make_from_string(name) for name in names]
        if len(names) == 1
        else [factory.make_with_name(name) for name in names]
    )
