from pathlib import Path

from tools.dev.check_sizes import compare, measure


def _measured(root: Path, text: str) -> dict[str, dict[str, int]]:
    path = root / "tools/a.py"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return {kind: dict(sizes) for kind, sizes in measure(root).items() if sizes}


def test_long_files_and_functions_are_measured(tmp_path: Path) -> None:
    text = "def short():\n" + "    x\n" * 49 + "\ndef long():\n" + "    x\n" * 50 + "x\n" * 199
    assert _measured(tmp_path, text) == {
        "files": {"tools/a.py": 301},
        "functions": {"tools/a.py:long": 51},
    }


def test_positional_dataclasses_are_measured(tmp_path: Path) -> None:
    fields = "".join(f"    {name}: int\n" for name in "abcd")
    text = (
        f"@dataclass(frozen=True)\nclass A:\n{fields}"
        f"@dataclass(frozen=True, kw_only=True)\nclass B:\n{fields}"
        f"@dataclass\nclass C:\n    n: ClassVar[int]\n    o: int = field(init=False)\n{fields[:-11]}"
    )
    assert _measured(tmp_path, text) == {"positional-dataclasses": {"tools/a.py:A": 4}}


def test_size_may_not_rise_above_its_limit() -> None:
    assert compare({"files": {"a.py": 301}}, {}) == [
        "a.py has 301 of at most 300 (files). Split it."
    ]
    assert len(compare({"functions": {"a.py:f": 61}}, {"functions": {"a.py:f": 60}})) == 1
    assert compare({"functions": {"a.py:f": 60}}, {"functions": {"a.py:f": 60}}) == []


def test_limit_may_not_stay_higher_than_needed() -> None:
    recorded = {"files": {"a.py": 400}}
    assert compare({"files": {"a.py": 399}}, recorded) == [
        "a.py no longer needs 400 (files). Run make sizes."
    ]
    assert len(compare({}, recorded)) == 1
