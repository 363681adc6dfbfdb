"""SBOMs of Go programs, from their build info.

The lifecycle warns in every build if its own is missing.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tools.core.steps import run


@dataclass(frozen=True)
class Module:
    """A Go module that is part of a program."""

    path: str
    version: str

    @property
    def purl(self) -> str:
        """The module's package URL."""
        return f"pkg:golang/{quote(self.path.lower(), safe='/')}@{quote(self.version, safe='')}"


def read_modules(go: Path, program: Path) -> list[Module]:
    """Return a program's modules, starting with its own.

    Modules that are replaced by a local folder are omitted.
    """
    lines = [line.split() for line in run(go, "version", "-m", program).splitlines()]
    modules: list[Module] = []
    for words in lines:
        if words[:1] in (["mod"], ["dep"]):
            modules.append(Module(words[1], words[2]))
        elif words[:1] == ["=>"]:
            modules.pop()
            if not words[1].startswith("."):
                modules.append(Module(words[1], words[2]))
    toolchain = re.search(r": go([\d.]+)$", " ".join(lines[0]))
    return [*modules, *([Module("stdlib", toolchain[1])] if toolchain else [])]


def make_documents(name: str, version: str, parts: Iterable[Module]) -> dict[str, str]:
    """Return a program's SBOM in the CNB specification's three formats, by file extension."""
    listed = list(parts)
    made = {
        "cdx": _make_cyclonedx(name, version, listed),
        "spdx": _make_spdx(name, version, listed),
        "syft": _make_syft(name, version, listed),
    }
    return {
        f"sbom.{extension}.json": json.dumps(document, indent=1) + "\n"
        for extension, document in made.items()
    }


def _make_cyclonedx(name: str, version: str, parts: list[Module]) -> dict[str, Any]:
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.4",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": name, "version": version}},
        "components": [
            {
                "type": "library",
                "bom-ref": part.purl,
                "name": part.path,
                "version": part.version,
                "purl": part.purl,
            }
            for part in parts
        ],
    }


def _make_spdx(name: str, version: str, parts: list[Module]) -> dict[str, Any]:
    unknown = {
        "downloadLocation": "NOASSERTION",
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
    }
    packages = [
        {
            "SPDXID": f"SPDXRef-Package-{number}",
            "name": part.path,
            "versionInfo": part.version,
            **unknown,
            "externalRefs": [
                {
                    "referenceCategory": "PACKAGE-MANAGER",
                    "referenceType": "purl",
                    "referenceLocator": part.purl,
                }
            ],
        }
        for number, part in enumerate(parts)
    ]
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"{name}-{version}",
        "documentNamespace": f"urn:seldon:buildpack:{name}-{version}",
        # The date that the lifecycle sets on everything it exports.
        "creationInfo": {
            "created": "1980-01-01T00:00:01Z",
            "creators": ["Tool: seldon-python-buildpack"],
        },
        "packages": packages,
        "relationships": [
            {
                "spdxElementId": "SPDXRef-DOCUMENT",
                "relatedSpdxElement": package["SPDXID"],
                "relationshipType": "DESCRIBES",
            }
            for package in packages
        ],
    }


def _make_syft(name: str, version: str, parts: list[Module]) -> dict[str, Any]:
    artifacts = [
        {
            "id": f"{number:016x}",
            "name": part.path,
            "version": part.version,
            "type": "go-module",
            "foundBy": "go-module-binary-cataloger",
            "locations": [{"path": f"/cnb/lifecycle/{name}"}],
            "licenses": [],
            "language": "go",
            "cpes": [],
            "purl": part.purl,
        }
        for number, part in enumerate(parts, start=1)
    ]
    return {
        "artifacts": artifacts,
        "artifactRelationships": [],
        "source": {
            "id": name,
            "name": name,
            "version": version,
            "type": "file",
            "metadata": {"path": f"/cnb/lifecycle/{name}"},
        },
        "distro": {},
        "descriptor": {"name": "seldon-python-buildpack", "version": version},
        "schema": {
            "version": "16.0.0",
            "url": "https://raw.githubusercontent.com/anchore/syft/main/schema/json/schema-16.0.0.json",
        },
    }
