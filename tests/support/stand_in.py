"""A stand-in for the wrapper, which prints what it was given, and seldon-serve started with it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seldon_buildpack.launch import seldon_serve

SCRIPT = Path(seldon_serve.__file__)
MODEL = {"MODEL_NAME": "MyModel", "SERVICE_TYPE": "MODEL"}

# The names of the wrapper that seldon-serve touches. Processes are started and joined as the wrapper's start_servers does.
STAND_IN = """
import importlib, json, multiprocessing as mp, os, sys
from seldon_core import metrics, wrapper

def start_servers(rest, grpc, custom, metrics_server):
    child = None
    if grpc:
        child = mp.Process(target=grpc, daemon=False)
        child.start()
    rest()
    if child:
        child.join()

def main():
    sys.path.append(os.getcwd())
    module, _, name = sys.argv[1].rpartition(".")
    user_class = getattr(importlib.import_module(module or name), name)
    if hasattr(user_class, "serve"):
        return user_class().serve()
    print(json.dumps({"argv": sys.argv, "env": dict(os.environ), "cwd": os.getcwd(), "path": sys.path, "pid": os.getpid()}))
"""


def application(root: Path) -> Path:
    """An application directory with the class MyModel, and beside it the stand-in for the wrapper."""
    wrapper = root / "site/seldon_core"
    wrapper.mkdir(parents=True)
    (wrapper / "__init__.py").write_text("")
    (wrapper / "metrics.py").write_text("from multiprocessing import Manager\n")
    for library, text in (("gunicorn/config.py", ""), ("prometheus_client/exposition.py", "")):
        (root / "site" / library).parent.mkdir()
        (root / "site" / library).write_text(text)
    (wrapper / "wrapper.py").write_text("def get_grpc_server(server):\n    return server\n")
    (wrapper / "microservice.py").write_text(STAND_IN)
    app = root / "app"
    app.mkdir()
    (app / "MyModel.py").write_text("class MyModel:\n    pass\n")
    return app


def environment(app: Path, env: Mapping[str, str]) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(app),
        "PYTHONPATH": str(app.parent / "site"),
        **MODEL,
        **env,
    }


def serve(app: Path, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(
        command, cwd=app, env=environment(app, env), capture_output=True, text=True, timeout=20
    )


def seen_by_wrapper(done: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return seen


def before_run(app: Path, text: str, mode: int = 0o755) -> None:
    (app / "before-run").write_text(text)
    (app / "before-run").chmod(mode)
