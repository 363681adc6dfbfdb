"""The Python for which the pinned requirements have wheels, according to an index on loopback."""

import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from seldon_buildpack.manifests.conditions import Asked
from seldon_buildpack.messages.errors.pins import NoPythonForPins
from seldon_buildpack.origin import Kind
from seldon_buildpack.package_sources import python_by_wheels, wheel_availability
from seldon_buildpack.package_sources.indexes import Index
from seldon_buildpack.package_sources.python_by_wheels import Surroundings
from seldon_buildpack.python_version import PythonChoice, choose
from tests.support.servers import with_user
from tests.support.simple_index import Files, SimpleIndex, simple_index, wheels

OLD: Files = {
    "numpy": [
        *wheels("numpy", "1.19.4", 6, 7, 8, 9),
        *wheels("numpy", "1.26.0", 9, 10, 11, 12),
        *wheels("numpy", "2.1.0", 10, 11, 12, 13),
    ],
    "scikit-learn": [
        *wheels("scikit_learn", "0.23.2", 6, 7, 8),
        *wheels("scikit_learn", "1.3.1", 9, 10, 11, 12),
    ],
    "six": ["six-1.16.0-py2.py3-none-any.whl", "six-1.16.0.tar.gz"],
    "chainer": ["chainer-6.2.0.tar.gz"],
    "ipython": [("ipython-8.18.0-py3-none-any.whl", ">=3.9"), ("ipython-8.12.0.tar.gz", ">=3.8")],
    "old-only": [("old_only-1.0-py3-none-any.whl", ">=3.6,<3.8")],
    "pywin32": ["pywin32-306-cp312-cp312-win_amd64.whl"],
    "windows": ["windows-1.0-cp38-cp38-win_amd64.whl", "windows-1.0.tar.gz"],
}


def pins(*texts: str) -> tuple[Asked, ...]:
    lines = []
    for text in texts:
        requirement, _, marker = text.partition(";")
        at = min((requirement.find(one) for one in "=<>~" if one in requirement), default=None)
        name = requirement[:at].strip()
        lines.append(
            Asked(name=name, specifier=requirement[len(name) :].strip(), marker=marker.strip())
        )
    return tuple(lines)


def around(*carried: str, stored: Mapping[str, str] | None = None, **locked: str) -> Surroundings:
    versions = {name: frozenset([version]) for name, version in locked.items()}
    return Surroundings(
        is_available=lambda minor: minor in carried or not carried,
        locked=lambda _: versions,
        stored=stored or {},
    )


def decided(
    index: SimpleIndex | Index,
    *texts: str,
    choice: PythonChoice | None = None,
    given: Surroundings | None = None,
    app: Path = Path("/nonexistent"),
) -> PythonChoice:
    source = index if isinstance(index, Index) else Index(default=index.url)
    return python_by_wheels.decide(
        choice or choose(app, None), pins(*texts), source, given or around()
    )


@pytest.mark.parametrize("as_html", [False, True])
@pytest.mark.parametrize(
    ("texts", "python", "because"),
    [
        (["six==1.16.0"], "3.12", ""),
        (["numpy==1.26.0", "six==1.16.0"], "3.12", ""),
        (
            ["scikit-learn==0.23.2", "numpy==1.19.4"],
            "3.8",
            "scikit-learn==0.23.2 has no wheels for 3.9 and later",
        ),
        (["numpy==1.19.4"], "3.9", "numpy==1.19.4 has no wheels for 3.10 and later"),
        (["numpy<1.20"], "3.9", "numpy<1.20 has no wheels for 3.10 and later"),
        (["numpy<2"], "3.12", ""),
        (["numpy>=1.19"], "3.12", ""),
        (["numpy==1.19.4; python_version < '3.9'"], "3.12", ""),
        (["chainer==6.2.0"], "3.12", ""),
        (["windows==1.0"], "3.12", ""),
        (["chainer==6.2.0", "numpy==1.19.4"], "3.9", "numpy==1.19.4 has no wheels for 3.10"),
        (["numpy==9"], "3.12", ""),
        (["pywin32==306"], "3.12", ""),
        (["nobody-has-this==1"], "3.12", ""),
        (["nobody-has-this==1", "numpy==1.19.4"], "3.9", "numpy==1.19.4 has no wheels for 3.10"),
    ],
)
def test_newest_python_with_wheels_for_all_pins_is_taken(
    texts: list[str], python: str, because: str, as_html: bool
) -> None:
    with simple_index(OLD, as_html=as_html) as index:
        choice = decided(index, *texts)
    assert choice.spec == python
    if because:
        assert choice.source.kind is Kind.PINS
        assert choice.source.describe().startswith(because)
    else:
        assert choice.source.kind is Kind.DEFAULT


