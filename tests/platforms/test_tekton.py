"""The real Tekton builds models with the tasks that users copy."""

import pytest

from tests.platforms.index import Index
from tests.platforms.registry import pieces
from tests.platforms.repositories import Repository
from tests.platforms.samples import SAMPLES, Object, Values
from tests.platforms.serving import predicted, served_pod, serving
from tests.platforms.tekton import Run, Tekton
from tests.support.canaries import found_in

_GREETING = "a=b==\nand a second line ="
_COMPILED = {"compiled": "compiled\n", "compiled-again": "compiled\naddend\n"}


@pytest.fixture(scope="module")
def tekton(own_values: Values, index: Index) -> Tekton:
    own_values.apply("kpack/credentials.yaml")
    own_values.apply(
        "kpack/bindings.yaml", {"https://pypi.example.com/simple": index.url}, index.fill
    )
    for file in ("task-buildpacks", "task-buildpacks-phases", "pipeline"):
        own_values.apply(f"tekton/{file}.yaml")
    return Tekton(own_values)


@pytest.fixture(scope="module")
def pipeline(tekton: Tekton, models: Repository) -> Run:
    """The sample's run. Its clone has models besides that want a package which is to be had as source alone."""
    for name, requirements in _COMPILED.items():
        models.add(SAMPLES / "minimal", name)
        models.commit({f"{name}/requirements.txt": requirements})
    run = tekton.pipeline(models.url)
    assert run.succeeded, run.message + run.log
    return run


def test_the_pipeline_clones_builds_asks_and_names_the_image(tekton: Tekton, pipeline: Run) -> None:
    assert '"ndarray":[[2.0],[6.0]]' in pipeline.step_log("ask")
    image = f"{tekton.values.cluster.registry}/{tekton.values.namespace}/iris"
    assert pipeline.results["image"] == f"{image}@{pipeline.results['digest']}"
    assert tekton.values.cluster.digest(image) == pipeline.results["digest"]


def test_the_build_runs_as_1000_with_a_read_only_root(pipeline: Run) -> None:
    create = pipeline.step("create")
    security = create["securityContext"]
    assert (security["runAsUser"], security["runAsGroup"], security["readOnlyRootFilesystem"]) == (
        1000,
        1000,
        True,
    )
    assert security["capabilities"] == {"drop": ["ALL"]}
    environment = {one["name"]: one.get("value") for one in create["env"]}
    assert (environment["HOME"], environment["CNB_PLATFORM_API"]) == ("/tekton/home", "0.9")
    writable = {one["mountPath"] for one in create["volumeMounts"] if not one.get("readOnly")}
    assert {one for one in writable if not one.startswith("/tekton/")} == {
        *("/layers", "/platform", "/tmp", "/workspace", "/workspace/source"),
        # A projected volume, which the kernel itself has read-only.
        "/platform/bindings",
    }


def test_credentials_of_a_binding_reach_neither_image_nor_log(
    tekton: Tekton, pipeline: Run, index: Index
) -> None:
    secrets = index.credentials.words()
    image = f"{tekton.values.cluster.registry}/{tekton.values.namespace}/iris"
    places = found_in([("the log", pipeline.log.encode())], secrets)
    assert not places + [
        place
        for name in (image, f"{image}-cache")
        for place in found_in(pieces(tekton.values.cluster, name), secrets)
    ]


@pytest.mark.parametrize(
    ("task", "builder", "variables", "api", "in_image"),
    [
        ("seldon-buildpacks", "BUILDER_IMAGE", "ENV_VARS", "0.9", True),
        ("seldon-buildpacks", "BUILDER_IMAGE", "ENV_VARS", "0.9", False),
        ("seldon-buildpacks-phases", "CNB_BUILDER_IMAGE", "CNB_ENV_VARS", "0.13", False),
    ],
    ids=[
        "creator with a cache image",
        "creator with a cache workspace",
        "phases with a cache workspace",
    ],
)
def test_tekton_task_compiles_once_and_takes_equal_signs(
    tekton: Tekton, pipeline: Run, task: str, builder: str, variables: str, api: str, in_image: bool
) -> None:
    cluster, namespace = tekton.values.cluster, tekton.values.namespace
    image = f"{cluster.registry}/{namespace}/{task}-{'image' if in_image else 'workspace'}"
    source = _cloned(pipeline)
    # Of the same claim: Tekton keeps runs with a volume on its node, and so allows one for each task.
    cache = [] if in_image else [{**source, "name": "cache", "subPath": f"cache-{task}"}]
    params = {"APP_IMAGE": image, builder: tekton.builder, variables: [f"BPE_GREETING={_GREETING}"]}
    if in_image:
        params["CACHE_IMAGE"] = f"{image}-cache"
    compiling, step = {"0.9": ("create", "create"), "0.13": ("build", "export")}[api]
    compiled = []
    for directory in _COMPILED:
        run = tekton.task(
            task, {**params, "SOURCE_SUBPATH": directory}, [source, tekton.bindings, *cache]
        )
        assert run.succeeded, run.message + run.log
        compiled.append("Built compiled==1.0" in run.step_log(compiling))
    assert compiled == [True, False], run.log
    assert {one["name"]: one.get("value") for one in run.step(step)["env"]}[
        "CNB_PLATFORM_API"
    ] == api
    assert "Reusing layer 'seldon/python:python-wrapper'" in run.step_log(step)
    assert run.results == {"APP_IMAGE_DIGEST": cluster.digest(image), "APP_IMAGE_URL": image}
    with serving(cluster, namespace, f"{image}@{run.results['APP_IMAGE_DIGEST']}") as url:
        assert predicted(url, [[1, 2, 3]]) == [[2.0]]
        said = cluster.kubectl(
            "exec",
            served_pod(run.results["APP_IMAGE_DIGEST"]),
            "-n",
            namespace,
            "--",
            "/cnb/lifecycle/launcher",
            "printenv",
            "GREETING",
        )
    assert said == f"{_GREETING}\n"


def test_a_failing_build_says_why_in_the_steps_log(tekton: Tekton, pipeline: Run) -> None:
    cluster, namespace = tekton.values.cluster, tekton.values.namespace
    params = {
        "APP_IMAGE": f"{cluster.registry}/{namespace}/failing",
        "BUILDER_IMAGE": tekton.builder,
        "SOURCE_SUBPATH": "iris",
        "ENV_VARS": ["BP_PYTHON_VERSION=2.7"],
    }
    run = tekton.task("seldon-buildpacks", params, [_cloned(pipeline)])
    assert not run.succeeded
    assert '"step-create" exited with code 51' in run.message
    said = run.step_log("create")
    assert "ERROR: Python 2.7 is not supported" in said and "What to do:" in said


def _cloned(pipeline: Run) -> Object:
    """The pipeline's volume, which has the source."""
    [name] = {
        one["persistentVolumeClaim"]["claimName"]
        for pod in pipeline.pods
        for one in pod["spec"]["volumes"]
        if "persistentVolumeClaim" in one
    }
    return {"name": "source", "persistentVolumeClaim": {"claimName": name}}
