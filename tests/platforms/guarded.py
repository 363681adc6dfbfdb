"""A registry that wants a password, on this machine."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.platforms.cluster.cluster import Cluster
from tests.support.registry import registry

_USER = "builder"
_PASSWORD = "canary-password-of-the-registry"


@dataclass(frozen=True)
class Guarded:
    """Where it is, and who may."""

    host: str
    user: str
    password: str

    def account(self, name: str, password: str) -> str:
        """A ServiceAccount of that name, with a Secret for this registry."""
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "annotations": {"kpack.io/docker": self.host}},
            "type": "kubernetes.io/basic-auth",
            "stringData": {"username": self.user, "password": password},
        }
        account = {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": name},
            "secrets": [{"name": name}],
        }
        return yaml.safe_dump_all([secret, account])


@contextlib.contextmanager
def guarded_registry(cluster: Cluster, folder: Path) -> Iterator[Guarded]:
    """Serve it at the address that pods reach this machine at."""
    with registry(folder, cluster.host, {_USER: _PASSWORD}) as host:
        yield Guarded(host, _USER, _PASSWORD)
