import os
import subprocess
from pathlib import Path

import pytest
from uv import find_uv_bin

from seldon_buildpack.commands.uv import Outcome
from seldon_buildpack.layers import export_lock
from seldon_buildpack.manifests import select as manifest
from seldon_buildpack.manifests import uv_lock
from seldon_buildpack.manifests.requirements_txt import IndexLines, Requirements
from seldon_buildpack.messages.errors.lockfiles import (
    LockNotForHere,
    LockUnreadable,
    PathOutsideSource,
)

# As uv itself names it: no registry is named in this repository.
_TOLD = [
    find_uv_bin(),
    "pip",
    "compile",
    "-",
    "--emit-index-url",
    "--offline",
    "--quiet",
    "--no-header",
    "--no-config",
]
_ENV = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
PUBLIC = subprocess.run(
    _TOLD, input="", capture_output=True, text=True, check=True, env=_ENV
).stdout.split()[1]
PROJECT = '[project]\nname = "mine"\nversion = "1"\nrequires-python = ">=3.9"\n'


def package(name: str, source: str, *needs: str, version: str = "1.0", more: str = "") -> str:
    dependencies = "".join(f"    {{ {need} }},\n" for need in needs)
    return f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {{ {source} }}\ndependencies = [\n{dependencies}]\n{more}\n'


def registry(url: str = PUBLIC) -> str:
    return f'registry = "{url}"'


def need(name: str) -> str:
    return f'name = "{name}"'


def read_uv_lock(app: Path, *packages: str, project: str = PROJECT) -> Requirements:
    (app / "pyproject.toml").write_text(project)
    (app / "uv.lock").write_text('version = 1\nrequires-python = ">=3.9"\n\n' + "\n".join(packages))
    found = manifest.find(app, {})
    assert found
    return found


def pylock(app: Path, packages: str, more: str = "") -> Requirements:
    (app / "pylock.toml").write_text(
        f'lock-version = "1.0"\ncreated-by = "tests"\n{more}\n{packages}'
    )
    found = manifest.find(app, {})
    assert found
    return found


def pylock_package(name: str, rest: str, version: str = "1.0") -> str:
    return f'[[packages]]\nname = "{name}"\nversion = "{version}"\n{rest}\n'


def wheel(file: str, key: str = "url", base: str = "https://h/") -> str:
    return f'{{ {key} = "{base}{file}", hashes = {{ sha256 = "ab" }} }}'


def lines(app: Path, python: str = "3.12.1") -> list[str]:
    return list(export_lock._lines(app, python))


def test_uv_lock_counts_dependencies_without_groups_or_extras(
    tmp_path: Path,
) -> None:
    read = read_uv_lock(
        tmp_path,
        package(
            "mine",
            'virtual = "."',
            need("a"),
            more=f"[package.dev-dependencies]\ndev = [\n    {{ {need('seldon-core')} }},\n]\n",
        ),
        package("a", registry(), need("b") + ', extra = ["fast"]'),
        package(
            "b",
            registry(),
            more=f"[package.optional-dependencies]\nfast = [\n    {{ {need('c')} }},\n]\nslow = [\n    {{ {need('d')} }},\n]\n",
        ),
        package("c", registry(), need("a")),
        package("d", registry()),
        package("seldon-core", registry(), version="1.16.0"),
    )
    assert sorted(read.names) == ["a", "b", "c", "mine"]
    assert read.wrapper == ""
    assert (read.local, read.editable, read.lock, read.requires_python) == ((), (), True, ">=3.9")
    assert [path.name for path in read.files] == ["uv.lock", "pyproject.toml"]
    assert read.summary() == "its pinned packages"


def test_workspace_members_without_a_root_project_all_count(tmp_path: Path) -> None:
    read = read_uv_lock(
        tmp_path,
        package("one", 'virtual = "one"', need("a")),
        package("two", 'editable = "two"', need("b")),
        package("a", registry()),
        package("b", registry()),
    )
    assert sorted(read.names) == ["a", "b", "one", "two"]
    assert read.editable == (tmp_path / "two",)


def test_source_packages_make_the_project_editable(
    tmp_path: Path,
) -> None:
    read = read_uv_lock(
        tmp_path,
        package("mine", 'editable = "."', need("part"), need("wheel"), need("folder")),
        package("part", 'editable = "parts/part"'),
        package("wheel", 'path = "wheels/wheel-1.0-py3-none-any.whl"'),
        package("folder", 'directory = "folder"'),
    )
    assert read.editable == (tmp_path, tmp_path / "parts/part")
    assert set(read.local) == {
        *read.editable,
        tmp_path / "wheels/wheel-1.0-py3-none-any.whl",
        tmp_path / "folder",
    }
    assert read.summary() == "its pinned packages, and the project as editable"


