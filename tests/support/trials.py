"""Trials of models with the real program, and with this Python in the place of the image's."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from seldon_buildpack.launch import seldon_serve
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.settings.model_trial import ModelTrial
from seldon_buildpack.trial.trial import Result, Trial, try_model

MODEL = {"MyModel.py": "class MyModel:\n    def predict(self, X, names=None):\n        return X\n"}


def write_files(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def make_layers(root: Path, variables: Mapping[str, str], packages: Mapping[str, str]) -> Path:
    """Layers with the programs that start a model, and packages that are stand-ins."""
    layers = root / "layers"
    programs = layers / "serve/bin"
    programs.mkdir(parents=True)
    for source in Path(seldon_serve.__file__).parent.glob("*.py"):
        name = "seldon-serve" if source.name == "seldon_serve.py" else source.name
        shutil.copyfile(source, programs / name)
        (programs / name).chmod(0o755)
    site = write_files(layers / "requirements/site-packages", packages)
    site.mkdir(parents=True, exist_ok=True)
    files = {
        "PYTHONUNBUFFERED.default": "1",
        "PYTHONDONTWRITEBYTECODE.default": "1",
        "PYTHONPATH.default": str(site),
        "MODEL_NAME.default": "MyModel",
        "SERVICE_TYPE.default": "MODEL",
        "PATH.prepend": str(Path(sys.executable).parent),
        "PATH.delim": ":",
        **{f"{name}.default": value for name, value in variables.items()},
    }
    write_files(layers / "serve/env.launch", files)
    return layers


def describe_trial(
    root: Path,
    files: Mapping[str, str],
    *,
    variables: Mapping[str, str] | None = None,
    packages: Mapping[str, str] | None = None,
    seconds: int = 20,
    level: ModelTrial = ModelTrial.AUTO,
    in_doubt: bool = False,
    is_run_image_known: bool = True,
) -> Trial:
    """Write a model and its layers, and return what to try."""
    layers = make_layers(root, variables or {}, packages or {})
    return Trial(
        app=write_files(root / "app", files),
        layers=layers,
        linked=[Path(sys.prefix), Path(sys.base_prefix)],
        program=layers / "serve/bin/seldon-serve",
        level=level,
        seconds=seconds,
        name="MyModel",
        python="3.12",
        manifest="requirements.txt",
        in_doubt=in_doubt,
        is_run_image_known=is_run_image_known,
    )


def read_verdict(trial: Trial) -> list[str]:
    """The lines of the error, or those of the warnings as the log has them."""
    try:
        result = try_model(trial)
    except BuildError as error:
        return error.lines()
    return list_warnings(result)


def list_warnings(result: Result) -> list[str]:
    return [line for advice in result.advice for line in (advice.found, *advice.todo.splitlines())]
