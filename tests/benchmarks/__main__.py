"""make bench: real s2i and us, in one run. Writes docs/performance.md; fails where a promise does not hold."""

import argparse
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks import conda, loads, measuring, pins, report, responses, targets, ways
from tests.benchmarks.measuring import Plan
from tests.benchmarks.models import MODELS
from tests.benchmarks.promises import Promise, check, check_conda, check_pins
from tests.benchmarks.report import Report
from tools.core.steps import ToolError, Workspace, announce
from tools.release import builder, gotools
from tools.release.builder import Builder

_ROUNDS = 5


def main() -> int:
    """Exit code: 0 where every promise holds."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="builds of each kind, at least 2")
    parser.add_argument("--starts", type=int, default=9, help="starts of each image")
    parser.add_argument(
        "--only", choices=["requests"], help="measure what requests cost, no builds"
    )
    parser.add_argument("--share", type=float, default=1.0, help="of the number of requests")
    options = parser.parse_args()
    if options.runs < 2 or options.starts < 1:
        parser.error(
            "two runs are the least: the second is the second model that a registry sees; and one start"
        )
    try:
        ws = Workspace.from_environment()
        made = builder.create_builder(ws)
        # For docker, pack and s2i alike.
        os.environ.update(builder.make_environment(ws, made.engine))
        broken = _requests(ws, made, min(options.starts, _ROUNDS), options.share)
        if not options.only:
            plan = Plan(options.runs, options.starts, min(options.runs, options.starts))
            broken += _builds(ws, made, plan)
        for promise in broken:
            print(f"error: {promise.line()}", file=sys.stderr)
        return 1 if broken else 0
    except ToolError as error:
        print(f"\nerror: {error}", file=sys.stderr)
        return 1


def _requests(ws: Workspace, made: Builder, rounds: int, share: float) -> list[Promise]:
    """What requests cost; the targets that are not met."""
    program, pack = gotools.build_s2i(ws), ways.with_pack(ws, made)
    seldons = ways.SELDONS_PYTHON
    theirs = ways.with_s2i(program, ways.s2i_builder(seldons), f"s2i, Python {seldons}")
    same = ways.with_s2i(program, name=f"s2i, Python {ws.versions['python']['default']}")
    everyone = [theirs, same, pack]
    try:
        for minor in ("", seldons):
            ways.make_s2i_builder(ws, made, minor)
        with TemporaryDirectory(prefix="bench-") as scratch:
            costs = loads.measure(ws, made, everyone, Path(scratch), rounds, share)
    finally:
        ways.forget(*map(loads.image, everyone), ways.s2i_builder(seldons), ways.S2I_BUILDER)
    _write(ws, targets.to_text(costs, everyone, pack, theirs, rounds), targets.MARKS)
    return [target for target in targets.check(costs, pack, theirs) if not target.holds]


def _write(ws: Workspace, text: str, marks: tuple[str, str]) -> None:
    page = ws.checkout / "docs/performance.md"
    page.write_text(report.written(page.read_text(), text, marks))
    print(f"\n{text}\n\nWritten to {page.relative_to(ws.checkout)}.")


def _builds(ws: Workspace, made: Builder, plan: Plan) -> list[Promise]:
    """What builds, starts and images cost; the promises that do not hold."""
    s2i, pack = ways.with_s2i(gotools.build_s2i(ws)), ways.with_pack(ws, made)
    try:
        ways.make_s2i_builder(ws, made)
        with TemporaryDirectory(prefix="bench-") as scratch:
            figures = {
                model: measuring.measure(
                    model, (s2i, pack), ws.checkout / "samples", Path(scratch), plan
                )
                for model in MODELS
            }
            speeds = {
                model: pins.measure(made, model, ws.checkout / "samples", plan.starts)
                for model in MODELS
            }
            environment = conda.measure(ws, made, Path(scratch), plan.runs, plan.starts)
            soon = responses.measure(pack, ws.checkout / "samples", Path(scratch))
        with announce("Both models beside each other: sizes"):
            beside = measuring.beside_each_other((s2i, pack))
    finally:
        ways.forget(
            *measuring.all_images((s2i, pack), plan.runs),
            *map(pins.image, pins.SETS),
            *conda.images(plan.runs),
            *(responses.BUSY_IMAGE, responses.DEV_IMAGE),
            ways.S2I_BUILDER,
        )
    promises = [
        promise
        for model, one in figures.items()
        for promise in check(model, one[s2i.name], one[pack.name], pack)
    ]
    promises += [promise for model, one in speeds.items() for promise in check_pins(model, one)]
    promises += [*check_conda(environment, pack), *responses.check(soon)]
    text = Report(
        (s2i, pack), figures, environment, beside, promises, plan, report.machine(ws)
    ).text()
    _write(ws, text, report.MARKS)
    return [promise for promise in promises if not promise.holds]


if __name__ == "__main__":
    sys.exit(main())
