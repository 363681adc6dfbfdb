from pathlib import Path

from seldon_buildpack.settings import variables
from tools.dev import docs

CHECKOUT = Path(__file__).parents[3]


def test_generated_docs_match_the_declarations() -> None:
    for path, text in docs.render_docs(CHECKOUT).items():
        assert path.read_text() == text, f"{path.name} is out of date: run make docs"


def test_every_variable_has_its_row_in_the_reference() -> None:
    rows = docs.render_docs(CHECKOUT)[CHECKOUT / "docs/variables.md"].splitlines()
    for setting in variables.DECLARED:
        name = ", ".join(f"`{name}`" for name in setting.name.split(", "))
        assert len([row for row in rows if row.startswith(f"| {name} | {setting.help} | ")]) == 1, (
            setting.name
        )


def test_no_cell_breaks_its_table() -> None:
    for path, columns in (("README.md", 4), ("docs/variables.md", 7)):
        rows = [
            row
            for row in docs.render_docs(CHECKOUT)[CHECKOUT / path].splitlines()
            if row.startswith("| ")
        ]
        assert rows
        assert all(
            row.count(" | ") == columns - 1 and row.count("|") == columns + 1 for row in rows
        ), path


def test_every_variable_has_a_sentence_and_an_example() -> None:
    assert [
        setting.name for setting in variables.DECLARED if not setting.help or not setting.example
    ] == []


def test_the_readme_has_a_dozen() -> None:
    assert len([setting for setting in variables.DECLARED if setting.common]) == 12


def test_the_guide_for_s2is_users_has_what_changed_its_name() -> None:
    """What is called as before needs no row of its own."""
    text = (CHECKOUT / "docs/migrating-from-s2i.md").read_text()
    changed = [setting for setting in variables.DECLARED if setting.s2i not in ("", variables.SAME)]
    assert changed
    assert [setting.name for setting in changed if setting.name not in text] == []
