import json
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from seldon_buildpack.cnb import sbom
from seldon_buildpack.cnb.layers import Layer

_PACKAGES = (
    sbom.Package(name="Two_names.x", version="1.0", licences=("BSD License", "MIT License")),
    sbom.Package(name="expression", version="1.0+cpu", licences=("MIT OR Apache-2.0",)),
    sbom.Package(name="identifier", version="2!1.0", licences=("MIT",)),
    sbom.Package(name="silent", version="1.0", licences=()),
)


def test_sbom_names_packages_and_is_reproducible(
    tmp_path: Path,
) -> None:
    sbom.write(Layer(tmp_path, "layer"), _PACKAGES)
    text = (tmp_path / "layer.sbom.cdx.json").read_text()
    told = json.loads(text)
    assert {name: value for name, value in told.items() if name != "components"} == {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
    }
    assert [
        (one["type"], one["name"], one["version"], one["purl"], one.get("licenses"))
        for one in told["components"]
    ] == [
        (
            "library",
            "Two_names.x",
            "1.0",
            "pkg:pypi/two-names.x@1.0",
            [{"license": {"name": n}} for n in ("BSD License", "MIT License")],
        ),
        (
            "library",
            "expression",
            "1.0+cpu",
            "pkg:pypi/expression@1.0%2Bcpu",
            [{"expression": "MIT OR Apache-2.0"}],
        ),
        (
            "library",
            "identifier",
            "2!1.0",
            "pkg:pypi/identifier@2%211.0",
            [{"license": {"id": "MIT"}}],
        ),
        ("library", "silent", "1.0", "pkg:pypi/silent@1.0", None),
    ]
    sbom.write(Layer(tmp_path, "layer"), reversed(_PACKAGES))
    assert (tmp_path / "layer.sbom.cdx.json").read_text() == text


def test_a_bill_keeps_to_the_formats_schema(tmp_path: Path) -> None:
    sbom.write(Layer(tmp_path, "layer"), _PACKAGES)
    validator = JsonStrictValidator(SchemaVersion.V1_5)
    text = (tmp_path / "layer.sbom.cdx.json").read_text()
    assert validator.validate_str(text) is None
    assert validator.validate_str(text.replace('"library"', '"novel"')) is not None
