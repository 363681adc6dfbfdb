"""Real builds: the builder is made once a session, and an image that several tests look at is built once."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conda import channel
from tools import builder, gotools
from tools.builder import Made
from tools.steps import Workspace

_BUILD_SECONDS = 600


@dataclass(frozen=True)
class Built:
    """A finished ``pack build``: its image, exit code, all it printed, and the seconds it took."""

    image: str
    code: int
    log: str
    seconds: float

    @property
    def ours(self) -> str:
        """What the buildpack printed in the build phase, durations replaced, as a user sees it."""
        lines = [_without_prefix(line) for line in self.log.splitlines()]
        start = next((number for number, line in enumerate(lines) if line.startswith("Seldon Python buildpack")), len(lines))
        end = next(
            (n for n, line in enumerate(lines) if n > start and line.startswith(("===> EXPORTING", "ERROR: failed to build"))), len(lines)
        )
        return re.sub(r"in \d+(\.\d+)? ?(ms|s)\b", "in N s", "\n".join(lines[start:end])).strip() + "\n"


def _without_prefix(line: str) -> str:
    return re.sub(r"^\x1b\[[0-9;]*m|\x1b\[[0-9;]*m", "", line).removeprefix("[builder] ").removeprefix("[detector] ").rstrip()


@dataclass
class Pack:
    """The real pack with the session's builder; images and their caches are removed at the end."""

    made: Made
    environment: Mapping[str, str]
    images: set[str] = field(default_factory=set)

    def build(
        self, image: str, path: Path, *flags: str, env: Mapping[str, str] | None = None, builder_image: str = builder.BUILDER
    ) -> Built:
        """Build a directory; ``env`` becomes --env flags. The exit code is for the test to judge."""
        self.images.add(image)
        words = [word for name, value in (env or {}).items() for word in ("--env", f"{name}={value}")]
        command = [
            str(self.made.pack),
            "build",
            image,
            "--builder",
            builder_image,
            "--path",
            str(path),
            "--no-color",
            *self.made.engine.pack_flags,
        ]
        start = time.monotonic()
        done = subprocess.run(
            [*command, *words, *flags],
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_BUILD_SECONDS,
            check=False,
        )
        return Built(image, done.returncode, done.stdout, time.monotonic() - start)

    def must_build(
        self, image: str, path: Path, *flags: str, env: Mapping[str, str] | None = None, builder_image: str = builder.BUILDER
    ) -> Built:
        """The same for a build that has to succeed."""
        built = self.build(image, path, *flags, env=env, builder_image=builder_image)
        assert built.code == 0, built.log
        return built


@pytest.fixture(scope="session")
def workspace() -> Workspace:
    return Workspace.from_environment()


@pytest.fixture(scope="session")
def pack(workspace: Workspace) -> Iterator[Pack]:
    # One Python beside the default, whatever this machine's builder carried before: carried and not carried are both tested.
    made = builder.create(workspace, ("3.9", "3.12"))
    pack = Pack(made, builder.environment(workspace, made.engine))
    yield pack
    for image in pack.images:
        # `pack build` names its cache volumes after the image; the image may not exist where the build had to fail.
        subprocess.run(["docker", "rmi", "-f", image], capture_output=True, check=False)
    volumes = subprocess.run(
        ["docker", "volume", "ls", "-q", "--filter", "name=pack-cache-"], capture_output=True, text=True, check=False
    ).stdout.split()
    ours = [volume for volume in volumes if any(image.replace("/", "_") in volume for image in pack.images)]
    if ours:
        subprocess.run(["docker", "volume", "rm", *ours], capture_output=True, check=False)


@pytest.fixture(scope="session")
def untrusting(pack: Pack, workspace: Workspace) -> Pack:
    """The same pack, not told to trust the builder: each phase runs in a container of its own."""
    return Pack(pack.made, builder.environment(workspace, pack.made.engine, trusted=False), pack.images)


@pytest.fixture(scope="session")
def s2i(workspace: Workspace) -> Path:
    """The real s2i, built where it is not there yet (47 s on two cores)."""
    return gotools.s2i(workspace)


@pytest.fixture(scope="session")
def bundle(pack: Pack) -> Path:
    """What the buildpack carries, on this machine."""
    return pack.made.buildpack / "bundle"


@pytest.fixture(scope="session")
def uv(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., None]:
    """Run the bundled uv as a user does who locks a project; ``env`` is what the user's shell has set."""
    cache = str(tmp_path_factory.mktemp("uv-cache"))

    def run(app: Path, *words: str, env: Mapping[str, str] | None = None) -> None:
        command = [str(bundle / "bin/uv"), *words, "--python", sys.executable, "--quiet"]
        told = {"PATH": os.environ["PATH"], "UV_CACHE_DIR": cache, "UV_SYSTEM_CERTS": "1", **(env or {})}
        subprocess.run(command, cwd=app, env=told, check=True, timeout=60)

    return run


@pytest.fixture(scope="session")
def samples() -> Path:
    return Path(__file__).parent.parent.parent / "samples"


@pytest.fixture(scope="session")
def channels(workspace: Workspace) -> Path:
    """The folder of conda channels of our own, made where it is not there yet (90 s on two cores)."""
    return channel.build(workspace)


@pytest.fixture
def source(tmp_path: Path) -> Callable[..., Path]:
    """Write a source directory: file name to text or bytes."""

    def write(files: Mapping[str, str | bytes], base: Path | None = None) -> Path:
        app = tmp_path / "my-model"
        if base:
            shutil.copytree(base, app)
        for name, content in files.items():
            path = app / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return app

    return write


@pytest.fixture(scope="session")
def minimal(pack: Pack, samples: Path) -> Built:
    """The sample without packages, built for the first time."""
    return pack.must_build("seldon-test-minimal", samples / "minimal", "--clear-cache")


@pytest.fixture(scope="session")
def iris(pack: Pack, samples: Path) -> Built:
    """The scikit-learn sample, built for the first time."""
    return pack.must_build("seldon-test-iris", samples / "sklearn-iris", "--clear-cache")


def docker(*words: str) -> str:
    """Standard output of a docker command that has to succeed."""
    return subprocess.run(["docker", *words], check=True, capture_output=True, text=True, timeout=120).stdout


def lines_of(log: str, *prefixes: str) -> Sequence[str]:
    """The log's lines that start with one of the prefixes."""
    return [line for line in log.splitlines() if line.strip().startswith(prefixes)]
