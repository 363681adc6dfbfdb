import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from seldon_buildpack.python_env import venv
from tools.release import wrapper


def installed(prefix: Path, name: str, files: dict[str, str]) -> Path:
    """Write an installed package; all but bytecode is listed in its RECORD."""
    site = venv.site_packages(prefix, "3.12")
    info = site / f"{name}-1.0.dist-info"
    for path, text in files.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text)
    info.mkdir(parents=True, exist_ok=True)
    (info / "RECORD").write_text(
        "".join(f"{path},sha256=0,1\n" for path in files if ".pyc" not in path)
        + f"{info.name}/RECORD,,\n"
    )
    return info


def test_notes_of_the_installer_leave_the_package_and_its_record(tmp_path: Path) -> None:
    url = {"url": "https://h/x.whl?sig=secret", "archive_info": {}}
    files = {
        "x-1.0.dist-info/uv_cache.json": "{}",
        "x-1.0.dist-info/uv_build.json": "{}",
        "x-1.0.dist-info/direct_url.json": json.dumps(url),
    }
    info = installed(tmp_path, "x", {"x.py": "", **files})
    venv.forget_installation(info.parent)
    assert json.loads((info / "direct_url.json").read_text()) == {
        "url": "https://h/x.whl",
        "archive_info": {},
    }
    assert sorted(path.name for path in info.iterdir()) == ["RECORD", "direct_url.json"]
    assert (
        (info / "RECORD").read_text()
        == "x.py,sha256=0,1\nx-1.0.dist-info/RECORD,,\nx-1.0.dist-info/direct_url.json,,\n"
    )


def test_a_token_in_what_a_package_asks_for_leaves_its_metadata(tmp_path: Path) -> None:
    text = "Name: x\nRequires-Dist: y>=1\nRequires-Dist: z @ git+https://bob:tok@h/r.git@v1?sig=s ; extra == 'a'\n\nWrite to https://u:p@example\n"
    info = installed(tmp_path, "x", {"x.py": "", "x-1.0.dist-info/METADATA": text})
    venv.forget_installation(info.parent)
    assert (info / "METADATA").read_text() == text.replace("bob:tok@", "").replace(
        "?sig=s", "?****"
    )
    assert "x-1.0.dist-info/METADATA,,\n" in (info / "RECORD").read_text()


def test_venv_copies_given_packages_with_scripts_and_bytecode(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    kept = {
        "kept/a.py": "a",
        "kept/__pycache__/a.cpython-312.pyc": "compiled",
        "../../../bin/kept": "script",
    }
    installed(source, "kept", kept)
    installed(
        source, "replaced", {"replaced.py": "old", "__pycache__/replaced.cpython-312.pyc": "stale"}
    )
    venv.copy_packages(source, target, "3.12", ["kept-1.0.dist-info"])
    copied = sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file())
    site = "lib/python3.12/site-packages"
    assert copied == [
        "bin/kept",
        f"{site}/kept-1.0.dist-info/RECORD",
        f"{site}/kept/__pycache__/a.cpython-312.pyc",
        f"{site}/kept/a.py",
    ]


def test_venv_drops_only_tests_shipped_with_the_wrapper(
    tmp_path: Path,
) -> None:
    packed = {
        "seldon_core": "tests/a.py",
        "flask_opentracing": "tests/deep/b.py",
        "badly_packed": "tests/c.py",
    }
    for name, file in packed.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
        (tmp_path / f"{name}-1.0.dist-info").mkdir()
        (tmp_path / f"{name}-1.0.dist-info/RECORD").write_text(f"{name}/tests.py,,\n{file},,\n")
    venv.drop_wrapper_tests(tmp_path)
    assert sorted(path.name for path in (tmp_path / "tests").iterdir()) == ["c.py"]
    assert (tmp_path / "seldon_core-1.0.dist-info/RECORD").read_text() == "seldon_core/tests.py,,\n"


@pytest.mark.parametrize("drop", [venv.drop_namespace_files, wrapper.without_namespace_files])
def test_a_namespace_package_is_tied_to_no_one_folder(
    tmp_path: Path, drop: Callable[[Path], None]
) -> None:
    site = tmp_path
    (site / "google/protobuf").mkdir(parents=True)
    (site / "protobuf-1.dist-info").mkdir()
    (site / "protobuf-1.dist-info/RECORD").write_text("protobuf-1-nspkg.pth,,\nkept,,\n")
    pth = site / "protobuf-1-nspkg.pth"
    pth.write_text("import sys;p = sys._getframe(1).f_locals['sitedir'], *('google',);m = 1\n")
    (site / "google/__init__.py").touch()
    drop(site)
    assert pth.exists()
    (site / "google/__init__.py").unlink()
    drop(site)
    assert not pth.exists()
    assert (site / "protobuf-1.dist-info/RECORD").read_text() == "kept,,\n"


def test_bytecode_of_what_a_pth_file_imports_is_unchecked(tmp_path: Path) -> None:
    minor = f"{sys.version_info[0]}.{sys.version_info[1]}"
    venv.prepare(tmp_path, Path(sys.base_prefix), minor)
    site = venv.site_packages(tmp_path, minor)
    # As setuptools does for a project in place: each start of the interpreter imports it.
    (site / "finder.pth").write_text("import finder\n")
    (site / "finder.py").write_text("A = 1\n")
    venv.compile_bytecode(tmp_path / "bin/python", minor, site)
    [compiled] = (site / "__pycache__").iterdir()
    # The flags of PEP 552.
    assert compiled.read_bytes()[4:8] == b"\1\0\0\0"
