"""What becomes of many models when something under them changes, and of a build that is disturbed."""

import pytest

from tests.platforms.kpack import Build, Kpack
from tests.platforms.registry import layer_keys, layers
from tests.platforms.repositories import Repository
from tests.platforms.serving import predicted, serving

_NAMES = ("one", "two")


@pytest.fixture(scope="module")
def pair(kpack: Kpack, models: Repository) -> dict[str, Build]:
    """Two models, asked for at the same time."""
    for name in _NAMES:
        kpack.image(models.url, name, "second")
    return {name: kpack.must_build(name, 1) for name in _NAMES}


def test_two_models_are_built_at_once(kpack: Kpack, pair: dict[str, Build]) -> None:
    one, two = (build.span for build in pair.values())
    assert max(one[0], two[0]) < min(one[1], two[1])
    assert layer_keys(kpack.cluster, pair["one"].image) == layer_keys(
        kpack.cluster, pair["two"].image
    )


def test_a_new_buildpack_version_builds_every_model_anew(
    kpack: Kpack, pair: dict[str, Build]
) -> None:
    version = "9.9.9"
    kpack.change(
        "clusterbuildpack",
        "seldon-python",
        {"image": kpack.values.published.next_buildpack(version)},
    )
    for name in pair:
        build = kpack.must_build(name, 2)
        assert build.reason == "BUILDPACK"
        assert build.made["status"]["buildMetadata"] == [
            {"id": "seldon/python", "version": version}
        ]


def test_a_new_run_image_rebases_every_model_and_builds_none(
    kpack: Kpack, pair: dict[str, Build]
) -> None:
    image = kpack.values.published.next_run_image("next")
    kpack.change("clusterstack", "seldon", {"runImage": {"image": image}})
    for name in pair:
        built, rebased = kpack.must_build(name, 2), kpack.must_build(name, 3)
        assert rebased.reason == "STACK"
        assert [one["name"] for one in rebased.containers] == ["rebase", "completion"]
        assert rebased.made["status"]["stack"]["runImage"].endswith(kpack.cluster.digest(image))
        new = [
            layer
            for layer in layers(kpack.cluster, rebased.image)
            if layer not in layers(kpack.cluster, built.image)
        ]
        assert len(new) == 1
        with serving(kpack.cluster, kpack.values.namespace, rebased.image) as url:
            assert predicted(url, [[1, 2, 3]]) == [[2.0]]


def test_a_build_whose_pod_is_lost_starts_again_and_ends_well(
    kpack: Kpack, models: Repository
) -> None:
    kpack.image(models.url, "lost", "second")
    before = kpack.pod_in("lost", 1, "export")
    # As when its node goes away: there is no pod that could say how it ended.
    kpack.cluster.kubectl(
        "delete",
        "pod",
        before["metadata"]["name"],
        "--namespace",
        kpack.values.namespace,
        "--force",
    )
    build = kpack.must_build("lost", 1)
    assert build.pod["metadata"]["uid"] != before["metadata"]["uid"]
    assert len(kpack.builds("lost")) == 1


def test_terminated_build_fails_until_one_is_asked_for(kpack: Kpack, models: Repository) -> None:
    kpack.image(models.url, "ended", "second")
    before = kpack.pod_in("ended", 1, "export")
    # As a drained node does it: kpack sees the containers end with an error.
    kpack.cluster.kubectl(
        "delete", "pod", before["metadata"]["name"], "--namespace", kpack.values.namespace
    )
    build = kpack.build("ended", 1)
    assert not build.succeeded
    kpack.cluster.kubectl(
        "annotate",
        "builds.kpack.io",
        build.name,
        "image.kpack.io/additionalBuildNeeded=yes",
        "-n",
        kpack.values.namespace,
    )
    assert kpack.must_build("ended", 2).reason == "TRIGGER"
