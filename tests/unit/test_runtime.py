"""Which run images the layers link to, and what BP_SELDON_RUNTIME does about the others."""

import io
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from seldon_buildpack import runtime
from seldon_buildpack.build import read_project
from seldon_buildpack.bundle import BundledTree
from seldon_buildpack.cnb.layers import Layer
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.cnb.run_image import RunImage, read_run_image
from seldon_buildpack.context import BuildContext
from seldon_buildpack.layers import python, python_wrapper
from seldon_buildpack.log import Log
from seldon_buildpack.messages.errors.runtime import (
    RuntimeModeUnknown,
    RuntimeNotForModel,
    RuntimeNotInBuilder,
    RuntimeNotInRunImage,
)
from seldon_buildpack.planning import plan_layers
from seldon_buildpack.runtime import Presence, Runtime
from seldon_buildpack.runtime_choice import RuntimeChoice, choose_runtime
from tests.support.carried import carrying
from tools.core.steps import Workspace
from tools.release.runtime import LAYERS, Series, read_series

SERIES = Series(suite="bookworm", python="3.12", number=1, seldon_core="1.17.1", pins="current")
MODEL = "class MyModel:\n    def predict(self, X, names):\n        return X\n"


class Build:
    """The directories of a build, and what is in them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.opt, self.cnb, self.app = root / "opt", root / "cnb", root / "app"
        self.layers = root / "layers/seldon_python"
        for folder in (self.opt, self.cnb, self.app, self.layers):
            folder.mkdir(parents=True)
        (self.app / "MyModel.py").write_text(MODEL)

    def describe(self) -> None:
        """Have the build image describe a runtime."""
        folder = self.opt / SERIES.name
        folder.mkdir()
        text = SERIES.describe().replace(str(LAYERS), str(self.layers))
        (folder / runtime.DESCRIPTION).write_text(text)

    def analyze(self, text: str) -> None:
        """Write what the lifecycle writes about the run image."""
        (self.layers.parent / "analyzed.toml").write_text(f"[run-image]\n{text}\n")

    def context(self, env: Mapping[str, str], stack_id: str = "") -> BuildContext:
        platform = Platform(
            app=self.app,
            buildpack=self.root,
            layers=self.layers,
            env=env,
            base_env={},
            bindings=self.root / "none",
            stack_id=stack_id,
        )
        bundle = replace(
            carrying(self.root / "bundle"), pythons={"3.12": BundledTree("3.12.1", "tree")}
        )
        log = Log(io.StringIO())
        return BuildContext(platform=platform, bundle=bundle, log=log, scratch=self.root)

    def choose(self, stack_id: str = "", **env: str) -> RuntimeChoice:
        context = self.context(env, stack_id)
        return choose_runtime(context, read_project(context), self.opt, self.cnb)


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return Build(tmp_path)


@pytest.fixture
def carried(build: Build) -> Build:
    """A build whose run image has the runtime."""
    build.describe()
    build.analyze(
        f'image = "seldon/run:{SERIES.tag}"\n[run-image.target]\nid = "{SERIES.id}"\nos = "linux"'
    )
    return build


def described(build: Build) -> Runtime:
    series = runtime.read_described(build.opt)
    assert series
    return series


def test_layers_link_to_the_run_image_with_the_same_id(carried: Build) -> None:
    assert carried.choose() == RuntimeChoice(described(carried))
    assert described(carried).cpython == carried.opt / "3.12-s1/cpython"


@pytest.mark.parametrize(
    ("target", "presence"),
    [
        (f'id = "{SERIES.id}"', Presence.YES),
        ('id = "seldon.io/run/bookworm-py3.12-s2"', Presence.OTHER_IMAGE),
        ('id = ""', Presence.OTHER_IMAGE),
        ('os = "linux"', Presence.OTHER_IMAGE),
        ("id = 3", Presence.OTHER_IMAGE),
    ],
)
def test_id_of_the_run_image_decides(carried: Build, target: str, presence: Presence) -> None:
    carried.analyze(f"[run-image.target]\n{target}")
    run = read_run_image(carried.layers, carried.cnb)
    assert runtime.find_presence(described(carried), run, SERIES.stack) is presence
    assert bool(carried.choose().runtime) == (presence is Presence.YES)


@pytest.mark.parametrize(
    ("reference", "builders", "stack", "presence"),
    [
        ("r/run@sha256:1", ("r/run@sha256:1",), SERIES.stack, Presence.YES),
        ("m/run@sha256:1", ("r/run@sha256:1", "m/run@sha256:1"), SERIES.stack, Presence.YES),
        ("r/run@sha256:2", ("r/run@sha256:1",), SERIES.stack, Presence.UNKNOWN),
        # One repository has images with and without the runtime.
        ("r/run@sha256:1", ("r/run:bookworm",), SERIES.stack, Presence.UNKNOWN),
        ("r/run@sha256:1", ("r/run@sha256:1",), "io.seldon.stacks.bookworm", Presence.UNKNOWN),
        ("", (), SERIES.stack, Presence.UNKNOWN),
    ],
)
def test_before_platform_0_12_the_reference_of_the_builder_decides(
    build: Build, reference: str, builders: tuple[str, ...], stack: str, presence: Presence
) -> None:
    build.describe()
    run = RunImage(reference=reference, of_builder=builders)
    assert runtime.find_presence(described(build), run, stack) is presence


def test_references_of_the_builder_are_read_from_stack_toml(build: Build) -> None:
    build.analyze('reference = "r/run@sha256:1"')
    (build.cnb / "stack.toml").write_text('[run-image]\nimage = "a"\nmirrors = ["b"]\n')
    expected = RunImage(reference="r/run@sha256:1", of_builder=("a", "b"))
    assert read_run_image(build.layers, build.cnb) == expected


@pytest.mark.parametrize("text", ["", "[run-image", "run-image = 1", "\xff"])
def test_unreadable_files_of_the_platform_mean_unknown(build: Build, text: str) -> None:
    (build.layers.parent / "analyzed.toml").write_bytes(text.encode("latin-1"))
    assert read_run_image(build.layers, build.cnb) == RunImage()


@pytest.mark.parametrize("text", ["", "id = 1", "[", "\xff"])
def test_incomplete_description_counts_as_none(build: Build, text: str) -> None:
    (build.opt / "3.12-s1").mkdir()
    (build.opt / "3.12-s1/runtime.toml").write_bytes(text.encode("latin-1"))
    assert runtime.read_described(build.opt) is None
    assert build.choose() == RuntimeChoice()


@pytest.mark.parametrize(
    ("files", "env"),
    [
        ({}, {"BP_SELDON_RUNTIME": "layers"}),
        ({}, {"BP_PYTHON_VERSION": "3.11"}),
        ({}, {"BP_PYTHON_VERSION": "3.12.1"}),
        ({"environment.yml": "dependencies: [python=3.12]\n"}, {}),
        ({"requirements.txt": "--require-hashes\nsix==1.16.0 --hash=sha256:" + "0" * 64}, {}),
        ({"pylock.toml": 'lock-version = "1.0"\ncreated-by = "t"\npackages = []\n'}, {}),
    ],
)
def test_other_models_have_full_layers_and_a_leaner_run_image(
    carried: Build, files: Mapping[str, str], env: Mapping[str, str]
) -> None:
    for name, text in files.items():
        (carried.app / name).write_text(text)
    assert carried.choose(**env) == RuntimeChoice(lean="seldon/run:bookworm")
    if "BP_SELDON_RUNTIME" not in env:
        with pytest.raises(RuntimeNotForModel):
            carried.choose(**env, BP_SELDON_RUNTIME="run-image")


def test_other_layers_directory_has_full_layers(carried: Build) -> None:
    description = carried.opt / "3.12-s1/runtime.toml"
    description.write_text(SERIES.describe())
    assert carried.choose().runtime is None


def test_runtime_that_is_not_there_is_an_error_if_required(build: Build) -> None:
    with pytest.raises(RuntimeNotInBuilder):
        build.choose(BP_SELDON_RUNTIME="run-image")
    build.describe()
    build.analyze('image = "other"\n[run-image.target]\nid = "other.id"')
    with pytest.raises(RuntimeNotInRunImage) as raised:
        build.choose(BP_SELDON_RUNTIME="Run-Image")
    assert "`other` has the label other.id." in "\n".join(raised.value.lines())


def test_required_runtime_is_believed_on_its_own_stack_only(build: Build) -> None:
    build.describe()
    build.analyze('reference = "r/run@sha256:1"')
    assert build.choose(stack_id=SERIES.stack) == RuntimeChoice()
    assert build.choose(stack_id=SERIES.stack, BP_SELDON_RUNTIME="run-image").runtime
    with pytest.raises(RuntimeNotInRunImage):
        build.choose(stack_id="other", BP_SELDON_RUNTIME="run-image")


def test_unknown_mode_is_an_error(build: Build) -> None:
    with pytest.raises(RuntimeModeUnknown):
        build.choose(BP_SELDON_RUNTIME="yes")


@pytest.mark.parametrize(("pins", "linked"), [("current", True), ("upstream", False)])
def test_wrapper_is_a_link_if_the_runtime_has_its_pins(
    carried: Build, pins: str, linked: bool
) -> None:
    context = carried.context({"BP_SELDON_PINS": pins})
    bundle = replace(
        context.bundle,
        wrappers={
            "3.12": {each: BundledTree("1.17.1", "tree") for each in ("upstream", "current")}
        },
    )
    context = replace(context, bundle=bundle)
    planned = plan_layers(context, read_project(context), described(carried))
    assert planned.python.runtime == described(carried)
    assert bool(planned.wrappers[0].runtime) == linked


def test_keys_name_the_series_and_not_its_content(carried: Build) -> None:
    def keys(digest: str) -> Mapping[str, str]:
        context = carried.context({})
        bundle = replace(
            context.bundle,
            pythons={"3.12": BundledTree("3.12.1", digest)},
            wrappers={
                "3.12": {pins: BundledTree("1.17.1", digest) for pins in ("current", "upstream")}
            },
        )
        context = replace(context, bundle=bundle)
        planned = plan_layers(context, read_project(context), described(carried))
        return planned.wrappers[0].key

    assert keys("one") == keys("two")


def test_link_layers_hold_links_and_a_check_of_the_run_image(carried: Build) -> None:
    context = carried.context({})
    planned = plan_layers(context, read_project(context), described(carried))
    layer = Layer(carried.layers, "python")
    python.make(layer, planned.python, planned.uv, (), planned.index, planned.mirror)
    assert python.home(layer).readlink() == carried.opt / "3.12-s1/cpython"
    assert (layer.path / "exec.d/runtime").stat().st_mode & 0o111
    wrapper = Layer(carried.layers, "python-wrapper")
    python_wrapper.make(
        wrapper,
        planned.wrappers[0],
        planned.python,
        layer,
        context.bundle,
        planned.uv,
        planned.index,
    )
    assert [path.name for path in wrapper.path.iterdir()] == ["venv"]
    assert (wrapper.path / "venv").readlink() == carried.opt / "3.12-s1/wrapper"


def test_series_of_the_release_is_what_the_configurations_name() -> None:
    ws = Workspace.from_environment()
    series = read_series(ws)
    assert f'"seldon/run:{series.tag}"' in (ws.checkout / "builder.toml").read_text()
    assert f'"seldon/build:{series.tag}"' in (ws.checkout / "builder.toml").read_text()


def test_start_on_a_run_image_without_the_runtime_is_explained(carried: Build) -> None:
    context = carried.context({})
    planned = plan_layers(context, read_project(context), described(carried))
    layer = Layer(carried.layers, "python")
    python.make(layer, planned.python, planned.uv, (), planned.index, planned.mirror)
    check = [layer.path / "exec.d/runtime"]
    missing = subprocess.run(check, capture_output=True, text=True)
    assert (missing.returncode, missing.stdout) == (1, "")
    assert missing.stderr == (
        "ERROR: This image is on a run image that does not contain its Python.\n"
        f"  Its layers link to {carried.opt}/3.12-s1, which only a run image with the label io.buildpacks.base.id={SERIES.id} contains.\n"
        "  Fix: Rebase it onto such a run image (pack rebase IMAGE --run-image RUN_IMAGE), or build it again.\n"
    )
    program = described(carried).cpython / "bin/python3"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    there = subprocess.run(check, capture_output=True, text=True)
    assert (there.returncode, there.stdout, there.stderr) == (0, "", "")
