"""Imports that would end the model at its start are found without running it."""

import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.model.find import find
from seldon_buildpack.model.missing_imports import (
    MissingImports,
    explain_missing,
    find_missing_imports,
)
from seldon_buildpack.model.parsing import OURS
from seldon_buildpack.model.standard_library import is_standard, removed_in

MODEL = "class Foo:\n    def predict(self, X, names=None):\n        return X\n"
INSTALLED = frozenset({"numpy", "seldon_core", "google"})


def missing(
    app: Path, files: dict[str, str], *, complete: bool = True, python: tuple[int, int] = OURS
) -> MissingImports:
    for name, text in files.items():
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text(text)
    model = find(app, "Foo", None, python=python)
    result = find_missing_imports(model, INSTALLED, complete=complete)
    return replace(result, installed=())


def certain(app: Path, files: dict[str, str]) -> list[tuple[str, str, int]]:
    return [(place.name, place.file, place.line) for place in missing(app, files).certain]


def possible(app: Path, files: dict[str, str]) -> list[str]:
    result = missing(app, files)
    assert result.certain == ()
    return [place.name for place in result.possible]


def test_import_that_nothing_provides_is_certain(tmp_path: Path) -> None:
    assert certain(tmp_path, {"Foo.py": f"import os\nimport cv2\n{MODEL}"}) == [
        ("cv2", "Foo.py", 2)
    ]


def test_certain_imports_of_packages_are_listed(tmp_path: Path) -> None:
    (tmp_path / "part.py").write_text("from google.cloud import storage\n")
    (tmp_path / "Foo.py").write_text(
        f"import numpy.linalg\nimport part\ndef run():\n    import seldon_core\n{MODEL}"
    )
    model = find(tmp_path, "Foo", None)
    listed = find_missing_imports(model, INSTALLED).installed
    assert [(place.name, place.file, place.line) for place in listed] == [
        ("numpy.linalg", "Foo.py", 1),
        ("google.cloud", "part.py", 1),
        ("google.cloud.storage", "part.py", 1),
    ]
    assert find_missing_imports(model, INSTALLED, complete=False).installed == ()


@pytest.mark.parametrize(
    "line",
    [
        "import numpy.linalg",
        "from google.cloud import storage",
        "import os.path as p",
        "from . import other",
        "import other",
        "from package import part",
        "import package.part",
        "from package.part import anything",
        "from __future__ import annotations",
    ],
)
def test_import_of_what_is_there_is_fine(tmp_path: Path, line: str) -> None:
    files = {"Foo.py": f"{line}\n{MODEL}", "other.py": "", "package/__init__.py": ""}
    assert missing(tmp_path, {**files, "package/part.py": "import json\n"}) == MissingImports()


def test_modules_of_the_source_are_followed(tmp_path: Path) -> None:
    files = {
        "Foo.py": f"from package import part\n{MODEL}",
        "package/__init__.py": "",
        "package/part.py": "from .deep import x\n",
        "package/deep.py": "import numpy\nimport pandas as pd\nx = 1\n",
    }
    assert certain(tmp_path, files) == [("pandas", "package/deep.py", 2)]


def test_module_missing_in_a_package_of_the_source_is_certain(tmp_path: Path) -> None:
    files = {"Foo.py": f"from package.gone import x\n{MODEL}", "package/__init__.py": ""}
    assert certain(tmp_path, files) == [("package.gone", "Foo.py", 1)]


@pytest.mark.parametrize(
    "code",
    [
        "try:\n    import cv2\nexcept ImportError:\n    cv2 = None\n",
        "from contextlib import suppress\nwith suppress(ImportError):\n    import cv2\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import cv2\n",
        "if __name__ == '__main__':\n    import cv2\n",
    ],
)
def test_import_whose_failure_is_handled_is_no_concern(tmp_path: Path, code: str) -> None:
    assert missing(tmp_path, {"Foo.py": f"{code}{MODEL}"}) == MissingImports()


@pytest.mark.parametrize(
    "code",
    [
        "def f():\n    import cv2\n",
        "import os\nif os.environ.get('X'):\n    import cv2\n",
        "import sys\nsys.path.append('/extra')\nimport cv2\n",
        "import sys\nsys.modules['cv2'] = sys\nimport cv2\n",
        "import subprocess\nsubprocess.run(['pip', 'install', 'x'])\nimport cv2\n",
        "import site\nsite.addsitedir('lib')\nimport cv2\n",
    ],
)
def test_import_that_may_work_is_a_warning_at_most(tmp_path: Path, code: str) -> None:
    assert possible(tmp_path, {"Foo.py": f"{code}{MODEL}"}) == ["cv2"]


def test_nothing_is_certain_if_the_packages_are_not_all_known(tmp_path: Path) -> None:
    result = missing(tmp_path, {"Foo.py": f"import cv2\n{MODEL}"}, complete=False)
    assert (result.certain, [place.name for place in result.possible]) == ((), ["cv2"])


