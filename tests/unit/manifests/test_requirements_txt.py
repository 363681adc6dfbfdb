from pathlib import Path

import pytest

from seldon_buildpack.manifests import requirements_export, requirements_txt
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.requirements import (
    BadRequirementLine,
    IncludeOutside,
    MissingInclude,
)
from seldon_buildpack.messages.errors.source_files import ManifestNotText, UnreadableManifest


def written(app: Path, text: str | bytes, name: str = "requirements.txt") -> Path:
    path = app / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_included_files_are_read_each_once(tmp_path: Path) -> None:
    written(tmp_path, "scipy\n-c cons.txt\n", "sub/more.txt")
    written(tmp_path, "numpy<2\n", "sub/cons.txt")
    path = written(tmp_path, "Scikit_Learn==1.5.2\n-r sub/more.txt\n-csub/cons.txt\n")
    read = requirements_txt.read(tmp_path, path, {})
    assert [str(file.relative_to(tmp_path)) for file in read.files] == [
        "requirements.txt",
        "sub/more.txt",
        "sub/cons.txt",
    ]
    assert read.names == ("scikit-learn", "scipy"), "constraints require nothing"


def test_index_lines_are_read_and_folders_found_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "sub/wheels").mkdir(parents=True)
    written(tmp_path, "--find-links wheels\n--extra-index-url http://b/simple\n", "sub/more.txt")
    path = written(tmp_path, "-i https://a/simple\n--trusted-host a\n-r sub/more.txt\n")
    index = requirements_txt.read(tmp_path, path, {}).index
    assert index == requirements_txt.IndexLines(
        index_url="https://a/simple",
        extra_index_urls=("http://b/simple",),
        find_links=(str(tmp_path / "sub/wheels"),),
        trusted_hosts=("a",),
    )


@pytest.mark.parametrize(
    ("lines", "default", "extra", "no_index"),
    [
        ("-i https://a\n--pypi-url=https://b", "https://b", (), False),
        (
            "--extra-index-url https://a\n-ihttps://b\n--extra https://c",
            "https://b",
            ("https://c",),
            False,
        ),
        ("-i https://a --no-index\n--extra-index-url https://b", "", (), True),
        (
            "--extra-index-url https://a --extra-index-url 'https://b'",
            "",
            ("https://a", "https://b"),
            False,
        ),
    ],
)
def test_last_index_counts_as_with_pip(
    tmp_path: Path, lines: str, default: str, extra: tuple[str, ...], no_index: bool
) -> None:
    index = requirements_txt.read(tmp_path, written(tmp_path, lines), {}).index
    assert (index.index_url, index.extra_index_urls, index.no_index) == (default, extra, no_index)


def test_options_that_uv_takes_only_by_other_ways_are_read(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "--pre\n--require-hashes\n--prefer-binary\n--use-feature=fast-deps\nsix==1.17.0 --hash=sha256:"
        + "0" * 64,
    )
    index = requirements_txt.read(tmp_path, path, {}).index
    assert (index.pre, index.require_hashes) == (True, True)


def test_files_from_a_url_are_left_to_uv(tmp_path: Path) -> None:
    read = requirements_txt.read(
        tmp_path, written(tmp_path, "-r https://h/r.txt\n-c https://h/c.txt\nsix\n"), {}
    )
    assert (read.files, read.names) == ((tmp_path / "requirements.txt",), ("six",))


def test_index_variables_are_told_from_others(tmp_path: Path) -> None:
    lines = [
        "--extra-index-url https://dl.example.com/${PATH_TOKEN}/simple",
        "git-pkg @ git+https://${GIT_TOKEN}@h/r.git@${TAG}",
        "https://h/${RELEASE}/x-1.0-py3-none-any.whl?sig=${SIGNATURE}",
        "foo==${VERSION}",
    ]
    env = {
        "PATH_TOKEN": "p4th",
        "GIT_TOKEN": "g1t",
        "TAG": "v1",
        "RELEASE": "r1",
        "SIGNATURE": "s1g",
        "VERSION": "1.0",
    }
    read = requirements_txt.read(tmp_path, written(tmp_path, "\n".join(lines)), env)
    assert read.variables == env.keys()
    assert read.configuring == {"PATH_TOKEN", "GIT_TOKEN", "SIGNATURE"}
    assert {"p4th", "g1t", "s1g"} <= {secret.reveal() for secret in read.secrets}
    assert not {"v1", "r1", "1.0"} & {secret.reveal() for secret in read.secrets}


def digest(app: Path, text: str, env: dict[str, str] | None = None) -> str:
    return requirements_txt.read(app, written(app, text), env or {}).digest


