"""The measurements themselves: both ways in turn, so that what disturbs the machine disturbs both."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import models, sizes
from tests.benchmarks.models import Model
from tests.benchmarks.serving import Stopped, served
from tests.benchmarks.sizes import Added
from tests.benchmarks.timing import Timed
from tests.benchmarks.ways import Way, forget
from tools.core.steps import announce, run

FIRST, CODE, REQUIREMENT = "first build", "code-only rebuild", "one more requirement"
TAGS = {FIRST: "first", CODE: "code", REQUIREMENT: "more"}


@dataclass(frozen=True)
class Figures:
    """What was measured of one model made one way. Times in seconds, sizes in bytes."""

    builds: Mapping[str, Sequence[Timed]]
    """The runs of each step: FIRST, CODE, REQUIREMENT."""
    starts: Sequence[float]
    """From docker run to the first prediction."""
    stops: Sequence[Stopped]
    own: Sequence[float]
    """What detect and build take of a code-only rebuild; empty for s2i."""
    size: int
    pip_cache: int
    """What of the size is pip's cache."""
    code_change: Added
    """What the image after a change of code adds to the one before."""
    second_model: Added
    """What another model with the same requirements adds."""


@dataclass(frozen=True)
class Plan:
    """How often: builds of each kind, starts, stops."""

    runs: int
    starts: int
    stops: int


def measure(
    model: Model, ways: Sequence[Way], samples: Path, scratch: Path, plan: Plan
) -> dict[str, Figures]:
    """Everything of one model, by the name of the way. Leaves images behind: those of ``all_images``. Raises ToolError."""
    builds: dict[str, dict[str, list[Timed]]] = {way.name: defaultdict(list) for way in ways}
    for number in range(plan.runs):
        with announce(f"{model.name}: builds, run {number + 1} of {plan.runs}"):
            for step, way, took in _one_run(model, _turned(ways, number), samples, scratch, number):
                builds[way.name][step].append(took)
                print(f"    {way.name:5} {step:21} {took.seconds:6.1f} s", flush=True)
    starts: dict[str, list[float]] = defaultdict(list)
    stops: dict[str, list[Stopped]] = defaultdict(list)
    with announce(f"{model.name}: {plan.starts} starts, {plan.stops} stops"):
        for number in range(plan.starts + 1):
            for way in _turned(ways, number):
                with served(f"{_name(way, model, 0)}:{TAGS[FIRST]}", model.asked) as running:
                    # The first start reads the image from the disk.
                    if number:
                        starts[way.name].append(running.first_prediction)
                    if 0 < number <= plan.stops:
                        stops[way.name].append(running.stop())
    with announce(f"{model.name}: detect and build alone"):
        source = models.fresh(samples, model, scratch / model.name, 0)
        owns = {way.name: way.own(f"{_name(way, model, 0)}:{TAGS[FIRST]}", source) for way in ways}
    with announce(f"{model.name}: sizes"):
        return {
            way.name: _figures(
                model, way, builds[way.name], starts[way.name], stops[way.name], owns[way.name]
            )
            for way in ways
        }


def beside_each_other(ways: Sequence[Way]) -> dict[tuple[str, str], Added]:
    """By model and way: what the model adds where the other one is, whose requirements differ. For use after both were measured."""
    first = {
        (model.name, way.name): f"{_name(way, model, 0)}:{TAGS[FIRST]}"
        for model in models.MODELS
        for way in ways
    }
    return {
        (model, way): sizes.added(
            image, [other for (name, made), other in first.items() if made == way and name != model]
        )
        for (model, way), image in first.items()
    }


def all_images(ways: Sequence[Way], runs: int) -> list[str]:
    """Every name under which ``measure`` has something built."""
    return [
        _name(way, model, number)
        for way in ways
        for model in models.MODELS
        for number in range(runs)
    ]


def _one_run(
    model: Model, ways: Sequence[Way], samples: Path, scratch: Path, number: int
) -> Iterator[tuple[str, Way, Timed]]:
    """The three builds of each way: a first one without any cache, one after a change of code, one after a change of requirements."""
    sources = {
        way.name: models.fresh(
            samples, model, scratch / f"{way.name}-{model.name}-{number}", number
        )
        for way in ways
    }
    for way in ways:
        forget(_name(way, model, number))
    for step in (FIRST, CODE, REQUIREMENT):
        for way in ways:
            source, name = sources[way.name], _name(way, model, number)
            if step == CODE:
                models.change_code(source, model)
            elif step == REQUIREMENT:
                models.add_requirement(source)
            took = way.build(name, source)
            # The next build under this name must find its predecessor, and what is measured later must still be there.
            run("docker", "tag", name, f"{name}:{TAGS[step]}")
            yield step, way, took


def _figures(
    model: Model,
    way: Way,
    builds: Mapping[str, Sequence[Timed]],
    starts: Sequence[float],
    stops: Sequence[Stopped],
    own: Sequence[float],
) -> Figures:
    first, other = (f"{_name(way, model, number)}:{TAGS[FIRST]}" for number in (0, 1))
    return Figures(
        builds,
        starts,
        stops,
        own,
        size=sizes.size(first),
        pip_cache=sizes.held_in(first, "/root/.cache"),
        code_change=sizes.added(f"{_name(way, model, 0)}:{TAGS[CODE]}", [first]),
        second_model=sizes.added(other, [first]),
    )


def _turned(ways: Sequence[Way], number: int) -> Sequence[Way]:
    """The other way first in every other run."""
    return ways if number % 2 == 0 else ways[::-1]


def _name(way: Way, model: Model, number: int) -> str:
    return f"seldon-bench-{way.name}-{model.name}-{number}"
