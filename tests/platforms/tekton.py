"""Runs of Tekton as a user follows them: with kubectl."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.platforms.cluster.cluster import Cluster
from tests.platforms.kpack import condition, message
from tests.platforms.samples import Object, Values

_RUN_SECONDS = 300.0


@dataclass(frozen=True)
class Run:
    """A TaskRun or PipelineRun that has ended."""

    cluster: Cluster
    made: Object

    @property
    def name(self) -> str:
        return str(self.made["metadata"]["name"])

    @property
    def namespace(self) -> str:
        return str(self.made["metadata"]["namespace"])

    @property
    def succeeded(self) -> bool:
        return condition(self.made, "Succeeded") == "True"

    @property
    def message(self) -> str:
        """What `kubectl get` and `kubectl describe` say of its end."""
        return message(self.made, "Succeeded")

    @property
    def results(self) -> Mapping[str, str]:
        return {one["name"]: str(one["value"]) for one in self.made["status"].get("results", [])}

    @property
    def pods(self) -> list[Object]:
        """The pods of its tasks, the first first.

        A pipeline's affinity assistant has the pipeline's label too. It has no task, and goes away when the run ends.
        """
        kind = "pipelineRun" if self.made["kind"] == "PipelineRun" else "taskRun"
        selector = f"tekton.dev/{kind}={self.name},tekton.dev/taskRun"
        return self.cluster.objects("pods", self.namespace, selector)

    @property
    def log(self) -> str:
        """All that its steps printed."""
        return "".join(
            self._log(pod, one["name"]) for pod in self.pods for one in pod["spec"]["containers"]
        )

    def step(self, name: str) -> Object:
        """The container of a step, as the cluster ran it."""
        [found] = [
            one
            for pod in self.pods
            for one in pod["spec"]["containers"]
            if one["name"] == f"step-{name}"
        ]
        return dict(found)

    def step_log(self, name: str) -> str:
        """What a step printed."""
        [found] = [
            pod
            for pod in self.pods
            if any(one["name"] == f"step-{name}" for one in pod["spec"]["containers"])
        ]
        return self._log(found, f"step-{name}")

    def _log(self, pod: Object, container: str) -> str:
        return f"== {container}\n" + self.cluster.logs(
            pod["metadata"]["name"], self.namespace, container
        )


@dataclass(frozen=True)
class Tekton:
    """The tasks and the pipeline of samples/platforms/tekton, in a namespace of the tests' own."""

    values: Values

    @property
    def builder(self) -> str:
        """The published builder."""
        release = self.values.published
        return f"{release.place}/builder:{release.builder}"

    @property
    def bindings(self) -> Object:
        """The workspace that run.yaml has for them."""
        [found] = [
            one
            for one in self._run("https://git.example.com/models.git")["spec"]["workspaces"]
            if one["name"] == "bindings"
        ]
        return dict(found)

    def pipeline(self, git_url: str) -> Run:
        """run.yaml, with this session's values."""
        return self._ended(self._run(git_url))

    def task(
        self, name: str, params: Mapping[str, str | Sequence[str]], workspaces: Sequence[Object]
    ) -> Run:
        """A run of one task alone."""
        spec: dict[str, Any] = {
            "taskRef": {"name": name},
            "serviceAccountName": "model-builds",
            "params": [{"name": key, "value": value} for key, value in params.items()],
            "workspaces": list(workspaces),
        }
        made = {
            "apiVersion": "tekton.dev/v1",
            "kind": "TaskRun",
            "metadata": {"generateName": f"{name}-"},
            "spec": spec,
        }
        return self._ended(made)

    def _run(self, git_url: str) -> Object:
        [run] = self.values.read("tekton/run.yaml", {"https://git.example.com/models.git": git_url})
        return run

    def _ended(self, run: Object) -> Run:
        cluster, namespace = self.values.cluster, self.values.namespace
        name = json.loads(
            cluster.kubectl(
                "create", "--namespace", namespace, "-f", "-", "-o", "json", text=json.dumps(run)
            )
        )["metadata"]["name"]
        kind = f"{run['kind'].lower()}s.tekton.dev"

        def ended() -> Object | None:
            made = cluster.get(kind, name, namespace)
            return made if condition(made, "Succeeded") in ("True", "False") else None

        return Run(
            cluster,
            cluster.wait_for(
                f"{name} ends",
                ended,
                _RUN_SECONDS,
                lambda: cluster.kubectl("describe", kind, name, "-n", namespace),
            ),
        )
