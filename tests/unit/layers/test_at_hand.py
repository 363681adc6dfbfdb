"""What the trial of the model needs is provided where the bundle has it, and leaves no trace."""

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from seldon_buildpack.commands.uv import Uv
from seldon_buildpack.layers import python, python_wrapper
from seldon_buildpack.layers.pip_plan import PipPlan
from seldon_buildpack.layers.python import Python
from seldon_buildpack.layers.python_wrapper import Wrapper
from seldon_buildpack.log import Log
from seldon_buildpack.package_sources.indexes import Index
from seldon_buildpack.package_sources.mirror import Mirror
from tests.support.carried import carrying, written

MINOR = f"{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.fixture
def plan(tmp_path: Path) -> PipPlan:
    """A plan without requirements, whose layers are all reused."""
    tree = tmp_path / "wrapper"
    written(tree / f"lib/python{MINOR}/site-packages/seldon_core/__init__.py", "")
    interpreter = Python(
        minor=MINOR,
        request="",
        carried=Path(sys.base_prefix),
        identity="",
        catalogue="",
        buildpack="1",
    )
    (tmp_path / "layers").mkdir()
    log = Log(io.StringIO())
    return PipPlan(
        root=tmp_path / "layers",
        python=interpreter,
        wrappers=(
            Wrapper(
                version="1.17.1",
                pins="upstream",
                carried=tree,
                lock=tmp_path / "lock",
                bounds=None,
                key={},
            ),
        ),
        pins="",
        installation=None,
        watcher=None,
        index=Index(),
        mirror=Mirror(),
        bundle=carrying(tmp_path / "bundle"),
        uv=Uv(program=tmp_path / "uv", env={}, cache=tmp_path, log=log),
        log=log,
    )


def test_bundle_stands_in_for_reused_layers(plan: PipPlan) -> None:
    prefix = python_wrapper.environment(plan.layer(python_wrapper.NAME))
    with plan.at_hand() as is_at_hand:
        assert is_at_hand
        imported = subprocess.run(
            [prefix / "bin/python", "-c", "import seldon_core; print(seldon_core.__file__)"],
            check=True,
            capture_output=True,
            text=True,
            env={"PYTHONDONTWRITEBYTECODE": "1"},
        )
    assert imported.stdout.startswith(str(prefix))
    assert not list(plan.root.iterdir())


def test_layers_that_the_bundle_lacks_are_not_at_hand(plan: PipPlan) -> None:
    downloaded = replace(plan, python=replace(plan.python, carried=None))
    unlocked = replace(plan, wrappers=(replace(plan.wrappers[0], carried=None),))
    for lacking in (downloaded, unlocked):
        with lacking.at_hand() as is_at_hand:
            assert not is_at_hand
        assert not list(plan.root.iterdir())


def test_links_into_the_run_image_are_restored(plan: PipPlan) -> None:
    links = {
        python.home(plan.layer(python.NAME)): Path("/opt/nothing-here/cpython"),
        python_wrapper.environment(plan.layer(python_wrapper.NAME)): Path("/opt/nothing-here/w"),
    }
    for link, target in links.items():
        link.parent.mkdir()
        link.symlink_to(target)
    with plan.at_hand() as is_at_hand:
        assert is_at_hand
        prefix = python_wrapper.environment(plan.layer(python_wrapper.NAME))
        subprocess.run([prefix / "bin/python", "-c", "import seldon_core"], check=True)
    assert {link: link.readlink() for link in links} == links


def test_new_layers_are_used_and_stay(plan: PipPlan) -> None:
    for name in (python.NAME, python_wrapper.NAME):
        (plan.layer(name).path / "venv").mkdir(parents=True)
    python.home(plan.layer(python.NAME)).mkdir()
    with replace(plan, python=replace(plan.python, carried=None)).at_hand() as is_at_hand:
        assert is_at_hand
    assert {path.name for path in plan.root.iterdir()} == {python.NAME, python_wrapper.NAME}
