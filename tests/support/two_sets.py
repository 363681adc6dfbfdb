"""A bundle with both pin sets of a small wrapper, and builds with it by the real uv, without a network."""

import io
import os
import shutil
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from uv import find_uv_bin

from seldon_buildpack import planning
from seldon_buildpack.build import read_project
from seldon_buildpack.bundle import Bundle, BundledTree
from seldon_buildpack.cnb.layers import Layer, Types
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.context import BuildContext
from seldon_buildpack.layers.pip_plan import PipPlan
from seldon_buildpack.layers.plan import ServingEnvironment
from seldon_buildpack.log import Log
from tests.support.carried import written

MINOR = f"{sys.version_info[0]}.{sys.version_info[1]}"
SITE = f"lib/python{MINOR}/site-packages"
# What a module has in it that was compiled for a NumPy.
FOR_NUMPY_1 = b"\x7fELF..numpy.core._multiarray_umath.."
FOR_NUMPY_2 = FOR_NUMPY_1 + b"numpy._core._multiarray_umath.."
_PROGRAM = "#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python' \"$0\" \"$@\"\n' '''\n"

Files = Mapping[str, str | bytes]


@dataclass(frozen=True, kw_only=True)
class Package:
    """A package: its files, what it requires, and its commands with their code."""

    name: str
    version: str
    files: Files
    requires: Sequence[str] = ()
    commands: Mapping[str, str] = field(default_factory=dict)

    @property
    def info(self) -> str:
        """The name of its .dist-info folder."""
        return f"{self.name}-{self.version}.dist-info"

    def _all_files(self) -> dict[str, bytes]:
        metadata = (
            f"Metadata-Version: 2.1\nName: {self.name}\nVersion: {self.version}\nLicense: MIT\n"
        )
        metadata += "".join(f"Requires-Dist: {one}\n" for one in self.requires)
        entry = "[console_scripts]\n" + "".join(
            f"{one} = {self.name}:{one}\n" for one in self.commands
        )
        files = {
            **self.files,
            f"{self.info}/METADATA": metadata,
            f"{self.info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{self.info}/entry_points.txt": entry if self.commands else "",
        }
        return {
            name: text if isinstance(text, bytes) else text.encode() for name, text in files.items()
        }

    def install(self, prefix: Path) -> None:
        """Write it into an environment, as the bundle has it."""
        files, site = self._all_files(), prefix / SITE
        files[f"{self.info}/INSTALLER"] = b"uv"
        for name, content in files.items():
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / name).write_bytes(content)
        (prefix / "bin").mkdir(exist_ok=True)
        for name, code in self.commands.items():
            (prefix / "bin" / name).write_text(_PROGRAM + code)
            (prefix / "bin" / name).chmod(0o755)
        listed = [
            *files,
            f"{self.info}/RECORD",
            *(f"../../../bin/{name}" for name in self.commands),
        ]
        (site / self.info / "RECORD").write_text("".join(f"{name},,\n" for name in listed))

    def wheel(self, folder: Path) -> Path:
        """Write its wheel."""
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{self.name}-{self.version}-py3-none-any.whl"
        files = self._all_files()
        record = "".join(f"{name},,\n" for name in [*files, f"{self.info}/RECORD"])
        with zipfile.ZipFile(target, "w") as archive:
            for name, content in {**files, f"{self.info}/RECORD": record.encode()}.items():
                archive.writestr(zipfile.ZipInfo(name), content)
        return target


def numpy(version: str) -> Package:
    """A NumPy whose module knows its version."""
    files: Files = {
        "numpy/__init__.py": f"__version__ = {version!r}\n",
        "numpy.libs/libblas.so": b"\x7fELF",
    }
    return Package(name="numpy", version=version, files=files)


def compiled(
    name: str, version: str, content: bytes, requires: Sequence[str] = ("numpy",)
) -> Package:
    """A package with an extension module."""
    files: Files = {
        f"{name}/__init__.py": "",
        f"{name}/_fast.cpython-312-x86_64-linux-gnu.so": content,
    }
    return Package(name=name, version=version, files=files, requires=requires)


_CORE = {"seldon_core/__init__.py": "SERVES = '1.17.1'\n"}
UPSTREAM = (
    Package(name="seldon_core", version="1.17.1", files=_CORE, requires=("numpy<2", "click<8.1")),
    numpy("1.26.4"),
    Package(name="click", version="8.0.4", files={"click/__init__.py": "", "click/_old.py": ""}),
)
CURRENT = (
    Package(
        name="seldon_core",
        version="1.17.1",
        files=_CORE,
        requires=("numpy<2", "click<8.1"),
        commands={
            "seldon-says": "import seldon_core, click; print(seldon_core.SERVES, click.__file__)\n"
        },
    ),
    numpy("2.2.6"),
    Package(
        name="click",
        version="8.5.1",
        files={
            "click/__init__.py": "SAYS = 'wrapper'\n",
            "click/_new.py": "",
            "click_extra.py": "",
        },
        commands={"click-old": "print('of the wrapper')\n"},
    ),
    Package(name="six", version="1.17.0", files={"six.py": "SAYS = 'wrapper'\n"}),
    Package(
        name="protobuf",
        version="6.33.6",
        files={
            "google/protobuf/__init__.py": "SAYS = 'wrapper'\n",
            "google/protobuf_extra/__init__.py": "",
        },
    ),
    Package(
        name="setuptools",
        version="81.0.0",
        files={
            "setuptools/__init__.py": "",
            "pkg_resources/__init__.py": "",
            "_hack.pth": "import six\n",
        },
    ),
)


