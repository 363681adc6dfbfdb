"""A whole build in this process, by the real uv and this machine's Python, with recorded children."""

import io
import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import rattler
from uv import find_uv_bin

from seldon_buildpack import build as phase
from seldon_buildpack.bundle import Bundle, BundledTree
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.context import BuildContext
from seldon_buildpack.log import Log
from seldon_buildpack.messages.errors.base import BuildError
from tests.support.carried import written

MINOR = f"{sys.version_info[0]}.{sys.version_info[1]}"


@dataclass(frozen=True, kw_only=True)
class WholeBuild:
    """What came of a build."""

    log: str
    # None if the build succeeded.
    error: Exception | None
    # The source as it is in the image, and the layers.
    app: Path
    layers: Path
    # The environment and the command line of each child program, NUL between the words.
    children: tuple[tuple[str, bytes, bytes], ...]

    def pieces(self) -> Iterator[tuple[str, bytes]]:
        """Yield what a build leaves behind: the log, and each file with its name."""
        yield "the log", self.log.encode()
        for root in (self.app, self.layers):
            for path in sorted(root.rglob("*")):
                yield f"the name {path}", os.fsencode(path.relative_to(root))
                if path.is_symlink():
                    yield f"the link {path}", os.fsencode(path.readlink())
                elif path.is_file():
                    yield str(path.relative_to(root.parent)), path.read_bytes()


def make_bundle(root: Path, records: Path) -> Bundle:
    """Make a bundle of this machine's uv and Python, and a wrapper that requires nothing.

    Each run of uv, and of git by uv, writes its environment and its command line to ``records``.
    """
    records.mkdir()
    write_recorder(root / "bin/uv", find_uv_bin(), records)
    write_recorder(root / "programs/git", shutil.which("git") or "/bin/false", records)
    # Links, so that the layer `python` is small.
    for name in (f"bin/python{MINOR}", f"lib/python{MINOR}"):
        link = root / "pythons" / MINOR / name
        link.parent.mkdir(parents=True)
        link.symlink_to(Path(sys.base_prefix, name))
    (root / "libs").symlink_to(Path(str(rattler.__file__)).parent.parent)
    for name in ("bin/dumb-init", "bin/dumb-init.LICENSE"):
        written(root / name, "")
    written(root / f"locks/seldon-core-1.17.1/upstream/py{MINOR}.txt", "seldon-core==1.17.1\n")
    wrapper = root / f"wrappers/upstream/{MINOR}"
    info = wrapper / f"lib/python{MINOR}/site-packages/seldon_core-1.17.1.dist-info"
    written(info / "METADATA", "Metadata-Version: 2.1\nName: seldon-core\nVersion: 1.17.1\n")
    written(info / "RECORD", "")
    (wrapper / "bin").mkdir()
    version = f"{MINOR}.{sys.version_info[2]}"
    return Bundle(
        root=root,
        buildpack_version="1.0.0",
        default_python=MINOR,
        pythons={MINOR: BundledTree(version, "digest")},
        wrappers={MINOR: {"upstream": BundledTree("1.17.1", "digest")}},
        watchers={},
        catalogue="",
    )


def write_recorder(path: Path, program: str, records: Path) -> None:
    """Write a script that records how it was started and becomes the program."""
    folder = shlex.quote(str(records))
    written(
        path,
        f"#!/bin/sh\nfile={folder}/{path.name}.$$\ncat /proc/$$/environ > $file.env\n"
        f'cat /proc/$$/cmdline > $file.words\nexec {shlex.quote(program)} "$@"\n',
    )
    path.chmod(0o755)


def build_here(
    root: Path,
    bundle: Bundle,
    *,
    records: Path,
    env: Mapping[str, str],
    bindings: Path,
    base_env: Mapping[str, str] | None = None,
) -> WholeBuild:
    """Build the source in ``root/app``."""
    layers, scratch, out = root / "layers/seldon_python", root / "scratch", Log(io.StringIO())
    layers.mkdir(parents=True)
    scratch.mkdir()
    platform = Platform(
        app=root / "app",
        buildpack=bundle.root,
        layers=layers,
        env={"BP_PYTHON_VERSION": MINOR, "BP_DEV_PROCESS": "false", "MODEL_NAME": "M", **env},
        base_env={
            "PATH": f"{bundle.root}/programs:/usr/bin:/bin",
            "HOME": str(root),
            **(base_env or {}),
        },
        bindings=bindings,
        target="linux",
    )
    context = BuildContext(platform=platform, bundle=bundle, log=out, scratch=scratch)
    error: Exception | None = None
    try:
        phase.build(context)
    except BuildError as raised:
        error = raised
        for line in raised.lines():
            out.line(line)
    shutil.rmtree(scratch)
    assert isinstance(out.stream, io.StringIO)
    children = tuple(
        (file.name, file.read_bytes(), file.with_suffix(".words").read_bytes())
        for file in sorted(records.glob("*.env"))
    )
    for file in records.iterdir():
        file.unlink()
    return WholeBuild(
        log=out.stream.getvalue(), error=error, app=root / "app", layers=layers, children=children
    )
