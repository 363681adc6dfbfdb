"""Variables that lead Python, pip, uv or the loader astray: given to a build they change nothing."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from tests.images.conftest import Pack, docker
from tests.support import packages

HOSTILE = {
    "PYTHONPATH": "/nowhere:/tmp",
    "PYTHONHOME": "/nowhere",
    "PYTHONSTARTUP": "/nowhere.py",
    "PYTHONOPTIMIZE": "2",
    "PYTHONNOUSERSITE": "",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONPYCACHEPREFIX": "/tmp/pycs",
    "PYTHONHASHSEED": "1",
    "PIP_TARGET": "/tmp/target",
    "PIP_PREFIX": "/tmp/prefix",
    "PIP_USER": "1",
    "PIP_REQUIREMENT": "/nowhere.txt",
    "PIP_CONFIG_FILE": "/nowhere.conf",
    "PIP_DRY_RUN": "1",
    "PIP_NO_DEPS": "1",
    "VIRTUAL_ENV": "/tmp/venv",
    "CONDA_PREFIX": "/tmp/conda",
    "UV_PYTHON": "3.8",
    "UV_INDEX_URL": "http://127.0.0.1:1/simple",
    "UV_DEFAULT_INDEX": "http://127.0.0.1:1/simple",
    "UV_TARGET": "/tmp/target",
    "UV_CACHE_DIR": "/nowhere",
    "UV_NO_BINARY": "1",
    "UV_OFFLINE": "1",
    "UV_LINK_MODE": "symlink",
    "UV_CONFIG_FILE": "/nowhere.toml",
    "UV_COMPILE_BYTECODE": "1",
    "LD_PRELOAD": "/nowhere.so",
    "LD_LIBRARY_PATH": "/nowhere",
    "PATH": "/nowhere",
    "HOME": "/nowhere",
    "TMPDIR": "/nowhere",
    "LANG": "xx_XX.UTF-8",
    "LC_ALL": "xx_XX.UTF-8",
    "SSL_CERT_FILE": "/nowhere.pem",
    "SOURCE_DATE_EPOCH": "1",
    "IFS": "/",
    "ENV": "/nowhere",
    "CNB_BUILDPACK_DIR": "/nowhere",
}


# What the build names as without effect: pip's and uv's variables that it does not read.
UNREAD = {
    "PIP_CONFIG_FILE",
    "PIP_DRY_RUN",
    "PIP_NO_DEPS",
    "PIP_PREFIX",
    "PIP_REQUIREMENT",
    "PIP_TARGET",
    "PIP_USER",
    "UV_CONFIG_FILE",
    "UV_DEFAULT_INDEX",
    "UV_INDEX_URL",
    "UV_NO_BINARY",
    "UV_OFFLINE",
    "UV_PYTHON",
    "UV_TARGET",
}


def test_image_is_independent_of_a_hostile_environment(
    pack: Pack, source: Callable[..., Path], tmp_path: Path
) -> None:
    wheel = packages.wheel(tmp_path, "in_source", "1.0")
    files = {"requirements.txt": "in-source\n", f"wheels/{wheel.name}": wheel.read_bytes()}
    app = source({**packages.model("in_source"), **files})
    told = {"PIP_FIND_LINKS": "wheels", "PIP_NO_INDEX": "1"}
    plain = pack.must_build("seldon-test-plain", app, "--network", "none", env=told)
    hostile = pack.must_build(
        "seldon-test-hostile", app, "--network", "none", env={**HOSTILE, **told}
    )
    warned, rest = _split_warnings(hostile.ours)
    assert rest == plain.ours
    assert warned == [name for name in sorted(HOSTILE) if name in UNREAD]
    assert _image(hostile.image) == _image(plain.image)


def _split_warnings(log: str) -> tuple[list[str], str]:
    """Return the variables that warnings call without effect, and the log without those."""
    warning = r"  Warning: pack build --env: (\w+) has no effect, .*\n           .*\n"
    return re.findall(warning, log), re.sub(warning, "", log)


def _image(name: str) -> tuple[str, list[str]]:
    [told] = json.loads(docker("inspect", name))
    return told["Id"], told["RootFS"]["Layers"]
