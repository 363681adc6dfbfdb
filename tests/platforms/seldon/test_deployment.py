"""The sample's plain Deployment, for those without Seldon's operator, and what may stand in the place of its start."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.platforms.samples import Object, Values
from tests.platforms.seldon.running import Running, deployed
from tests.platforms.seldon.trickle import restart_under_trickle, until
from tools.core.steps import ToolError
from tools.dev.container import Container


def test_rolling_restart_without_operator_loses_no_request(seldon: Values) -> None:
    with deployed(seldon, "deployment.yaml") as running:
        running.wait_ready()
        restart_under_trickle(running, "row-means")


# What a pod may have in the place of the image's own start, with how it shows that it was taken.
_STARTS: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "the process web": ({"command": ["/cnb/process/web"]}, "dumb-init -- seldon-serve"),
    "the launcher with a command": (
        {
            "command": [
                "/cnb/lifecycle/launcher",
                "--",
                "dumb-init",
                "--",
                "sh",
                "-c",
                "export TAKEN=yes; exec seldon-serve",
            ]
        },
        "dumb-init -- sh -c",
    ),
    "arguments for the wrapper": (
        {"args": ["--workers", "2"]},
        "dumb-init -- seldon-serve --workers 2",
    ),
}


@pytest.fixture(scope="module")
def started(seldon: Values) -> Iterator[Mapping[str, Running]]:
    """The sample's Deployment with each of these starts, by the start's name, all at once."""
    with contextlib.ExitStack() as stack:
        there = {}
        for name, (start, _) in _STARTS.items():

            def change(one: Object, start: Mapping[str, Any] = start) -> None:
                if one["kind"] == "Deployment":
                    one["spec"]["replicas"] = 1
                    one["spec"]["template"]["spec"]["containers"][0].update(start)

            there[name] = stack.enter_context(deployed(seldon, "deployment.yaml", change))
        for running in there.values():
            running.wait_ready()
        yield there


@pytest.mark.parametrize("start", _STARTS)
def test_command_and_args_of_a_pod_start_the_model_as_documented(
    started: Mapping[str, Running], start: str
) -> None:
    running, (_, first_words) = started[start], _STARTS[start]
    model = Container(
        id="",
        rest=f"http://{running.address('row-means')}:9000",
        grpc_address="",
        metrics="",
        started=0.0,
    )
    assert model.post("/predict", {"data": {"ndarray": [[1, 2, 3]]}})[1]["data"] == {
        "names": ["mean"],
        "ndarray": [[2.0]],
    }
    [pod] = running.pods("row-means")
    words = (
        "exec",
        pod["metadata"]["name"],
        "-n",
        running.namespace,
        "--",
        "/bin/sh",
        "-c",
        "tr '\\0' ' ' < /proc/1/cmdline",
    )
    assert first_words in running.cluster.kubectl(*words)


def test_missing_launcher_is_reported_by_the_pod(seldon: Values) -> None:
    def change(one: Object) -> None:
        if one["kind"] == "Deployment":
            one["spec"]["replicas"] = 1
            one["spec"]["template"]["spec"]["containers"][0]["command"] = ["seldon-serve"]

    [deployment, _] = seldon.read("seldon/deployment.yaml", {})
    change(deployment)
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "without-launcher"},
        "spec": deployment["spec"]["template"]["spec"],
    }
    seldon.cluster.apply(json.dumps(pod), seldon.namespace)
    try:

        def message() -> str:
            statuses = seldon.cluster.get("pod", "without-launcher", seldon.namespace)[
                "status"
            ].get("containerStatuses", [{}])
            states = {**statuses[0].get("state", {}), **statuses[0].get("lastState", {})}
            return " ".join(
                str(state.get("message", ""))
                for state in states.values()
                if isinstance(state, dict)
            )

        until("the container could not be started", lambda: "seldon-serve" in message(), 60)
        assert "executable file not found in $PATH" in message()
    finally:
        seldon.cluster.kubectl(
            "delete", "pod", "without-launcher", "--namespace", seldon.namespace, "--wait=false"
        )


def test_read_only_root_without_tmp_is_refused(
    seldon: Values,
) -> None:
    [deployment, _] = seldon.read("seldon/deployment.yaml", {})
    spec = deployment["spec"]["template"]["spec"]
    del spec["volumes"], spec["containers"][0]["volumeMounts"]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "without-tmp"},
        "spec": {**spec, "restartPolicy": "Never"},
    }
    seldon.cluster.apply(json.dumps(pod), seldon.namespace)
    try:
        until(
            "the container ended",
            lambda: (
                seldon.cluster.get("pod", "without-tmp", seldon.namespace)["status"].get("phase")
                == "Failed"
            ),
            90,
        )
        said = seldon.cluster.logs("without-tmp", seldon.namespace)
        assert "No directory is writable, not even /tmp." in said
        assert "emptyDir mounted at /tmp" in said
    except ToolError as error:
        raise AssertionError(
            seldon.cluster.kubectl("describe", "pod", "without-tmp", "-n", seldon.namespace)
        ) from error
    finally:
        seldon.cluster.kubectl(
            "delete", "pod", "without-tmp", "--namespace", seldon.namespace, "--wait=false"
        )
