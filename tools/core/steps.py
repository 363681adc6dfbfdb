"""Build steps that print their name and duration, and are skipped if nothing changed."""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class ToolError(Exception):
    """A failed step: one sentence on what happened, and how to fix it."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(f"{problem}\n    {fix}")


@dataclass(frozen=True)
class Workspace:
    """The checkout, and the work folder for everything that is downloaded or built."""

    checkout: Path
    work: Path

    @classmethod
    def from_environment(cls) -> "Workspace":
        """Use this checkout and its ``.work``, or the folder named by SELDON_BUILDPACK_WORK."""
        checkout = Path(__file__).resolve().parents[2]
        return cls(
            checkout, Path(os.environ.get("SELDON_BUILDPACK_WORK") or checkout / ".work").resolve()
        )

    @property
    def bin(self) -> Path:
        """The folder of the programs: pack, s2i, uv."""
        return self.work / "bin"

    @property
    def versions(self) -> dict[str, Any]:
        """The content of tools/versions.toml."""
        return tomllib.loads((self.checkout / "tools/versions.toml").read_text())


@contextlib.contextmanager
def announce(title: str) -> Iterator[None]:
    """Print the title, run the body, and print how many seconds it took."""
    print(f"==> {title}", flush=True)
    start = time.monotonic()
    yield
    print(f"    done in {time.monotonic() - start:.1f} s", flush=True)


def run_once(
    ws: Workspace,
    title: str,
    name: str,
    key: Mapping[str, str],
    outputs: Sequence[Path],
    make: Callable[[], None],
    also: Callable[[], bool] = lambda: True,
) -> bool:
    """Run ``make`` unless it has already run with this key, and return whether it ran.

    It is skipped if the last run under this name had the same key, its outputs still exist, and
    ``also`` returns true. The stamp is only written after ``make`` has returned, so an interrupted
    step is repeated.
    """
    stamp = ws.work / "stamps" / f"{name}.json"
    wanted = json.dumps(dict(key), indent=1, sort_keys=True)
    if (
        stamp.is_file()
        and stamp.read_text() == wanted
        and all(output.exists() for output in outputs)
        and also()
    ):
        return False
    stamp.unlink(missing_ok=True)
    with announce(title):
        make()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(wanted)
    return True


def digest_paths(*paths: Path) -> str:
    """Return one SHA-256 of files and trees, ignoring bytecode caches.

    It covers names, modes, link targets and contents.
    """
    total = hashlib.sha256()
    for root in paths:
        for path in (
            sorted([root, *root.rglob("*")]) if root.is_dir() and not root.is_symlink() else [root]
        ):
            if "__pycache__" in path.parts:
                continue
            total.update(str(path.relative_to(root.parent)).encode() + b"\0")
            if path.is_symlink():
                total.update(b"link " + bytes(path.readlink()))
            elif path.is_file():
                total.update(
                    f"{path.stat().st_mode & 0o111:o} ".encode()
                    + hashlib.sha256(path.read_bytes()).digest()
                )
            total.update(b"\0")
    return total.hexdigest()


def run(
    *command: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 1800,
    quiet: bool = True,
    text: str | None = None,
) -> str:
    """Run a program and return its standard output.

    ``env`` is added to this process's environment; ``text`` is the program's standard input. With
    ``quiet`` the output is captured, and only shown if the program fails.

    Raises:
        ToolError: The program failed or took longer than ``timeout`` seconds. It has the last lines
            of the output.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            # subprocess accepts only one of stdin and input.
            stdin=subprocess.DEVNULL if text is None else None,
            input=text,
            stdout=subprocess.PIPE if quiet else sys.stdout,
            stderr=subprocess.PIPE if quiet else sys.stderr,
            timeout=timeout,
            text=True,
        )
    except FileNotFoundError as error:
        raise ToolError(f"{words[0]} was not found.", "Install it, or put it on PATH.") from error
    except subprocess.TimeoutExpired as error:
        raise ToolError(
            f"{' '.join(words[:3])} took longer than {timeout:.0f} s.",
            "Try again. If it happens again, run the command by hand.",
        ) from error
    if done.returncode:
        tail = "\n    ".join(((done.stdout or "") + (done.stderr or "")).strip().splitlines()[-25:])
        raise ToolError(f"{' '.join(words)} ended with {done.returncode}:", tail)
    return done.stdout or ""
