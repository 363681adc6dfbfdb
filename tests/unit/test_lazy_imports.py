"""A code-only rebuild takes about as long as its imports, so detect and build import nothing slow at their start (CONTRIBUTING.md)."""

import subprocess
import sys

import pytest

# Each takes 10 ms or more, and most rebuilds need none of them.
SLOW = (
    "asyncio",
    "configparser",
    "cyclonedx",
    "difflib",
    "email",
    "http.client",
    "jsonschema",
    "multiprocessing",
    "netrc",
    "packageurl",
    "packaging",
    "pip_requirements_parser",
    "rattler",
    "requests",
    "ssl",
    "tomllib",
    "traceback",
    "unittest",
    "urllib.request",
    "urllib3",
    "yaml",
)
# Of the buildpack's own modules, those that only some sources need.
OWN = (
    "diagnosis",
    "layers.conda_plan",
    "layers.export_lock",
    "manifests.conda.environment_yml",
    "manifests.pylock",
    "manifests.uv_lock",
    "package_sources.wheel_availability",
    "planning_conda",
    "python_env.licenses",
)


@pytest.mark.parametrize("phase", ["detect", "build"])
def test_start_of_a_phase_imports_nothing_slow(phase: str) -> None:
    code = f"import sys; sys.path[:] = {sys.path!r}; import seldon_buildpack.{phase}; print(*sys.modules)"
    printed = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    imported = set(printed.split())
    assert f"seldon_buildpack.{phase}" in imported
    assert imported.isdisjoint((*SLOW, *(f"seldon_buildpack.{name}" for name in OWN)))
