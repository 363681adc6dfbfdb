"""Lock files: uv.lock and pylock.toml are installed as they are, and which manifest goes before which."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.images.conftest import Pack, lines_of
from tests.support import packages, servers
from tests.support.canaries import Credentials, assert_nowhere

HOST = ("--network", "host")
_PROJECT = (
    '[project]\nname = "plain"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["mine", "parts"]\n\n'
    '[dependency-groups]\ndev = ["mine-for-tests"]\n\n[tool.uv.sources]\nparts = {{ path = "parts-1.0-py3-none-any.whl" }}\n'
    '\n[[tool.uv.index]]\nname = "private"\nurl = "{url}"\ndefault = true\n'
)


def _wheels(folder: Path) -> Path:
    for name, version in (("mine", "1.0"), ("mine_for_tests", "1.0")):
        packages.wheel(folder, name, version)
    return folder


def test_uv_lock_is_installed_as_is_without_leaking_secrets(
    pack: Pack, source: Callable[..., Path], uv: Callable[..., None], tmp_path: Path
) -> None:
    wheels = _wheels(tmp_path / "packages")
    allowed = Credentials.planted("lock")
    with servers.private_index(wheels, allowed.user, allowed.password) as url:
        named = servers.with_user(url, allowed.user, allowed.password)
        app = source(
            {**packages.model("mine", "parts"), "pyproject.toml": _PROJECT.format(url=named)}
        )
        packages.wheel(app, "parts", "1.0")
        uv(app, "lock")
        # A newer release and a changed group would be taken by what resolves anew.
        packages.wheel(wheels, "mine", "2.0")
        built = pack.must_build("seldon-test-uv-lock", app, *HOST)
    assert (
        f"  Requirements  uv.lock  (its pinned packages)\n  Index         {url}\n"
        "  Run image     its Python and wrapper are not used  (for a smaller image, add --run-image seldon/run:bookworm)\n\n"
        in built.ours
    )
    assert [line.strip() for line in lines_of(built.ours, "+ ")] == [
        "+ mine==1.0",
        "+ parts==1.0 (from file:///workspace/parts-1.0-py3-none-any.whl)",
    ]
    assert (
        "pyproject.toml is copied to the image without its index settings and credentials."
        in built.ours
    )
    assert packages.said(built.image) == ["mine 1.0", "parts 1.0"]
    assert_nowhere(built.image, built.log, allowed.words())


def test_pylock_beats_uv_lock_and_yields_to_a_named_index(
    pack: Pack, source: Callable[..., Path], uv: Callable[..., None], tmp_path: Path
) -> None:
    wheels = _wheels(tmp_path / "simple/mine")
    packages.wheel(tmp_path / "simple/mine-for-tests", "mine_for_tests", "1.0")
    with servers.plain_http(tmp_path) as url:
        app = source(
            {
                **packages.model("mine", "parts"),
                "pyproject.toml": _PROJECT.format(url=f"{url}/simple"),
            }
        )
        packages.wheel(app, "parts", "1.0")
        uv(app, "lock")
        uv(
            app,
            "export",
            "--no-default-groups",
            "--format",
            "pylock.toml",
            "--output-file",
            "pylock.toml",
        )
    # Nothing answers at that address now.
    packages.wheel(wheels, "mine", "2.0")
    shutil.copytree(wheels, app / "wheels")
    env = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "wheels"}
    built = pack.must_build("seldon-test-pylock", app, "--network", "none", env=env)
    assert "  Requirements  pylock.toml  (its pinned packages)\n" in built.ours
    assert "  Not installed uv.lock, pyproject.toml  (pylock.toml takes precedence)\n" in built.ours
    assert packages.said(built.image) == ["mine 1.0", "parts 1.0"]
    (app / "Says.py").write_text((app / "Says.py").read_text() + "\n# changed\n")
    assert (
        "  requirements    reused\n"
        in pack.must_build("seldon-test-pylock", app, "--network", "none", env=env).ours
    )


def test_requirements_txt_goes_first_and_conflicts_are_logged(
    pack: Pack, source: Callable[..., Path]
) -> None:
    app = source(
        {
            **packages.model("mine"),
            "requirements.txt": "mine==1.0\n",
            "setup.py": "from setuptools import setup\n\nsetup(name='model', install_requires=['mine==2.0', 'six'])\n",
            "environment.yml": "dependencies: [numpy]\n",
            "pyproject.toml": "[tool.black]\nline-length = 100\n",
            "uv.lock": '[[package]]\nname = "mine"\nversion = "3.0"\n',
            "Pipfile.lock": '{"default": {"mine": {"version": "==1.0"}}}',
        }
    )
    for version in ("1.0", "2.0", "3.0"):
        packages.wheel(app / "wheels", "mine", version)
    built = pack.must_build(
        "seldon-test-contradiction",
        app,
        "--network",
        "none",
        env={"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "wheels"},
    )
    told = re.search(r"  Warning:.*?\n\n", built.ours, re.DOTALL)
    assert told
    assert told[0] == (
        "  Warning: requirements.txt and setup.py pin different versions: mine 1.0 and 2.0.\n"
        "           The build installs the versions in requirements.txt. Make the two agree, or remove the one that you do not need.\n"
        "  Warning: requirements.txt and uv.lock pin different versions: mine 1.0 and 3.0.\n"
        "           The build installs the versions in requirements.txt. Make the two agree, or remove the one that you do not need.\n\n"
    )
    assert (
        "  Requirements  requirements.txt  (1 package)\n"
        "  Not installed setup.py, environment.yml, uv.lock, Pipfile.lock  (requirements.txt takes precedence)\n"
    ) in built.ours
    assert packages.said(built.image) == ["mine 1.0"]