def test_digest_changes_with_requirements_not_with_credentials(tmp_path: Path) -> None:
    line = "x @ https://user:{}@h/x.whl?sig={}\n"
    assert digest(tmp_path, line.format("old", "1")) == digest(tmp_path, line.format("new", "2"))
    assert digest(tmp_path, "x==${V}\n", {"V": "1"}) != digest(tmp_path, "x==${V}\n", {"V": "2"})
    written(tmp_path, "y==1\n", "more.txt")
    before = digest(tmp_path, "-r more.txt\n")
    written(tmp_path, "y==2\n", "more.txt")
    assert digest(tmp_path, "-r more.txt\n") != before


@pytest.mark.parametrize(
    ("lines", "release"),
    [
        ("six\n", "1.17.1"),
        ("seldon_core\n", "1.17.1"),
        ("seldon-core>=1.15\n", "1.17.1"),
        ("seldon-core[x]==1.16.0\n", "1.16.0"),
        ("seldon-core===1.16.0 ; python_version > '3'\n", "1.16.0"),
        ("seldon-core<1.17\n", "<1.17"),
        ("seldon-core==1.16.*\n", "==1.16.*"),
        ("seldon-core @ git+https://h/fork.git\n", "1.17.1"),
    ],
)
def test_the_release_of_the_wrapper_that_is_asked_for(
    tmp_path: Path, lines: str, release: str
) -> None:
    assert (
        requirements_txt.read(tmp_path, written(tmp_path, lines), {}).wrapper_version("1.17.1")
        == release
    )


def test_environment_variables_are_expanded_as_pip_does(tmp_path: Path) -> None:
    path = written(tmp_path, "--extra-index-url https://${TOKEN}@h/simple\nfoo==1 # ${lower}\n")
    read = requirements_txt.read(tmp_path, path, {"TOKEN": "t0k"})
    assert read.index.extra_index_urls == ("https://t0k@h/simple",)
    assert read.variables == {"TOKEN"}


@pytest.mark.parametrize(
    "line",
    [
        "./pkg",
        "pkg/",
        "./pkg[extra]",
        "-e ./pkg",
        "-e pkg",
        "pkg @ ./pkg",
        "pkg @ file:pkg",
        "file:./pkg",
        "./pkg ; python_version > '3'",
    ],
)
def test_a_folder_of_the_source_is_noticed_however_it_is_named(tmp_path: Path, line: str) -> None:
    written(tmp_path, "", "pkg/setup.py")
    read = requirements_txt.read(tmp_path, written(tmp_path, f"{line}\n"), {})
    assert [path.resolve() for path in read.local] == [tmp_path / "pkg"]
    assert read.editable == (read.local if line.startswith("-e") else ())
    assert read.summary() == "1 package"


def test_local_wheels_are_found_from_the_source(
    tmp_path: Path,
) -> None:
    wheel = written(tmp_path, "wheel", "wheels/foo-1.0-py3-none-any.whl")
    written(
        tmp_path, "./wheels/foo-1.0-py3-none-any.whl --hash=sha256:" + "0" * 64, "more/more.txt"
    )
    assert requirements_txt.read(tmp_path, written(tmp_path, "-r more/more.txt\n"), {}).local == (
        wheel,
    )


@pytest.mark.parametrize(
    "line",
    [
        "git+https://h/r.git@v1#egg=b",
        "b @ git+https://h/r.git",
        "requests[socks]>=2 ; python_version > '3.8'",
        "-e .",
        "--pre",
    ],
)
def test_what_pip_accepts_is_not_refused(tmp_path: Path, line: str) -> None:
    written(tmp_path, "", "setup.py")
    requirements_txt.read(tmp_path, written(tmp_path, line + "\n"), {})


def test_a_bad_line_is_shown_with_its_number(tmp_path: Path) -> None:
    with pytest.raises(BadRequirementLine) as raised:
        requirements_txt.read(tmp_path, written(tmp_path, "numpy\n\nthis is bad\n"), {})
    assert raised.value.title == "Line 3 of `requirements.txt` is not a valid requirement"
    assert raised.value.cause.startswith("this is bad\n")


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (
            "numpy\n# gr\u00fc\u00dfe\n".encode("latin-1"),
            "Line 2 contains bytes that are not UTF-8.",
        ),
        ("numpy\n".encode("utf-16-le"), "It is UTF-16, which Windows PowerShell writes with `>`."),
    ],
)
def test_a_file_that_is_not_utf8_is_named(tmp_path: Path, data: bytes, cause: str) -> None:
    with pytest.raises(ManifestNotText) as raised:
        requirements_txt.read(tmp_path, written(tmp_path, data), {})
    assert raised.value.cause == cause


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert requirements_txt.read(tmp_path, written(tmp_path, b"\xef\xbb\xbfnumpy\n"), {}).names == (
        "numpy",
    )


