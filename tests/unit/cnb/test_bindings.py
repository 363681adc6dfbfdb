from pathlib import Path

import pytest

from seldon_buildpack.cnb import bindings
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.messages.errors.bindings import BindingInvalid, BindingUnreadable
from seldon_buildpack.package_sources import binding_entries
from tests.support.bindings import bind, bind_as_kubelet


def test_binding_is_a_directory_with_a_type_and_entries(tmp_path: Path) -> None:
    bind(
        tmp_path,
        "corp",
        {
            "type": "PyPI\n",
            "provider": "devpi\n",
            "uri": "https://h/simple\n",
            "password": "with space \r\n",
        },
    )
    [found] = bindings.read(tmp_path, ("pypi",)).bindings
    assert (found.name, found.type, found.provider) == ("corp", "pypi", "devpi")
    assert (found.text("uri"), found.text("password"), found.text("role")) == (
        "https://h/simple",
        "with space ",
        "",
    )
    assert "with space" not in repr(found)


def test_kubelet_links_are_followed_and_no_entries(
    tmp_path: Path,
) -> None:
    bind_as_kubelet(tmp_path, "corp", {"type": "pypi", "uri": "https://h/simple"})
    (tmp_path / "..data").mkdir()
    [found] = bindings.read(tmp_path, ("pypi",)).bindings
    assert set(found.entries) == {"uri"}


def test_other_types_are_skipped_and_untyped_bindings_named(tmp_path: Path) -> None:
    bind(tmp_path, "database", {"type": "postgresql", "password": "x"})
    bind(tmp_path, "forgotten", {"uri": "https://h/simple"})
    (tmp_path / "README").write_text("not a binding")
    read = bindings.read(tmp_path, ("pypi",))
    assert (read.bindings, read.untyped) == ((), ("forgotten",))


def test_no_bindings_are_none(tmp_path: Path) -> None:
    assert bindings.read(tmp_path / "bindings", ("pypi",)) == bindings.Bindings()


def test_bindings_root_is_the_variable_or_the_platform_directory(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    # The process's own variable is not the user's: the lifecycle passes those in <platform>/env.
    environ = {
        "CNB_PLATFORM_DIR": str(tmp_path),
        "CNB_BUILDPACK_DIR": str(tmp_path),
        "SERVICE_BINDING_ROOT": "/elsewhere",
    }
    assert Platform.read(environ, tmp_path).bindings == tmp_path / "bindings"
    (tmp_path / "env/SERVICE_BINDING_ROOT").write_text("/mounted")
    assert Platform.read(environ, tmp_path).bindings == Path("/mounted")


@pytest.mark.parametrize("entry", ["type", "password"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, entry: str) -> None:
    folder = bind(tmp_path, "corp", {"type": "pypi"})
    (folder / entry).unlink(missing_ok=True)
    (folder / entry).symlink_to(entry)
    if entry == "type":
        # A link to itself exists for nobody.
        assert bindings.read(tmp_path, ("pypi",)).untyped == ("corp",)
        return
    with pytest.raises(BindingUnreadable) as raised:
        binding_entries.read(tmp_path, ("pypi",))
    assert raised.value.title == "The file `password` of the binding `corp` cannot be read"


def test_an_entry_that_is_not_text_is_named_and_not_shown(tmp_path: Path) -> None:
    bind(tmp_path, "corp", {"type": "pypi", "password": b"\xff\xfe"})
    [found] = bindings.read(tmp_path, ("pypi",)).bindings
    with pytest.raises(BindingInvalid) as raised:
        binding_entries.text(found, "password")
    assert raised.value.cause == "Its type is pypi, and its entry password is not UTF-8 text."