def test_compiled_code_in_the_source_makes_everything_possible(tmp_path: Path) -> None:
    files = {"Foo.py": f"import fast\nimport cv2\n{MODEL}"}
    (tmp_path / "fast.cpython-312-x86_64-linux-gnu.so").write_bytes(b"\x7fELF")
    assert possible(tmp_path, files) == ["cv2"]


def test_package_with_getattr_may_make_its_submodules(tmp_path: Path) -> None:
    files = {
        "Foo.py": f"from package.gone import x\n{MODEL}",
        "package/__init__.py": "def __getattr__(name):\n    return 1\n",
    }
    assert possible(tmp_path, files) == ["package.gone"]


def test_syntax_error_in_an_imported_module_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"other\.py"):
        missing(tmp_path, {"Foo.py": f"import other\n{MODEL}", "other.py": "def f(:\n"})


def test_syntax_error_is_no_error_if_nothing_is_certain(tmp_path: Path) -> None:
    files = {"Foo.py": f"import other\n{MODEL}", "other.py": "def f(:\n"}
    assert missing(tmp_path, files, complete=False) == MissingImports()


def test_circular_imports_end(tmp_path: Path) -> None:
    assert missing(
        tmp_path, {"Foo.py": f"import a\n{MODEL}", "a.py": "import Foo\nimport a\n"}
    ) == (MissingImports())


def test_a_hundred_modules_take_little_time(tmp_path: Path) -> None:
    names = [f"m{number}" for number in range(100)]
    files = {f"{name}.py": f"import numpy\n{MODEL}" * 20 for name in names}
    files["Foo.py"] = "".join(f"import {name}\n" for name in names) + MODEL
    assert missing(tmp_path, files) == MissingImports()
    model = find(tmp_path, "Foo", None)
    begin = time.process_time()
    find_missing_imports(model, INSTALLED)
    # Not a benchmark: it must only not take seconds.
    assert time.process_time() - begin < 2


def test_error_names_the_package_and_every_place(tmp_path: Path) -> None:
    files = {"Foo.py": f"import cv2\nimport Utils\nimport imp\n{MODEL}"}
    result = missing(tmp_path, files, python=(3, 12))
    (tmp_path / "utils.py").write_text("")
    model = find(tmp_path, "Foo", None, python=(3, 12))
    assert explain_missing(result.certain, model, "requirements.txt").lines() == [
        "",
        "ERROR: The model imports 3 modules that are not installed",
        "",
        "  The model runs these imports each time it starts, so it could not start:",
        "    Foo.py, line 1: cv2 (package opencv-python-headless)",
        "    Foo.py, line 2: Utils (the source has utils.py)",
        "    Foo.py, line 3: imp (removed from Python's standard library in 3.12)",
        "",
        "  What to do (choose one):",
        "  1. Add opencv-python-headless to requirements.txt.",
        "  2. Replace `imp`, or use Python 3.11 or older, which has it: set BP_PYTHON_VERSION.",
        "  3. Change the import to the name of the file: case matters in the image.",
        "  4. If the model can work without a module, import it in a `try` block that catches ImportError.",
        "  5. If the module is added when the container runs, set BP_MODEL_TRIAL=off: the build then only warns.",
        "",
    ]


def test_package_of_an_unknown_module_is_not_guessed(tmp_path: Path) -> None:
    result = missing(tmp_path, {"Foo.py": f"import our_own_tools\n{MODEL}"})
    error = explain_missing(result.certain, find(tmp_path, "Foo", None), "requirements.txt")
    assert error.fixes[0] == (
        "Add the package that has `our_own_tools` to requirements.txt, or add its source file."
    )


def test_error_for_a_single_module_names_it_first(tmp_path: Path) -> None:
    result = missing(tmp_path, {"Foo.py": f"import pandas\n{MODEL}"})
    error = explain_missing(result.certain, find(tmp_path, "Foo", None), "environment.yml")
    assert error.title == "Foo.py imports `pandas`, which is not installed"
    assert error.fixes[0] == "Add pandas to environment.yml."


@pytest.mark.parametrize(
    ("name", "python", "standard", "removed"),
    [
        ("json", (3, 12), True, ""),
        ("imp", (3, 11), True, ""),
        ("imp", (3, 12), False, "3.12"),
        ("tomllib", (3, 10), False, ""),
        ("tomllib", (3, 11), True, ""),
        ("cgi", (3, 13), False, "3.13"),
        ("_ctypes", (3, 8), True, ""),
        ("pandas", (3, 13), False, ""),
    ],
)
def test_standard_library_depends_on_the_python(
    name: str, python: tuple[int, int], standard: bool, removed: str
) -> None:
    assert (is_standard(name, python), removed_in(name, python)) == (standard, removed)


def test_standard_library_of_this_python_is_as_it_says() -> None:
    code = "import sys; print(*sys.stdlib_module_names, *sys.version_info[:2])"
    output = subprocess.run(
        ["/usr/bin/env", "python3", "-I", "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    *names, major, minor = output
    python = (int(major), int(minor))
    public = {name for name in names if not name.startswith("_")}
    assert {name for name in public if not is_standard(name, python)} == set()
    assert {name for name in public if removed_in(name, python)} == set()
