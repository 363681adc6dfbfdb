"""What a user of kpack sees who got something wrong: enough to mend it. docs/platforms.md has the same by symptom."""

from collections.abc import Iterator

import pytest
import yaml

from tests.platforms.cluster import small_images
from tests.platforms.guarded import Guarded, guarded_registry
from tests.platforms.kpack import Kpack, condition, message
from tests.platforms.repositories import Repository
from tests.platforms.samples import Object
from tests.platforms.serving import predicted, serving
from tests.support.canaries import found_in

_SECONDS = 120.0


@pytest.fixture(scope="module")
def guarded(kpack: Kpack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A registry that wants a password."""
    with guarded_registry(kpack.cluster, tmp_path_factory.mktemp("guarded")) as served:
        yield served


def test_missing_requirement_is_named_with_fixes_in_the_log(
    kpack: Kpack, models: Repository
) -> None:
    model = "class M:\n    def predict(self, X, names): ...\n"
    models.add_text(
        "broken",
        {
            ".s2i/environment": "MODEL_NAME=M\n",
            "M.py": model,
            "requirements.txt": "nobody-has-this==1\n",
        },
    )
    kpack.image(models.url, "broken", "broken")
    build = kpack.build("broken", 1)
    assert not build.succeeded
    said = build.log("build")
    assert (
        "ERROR: The package `nobody-has-this` was not found" in said
        and "1. Check the spelling in your requirements." in said
    )
    assert (
        f"kubectl logs -n {kpack.values.namespace} broken-build-1-build-pod -c build"
        in kpack.describe("broken")
    )


def test_a_directory_that_is_no_model_is_said_to_be_none(kpack: Kpack, models: Repository) -> None:
    models.add_text("pages", {"index.html": "<p>Hello\n"})
    kpack.image(models.url, "pages", "pages")
    build = kpack.build("pages", 1)
    assert not build.succeeded
    assert "No Python model for Seldon here: looked for MODEL_NAME" in build.log("detect")
    assert "failed to detect: no buildpacks participating" in kpack.describe("pages")


def test_missing_binding_secret_is_named_by_pod_events(kpack: Kpack, models: Repository) -> None:
    service = {"kind": "Secret", "apiVersion": "v1", "name": "nobody-made-this"}
    kpack.image(models.url, "unbound", "second", build={"services": [service]})

    def told() -> bool:
        events = kpack.cluster.kubectl("get", "events", "--namespace", kpack.values.namespace)
        return 'secret "nobody-made-this" not found' in events

    kpack.cluster.wait_for(
        "an event names the Secret", told, _SECONDS, lambda: kpack.describe("unbound")
    )
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "nobody-made-this"},
        "stringData": {"type": "netrc", ".netrc": ""},
    }
    kpack.cluster.apply(yaml.safe_dump(secret), kpack.values.namespace)
    # The pod has waited for it, and goes on.
    kpack.must_build("unbound", 1)


def test_wrong_registry_password_is_reported_before_the_build(
    kpack: Kpack, models: Repository, guarded: Guarded
) -> None:
    kpack.cluster.apply(guarded.account("wrong-account", "wrong"), kpack.values.namespace)
    kpack.image(
        models.url,
        "locked-out",
        "second",
        tag=f"{guarded.host}/models/locked-out",
        cache=None,
        serviceAccountName="wrong-account",
    )
    build = kpack.build("locked-out", 1)
    assert not build.succeeded
    assert (
        f'Error verifying write access to "{guarded.host}/models/locked-out": UNAUTHORIZED'
        in kpack.describe("locked-out")
    )


def test_registry_password_is_used_and_kept_out_of_the_image(
    kpack: Kpack, models: Repository, guarded: Guarded
) -> None:
    kpack.cluster.apply(guarded.account("right-account", guarded.password), kpack.values.namespace)
    kpack.image(
        models.url,
        "let-in",
        "second",
        tag=f"{guarded.host}/models/let-in",
        cache=None,
        serviceAccountName="right-account",
    )
    build = kpack.must_build("let-in", 1)
    assert build.image.startswith(f"{guarded.host}/models/let-in@sha256:")
    assert not found_in([("the log", build.whole_log.encode())], [guarded.password])


def test_a_stack_says_which_image_does_not_fit(kpack: Kpack) -> None:
    foreign = small_images.push(
        kpack.cluster.crane, f"{kpack.values.published.place}/foreign", {}, ["/bin/sh"]
    )
    assert (
        _stack(kpack, "no-id", buildImage={"image": foreign})
        == "False: could not find label io.buildpacks.stack.id"
    )
    assert _stack(kpack, "other-id", id="io.buildpacks.stacks.jammy").startswith(
        "False: invalid stack images. expected stack: io.buildpacks.stacks.jammy, build image stack: io.seldon.stacks.bookworm"
    )


def test_a_run_image_with_another_user_gives_models_that_serve(
    kpack: Kpack, models: Repository
) -> None:
    release = kpack.values.published
    other = release.altered(
        f"run:{release.stack}", "other-user", "--env", "CNB_USER_ID=1001", "--user", "1001:1001"
    )
    kpack.change("clusterstack", "seldon", {"runImage": {"image": other}})

    def on_it() -> bool:
        builder = kpack.cluster.get("clusterbuilder", f"seldon-{kpack.values.suffix}")
        return str(builder["status"]["stack"]["runImage"]).endswith(kpack.cluster.digest(other))

    kpack.cluster.wait_for("the builder has the run image", on_it, _SECONDS)
    kpack.image(models.url, "other-user", "second")
    build = kpack.must_build("other-user", 1)
    assert kpack.cluster.config(build.image)["config"]["User"] == "1001:1001"
    with serving(kpack.cluster, kpack.values.namespace, build.image) as url:
        assert predicted(url, [[1, 2, 3]]) == [[2.0]]


def _stack(kpack: Kpack, name: str, **fields: object) -> str:
    """Apply the sample's ClusterStack with other fields; what it says once kpack has looked at it."""
    [stack] = [
        one for one in kpack.values.read("kpack/builder.yaml", {}) if one["kind"] == "ClusterStack"
    ]
    stack["metadata"]["name"] = f"{name}-{kpack.values.suffix}"
    stack["spec"].update(fields)
    kpack.cluster.apply(yaml.safe_dump(stack))

    def seen() -> Object | None:
        made = kpack.cluster.get("clusterstack", stack["metadata"]["name"])
        return made if condition(made, "Ready") in ("True", "False") else None

    try:
        made = kpack.cluster.wait_for("kpack looks at the stack", seen, _SECONDS)
    finally:
        kpack.cluster.kubectl("delete", "clusterstack", stack["metadata"]["name"])
    return f"{condition(made, 'Ready')}: {message(made, 'Ready')}"
