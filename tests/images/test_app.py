"""The application directory as a model finds it: its names, modes, links and large files, its place in sys.path, and before-run."""

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from seldon_buildpack.python_env.system_libraries import read_catalogue
from tests.images.conftest import Built, Pack, docker, lines_of
from tests.support import packages
from tools.dev import container

IMAGE = "seldon-test-app"
# As Seldon's operator runs a pod, and stricter.
_OPERATOR = (
    "--user",
    "8888:0",
    "--cap-drop",
    "ALL",
    "--security-opt",
    "no-new-privileges",
    "--read-only",
    "--tmpfs",
    "/tmp",
)
_LARGE = 12_000_000

_MODEL = """
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.data import ROWS

LARGE = ("Gewichte [1] *?.bin", "größe/b.bin", "größe/link.bin")


def mode(path):
    return oct(os.lstat(path).st_mode & 0o7777)


class Modèle:
    def predict(self, X, names=None):
        modes = {name: mode(name) for name in ("geheim", "geheim/Schlüssel.txt", "bin/werkzeug", "zahlen/schreibgeschützt.txt")}
        said = {
            "directory": os.getcwd(),
            "last of sys.path": sys.path[-1],
            "relative": Path("zahlen/eine Zahl.txt").read_text(),
            "where s2i put it": Path("/microservice/zahlen/eine Zahl.txt").read_text(),
            "beside": Path(__file__).with_name("labels.txt").read_text(),
            "link": [os.readlink("neueste"), Path("neueste/eine Zahl.txt").read_text()],
            "program": subprocess.run(["bin/werkzeug"], stdout=subprocess.PIPE, check=True).stdout.decode(),
            "private": Path("geheim/Schlüssel.txt").read_text(),
            "empty": os.listdir("leer"),
            "large": [os.stat(name).st_size for name in LARGE],
            "images": len(os.listdir("bilder")),
            "tests": ROWS,
            "modes": modes,
            "before-run": Path("/tmp/said").read_text().split(),
        }
        return [[json.dumps(said)]]
"""
_BEFORE_RUN = """#!/bin/sh
if [ -n "$FAIL" ]; then echo "no rows in the store" >&2; exit "$FAIL"; fi
echo "$PWD" "$MODEL_NAME" "$(command -v python)" > /tmp/said
"""
_FILES: Mapping[str, str] = {
    ".s2i/environment": "MODEL_NAME=paquet.modèle.Modèle\nSERVICE_TYPE=MODEL\n",
    "paquet/__init__.py": "",
    "paquet/modèle.py": _MODEL,
    "paquet/labels.txt": "oui, non",
    "tests/__init__.py": "",
    "tests/data.py": "ROWS = [1, 2]\n",
    "zahlen/eine Zahl.txt": "42",
    "zahlen/schreibgeschützt.txt": "",
    "geheim/Schlüssel.txt": "offen",
    "bin/werkzeug": "#!/bin/sh\nprintf geht\n",
    "before-run": _BEFORE_RUN,
}
_MODES = {
    "zahlen/schreibgeschützt.txt": 0o444,
    "geheim/Schlüssel.txt": 0o600,
    "geheim": 0o700,
    "bin/werkzeug": 0o700,
    "before-run": 0o755,
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory in a repository, as --path and kpack's subPath name one."""
    app = tmp_path_factory.mktemp("repository") / "modelle/un modèle"
    for name, text in _FILES.items():
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text(text)
    for name in ("größe", "bilder", "leer"):
        (app / name).mkdir()
    for name in ("Gewichte [1] *?.bin", "größe/b.bin"):
        (app / name).write_bytes(os.urandom(_LARGE))
    for number in range(20):
        (app / f"bilder/{number}.png").write_bytes(os.urandom(_LARGE // 20))
    (app / "größe/link.bin").symlink_to("b.bin")
    (app / "neueste").symlink_to("zahlen")
    (app / "gemeinsam").symlink_to("../gemeinsam")
    for name, mode in _MODES.items():
        (app / name).chmod(mode)
    return app


@pytest.fixture(scope="module")
def built(pack: Pack, app: Path) -> Built:
    return pack.must_build(IMAGE, app, "--clear-cache", "--network", "none")


def _layers(image: str) -> list[str]:
    layers: list[str] = json.loads(docker("inspect", "-f", "{{json .RootFS.Layers}}", image))
    return layers


def test_catalogue_lists_the_libraries_of_the_run_image(built: Built) -> None:
    folders = ("/lib/x86_64-linux-gnu", "/usr/lib")
    listing = docker("run", "--rm", "--entrypoint", "ls", built.image, "-1", *folders)
    listed = {name for name in listing.splitlines() if ".so" in name}
    # Debian's updates change the numbers behind the version.
    stable = {name for name in read_catalogue().libraries if name.count(".") < 4}
    assert stable - listed == set()
    assert {name for name in listed if name.count(".") < 4} - read_catalogue().libraries == set()


def test_app_dir_is_unchanged_and_readable_by_any_user(
    built: Built,
) -> None:
    with container.started(built.image, _OPERATOR) as running:
        running.wait_ready()
        status, answer = running.post("/predict", {"data": {"ndarray": [[1]]}})
        assert status == 200, running.logs()
    said: dict[str, Any] = json.loads(answer["data"]["ndarray"][0][0])
    assert said == {
        "directory": "/workspace",
        "last of sys.path": "/workspace",
        "relative": "42",
        "where s2i put it": "42",
        "beside": "oui, non",
        "link": ["zahlen", "42"],
        "program": "geht",
        "private": "offen",
        "empty": [],
        "large": [_LARGE] * 3,
        "images": 20,
        "tests": [1, 2],
        "modes": {
            "geheim": "0o755",
            "geheim/Schlüssel.txt": "0o644",
            "bin/werkzeug": "0o755",
            "zahlen/schreibgeschützt.txt": "0o444",
        },
        "before-run": [
            "/workspace",
            "paquet.modèle.Modèle",
            "/layers/seldon_python/python-wrapper/venv/bin/python",
        ],
    }


def test_a_link_out_of_the_directory_is_said_to_lead_nowhere(built: Built) -> None:
    assert lines_of(built.ours, "Warning:") == [
        "  Warning: Links without a target in the image: gemeinsam."
    ]


def test_a_change_of_code_writes_no_large_file_again(built: Built, pack: Pack, app: Path) -> None:
    before = _layers(built.image)
    (app / "paquet/modèle.py").write_text(f"{_MODEL}\n# changed\n")
    again = pack.must_build(IMAGE, app, "--network", "none")
    large = "  Large files   36 MB in 3 separate layers  (reused after a change of code)"
    assert lines_of(built.ours, "Large files") == lines_of(again.ours, "Large files") == [large]
    assert lines_of(again.log, "Reused", "Added") == [
        "Reused 3/4 app layer(s)",
        "Added 1/4 app layer(s)",
    ]
    assert len(set(_layers(again.image)) - set(before)) == 1


def test_before_run_failure_is_reported_with_its_exit_code(built: Built) -> None:
    done = subprocess.run(
        ["docker", "run", "--rm", "-e", "FAIL=3", built.image],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (
        3,
        "",
        "seldon-serve: Running before-run.\n"
        "no rows in the store\n"
        "ERROR: before-run failed with exit code 3.\n"
        "  The model does not start, because before-run failed.\n"
        "  Fix: Correct it, or remove its execute permission.\n",
    )


def test_shadowed_modules_are_known_when_the_layer_is_reused(
    pack: Pack, source: Callable[..., Path], tmp_path: Path
) -> None:
    wheels = [packages.wheel(tmp_path, name, "1.0") for name in ("helpers", "tests")]
    model = "import helpers\nimport tests\n\n\nclass {0}:\n    def predict(self, X, names=None):\n        return [[helpers.SAYS, tests.SAYS]]\n"
    app = source(
        {
            **{f"wheels/{wheel.name}": wheel.read_bytes() for wheel in wheels},
            "requirements.txt": "helpers\ntests\n",
            "Model.py": model.format("Model"),
            "helpers.py": model.format("helpers"),
            "tests/__init__.py": "SAYS = 'mine'\n",
            "before-run": "#!/bin/sh\nexit 1\n",
        }
    )
    told = {"PIP_FIND_LINKS": "wheels", "PIP_NO_INDEX": "1", "MODEL_NAME": "Model"}
    image = "seldon-test-hidden"
    built = pack.must_build(image, app, "--network", "none", env=told)
    assert lines_of(built.ours, "Warning:") == [
        "  Warning: before-run is not executable, so it does not run before the model, as with s2i.",
        "  Warning: helpers.py is hidden by the installed package helpers, which has a module helpers too: Model.py imports that one.",
        "  Warning: tests/ is hidden by the installed package tests, which has a module tests too: Model.py imports that one.",
    ]
    with container.started(image) as running:
        running.wait_ready()
        assert running.post("/predict", {"data": {"ndarray": [[1]]}})[1]["data"]["ndarray"] == [
            ["helpers 1.0", "tests 1.0"]
        ]
    failed = pack.build(image, app, "--network", "none", env={**told, "MODEL_NAME": "helpers"})
    assert failed.code != 0
    assert "  requirements    reused\n" in failed.ours
    assert "ERROR: `helpers.py` is hidden by the installed package `helpers`\n" in failed.ours
