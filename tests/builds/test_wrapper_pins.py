"""Which pin set and which NumPy a model gets, by the real uv without a network."""

from pathlib import Path

import pytest

from seldon_buildpack.wrapper import smoke_test
from tests.support import two_sets
from tests.support.two_sets import FOR_NUMPY_1, FOR_NUMPY_2, Place, compiled, numpy

PLAIN = two_sets.Package(name="plain", version="1.0", files={"plain.py": ""})
OLD = compiled("oldlib", "1.2", FOR_NUMPY_1)
NEW = compiled("newlib", "3.4", FOR_NUMPY_2)
NUMPY_LINE = "  NumPy           1.26.4  (oldlib 1.2 was compiled for NumPy 1)\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(smoke_test, "why_not_served", lambda _: ())
    return Place(tmp_path, two_sets.bundle(tmp_path / "bundle"))


def test_current_is_the_silent_default(place: Place) -> None:
    assert place.build("plain\n", PLAIN).pins == "current"
    assert "Pins" not in place.log and "NumPy" not in place.log
    assert place.build(None).pins == "current"


def test_code_for_numpy_1_gets_numpy_1_on_the_current_set(place: Place) -> None:
    made = place.build("oldlib\n", OLD)
    assert made.pins == "current"
    assert NUMPY_LINE in place.log and "Pins" not in place.log
    assert place.versions("numpy") == ["1.26.4"]
    assert (place.site / "numpy/__init__.py").read_text() == "__version__ = '1.26.4'\n"
    place.forget_layers()
    place.build("oldlib\n", OLD)
    assert f"  requirements    reused\n{NUMPY_LINE}" in place.log


def test_code_for_both_numpys_keeps_numpy_2(place: Place) -> None:
    place.build("newlib\n", NEW)
    assert "NumPy" not in place.log
    assert place.versions("numpy") != ["1.26.4"]


def test_forced_current_set_also_gets_numpy_1(place: Place) -> None:
    place.env["BP_SELDON_PINS"] = "current"
    place.build("oldlib\nnumpy\n", OLD)
    assert f"  Pins            current  (BP_SELDON_PINS)\n{NUMPY_LINE}" in place.log


def test_required_numpy_2_stays_with_a_warning(place: Place) -> None:
    place.build("oldlib\nnumpy>=2\n", OLD)
    assert (
        "  Warning: oldlib 1.2 was compiled for NumPy 1, but your requirements need NumPy 2 (2.2.6): importing it fails.\n"
        "           Require numpy<2 instead, or a newer release of oldlib.\n" in place.log
    )
    assert place.versions("numpy") != ["1.26.4"]


def test_other_packages_change_if_they_require_numpy_2(place: Place) -> None:
    fresh = [
        compiled("fresh", version, FOR_NUMPY_2, (f"numpy{bound}",))
        for version, bound in (("2.0", ">=2"), ("1.0", ">=1"))
    ]
    place.build("oldlib\nfresh\n", OLD, *fresh)
    assert NUMPY_LINE in place.log
    assert place.versions("fresh") == ["1.0"]


def test_upstream_serves_what_only_it_has_without_a_download(place: Place) -> None:
    assert place.build("click==8.0.4\n").pins == "upstream"
    assert (
        "  Pins            upstream  (with the current pins: The package `click` was not found)\n"
        in place.log
    )
    place.forget_layers()
    assert place.build("click==8.0.4\n").pins == "upstream"
    assert "(with the current pins: The package `click` was not found)\n" in place.log


def test_upstream_serves_if_the_index_is_unreachable(place: Place) -> None:
    place.env = {"PIP_INDEX_URL": "http://127.0.0.1:1/simple", "PIP_RETRIES": "0"}
    assert place.build("numpy==1.26.4\n").pins == "upstream"
    assert (
        "  Pins            upstream  (with the current pins: The package index `http://127.0.0.1:1/simple` cannot be reached)\n"
        in place.log
    )


def test_forced_upstream_set_is_logged(place: Place) -> None:
    place.env["BP_SELDON_PINS"] = "upstream"
    assert place.build("plain\n", PLAIN).pins == "upstream"
    assert "  Pins            upstream  (BP_SELDON_PINS)\n" in place.log


def test_numpy_1_from_the_requirements_is_not_explained(place: Place) -> None:
    place.build("oldlib\nnumpy<2\n", OLD, numpy("1.24.0"))
    assert place.versions("numpy") == ["1.24.0"]
    assert "NumPy  " not in place.log


MODEL = """\
import numpy as np


class Plain:
    def predict(self, X, names=None):
        return [np.NaN]
"""
USE_LINE = "  NumPy           1.26.4  (Plain.py, line 6: numpy.NaN is not in NumPy 2)\n"


@pytest.mark.parametrize("requirements", [None, "plain\n"])
def test_source_for_numpy_1_gets_it_without_a_download(
    place: Place, requirements: str | None
) -> None:
    place.model = MODEL
    assert place.build(requirements, PLAIN).pins == "current"
    assert USE_LINE in place.log
    assert place.versions("numpy") == ["1.26.4"]
    place.forget_layers()
    place.build(requirements, PLAIN)
    assert f"  requirements    reused\n{USE_LINE}" in place.log
    place.model = MODEL.replace("NaN", "nan")
    place.forget_layers()
    place.build(requirements, PLAIN)
    assert "NumPy  " not in place.log
    assert ("building (source for numpy 1 changed)" in place.log) == bool(requirements)


def test_source_for_numpy_1_with_required_numpy_2_is_warned_of(place: Place) -> None:
    place.model = MODEL
    place.build("numpy>=2\n")
    assert (
        "  Warning: Plain.py, line 6: numpy.NaN is not in NumPy 2.2.6, which is installed.\n"
        in place.log
    )
