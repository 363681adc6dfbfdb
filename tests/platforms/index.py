"""A package index as companies have them, reached from pods."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.platforms.cluster.cluster import Cluster
from tests.platforms.samples import Object
from tests.support import packages
from tests.support.canaries import Credentials
from tests.support.servers import files_with_password, of_authority


@dataclass(frozen=True)
class Index:
    """A private index over https, whose authority nobody knows, and which wants a password."""

    url: str
    authority: str
    credentials: Credentials

    def fill(self, one: Object) -> None:
        """Put its password and its authority into a binding's Secret."""
        known = {
            "username": self.credentials.user,
            "password": self.credentials.password,
            "example.pem": self.authority,
        }
        one["stringData"].update(
            {name: value for name, value in known.items() if name in one["stringData"]}
        )


@contextlib.contextmanager
def private_index(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """Serve it on this machine, with two versions of one package, addend, and another as source: compiled."""
    folder = tmp_path_factory.mktemp("index")
    for version, says in (("1.0", "100"), ("2.0", "200")):
        packages.wheel(folder / "simple/addend", "addend", version, says=says)
    packages.compiled(folder / "simple/compiled", "compiled", "1.0")
    context, authority = of_authority(tmp_path_factory.mktemp("authority"), address=cluster.host)
    credentials = Credentials.planted("kpack")
    with files_with_password(
        folder, credentials.user, credentials.password, context, cluster.host
    ) as url:
        yield Index(f"{url}/simple", authority.read_text(), credentials)
