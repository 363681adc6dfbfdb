"""A registry of our own for tests: Debian's docker-registry, empty, on a free port."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from passlib.hash import bcrypt

from tools.dev.engine import install_debian

_CONFIG = """
version: 0.1
log: {{level: error}}
storage:
  filesystem: {{rootdirectory: {data}}}
  delete: {{enabled: true}}
http: {{addr: "{address}"}}
"""
_AUTH = """
auth:
  htpasswd: {{realm: tests, path: "{passwords}"}}
"""
_START_SECONDS = 30


@contextlib.contextmanager
def registry(
    folder: Path, host: str = "127.0.0.1", users: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Serve an empty registry over plain http, its data in a folder, for everybody or for users with their passwords; yields its host:port."""
    if shutil.which("docker-registry") is None:
        install_debian("docker-registry")
    with socket.socket() as probe:
        probe.bind((host, 0))
        port = probe.getsockname()[1]
    config = folder / "registry.yml"
    auth = ""
    if users:
        passwords = folder / "passwords"
        # The one hash that docker-registry takes.
        passwords.write_text(
            "".join(
                f"{user}:{bcrypt.using(rounds=5, ident='2y').hash(word)}\n"
                for user, word in users.items()
            )
        )
        auth = _AUTH.format(passwords=passwords)
    config.write_text(_CONFIG.format(data=folder / "data", address=f"{host}:{port}") + auth)
    with (folder / "registry.log").open("wb") as log:
        process = subprocess.Popen(
            ["docker-registry", "serve", config], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        _wait_for(host, port, process, folder / "registry.log")
        yield f"{host}:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(host: str, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection((host, port), 1).close()
            return
        except OSError as error:
            if process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"The registry did not start: {log.read_text()}") from error
            time.sleep(0.05)
