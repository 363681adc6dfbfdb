"""Interface to rattler, which solves and installs conda packages for one build.

Credentials, certificates and caches are limited to this build: rattler gets them on its standard
input and in the build's scratch folder. Results are returned as values.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from seldon_buildpack.commands.environments import Program, choose_variables
from seldon_buildpack.masking import without_credentials
from seldon_buildpack.package_sources.conda_channels import Channels

_WORKER = Path(__file__).parent / "rattler_worker.py"
# Trust the build image's CA certificates, or the file that SSL_CERT_FILE names, instead of the
# Mozilla list bundled with rattler.
_CONFIG = 'tls-root-certs = "system"\n'


@dataclass(frozen=True, kw_only=True)
class Package:
    """A conda package."""

    # Without credentials.
    url: str
    # Hexadecimal hashes; empty if unknown.
    sha256: str = ""
    md5: str = ""
    # In bytes; 0 if unknown.
    size: int = 0

    @property
    def file_name(self) -> str:
        """The last part of the package's URL."""
        return self.url.rpartition("/")[2]

    @property
    def name(self) -> str:
        """The package's name (see "Package naming conventions" in conda's documentation)."""
        return self._parts[0]

    @property
    def version(self) -> str:
        """The package's version."""
        return self._parts[1]

    @property
    def build(self) -> str:
        """The package's build string."""
        return self._parts[2]

    @property
    def _parts(self) -> tuple[str, str, str]:
        stem = self.file_name.removesuffix(".conda").removesuffix(".tar.bz2")
        name, version, build = (*stem.rsplit("-", 2), "", "")[:3]
        return name, version, build


@dataclass(frozen=True)
class Solved:
    """A solution: its packages, and the number of the attempt that succeeded."""

    packages: tuple[Package, ...]
    attempt: int


class Unsolved(Exception):
    """An exception for a solve in which no attempt has a solution.

    ``said`` has the solver's report for each attempt. ``missing`` maps each name that no channel
    has to similar names. ``versions`` maps each spec that no package matches to the newest
    versions available.
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
    """An exception for an error from rattler.

    ``kind`` is the name of rattler's exception, and the text is its message, including causes.
    ``spec`` is the number of the spec that could not be parsed, if that was the error.
    """

    def __init__(self, kind: str, message: str, spec: int | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.spec = spec


@dataclass(frozen=True, kw_only=True)
class Rattler:
    """py-rattler with the channels and the network settings of one build.

    ``env`` is the complete environment of its process. ``scratch`` is a folder that only the
    build user can read, and that is deleted when the build ends. It is in the same file system as
    the layers, so that packages are linked into the layers instead of copied, and a file that has
    several names in a package is stored once.
    """

    channels: Channels
    env: Mapping[str, str]
    libraries: Path
    scratch: Path

    @property
    def extracted(self) -> Path:
        """The folder with the extracted packages, each in its own folder with its ``info``."""
        return self.scratch / "pkgs"

    def solve(
        self,
        specs: Sequence[str],
        attempts: Sequence[Sequence[str]],
        virtual: Sequence[tuple[str, str, str]],
    ) -> Solved:
        """Solve ``specs`` with the constraints of the first attempt that has a solution.

        Raises:
            Unsolved: No attempt has a solution.
            Failed: rattler reported an error.
        """
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
            Package(
                url=without_credentials(one["url"]),
                sha256=one["sha256"],
                md5=one["md5"],
                size=one["size"],
            )
            for one in answer["packages"]
        )
        return Solved(tuple(sorted(packages, key=lambda one: one.url)), answer["attempt"])

    def install(self, packages: Sequence[Package], prefix: Path) -> None:
        """Fetch, verify and link the packages, and run their link scripts as conda does.

        Raises:
            Failed: rattler reported an error.
        """
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
            env=choose_variables(Program.RATTLER, {**self.env, "TMPDIR": str(self.scratch)}),
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
        """Return a spec with the channel it names replaced by that channel's URL.

        `conda-forge::numpy` is then taken from the mirror, if a mirror replaces conda-forge.
        """
        name, separator, rest = spec.rpartition("::")
        known = [
            one
            for one in self.channels.channels
            if name and name in (one.name, one.url, one.url.rstrip("/").rpartition("/")[2])
        ]
        return f"{self._with_login(known[0].url)}::{rest}" if known and separator else spec

    def _with_login(self, url: str) -> str:
        """Return a URL with its credentials, for rattler's standard input.

        rattler's own credentials file only distinguishes hosts, not ports and paths.
        """
        credential = self.channels.credential_of(url)
        scheme, separator, rest = url.partition("://")
        if not credential or not separator:
            return url
        if token := credential.token.reveal():
            host, _, path = rest.partition("/")
            return f"{scheme}://{host}/t/{quote(token, safe='')}/{path}"
        return f"{scheme}://{quote(credential.user, safe='')}:{quote(credential.password.reveal(), safe='')}@{rest}"