def test_locked_wrapper_release_is_served_with(tmp_path: Path) -> None:
    read = read_uv_lock(
        tmp_path,
        package("mine", 'virtual = "."', need("seldon-core")),
        package("seldon-core", registry(), version="1.16.0"),
    )
    assert read.wrapper_version("1.17.1") == "1.16.0"


@pytest.mark.parametrize(
    ("registries", "lines"),
    [
        ([PUBLIC], IndexLines(of_lock=True)),
        (["https://a/simple"], IndexLines(index_url="https://a/simple", of_lock=True)),
        (
            [PUBLIC, "https://a/simple"],
            IndexLines(
                index_url="",
                extra_index_urls=("https://a/simple",),
                strategy="unsafe-first-match",
                of_lock=True,
            ),
        ),
        (
            ["https://a/simple", "https://b/simple"],
            IndexLines(
                index_url="https://a/simple",
                extra_index_urls=("https://b/simple",),
                strategy="unsafe-first-match",
                of_lock=True,
            ),
        ),
    ],
)
def test_the_registries_of_a_lock_are_its_indexes(
    tmp_path: Path, registries: list[str], lines: IndexLines
) -> None:
    packages = [package(f"p{number}", registry(url)) for number, url in enumerate(registries)]
    needs = [need(f"p{number}") for number in range(len(registries))]
    assert (
        read_uv_lock(tmp_path, package("mine", 'virtual = "."', *needs), *packages).index == lines
    )


def test_a_folder_that_is_a_registry_holds_wheels(tmp_path: Path) -> None:
    read = read_uv_lock(
        tmp_path, package("mine", 'virtual = "."', need("a")), package("a", registry("wheels"))
    )
    assert read.index.find_links == (str(tmp_path / "wheels"),)


def test_uv_lock_credentials_of_the_project_are_used_and_secret(
    tmp_path: Path,
) -> None:
    index = '\n[[tool.uv.index]]\nname = "a"\nurl = "https://bob:pw@a/simple/"\n'
    read = read_uv_lock(
        tmp_path,
        package("mine", 'virtual = "."', need("a"), need("g")),
        package("a", registry("https://a/simple")),
        package("g", 'git = "https://tok3n@h/g.git?rev=main#0123"'),
        project=PROJECT + index,
    )
    assert read.index.index_url == "https://bob:pw@a/simple/"
    assert "tok3n" in {secret.reveal() for secret in read.secrets}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("version = 1\n<<<<<<< HEAD\n", "it contains git conflict markers"),
        ("= 1\n", "it is not TOML: Invalid statement (at line 1, column 1)"),
        ("version = 2\npackage = []\n", "uv 0.13 does not support its format"),
        ("version = 1\n", "uv 0.13 does not support its format"),
        ('version = 1\n[[package]]\nname = "a"\n', "uv 0.13 does not support its format"),
    ],
)
def test_a_uv_lock_that_is_none_is_named(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "uv.lock").write_text(text)
    with pytest.raises(LockUnreadable) as raised:
        manifest.find(tmp_path, {})
    assert raised.value.cause == f"Reading it failed: {reason}."


def test_a_lock_that_leads_out_of_the_source_is_named(tmp_path: Path) -> None:
    with pytest.raises(PathOutsideSource):
        read_uv_lock(
            tmp_path,
            package("mine", 'virtual = "."', need("a")),
            package("a", 'directory = "../a"'),
        )
    with pytest.raises(PathOutsideSource):
        pylock(
            tmp_path,
            pylock_package(
                "a", 'archive = { path = "/tmp/a-1.0.tar.gz", hashes = { sha256 = "ab" } }'
            ),
        )


def test_a_pylock_is_read(tmp_path: Path) -> None:
    read = pylock(
        tmp_path,
        pylock_package("mine", 'directory = { path = ".", editable = true }')
        + pylock_package(
            "seldon-core",
            f'index = "{PUBLIC}/"\nwheels = [{wheel("seldon_core-1.0-py3-none-any.whl")}]',
        )
        + pylock_package("a", f"wheels = [{wheel('a-1.0-py3-none-any.whl', 'path', 'wheels/')}]"),
        'requires-python = ">=3.10"',
    )
    assert read.names == ("mine", "seldon-core", "a")
    assert read.editable == (tmp_path,)
    assert set(read.local) == {tmp_path, tmp_path / "wheels/a-1.0-py3-none-any.whl"}
    assert read.index == IndexLines(find_links=(str(tmp_path / "wheels"),), of_lock=True)
    assert (read.wrapper_version("1.17.1"), read.requires_python) == ("1.0", ">=3.10")