def bundle(root: Path) -> Bundle:
    """This machine's uv and Python, and both sets of the wrapper."""
    for link, target in (("bin/uv", find_uv_bin()), (f"pythons/{MINOR}", sys.base_prefix)):
        (root / link).parent.mkdir(parents=True)
        (root / link).symlink_to(target)
    written(root / "bin/dumb-init.LICENSE", "MIT")
    for pins, packages in (("upstream", UPSTREAM), ("current", CURRENT)):
        lock = "".join(
            f"{one.name}=={one.version} \\\n    --hash=sha256:{'0' * 64}\n" for one in packages
        )
        written(root / f"locks/seldon-core-1.17.1/{pins}/py{MINOR}.txt", lock)
        for package in packages:
            package.install(root / f"wrappers/{pins}/{MINOR}")
        site = root / f"wrappers/{pins}/{MINOR}" / SITE
        written(site / "_seldon_protobuf.pth", "import _seldon_protobuf\n")
        written(site / "_seldon_protobuf.py", "LOADED = True\n")
    written(root / "locks/seldon-core-1.17.1/current/overrides.txt", "numpy\nclick>=8.0\n")
    trees = {pins: BundledTree("1.17.1", f"digest of {pins}") for pins in ("upstream", "current")}
    return Bundle(
        root=root,
        buildpack_version="1.0.0",
        default_python=MINOR,
        pythons={MINOR: BundledTree(f"{MINOR}.{sys.version_info[2]}", "digest")},
        wrappers={MINOR: trees},
        watchers={},
        catalogue="",
    )


class Place:
    """A source and its layers, which stay from build to build."""

    def __init__(self, root: Path, bundle: Bundle) -> None:
        self.root, self.bundle, self.layers = root, bundle, root / "layers"
        self.printed = io.StringIO()
        self.model = "class Plain:\n    def predict(self, X, names=None):\n        return X\n"
        # Counted by tests.
        self.smoke_tests = 0
        self.env: dict[str, str] = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "wheels"}

    def build(self, requirements: str | None, *wheels: Package) -> ServingEnvironment:
        """Build a model with these requirements, and these packages in its folder of wheels."""
        app = self.root / "app"
        shutil.rmtree(app, ignore_errors=True)
        written(app / "Plain.py", self.model)
        written(app / ".s2i/environment", "MODEL_NAME=Plain\nSERVICE_TYPE=MODEL\n")
        if requirements is not None:
            written(app / "requirements.txt", requirements)
        (app / "wheels").mkdir()
        for package in wheels:
            package.wheel(app / "wheels")
        plan = self._plan()
        # Copying this machine's Python takes long.
        Layer(self.layers, "python").finish(Types(launch=True), plan.python.key)
        made = plan.provide()
        self.plan = plan
        return made

    def _plan(self) -> PipPlan:
        self.layers.mkdir(exist_ok=True)
        scratch = self.root / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        self.printed.seek(0)
        self.printed.truncate()
        platform = Platform(
            app=self.root / "app",
            buildpack=self.bundle.root,
            layers=self.layers,
            env={"BP_PYTHON_VERSION": MINOR, "BP_DEV_PROCESS": "false", **self.env},
            base_env={"PATH": os.environ["PATH"], "HOME": str(self.root)},
        )
        context = BuildContext(
            platform=platform, bundle=self.bundle, log=Log(self.printed), scratch=scratch
        )
        return planning.plan_layers(context, read_project(context))

    def forget_layers(self) -> None:
        """Leave of the layers what the lifecycle restores: their metadata."""
        for path in self.layers.iterdir():
            if path.is_dir() and path.name != "cache":
                shutil.rmtree(path)

    @property
    def log(self) -> str:
        """What the last build printed."""
        return self.printed.getvalue()

    @property
    def site(self) -> Path:
        """The site-packages of the requirements."""
        return self.layers / "requirements/venv" / SITE

    def versions(self, name: str) -> list[str]:
        """The versions of a package that the requirements' folder has."""
        found = self.site.glob(f"{name}-*.dist-info")
        return sorted(path.name.removesuffix(".dist-info").rpartition("-")[2] for path in found)
