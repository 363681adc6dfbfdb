"""The process `dev`: a mounted source is served, and each save of it; and `web` has nothing of that."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.images.conftest import Built, Pack, docker
from tools.dev import container
from tools.dev.container import Container

_QUESTION = {"data": {"ndarray": [[5.1, 3.5, 1.4, 0.2]]}}
# Only a server that hangs reaches it; `make bench` asserts how fast a save is served.
_CAP_SECONDS = 20.0
# Nobody's uid, nothing that can be written to but /tmp: neither the files' owner nor the image's.
_NOBODY = ("--user", "4711:0", "--read-only", "--tmpfs", "/tmp")
_STARTED = [
    "Serving /workspace. Changes there restart the service. Stop it with Ctrl-C or docker stop.",
]
_AGAIN = "RowMeans.py changed: restarting the service."
_ENDED = "The service stopped with exit code 1 (see above). Save a file to restart it."


@contextmanager
def _dev(image: str, app: Path, *options: str, mode: str = "ro") -> Iterator[Container]:
    # Docker's users mount a directory that they can enter; pytest's own is closed.
    for folder in (app, app.parent, app.parent.parent, app.parent.parent.parent):
        folder.chmod(folder.stat().st_mode | 0o055)
    with container.started(
        image, ("--entrypoint", "dev", "-v", f"{app}:/workspace:{mode}", *options)
    ) as running:
        running.wait_ready()
        yield running


def _said(running: Container) -> Sequence[str]:
    """What seldon-dev itself printed."""
    return [
        line.removeprefix("seldon-dev: ")
        for line in running.logs().splitlines()
        if line.startswith("seldon-dev: ")
    ]


def _answer(running: Container) -> Any:
    try:
        return running.post("/predict", _QUESTION, seconds=2)[1]["data"]["ndarray"]
    except (OSError, ValueError):
        return None


def _until(holds: Callable[[], bool], running: Container) -> None:
    end = time.monotonic() + _CAP_SECONDS
    while not holds():
        assert time.monotonic() < end, running.logs()
        time.sleep(0.01)


def _save(module: Path, text: str, running: Container, answer: Any) -> None:
    """Save a module and wait for the answer."""
    module.write_text(text)
    _until(lambda: bool(_answer(running) == answer), running)


@pytest.fixture
def app(samples: Path, tmp_path: Path) -> Path:
    copy: Path = shutil.copytree(samples / "minimal", tmp_path / "app")
    return copy


def test_dev_serves_each_save_and_recovers_from_errors(minimal: Built, app: Path) -> None:
    module = app / "RowMeans.py"
    text = module.read_text()
    with _dev(minimal.image, app, *_NOBODY) as running:
        assert _said(running) == _STARTED
        assert _answer(running) == [[2.55]]
        changed = text.replace("np.mean(", "100 + np.mean(")
        _save(module, changed, running, [[102.55]])
        assert _said(running) == [*_STARTED, _AGAIN]

        module.write_text("def broken(:\n")
        _until(lambda: _ENDED in _said(running), running)
        assert (
            'File "/workspace/RowMeans.py", line 1\n    def broken(:\n               ^\nSyntaxError: invalid syntax\n'
            in running.logs()
        )
        module.write_text(
            text.replace(
                "def predict", "def __init__(self):\n        self.limit = 1 / 0\n\n    def predict"
            )
        )
        _until(lambda: _said(running).count(_ENDED) == 2, running)
        shown = running.logs()
        assert (
            'File "/workspace/RowMeans.py", line 8, in __init__\n    self.limit = 1 / 0\n' in shown
        )
        assert "\nZeroDivisionError: division by zero\n" in shown
        _save(module, text, running, [[2.55]])
        assert _said(running) == [*_STARTED, _AGAIN, _AGAIN, _ENDED, _AGAIN, _ENDED, _AGAIN]

        # 137 would mean that Docker had to kill it.
        docker("stop", "-t", "15", running.id)
        assert docker("inspect", "-f", "{{.State.ExitCode}}", running.id).strip() == "0"


def test_noise_starts_nothing_and_what_needs_a_build_is_said(minimal: Built, app: Path) -> None:
    with _dev(minimal.image, app) as running:
        for name in (
            ".git/index",
            "__pycache__/RowMeans.cpython-312.pyc",
            ".RowMeans.py.swp",
            "RowMeans.py~",
            "#RowMeans.py#",
        ):
            (app / name).parent.mkdir(exist_ok=True)
            (app / name).write_text("x")
        (app / "requirements.txt").write_text("scikit-learn\n")
        needs = "{} changed. Rebuild the image (pack build) to apply it."
        _until(lambda: needs.format("requirements.txt") in _said(running), running)
        (app / ".s2i/environment").write_text("MODEL_NAME=Other\n")
        _until(lambda: needs.format(".s2i/environment") in _said(running), running)
        assert _said(running) == [
            *_STARTED,
            needs.format("requirements.txt"),
            needs.format(".s2i/environment"),
        ]
        assert running.logs().count("Importing RowMeans") == 1


def test_dev_polls_files_and_ends_on_ctrl_c(minimal: Built, app: Path) -> None:
    module = app / "RowMeans.py"
    with _dev(minimal.image, app, "-e", "WATCHFILES_FORCE_POLLING=1", mode="rw") as running:
        changed = module.read_text().replace("np.mean(", "100 + np.mean(")
        _save(module, changed, running, [[102.55]])
        assert _said(running) == [*_STARTED, _AGAIN]
        docker("kill", "-s", "INT", running.id)
        _until(
            lambda: docker("inspect", "-f", "{{.State.Running}}", running.id).strip() == "false",
            running,
        )


def test_each_save_of_a_scikit_learn_model_is_served(
    iris: Built, samples: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(samples / "sklearn-iris", tmp_path / "app")
    module = copy / "IrisClassifier.py"
    text = module.read_text()
    with _dev(iris.image, copy) as running:
        for number in (1, 2, 3):
            changed = text.replace(
                "self.classifier.predict_proba(X)",
                f"self.classifier.predict_proba(X) * 0 + {number}",
            )
            _save(module, changed, running, [[number] * 3])


def test_web_has_no_watcher_and_cannot_import_it(minimal: Built) -> None:
    find = "grep -l _rust_notify /proc/[0-9]*/maps; launcher python -c 'import watchfiles'"
    with container.started(minimal.image) as running:
        running.wait_ready()
        done = subprocess.run(
            ["docker", "exec", running.id, "sh", "-c", find],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert done.stdout == ""
    assert "ModuleNotFoundError: No module named 'watchfiles'" in done.stderr


def test_watcher_layer_is_shared_by_models_of_a_python(minimal: Built, iris: Built) -> None:
    layers = [_layers(image) for image in (minimal.image, iris.image)]
    assert layers[0]["watcher"] == layers[1]["watcher"]
    assert sorted(layers[1])[-1] == "watcher"


def _layers(image: str) -> dict[str, str]:
    """The buildpack's layers with the digest of each."""
    label = docker(
        "image",
        "inspect",
        "-f",
        '{{index .Config.Labels "io.buildpacks.lifecycle.metadata"}}',
        image,
    )
    known = next(
        one["layers"] for one in json.loads(label)["buildpacks"] if one["key"] == "seldon/python"
    )
    return {name: layer["sha"] for name, layer in known.items()}


def test_an_image_may_do_without(pack: Pack, samples: Path) -> None:
    built = pack.must_build(
        "seldon-test-no-dev", samples / "minimal", "--network", "none", env={"BP_DEV_PROCESS": "0"}
    )
    assert "watcher" not in built.ours
    assert "watcher" not in _layers(built.image)
    done = subprocess.run(
        ["docker", "run", "--rm", "--entrypoint", "dev", built.image],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 127
    assert '"dev": executable file not found' in done.stderr