@pytest.mark.parametrize("as_html", [False, True])
def test_requires_python_of_files_counts(as_html: bool) -> None:
    packages: Files = {"new": [("new-1.0-py3-none-any.whl", ">=3.13")], "six": OLD["six"]}
    with simple_index(packages, as_html=as_html) as index:
        choice = decided(index, "new==1.0", "six==1.16.0")
    assert choice.spec == "3.13"
    assert choice.source.describe() == "new==1.0 has no wheels for 3.12"


def test_pins_narrow_only_what_the_source_leaves_open(tmp_path: Path) -> None:
    (tmp_path / ".python-version").write_text(">=3.8,<3.11\n")
    with simple_index(OLD) as index:
        assert decided(index, "numpy==1.19.4", app=tmp_path).spec == "3.9"
        assert decided(index, "six==1.16.0", app=tmp_path).spec == "3.10"
        asked = choose(tmp_path, ">=3.10")
        choice = decided(index, "numpy==1.19.4", choice=asked)
    assert choice.spec == "3.10"
    assert "All pins have wheels for Python 3.9" in choice.advice[-1].todo


def test_python_that_the_user_set_stays_with_a_warning(tmp_path: Path) -> None:
    with simple_index(OLD) as index:
        choice = decided(
            index, "numpy==1.19.4", "scikit-learn==0.23.2", choice=choose(tmp_path, "3.12")
        )
        fits = decided(index, "numpy==1.19.4", choice=choose(tmp_path, "3.9"))
    assert choice.spec == "3.12"
    (advice,) = choice.advice
    assert advice.found == (
        "numpy==1.19.4 and scikit-learn==0.23.2 have no wheels for Python 3.12: "
        "they are built from source (BP_PYTHON_VERSION)."
    )
    assert advice.todo == "All pins have wheels for Python 3.8: set BP_PYTHON_VERSION=3.8."
    assert fits.advice == ()


def test_pins_without_a_common_python_are_an_error_with_changes() -> None:
    with simple_index(OLD) as index, pytest.raises(NoPythonForPins) as caught:
        decided(index, "scikit-learn==0.23.2", "numpy==2.1.0", "six==1.16.0")
    assert caught.value.lines() == [
        "",
        "ERROR: No supported Python has wheels for all pinned requirements",
        "",
        "  These have wheels for these Pythons only:",
        "  - scikit-learn==0.23.2: 3.6 to 3.8",
        "  - numpy==2.1.0: 3.10 to 3.13",
        "  BP_PYTHON_VERSION is not set, and nothing was compiled.",
        "",
        "  What to do:",
        "  1. Change the pins. The first later releases with a wheel for Python 3.12 are:",
        "     scikit-learn==0.23.2 -> scikit-learn==1.3.1",
        "",
    ]


def test_python_that_can_be_had_is_preferred() -> None:
    with simple_index(OLD) as index:
        assert decided(index, "numpy==1.19.4", given=around("3.12", "3.8")).spec == "3.8"
        assert decided(index, "numpy==1.19.4", given=around("3.12")).spec == "3.9"


