"""A layer's key covers everything that its content depends on: what changes it, and what does not."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from seldon_buildpack import digests
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.layers.conda import Conda
from seldon_buildpack.layers.python import Python
from seldon_buildpack.manifests import requirements_txt
from seldon_buildpack.manifests.conda.types import CondaEnvironment, Locked
from seldon_buildpack.package_sources.conda_channels import Channel, Channels

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
        return Python("3.12", "3.12.1", None, "3.12.1", "", "1", target).key

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
    channel = Channel((tmp_path / "channel").as_uri(), "./channel", "from environment.yml")

    def keys() -> tuple[str, ...]:
        return Channels((channel,)).key(), _packages(tmp_path / "pkgs/foo-1-0.conda")

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
    environment = CondaEnvironment(path, "explicit", packages=(Locked(path.as_uri()),))
    return digests.of_archives(Conda.unhashed(environment), path.parent)
