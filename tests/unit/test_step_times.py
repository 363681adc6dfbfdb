"""BP_LOG_LEVEL=debug: the time of each step, and their sum."""

import io
import re
import time
from pathlib import Path

import pytest

from seldon_buildpack import step_times
from seldon_buildpack.build import read_project
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.context import BuildContext
from seldon_buildpack.log import Log
from seldon_buildpack.step_times import timed
from tests.support.context import make_context

_LINE = re.compile(r"^  \[time\] (\S.*\S) +(\d+\.\d) ms$")


@pytest.fixture
def context(tmp_path: Path) -> BuildContext:
    (tmp_path / "MyModel.py").write_text(
        "class MyModel:\n    def predict(self, X, names):\n        return X\n"
    )
    platform = Platform(app=tmp_path, buildpack=tmp_path, layers=None, env={}, base_env={})
    return make_context(platform, Log(io.StringIO()), tmp_path)


def lines(context: BuildContext) -> list[str]:
    assert isinstance(context.log.stream, io.StringIO)
    return context.log.stream.getvalue().splitlines()


@timed
def sleep(context: BuildContext, seconds: float, fails: bool = False) -> str:
    time.sleep(seconds)
    if fails:
        raise ValueError(context)
    return "slept"


def test_times_of_all_steps_add_up(context: BuildContext) -> None:
    context.log.shows_times = True
    assert sleep(context, 0.05) == "slept"
    with pytest.raises(ValueError):
        sleep(context, 0.02, fails=True)
    context.log.all_steps()
    found = [_LINE.fullmatch(line) for line in lines(context)]
    names, times = zip(*((line[1], float(line[2])) for line in found if line), strict=True)
    assert names == ("sleep", "sleep", "all steps")
    assert times[0] >= 50 and times[1] >= 20
    assert times[2] == pytest.approx(times[0] + times[1], abs=0.2)


def test_nothing_is_printed_by_default(context: BuildContext) -> None:
    sleep(context, 0)
    context.log.took("another", 1.0)
    context.log.all_steps()
    assert lines(context) == []


def test_each_step_of_reading_a_source_is_named(context: BuildContext) -> None:
    context.log.shows_times = True
    read_project(context)
    found = [_LINE.fullmatch(line) for line in lines(context)]
    assert [line[1] for line in found if line] == [
        "apply s2iignore",
        "read settings",
        "select manifest",
        "configure package sources",
        "connect network",
        "choose python",
        "find model",
        "prepare app dir",
    ]


@pytest.mark.parametrize(("level", "shown"), [("debug", True), ("DEBUG", True), ("info", False)])
def test_level_is_read_in_any_case(level: str, shown: bool) -> None:
    assert step_times.is_debug(level) is shown


def test_age_of_the_process_is_plausible() -> None:
    assert 0 < step_times.seconds_since_start() < 3600
