"""Packages that a build without isolation imports."""

import subprocess
import sys
from pathlib import Path

from seldon_buildpack.python_env import build_packages, installed_stubs


def test_packages_can_be_imported_only_while_shown(tmp_path: Path) -> None:
    site, installed = tmp_path / "site", tmp_path / "installed"
    (installed / "tool-1.dist-info").mkdir(parents=True)
    (installed / "tool.py").write_text("NAME = 'tool'\n")
    (installed / "tool-1.dist-info/METADATA").write_text("Name: tool\nVersion: 1\n")
    (installed / "tool-1.dist-info/entry_points.txt").write_text("[group]\nname = tool:NAME\n")
    site.mkdir()
    installed_stubs.show(installed, site)

    def names() -> str:
        code = f"import site; site.addsitedir({str(site)!r}); import importlib.metadata as m, tool; print([e.load() for e in m.entry_points(group='group')])"
        done = subprocess.run(
            [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False
        )
        return done.stdout.strip() or done.stderr.splitlines()[-1]

    assert names() == "ModuleNotFoundError: No module named 'tool'"
    build_packages.show_packages(site, installed)
    assert names() == "['tool']"
    build_packages.hide_packages(site)
    assert names() == "ModuleNotFoundError: No module named 'tool'"
