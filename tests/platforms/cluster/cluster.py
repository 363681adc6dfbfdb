"""A cluster as the tests use it: ours, or one that was given."""

import contextlib
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from tools.core.steps import ToolError, run

Found = TypeVar("Found")


@dataclass(frozen=True)
class Cluster:
    """A Kubernetes with kpack and Tekton, a registry that it pulls from, and a folder of git repositories that it can clone."""

    kubeconfig: Path
    kubectl_program: Path
    crane: Path
    registry: str
    """HOST[:PORT][/PATH], for pods and for this machine."""
    host: str
    """The address at which pods reach this machine."""
    repositories: Path
    """What is a git repository in here, pods clone from GIT/NAME."""
    git: str

    @classmethod
    def read(cls, record: Path) -> "Cluster":
        """The cluster that ``write`` recorded."""
        fields = json.loads(record.read_text())
        return cls(
            kubeconfig=Path(fields["kubeconfig"]),
            kubectl_program=Path(fields["kubectl_program"]),
            crane=Path(fields["crane"]),
            registry=fields["registry"],
            host=fields["host"],
            repositories=Path(fields["repositories"]),
            git=fields["git"],
        )

    def write(self, record: Path) -> None:
        """Record it for later runs."""
        record.write_text(
            json.dumps({name: str(value) for name, value in asdict(self).items()}, indent=1)
        )

    @property
    def exports(self) -> Mapping[str, str]:
        """What to export for hands-on work."""
        return {"KUBECONFIG": str(self.kubeconfig), "REGISTRY": self.registry, "GIT": self.git}

    def kubectl(self, *words: str, text: str | None = None, seconds: float = 60) -> str:
        """What kubectl prints; ``text`` is its standard input. Raises ToolError with what it said when it fails."""
        return run(
            self.kubectl_program,
            "--kubeconfig",
            self.kubeconfig,
            *words,
            timeout=seconds,
            text=text,
        )

    def apply(self, manifests: str, namespace: str = "default") -> None:
        """Run kubectl apply. Raises ToolError."""
        self.kubectl("apply", "--namespace", namespace, "-f", "-", text=manifests)

    def get(self, kind: str, name: str, namespace: str = "default") -> dict[str, Any]:
        """An object; empty where there is none of that name. Raises ToolError."""
        said = self.kubectl(
            "get", kind, name, "--namespace", namespace, "--ignore-not-found", "-o", "json"
        )
        return dict(json.loads(said)) if said.strip() else {}

    def objects(
        self, kind: str, namespace: str = "default", selector: str = ""
    ) -> list[dict[str, Any]]:
        """The objects of a kind, oldest first. Raises ToolError."""
        words = ["get", kind, "--namespace", namespace, "--selector", selector, "-o", "json"]
        found = json.loads(self.kubectl(*words))["items"]
        return sorted(found, key=lambda item: str(item["metadata"]["creationTimestamp"]))

    def wait_for(
        self,
        what: str,
        found: Callable[[], Found | None],
        seconds: float,
        explain: Callable[[], str] = lambda: "",
    ) -> Found:
        """What ``found`` returns once it is true. Raises ToolError, with what ``explain`` says, when it is not within ``seconds``."""
        end = time.monotonic() + seconds
        while not (there := found()):
            if time.monotonic() > end:
                raise ToolError(f"Not within {seconds:.0f} s: {what}.", explain())
            time.sleep(0.3)
        return there

    def logs(self, pod: str, namespace: str, container: str = "") -> str:
        """What a pod printed, or one of its containers. Raises ToolError."""
        return self.kubectl(
            "logs",
            pod,
            "--namespace",
            namespace,
            *(["--container", container] if container else ["--all-containers"]),
        )

    @contextlib.contextmanager
    def namespace(self, prefix: str) -> Iterator[str]:
        """A namespace of one's own, removed at the end without waiting for it."""
        name = f"{prefix}-{secrets.token_hex(3)}"
        self.kubectl("create", "namespace", name)
        try:
            yield name
        finally:
            self.kubectl("delete", "namespace", name, "--wait=false")

    def push_archive(self, archive: Path, repository: str) -> str:
        """Push a docker archive, or a folder of the OCI layout. Returns it with its digest. Raises ToolError."""
        name = f"{self.registry}/{repository}"
        run(self.crane, "push", "--insecure", archive, name, timeout=300)
        return f"{name.rpartition(':')[0] if ':' in repository else name}@{self.digest(name)}"

    def digest(self, image: str) -> str:
        """The digest of an image in the registry. Raises ToolError."""
        return run(self.crane, "digest", "--insecure", image).strip()

    def config(self, image: str) -> dict[str, Any]:
        """The configuration of an image in the registry. Raises ToolError."""
        return dict(json.loads(run(self.crane, "config", "--insecure", image)))

    def manifest(self, image: str) -> dict[str, Any]:
        """The manifest of an image in the registry. Raises ToolError."""
        return dict(json.loads(run(self.crane, "manifest", "--insecure", image)))
