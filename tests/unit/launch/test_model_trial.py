"""`docker run --entrypoint try` loads the model with the container's variables, and ends."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from seldon_buildpack.launch import model_trial, seldon_serve

LOADS = "class MyModel:\n    def __init__(self, size=1): print('size', repr(size))\n    def load(self): print('load')\n"


def run_try(app: Path, code: str, **env: str) -> tuple[int, list[str]]:
    (app / "MyModel.py").write_text(code)
    done = subprocess.run(
        [sys.executable, str(seldon_serve.__file__), "--try"],
        cwd=app,
        env={"PATH": os.environ["PATH"], "HOME": str(app), "MODEL_NAME": "MyModel", **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        timeout=20,
        check=False,
    )
    return done.returncode, re.sub(r"in \d+\.\d s", "in N s", done.stdout).splitlines()


def test_steps_are_printed(tmp_path: Path) -> None:
    parameters = '[{"name": "size", "value": "3", "type": "INT"}]'
    assert run_try(tmp_path, LOADS, PREDICTIVE_UNIT_PARAMETERS=parameters) == (
        0,
        [
            "try: imported in N s",
            "size 3",
            "try: constructed in N s",
            "load",
            "try: loaded in N s",
        ],
    )


def test_failure_is_printed_with_the_line_of_the_model(tmp_path: Path) -> None:
    code = "class MyModel:\n    def load(self):\n        return {}['key']\n"
    assert run_try(tmp_path, code) == (
        1,
        [
            "try: imported in N s",
            "try: constructed in N s",
            "try: MyModel.py, line 3: return {}['key']",
            "try: ERROR in load: KeyError: 'key'",
        ],
    )


def test_missing_arguments_are_named(tmp_path: Path) -> None:
    code = "class MyModel:\n    def __init__(self, uri): pass\n"
    assert run_try(tmp_path, code) == (
        0,
        [
            "try: imported in N s",
            "try: not constructed: its arguments are not set (PREDICTIVE_UNIT_PARAMETERS)",
        ],
    )


def test_before_run_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "before-run").write_text("#!/bin/sh\ntouch ran\n")
    (tmp_path / "before-run").chmod(0o755)
    assert run_try(tmp_path, LOADS)[0] == 0
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("kind", "value", "argument"),
    [("INT", "3", 3), ("FLOAT", "0.5", 0.5), ("STRING", "a", "a"), ("BOOL", "Yes", True)],
)
def test_parameters_are_of_their_types(kind: str, value: str, argument: object) -> None:
    text = f'[{{"name": "a", "value": "{value}", "type": "{kind}"}}]'
    assert model_trial.parse_parameters(text) == {"a": argument}
