"""Our reader of requirements files agrees with pip's own, on files generated from its grammar.

The unit tests try a few files; `REQUIREMENTS_EXAMPLES=2000` in the environment tries more, and
others each time.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pip._internal.exceptions import PipError
from pip._internal.index.collector import LinkCollector
from pip._internal.index.package_finder import PackageFinder
from pip._internal.models.release_control import ReleaseControl
from pip._internal.models.search_scope import SearchScope
from pip._internal.models.selection_prefs import SelectionPreferences
from pip._internal.network.session import PipSession
from pip._internal.req.constructors import install_req_from_parsed_requirement
from pip._internal.req.req_file import parse_requirements
from pip._vendor.packaging.markers import Marker

from seldon_buildpack.manifests import requirements_txt
from seldon_buildpack.manifests.requirement_parts import Requirement
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.requirement_lines import (
    FrozenPath,
    HashMalformed,
    YamlLine,
)
from seldon_buildpack.names import canonical

EXAMPLES = int(os.environ.get("REQUIREMENTS_EXAMPLES", "60"))
ENV = {"RELEASE": "1.2.3", "HOST": "pypi.example.com", "EMPTY": "", "lower": "9"}
HAS_SPACE = re.compile(r"\s")
ARCHIVE = re.compile(r"\.(?:whl|zip|tar\.gz)$")
# What pip accepts although it can never be installed, or skips without a word.
REFUSED_BY_US_ONLY = (FrozenPath, HashMalformed, YamlLine)
# What pip 22 to 25 accept: extras in `#egg=`, wildcards behind all operators, features of that time.
REFUSED_BY_PIP_26_ONLY = re.compile(r"#egg=[\w.-]+\[|[<>]=?\s*[\d.]+\.\*|--u[\ss]")
DIGEST = "sha256:" + "0a" * 32

names = st.sampled_from(["six", "Flask_Cors", "a.b-c", "x1", "numpy", "ruamel.yaml.clib"])
extras = st.sampled_from(["", "[socks]", "[a, b-c]", " [x]", "[]"])
versions = st.sampled_from(
    ["1", "1.2", "1.2.3", "2.*", "1!2.0", "1.0rc1", "${RELEASE}", "1.0.post2"]
)
operators = st.sampled_from(["==", ">=", "<", "~=", "!=", "<=", ">", "==="])
spaces = st.sampled_from(["", "", " ", "  ", "\t"])
specifiers = st.lists(st.builds("{}{}{}".format, operators, spaces, versions), max_size=3).map(
    ", ".join
)
markers = st.sampled_from(
    [
        *("", "", ";python_version>='3.8'", " ; sys_platform == 'win32'", "; extra == 'x'"),
        "; (python_version < '3' or os_name == \"posix\") and implementation_name == 'cpython'",
        *("; python_version", ";", "; nonsense == '1'"),
    ]
)
named = st.builds("{}{}{}{}{}".format, names, extras, spaces, specifiers, markers)
urls = st.sampled_from(
    [
        "https://h/six-1.0.tar.gz",
        "https://${HOST}/six-1.0-py3-none-any.whl#sha256=abc",
        "https://h/six-1.0.zip?x=1&y=2",
        "git+https://h/r.git",
        "git+https://h/r.git@v1.0#egg=six",
        "git+ssh://git@h/r.git#egg=six[x]&subdirectory=py",
        "git+file:///srv/r.git@main#egg=a.b-c",
        "file:///srv/six-1.0.tar.gz",
        "https://h/archive.tar.gz#egg=numpy",
    ]
)
located = st.one_of(
    st.builds(
        "{}{} @ {}{}".format, names, extras, urls, st.sampled_from(["", " ; os_name == 'posix'"])
    ),
    st.builds(
        "{}{}".format, urls, st.sampled_from(["", "; os_name == 'posix'", " ; os_name=='nt'"])
    ),
    st.sampled_from(
        [
            *("./pkg", "pkg/", "./pkg[x]", "./my pkg", "./pkg ; os_name == 'posix'", "."),
            *("./six-1.0-py3-none-any.whl", "six-1.0-py3-none-any.whl", "folder/", "./plain.txt"),
        ]
    ),
)
editables = st.builds(
    "{}{}{}".format,
    st.sampled_from(["-e", "-e ", "--editable ", "--editable=", "--edit "]),
    st.sampled_from(
        [
            *(
                "./pkg",
                "pkg",
                "'./my pkg'",
                '"./pkg[x]"',
                "./pkg[x]",
                ".",
                "folder/../pkg",
                "nothere",
            ),
            *("git+https://h/r.git@v1#egg=six", "git+ssh://git@h/r#egg=x1[a,b]&subdirectory=py"),
            *('"six @ git+https://h/r.git"', "https://h/six.zip#egg=six", "git:h/r.git#egg=six"),
        ]
    ),
    st.sampled_from(["", "", " --config-settings a=b"]),
)
options = st.sampled_from(
    [
        *(
            "-i https://${HOST}/simple",
            "-ihttps://h/s",
            "--index-url=https://h/s",
            "--index https://h/s",
        ),
        *(
            "--pypi-url 'https://h/p'",
            "--extra-index-url https://e/1",
            "--extra-index-url=https://e/2",
        ),
        *("--no-index", "--pre", "--prefer-binary", "--require-hashes", "--trusted-host h:80"),
        *(
            "--no-binary :all:",
            "--no-binary=six,Flask_Cors",
            "--only-binary numpy",
            "--no-binary :none:",
        ),
        *(
            "--only-binary=:all:",
            "--find-links https://h/l",
            "-f folder",
            "-f 'no where'",
            "-ffolder",
        ),
        *("-r more.txt", "-rmore.txt", "--requirement=more.txt", "-c limits.txt", "-climits.txt"),
        *(
            "--constraint 'limits.txt'",
            "-r loop.txt",
            "--use-feature fast-deps",
            "--pre --no-index",
        ),
        *(
            "--unknown",
            "-x",
            "--pre=1",
            "-r",
            "--index-url",
            "--no",
            "-e",
            "--hash",
            "-U",
            "--upgrade",
        ),
        *(
            "--no-deps",
            "-i 'unclosed",
            "--all-releases six",
            "--only-final :all:",
            f"--hash={DIGEST}",
        ),
    ]
)
behind = st.sampled_from(
    [
        *("", "", "", f" --hash={DIGEST}", f" --hash={DIGEST} \\\n    --hash={DIGEST}"),
        *(
            " --hash sha1:00",
            " --hash=00",
            " --config-settings '--a=b c' -C d=e",
            " --pre",
            " --nope",
        ),
        *(" --only-binary=:all:", " --config-settings nothing"),
    ]
)
requirements = st.builds("{}{}".format, st.one_of(named, named, located), behind)
wrong = st.sampled_from(
    [
        *(
            "numpy=1.2",
            "a b",
            "==1",
            "six==",
            "pip install six",
            "six,numpy",
            "import numpy",
            "six 1.0",
        ),
        *("é", "@ https://h", "[x]", "six==1.0;", "six[", "six==1.2,,<3", "numpy==1 # x"),
    ]
)
comments = st.sampled_from(["", "", " # why", "\t#why", " #", "#nospace", " # ends in \\"])
breaks = st.sampled_from(["", "", "", "\\\n", " \\\n ", "\\\r\n", "\\\n\\\n"])


@st.composite
def broken(draw: Any) -> str:
    """A line, perhaps with a backslash in it where the next one starts."""
    line = draw(st.one_of(requirements, requirements, editables, options, wrong)) + draw(comments)
    at = draw(st.integers(0, len(line)))
    return str(line[:at] + draw(breaks) + line[at:])


files = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "", "\ufeff", "# coding: utf-8\n"]),
    st.lists(broken(), max_size=5).map("\n".join)
    | st.lists(broken(), min_size=2, max_size=4).map("\r\n".join),
    st.sampled_from(["", "\n", "\\", " \\\n", "\n\n# end", "\x0c\n"]),
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    app = tmp_path_factory.mktemp("app")
    for name in ("pkg/setup.py", "my pkg/pyproject.toml", "setup.py", "folder/x", "plain.txt"):
        (app / name).parent.mkdir(exist_ok=True)
        (app / name).touch()
    (app / "six-1.0-py3-none-any.whl").touch()
    (app / "more.txt").write_text("toml==0.10.2\n-c limits.txt\n--pre\n")
    (app / "limits.txt").write_text("six<2\n")
    (app / "loop.txt").write_text("-r loop.txt\n")
    with contextlib.chdir(app), mock.patch.dict(os.environ, ENV):
        yield app


def by_pip(path: Path) -> Any:
    """Return what pip reads, or None if it refuses the file."""
    session = PipSession()
    collector = LinkCollector(session, SearchScope.create([], [], no_index=False))
    releases = ReleaseControl(set(), set())
    finder = PackageFinder.create(
        link_collector=collector,
        selection_prefs=SelectionPreferences(allow_yanked=True, release_control=releases),
    )
    options = mock.Mock(require_hashes=False, no_require_hashes=False, features_enabled=[])
    try:
        lines = list(parse_requirements(str(path), session, finder=finder, options=options))
        found = [(line, install_req_from_parsed_requirement(line)) for line in lines]
    except (PipError, ValueError, RecursionError):
        return None
    wanted = list(dict.fromkeys(spell_for_pip(line, read) for line, read in found))
    scope = finder.search_scope
    formats = finder.format_control
    return (
        wanted,
        (
            [url for url in scope.index_urls if url],
            scope.find_links,
            scope.no_index,
            options.require_hashes,
        ),
        (sorted(formats.no_binary), sorted(formats.only_binary)),
        (sorted(releases.all_releases), sorted(releases.only_final)),
    )


def spell_for_pip(line: Any, read: Any) -> tuple[Any, ...]:
    url = read.link.url if read.link else ""
    url = url if HAS_SPACE.search(url) else url.partition("#")[0]
    if read.link and read.link.scheme == "file":
        url = "file://" + read.link.file_path.rstrip("/")
    versions = read.req.specifier if read.req and not read.link else ""
    hashes = (f"{kind}:{value}" for kind, all_ in read.hash_options.items() for value in {*all_})
    marker = str(read.markers or (read.req.marker if read.req and read.req.marker else ""))
    return (
        canonical(read.name) if read.name else "",
        tuple(sorted(map(canonical, read.extras))),
        tuple(sorted({str(each) for each in versions})),
        "" if line.is_editable else marker,
        url,
        line.is_editable and not read.link.is_vcs,
        tuple(sorted(hashes)),
        line.constraint,
    )


def by_us(app: Path, path: Path) -> Any:
    """Return what we read, or None if we refuse the file.

    A folder that is not there is refused when uv is to install it.
    """
    try:
        read = requirements_txt.read(app, path, ENV)
    except REFUSED_BY_US_ONLY:
        return ()
    except BuildError:
        return None
    folders = [line.path for line in read.lines if line.path and not ARCHIVE.search(line.path.name)]
    if not all(path.exists() for path in folders):
        return None
    index = read.index
    return (
        list(dict.fromkeys(spell_ours(line) for line in read.lines)),
        (
            [*([index.index_url] if index.index_url else []), *index.extra_index_urls],
            list(index.find_links),
            index.no_index,
            index.require_hashes,
        ),
        (sorted(index.no_binary), sorted(index.only_binary)),
        (
            sorted({*index.all_releases, *([":all:"] if index.pre else [])}),
            sorted(index.only_final),
        ),
    )


def spell_ours(line: Requirement) -> tuple[Any, ...]:
    extras = [extra for extra in line.extras.strip("[]").split(",") if extra]
    url = line.url.partition("#")[0]
    return (
        line.name,
        tuple(sorted(map(canonical, extras))),
        tuple(sorted({each for each in line.specifier.split(",") if each})),
        "" if line.editable else str(Marker(line.marker)) if line.marker else "",
        f"file://{line.path}" if line.path else url,
        line.editable and not line.program,
        tuple(sorted(line.hashes)),
        line.constraint,
    )


def is_refused_by_pip_26_only(text: str, ours: Any) -> bool:
    joined = re.sub(r"\\\r?\n", "", text)
    nameless_checkout = any(
        not line[0] and line[4].startswith("git+") for line in (ours or [[]])[0]
    )
    return nameless_checkout or bool(REFUSED_BY_PIP_26_ONLY.search(joined))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES < 1000,
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(text=files)
def test_we_read_a_file_as_pip_does(app: Path, text: str) -> None:
    path = app / "requirements.txt"
    path.write_bytes(text.encode())
    theirs, ours = by_pip(path), by_us(app, path)
    # pip takes a URL with spaces, and fails when it fetches it.
    spaced = [line for line in (theirs or [[]])[0] if HAS_SPACE.search(line[4])]
    assume(all(line[4].endswith("/my pkg") for line in spaced))
    assume(ours != () and not (theirs is None and is_refused_by_pip_26_only(text, ours)))
    assert ours == theirs
