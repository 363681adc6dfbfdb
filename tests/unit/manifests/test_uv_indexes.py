import tomllib
from pathlib import Path

import pytest

from seldon_buildpack.manifests import select as manifest
from seldon_buildpack.manifests import uv_indexes
from seldon_buildpack.manifests.requirements_txt import IndexLines
from seldon_buildpack.masking import Secret

PROJECT = '[project]\nname = "x"\nversion = "1"\ndependencies = ["numpy"]\n'
NAMED = """
[tool.uv]
extra-index-url = ["https://old/simple"]
find-links = ["wheels", "https://links/page"]

[[tool.uv.index]]
name = "corp"
url = "https://ci:s3cr3t@corp/simple"

[[tool.uv.index]]
name = "torch"
url = "https://torch/simple"
explicit = true

[[tool.uv.index]]
url = "https://main/simple"
default = true
"""


def test_project_indexes_are_read_like_requirements_lines(
    tmp_path: Path,
) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT + NAMED)
    found = manifest.find(tmp_path, {})
    assert found
    assert found.index == IndexLines(
        index_url="https://main/simple",
        extra_index_urls=("https://ci:s3cr3t@corp/simple", "https://old/simple"),
        find_links=(str(tmp_path / "wheels"), "https://links/page"),
    )
    assert Secret("s3cr3t") in found.secrets


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[tool]\nuv = 3\n",
        '[tool.uv]\nindex = "x"\nfind-links = 3\nindex-url = 1\n',
        "[[tool.uv.index]]\nurl = 3\n",
    ],
)
def test_what_is_not_of_the_form_is_no_index(tmp_path: Path, text: str) -> None:
    assert uv_indexes.read(tmp_path, tomllib.loads(text)) == IndexLines()
