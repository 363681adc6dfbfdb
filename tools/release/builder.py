"""seldon/builder: the tools, the images and the buildpack, put together with pack."""

import contextlib
import fcntl
import os
import secrets
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.core.steps import ToolError, Workspace, digest, once, run
from tools.core.trees import tree_digest
from tools.dev import engine
from tools.dev.engine import Engine
from tools.release import bundle, gotools, images
from tools.release.images import Images

BUILDER = "seldon/builder"


@dataclass(frozen=True)
class Made:
    """A builder in an engine, and what it was made with."""

    engine: Engine
    pack: Path
    images: Images
    buildpack: Path
    """The assembled buildpack's directory."""


def create(ws: Workspace, pythons: Iterable[str] = ()) -> Made:
    """Make seldon/builder with everything it needs, from nothing if need be.

    ``pythons`` are the minors it carries beside the default; with none, those of the last time. Raises ToolError.
    """
    with alone(ws):
        docker = engine.ensure(ws)
        pack = gotools.pack(ws)
        lifecycle = gotools.lifecycle(ws)
        image = images.ensure(ws, docker, lifecycle)
        minors = carried(ws, pythons)
        remember_carried(ws, minors)
        buildpack = bundle.assemble(ws, minors)
        configure(ws, pack, image)
        config = placed(ws, "builder.toml", {"lifecycle.tgz": lifecycle, "buildpack": buildpack})
        key = {
            "config": digest(config),
            "lifecycle": digest(lifecycle),
            "buildpack": tree_digest(buildpack),
            "build image": images.image_id(docker, image.build) or "",
            "run image": images.image_id(docker, image.run) or "",
        }

        def make() -> None:
            run(pack, "builder", "create", BUILDER, "--config", config, env=environment(ws, docker))

        images.once_image(ws, docker, f"Builder {BUILDER}", BUILDER, key, make)
    return Made(docker, pack, image, buildpack)


def package(ws: Workspace, pythons: Iterable[str] = ()) -> Path:
    """The buildpack by itself as a file for other builders: seldon-python-VERSION.cnb in the work folder. Needs no engine."""
    with alone(ws):
        pack = gotools.pack(ws)
        buildpack = bundle.assemble(ws, carried(ws, pythons))
        config = placed(ws, "package.toml", {"buildpack": buildpack})
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

        once(
            ws,
            f"Package {target.name}",
            "package",
            {"config": digest(config), "buildpack": tree_digest(buildpack)},
            [target],
            make,
        )
    return target


def carried(ws: Workspace, pythons: Iterable[str]) -> tuple[str, ...]:
    """The Python minors to put into the builder: those asked for and the default; where none is asked for, those of the last time.

    Raises ToolError for one that versions.toml's python.supported does not name.
    """
    known = list(ws.versions["python"]["supported"])
    record = _carried_record(ws)
    wanted = list(pythons) or (record.read_text().split() if record.exists() else [])
    if unknown := sorted(set(wanted) - set(known)):
        raise ToolError(
            f"The builder cannot carry Python {', '.join(unknown)}.",
            f"Choose among {', '.join(known)}.",
        )
    return tuple(minor for minor in known if minor in {*wanted, ws.versions["python"]["default"]})


def remember_carried(ws: Workspace, minors: Iterable[str]) -> None:
    """Record the Pythons of the builder for the next time. Packages, releases and wheels leave the record alone."""
    record = _carried_record(ws)
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(" ".join(minors) + "\n")


def _carried_record(ws: Workspace) -> Path:
    return ws.work / "builder/pythons"


def configure(ws: Workspace, pack: Path, image: Images) -> None:
    """Set pack up, in a home of its own, so that ``pack build NAME --builder seldon/builder`` works as typed.

    The policy is never: with any other, pack asks a registry for the lifecycle image's digest even when the image is there.
    A second home does not trust the builder: ``--trust-builder=false`` does not overrule a configured trust.
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

        once(
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


def environment(ws: Workspace, docker: Engine, trusted: bool = True) -> Mapping[str, str]:
    """The variables with which ``pack`` and ``docker``, as typed, are these, find the engine, and find their caches again."""
    others = [part for part in os.environ.get("PATH", "").split(os.pathsep) if part != str(ws.bin)]
    return {
        "PATH": os.pathsep.join([str(ws.bin), *others]),
        "PACK_HOME": str(_pack_home(ws, trusted)),
        # pack keeps keys in its home too, but warns of losing them where it finds itself in a container.
        "PACK_VOLUME_KEY": (ws.work / "pack-volume-key").read_text(),
        **docker.environment,
    }


@contextlib.contextmanager
def alone(ws: Workspace) -> Iterator[None]:
    """One make at a time in a work folder; another waits."""
    ws.work.mkdir(parents=True, exist_ok=True)
    with (ws.work / "lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("    another make is at work in the work folder; waiting for it", flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def placed(
    ws: Workspace, name: str, places: Mapping[str, Path | str], folder: str = "builder"
) -> Path:
    """A copy, in a folder of the work folder, of a committed file in which each ``uri`` and ``image`` names its place.

    Raises ToolError where the file has no such stand-in, or has it twice.
    """
    text = (ws.checkout / name).read_text()
    for stand_in, place in places.items():
        if text.count(f' = "{stand_in}"\n') != 1:
            raise ToolError(
                f'{name} should have one line that ends with = "{stand_in}".', "Put it back."
            )
        text = text.replace(f' = "{stand_in}"\n', f' = "{place}"\n')
    copy = ws.work / folder / name
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(text)
    return copy


def _pack_home(ws: Workspace, trusted: bool = True) -> Path:
    return ws.work / ("pack-home" if trusted else "pack-home-untrusted")