@pytest.mark.parametrize(
    ("rest", "line"),
    [
        ('directory = { path = ".", editable = true }', "-e ./."),
        ('directory = { path = "parts/a" }', "a @ ./parts/a"),
        (
            'vcs = { type = "git", url = "https://h/a.git", commit-id = "01ab", subdirectory = "py" }',
            "a @ git+https://h/a.git@01ab#subdirectory=py",
        ),
        (
            'archive = { url = "https://h/a.zip", hashes = { sha256 = "ab" } }',
            "a @ https://h/a.zip --hash=sha256:ab",
        ),
        (
            'archive = { path = "a-1.0.tar.gz", hashes = { sha256 = "ab" } }',
            "a @ ./a-1.0.tar.gz --hash=sha256:ab",
        ),
        (
            f'wheels = [{wheel("a-1.0-py3-none-any.whl")}]\nsdist = {{ url = "https://h/a-1.0.tar.gz", hashes = {{ sha256 = "cd", md5 = "ef" }} }}',
            "a==1.0 --hash=sha256:ab --hash=sha256:cd --hash=md5:ef",
        ),
    ],
)
def test_each_kind_of_package_of_a_pylock_becomes_a_line(
    tmp_path: Path, rest: str, line: str
) -> None:
    pylock(tmp_path, pylock_package("a", rest))
    assert lines(tmp_path) == [line]


def test_a_version_that_is_left_out_is_that_of_the_file(tmp_path: Path) -> None:
    pylock(
        tmp_path,
        pylock_package("a", f"wheels = [{wheel('a-1.0-py3-none-any.whl')}]").replace(
            'version = "1.0"\n', ""
        ),
    )
    assert lines(tmp_path) == ["a==1.0 --hash=sha256:ab"]


def test_lock_entries_match_the_python_and_no_group(tmp_path: Path) -> None:
    files = f"wheels = [{wheel('{}-1.0-py3-none-any.whl')}]"
    pylock(
        tmp_path,
        "".join(
            pylock_package(name, f'marker = "{marker}"\n{files.replace("{}", name)}')
            for name, marker in (
                ("old", "python_version < '3.10'"),
                ("new", "python_full_version >= '3.12.1'"),
                ("windows", "sys_platform == 'win32'"),
                ("dev", "'dev' in dependency_groups"),
                ("extra", "'x' in extras"),
            )
        ),
        'dependency-groups = ["dev"]\nextras = ["x"]',
    )
    assert lines(tmp_path) == ["new==1.0 --hash=sha256:ab"]
    assert lines(tmp_path, "3.9.18") == ["old==1.0 --hash=sha256:ab"]


def test_a_pylock_without_a_file_for_this_python_is_named(tmp_path: Path) -> None:
    files = [
        wheel(f"a-1.0-cp311-cp311-{platform}.whl")
        for platform in ("manylinux_2_17_x86_64", "win_amd64")
    ]
    pylock(tmp_path, pylock_package("a", f"wheels = [{', '.join(files)}]"))
    assert lines(tmp_path, "3.11.7") == ["a==1.0 --hash=sha256:ab --hash=sha256:ab"]
    with pytest.raises(LockNotForHere):
        lines(tmp_path)


@pytest.mark.parametrize(
    ("lock", "names"),
    [
        ("", []),
        ('[manifest]\noverrides = [{ name = "Six_x", specifier = "==1.15.0" }]\n', ["six-x"]),
    ],
)
def test_what_a_lock_goes_over_is_known(tmp_path: Path, lock: str, names: list[str]) -> None:
    (tmp_path / "uv.lock").write_text(f"version = 1\n{lock}")
    assert uv_lock.overrides(tmp_path) == set(names)


