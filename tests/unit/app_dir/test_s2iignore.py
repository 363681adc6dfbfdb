"""What ``.s2iignore`` takes out of the source.

The table AS_S2I was run once through the real pkg/ignore of source-to-image v1.5.1 (a Go program that lays out each case, calls
DockerIgnorer.Ignore and lists what is left), and it left the same. So it did with 21 000 random files and sources, patterns that lead out of
the source aside.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from seldon_buildpack.app_dir import s2iignore
from seldon_buildpack.messages.errors.source_files import IgnoredNotRemoved, UnreadableManifest

# The file, the source, and what is left of it; a name that ends with a slash is an empty directory.
AS_S2I: Mapping[str, tuple[str, list[str], list[str]]] = {
    "a name, at the top only": ("notes.md\n", ["notes.md", "a/notes.md"], ["a/notes.md"]),
    "no line end at the end": ("a\nb", ["a", "b", "c"], ["c"]),
    "windows line ends": ("a\r\n\r\nb\r\n", ["a", "b", "c"], ["c"]),
    "one carriage return is taken off, not two": ("a\r\r\n", ["a"], ["a"]),
    "spaces around a pattern, not tabs": ("  a \n\tb\n", ["a", "b"], ["b"]),
    "comments": ("# a\n  #b\n#c\n", [" a", "b", "#c"], [" a", "b", "#c"]),
    "a comment does not follow a pattern": ("a # why\n", ["a", "a # why"], ["a"]),
    "a byte order mark is part of the first pattern": ("\ufeffa\nb\n", ["a", "b"], ["a"]),
    "a star stops at a slash": ("*.md\na*\n", ["x.md", "d/x.md", "b/a"], ["b/a", "d/x.md"]),
    "a star takes hidden names": ("*\n!c\n", [".env", ".git/config", "b", "c"], ["c"]),
    "two stars are one": ("**/x\n", ["x", "a/x", "a/b/x"], ["a/b/x", "x"]),
    "a star in a folder's name": (
        "*/temp*\n",
        ["temp", "a/temp1", "a/b/temp", "b/other"],
        ["a/b/temp", "b/other", "temp"],
    ),
    "a star may stand for nothing": ("a*b*\n", ["ab", "acbd", "a", "ac"], ["a", "ac"]),
    "a question mark is one letter": (
        "?.txt\n",
        ["a.txt", "é.txt", "ab.txt", ".txt"],
        [".txt", "ab.txt"],
    ),
    "a class": ("[a-cx].p\n", ["a.p", "c.p", "x.p", "d.p"], ["d.p"]),
    "a negated class is spelt with a caret": (
        "[^ab]\n[!c]\n",
        ["a", "b", "c", "d", "!", "^"],
        ["a", "b"],
    ),
    "a class may hold a bracket by a backslash": (r"[\]\-a]", ["]", "-", "a", "\\"], ["\\"]),
    "a range that runs backwards matches nothing": ("[b-a]\n", ["a", "b"], ["a", "b"]),
    "a negated range that runs backwards matches anything": ("[^b-a]\n", ["a", "ab"], ["ab"]),
    "an open class": ("[a\na[\n", ["a", "[a", "a["], ["[a", "a", "a["]),
    "an empty class": ("[]a]\n[^]b]\n", ["a", "b", "]"], ["]", "a", "b"]),
    "an open range": ("[a-]\n[-a]\n", ["a", "-"], ["-", "a"]),
    "a malformed pattern spoils no other": ("a\n[\nb\n", ["a", "b", "["], ["["]),
    "a backslash takes the next letter literally": (
        "\\*\n\\#x\n\\!y\n",
        ["*", "#x", "!y", "z"],
        ["z"],
    ),
    "a backslash at the end": ("a\\\n", ["a", "a\\"], ["a", "a\\"]),
    "a directory goes with all that is in it": ("data\n", ["data/a", "data/b/c", "x"], ["x"]),
    "a slash at the end, at the start, in the middle twice": (
        "a/\n/b\nc//d\n./e\n",
        ["a/x", "b", "c/d", "c/f", "e"],
        ["c/f"],
    ),
    "a slash at the end of a file's name": ("a/\n", ["a"], []),
    "a part that leads back": ("a/../b\n*/../c\n", ["a/x", "b", "c"], ["a/x"]),
    "braces are no pattern": ("{a,b}\n", ["a", "{a,b}"], ["a"]),
    "upper and lower case": ("README\n", ["readme"], ["readme"]),
    "names with spaces and other letters": (
        "my notes*\nデ*\n",
        ["my notes 1", "データ/x", "y"],
        ["y"],
    ),
    "an exception": ("*.md\n!README.md\n", ["a.md", "README.md"], ["README.md"]),
    "an exception goes before nothing": ("!README.md\n*.md\n", ["README.md"], []),
    "an exception by a pattern": ("*.md\n!R*.m?\n", ["a.md", "README.md"], ["README.md"]),
    "an exception that is taken back": ("a\n!a\na\n", ["a"], []),
    "an exception with a space behind its mark": ("a\nb\n! a\n!/b\n", ["a", "b"], ["b"]),
    "an exception in a directory that goes as a whole": ("data\n!data/keep\n", ["data/keep"], []),
    "an exception beside others of its directory": (
        "data/*\n!data/keep\n",
        ["data/keep", "data/b"],
        ["data/keep"],
    ),
    "an exception for a directory": ("*\n!data\n", ["data/a", "b"], ["data/a"]),
    "a star of an exception stops at a slash": ("a/b\nc\n!*\n", ["a/b", "c"], ["c"]),
    "a class of an exception does not": ("a/b\n!a[^x]b\n", ["a/b"], ["a/b"]),
    "a star of an exception takes the first fit": ("a/c\n!*[^x]*c\n", ["a/c"], []),
    "a malformed exception": ("a\n![a\n!a[\n", ["a"], []),
    "two marks": ("a\n!!a\n!\n", ["a", "!a"], ["!a"]),
    "a name below a name": ("a\na/b\n", ["a/b", "a/c"], []),
    "an empty directory": ("a\n", ["a/", "b/"], ["b/"]),
    "a file taken for a directory": ("a/*\na/b\n", ["a"], ["a"]),
    "the source itself": (".\n", ["a", "b/c", ".d"], []),
    "the source itself, let through": ("/\n!.\n", ["a"], ["a"]),
    "nothing": ("\n  \n", ["a"], ["a"]),
    "everything": ("*\n", ["a", "b/c", ".d/e"], []),
}


def laid_out(app: Path, files: list[str]) -> Path:
    app.mkdir(exist_ok=True)
    for name in files:
        path = app / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if name.endswith("/") else path.write_text("")
    return app


def left(app: Path) -> list[str]:
    """The files and links, and the empty directories with a slash behind; .s2iignore aside."""
    found = []
    for folder, folders, files in os.walk(app):
        here = Path(folder).relative_to(app)
        found += [str(here / name) for name in files if name != s2iignore.FILE]
        found += [str(here / name) for name in folders if (Path(folder) / name).is_symlink()]
        if not folders and not files and here != Path():
            found.append(f"{here}/")
    return sorted(found)


@pytest.mark.parametrize("case", AS_S2I)
def test_what_is_left_is_what_s2i_leaves(tmp_path: Path, case: str) -> None:
    text, files, expected = AS_S2I[case]
    app = laid_out(tmp_path / "app", files)
    (app / ".s2iignore").write_bytes(text.encode())
    s2iignore.apply(app)
    # A directory that has lost all its files stays, as with s2i; here that is of no interest.
    assert [name for name in left(app) if not name.endswith("/") or name in files] == sorted(
        expected
    )


def test_a_source_without_the_file_stays_as_it_is(tmp_path: Path) -> None:
    assert s2iignore.apply(laid_out(tmp_path / "app", ["a", "b/c"])) == ()
    assert left(tmp_path / "app") == ["a", "b/c"]


def test_the_topmost_names_are_returned(tmp_path: Path) -> None:
    app = laid_out(tmp_path / "app", ["data/a", "data/b/c", "b/x.md", "b/y", "z.md"])
    (app / ".s2iignore").write_text("data\ndata/*\n*/*.md\nnot-there\n*.md\n")
    assert s2iignore.apply(app) == ("b/x.md", "data", "z.md")


def test_a_pattern_of_the_source_itself_returns_what_was_in_it(tmp_path: Path) -> None:
    app = laid_out(tmp_path / "app", ["a", "b/c"])
    (app / ".s2iignore").write_text(".\n")
    assert s2iignore.apply(app) == (".s2iignore", "a", "b")
    assert app.is_dir()


def test_the_file_may_name_itself(tmp_path: Path) -> None:
    app = laid_out(tmp_path / "app", ["a"])
    (app / ".s2iignore").write_text(".s2iignore\na\n")
    assert s2iignore.apply(app) == (".s2iignore", "a")


@pytest.mark.parametrize(
    "pattern",
    [
        "../outside/x",
        "../outside",
        "..",
        "a/../../outside",
        "../*",
        "out/x",
        "out/*",
        "*/x",
        "o*/*",
        "/../outside",
    ],
)
def test_nothing_outside_the_source_is_removed(tmp_path: Path, pattern: str) -> None:
    laid_out(tmp_path / "outside", ["x"])
    app = laid_out(tmp_path / "app", ["a"])
    (app / "out").symlink_to("../outside")
    (app / ".s2iignore").write_text(pattern)
    assert s2iignore.apply(app) == ()
    assert left(tmp_path) == ["app/a", "app/out", "outside/x"]


def test_a_link_is_removed_and_not_what_it_leads_to(tmp_path: Path) -> None:
    laid_out(tmp_path / "outside", ["x"])
    app = laid_out(tmp_path / "app", ["a", "b/c"])
    for name, target in {
        "out": "../outside",
        "in": "b",
        "to-file": "a",
        "nowhere": "gone",
        "circle": "circle",
    }.items():
        (app / name).symlink_to(target)
    (app / ".s2iignore").write_text("out\nin\nto-*\nnowhere\ncirc?e\n")
    assert s2iignore.apply(app) == ("circle", "in", "nowhere", "out", "to-file")
    assert left(tmp_path) == ["app/a", "app/b/c", "outside/x"]


def test_a_directory_goes_without_what_links_in_it_lead_to(tmp_path: Path) -> None:
    laid_out(tmp_path / "outside", ["x"])
    app = laid_out(tmp_path / "app", ["a/b"])
    (app / "a/out").symlink_to(tmp_path / "outside")
    (app / ".s2iignore").write_text("a\n")
    assert s2iignore.apply(app) == ("a",)
    assert left(tmp_path) == ["outside/x"]


def test_a_link_inside_the_source_is_looked_behind_as_s2i_does(tmp_path: Path) -> None:
    app = laid_out(tmp_path / "app", ["b/c", "b/d"])
    (app / "in").symlink_to("b")
    (app / ".s2iignore").write_text("in/c\n")
    assert s2iignore.apply(app) == ("in/c",)
    assert left(app) == ["b/d", "in"]


def test_a_source_that_is_reached_by_a_link_is_its_own_top(tmp_path: Path) -> None:
    laid_out(tmp_path / "app", ["a", "b/c"])
    (tmp_path / "link").symlink_to("app")
    (tmp_path / "app/.s2iignore").write_text("a\nb/*\n")
    assert s2iignore.apply(tmp_path / "link") == ("a", "b/c")


def test_names_that_are_no_text_can_be_left_out(tmp_path: Path) -> None:
    app = laid_out(tmp_path / "app", ["a"])
    Path(os.fsdecode(os.fsencode(app) + b"/\xff1")).write_text("")
    (app / ".s2iignore").write_bytes(b"\xff?\n\0\n")
    assert s2iignore.apply(app) == ("\udcff1",)


def test_a_pattern_that_takes_long_elsewhere_does_not_here(tmp_path: Path) -> None:
    app = laid_out(tmp_path / "app", ["a" * 200])
    (app / ".s2iignore").write_text("*a" * 60 + "b\n" + "*/" * 5000 + "\n" + "x/" * 5000 + "\n")
    assert s2iignore.apply(app) == ()


def test_a_link_that_leads_nowhere_is_no_file_to_read(tmp_path: Path) -> None:
    app = laid_out(tmp_path / "app", ["a"])
    (app / ".s2iignore").symlink_to("gone")
    assert s2iignore.apply(app) == ()


def test_a_directory_of_that_name_is_an_error(tmp_path: Path) -> None:
    app = laid_out(tmp_path / "app", [".s2iignore/"])
    with pytest.raises(UnreadableManifest) as caught:
        s2iignore.apply(app)
    assert caught.value.title == "`.s2iignore` cannot be read"


def test_what_cannot_be_removed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = laid_out(tmp_path / "app", ["data/a"])
    (app / ".s2iignore").write_text("data\n")

    def closed(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("seldon_buildpack.user_files.remove_tree", closed)
    with pytest.raises(IgnoredNotRemoved) as caught:
        s2iignore.apply(app)
    assert caught.value.title == "`data` cannot be excluded"
    assert "Permission denied" in caught.value.cause


def test_ignored_input_is_named_with_the_line_that_admits_it(
    tmp_path: Path,
) -> None:
    told = s2iignore.advice(
        ["requirements.txt", "notes.md", "sub/requirements.txt", ".s2i", ".s2i/environment"]
    )
    assert [advice.todo for advice in told] == [
        f"If the build should read it, write `!{name}` as the last line of .s2iignore."
        for name in ("requirements.txt", ".s2i", ".s2i/environment")
    ]
    app = laid_out(tmp_path / "app", ["requirements.txt", "notes.txt"])
    (app / ".s2iignore").write_text("*.txt\n!requirements.txt\n")
    assert s2iignore.advice(s2iignore.apply(app)) == ()
    assert left(app) == ["requirements.txt"]
