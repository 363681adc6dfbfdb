"""kpack's builds as a user follows them: with kubectl."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.platforms.cluster.cluster import Cluster
from tests.platforms.samples import Object, Values

_BUILD_SECONDS = 300.0
_NUMBER = "image.kpack.io/buildNumber"
_REASON = "image.kpack.io/reason"


@dataclass(frozen=True)
class Build:
    """A build that has ended, with its pod."""

    cluster: Cluster
    made: Object
    pod: Object

    @property
    def succeeded(self) -> bool:
        return condition(self.made, "Succeeded") == "True"

    @property
    def name(self) -> str:
        return str(self.made["metadata"]["name"])

    @property
    def reason(self) -> str:
        """Why kpack built: CONFIG, COMMIT, BUILDPACK, STACK."""
        return str(self.made["metadata"]["annotations"][_REASON])

    @property
    def image(self) -> str:
        """NAME@DIGEST."""
        return str(self.made["status"]["latestImage"])

    @property
    def containers(self) -> list[Object]:
        spec = self.pod["spec"]
        return [*spec.get("initContainers", []), *spec["containers"]]

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The pod's creation and the end of its last container."""
        ended = [
            one["state"]["terminated"]["finishedAt"]
            for one in _statuses(self.pod)
            if "terminated" in one["state"]
        ]
        return _time(self.pod["metadata"]["creationTimestamp"]), _time(max(ended))

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.span[1] - self.span[0]).total_seconds()

    def log(self, container: str) -> str:
        """What a container of the build printed."""
        return self.cluster.logs(
            self.pod["metadata"]["name"], self.pod["metadata"]["namespace"], container
        )

    @property
    def whole_log(self) -> str:
        """What all containers printed that ran."""
        ran = [one["name"] for one in _statuses(self.pod) if "terminated" in one["state"]]
        return "".join(f"== {name}\n{self.log(name)}" for name in ran)


@dataclass(frozen=True)
class Kpack:
    """The builder of samples/platforms/kpack in this session's names, and images built with it."""

    values: Values

    @property
    def cluster(self) -> Cluster:
        return self.values.cluster

    def image(self, url: str, name: str = "iris", directory: str = "iris", **fields: Any) -> None:
        """Apply image.yaml for a model in a directory of the repository at ``url``; ``fields`` are set in its spec."""

        def change(one: Object) -> None:
            one["metadata"]["name"] = name
            one["spec"]["tag"] = one["spec"]["tag"].replace("/iris", f"/{name}")
            one["spec"]["cache"]["registry"]["tag"] = f"{one['spec']['tag']}-cache"
            one["spec"]["source"]["subPath"] = directory
            one["spec"].update(fields)

        self.values.apply("kpack/image.yaml", {"https://git.example.com/models.git": url}, change)

    def change(self, kind: str, name: str, spec: Mapping[str, Any]) -> None:
        """Change lines of builder.yaml where they stand in the cluster."""
        self.cluster.kubectl(
            "patch",
            kind,
            f"{name}-{self.values.suffix}",
            "--type",
            "merge",
            "--patch",
            json.dumps({"spec": spec}),
        )

    def build(self, image: str, number: int, seconds: float = _BUILD_SECONDS) -> Build:
        """The build of that number, once it has ended. Raises ToolError, with what kubectl says, where it does not."""

        def ended() -> Object | None:
            made = self._build(image, number)
            return made if made and condition(made, "Succeeded") in ("True", "False") else None

        made = self.cluster.wait_for(
            f"build {number} of {image} ends", ended, seconds, self.describe
        )
        pod = self.cluster.get("pod", made["status"]["podName"], self.values.namespace)
        return Build(self.cluster, made, pod)

    def must_build(self, image: str, number: int) -> Build:
        """The same for a build that has to succeed."""
        build = self.build(image, number)
        assert build.succeeded, build.whole_log
        return build

    def pod_in(self, image: str, number: int, container: str, seconds: float = 120) -> Object:
        """The pod of a build, as soon as it is at that container."""

        def there() -> Object | None:
            status = self._build(image, number).get("status", {})
            pod = (
                self.cluster.get("pod", status["podName"], self.values.namespace)
                if status.get("podName")
                else {}
            )
            return (
                pod
                if any(
                    one["name"] == container and "running" in one["state"] for one in _statuses(pod)
                )
                else None
            )

        return self.cluster.wait_for(
            f"build {number} of {image} is at {container}", there, seconds, self.describe
        )

    def look(self, image: str) -> None:
        """Have kpack look for commits now; by itself it does once a minute."""
        self.cluster.kubectl(
            "annotate",
            "sourceresolver",
            f"{image}-source",
            f"looked={time.time()}",
            "--overwrite",
            "--namespace",
            self.values.namespace,
        )

    def builds(self, image: str) -> list[Object]:
        """All builds of an image that kpack has kept."""
        return self.cluster.objects(
            "builds.kpack.io", self.values.namespace, f"image.kpack.io/image={image}"
        )

    def describe(self, image: str = "") -> str:
        """What a user is shown who asks why there is no image: kubectl describe, of an image's builds or of all."""
        selector = f"image.kpack.io/image={image}" if image else ""
        return self.cluster.kubectl(
            "describe",
            "builds.kpack.io",
            "--selector",
            selector,
            "--namespace",
            self.values.namespace,
        )

    def _build(self, image: str, number: int) -> Object:
        found = [
            one for one in self.builds(image) if one["metadata"]["labels"][_NUMBER] == str(number)
        ]
        return found[0] if found else {}


def condition(made: Object, kind: str) -> str:
    """The status of a condition: True, False or Unknown; empty where it is not said."""
    return next(
        (
            str(one["status"])
            for one in made.get("status", {}).get("conditions", [])
            if one["type"] == kind
        ),
        "",
    )


def message(made: Object, kind: str) -> str:
    """What a condition says in words."""
    return next(
        (
            str(one.get("message", ""))
            for one in made.get("status", {}).get("conditions", [])
            if one["type"] == kind
        ),
        "",
    )


def ready(cluster: Cluster, kind: str, name: str, seconds: float = 120) -> Object:
    """The object once it is ready. Raises ToolError with what its condition says where it is not in time."""

    def there() -> Object | None:
        made = cluster.get(kind, name)
        return made if condition(made, "Ready") == "True" else None

    return cluster.wait_for(
        f"{kind} {name} is ready", there, seconds, lambda: message(cluster.get(kind, name), "Ready")
    )


def _statuses(pod: Object) -> list[Object]:
    status = pod.get("status", {})
    return [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
