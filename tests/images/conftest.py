"""Real builds: the builder is made once a session, and an image that several tests look at is built once."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.conda import channel
from tools.core.steps import Workspace
from tools.release import builder, gotools
from tools.release.builder import Builder

_BUILD_SECONDS = 600
# Two workers may be at work in one engine; what both build is named apart.
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "alone")


@dataclass(frozen=True)
class Built:
    """A finished ``pack build``: its image, exit code, all it printed, and the seconds it took."""

    image: str
    code: int
    log: str
    seconds: float

    @property
    def ours(self) -> str:
        """What the buildpack printed in the build phase, as a user sees it, with N for measured values."""
        lines = [_without_prefix(line) for line in self.log.splitlines()]
        start = next(
            (
                number
                for number, line in enumerate(lines)
                if line.startswith("Seldon Python buildpack")
            ),
            len(lines),
        )
        end = next(
            (
                n
                for n, line in enumerate(lines)
                if n > start and line.startswith(("===> EXPORTING", "ERROR: failed to build"))
            ),
            len(lines),
        )
        text = re.sub(r"in \d+(\.\d+)? ?(ms|s)\b", "in N s", "\n".join(lines[start:end]))
        return re.sub(r"( in N s, )\d+ MB\b", r"\1N MB", text).strip() + "\n"


def _without_prefix(line: str) -> str:
    return (
        re.sub(r"^\x1b\[[0-9;]*m|\x1b\[[0-9;]*m", "", line)
        .removeprefix("[builder] ")
        .removeprefix("[detector] ")
        .rstrip()
    )


@dataclass
class Pack:
    """The real pack with the session's builder; images and their caches are removed after each module, or at the end."""

    made: Builder
    environment: Mapping[str, str]
    images: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    """All that was built, also what a later build has taken the name from."""
    shared: set[str] = field(default_factory=set)
    """Built once, for the tests of several modules."""

    def build(
        self,
        image: str,
        path: Path,
        *flags: str,
        env: Mapping[str, str] | None = None,
        builder_image: str = builder.BUILDER,
    ) -> Built:
        """Build a directory; ``env`` becomes --env flags. The exit code is for the test to judge."""
        self.images.add(image)
        words = [
            word for name, value in (env or {}).items() for word in ("--env", f"{name}={value}")
        ]
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
        seconds = time.monotonic() - start
        self.ids.update(_lines("docker", "image", "ls", "--quiet", "--no-trunc", image))
        return Built(image, done.returncode, done.stdout, seconds)

    def must_build(
        self,
        image: str,
        path: Path,
        *flags: str,
        env: Mapping[str, str] | None = None,
        builder_image: str = builder.BUILDER,
    ) -> Built:
        """The same for a build that has to succeed."""
        built = self.build(image, path, *flags, env=env, builder_image=builder_image)
        assert built.code == 0, built.log
        return built

    def share(self, name: str, path: Path) -> Built:
        """Build an image for the first time that stays after the module."""
        image = f"seldon-test-{name}-{_WORKER}"
        self.shared.add(image)
        return self.must_build(image, path, "--clear-cache")

    def forget(self, kept: AbstractSet[str] = frozenset()) -> None:
        """Remove the images but the kept ones, what the same names stood for before, and their caches."""
        gone = self.images - kept
        # An image may not exist, where the build had to fail.
        for image in gone:
            _lines("docker", "rmi", "-f", image)
        nameless = self.ids.intersection(
            _lines("docker", "image", "ls", "--quiet", "--no-trunc", "--filter", "dangling=true")
        )
        # `pack build` names its cache volumes after the image.
        volumes = _lines("docker", "volume", "ls", "--quiet", "--filter", "name=pack-cache-")
        caches = [
            one
            for one in volumes
            if any(f"{image.replace('/', '_')}_latest-" in one for image in gone)
        ]
        if nameless:
            _lines("docker", "rmi", *nameless)
        if caches:
            _lines("docker", "volume", "rm", *caches)
        self.images -= gone
        self.ids -= nameless


@pytest.fixture(scope="session")
def workspace() -> Workspace:
    return Workspace.from_environment()


@pytest.fixture(scope="session")
def pack(workspace: Workspace) -> Iterator[Pack]:
    # One Python beside the default, whatever this machine's builder carried before: carried and not carried are both tested.
    made = builder.create_builder(workspace, ("3.9", "3.12"))
    pack = Pack(made, builder.make_environment(workspace, made.engine))
    yield pack
    pack.forget()


@pytest.fixture(scope="module", autouse=True)
def disk(pack: Pack) -> Iterator[None]:
    """What a module built goes with it: all modules' images and caches together have filled a disk."""
    yield
    pack.forget(pack.shared)


@pytest.fixture(scope="session")
def untrusting(pack: Pack, workspace: Workspace) -> Pack:
    """The same pack, not told to trust the builder: each phase runs in a container of its own."""
    return Pack(
        pack.made,
        builder.make_environment(workspace, pack.made.engine, trusted=False),
        pack.images,
        pack.ids,
        pack.shared,
    )


@pytest.fixture(scope="session")
def s2i(workspace: Workspace) -> Path:
    """The real s2i, built where it is not there yet (47 s on two cores)."""
    with builder.lock_work_folder(workspace):
        return gotools.build_s2i(workspace)


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
        told = {
            "PATH": os.environ["PATH"],
            "UV_CACHE_DIR": cache,
            "UV_SYSTEM_CERTS": "1",
            **(env or {}),
        }
        subprocess.run(command, cwd=app, env=told, check=True, timeout=60)

    return run


@pytest.fixture(scope="session")
def samples() -> Path:
    return Path(__file__).parent.parent.parent / "samples"


@pytest.fixture(scope="session")
def channels(workspace: Workspace) -> Path:
    """The folder of conda channels of our own, made where it is not there yet (90 s on two cores)."""
    with builder.lock_work_folder(workspace):
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
    return pack.share("minimal", samples / "minimal")


@pytest.fixture(scope="session")
def iris(pack: Pack, samples: Path) -> Built:
    """The scikit-learn sample, built for the first time."""
    return pack.share("iris", samples / "sklearn-iris")


def docker(*words: str) -> str:
    """Standard output of a docker command that has to succeed."""
    return subprocess.run(
        ["docker", *words], check=True, capture_output=True, text=True, timeout=120
    ).stdout


def _lines(*words: str) -> Sequence[str]:
    """What a command printed; nothing where it failed."""
    return subprocess.run(
        words, capture_output=True, text=True, timeout=120, check=False
    ).stdout.split()


def lines_of(log: str, *prefixes: str) -> Sequence[str]:
    """The log's lines that start with one of the prefixes."""
    return [line for line in log.splitlines() if line.strip().startswith(prefixes)]
