"""Git repositories that the cluster clones from."""

import secrets
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.platforms.cluster.cluster import Cluster

_AUTHOR = {
    "GIT_AUTHOR_NAME": "Tests",
    "GIT_AUTHOR_EMAIL": "tests@example.com",
    "GIT_COMMITTER_NAME": "Tests",
}
_ALONE = {
    **_AUTHOR,
    "GIT_COMMITTER_EMAIL": "tests@example.com",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "PATH": "/usr/bin:/bin",
}


@dataclass(frozen=True)
class Repository:
    """A repository with one branch, main, and the working copy that it is pushed from."""

    url: str
    copy: Path

    def commit(self, files: Mapping[str, str | None], message: str = "A change") -> str:
        """Write files (None removes one), commit and push; returns the commit."""
        for name, text in files.items():
            path = self.copy / name
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        return self._push(message)

    def add_text(self, name: str, files: Mapping[str, str]) -> str:
        """Commit a directory of these files under a name; returns the commit."""
        return self.commit({f"{name}/{file}": text for file, text in files.items()}, f"Add {name}")

    def add(self, directory: Path, name: str) -> str:
        """Commit a directory under a name; returns the commit."""
        shutil.copytree(directory, self.copy / name)
        return self._push(f"Add {name}")

    def _push(self, message: str) -> str:
        _git(self.copy, "add", "--all")
        _git(self.copy, "commit", "--quiet", "--message", message)
        _git(self.copy, "push", "--quiet", "origin", "main")
        return _git(self.copy, "rev-parse", "HEAD").strip()


def repository(cluster: Cluster, scratch: Path, name: str) -> Repository:
    """An empty repository, which pods find at ``url``. Other sessions have theirs under the same name."""
    bare, copy = cluster.repositories / f"{name}-{secrets.token_hex(3)}.git", scratch / name
    _git(scratch, "init", "--quiet", "--bare", "--initial-branch", "main", str(bare))
    # kpack fetches a commit by its name.
    _git(bare, "config", "uploadpack.allowAnySHA1InWant", "true")
    _git(scratch, "init", "--quiet", "--initial-branch", "main", str(copy))
    _git(copy, "remote", "add", "origin", str(bare))
    return Repository(f"{cluster.git}/{bare.name}", copy)


def _git(folder: Path, *words: str) -> str:
    return subprocess.run(
        ["git", *words],
        cwd=folder,
        env=_ALONE,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
