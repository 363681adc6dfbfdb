"""Constraints, locks and a conda environment's pip section say which Pythons have wheels."""

import io
from collections.abc import Mapping
from pathlib import Path

import pytest

from seldon_buildpack.build import read_project
from seldon_buildpack.cnb.layers import Layer, Types
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.context import BuildContext
from seldon_buildpack.log import Log
from seldon_buildpack.planning import plan
from seldon_buildpack.python_version import PythonChoice
from tests.support.carried import carrying
from tests.support.simple_index import Files, SimpleIndex, simple_index, wheels

INDEX: Files = {
    "numpy": [
        *wheels("numpy", "1.19.4", 6, 7, 8, 9),
        *wheels("numpy", "1.26.0", 9, 10, 11, 12),
        *wheels("numpy", "2.1.0", 10, 11, 12, 13),
    ],
    "six": ["six-1.16.0-py2.py3-none-any.whl"],
}
MODEL = "class M:\n    def predict(self, X, names=None):\n        return X\n"
FILES = [name if isinstance(name, str) else name[0] for name in INDEX["numpy"]]
OLD = [name for name in FILES if "1.19.4" in name and name.endswith(".whl")]
UV_LOCK = """version = 1
requires-python = ">=3.7"
[[package]]
name = "m"
version = "1"
source = {{ virtual = "." }}
dependencies = [{{ name = "numpy", marker = "{marker}" }}]
[[package]]
name = "numpy"
version = "1.19.4"
source = {{ registry = "https://nowhere.invalid/simple" }}
wheels = [{wheels}]
"""
PYLOCK = """lock-version = "1.0"
created-by = "x"
requires-python = ">=3.7"
[[packages]]
name = "numpy"
version = "1.19.4"
{wheels}
"""


def uv_lock(marker: str = "python_version >= '3'") -> Mapping[str, str]:
    listed = ", ".join(f'{{ url = "https://nowhere.invalid/{name}" }}' for name in OLD)
    return {
        "pyproject.toml": '[project]\nname = "m"\nversion = "1"\ndependencies = ["numpy"]\n',
        "uv.lock": UV_LOCK.format(marker=marker, wheels=listed),
    }


def pylock() -> Mapping[str, str]:
    entries = "".join(
        f'[[packages.wheels]]\nurl = "https://nowhere.invalid/{name}"\nhashes = {{sha256 = "0"}}\n'
        for name in OLD
    )
    return {"pylock.toml": PYLOCK.format(wheels=entries)}


CONDA = "dependencies: [pip, {{pip: [{pins}]}}]\n"


def context(
    root: Path, index: SimpleIndex, files: Mapping[str, str], env: Mapping[str, str]
) -> BuildContext:
    for name, text in {"M.py": MODEL, **files}.items():
        (root / "app").mkdir(exist_ok=True)
        (root / "app" / name).write_text(text)
    platform = Platform(
        app=root / "app",
        buildpack=root,
        layers=root / "layers",
        env={"MODEL_NAME": "M", "PIP_INDEX_URL": index.url, **env},
        base_env={},
        bindings=root / "none",
        target="linux",
    )
    bundle = carrying(root / "bundle")
    return BuildContext(platform=platform, bundle=bundle, log=Log(io.StringIO()), scratch=root)


def choose(root: Path, index: SimpleIndex, files: Mapping[str, str], **env: str) -> PythonChoice:
    return read_project(context(root, index, files, env)).python


@pytest.mark.parametrize(
    ("files", "env", "python"),
    [
        ({"requirements.txt": "numpy\n-c limits.txt\n", "limits.txt": "numpy==1.19.4\n"}, {}, "3.9"),
        ({"requirements.txt": "numpy>=1\n", "limits.txt": "numpy==1.19.4\n"}, {"PIP_CONSTRAINT": "limits.txt"}, "3.9"),
        ({"requirements.txt": "six==1.16.0\n-c limits.txt\n", "limits.txt": "numpy==1.19.4\n"}, {}, "3.12"),
        ({"requirements.txt": "numpy\n-c limits.txt\n", "limits.txt": "numpy==1.19.4; python_version < '3.9'\n"}, {}, "3.12"),
        ({"requirements.txt": "numpy\n-c limits.txt\n", "limits.txt": "numpy==1.19.4; python_version > '3.6'\n"}, {}, "3.9"),
        ({"requirements.txt": "numpy\n", "limits.txt": "numpy==1.19.4\n"}, {"PIP_BUILD_CONSTRAINT": "limits.txt"}, "3.12"),
        (uv_lock(), {}, "3.9"),
        (uv_lock("python_version < '3.9'"), {}, "3.12"),
        (uv_lock("sys_platform == 'win32'"), {}, "3.12"),
        (pylock(), {}, "3.9"),
        ({"environment.yml": CONDA.format(pins="numpy==1.19.4")}, {}, "3.9"),
        ({"environment.yml": CONDA.format(pins="numpy==1.26.0")}, {}, "3.12"),
        ({"environment.yml": "dependencies: [python=3.12, {pip: [numpy==1.19.4]}]\n"}, {}, "3.12"),
    ],
)  # fmt: skip
def test_python_has_wheels_for_what_is_bounded_elsewhere(
    tmp_path: Path, files: Mapping[str, str], env: dict[str, str], python: str
) -> None:
    with simple_index(INDEX) as index:
        choice = choose(tmp_path, index, files, **env)
    assert choice.spec == python
    assert ("numpy" in choice.source.describe()) is (python == "3.9")


def test_lock_itself_lists_its_wheels(tmp_path: Path) -> None:
    with simple_index(INDEX) as index:
        choose(tmp_path, index, uv_lock())
        assert index.asked == []


def test_requested_python_stays_with_a_warning(tmp_path: Path) -> None:
    with simple_index(INDEX) as index:
        choice = choose(tmp_path, index, uv_lock(), BP_PYTHON_VERSION="3.12")
    assert choice.spec == "3.12"
    assert any("numpy==1.19.4" in advice.found for advice in choice.advice)


def test_rebuild_of_a_conda_environment_asks_no_index(tmp_path: Path) -> None:
    files = {"environment.yml": CONDA.format(pins="numpy==1.19.4")}
    with simple_index(INDEX) as index:
        around = context(tmp_path, index, files, {})
        planned = plan(around, read_project(around))
        evidence = dict(planned.conda.evidence)  # type: ignore[attr-defined]
        (tmp_path / "layers").mkdir()
        Layer(tmp_path / "layers", "conda").finish(Types(launch=True), evidence)
        index.asked.clear()
        again = read_project(context(tmp_path, index, files, {})).python
        assert index.asked == []
    assert again.spec == "3.9"
