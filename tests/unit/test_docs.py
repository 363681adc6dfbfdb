from pathlib import Path

from tools import docs

CHECKOUT = Path(__file__).parent.parent.parent


def test_the_table_of_variables_in_the_readme_is_the_one_the_buildpack_declares() -> None:
    assert (CHECKOUT / "README.md").read_text() == docs.written(CHECKOUT), "run: make docs"


def test_a_name_with_a_comment_or_a_pipe_would_not_break_the_table() -> None:
    rows = docs.table(CHECKOUT).splitlines()
    assert all(row.count(" | ") == 4 for row in rows if "---" not in row)
