"""Builds by the real uv, without a network: a reused layer is what a build from nothing would make."""

import io
import os
import shutil
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

from seldon_buildpack import planning
from seldon_buildpack.build import read_project
from seldon_buildpack.bundle import Bundle, BundledTree
from seldon_buildpack.cnb.layers import Layer, Types
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.context import BuildContext
from seldon_buildpack.log import Log
from tests.images.stale_inside import digest
from tests.support import stale_layers
from tests.support.carried import written
from tests.support.stale_layers import Kind, Source

MINOR = f"{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """This machine's uv and Python, and a wrapper that requires nothing."""
    root = tmp_path_factory.mktemp("bundle")
    for link, target in (("bin/uv", find_uv_bin()), (f"pythons/{MINOR}", sys.base_prefix)):
        (root / link).parent.mkdir()
        (root / link).symlink_to(target)
    written(root / f"locks/seldon-core-1.17.1/upstream/py{MINOR}.txt", "seldon-core==1.17.1\n")
    info = f"lib/python{MINOR}/site-packages/seldon_core-1.17.1.dist-info"
    wrapper = root / f"wrappers/upstream/{MINOR}"
    written(
        wrapper / info / "METADATA", "Metadata-Version: 2.1\nName: seldon-core\nVersion: 1.17.1\n"
    )
    written(wrapper / info / "RECORD", "")
    (wrapper / "bin").mkdir()
    interpreter = BundledTree(f"{MINOR}.{sys.version_info[2]}", "digest")
    wrappers = {MINOR: {"upstream": BundledTree("1.17.1", "digest")}}
    return Bundle(
        root=root,
        buildpack_version="1.0.0",
        default_python=MINOR,
        pythons={MINOR: interpreter},
        wrappers=wrappers,
        watchers={},
        catalogue="",
    )


# Two builds each, so not all: tests/images/test_stale_layers.py has the others.
TRIED = (
    (stale_layers.WITHOUT_INDEX, ("Plain.py", "needs.list", "lists/1.0.list", "FLAG")),
    (stale_layers.UV_LOCK, ("Plain.py", "uv.lock", "wheels/one-1.0-py3-none-any.whl")),
)


class Place:
    """Directories that stay the same from build to build."""

    def __init__(self, root: Path, bundle: Bundle) -> None:
        self.root, self.bundle, self.layers = root, bundle, root / "layers"

    def build(self, source: Source, restored: Path | None) -> str:
        """Build with what the lifecycle restores of an earlier build, and return the content of the requirements, "" for a reused layer."""
        for folder in ("app", "platform", "layers", "scratch"):
            shutil.rmtree(self.root / folder, ignore_errors=True)
        source.write(self.root, "")
        (self.root / "scratch").mkdir()
        self.layers.mkdir()
        if restored:
            for path in restored.iterdir():
                (shutil.copytree if path.is_dir() else shutil.copy)(path, self.layers / path.name)
        base = {"PATH": os.environ["PATH"], "HOME": str(self.root)}
        env = {"BP_PYTHON_VERSION": MINOR, "BP_DEV_PROCESS": "false", **source.given, **source.env}
        target = " ".join(source.target.values())
        platform = Platform(
            app=self.root / "app",
            buildpack=self.bundle.root,
            layers=self.layers,
            env=env,
            base_env=base,
            target=target,
        )
        log = Log(io.StringIO())
        context = BuildContext(
            platform=platform, bundle=self.bundle, log=log, scratch=self.root / "scratch"
        )
        plan = planning.plan_layers(context, read_project(context))
        for name, key in (("python", plan.python.key), ("python-wrapper", plan.wrappers[0].key)):
            Layer(self.layers, name).finish(Types(launch=True), key)
        plan.provide()
        made = self.layers / "requirements"
        return digest(made) if made.is_dir() else ""

    def keep(self) -> Path:
        """Return what the lifecycle restores of the last build."""
        kept = self.root / "kept"
        kept.mkdir()
        for path in self.layers.iterdir():
            if path.suffix == ".toml" or path.name == "cache":
                path.rename(kept / path.name)
        return kept


@pytest.mark.parametrize(("kind", "changes"), TRIED, ids=lambda each: getattr(each, "name", ""))
def test_reused_layer_is_what_a_build_from_nothing_makes(
    tmp_path: Path, bundle: Bundle, kind: Kind, changes: tuple[str, ...]
) -> None:
    place = Place(tmp_path, bundle)
    first = place.build(kind.source, None)
    kept = place.keep()
    for name in changes:
        again = place.build(kind.after(name), kept)
        assert bool(again) == (name in kind.rebuilds), name
        assert (again or first) == place.build(kind.after(name), None), name


def test_cache_is_for_the_target_that_it_was_compiled_for(tmp_path: Path, bundle: Bundle) -> None:
    """Uv's own keys do not have the target."""
    place = Place(tmp_path, bundle)
    place.build(stale_layers.WITHOUT_INDEX.source, None)
    assert (place.layers / "cache/built-with").read_text().endswith(" bookworm")


def test_table_in_the_docs_is_that_of_the_tests() -> None:
    page = Path(__file__).parents[2] / "docs/how-a-build-works.md"
    assert stale_layers.table() in page.read_text()
