"""jsonschema, which is imported once metadata has something to validate."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from seldon_buildpack.launch import lazy_schema

UNSET = {
    "name": "",
    "versions": [""],
    "platform": "",
    "inputs": [],
    "outputs": [],
    "custom": {},
}


@pytest.mark.parametrize(
    ("metadata", "is_unset"),
    [
        (UNSET, True),
        ({**UNSET, "name": "image", "versions": ["1.0"]}, True),
        ({**UNSET, "name": 1}, False),
        ({**UNSET, "versions": [1]}, False),
        ({**UNSET, "versions": "1"}, False),
        ({**UNSET, "versions": None}, False),
        ({**UNSET, "custom": {"a": "b"}}, False),
        ({**UNSET, "inputs": [{}]}, False),
        ({**UNSET, "apiVersion": "v1"}, False),
        ({}, False),
    ],
)
def test_only_metadata_with_nothing_set_is_not_validated(metadata: Any, is_unset: bool) -> None:
    assert lazy_schema.is_unset(metadata) is is_unset


@pytest.fixture
def schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A jsonschema, and none imported yet."""
    (tmp_path / "jsonschema").mkdir()
    (tmp_path / "jsonschema/__init__.py").write_text(
        "class ValidationError(Exception): pass\n"
        "def validate(instance, schema):\n    raise ValidationError('real')\n"
    )
    (tmp_path / "jsonschema/exceptions.py").write_text("more = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] == "jsonschema"]:
        monkeypatch.delitem(sys.modules, name)
    yield
    for name in ("jsonschema", "jsonschema.exceptions"):
        sys.modules.pop(name, None)


def _importing(*lines: str) -> Callable[[], Any]:
    """What the wrapper's module does."""

    def run() -> Any:
        names: dict[str, Any] = {}
        exec("\n".join(lines), names)
        return SimpleNamespace(**{key: names[key] for key in ("validate", "ValidationError")})

    return run


WRAPPER = ("from jsonschema import validate", "from jsonschema.exceptions import ValidationError")


@pytest.mark.usefixtures("schema")
def test_metadata_that_is_set_is_validated_by_the_real_one(monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = lazy_schema.import_without_jsonschema(_importing(*WRAPPER))
    assert "jsonschema" not in sys.modules
    monkeypatch.setitem(sys.modules, "seldon_core", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "seldon_core.metadata", metadata)
    metadata.validate(UNSET, {})
    assert "jsonschema" not in sys.modules
    with pytest.raises(Exception, match="real") as caught:
        metadata.validate({**UNSET, "versions": 1}, {})
    assert (
        caught.type
        is metadata.ValidationError
        is importlib.import_module("jsonschema").ValidationError
    )


@pytest.mark.usefixtures("schema")
def test_a_wrapper_that_needs_more_of_it_gets_the_real_one() -> None:
    more = (
        "from jsonschema.exceptions import more",
        "from jsonschema import ValidationError, validate",
    )
    metadata = lazy_schema.import_without_jsonschema(_importing(*more))
    assert metadata.validate is sys.modules["jsonschema"].validate


def test_other_imports_that_fail_are_errors() -> None:
    with pytest.raises(ImportError, match="nobody_has_this"):
        lazy_schema.import_without_jsonschema(_importing("import nobody_has_this"))
