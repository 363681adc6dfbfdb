"""A layer's key covers everything that its content depends on: what changes it, and what does not."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from seldon_buildpack import digests, origin
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.layers import local_packages
from seldon_buildpack.layers.conda import Conda
from seldon_buildpack.layers.python import Python
from seldon_buildpack.manifests import requirements_txt, select
from seldon_buildpack.manifests.conda.types import CondaEnvironment, Locked
from seldon_buildpack.package_sources.conda_channels import Channel, Channels
from seldon_buildpack.package_sources.indexes import Index

TARGETS = (
    "CNB_TARGET_OS",
    "CNB_TARGET_ARCH",
    "CNB_TARGET_ARCH_VARIANT",
    "CNB_TARGET_DISTRO_NAME",
    "CNB_TARGET_DISTRO_VERSION",
    "CNB_STACK_ID",
)


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("-> "):
            path.unlink(missing_ok=True)
            path.symlink_to(text[3:])
        else:
            path.write_text(text)


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("https://h/get?name=foo-1.0.whl", "https://h/get?name=foo-1.1.whl", False),
        ("https://h/repo.zip?ref=a&token=t", "https://h/repo.zip?ref=b&token=t", False),
        ("https://h/get?token=a&name=foo-1.whl", "https://h/get?token=a&name=foo-2.whl", False),
        ("https://h/f.whl?sig=a", "https://h/f.whl?sig=b", True),
        ("https://h/f.whl?X-Amz-Signature=a&v=1", "https://h/f.whl?X-Amz-Signature=b&v=1", True),
        ("https://h/f.whl?private_token=a", "https://h/f.whl?private_token=b", True),
        ("https://u:a@h/f.whl", "https://u:b@h/f.whl", True),
    ],
)
def test_query_of_a_url_counts_but_for_who_asks(
    tmp_path: Path, old: str, new: str, same: bool
) -> None:
    def keys(url: str) -> list[str]:
        write(tmp_path, {"requirements.txt": f"foo @ {url}\n"})
        path = tmp_path / "requirements.txt"
        read = requirements_txt.read(tmp_path, path, {})
        return [read.digest, digests.of_texts([path], tmp_path)]

    assert [one == other for one, other in zip(keys(old), keys(new), strict=True)] == [same] * 2


@pytest.mark.parametrize("name", TARGETS)
def test_what_the_image_is_made_for_is_in_the_keys(tmp_path: Path, name: str) -> None:
    def target(**variables: str) -> str:
        environ = {"CNB_PLATFORM_DIR": str(tmp_path), "CNB_BUILDPACK_DIR": str(tmp_path)}
        return Platform.read(environ | variables, tmp_path).target

    def key(target: str) -> dict[str, str]:
        return Python(
            minor="3.12",
            request="3.12.1",
            carried=None,
            identity="3.12.1",
            catalogue="",
            buildpack="1",
            target=target,
        ).key

    assert target() == ""
    assert len({*map(str, map(key, (target(), target(**{name: "a"}), target(**{name: "b"}))))}) == 3


TREE = {
    "lib/setup.py": "setup()",
    "lib/pkg/__init__.py": "",
    "lib/pkg/linked.py": "-> ../../shared/linked.py",
    "lib/sub": "-> ../shared/sub",
    "shared/linked.py": "a = 1",
    "shared/sub/more.py": "b = 1",
    "shared/sub/circle": "-> ../../lib",
    "model/large.bin": "x",
}


def run_by_all(root: Path) -> None:
    (root / "lib/pkg/__init__.py").chmod(0o755)


def changed(name: str, text: str = "changed") -> Callable[[Path], None]:
    return lambda root: write(root, {name: text})


def moved_time(root: Path) -> None:
    for path in (root / "lib/setup.py", root / "shared/linked.py", root / "lib/pkg"):
        os.utime(path, (1, 1))


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (changed("lib/setup.py"), False),
        (changed("lib/pkg/new.py"), False),
        (changed("lib/build/lib/pkg/old.py"), False),
        (changed("shared/linked.py"), False),
        (changed("shared/sub/more.py"), False),
        (changed("lib/pkg/linked.py", "-> ../../shared/sub/more.py"), False),
        (run_by_all, False),
        (moved_time, True),
        (changed("lib/pkg/__pycache__/a.pyc"), True),
        (changed("shared/other.py"), True),
        (changed("model/large.bin"), True),
    ],
)
def test_tree(tmp_path: Path, change: Callable[[Path], None], same: bool) -> None:
    write(tmp_path, TREE)
    before = digests.of_trees([tmp_path / "lib"], tmp_path)
    change(tmp_path)
    assert (digests.of_trees([tmp_path / "lib"], tmp_path) == before) is same


def test_linked_wheel_counts_by_content(tmp_path: Path) -> None:
    write(tmp_path, {"dist/foo.whl": "one", "w/foo.whl": "-> ../dist/foo.whl"})
    before = digests.of_trees([tmp_path / "w/foo.whl"], tmp_path)
    write(tmp_path, {"dist/foo.whl": "two"})
    assert digests.of_trees([tmp_path / "w/foo.whl"], tmp_path) != before


def test_conda_packages_and_channels_of_the_source(tmp_path: Path) -> None:
    channel = Channel((tmp_path / "channel").as_uri(), "./channel", origin.file("environment.yml"))

    def keys() -> tuple[str, ...]:
        return Channels(channels=(channel,), app=tmp_path).key(), _packages(
            tmp_path / "pkgs/foo-1-0.conda"
        )

    write(tmp_path, {"channel/noarch/repodata.json": "{}", "channel/noarch/foo-1-0.conda": "a"})
    write(tmp_path, {"pkgs/foo-1-0.conda": "a"})
    first = keys()
    assert keys() == first
    write(tmp_path, {"channel/noarch/repodata.json": '{"packages": {}}'})
    second = keys()
    write(tmp_path, {"channel/noarch/foo-1-0.conda": "larger"})
    third = keys()
    assert len({first[0], second[0], third[0]}) == 3
    write(tmp_path, {"pkgs/foo-1-0.conda": "b"})
    assert keys()[1] != first[1]


def _packages(path: Path) -> str:
    environment = CondaEnvironment(path=path, kind="explicit", packages=(Locked(path.as_uri()),))
    return digests.of_archives(Conda.unhashed(environment), path.parent)


SETUP_READS = "setup(install_requires=open('reqs/base.txt').read().split())"
SETUP_JOINS = "import os\nsetup(install_requires=open(os.path.join(here, 'reqs', 'base.list')))"
SETUP_IMPORTS = "from tools.read import requirements\nsetup(install_requires=requirements())"
SETUP_EXECS = "exec(open('mine/_version.py').read())\nsetup(version=__version__)"
SETUP_FINDS = "setup(packages=find_packages())"
SETUP_PATH = "setup(install_requires=[f'lib @ file://{here}/lib'])"
DYNAMIC = '[build-system]\nrequires=[]\n[project]\ndynamic=["dependencies", "version"]\n[tool.setuptools.dynamic]\n'
FROM_FILES = (
    DYNAMIC + 'dependencies = {file = ["reqs/base.list"]}\nversion = {attr = "mine.__version__"}'
)
CFG = "[metadata]\nversion = attr: mine.__version__\n[options]\ninstall_requires = file: reqs/base.list"
PROJECT = '[build-system]\nrequires=[]\n[project]\nname="mine"\nreadme="README.md"\ndependencies=["lib"]\n'
PATH_SOURCE = PROJECT + '[tool.uv.sources]\nlib = {path = "lib"}'
WORKSPACE = (
    PROJECT
    + '[tool.uv.sources]\nlib = {workspace = true}\n[tool.uv.workspace]\nmembers = ["pack/*"]'
)
NO_BUILD = '[project]\nname="mine"\ndependencies=["lib"]\n[tool.uv.sources]\nlib = {path = "lib"}'
HATCH = '[build-system]\nrequires=["hatchling"]\n[tool.hatch.version]\npath = "mine/_version.py"'
FLIT = '[build-system]\nrequires=["flit_core"]\nbuild-backend="flit_core.buildapi"\n[project]\nname="mine"\ndynamic=["version"]'
HATCH_KEYS = (
    HATCH + '\n[tool.hatch.build.targets.wheel.force-include]\n"conf/a.json" = "mine/a.json"'
)
PLUG_IN = '[build-system]\nrequires=["hatchling>=1", "hatch-requirements-txt"]\nbuild-backend="hatchling.build"'
CMAKE = '[build-system]\nrequires=["scikit-build-core"]\nbuild-backend="scikit_build_core.build"'
PACKAGE_DIR = (
    DYNAMIC + 'version = {attr = "inner.VERSION"}\n[tool.setuptools]\npackage-dir = {"" = "python"}'
)
LIB = {"lib/setup.py": "setup()", "lib/lib.py": "a = 1"}
NESTED = {"lib/pyproject.toml": '[tool.uv.sources]\nother = {path = "../other"}', "lib/lib.py": ""}
OTHER = {"other/setup.py": "setup()", "other/other.py": ""}
MODEL = {"MyModel.py": "class MyModel: ...", "model.bin": "weights", "mine/code.py": "x = 1"}
MINE = {"mine/__init__.py": "", "mine/_version.py": "", "reqs/base.list": "six", "README.md": "x"}
IN_PLACE = {"requirements.txt": "-e .\n"}

# What the source has, and the files that each have to count.
KINDS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "folder": (IN_PLACE | {"requirements.txt": "./lib\n"} | LIB, ("lib/setup.py", "lib/lib.py")),
    "folder in place": ({"requirements.txt": "-e ./lib\n"} | LIB, ("lib/setup.py", "lib/new.py")),
    "folder by a URL": ({"requirements.txt": "lib @ file:lib\n"} | LIB, ("lib/lib.py",)),
    "folder that reads above": (
        {"requirements.txt": "./lib\n", "lib/setup.py": "open(up / 'V.x')", "V.x": "1"},
        ("V.x",),
    ),
    "folder that imports from above": (
        {
            "requirements.txt": "./lib\n",
            "lib/setup.py": "import common\nfrom shared.version import V",
            "common.py": "",
            "shared/version.py": "",
        },
        ("common.py", "shared/version.py"),
    ),
    "folder with a path source": (
        {"requirements.txt": "./lib\n"} | NESTED | OTHER,
        ("lib/pyproject.toml", "other/other.py"),
    ),
    "wheel": (
        {"requirements.txt": "./w/a-1-py3-none-any.whl\n", "w/a-1-py3-none-any.whl": "1"},
        ("w/a-1-py3-none-any.whl",),
    ),
    "in place": (
        IN_PLACE | {"setup.py": "setup()"},
        ("setup.py", "setup.cfg", "pyproject.toml", "MANIFEST.in"),
    ),
    "in place, extras": ({"requirements.txt": "-e .[x]\n", "setup.py": ""}, ("setup.py",)),
    "setup.py reads": (
        IN_PLACE | {"setup.py": SETUP_READS, "reqs/base.txt": ""},
        ("reqs/base.txt", "reqs/more.txt"),
    ),
    "setup.py joins a path": (IN_PLACE | {"setup.py": SETUP_JOINS}, ("reqs/base.list",)),
    "setup.py imports": (
        IN_PLACE | {"setup.py": SETUP_IMPORTS, "tools/read.py": ""},
        ("tools/read.py",),
    ),
    "setup.py executes": (IN_PLACE | {"setup.py": SETUP_EXECS}, ("mine/_version.py",)),
    "setup.py finds packages": (
        IN_PLACE | {"setup.py": SETUP_FINDS},
        ("other/__init__.py", "top.py"),
    ),
    "setup.py compiles": (
        IN_PLACE | {"setup.py": "setup()", "mine/a.c": ""},
        ("mine/a.c", "mine/a.pyx"),
    ),
    "setup.py needs a folder": (IN_PLACE | {"setup.py": SETUP_PATH} | LIB, ("lib/lib.py",)),
    "setup.py alone": ({"setup.py": SETUP_JOINS}, ("setup.py", "reqs/base.list")),
    "setup.cfg": (
        IN_PLACE | {"setup.py": "setup()", "setup.cfg": CFG},
        ("reqs/base.list", "mine/__init__.py"),
    ),
    "dynamic": (IN_PLACE | {"pyproject.toml": FROM_FILES}, ("reqs/base.list", "mine/__init__.py")),
    "dynamic alone": ({"pyproject.toml": FROM_FILES}, ("reqs/base.list", "mine/__init__.py")),
    "hatch": ({"pyproject.toml": HATCH}, ("mine/_version.py",)),
    "hatch, paths as keys": ({"pyproject.toml": HATCH_KEYS}, ("conf/a.json",)),
    "plug-in of a backend": ({"pyproject.toml": PLUG_IN}, ("needs.txt",)),
    "backend that compiles": (
        {"pyproject.toml": CMAKE},
        ("CMakeLists.txt", "Cargo.toml", "mine/a.c"),
    ),
    "packages in a folder": (
        {"pyproject.toml": PACKAGE_DIR, "python/inner/__init__.py": ""},
        ("python/inner/__init__.py",),
    ),
    "flit": ({"pyproject.toml": FLIT}, ("mine/__init__.py",)),
    "read me and licence": ({"pyproject.toml": PROJECT}, ("README.md", "LICENSE")),
    "path source": (
        {"pyproject.toml": PATH_SOURCE} | NESTED | OTHER,
        ("lib/lib.py", "other/other.py"),
    ),
    "path source, requirements": (
        IN_PLACE | {"pyproject.toml": PATH_SOURCE} | LIB,
        ("lib/lib.py",),
    ),
    "path source, no build": ({"pyproject.toml": NO_BUILD} | LIB, ("lib/lib.py", "lib/setup.py")),
    "workspace": (
        {"pyproject.toml": WORKSPACE, "pack/lib/pyproject.toml": "", "pack/lib/lib.py": ""},
        ("pack/lib/lib.py",),
    ),
    "copy": (
        {"requirements.txt": ".\n", "setup.py": "setup()"},
        ("MyModel.py", "mine/code.py", "model.bin"),
    ),
}
CASES = [(kind, name) for kind, (_, names) in KINDS.items() for name in names]


def key(app: Path) -> str:
    manifest = select.find(app, {})
    assert manifest
    texts = manifest.digest or digests.of_texts(manifest.files, app)
    return texts + local_packages.key(app, manifest, Index())


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_package_of_the_source_is_installed_anew(tmp_path: Path, kind: str, name: str) -> None:
    write(tmp_path, MODEL | MINE | KINDS[kind][0])
    before = key(tmp_path)
    path = tmp_path / name
    old = path.read_text() if path.is_file() else ""
    write(tmp_path, {name: f"{old}\n# changed\n"})
    assert key(tmp_path) != before


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "copy"])
def test_package_of_the_source_is_reused(tmp_path: Path, kind: str) -> None:
    write(tmp_path, MODEL | MINE | KINDS[kind][0])
    before = key(tmp_path)
    write(tmp_path, dict.fromkeys(MODEL, "changed"))
    write(tmp_path, {"mine/__pycache__/code.pyc": "", ".venv/lib/a.txt": ""})
    for path in tmp_path.rglob("*"):
        os.utime(path, (1, 1))
    assert key(tmp_path) == before


def test_linked_file_that_a_build_reads_counts(tmp_path: Path) -> None:
    write(tmp_path, IN_PLACE | {"setup.py": SETUP_READS, "reqs/base.txt": "-> ../shared/base.x"})
    write(tmp_path, {"shared/base.x": "six==1"})
    before = key(tmp_path)
    write(tmp_path, {"shared/base.x": "six==2"})
    assert key(tmp_path) != before


@pytest.mark.parametrize(
    ("name", "same"),
    [("c.txt", False), ("d.txt", False), ("sub/e.txt", False), ("w/a.whl", False), ("f.txt", True)],
)
def test_constraints_count_with_what_they_include(tmp_path: Path, name: str, same: bool) -> None:
    files = {
        "c.txt": "-c d.txt\nsix<2\n",
        "d.txt": "--requirement=sub/e.txt\n",
        "sub/e.txt": "a @ file:w/a.whl\n",
        "w/a.whl": "1",
        "f.txt": "",
    }
    write(tmp_path, files)
    index = Index(constraints=(tmp_path / "c.txt", tmp_path / "missing.txt"))
    before = local_packages.constraints_key(tmp_path, index, ())
    write(tmp_path, {name: files[name] + "\ntoml"})
    assert (local_packages.constraints_key(tmp_path, index, ()) == before) is same


def test_variables_in_constraints_count(tmp_path: Path) -> None:
    write(tmp_path, {"c.txt": "six==${VERSION}\n"})
    index = Index(constraints=(tmp_path / "c.txt",))
    keys = {local_packages.constraints_key(tmp_path, index, (("VERSION", one),)) for one in "12"}
    assert len(keys) == 2


def test_large_file_that_is_not_read_costs_nothing(tmp_path: Path) -> None:
    write(tmp_path, IN_PLACE | {"setup.py": "setup(package_data={'': ['*']})", "model.bin": ""})
    before = key(tmp_path)
    os.truncate(tmp_path / "model.bin", 1 << 40)
    assert key(tmp_path) != before


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": '[build-system]\nbackend-path = "x"\n[tool]\nsetuptools = "x"'},
        {"pyproject.toml": '[build-system]\n[tool.uv]\nsources = "x"\n[tool.flit]\nmodule = 1'},
        {"pyproject.toml": "[build-system]\n[tool.uv.sources]\na = {workspace = true}"},
        {"pyproject.toml": '[build-system]\n[tool.uv.sources]\na = {path = "../../../**"}'},
        {"setup.py": f"open('{'x' * 300}.py')\nimport {'y' * 300}\nopen('a\\0b.py')"},
        {"setup.py": "not python ["},
        {"setup.py": "x = " + "(" * 5000},
        {"setup.py": "open('loop')", "loop": "-> loop", "gone": "-> nowhere"},
    ],
)
def test_what_makes_no_sense_is_for_the_build_to_refuse(
    tmp_path: Path, files: dict[str, str]
) -> None:
    write(tmp_path, files)
    assert key(tmp_path)