@pytest.mark.parametrize(
    ("asked", "differing"),
    [
        ('"a<2,>=1", "b", "c>=3", "seldon_core[x] == 1.17.1"', []),
        ('"a>=1,<3", "b", "c", "seldon-core==1.17.1"', ["a"]),
        ('"a>=1,<2", "c", "seldon-core==1.17.1", "e ; python_version > \'3.9\'"', ["b", "e"]),
        ('"no requirement"', []),
    ],
)
def test_project_changes_since_its_lock_are_listed(
    tmp_path: Path, asked: str, differing: list[str]
) -> None:
    requires = (
        '{ name = "a", specifier = ">=1,<2" }, { name = "b" }, { name = "c", path = "c" }, '
        '{ name = "d", marker = "extra == \'x\'" }, { name = "seldon-core", extras = ["x"], specifier = "==1.17.1" }'
    )
    read_uv_lock(
        tmp_path,
        package(
            "mine", 'editable = "."', more=f"[package.metadata]\nrequires-dist = [{requires}]\n"
        ),
        project=f"{PROJECT}dependencies = [{asked}]\n",
    )
    assert uv_lock.changed_requirements(tmp_path) == differing


def test_dependencies_that_a_build_computes_are_not_compared(tmp_path: Path) -> None:
    requires = '[package.metadata]\nrequires-dist = [{ name = "a" }]\n'
    read_uv_lock(
        tmp_path,
        package("mine", 'editable = "."', more=requires),
        project=f'{PROJECT}dynamic = ["dependencies"]\n',
    )
    assert uv_lock.changed_requirements(tmp_path) == []


_SIX = 'Requirement { name: PackageName("six"), extras: [], source: Registry { specifier: VersionSpecifiers([]) }, scope: Global, origin: None }'
_BLACK = _SIX.replace("six", "black")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (
            [
                "DEBUG Resolving despite existing lockfile due to mismatched requirements for: `mine==1`",
                f"  Requested: {{{_SIX}, {_BLACK}}}",
                f"  Existing: {{{_SIX}}}",
            ],
            ("mismatched requirements for: `mine==1`", ["black"]),
        ),
        (
            [
                "DEBUG Resolving despite existing lockfile due to change in Python requirement: `>=3.9` vs. `>=3.10`",
                "error: x",
                "y",
            ],
            ("change in Python requirement: `>=3.9` vs. `>=3.10`", []),
        ),
        (
            ["DEBUG Resolving despite existing lockfile due to mismatched constraints:"],
            ("mismatched constraints", []),
        ),
        (["error: Failed to generate package metadata for `mine==1 @ editable+.`"], ("", [])),
    ],
)
def test_uvs_reason_to_lock_anew_is_read(said: list[str], why: tuple[str, list[str]]) -> None:
    assert export_lock._why_stale(Outcome(1, ("DEBUG uv 0.13.9", *said))) == why


@pytest.mark.parametrize(("python", "release"), [("3.12", "1.17.1"), ("3.6", "1.14.1")])
def test_of_a_locks_forks_the_one_for_the_chosen_python_counts(
    tmp_path: Path, python: str, release: str
) -> None:
    old, new = "python_full_version < '3.7'", "python_full_version >= '3.7'"
    lock = read_uv_lock(
        tmp_path,
        package(
            "mine",
            'virtual = "."',
            f'name = "seldon-core", version = "1.14.1", marker = "{old}"',
            f'name = "seldon-core", version = "1.17.1", marker = "{new}"',
        ),
        *(
            package(
                "seldon-core", registry(), version=one, more=f'resolution-markers = ["{marker}"]\n'
            )
            for one, marker in (("1.14.1", old), ("1.17.1", new))
        ),
    )
    assert lock.for_python(python).wrapper_version("1.0") == release


def test_a_locked_wrapper_for_another_python_does_not_count(tmp_path: Path) -> None:
    lock = read_uv_lock(
        tmp_path,
        package(
            "mine", 'virtual = "."', "name = 'seldon-core', marker = \"python_version < '3.7'\""
        ),
        package("seldon-core", registry(), version="1.14.1"),
    )
    assert lock.for_python("3.12").wrapper_version("1.17.1") == "1.17.1"
    assert "seldon-core" not in lock.for_python("3.12").names


def test_a_pylock_package_for_another_python_does_not_count(tmp_path: Path) -> None:
    both = "".join(
        pylock_package(
            "seldon-core",
            f'version = "{version}"\nmarker = "python_version {marker} \'3.7\'"\n'
            f"wheels = [{wheel(f'seldon_core-{version}-py3-none-any.whl')}]",
        ).replace('version = "1.0"\n', "")
        for version, marker in (("1.14.1", "<"), ("1.17.1", ">="))
    )
    assert pylock(tmp_path, both).for_python("3.12").wrapper_version("1.0") == "1.17.1"
