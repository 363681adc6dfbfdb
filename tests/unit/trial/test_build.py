"""A build tries its model, and says in the log and in a label how far that went."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import toml

from seldon_buildpack.trial import sandbox
from tests.support.trials import write_files
from tests.support.whole_build import WholeBuild, build_here, make_bundle

CLASS = "class M:\n    def predict(self, X, names=None):\n        return X\n"


def build(root: Path, code: str, env: Mapping[str, str] | None = None) -> WholeBuild:
    write_files(root / "app", {"M.py": code})
    bundle = make_bundle(root / "bundle", root / "records")
    return build_here(
        root, bundle, records=root / "records", env=env or {}, bindings=root / "bindings"
    )


@pytest.fixture(autouse=True)
def readable_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bundle of the tests links to this Python."""
    monkeypatch.setattr(sandbox, "_SYSTEM", (*sandbox._SYSTEM, sys.prefix, sys.base_prefix))


def label(built: WholeBuild) -> str:
    labels = toml.loads((built.layers / "launch.toml").read_text())["labels"]
    [value] = [each["value"] for each in labels if each["key"] == "io.seldon.tried"]
    return str(value)


def test_trial_is_in_the_log_and_in_a_label(tmp_path: Path) -> None:
    built = build(tmp_path, CLASS)
    assert built.error is None, built.log
    line = r"^  Tried         imported and constructed M in \d+\.\d s, \d+ MB$"
    assert re.search(line, built.log, re.MULTILINE), built.log
    assert label(built) == "load"


def test_failure_ends_the_build(tmp_path: Path) -> None:
    built = build(tmp_path, f"{CLASS}    def load(self):\n        import nobody_has\n")
    assert "ERROR: The model needs the module `nobody_has`, which is not installed" in built.log
    assert not (built.layers / "launch.toml").exists()


def test_warning_follows_the_line(tmp_path: Path) -> None:
    built = build(tmp_path, f"import os\n{CLASS}    uri = os.environ['URI']\n")
    assert built.error is None
    _, warning, todo, *_ = built.log[built.log.index("  Tried") :].splitlines()
    assert warning.startswith("  Warning: The model could not be imported in the build: KeyError")
    assert todo.startswith("           If URI is set when the container runs, nothing is wrong.")
    assert label(built) == "no: the import failed"


def test_off_runs_nothing(tmp_path: Path) -> None:
    built = build(tmp_path, f"raise SystemExit\n{CLASS}", {"BP_MODEL_TRIAL": "off"})
    assert built.error is None
    assert "Tried" not in built.log
    assert label(built) == "no: BP_MODEL_TRIAL=off"


def test_image_has_the_process_try(tmp_path: Path) -> None:
    processes = toml.loads((build(tmp_path, CLASS).layers / "launch.toml").read_text())["processes"]
    [command] = [each["command"] for each in processes if each["type"] == "try"]
    assert command == ["dumb-init", "--", "seldon-serve", "--try"]
