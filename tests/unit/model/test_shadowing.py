"""What an installed package hides: which modules it has, and which of the source's that matters for."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from seldon_buildpack.messages.errors.model import ModelModuleInstalled
from seldon_buildpack.model import find as model
from seldon_buildpack.model import shadowing
from seldon_buildpack.python_env import top_level_modules

Files = Mapping[str, str]
MODEL = "class Foo:\n    def predict(self, X, names=None):\n        return X\n"
INSTALLED = {
    "helpers": "helpers-of-others",
    "tests": "badly-packed",
    "click": "click",
    "Foo": "foo",
}


def _installed(site: Path, name: str, files: str, **more: str) -> None:
    info = site / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    for path in files.split():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).touch()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n\nName: not-this\n"
    )
    (info / "RECORD").write_text(
        "".join(f"{path},,\n" for path in [*files.split(), f"{info.name}/RECORD"])
    )
    for file, text in more.items():
        (info / file.replace("__", ".")).write_text(text)


def test_environment_modules_are_listed_with_their_packages(tmp_path: Path) -> None:
    _installed(tmp_path, "PyYAML", "yaml/__init__.py yaml/loader.py _yaml/__init__.py ../bin/yaml")
    _installed(tmp_path, "six", "six.py __pycache__/six.cpython-312.pyc")
    _installed(tmp_path, "fast", "fast.cpython-312-x86_64-linux-gnu.so faster/__init__.abi3.so")
    _installed(
        tmp_path,
        "google-things",
        "google/things/__init__.py data/file.txt distutils-precedence.pth",
    )
    _installed(tmp_path, "mine", "mine.py", direct_url__json="{}")
    _installed(tmp_path, "packed-with-tests", "tests/__init__.py")
    (tmp_path / "tests/__init__.py").unlink()
    found = top_level_modules.brought(tmp_path)
    assert found == {
        "_yaml": "PyYAML",
        "fast": "fast",
        "faster": "fast",
        "six": "six",
        "yaml": "PyYAML",
    }
    assert top_level_modules.as_text(found) == "_yaml=PyYAML fast faster=fast six yaml=PyYAML"
    assert top_level_modules.from_text(top_level_modules.as_text(found)) == found
    assert top_level_modules.from_text("") == {}


def _check(app: Path, name: str, files: Files, python_path: str = "") -> list[str]:
    for file, text in files.items():
        (app / file).parent.mkdir(parents=True, exist_ok=True)
        (app / file).write_text(text)
    return [
        piece.found
        for piece in shadowing.check(
            model.find(app, name, "MODEL", python_path=python_path), INSTALLED
        )
    ]


@pytest.mark.parametrize(
    ("name", "files", "own", "renamed"),
    [
        (
            "click.Foo",
            {"click.py": MODEL},
            "click.py",
            "Rename click.py, for example to my_click.py, and set MODEL_NAME=my_click.Foo.",
        ),
        (
            "Foo",
            {"Foo.py": MODEL},
            "Foo.py",
            "Rename Foo.py, for example to my_Foo.py, and set MODEL_NAME=my_Foo.Foo.",
        ),
        (
            "helpers.model.Foo",
            {"helpers/__init__.py": "", "helpers/model.py": MODEL},
            "helpers/",
            "Rename helpers/, for example to my_helpers/, and set MODEL_NAME=my_helpers.model.Foo.",
        ),
        (
            "helpers.model.Foo",
            {"helpers/model.py": MODEL},
            "helpers/",
            "Rename helpers/, for example to my_helpers/, and set MODEL_NAME=my_helpers.model.Foo.",
        ),
        (
            "helpers.Foo",
            {"setup.py": "", "src/helpers/__init__.py": MODEL},
            "src/helpers/",
            "Rename src/helpers/, for example to src/my_helpers/, and set MODEL_NAME=my_helpers.Foo.",
        ),
    ],
)
def test_a_model_that_a_package_hides_is_an_error(
    tmp_path: Path, name: str, files: Files, own: str, renamed: str
) -> None:
    with pytest.raises(ModelModuleInstalled) as caught:
        _check(tmp_path, name, files)
    assert (
        caught.value.title
        == f"`{own}` is hidden by the installed package `{INSTALLED[name.partition('.')[0]]}`"
    )
    assert caught.value.fixes[0] == renamed


@pytest.mark.parametrize(
    ("name", "files", "python_path"),
    [
        ("Model.Foo", {"Model.py": MODEL}, ""),
        ("helpers.Foo", {"requirements.txt": "helpers-of-others\n", "README": ""}, ""),
        ("helpers.Foo", {"requirements.txt": "helpers-of-others\n", "helpers/data.csv": ""}, ""),
        ("click.Foo", {"click.py": MODEL}, "/workspace/code:{app}"),
        ("click.Foo", {"code/click.py": MODEL}, "code"),
        ("own.click.Foo", {"own/__init__.py": "", "own/click.py": MODEL}, ""),
    ],
)
def test_a_model_that_nothing_hides_is_none(
    tmp_path: Path, name: str, files: Files, python_path: str
) -> None:
    assert _check(tmp_path, name, files, python_path.format(app=tmp_path)) == []


def test_shadowed_import_is_named_with_its_importer(
    tmp_path: Path,
) -> None:
    files = {
        "Model.py": f"import json\nfrom own import steps\n{MODEL}",
        "own/__init__.py": "",
        "own/steps.py": "def run():\n    from tests.data import ROWS\n    from . import more\n",
        "own/more.py": "import helpers.text\n",
        "tests/__init__.py": "",
        "helpers.py": "",
        "click/commands.csv": "",
        "Foo.py": MODEL,
    }
    assert _check(tmp_path, "Model.Foo", files) == [
        "tests/ is hidden by the installed package badly-packed, which has a module tests too: own/steps.py imports that one.",
        "helpers.py is hidden by the installed package helpers-of-others, which has a module helpers too: own/more.py imports that one.",
    ]


@pytest.mark.parametrize(
    "files",
    [
        {"Model.py": MODEL, "tests/__init__.py": "", "tests/test_model.py": "import tests\n"},
        {
            "Model.py": f"import own\nimport click\n{MODEL}",
            "own/__init__.py": "from .tests import x\n",
            "tests.py": "",
            "click/data.csv": "",
        },
        {
            "Model.py": f"import own.tests\n{MODEL}",
            "own/__init__.py": "",
            "own/tests.py": "",
            "tests.py": "",
        },
        {"Model.py": f"import broken\n{MODEL}", "broken.py": "import tests(\n", "tests.py": ""},
    ],
)
def test_a_module_that_is_hidden_and_not_imported_needs_no_word(
    tmp_path: Path, files: Files
) -> None:
    assert _check(tmp_path, "Model.Foo", files) == []