def test_same_inputs_do_not_ask_again() -> None:
    texts = ("numpy==1.19.4", "scikit-learn==0.23.2")
    with simple_index(OLD) as index:
        first = decided(index, *texts)
        assert first.evidence
        index.asked.clear()
        stored = first.evidence.metadata()
        again = decided(index, *texts, given=around(stored=stored))
        assert index.asked == []
        assert (again.spec, again.source) == (first.spec, first.source)
        assert again.evidence
        assert again.evidence.metadata() == stored
        decided(index, "numpy==1.26.0", given=around(stored=stored))
        assert index.asked == ["numpy"]
        default = decided(index, "numpy==1.26.0").evidence
        assert default
        index.asked.clear()
        choice = decided(index, "numpy==1.26.0", given=around(stored=default.metadata()))
        assert (choice.spec, choice.source.kind, index.asked) == ("3.12", Kind.DEFAULT, [])


def test_what_the_wrapper_brings_is_not_asked_for() -> None:
    with simple_index(OLD) as index:
        assert decided(index, "six==1.16.0", given=around(six="1.16.0")).spec == "3.12"
        assert index.asked == []
        choice = decided(index, "six==1.16.0", "numpy==1.19.4", given=around(six="1.16.0"))
        assert (choice.spec, index.asked) == ("3.9", ["numpy", "six"])


def test_unbounded_and_source_requirements_are_not_asked_for() -> None:
    with simple_index(OLD) as index:
        source = Index(default=index.url, options=("--no-binary", "numpy"))
        choice = decided(source, "numpy==1.19.4", "six", "chainer>=6", "ipython!=8.0")
        assert (choice.spec, choice.evidence, index.asked) == ("3.12", None, [])


@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_an_index_that_fails_leaves_the_default(status: int) -> None:
    with simple_index(OLD, status=status) as index:
        assert decided(index, "numpy==1.19.4", "scikit-learn==0.23.2").spec == "3.12"
    assert decided(Index(default="http://127.0.0.1:9/simple"), "numpy==1.19.4").spec == "3.12"


def test_slow_index_costs_no_more_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheel_availability, "SECONDS", 0.5)
    with simple_index(OLD, seconds=20) as index:
        start = time.monotonic()
        assert decided(index, "numpy==1.19.4", "six==1.16.0").spec == "3.12"
        assert time.monotonic() - start < 2


def test_user_and_password_of_an_index_are_sent() -> None:
    with simple_index(OLD, user="u", password="p@ss") as index:
        url = with_user(index.url, "u", "p@ss")
        assert decided(Index(default=url), "numpy==1.19.4").spec == "3.9"
        assert decided(index, "numpy==1.19.4").spec == "3.12"


def test_sources_are_asked_in_the_order_of_uv(tmp_path: Path) -> None:
    newer: Files = {"numpy": wheels("numpy", "1.19.4", 12)}
    (tmp_path / wheels("numpy", "1.19.4", 11)[0]).touch()
    with simple_index(OLD) as main, simple_index(newer) as extra:
        both = Index(default=main.url, extra=(extra.url,))
        assert decided(both, "numpy==1.19.4").spec == "3.12"
        assert main.asked == []
        first = Index(default=main.url, folders=(tmp_path,))
        assert decided(first, "numpy==1.19.4").spec == "3.11"
        assert main.asked == []
        linked = Index(default=main.url, find_links=(str(tmp_path),))
        assert decided(linked, "numpy==1.19.4").spec == "3.11"
        alone = Index(default=main.url, find_links=(str(tmp_path),), no_index=True)
        main.asked.clear()
        assert decided(alone, "numpy==1.19.4").spec == "3.11"
        assert main.asked == []
        best = Index(default=main.url, extra=(extra.url,), strategy="unsafe-best-match")
        assert decided(best, "numpy==1.19.4", "scikit-learn==0.23.2").spec == "3.8"
