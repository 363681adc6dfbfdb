"""The manifests of samples/platforms, as a user applies them: their values put in, and nothing else."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from tests.platforms.cluster.cluster import Cluster
from tests.platforms.published import FOLDER, Published

SAMPLES = Path(__file__).parent.parent.parent / "samples"
_REGISTRY = "registry.example.com"
_NAMESPACE = "models"

Object = dict[str, Any]


@dataclass(frozen=True)
class Values:
    """What this session has in the place of the samples' values."""

    cluster: Cluster
    published: Published
    namespace: str
    folder: str
    """Below which the registry has the models' images."""

    @classmethod
    @contextlib.contextmanager
    def fresh(cls, cluster: Cluster, published: Published) -> Iterator["Values"]:
        """A namespace and a folder of their own; the namespace is removed at the end."""
        with cluster.namespace("seldon-test") as namespace:
            yield cls(cluster, published, namespace, namespace)

    @contextlib.contextmanager
    def elsewhere(self) -> Iterator["Values"]:
        """The same images in a further namespace, which is removed at the end: manifests that share names do not meet."""
        with self.cluster.namespace("seldon-test") as namespace:
            yield replace(self, namespace=namespace)

    @property
    def suffix(self) -> str:
        """Behind the name of what belongs to no namespace, so that nobody else's is overwritten."""
        return self.namespace.rpartition("-")[2]

    def apply(
        self,
        file: str,
        texts: Mapping[str, str] | None = None,
        change: Callable[[Object], None] = lambda _: None,
    ) -> None:
        """Apply a file of samples/platforms; ``texts`` are further values by the text they stand for, ``change`` sets fields of an object."""
        objects = self.read(file, texts or {})
        for one in objects:
            change(one)
        self.cluster.apply(yaml.safe_dump_all(objects), self.namespace)

    def read(self, file: str, texts: Mapping[str, str]) -> list[Object]:
        """The objects of a file with this session's values, the namespace itself left out: there is one already."""
        text = (SAMPLES / "platforms" / file).read_text()
        known = {
            f"{FOLDER}/buildpack:0.1.0": f"{FOLDER}/buildpack:{self.published.version}",
            f"{FOLDER}/lifecycle:0.21.17-bookworm.1": f"{FOLDER}/lifecycle:{self.published.lifecycle}",
            f"{FOLDER}/run:bookworm.1": f"{FOLDER}/run:{self.published.stack}",
            f"{FOLDER}/build:bookworm.1": f"{FOLDER}/build:{self.published.stack}",
            f"{FOLDER}/builder:0.1.0-bookworm.1": f"{FOLDER}/builder:{self.published.builder}",
            f"kpack.io/docker: {_REGISTRY}": f"kpack.io/docker: {self.cluster.registry.partition('/')[0]}",
            f"{_REGISTRY}/models/": f"{_REGISTRY}/{self.folder}/",
            _REGISTRY: self.cluster.registry,
        }
        for before in texts:
            assert before in text, f"{file} has no {before}"
        for before, after in {**texts, **known}.items():
            text = text.replace(before, after)
        objects = [one for one in yaml.safe_load_all(text) if one["kind"] != "Namespace"]
        return [self._own(one) for one in objects]

    def _own(self, value: Any, top: bool = True) -> Any:
        """Names of this session: the namespace, and what belongs to the whole cluster."""
        if isinstance(value, list):
            return [self._own(one, top=False) for one in value]
        if not isinstance(value, dict):
            return value
        own = {key: self._own(one, top=False) for key, one in value.items()}
        if own.get("namespace") == _NAMESPACE:
            own["namespace"] = self.namespace
        if str(own.get("kind", "")).startswith("Cluster"):
            named = own["metadata"] if top else own
            named["name"] = f"{named['name']}-{self.suffix}"
        return own
