"""What a user of kpack sees who got something wrong: enough to mend it. docs/platforms.md has the same by symptom."""

from collections.abc import Iterator

import pytest

from tests.platforms.guarded import Guarded, guarded_registry
from tests.platforms.kpack import Kpack, condition, message
from tests.platforms.repositories import Repository
from tests.platforms.samples import Object
from tools.cluster import small_images

_SECONDS = 120.0


@pytest.fixture(scope="module")
def guarded(kpack: Kpack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A registry that wants a password."""
    with guarded_registry(kpack.cluster, tmp_path_factory.mktemp("guarded")) as served:
        yield served


def test_a_requirement_that_is_not_to_be_had_is_named_with_its_fixes_in_the_log(kpack: Kpack, models: Repository) -> None:
    models.add_text(
        "broken",
        {
            ".s2i/environment": "MODEL_NAME=M\n",
            "M.py": "class M:\n    def predict(self, X, names): ...\n",
            "requirements.txt": "nobody-has-this==1\n",
        },
    )
    kpack.image(models.url, "broken", "broken")
    build = kpack.build("broken", 1)
    assert not build.succeeded
    print(build.log("build"))
    print(kpack.describe_build(build))


def test_a_directory_that_is_no_model_is_said_to_be_none(kpack: Kpack, models: Repository) -> None:
    models.add_text("pages", {"index.html": "<p>Hello\n"})
    kpack.image(models.url, "pages", "pages")
    build = kpack.build("pages", 1)
    assert not build.succeeded
    print(build.log("detect"))
    print(kpack.describe_build(build))


def test_a_binding_whose_secret_is_missing(kpack: Kpack, models: Repository) -> None:
    kpack.image(models.url, "unbound", "second", build={"services": [{"kind": "Secret", "apiVersion": "v1", "name": "nobody-made-this"}]})
    kpack.cluster.wait_for("a build", lambda: kpack.builds("unbound"), 60)
    import time

    time.sleep(10)
    print(kpack.describe_image("unbound"))
    print(kpack.cluster.kubectl("get", "events", "-n", kpack.values.namespace))


def test_a_wrong_password_for_the_registry(kpack: Kpack, models: Repository, guarded: Guarded) -> None:
    kpack.cluster.apply(guarded.account("wrong-account", "wrong"), kpack.values.namespace)
    kpack.image(models.url, "locked-out", "second", tag=f"{guarded.host}/models/locked-out", cache=None, serviceAccountName="wrong-account")
    build = kpack.build("locked-out", 1)
    assert not build.succeeded
    print(kpack.describe_build(build))
    print(build.whole_log)


def test_the_right_password_for_the_registry(kpack: Kpack, models: Repository, guarded: Guarded) -> None:
    kpack.cluster.apply(guarded.account("right-account", guarded.password), kpack.values.namespace)
    kpack.image(models.url, "let-in", "second", tag=f"{guarded.host}/models/let-in", cache=None, serviceAccountName="right-account")
    assert kpack.must_build("let-in", 1).image.startswith(guarded.host)


def test_a_stack_whose_build_image_has_no_stack_id(kpack: Kpack) -> None:
    release = kpack.values.published
    foreign = small_images.push(kpack.cluster.crane, f"{release.place}/foreign", {}, ["/bin/sh"])
    print(_stack(kpack, "no-id", buildImage={"image": foreign}))
    print(_stack(kpack, "other-id", id="io.buildpacks.stacks.jammy"))
    other = release.altered(f"run:{release.suite}", "other-user", "--env", "CNB_USER_ID=1001", "--user", "1001:1001")
    print(_stack(kpack, "other-user", runImage={"image": other}))


def _stack(kpack: Kpack, name: str, **fields: object) -> str:
    """Apply the sample's ClusterStack with other fields; what it says once kpack has looked at it."""
    [stack] = [one for one in kpack.values.read("kpack/builder.yaml", {}) if one["kind"] == "ClusterStack"]
    stack["metadata"]["name"] = f"{name}-{kpack.values.suffix}"
    stack["spec"].update(fields)
    import yaml

    kpack.cluster.apply(yaml.safe_dump(stack))

    def seen() -> Object | None:
        made = kpack.cluster.get("clusterstack", stack["metadata"]["name"])
        return made if condition(made, "Ready") in ("True", "False") else None

    made = kpack.cluster.wait_for("kpack looks at the stack", seen, 60)
    kpack.cluster.kubectl("delete", "clusterstack", stack["metadata"]["name"])
    return condition(made, "Ready") + ": " + message(made, "Ready")
