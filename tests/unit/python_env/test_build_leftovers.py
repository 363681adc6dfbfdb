from pathlib import Path

from seldon_buildpack.python_env import build_leftovers


def touched(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def test_build_leftovers_are_removed_and_user_files_stay(tmp_path: Path) -> None:
    copied, in_place = tmp_path / "copied", tmp_path / "in_place"
    users = (
        copied / "a.py",
        copied / "build/mine.txt",
        in_place / "b.py",
        in_place / "old.egg-info/PKG-INFO",
    )
    touched(*users)
    before = build_leftovers.entries([copied, in_place])
    touched(
        copied / "build/lib/a.py",
        copied / "_version.py",
        copied / "a.egg-info/x",
        in_place / "b.egg-info/x",
        in_place / "build/b",
    )
    assert not build_leftovers.tidy([copied, in_place], [in_place], before)
    assert build_leftovers.entries([copied, in_place]) == before


def test_what_a_package_in_place_needs_stays_and_is_reported(tmp_path: Path) -> None:
    touched(tmp_path / "b.py")
    before = build_leftovers.entries([tmp_path])
    touched(tmp_path / "_b.cpython-312-x86_64-linux-gnu.so")
    assert build_leftovers.tidy([tmp_path], [tmp_path], before)
    assert (tmp_path / "_b.cpython-312-x86_64-linux-gnu.so").exists()
