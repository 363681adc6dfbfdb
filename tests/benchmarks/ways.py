"""The two ways from a model's directory to an image in the engine."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.share import detect_and_build
from tests.benchmarks.timing import Timed, timed
from tools.core.steps import Workspace, announce, run
from tools.release import interpreters
from tools.release.builder import BUILDER, Builder

# Nobody's registry answers under this name: s2i asks the registry for its builder image's labels first, whatever its pull policy is.
S2I_BUILDER = "localhost/seldon-bench-s2i"
# Seldon's own image has this Python, for which protobuf 3.20 has compiled code.
SELDONS_PYTHON = "3.8"
_OWN_TIMES = 15
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Way:
    """``build`` makes the image of that name from a directory; ``parts`` are how the lines begin that open its parts.

    ``own`` gives the seconds that this project's programs take in a rebuild of an image from a directory, several times measured.
    """

    name: str
    build: Callable[[str, Path], Timed]
    parts: Mapping[str, str]
    own: Callable[[str, Path], Sequence[float]]


def with_s2i(program: Path, builder: str = S2I_BUILDER, name: str = "s2i") -> Way:
    """``s2i build``, as its users type it. Its --incremental changes nothing: Seldon's images have no save-artifacts script."""
    parts = {
        "s2i itself": "",
        "copying the source": "---> Copying the source",
        "pip install -r requirements.txt": "---> Installing requirements",
        "licences: pip install pip-licenses, pip-licenses twice": "---> Collecting licences",
        "committing the container": "---> Assembled",
    }
    return Way(
        name,
        lambda image, source: timed([str(program), "build", str(source), builder, image]),
        parts,
        lambda _image, _source: (),
    )


def with_pack(ws: Workspace, made: Builder) -> Way:
    """``pack build``, as its users type it."""
    flags = ["--builder", BUILDER, "--no-color", *made.engine.pack_flags]
    parts = {
        "pack itself": "",
        "lifecycle: analyze": "===> ANALYZING",
        "detect": "===> DETECTING",
        "lifecycle: restore": "===> RESTORING",
        "build: reading the model": "===> BUILDING",
        "build: layer requirements": "requirements ",
        "build: layer python-wrapper": "python-wrapper ",
        "build: layer python": "python ",
        "build: layer watcher": "watcher ",
        "build: the rest": "Run it ",
        "lifecycle: layers into archives": "===> EXPORTING",
        "lifecycle: archives into the engine": "Saving ",
        "lifecycle: storing the cache; pack's end": "*** Images",
    }

    def own(image: str, source: Path) -> Sequence[float]:
        return detect_and_build(ws, image, source, _OWN_TIMES)

    return Way(
        "pack",
        lambda image, source: timed(
            [str(made.pack), "build", image, "--path", str(source), *flags]
        ),
        parts,
        own,
    )


def s2i_builder(minor: str) -> str:
    """The name of the s2i builder image with that Python."""
    return f"{S2I_BUILDER}-py{minor.replace('.', '')}"


def make_s2i_builder(ws: Workspace, made: Builder, minor: str = "") -> None:
    """Build our own s2i builder image, with our Python or another. Raises ToolError."""
    bundle, name = made.buildpack / "bundle", s2i_builder(minor) if minor else S2I_BUILDER
    minor = minor or ws.versions["python"]["default"]
    python = interpreters.provide_pythons(ws, (minor,))[minor]
    release = ws.versions["wrapper"]["seldon_core"]
    with (
        announce(f"s2i's builder image {name}"),
        TemporaryDirectory(prefix="s2i-") as folder,
    ):
        context = Path(folder) / "context"
        shutil.copytree(_HERE / "s2i", context)
        shutil.copytree(python.prefix, context / "python", symlinks=True)
        shutil.copytree(bundle / "wheels", context / "wheels")
        shutil.copy(
            bundle / f"locks/seldon-core-{release}/upstream/py{minor}.txt", context / "wrapper.txt"
        )
        pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes")
        newest = context / f"pip-py{minor.replace('.', '')}.txt"
        run(*pip, "-r", newest if newest.exists() else context / "pip.txt", "-d", context / "pip")
        arguments = (f"base={made.images.build}", f"minor={minor}")
        run(
            "docker",
            "build",
            "--quiet",
            "--force-rm",
            "--tag",
            name,
            *(word for argument in arguments for word in ("--build-arg", argument)),
            context,
            env={"DOCKER_BUILDKIT": "0"},
        )


def forget(*names: str) -> None:
    """Remove images, each with all its tags, and what pack has cached for them; what is not there does not matter."""
    for name in names:
        tags = _quietly(
            "docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", name
        ).split()
        volumes = _quietly(
            "docker", "volume", "ls", "--quiet", "--filter", f"name=pack-cache-library_{name}_"
        ).split()
        for kind, found in (("image", tags), ("volume", volumes)):
            if found:
                _quietly("docker", kind, "rm", "--force", *found)


def _quietly(*words: str) -> str:
    return subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False
    ).stdout
