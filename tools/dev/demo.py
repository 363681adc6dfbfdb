"""The demo, from nothing to a served model, step by step."""

import json
import time
from pathlib import Path

from tools.core.steps import Workspace, announce, run
from tools.dev import container
from tools.dev.engine import Engine
from tools.release import builder

IMAGE = "seldon-demo-iris"
_FLOWER = {"data": {"ndarray": [[5.1, 3.5, 1.4, 0.2]]}}


def run_demo(ws: Workspace, pythons: tuple[str, ...]) -> None:
    """Create the builder; build, serve and query the scikit-learn sample, then stop it.

    Raises:
        ToolError: A step failed.
    """
    begin = time.monotonic()
    made = builder.create_builder(ws, pythons)
    sample = ws.checkout / "samples/sklearn-iris"
    with announce("pack build of samples/sklearn-iris"):
        environment = dict(builder.make_environment(ws, made.engine))
        run(
            made.pack,
            "build",
            IMAGE,
            "--builder",
            builder.BUILDER,
            "--path",
            sample,
            *made.engine.pack_flags,
            env=environment,
            quiet=False,
        )
    with announce("Serving it"), container.started(IMAGE) as model:
        model.wait_ready()
        _status, answer = model.post("/api/v1.0/predictions", _FLOWER)
        took = time.monotonic() - model.started
        print(f"    first prediction {took:.2f} s after docker run")
        print(f"    REST  {json.dumps(_FLOWER)}\n       -> {json.dumps(answer)}")
        print(
            f"    gRPC  {json.dumps(_FLOWER)}\n       -> {json.dumps(model.grpc(made.buildpack / 'bundle', 'Predict', _FLOWER))}"
        )
    megabytes = int(run("docker", "image", "inspect", "-f", "{{.Size}}", IMAGE)) / 1e6
    print(
        f"\nServed from an image of {megabytes:.0f} MB; everything took {time.monotonic() - begin:.0f} s.\n"
    )
    _print_commands(made.engine, sample.relative_to(ws.checkout))


def _print_commands(docker: Engine, sample: Path) -> None:
    print("The same by hand:")
    print('  eval "$(make -s env)"')
    print(
        f"  pack build {IMAGE} --builder {builder.BUILDER} --path {sample}"
        + "".join(f" {flag}" for flag in docker.pack_flags)
    )
    print(f"  docker run --rm -d --name iris -p 9000:9000 -p 5000:5000 {IMAGE}")
    print(
        f"  curl -s localhost:9000/api/v1.0/predictions -H 'Content-Type: application/json' -d '{json.dumps(_FLOWER)}'"
    )
    print("  docker stop iris")
    if docker.ours:
        print("The Docker engine that make started keeps running. Stop it with `make engine-stop`.")
