"""Access to an image registry with crane.

It needs no engine configuration, and uses the credentials of `docker login`.
"""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.core.steps import ToolError, run

# The errors of registries for a missing repository or tag (error codes of distribution-spec, and
# Harbor's NOT_FOUND).
_ABSENT = re.compile(r"MANIFEST_UNKNOWN|NAME_UNKNOWN|NOT_FOUND|status code 404")
# The host is required: without one, crane and docker read the first part as a user of Docker Hub.
_PLACE = re.compile(
    r"(localhost|[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+|[a-zA-Z0-9.-]+:[0-9]+)(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*"
)
_ASK_SECONDS = 60.0
_PUSH_SECONDS = 1800.0


@dataclass(frozen=True)
class Registry:
    """A location in a registry, ``host[:port][/path]``.

    On loopback and private addresses (RFC 1918) the registry may use plain HTTP.
    """

    crane: Path
    place: str

    @classmethod
    def at(cls, crane: Path, place: str) -> "Registry":
        """Parse ``host[:port]/path``.

        Raises:
            ToolError: It is not a location in a registry.
        """
        if not _PLACE.fullmatch(place):
            reason = (
                f"REGISTRY is {place!r}, which is not host[:port]/path."
                if place
                else "REGISTRY is not set."
            )
            raise ToolError(
                reason,
                "Set the host and path, without https:// and without a tag: make publish REGISTRY=registry.example.com/seldon",
            )
        return cls(crane, place)

    def reference(self, name: str, tag: str) -> str:
        """Return the reference of an image in this registry."""
        return f"{self.place}/{name}:{tag}"

    def labels(self, reference: str) -> Mapping[str, str] | None:
        """Return an image's labels, or None if the registry does not have the image.

        Raises:
            ToolError: The registry responds with an error. It has the registry's message.
        """
        words = [str(self.crane), "config", reference]
        try:
            done = subprocess.run(
                words,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_ASK_SECONDS,
                env=dict(os.environ),
            )
        except subprocess.TimeoutExpired as error:
            raise ToolError(
                f"{self.place} did not respond within {_ASK_SECONDS:.0f} s.",
                "Check whether the registry is running.",
            ) from error
        if done.returncode == 0:
            config: Mapping[str, Any] = json.loads(done.stdout)
            return config.get("config", {}).get("Labels") or {}
        if _ABSENT.search(done.stderr):
            return None
        raise ToolError(
            f"{self.place} cannot be read:",
            f"{done.stderr.strip()}\n    Check the address, and run docker login.",
        )

    def digest(self, reference: str) -> str:
        """Return an image's digest.

        Raises:
            ToolError: It can't be read.
        """
        return run(self.crane, "digest", reference, timeout=_ASK_SECONDS).strip()

    def push(self, archive: Path, reference: str) -> None:
        """Push an archive that was written by ``docker save``.

        Raises:
            ToolError: The push failed.
        """
        run(self.crane, "push", archive, reference, timeout=_PUSH_SECONDS)

    def tag(self, reference: str, tag: str) -> None:
        """Add a tag to an image.

        Raises:
            ToolError: The image can't be tagged.
        """
        run(self.crane, "tag", reference, tag, timeout=_ASK_SECONDS)
