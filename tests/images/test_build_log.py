"""The whole of what a user reads in a good build, and what a rebuild does not do again."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.images.conftest import Built, Pack, docker
from tools.core.steps import Workspace
from tools.dev import container

_RUN = """
Run it (replace my-model with your image's name; REST on port 9000, gRPC on 5000, metrics on 6000)
  docker run --rm -p 9000:9000 -p 5000:5000 my-model
  curl -s localhost:9000/api/v1.0/predictions -H 'Content-Type: application/json' -d '{"data": {"ndarray": [[1, 2, 3, 4]]}}'
"""

_TRIED = "  Tried         imported and constructed {} in N s, N MB\n"
_NOT_TRIED = (
    "  Tried         no  (the installed packages are reused, and not available here; "
    "BP_MODEL_TRIAL=always restores them)\n"
)

_MINIMAL = """\
Seldon Python buildpack 0.1.0

Model
  Class         RowMeans  (.s2i/environment)
  Service type  MODEL  (.s2i/environment)
  Python        PYTHON  (the default; set BP_PYTHON_VERSION to change it)
  Wrapper       seldon-core 1.17.1  (licence Apache-2.0)

Layers
"""

_IRIS = """\
Seldon Python buildpack 0.1.0

Model
  Class         IrisClassifier  (.s2i/environment)
  Service type  MODEL  (.s2i/environment)
  Python        PYTHON  (the default; set BP_PYTHON_VERSION to change it)
  Wrapper       seldon-core 1.17.1  (licence Apache-2.0)
  Requirements  requirements.txt  (4 packages)

Layers
"""

_IRIS_INSTALLED = """\
      Resolved 43 packages in N s
      Prepared 4 packages in N s
      Installed 4 packages in N s
       + joblib==1.4.2
       + scikit-learn==1.5.2
       + scipy==1.14.1
       + threadpoolctl==3.5.0
                  done in N s
"""


_LINKED = (
    "  python-wrapper  in the run image (3.12-s1)\n  python          in the run image (3.12-s1)\n"
)


def _read(built: Built, bundle: Path) -> str:
    version = json.loads((bundle / "bundle.json").read_text())["pythons"]["3.12"]["version"]
    return built.ours.replace(version, "PYTHON")


def _made(*names: str) -> str:
    return "".join(
        f"  {name:<16}building (first build)\n                  done in N s\n" for name in names
    )


def _reused(*names: str) -> str:
    return "".join(f"  {name:<16}reused\n" for name in names)


def _copied(sample: Path, tmp_path: Path) -> Path:
    app: Path = shutil.copytree(sample, tmp_path / "app")
    return app


def test_the_log_of_a_first_build_without_packages(minimal: Built, bundle: Path) -> None:
    tried = _TRIED.format("RowMeans")
    assert _read(minimal, bundle) == _MINIMAL + _LINKED + _made("watcher") + tried + _RUN


def test_the_log_of_a_first_build_with_packages(iris: Built, bundle: Path) -> None:
    requirements = "  requirements    building (first build)\n" + _IRIS_INSTALLED
    tried = _TRIED.format("IrisClassifier")
    assert _read(iris, bundle) == _IRIS + requirements + _LINKED + _made("watcher") + tried + _RUN


def test_a_code_change_reinstalls_nothing(
    iris: Built, pack: Pack, samples: Path, tmp_path: Path, bundle: Path
) -> None:
    app = _copied(samples / "sklearn-iris", tmp_path)
    (app / "IrisClassifier.py").write_text(
        (app / "IrisClassifier.py").read_text() + "\n# changed\n"
    )
    rebuilt = pack.must_build(iris.image, app)
    assert (
        _read(rebuilt, bundle)
        == _IRIS + _reused("requirements") + _LINKED + _reused("watcher") + _NOT_TRIED + _RUN
    )
    exported = [
        line.strip()
        for line in rebuilt.log.splitlines()
        if line.startswith(("Reusing layer", "Adding layer", "Added", "Reused"))
    ]
    assert [line for line in exported if "seldon/python" in line] == [
        f"Reusing layer 'seldon/python:{name}'"
        for name in (
            "python",
            "python-wrapper",
            "requirements",
            "serve",
            "third-party-licenses",
            "watcher",
        )
    ]


def test_changed_requirement_reinstalls_and_says_why(
    iris: Built, pack: Pack, samples: Path, tmp_path: Path, bundle: Path
) -> None:
    app = _copied(samples / "sklearn-iris", tmp_path)
    (app / "requirements.txt").write_text(
        (app / "requirements.txt").read_text() + "colorama==0.4.6\n"
    )
    rebuilt = pack.must_build(iris.image, app)
    installed = (
        _IRIS_INSTALLED.replace("4 packages in", "5 packages in")
        .replace("Resolved 43", "Resolved 44")
        .replace("       + joblib", "       + colorama==0.4.6\n       + joblib")
    )
    reused = _LINKED + _reused("watcher")
    expected = (
        _IRIS.replace("(4 packages)", "(5 packages)")
        + "  requirements    building (requirements changed)\n"
        + installed
        + reused
        + _TRIED.format("IrisClassifier")
        + _RUN
    )
    assert _read(rebuilt, bundle) == expected
    assert "Reusing layer 'seldon/python:python-wrapper'" in rebuilt.log
    pack.must_build(iris.image, samples / "sklearn-iris")


def test_the_five_phases_of_an_untrusted_builder_end_well_too(
    untrusting: Pack, samples: Path, bundle: Path
) -> None:
    built = untrusting.must_build("seldon-test-untrusted", samples / "minimal", "--clear-cache")
    tried = _TRIED.format("RowMeans")
    assert _read(built, bundle) == _MINIMAL + _LINKED + _made("watcher") + tried + _RUN
    assert "[exporter] " in built.log
    again = untrusting.must_build("seldon-test-untrusted", samples / "minimal")
    assert _read(again, bundle) == _MINIMAL + _LINKED + _reused("watcher") + tried + _RUN


def test_a_rebuild_ends_well_where_packs_cache_volumes_are_gone(
    pack: Pack, samples: Path, tmp_path: Path
) -> None:
    app = _copied(samples / "minimal", tmp_path)
    image = "seldon-test-lost-cache"
    pack.must_build(image, app)
    volumes = docker("volume", "ls", "-q", "--filter", f"name=pack-cache-library_{image}_").split()
    assert volumes
    docker("volume", "rm", *volumes)
    # One layer is new, the others are taken from the image in the engine.
    rebuilt = pack.must_build(image, app, env={"GUNICORN_WORKERS": "2"})
    assert "Adding layer 'seldon/python:serve'" in rebuilt.log
    assert "Reusing layer 'seldon/python:python-wrapper'" in rebuilt.log
    with container.started(image) as running:
        running.wait_ready()
        subprocess.run([app / "verify", running.rest], check=True, timeout=30)


def test_pack_builds_as_typed_after_the_exports_of_make_env(
    workspace: Workspace, pack: Pack, samples: Path, tmp_path: Path
) -> None:
    exports = subprocess.run(
        ["make", "-s", "env"],
        cwd=workspace.checkout,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout
    app = _copied(samples / "minimal", tmp_path)
    pack.images.add("seldon-test-typed")
    for typed in (
        "pack build seldon-test-typed --builder seldon/builder",
        "pack build seldon-test-typed --builder seldon/builder --trust-builder=false",
    ):
        done = subprocess.run(
            ["sh", "-c", f"{exports}\n{typed}"],
            cwd=app,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert "Successfully built image 'seldon-test-typed'" in done.stdout, (
            done.stdout + done.stderr
        )


def test_the_same_source_gives_the_same_image(
    pack: Pack, samples: Path, minimal: Built, tmp_path: Path
) -> None:
    app = _copied(samples / "minimal", tmp_path)
    again = pack.must_build("seldon-test-minimal-again", app, "--clear-cache")
    ids = [
        docker("image", "inspect", "-f", "{{.Id}}", image).strip()
        for image in (minimal.image, again.image)
    ]
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", ids[0])
    assert ids[0] == ids[1]


def test_what_is_not_ours_fails_detection_with_one_line(
    pack: Pack, source: Callable[..., Path]
) -> None:
    built = pack.build("seldon-test-not-ours", source({"notes.txt": "nothing"}))
    assert built.code != 0
    said = [line for line in built.log.splitlines() if line.startswith("seldon/python: ")]
    assert len(said) == 1, built.log
