"""The start of a new model, copied from samples/template."""

import re
import shlex
import shutil
from pathlib import Path

from tools.core.steps import ToolError, Workspace
from tools.release import builder


def write_new_model(ws: Workspace, where: str) -> list[str]:
    """Create the directory ``where``, and return the lines that say what to do next.

    Raises:
        ToolError: No directory was given, it is not empty, or it can't be written.
    """
    if not where.strip():
        raise ToolError(
            "The new model needs a name.", "Set a name or a path: make new NAME=my-model"
        )
    target, name = Path(where), make_image_name(where)
    try:
        if target.exists() and not (target.is_dir() and not any(target.iterdir())):
            raise ToolError(
                f"{target} already exists, and is not an empty directory.",
                "Choose another name, or empty it.",
            )
        # verify tests the sample only: it would fail as soon as the model's response changes.
        shutil.copytree(
            ws.checkout / "samples/template",
            target,
            ignore=shutil.ignore_patterns("verify", "__pycache__"),
            dirs_exist_ok=True,
        )
        readme = target / "README.md"
        readme.write_text(
            readme.read_text().replace(" --path samples/template", "").replace("my-model", name)
        )
    except OSError as error:
        raise ToolError(
            f"{target} cannot be written: {error.strerror or error}.", "Choose another directory."
        ) from error
    return [
        f"{target} is a model that you can build and serve. Start with MyModel.py. Next:",
        "  make builder                # once",
        '  eval "$(make -s env)"',
        f"  cd {shlex.quote(str(target))}",
        f"  pack build {name} --builder {builder.BUILDER}",
        f"  docker run --rm -p 9000:9000 -p 5000:5000 {name}",
        "To serve each change without a build, run instead:",
        f'  docker run --rm --entrypoint dev -v "$PWD:/workspace" -p 9000:9000 {name}',
    ]


def make_image_name(where: str) -> str:
    """Convert the last part of a path to an image name.

    The name has lower-case ASCII letters and digits, joined by dashes.
    """
    return re.sub(r"[^a-z0-9]+", "-", Path(where).resolve().name.lower()).strip("-") or "my-model"
