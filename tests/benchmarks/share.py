"""What of a code-only rebuild is the buildpack's own: bin/detect and bin/build, without the lifecycle around them."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.core.steps import Workspace, run
from tools.release.builder import BUILDER

_ID = "seldon/python"


def detect_and_build(ws: Workspace, image: str, source: Path, times: int) -> Sequence[float]:
    """Seconds of each of so many runs, both programs together, with the layers' metadata that the lifecycle restores from ``image``.

    Raises ToolError where one fails or does not reuse every layer.
    """
    version, minor = ws.versions["buildpack"]["version"], ws.versions["python"]["default"]
    python = f"/cnb/buildpacks/{_ID.replace('/', '_')}/{version}/bundle/pythons/{minor}/bin/python{minor}"
    words = (
        "docker",
        "create",
        "--network",
        "none",
        "--entrypoint",
        python,
        BUILDER,
        "-I",
        "-B",
        "/rebuild/inside.py",
        str(times),
    )
    container = run(*words).strip()
    try:
        with TemporaryDirectory(prefix="share-") as folder:
            given = Path(folder) / "rebuild"
            shutil.copytree(source, given / "app")
            shutil.copy(Path(__file__).with_name("inside.py"), given)
            _restore(image, given / "layers")
            run("docker", "cp", given, f"{container}:/")
        seconds: list[float] = json.loads(
            run("docker", "start", "--attach", container, timeout=120)
        )
        return seconds
    finally:
        subprocess.run(
            ["docker", "rm", "-f", container], capture_output=True, check=False, timeout=60
        )


def _restore(image: str, layers: Path) -> None:
    """The files with which the lifecycle tells a rebuild what the last build's layers were made from (spec: Layer Content Metadata)."""
    label = run(
        "docker",
        "image",
        "inspect",
        "-f",
        '{{index .Config.Labels "io.buildpacks.lifecycle.metadata"}}',
        image,
    )
    known = next(one["layers"] for one in json.loads(label)["buildpacks"] if one["key"] == _ID)
    layers.mkdir()
    for name, layer in known.items():
        values = "".join(
            f"{key} = {json.dumps(value)}\n" for key, value in (layer.get("data") or {}).items()
        )
        (layers / f"{name}.toml").write_text(f"[metadata]\n{values}")
