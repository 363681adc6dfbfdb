"""uv's index settings in pyproject.toml.

They are in [[tool.uv.index]], or in the older names under [tool.uv]. uv itself does not read them
in a build, because the build's variables and bindings take precedence. An index for certain
packages only (`explicit = true`) is ignored.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from seldon_buildpack.manifests.requirements_txt import IndexLines


def read(app: Path, pyproject: Mapping[str, Any]) -> IndexLines:
    """Return the index options in the pyproject.toml of ``app``."""
    uv = _table(_table(pyproject.get("tool")).get("uv"))
    named = [
        entry
        for entry in map(_table, _list(uv.get("index")))
        if isinstance(entry.get("url"), str) and not entry.get("explicit")
    ]
    defaults = [entry["url"] for entry in named if entry.get("default")]
    return IndexLines(
        index_url=next(
            (url for url in (*defaults, uv.get("index-url")) if isinstance(url, str)), ""
        ),
        extra_index_urls=(
            *(entry["url"] for entry in named if not entry.get("default")),
            *_texts(uv.get("extra-index-url")),
        ),
        find_links=tuple(
            link if "://" in link else str(app / link) for link in _texts(uv.get("find-links"))
        ),
        no_index=uv.get("no-index") is True,
    )


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _texts(value: object) -> Iterator[str]:
    yield from (one for one in _list(value) if isinstance(one, str))
