"""Which wrapper the requirements resolve with, and what an error of one attempt leads to."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from seldon_buildpack.bundle import Bundle
from seldon_buildpack.commands.uv import Outcome, Uv
from seldon_buildpack.layers import wrapper_choice
from seldon_buildpack.layers.installation import Installation
from seldon_buildpack.layers.python import Python
from seldon_buildpack.layers.python_wrapper import Wrapper
from seldon_buildpack.log import Log
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.indexes import IndexUnreachable
from seldon_buildpack.messages.errors.packages import RequirementNotFound
from seldon_buildpack.messages.errors.project_builds import BuildFromSourceFailed
from seldon_buildpack.messages.errors.requirements import InstallFailed, RequirementsConflict
from seldon_buildpack.package_sources.indexes import Index
from seldon_buildpack.python_env import build_packages
from seldon_buildpack.wrapper.pin_sets import (
    Fallback,
    FallbackCause,
    explain_choice,
    read_fallback,
)

CURRENT, UPSTREAM = (
    Wrapper(version="1.17.1", pins=pins, carried=None, lock=Path("/lock"), bounds=None, key={})
    for pins in ("current", "upstream")
)
BUNDLE = Bundle(
    root=Path("/bundle"),
    buildpack_version="",
    default_python="",
    pythons={},
    wrappers={},
    watchers={},
    catalogue="",
)
UV = Uv(program=Path("/bin/true"), env={}, cache=Path("/cache"), log=Log(io.StringIO()))
SOURCE_FAILED = BuildFromSourceFailed("mine", False, "", "", "", ())
UNREACHABLE = IndexUnreachable("http://inside/simple", "refused")


def inputs(index: Index, wrappers: tuple[Wrapper, ...] = (CURRENT, UPSTREAM)) -> Installation:
    return Installation(
        app=Path("/workspace"),
        requirements=None,
        index=index,
        python=Python(
            minor="3.12", request="3.12.1", carried=None, identity="", catalogue="", buildpack=""
        ),
        pins="" if len(wrappers) > 1 else wrappers[0].pins,
        wrappers=wrappers,
        bundle=BUNDLE,
        variables=(),
    )


class Tries:
    """Attempts that end as they are given, None for a success, and what was tried."""

    def __init__(self, outcomes: Sequence[BuildError | None]) -> None:
        self.outcomes = iter(outcomes)
        self.made: list[str] = []

    def resolve(
        self,
        what: Installation,
        chosen: Wrapper,
        with_wrapper: bool,
        run: Callable[..., Outcome],
    ) -> frozenset[str]:
        how = (
            "offline"
            if "offline" in run.__name__
            else "folders"
            if what.index.no_index
            else "index"
        )
        self.made.append(f"{chosen.pins} {how}{'' if with_wrapper else ' alone'}")
        if error := next(self.outcomes):
            raise error
        return frozenset({chosen.pins})


FOLDERS = Index(folders=(Path("/whl"),), default="http://inside/simple")
CONFLICT = RequirementsConflict(())


@pytest.mark.parametrize(
    ("outcomes", "made"),
    [
        ([None], "current folders"),
        ([CONFLICT, None], "current folders, upstream folders"),
        ([RequirementNotFound("mine", ()), None], "current folders, upstream folders"),
        (
            [RequirementNotFound("mine", ()), CONFLICT, None],
            "current folders, upstream folders, current index",
        ),
        ([InstallFailed("Installing", ()), None], "current folders, current index"),
    ],
)
def test_wheel_folders_are_tried_alone_with_each_set(
    outcomes: list[BuildError | None], made: str
) -> None:
    tries = Tries(outcomes)
    resolution = wrapper_choice.choose_wrapper(inputs(FOLDERS), tries.resolve, UV)
    assert ", ".join(tries.made) == made
    assert resolution.inputs.index.no_index == made.endswith("folders")
    if made.endswith("index"):
        lacks = isinstance(outcomes[0], RequirementNotFound)
        assert resolution.inputs.lacking == ("mine" if lacks else "")


@pytest.mark.parametrize(
    ("outcomes", "made", "because"),
    [
        ([None], "current index", None),
        (
            [CONFLICT, None],
            "current index, upstream index",
            Fallback(FallbackCause.CONFLICT, ""),
        ),
        (
            [UNREACHABLE, None],
            "current index, upstream offline",
            Fallback(FallbackCause.FAILURE, UNREACHABLE.title),
        ),
        (
            [CONFLICT, CONFLICT, None],
            "current index, upstream index, current index alone",
            Fallback(FallbackCause.CONFLICT, ""),
        ),
    ],
)
def test_next_set_is_tried_after_a_conflict_or_a_failure(
    outcomes: list[BuildError | None], made: str, because: Fallback | None
) -> None:
    tries = Tries(outcomes)
    resolution = wrapper_choice.choose_wrapper(inputs(Index()), tries.resolve, UV)
    assert ", ".join(tries.made) == made
    assert resolution.because == because
    assert resolution.with_wrapper == (not made.endswith("alone"))
    assert resolution.stubs == {resolution.wrapper.pins}


def test_error_of_the_first_set_remains_if_none_serves_offline() -> None:
    tries = Tries([UNREACHABLE, CONFLICT])
    with pytest.raises(IndexUnreachable):
        wrapper_choice.choose_wrapper(inputs(Index()), tries.resolve, UV)


@pytest.mark.parametrize("isolated", [True, False])
def test_failed_source_build_is_repeated_without_isolation_only(isolated: bool) -> None:
    index = Index(options=() if isolated else (build_packages.OPTION,))
    tries = Tries([SOURCE_FAILED, None])
    if isolated:
        with pytest.raises(BuildFromSourceFailed):
            wrapper_choice.choose_wrapper(inputs(index), tries.resolve, UV)
        assert tries.made == ["current index"]
    else:
        assert wrapper_choice.choose_wrapper(inputs(index), tries.resolve, UV).wrapper == UPSTREAM


@pytest.mark.parametrize("error", [CONFLICT, UNREACHABLE])
def test_forced_set_is_never_replaced(error: BuildError) -> None:
    tries = Tries([error])
    with pytest.raises(type(error)):
        wrapper_choice.choose_wrapper(inputs(Index(), (CURRENT,)), tries.resolve, UV)


@pytest.mark.parametrize(
    ("requested", "pins", "because", "why"),
    [
        ("", "current", None, ""),
        ("auto", "upstream", None, "the current pins are not for Python 3.8"),
        ("upstream", "upstream", None, "BP_SELDON_PINS"),
        ("current", "current", None, "BP_SELDON_PINS"),
        ("current", "", None, ""),
        (
            "",
            "upstream",
            Fallback(FallbackCause.CONFLICT, "flask<2"),
            "the current pins conflict with flask<2",
        ),
        (
            "",
            "upstream",
            Fallback(FallbackCause.CONFLICT, ""),
            "the current pins conflict with your requirements",
        ),
    ],
)
def test_log_explains_a_set_that_is_not_the_default(
    requested: str, pins: str, because: Fallback | None, why: str
) -> None:
    again = read_fallback(because.as_text() if because else "")
    assert again == because
    assert explain_choice(requested, pins, again, "3.8") == why
