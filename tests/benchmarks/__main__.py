"""make bench: real s2i and us, in one run. Writes docs/performance.md; fails where a promise does not hold."""

import argparse
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks import conda, measuring, pins, report, ways
from tests.benchmarks.measuring import Plan
from tests.benchmarks.models import MODELS
from tests.benchmarks.promises import check, check_conda, check_pins
from tests.benchmarks.report import Report
from tools.core.steps import ToolError, Workspace, announce
from tools.release import builder, gotools


def main() -> int:
    """Exit code: 0 where every promise holds."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="builds of each kind, at least 2")
    parser.add_argument("--starts", type=int, default=9, help="starts of each image")
    options = parser.parse_args()
    if options.runs < 2 or options.starts < 1:
        parser.error(
            "two runs are the least: the second is the second model that a registry sees; and one start"
        )
    try:
        return _bench(
            Workspace.from_environment(),
            Plan(options.runs, options.starts, min(options.runs, options.starts)),
        )
    except ToolError as error:
        print(f"\nerror: {error}", file=sys.stderr)
        return 1


def _bench(ws: Workspace, plan: Plan) -> int:
    made = builder.create_builder(ws)
    # For docker, pack and s2i alike.
    os.environ.update(builder.make_environment(ws, made.engine))
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
        with announce("Both models beside each other: sizes"):
            beside = measuring.beside_each_other((s2i, pack))
    finally:
        ways.forget(
            *measuring.all_images((s2i, pack), plan.runs),
            *map(pins.image, pins.SETS),
            *conda.images(plan.runs),
            ways.S2I_BUILDER,
        )
    promises = [
        promise
        for model, one in figures.items()
        for promise in check(model, one[s2i.name], one[pack.name], pack)
    ]
    promises += [promise for model, one in speeds.items() for promise in check_pins(model, one)]
    promises += check_conda(environment, pack)
    text = Report(
        (s2i, pack), figures, environment, beside, promises, plan, report.machine(ws)
    ).text()
    page = ws.checkout / "docs/performance.md"
    page.write_text(report.written(page.read_text(), text))
    print(f"\n{text}\n\nWritten to {page.relative_to(ws.checkout)}.")
    broken = [promise for promise in promises if not promise.holds]
    for promise in broken:
        print(f"error: {promise.line()}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
