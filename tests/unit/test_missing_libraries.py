"""A model whose packages need libraries that the image lacks: an error, or a warning."""

import io
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from seldon_buildpack import finish, runtime
from seldon_buildpack.build import read_project
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.context import BuildContext
from seldon_buildpack.log import Log
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.python_env.system_libraries import MissingLibraries
from tests.support.carried import carrying

MODEL = "\n\nclass Foo:\n    def predict(self, X, names=None):\n        return X\n"
VISION = MissingLibraries(
    module="cv2",
    package="opencv-python",
    file="cv2/cv2.abi3.so",
    libraries=("libGL.so.1", "libgthread-2.0.so.0", "libsecret-9.so.9"),
    failing=("cv2",),
)
OURS = "io.seldon.run.bookworm"


@dataclass(frozen=True)
class Plan:
    """The parts of a plan that the check asks for."""

    lacking: tuple[MissingLibraries, ...]

    def importable(self) -> frozenset[str]:
        return frozenset({"cv2", "chem"})

    def missing_libraries(self) -> tuple[MissingLibraries, ...]:
        return self.lacking


def check(
    root: Path,
    code: str = "import cv2",
    *,
    lacking: MissingLibraries = VISION,
    image: str = OURS,
    requirements: str = "opencv_python==4.10.0.84\n",
    env: dict[str, str] | None = None,
) -> str:
    """Return the log of the check, which ends with the error if there is one."""
    app = root / "app"
    app.mkdir()
    (app / "Foo.py").write_text(code + MODEL)
    (app / "requirements.txt").write_text(requirements)
    (root / "layers/seldon_python").mkdir(parents=True)
    if image:
        (root / "layers/analyzed.toml").write_text(f'[run-image.target]\nid = "{image}"\n')
    out = Log(io.StringIO())
    context = BuildContext(
        platform=Platform(
            app=app,
            buildpack=app,
            layers=root / "layers/seldon_python",
            env={"MODEL_NAME": "Foo", "BP_PYTHON_VERSION": "3.12", **(env or {})},
            base_env={},
            bindings=root / "none",
        ),
        bundle=carrying(root / "bundle"),
        log=out,
        scratch=root,
    )
    project = read_project(context)
    assert isinstance(out.stream, io.StringIO)
    out.stream.truncate(0)
    out.stream.seek(0)
    try:
        finish.check_imports(context, project, Plan((lacking,)))  # type: ignore[arg-type]
    except BuildError as error:
        return "\n".join(error.lines())
    return out.stream.getvalue()


def test_certain_import_of_a_broken_module_is_an_error(tmp_path: Path) -> None:
    assert (
        check(tmp_path)
        == """
ERROR: `cv2` cannot be imported in the image: it needs libGL.so.1

  Foo.py, line 1 imports cv2 whenever the model starts. Its file cv2/cv2.abi3.so
  needs libraries that neither your requirements nor the run image have:
    libGL.so.1 (Debian package libgl1)
    libgthread-2.0.so.0 (Debian package libglib2.0-0)
    libsecret-9.so.9

  What to do (choose one):
  1. Replace opencv-python with opencv-python-headless in requirements.txt: it has the same modules, and needs no such library.
  2. Build on a run image that has the Debian packages libgl1 and libglib2.0-0 (docs/requirements.md, System libraries).
  3. If the libraries are added when the container runs, set BP_MODEL_TRIAL=off: the build then only warns.
"""
    )


def test_package_that_another_requires_has_no_replacement(tmp_path: Path) -> None:
    assert "headless" not in check(tmp_path, requirements="albumentations\n")


WARNING = (
    "  Warning: cv2/cv2.abi3.so of opencv-python needs libGL.so.1, libgthread-2.0.so.0, "
    "libsecret-9.so.9, which neither your requirements nor the run image have."
    " Without them, imports of cv2 fail.\n"
    "           Replace opencv-python with opencv-python-headless in requirements.txt: it has the same modules, and needs no such library.\n"
    "           Build on a run image that has the Debian packages libgl1 and libglib2.0-0 (docs/requirements.md, System libraries).\n"
)


@pytest.mark.parametrize(
    ("code", "env"),
    [
        ("def run():\n    import cv2", {}),
        ("try:\n    import cv2\nexcept ImportError:\n    pass", {}),
        ("import cv2", {"BP_MODEL_TRIAL": "off"}),
    ],
)
def test_uncertain_import_is_a_warning(tmp_path: Path, code: str, env: dict[str, str]) -> None:
    assert check(tmp_path, code, env=env) == WARNING


@pytest.mark.parametrize("image", ["", "com.example.run"])
def test_unknown_run_image_may_have_the_libraries(tmp_path: Path, image: str) -> None:
    expected = WARNING.replace(
        "which neither your requirements nor the run image have",
        "which your requirements do not have, and the run image may not have",
    )
    assert check(tmp_path, image=image) == expected


def test_run_image_with_python_is_known_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = SimpleNamespace(id="io.seldon.run.bookworm-py3.12")
    monkeypatch.setattr(runtime, "read_described", lambda: described)
    assert "ERROR: `cv2`" in check(tmp_path, image=described.id)


def test_libraries_in_the_search_path_may_be_the_users(tmp_path: Path) -> None:
    log = check(tmp_path, env={"BPE_LD_LIBRARY_PATH": "/workspace/lib"})
    assert "the run image may not have" in log


CHEMISTRY = MissingLibraries(
    module="chem",
    package="chem",
    file="chem/draw/native.so",
    libraries=("libX11.so.6",),
    failing=("chem.draw",),
)


def test_part_of_a_package_is_an_error_if_it_is_imported(tmp_path: Path) -> None:
    assert "ERROR: `chem.draw`" in check(tmp_path, "from chem import draw", lacking=CHEMISTRY)


@pytest.mark.parametrize("code", ["import chem", "from chem import drawer", "import chem.drawing"])
def test_part_of_a_package_is_a_warning_otherwise(tmp_path: Path, code: str) -> None:
    log = check(tmp_path, code, lacking=CHEMISTRY)
    assert "Warning: chem/draw/native.so of chem needs libX11.so.6" in log


@pytest.mark.parametrize("text", ["", "[", "[run-image]\n", "run-image = 1\n", "\xff"])
def test_unreadable_notes_of_the_lifecycle_tell_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "analyzed.toml").write_bytes(text.encode("latin-1"))
    platform = Platform(
        app=tmp_path, buildpack=tmp_path, layers=tmp_path / "layer", env={}, base_env={}
    )
    assert platform.read_run_image_id() == ""
