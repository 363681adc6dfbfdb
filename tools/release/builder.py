"""The builder, seldon/builder, which pack creates from the images and the buildpack."""

import contextlib
import fcntl
import os
import secrets
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.core.steps import ToolError, Workspace, digest_paths, run, run_once
from tools.core.trees import digest_tree
from tools.dev import engine
from tools.dev.engine import Engine
from tools.release import bundle, gotools, images, runtime_images
from tools.release.images import Images

BUILDER = "seldon/builder"


@dataclass(frozen=True, kw_only=True)
class Builder:
    """A builder in an engine, and what it was created from."""

    engine: Engine
    pack: Path
    images: Images
    # The assembled buildpack's directory.
    buildpack: Path


def create_builder(ws: Workspace, pythons: Iterable[str] = ()) -> Builder:
    """Create seldon/builder and everything it needs.

    ``pythons`` are the minor versions to bundle in addition to the default; if there are none,
    those of the last run are bundled.

    Raises:
        ToolError: A step failed.
    """
    with lock_work_folder(ws):
        docker = engine.ensure_engine(ws)
        pack = gotools.build_pack(ws)
        lifecycle = gotools.build_lifecycle(ws)
        image = images.ensure_images(ws, docker, lifecycle)
        minors = choose_pythons(ws, pythons)
        record_pythons(ws, minors)
        buildpack = bundle.assemble_buildpack(ws, minors)
        runtime_images.ensure_runtime_images(ws, docker, buildpack)
        configure_pack(ws, pack, image)
        config = fill_in_places(
            ws, "builder.toml", {"lifecycle.tgz": lifecycle, "buildpack": buildpack}
        )
        key = {
            "config": digest_paths(config),
            "lifecycle": digest_paths(lifecycle),
            "buildpack": digest_tree(buildpack),
            "build image": images.read_image_id(docker, image.runtime_build) or "",
            "run image": images.read_image_id(docker, image.runtime_run) or "",
        }

        def make() -> None:
            run(
                pack,
                "builder",
                "create",
                BUILDER,
                "--config",
                config,
                env=make_environment(ws, docker),
            )

        images.make_image_once(ws, docker, f"Builder {BUILDER}", BUILDER, key, make)
    return Builder(engine=docker, pack=pack, images=image, buildpack=buildpack)


def package_buildpack(ws: Workspace, pythons: Iterable[str] = ()) -> Path:
    """Package the buildpack as seldon-python-VERSION.cnb, for use in other builders.

    The file is in the work folder. No engine is needed.
    """
    with lock_work_folder(ws):
        pack = gotools.build_pack(ws)
        buildpack = bundle.assemble_buildpack(ws, choose_pythons(ws, pythons))
        config = fill_in_places(ws, "package.toml", {"buildpack": buildpack})
        version = tomllib.loads((buildpack / "buildpack.toml").read_text())["buildpack"]["version"]
        target = ws.work / f"seldon-python-{version}.cnb"

        def make() -> None:
            words: list[str | Path] = [
                "buildpack",
                "package",
                target,
                "--config",
                config,
                "--format",
                "file",
                "--pull-policy",
                "never",
            ]
            run(pack, *words, env={"PACK_HOME": str(_pack_home(ws))})

        run_once(
            ws,
            f"Package {target.name}",
            "package",
            {"config": digest_paths(config), "buildpack": digest_tree(buildpack)},
            [target],
            make,
        )
    return target


def choose_pythons(ws: Workspace, pythons: Iterable[str]) -> tuple[str, ...]:
    """Return the Python minor versions to bundle, which always include the default.

    They are those in ``pythons``, or those of the last builder if it is empty.

    Raises:
        ToolError: python.supported in versions.toml does not list a version.
    """
    known = list(ws.versions["python"]["supported"])
    record = _pythons_record(ws)
    wanted = list(pythons) or (record.read_text().split() if record.exists() else [])
    if unknown := sorted(set(wanted) - set(known)):
        raise ToolError(
            f"The builder cannot include Python {', '.join(unknown)}.",
            f"Choose among {', '.join(known)}.",
        )
    return tuple(minor for minor in known if minor in {*wanted, ws.versions["python"]["default"]})


def record_pythons(ws: Workspace, minors: Iterable[str]) -> None:
    """Record the builder's Pythons for the next run.

    Only make builder does this; package, publish and vendor don't.
    """
    record = _pythons_record(ws)
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(" ".join(minors) + "\n")


def _pythons_record(ws: Workspace) -> Path:
    return ws.work / "builder/pythons"


def configure_pack(ws: Workspace, pack: Path, image: Images) -> None:
    """Configure pack so that ``pack build NAME --builder seldon/builder`` works as typed.

    The configuration has its own home folder. The pull policy is never: with any other, pack
    queries a registry for the lifecycle image's digest even if the image exists locally. A second
    home does not trust the builder, because ``--trust-builder=false`` does not override a
    configured trust.
    """
    common = (("pull-policy", "never"), ("lifecycle-image", image.lifecycle))
    for trusted, settings in (
        (True, (*common, ("trusted-builders", "add", BUILDER))),
        (False, common),
    ):
        home = _pack_home(ws, trusted)

        def make(home: Path = home, settings: tuple[tuple[str, ...], ...] = settings) -> None:
            home.mkdir(parents=True, exist_ok=True)
            (home / "config.toml").unlink(missing_ok=True)
            for words in settings:
                run(pack, "config", *words, env={"PACK_HOME": str(home)})

        run_once(
            ws,
            f"pack: configuring {home.name}",
            home.name,
            {"settings": repr(settings)},
            [home / "config.toml"],
            make,
        )
    key = ws.work / "pack-volume-key"
    if not key.exists():
        key.write_text(secrets.token_hex(16))


def make_environment(ws: Workspace, docker: Engine, trusted: bool = True) -> Mapping[str, str]:
    """Return the variables that make ``pack`` and ``docker`` use our tools, engine and caches."""
    folders = [part for part in os.environ.get("PATH", "").split(os.pathsep) if part != str(ws.bin)]
    return {
        "PATH": os.pathsep.join([str(ws.bin), *folders]),
        "PACK_HOME": str(_pack_home(ws, trusted)),
        # pack stores keys in its home too, but in a container it warns that they will be lost.
        "PACK_VOLUME_KEY": (ws.work / "pack-volume-key").read_text(),
        **docker.environment,
    }


@contextlib.contextmanager
def lock_work_folder(ws: Workspace) -> Iterator[None]:
    """Lock the work folder: a second make waits for the first."""
    ws.work.mkdir(parents=True, exist_ok=True)
    with (ws.work / "lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("    another make is using the work folder; waiting for it", flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def fill_in_places(
    ws: Workspace, name: str, places: Mapping[str, Path | str], folder: str = "builder"
) -> Path:
    """Copy a file to the work folder, with each ``uri`` and ``image`` set to its location.

    Raises:
        ToolError: The file does not have a placeholder, or has it twice.
    """
    text = (ws.checkout / name).read_text()
    for stand_in, place in places.items():
        if text.count(f' = "{stand_in}"\n') != 1:
            raise ToolError(
                f'{name} should have one line that ends with = "{stand_in}".', "Restore it."
            )
        text = text.replace(f' = "{stand_in}"\n', f' = "{place}"\n')
    copy = ws.work / folder / name
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(text)
    return copy


def _pack_home(ws: Workspace, trusted: bool = True) -> Path:
    return ws.work / ("pack-home" if trusted else "pack-home-untrusted")
