"""The runtime of the run image: Python and the wrapper below /opt/seldon, and its description.

The buildpack's layers `python` and `python-wrapper` link to it (lib/seldon_buildpack/runtime.py).
"""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.core.steps import ToolError, Workspace, digest_paths, run_once
from tools.core.trees import digest_tree, make_world_readable

# Where the lifecycle has the layers of seldon/python on every platform; the paths in the wrapper's
# environment refer to it.
LAYERS = Path("/layers/seldon_python")
DESCRIPTION = "runtime.toml"


@dataclass(frozen=True, kw_only=True)
class Series:
    """A series of runtimes, whose names follow from its Python and number."""

    # The Debian release of the images ("bookworm").
    suite: str
    # The Python minor ("3.12").
    python: str
    # Raised for any change that is not a security update.
    number: int
    # The wrapper's release and pin set.
    seldon_core: str
    pins: str

    @property
    def name(self) -> str:
        """Return the name of its folder ("3.12-s1")."""
        return f"{self.python}-s{self.number}"

    @property
    def tag_suffix(self) -> str:
        """Return what the tags of its images have after the suite ("-py3.12-s1")."""
        return f"-py{self.name}"

    @property
    def tag(self) -> str:
        """Return the moving tag of its images ("bookworm-py3.12-s1")."""
        return f"{self.suite}{self.tag_suffix}"

    @property
    def id(self) -> str:
        """Return the run image's label io.buildpacks.base.id."""
        return f"seldon.io/run/{self.tag}"

    @property
    def stack(self) -> str:
        """Return the stack id of its images."""
        python = self.python.replace(".", "")
        return f"io.seldon.stacks.{self.suite}.py{python}.s{self.number}"

    @property
    def mixin(self) -> str:
        """Return the mixin of the run image; `run:` hides it from comparisons with build images."""
        return f"run:seldon-runtime-{self.name}"

    def describe(self) -> str:
        """Return the content of runtime.toml."""
        entries = {
            "id": self.id,
            "stack": self.stack,
            "layers": str(LAYERS),
            "python": self.python,
            "seldon_core": self.seldon_core,
            "pins": self.pins,
            "tag_suffix": self.tag_suffix,
        }
        return "".join(f'{name} = "{value}"\n' for name, value in entries.items())


def read_series(ws: Workspace) -> Series:
    """Return the series that tools/versions.toml names."""
    configured = ws.versions["runtime"]
    return Series(
        suite=str(ws.versions["base"]["suite"]),
        python=str(configured["python"]),
        number=int(configured["series"]),
        seldon_core=str(ws.versions["wrapper"]["seldon_core"]),
        pins=str(configured["pins"]),
    )


def assemble_runtime(ws: Workspace, series: Series, buildpack: Path) -> Path:
    """Create the folder for /opt/seldon of the run image, from the buildpack's bundle.

    Raises:
        ToolError: The bundle doesn't have the series' Python and wrapper.
    """
    bundle, folder = buildpack / "bundle", ws.work / "runtime"
    python = bundle / "pythons" / series.python
    wrapper = bundle / "wrappers" / series.pins / series.python
    for tree in (python, wrapper):
        if not tree.is_dir():
            raise ToolError(
                f"The bundle has no {tree.relative_to(bundle)}, which the run image's runtime needs.",
                "Set runtime.python and runtime.pins in tools/versions.toml to what the builder includes.",
            )

    def make() -> None:
        staging = ws.work / "tmp/runtime"
        shutil.rmtree(staging, ignore_errors=True)
        target = staging / series.name
        shutil.copytree(python, target / "cpython", symlinks=True)
        shutil.copytree(wrapper, target / "wrapper", symlinks=True)
        _complete(ws, series, target)
        (target / DESCRIPTION).write_text(series.describe())
        make_world_readable(staging)
        shutil.rmtree(folder, ignore_errors=True)
        staging.rename(folder)

    key = {
        "python": digest_tree(python),
        "wrapper": digest_tree(wrapper),
        "description": series.describe(),
        "recipe": digest_paths(
            Path(__file__),
            *(ws.checkout / "lib/seldon_buildpack" / name for name in _USED),
        ),
    }
    run_once(ws, "The run image's Python and wrapper", "runtime", key, [folder], make)
    return folder


# What this recipe uses of the buildpack.
_USED = ("python_env/venv.py", "python_env/licenses.py", "layers/third_party_licenses.py")


def _complete(ws: Workspace, series: Series, target: Path) -> None:
    """Make the wrapper's tree an environment of the layers, and list what is in the runtime."""
    sys.path.insert(0, str(ws.checkout / "lib"))
    from seldon_buildpack.cnb.layers import Layer
    from seldon_buildpack.layers import third_party_licenses
    from seldon_buildpack.python_env import venv

    venv.prepare(target / "wrapper", LAYERS / "python/cpython", series.python)
    licenses = target / "licenses"
    licenses.mkdir()
    site = venv.site_packages(target / "wrapper", series.python)
    third_party_licenses.describe(Layer(target, "runtime"), licenses, [site])
    licence = target / f"cpython/lib/python{series.python}/LICENSE.txt"
    shutil.copyfile(licence, licenses / "cpython.txt")
    (target / "runtime.sbom.cdx.json").rename(target / "sbom.cdx.json")
