from pathlib import Path

import pytest

from tools.dev.check_names import compare, count_rooms, fillers


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("told = 1", ["told"]),
        ("def shown(one, *, what=2): ...", ["shown", "one", "what"]),
        ("self._own = given.others(said=1)", ["_own", "others", "said"]),
        ("text = f'{one} of {total}'", ["one"]),
        ("# told\nx = 'one what'\nsomeone = ownership = 1", []),
    ],
)
def test_names_in_code_are_counted(code: str, names: list[str]) -> None:
    assert sorted(fillers(code)) == sorted(names)


def test_found_may_be_a_match() -> None:
    match = "def f():\n    if found := NAME.fullmatch(text):\n        return found[1]\n"
    path = "def g():\n    found = read()\n    return found\n"
    assert fillers(match) == []
    assert fillers(match + path) == ["found", "found"]


def test_rooms_are_counted_apart(tmp_path: Path) -> None:
    for name in ("lib/seldon_buildpack/a.py", "lib/seldon_buildpack/x/y/b.py", "tools/dev/c.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one = told = 1\n")
    (tmp_path / "tools/clean.py").write_text("total = 1\n")
    assert count_rooms(tmp_path) == {
        "lib/seldon_buildpack": 2,
        "lib/seldon_buildpack/x": 2,
        "tools/dev": 2,
    }


def test_count_may_not_rise() -> None:
    [problem] = compare({"tools": 3}, {"tools": 2})
    assert problem.startswith("tools has 3 filler names, 2 are recorded. Give the new ones")
    assert compare({"tools": 1}, {}) != []


def test_record_may_not_stay_too_high() -> None:
    [problem] = compare({"tools": 1}, {"tools": 2})
    assert problem == "tools has 1 filler names, 2 are recorded. Run make names."
    assert compare({}, {"tools": 2}) != []
    assert compare({"tools": 2}, {"tools": 2}) == []
