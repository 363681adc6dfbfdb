"""Runs rattler for one build: what it may know of credentials and certificates in files of the build's scratch folder, its answers as values."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from seldon_buildpack.masking import without_credentials
from seldon_buildpack.package_sources.conda_channels import Channels

_WORKER = Path(__file__).parent / "rattler_worker.py"
# The store of the build image, or what SSL_CERT_FILE names, not Mozilla's list that rattler brings.
_CONFIG = 'tls-root-certs = "system"\n'


@dataclass(frozen=True)
class Package:
    """A package by its address, less credentials, and its hashes, hexadecimal, empty where nobody says one; ``size`` in bytes, 0 where unknown."""

    url: str
    sha256: str = ""
    md5: str = ""
    size: int = 0

    @property
    def file_name(self) -> str:
        """The last part of its address."""
        return self.url.rpartition("/")[2]

    @property
    def name(self) -> str:
        """Its name (conda: Package naming conventions)."""
        return self._parts[0]

    @property
    def version(self) -> str:
        """Its version."""
        return self._parts[1]

    @property
    def build(self) -> str:
        """Its build string."""
        return self._parts[2]

    @property
    def _parts(self) -> tuple[str, str, str]:
        stem = self.file_name.removesuffix(".conda").removesuffix(".tar.bz2")
        name, version, build = (*stem.rsplit("-", 2), "", "")[:3]
        return name, version, build


@dataclass(frozen=True)
class Solved:
    """A solution: its packages, and which of the attempts it is of."""

    packages: tuple[Package, ...]
    attempt: int


class Unsolved(Exception):
    """No attempt has a solution. ``said`` is the solver's report to each; ``missing`` the names no channel has, each with near ones.

    ``versions`` are the specs that no package fits, each with the newest versions there are.
    """

    def __init__(
        self,
        said: Sequence[str],
        missing: Mapping[str, Sequence[str]],
        versions: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        super().__init__(said[-1] if said else "")
        self.said = tuple(said)
        self.missing = missing
        self.versions = versions or {}


class Failed(Exception):
    """rattler could not do it; ``kind`` is the name of its exception, and the text is what it says, causes included.

    ``spec`` is the number of the spec that it could not read, if that was it.
    """

    def __init__(self, kind: str, message: str, spec: int | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.spec = spec


@dataclass(frozen=True)
class Rattler:
    """py-rattler with the channels and the network of one build. ``env`` is all of its environment.

    ``scratch`` is a folder only we may read, which goes when the build ends. It lies in the file system of the layers: then packages are
    linked into them, not copied, and a file of several names in a package stays one.
    """

    channels: Channels
    env: Mapping[str, str]
    libraries: Path
    scratch: Path

    @property
    def extracted(self) -> Path:
        """Where packages lie extracted, each in a folder of its own with its ``info``."""
        return self.scratch / "pkgs"

    def solve(
        self,
        specs: Sequence[str],
        attempts: Sequence[Sequence[str]],
        virtual: Sequence[tuple[str, str, str]],
    ) -> Solved:
        """The packages for ``specs`` with the constraints of the first of ``attempts`` that has a solution. Raises Unsolved and Failed."""
        answer = self._run(
            "solve",
            channels=[self._with_login(url) for url in self.channels.urls],
            alias=self.channels.alias,
            specs=[self._qualified(spec) for spec in specs],
            attempts=attempts,
            virtual=virtual,
        )
        if "packages" not in answer:
            raise Unsolved(answer["unsolved"], answer["missing"], answer["versions"])
        packages = (
            Package(without_credentials(one["url"]), one["sha256"], one["md5"], one["size"])
            for one in answer["packages"]
        )
        return Solved(tuple(sorted(packages, key=lambda one: one.url)), answer["attempt"])

    def install(self, packages: Sequence[Package], prefix: Path) -> None:
        """Fetch, check and link the packages, and run their link scripts as conda does. Raises Failed."""
        told = [
            {"url": self._with_login(one.url), "sha256": one.sha256, "md5": one.md5}
            for one in packages
        ]
        self._run("install", packages=told, prefix=str(prefix))

    def _run(self, do: str, **arguments: Any) -> Mapping[str, Any]:
        self.scratch.mkdir(mode=0o700, exist_ok=True)
        job = {"do": do, "cache": str(self.scratch), "config": _CONFIG, **arguments}
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-B", _WORKER, self.libraries],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            errors="replace",
            env={**self.env, "TMPDIR": str(self.scratch)},
            cwd=self.scratch,
        )
        try:
            answer: Mapping[str, Any] = json.loads(done.stdout)
        except ValueError as error:
            raise Failed(
                "crash", done.stderr.strip() or f"it ended with {done.returncode}"
            ) from error
        if "error" in answer:
            raise Failed(answer["error"], answer["message"], answer.get("spec"))
        return answer

    def _qualified(self, spec: str) -> str:
        """A spec with the address of the channel that it names: `conda-forge::numpy` is the mirror's where that takes conda-forge's place."""
        name, separator, rest = spec.rpartition("::")
        known = [
            one
            for one in self.channels.channels
            if name and name in (one.name, one.url, one.url.rstrip("/").rpartition("/")[2])
        ]
        return f"{self._with_login(known[0].url)}::{rest}" if known and separator else spec

    def _with_login(self, url: str) -> str:
        """An address as rattler is told it, on its standard input: its own file of logins knows hosts alone, not ports and paths."""
        login = self.channels.login_of(url)
        scheme, separator, rest = url.partition("://")
        if not login or not separator:
            return url
        if token := login.token.reveal():
            host, _, path = rest.partition("/")
            return f"{scheme}://{host}/t/{quote(token, safe='')}/{path}"
        return f"{scheme}://{quote(login.user, safe='')}:{quote(login.password.reveal(), safe='')}@{rest}"
