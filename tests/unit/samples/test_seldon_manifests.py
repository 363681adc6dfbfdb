import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parents[3]
MANIFESTS = CHECKOUT / "samples/platforms/seldon"
SCHEMA = json.loads((CHECKOUT / "tests/platforms/seldon/seldon-deployment.schema.json").read_text())
FILES = sorted(path.name for path in MANIFESTS.glob("*.yaml") if path.name != "deployment.yaml")


def read(file: str) -> Any:
    return yaml.safe_load((MANIFESTS / file).read_text())


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("children", []):
        yield from nodes(child)


@pytest.mark.parametrize("file", FILES)
def test_seldon_deployment_has_known_fields_and_all_containers(file: str) -> None:
    seldon = read(file)
    jsonschema.Draft202012Validator(SCHEMA).validate(seldon)
    for predictor in seldon["spec"]["predictors"]:
        names = [
            one["name"]
            for component in predictor["componentSpecs"]
            for one in component["spec"]["containers"]
        ]
        assert sorted(names) == sorted(node["name"] for node in nodes(predictor["graph"]))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("spec", "predictor"), []),
        (("spec", "predictors", 0, "graph", "type"), "OUTLIER_DETECTOR"),
        (("spec", "predictors", 0, "graph", "parameters", 0, "value"), 0.5),
        (
            ("spec", "predictors", 0, "componentSpecs", 0, "spec", "securityContext"),
            {"runAsUser": 1},
        ),
        (("metadata", "name"), "Not_A_Name"),
    ],
)
def test_schema_refuses_what_the_operator_would_not_keep(
    place: tuple[Any, ...], value: Any
) -> None:
    seldon = read("model.yaml")
    inside = seldon
    for part in place[:-1]:
        inside = inside[part]
    inside[place[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(seldon)


def test_service_types_have_manifests_named_in_the_readme() -> None:
    types = {
        node["type"]
        for file in FILES
        for predictor in read(file)["spec"]["predictors"]
        for node in nodes(predictor["graph"])
    }
    assert types == {"MODEL", "TRANSFORMER", "ROUTER", "COMBINER"}
    text = (MANIFESTS / "README.md").read_text()
    assert [file for file in [*FILES, "deployment.yaml"] if f"[{file}]({file})" not in text] == []
