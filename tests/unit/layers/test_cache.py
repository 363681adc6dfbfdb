from pathlib import Path

import pytest

from seldon_buildpack.cnb.layers import Layer
from seldon_buildpack.commands.uv import Uv
from seldon_buildpack.layers import cache
from seldon_buildpack.log import Log


def filled(layers: Path, files: dict[str, bytes]) -> tuple[Layer, Uv]:
    layer = Layer(layers, "cache")
    for name, data in files.items():
        path = cache.directory(layer) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return layer, Uv(program=Path("/bin/true"), env={}, cache=cache.directory(layer), log=Log())


def kept(layer: Layer) -> list[str]:
    return sorted(
        str(path.relative_to(layer.path)) for path in layer.path.rglob("*") if path.is_file()
    )


def test_only_wheels_that_were_built_are_kept(tmp_path: Path) -> None:
    note = b"\x01https://h/packages/y-1.0.tar.gz\x02"
    files = {
        "simple-v28/pypi/x.rkyv": b"",
        "git-v2/db/x": b"",
        "wheels-v8/x": b"",
        "sdists-v11/pypi/y/1.0/revision.http": note,
        "sdists-v11/pypi/y/1.0/id/y.whl": b"",
    }
    layer, uv = filled(tmp_path, files)
    cache.keep(layer, uv)
    assert kept(layer) == [
        "uv/sdists-v11/pypi/y/1.0/id/y.whl",
        "uv/sdists-v11/pypi/y/1.0/revision.http",
    ]
    assert "cache = true" in (tmp_path / "cache.toml").read_text()


def test_a_wheel_whose_url_may_hold_a_secret_is_not_kept(tmp_path: Path) -> None:
    for url in (b"https://h/y.tar.gz?sig=secret", b"https://user:secret@h/y.tar.gz"):
        layer, uv = filled(
            tmp_path,
            {"sdists-v11/url/1/revision.http": b"\x01" + url, "sdists-v11/url/1/id/y.whl": b""},
        )
        cache.keep(layer, uv)
        assert not layer.path.exists()
        assert not (tmp_path / "cache.toml").exists()


def test_what_was_built_with_other_variables_is_not_taken_again(tmp_path: Path) -> None:
    layer, uv = filled(tmp_path, {"sdists-v9/pypi/foo/1.0/abc/foo-1.0-py3-none-any.whl": b""})
    cache.clear_of_others(cache.NO_VARIABLES, uv)
    assert cache.has_built(uv)
    cache.clear_of_others("digest of FOO=1", uv)
    assert not cache.has_built(uv)
    (layer.path / "uv/sdists-v9").mkdir()
    (layer.path / "uv/sdists-v9/foo-1.0-py3-none-any.whl").touch()
    cache.clear_of_others("digest of FOO=1", uv)
    assert cache.has_built(uv)


@pytest.mark.parametrize(
    ("stored", "reason"),
    [("digest of FOO=1", ""), ("digest of FOO=2", "variables changed"), ("", ""), (None, "")],
)
def test_other_variables_make_only_what_was_built_anew(stored: str | None, reason: str) -> None:
    metadata = {} if stored is None else {cache.BUILT_WITH: stored}
    assert cache.variables_changed(metadata, "digest of FOO=1") == reason