def test_an_include_that_is_missing_or_outside_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInclude):
        requirements_txt.read(tmp_path, written(tmp_path, "-r nothere.txt\n"), {})
    app = tmp_path / "app"
    written(tmp_path, "numpy\n", "outside.txt")
    with pytest.raises(IncludeOutside):
        requirements_txt.read(app, written(app, "-r ../outside.txt\n"), {})


def test_a_directory_in_the_manifests_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").mkdir()
    with pytest.raises(UnreadableManifest):
        requirements_txt.read(tmp_path, tmp_path / "requirements.txt", {})


@pytest.mark.parametrize(
    "line",
    [
        "numpy",
        "Scikit_Learn==1.5.2",
        "a.b-c >= 1, <2  # why",
        "x~=1.4",
        "y==1.*",
        "z!=1.5rc1",
        "w==1.0.post2",
        "# only a note",
        "",
    ],
)
def test_plain_lines_are_read_as_the_parser_reads_them(tmp_path: Path, line: str) -> None:
    plain = requirements_txt.read(tmp_path, written(tmp_path, f"{line}\nlast==1\n"), {})
    # An option makes the parser look at every line.
    parsed = requirements_txt.read(tmp_path, written(tmp_path, f"--pre\n{line}\nlast==1\n"), {})
    assert plain.names == parsed.names
    assert plain.names[-1] == "last"


@pytest.mark.parametrize(
    "line", ["numpy==", "numpy=1.2", "a b", "numpy==1.2,,<3", "-r", "numpy = 1"]
)
def test_a_line_that_is_nearly_plain_is_refused_all_the_same(tmp_path: Path, line: str) -> None:
    with pytest.raises(BuildError):
        requirements_txt.read(tmp_path, written(tmp_path, f"six\n{line}\n"), {})


FORKED = 'seldon-core==1.14.1 ; python_version<"3.7"\nseldon-core==1.17.1 ; python_version>="3.7"\n'


@pytest.mark.parametrize(
    ("lines", "python", "release"),
    [
        (FORKED, "3.12", "1.17.1"),
        (FORKED, "3.6", "1.14.1"),
        ('seldon-core==1.14.1 ; python_version<"3.7"\n', "3.12", "1.17.1"),
        ('seldon-core[gcs]==1.16.0 ; python_version>"3.7"\n', "3.12", "1.16.0"),
        ('seldon-core==1.16.0 ; sys_platform=="win32"\n', "3.12", "1.17.1"),
        ('seldon-core==1.16.0 ; python_full_version<"3.11.4"\n', "3.11.4", "1.17.1"),
    ],
)
def test_a_release_for_another_python_is_not_asked_for(
    tmp_path: Path, lines: str, python: str, release: str
) -> None:
    read = requirements_txt.read(tmp_path, written(tmp_path, lines), {}).for_python(python)
    assert read.wrapper_version("1.17.1") == release


def test_lines_with_a_false_marker_name_nothing(tmp_path: Path) -> None:
    url = 'seldon-core @ https://h/x.tar.gz ; python_version<"3.7"\n'
    lines = (
        f'six\n-r more.txt\n./lib ; python_version<"3.7"\n./lib\ntoml;python_version<"3.7"\n{url}'
    )
    written(tmp_path, 'six;python_version<"3.7"\n', "more.txt")
    read = requirements_txt.read(tmp_path, written(tmp_path, lines), {}).for_python("3.12")
    assert (read.names, read.nameless, read.wrapper_by_url) == (("six",), 1, False)


@pytest.mark.parametrize(
    ("line", "name", "given"),
    [
        ("-e git+https://h/r.git@v1#egg=lib", "lib", "lib @ git+https://h/r.git@v1"),
        ("--editable=git+https://h/r#egg=lib", "lib", "lib @ git+https://h/r"),
        (
            "-e git+https://h/r#egg=lib[a]&subdirectory=py ; python_version > '3'  # why",
            "lib[a]",
            'lib[a] @ git+https://h/r#subdirectory=py ; python_version > "3"',
        ),
        ('-e "lib @ git+ssh://git@h/r.git"', "lib", "lib @ git+ssh://git@h/r.git"),
        ("-e git+https://u:p@h/r.git", "git+https://h/r.git", "git+https://h/r.git"),
    ],
)
def test_an_editable_git_checkout_is_installed_not_editable(
    tmp_path: Path, line: str, name: str, given: str
) -> None:
    written(tmp_path, "", "own/setup.py")
    written(tmp_path, f"-e ./own\n-f wheels\n{line}\n", "more/more.txt")
    read = requirements_txt.read(tmp_path, written(tmp_path, "six\n-r more/more.txt\n"), {})
    assert read.from_git == (name,)
    export = requirements_export.export(read, tmp_path)
    assert (
        export.requirements
        and export.requirements.read_text() == f"six\n-e {(tmp_path / 'own').as_uri()}\n{given}\n"
    )
