"""The real kpack builds models, again and again, from the manifests that users copy."""

import pytest

from tests.platforms.index import Index
from tests.platforms.kpack import Build, Kpack
from tests.platforms.registry import layer_keys, layers, pieces
from tests.platforms.repositories import Repository
from tests.platforms.serving import predicted, serving
from tests.support.canaries import found_in

_MODEL = """import addend


class RowMeans:
    def predict(self, X, features_names=None):
        return X.mean(axis=1, keepdims=True) + {more} + float(addend.SAYS)
"""


@pytest.fixture(scope="module")
def first(kpack: Kpack, models: Repository) -> Build:
    """The sample's image, built for the first time."""
    kpack.image(models.url)
    return kpack.must_build("iris", 1)


def test_the_samples_build_a_model_that_serves(kpack: Kpack, first: Build) -> None:
    with serving(kpack.cluster, kpack.values.namespace, first.image) as url:
        assert predicted(url, [[1, 2, 3], [4, 5, 9]]) == [[2.0], [6.0]]
    assert "Python        3.12.1  (BP_PYTHON_VERSION)" in first.log("build")


def test_kpack_phases_run_unprivileged_on_platform_api_0_9(first: Build) -> None:
    assert first.pod["spec"]["securityContext"]["runAsUser"] == 1000
    assert all(
        one["securityContext"]["capabilities"] == {"drop": ["ALL"]} for one in first.containers
    )
    apis = {
        one["name"]: value["value"]
        for one in first.containers
        for value in one.get("env", [])
        if value["name"] == "CNB_PLATFORM_API"
    }
    assert apis == dict.fromkeys(("analyze", "detect", "restore", "build", "export"), "0.9")


@pytest.fixture(scope="module")
def requirements(kpack: Kpack, first: Build, models: Repository) -> Build:
    """A commit that adds a package, which only the index of the binding has. kpack finds it by itself, within a minute."""
    assert first
    models.commit({"iris/requirements.txt": "addend\n", "iris/RowMeans.py": _MODEL.format(more=0)})
    return kpack.must_build("iris", 2)


def test_a_binding_gives_the_private_index_and_the_authority(
    kpack: Kpack, requirements: Build
) -> None:
    assert requirements.reason == "COMMIT"
    with serving(kpack.cluster, kpack.values.namespace, requirements.image) as url:
        assert predicted(url, [[1, 2, 3]]) == [[202.0]]


def test_credentials_reach_neither_image_nor_cache_nor_log(
    kpack: Kpack, requirements: Build, index: Index
) -> None:
    cache = requirements.made["status"]["latestCacheImage"]
    secrets = index.credentials.words()
    places = found_in([("the log", requirements.whole_log.encode())], secrets)
    places += [
        place
        for image in (requirements.image, cache)
        for place in found_in(pieces(kpack.cluster, image), secrets)
    ]
    described = kpack.describe()
    assert not places + found_in([("kubectl describe", described.encode())], secrets)


@pytest.fixture(scope="module")
def code_only(kpack: Kpack, requirements: Build, models: Repository) -> Build:
    """A commit that changes code and nothing else."""
    assert requirements
    models.commit({"iris/RowMeans.py": _MODEL.format(more=1000)})
    kpack.look("iris")
    return kpack.must_build("iris", 3)


def test_code_commit_reuses_every_layer_but_the_application(
    kpack: Kpack, requirements: Build, code_only: Build
) -> None:
    exported = code_only.log("export")
    for layer in ("python", "python-wrapper", "requirements", "third-party-licenses", "watcher"):
        assert f"Reusing layer 'seldon/python:{layer}'" in exported
    assert "Adding layer 'seldon/python" not in exported
    assert layer_keys(kpack.cluster, code_only.image) == layer_keys(
        kpack.cluster, requirements.image
    )
    assert (
        len(
            set(layers(kpack.cluster, code_only.image))
            - set(layers(kpack.cluster, requirements.image))
        )
        == 1
    )
    print(f"first build {requirements.seconds:.0f} s, code alone {code_only.seconds:.0f} s")


def test_a_commit_of_requirements_makes_their_layer_anew(
    kpack: Kpack, code_only: Build, models: Repository
) -> None:
    models.commit({"iris/requirements.txt": "addend==1.0\n"})
    kpack.look("iris")
    built = kpack.must_build("iris", 4)
    before, after = (
        layer_keys(kpack.cluster, code_only.image),
        layer_keys(kpack.cluster, built.image),
    )
    assert {name for name in after if after[name] != before[name]} <= {
        "requirements",
        "third-party-licenses",
    }
    assert after["requirements"] != before["requirements"]
    with serving(kpack.cluster, kpack.values.namespace, built.image) as url:
        assert predicted(url, [[1, 2, 3]]) == [[1102.0]]
