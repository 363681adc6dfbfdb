"""requirements.txt in all its forms, releases of the wrapper, and what makes a rebuild install again."""

import json
import shutil
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.images.conftest import Built, Pack, docker
from tests.support import packages, servers
from tests.support.canaries import Credentials, assert_nowhere, of_phases

IMAGE = "seldon-test-index"
Source = Callable[..., Path]
GIT = Credentials("canary-user-git", "canary-password-git/x")


# What it sees of click, whose wrapper's copy may be hidden, and of what only a hidden copy has.
_SEES = """\
import importlib.metadata as metadata
import importlib.util

PKG_RESOURCES = "has" if importlib.util.find_spec("pkg_resources") else "no"
CLICKS = sum(each.metadata["Name"] == "click" for each in metadata.distributions())


class Says:
    def predict(self, X, names=None):
        return [metadata.version("click"), f"{CLICKS} click", f"{PKG_RESOURCES} pkg_resources"]
"""


@pytest.fixture(scope="module")
def served_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder over http for those who know the password, and its URL with it: a git repository, wheels, an index."""
    folder = tmp_path_factory.mktemp("served")
    packages.repository(folder / "git", packages.project("from_git", "1.0"), "v1")
    packages.wheel(folder / "wheels", "from_url", "1.0")
    packages.wheel(folder / "links", "from_links_page", "1.0")
    packages.wheel(folder / "simple/from-index-line", "from_index_line", "1.0")
    with servers.files_with_password(folder, GIT.user, GIT.password) as url:
        yield folder, servers.with_user(url, GIT.user, GIT.password)


@pytest.fixture(scope="module")
def everything(
    pack: Pack, tmp_path_factory: pytest.TempPathFactory, served_files: tuple[Path, str]
) -> Built:
    """One build of a requirements.txt that holds all that is allowed."""
    app, url = tmp_path_factory.mktemp("everything"), served_files[1]
    files = packages.model(*EVERYTHING)
    for name, text in packages.project("in_place", "1.0", "before the build").items():
        files[f"ours/{name}"] = text
    for name, text in packages.project("from_directory", "1.0").items():
        files[f"libs/from_directory/{name}"] = text
    for name in ("from_folder", "hashed", "constrained"):
        packages.wheel(app / "wheels", name, "1.0")
    packages.wheel(app / "wheels", "constrained", "2.0")
    packages.wheel(app / "wheels", "prereleased", "1.0b1")
    packages.wheel(app / "wheels", "with_extra", "1.0", extras={"more": "extra_of_it"})
    packages.wheel(app / "wheels", "extra_of_it", "1.0")
    packages.wheel(app / "local", "from_path", "1.0")
    packages.wheel(app / "local", "named_path", "1.0")
    files["requirements.txt"] = textwrap.dedent(
        f"""\
        # A comment, and options in each spelling
        --find-links wheels
        --extra-index-url={url}/simple
        -f {url}/links
        --pre
        --prefer-binary
        -r more/requirements.txt
        -c more/constraints.txt

        from_folder==1.0 ; python_version >= "3.8"
        no-such-package-anywhere ; python_version < "3"
        With.Extra[more] >=1, <2
        hashed==1.0 --hash={packages.sha256(app / "wheels/hashed-1.0-py3-none-any.whl")} \\
            --hash=sha256:{"0" * 64}
        from-index-line
        from-links-page
        prereleased
        ./local/from_path-1.0-py3-none-any.whl  # by its path
        named_path @ ./local/named_path-1.0-py3-none-any.whl
        ./libs/from_directory
        -e ./ours
        from-git @ git+{url}/git/repository.git@v1
        {url}/wheels/from_url-1.0-py3-none-any.whl?signature=canary-query
        """
    )
    files["more/requirements.txt"] = "constrained\n"
    files["more/constraints.txt"] = "constrained<2\nnot-installed==9\n"
    for name, text in files.items():
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text(text)
    return pack.must_build("seldon-test-everything", app, "--network", "host", "-v")


EVERYTHING = (
    *(
        "from_folder",
        "with_extra",
        "extra_of_it",
        "hashed",
        "constrained",
        "from_index_line",
        "from_links_page",
        "prereleased",
    ),
    *("from_path", "named_path", "from_directory", "in_place", "from_git", "from_url"),
)


def test_all_that_pip_accepts_is_installed(everything: Built) -> None:
    versions = {"prereleased": "1.0b1"}
    expected = [f"{name} {versions.get(name, '1.0')}" for name in EVERYTHING]
    expected[EVERYTHING.index("in_place")] = "before the build"
    assert packages.said(everything.image) == expected
    assert "  Requirements  requirements.txt  (13 packages)\n" in everything.ours
    assert "warning:" not in everything.ours
    assert (
        {("in_place", "1.0"), ("from_git", "1.0")}
        <= {*packages.licensed(everything.image)}
        == {*packages.installed(everything.image)}
    )


def test_editable_packages_run_from_the_source_in_the_image(everything: Built) -> None:
    words = (
        "run",
        "--rm",
        "--entrypoint",
        "launcher",
        "-w",
        "/",
        everything.image,
        "python",
        "-c",
        "import in_place; print(in_place.__file__)",
    )
    assert docker(*words).strip() == "/workspace/ours/in_place.py"
    left = docker(
        "run",
        "--rm",
        "--entrypoint",
        "find",
        everything.image,
        "/workspace/ours",
        "/workspace/libs",
    )
    assert not [path for path in left.splitlines() if path.endswith((".egg-info", "/build"))]


def test_repository_and_link_credentials_leave_nothing_behind(
    everything: Built,
) -> None:
    assert_nowhere(everything.image, of_phases(everything.log), [*GIT.words(), "canary-query"])


def test_hashes_are_required_where_that_is_asked_for(
    pack: Pack, source: Source, tmp_path: Path
) -> None:
    wheel = packages.wheel(tmp_path, "hashed", "1.0")
    line = f"hashed==1.0 --hash={packages.sha256(wheel)}\n"
    app = source(
        {
            **packages.model("hashed"),
            "requirements.txt": line,
            f"wheels/{wheel.name}": wheel.read_bytes(),
        }
    )
    env = {"PIP_REQUIRE_HASHES": "1", "PIP_FIND_LINKS": "wheels"}
    pack.must_build(IMAGE, app, "--network", "host", env=env)
    assert packages.said(IMAGE) == ["hashed 1.0"]
    (app / "requirements.txt").write_text("--require-hashes\nhashed==1.0\n")
    without = pack.build(IMAGE, app, "--network", "host", env={"PIP_FIND_LINKS": "wheels"})
    assert without.code != 0
    assert (
        "In `--require-hashes` mode, all requirements must have a hash, but none were provided for: hashed==1.0"
        in without.ours
    )
    (app / "requirements.txt").write_text(f"hashed==1.0 --hash=sha256:{'0' * 64}\n")
    wrong = pack.build(IMAGE, app, "--network", "host", env={"PIP_FIND_LINKS": "wheels"})
    assert wrong.code != 0
    assert "ERROR: The hash of " in wrong.ours


def test_wrapper_layer_is_shared_although_click_is_replaced(
    pack: Pack, source: Source, bundle: Path, minimal: Built
) -> None:
    ours = packages.locked(bundle, "current", "click")
    app = source({**packages.model(), "requirements.txt": "click==8.1.7\nsetuptools==82.0.1\n"})
    (app / "Says.py").write_text(_SEES)
    built = pack.must_build(IMAGE, app, "--network", "host")
    assert packages.said(IMAGE) == ["8.1.7", "1 click", "no pkg_resources"]
    assert _layers(IMAGE)["python-wrapper"] == _layers(minimal.image)["python-wrapper"]
    assert f"- click=={ours}" in built.ours
    hidden = [("click", ours), ("setuptools", packages.locked(bundle, "current", "setuptools"))]
    assert packages.licensed(IMAGE) == sorted([*packages.installed(IMAGE), *hidden])
    (app / "requirements.txt").write_text(f"click=={ours}\n")
    again = pack.must_build(IMAGE, app, "--network", "host")
    assert "  requirements    building (requirements changed)\n" in again.ours
    assert packages.said(IMAGE) == [ours, "1 click", "has pkg_resources"]
    assert packages.licensed(IMAGE) == packages.installed(IMAGE)


def test_the_wrapper_that_is_carried_may_stand_in_requirements(pack: Pack, source: Source) -> None:
    app = source({**packages.model(), "requirements.txt": "seldon-core==1.17.1\n"})
    pack.must_build(IMAGE, app, "--network", "host")
    assert packages.said(IMAGE) == []
    assert _layers(IMAGE).keys() == {
        "python",
        "python-wrapper",
        "requirements",
        "serve",
        "third-party-licenses",
        "watcher",
    }
    assert _label(IMAGE, "io.seldon.wrapper.version") == "1.17.1"


def test_another_release_of_the_wrapper_is_chosen_by_a_variable(pack: Pack, source: Source) -> None:
    app = source({**packages.model(), "requirements.txt": "colorama==0.4.6\n"})
    version = "import importlib.metadata as m\n\n\nclass Says:\n    def predict(self, X, names=None):\n        return [m.version('seldon-core')]\n"
    (app / "Says.py").write_text(version)
    built = pack.must_build(
        IMAGE, app, "--network", "host", env={"BP_SELDON_CORE_VERSION": "1.16.0"}
    )
    assert "  Wrapper       seldon-core 1.16.0  (licence Apache-2.0)\n" in built.ours
    assert packages.said(IMAGE) == ["1.16.0"]
    assert _label(IMAGE, "io.seldon.wrapper.version") == "1.16.0"
    assert _layers(IMAGE).keys() == {
        "python",
        "requirements",
        "serve",
        "third-party-licenses",
        "watcher",
    }
    back = pack.must_build(IMAGE, app, "--network", "host")
    assert "  requirements    building (wrapper changed)\n" in back.ours
    assert packages.said(IMAGE) == ["1.17.1"]
    (app / "requirements.txt").write_text("seldon-core==1.16.0\n")
    contradicted = pack.build(
        IMAGE, app, "--network", "host", env={"BP_SELDON_CORE_VERSION": "1.17.1"}
    )
    assert contradicted.code != 0
    assert "  Wrapper       seldon-core 1.17.1  (licence Apache-2.0)\n" in contradicted.ours


def test_rebuild_names_each_change_that_reinstalls(
    pack: Pack, source: Source, tmp_path: Path
) -> None:
    for version in ("1.0", "2.0"):
        packages.wheel(tmp_path / "wheels", "changing", version)
    packages.wheel(tmp_path / "local", "by_path", "1.0", says="old")
    files = {
        **packages.model("changing", "by_path"),
        "requirements.txt": "-r more.txt\n./local/by_path-1.0-py3-none-any.whl\n",
        "more.txt": "changing\n",
        "constraints.txt": "changing<2\n",
    }
    app = source(files)
    for folder in ("wheels", "local"):
        shutil.copytree(tmp_path / folder, app / folder)
    env = {"PIP_FIND_LINKS": "wheels", "PIP_NO_INDEX": "1", "PIP_CONSTRAINT": "constraints.txt"}

    def reason() -> str:
        built = pack.must_build("seldon-test-rebuild", app, "--network", "none", env=env)
        [line] = [line for line in built.ours.splitlines() if line.startswith("  requirements ")]
        assert (
            "first build" in line
            or "  python-wrapper  in the run image (3.12-s1)\n  python          in the run image (3.12-s1)\n"
            in built.ours
        )
        return line.split(None, 1)[1]

    assert reason() == "building (first build)"
    (app / "Says.py").write_text((app / "Says.py").read_text() + "# changed\n")
    assert reason() == "reused"
    (app / "more.txt").write_text("changing>=1\n")
    assert reason() == "building (requirements changed)"
    (app / "constraints.txt").write_text("changing<3\n")
    packages.wheel(app / "wheels", "changing", "2.5")
    assert reason() == "building (constraints and local packages changed)"
    assert packages.said("seldon-test-rebuild") == ["changing 2.5", "old"]
    packages.wheel(app / "local", "by_path", "1.0", says="new")
    assert reason() == "building (local packages changed)"
    assert packages.said("seldon-test-rebuild") == ["changing 2.5", "new"]
    env["PIP_EXTRA_INDEX_URL"] = "https://user:password@127.0.0.1:1/simple"
    assert reason() == "building (index settings changed)"


def _layers(image: str) -> dict[str, str]:
    """The layers of the image that the buildpack made, name to digest."""
    told = json.loads(_label(image, "io.buildpacks.lifecycle.metadata"))
    [ours] = [buildpack for buildpack in told["buildpacks"] if buildpack["key"] == "seldon/python"]
    return {name: layer["sha"] for name, layer in ours["layers"].items() if layer["launch"]}


def _label(image: str, name: str) -> str:
    return docker("inspect", "-f", f'{{{{index .Config.Labels "{name}"}}}}', image).strip()
