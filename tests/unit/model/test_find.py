"""Which class is served, and which mistakes are found without running it."""

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from seldon_buildpack.messages.errors.model import (
    ModelClassIsModule,
    ModelClassNotFound,
    ModelMethodMissing,
    ModelModuleIsStandard,
    ModelModuleNotFound,
    ModelModuleShadowed,
    ModelNameMissing,
)
from seldon_buildpack.messages.errors.source_files import (
    SourceEncodingUnknown,
    SourceNotDecodable,
    SourceSyntaxError,
)
from seldon_buildpack.model.example_request import example_request
from seldon_buildpack.model.find import Model, find
from seldon_buildpack.model.methods import NEEDS, calls

PREDICTS = "class {0}:\n    def predict(self, X, names=None):\n        return X\n"
FOO = PREDICTS.format("Foo")

Files = Mapping[str, str]


def source(app: Path, files: Files) -> Path:
    for name, text in files.items():
        path = app / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return app


def with_method(name: str, method: str) -> str:
    return f"class {name}:\n    def {method}(self, *args):\n        return args\n"


# MODEL_NAME is given


@pytest.mark.parametrize(
    ("name", "files", "path"),
    [
        ("Foo", {"Foo.py": FOO}, "Foo.py"),
        ("Foo", {"Foo/__init__.py": FOO}, "Foo/__init__.py"),
        ("model.Foo", {"model.py": FOO}, "model.py"),
        ("my-model.Foo", {"my-model.py": FOO}, "my-model.py"),
        ("pkg.Foo.Foo", {"pkg/__init__.py": "", "pkg/Foo.py": FOO}, "pkg/Foo.py"),
        ("pkg.model.Foo", {"pkg/model.py": FOO}, "pkg/model.py"),
        ("a.b.c.Foo", {"a/b/c.py": FOO}, "a/b/c.py"),
        (
            "pkg.Foo",
            {"pkg/__init__.py": "from .Foo import Foo\n", "pkg/Foo.py": FOO},
            "pkg/__init__.py",
        ),
        (
            "pkg.Foo",
            {
                "pkg/__init__.py": "from pkg.inner import Bar as Foo\n",
                "pkg/inner.py": PREDICTS.format("Bar"),
            },
            "pkg/__init__.py",
        ),
        ("Foo", {"Foo.py": "from model import Foo\n", "model.py": FOO}, "Foo.py"),
        (
            "Foo",
            {
                "Foo.py": "from a import Foo\n",
                "a.py": "from b import Bar as Foo\n",
                "b.py": PREDICTS.format("Bar"),
            },
            "Foo.py",
        ),
        (
            "Foo",
            {
                "Foo.py": "import pkg.inner\nFoo = pkg.inner.Bar\n",
                "pkg/inner.py": PREDICTS.format("Bar"),
            },
            "Foo.py",
        ),
        (
            "Foo",
            {
                "Foo.py": "import pkg.inner as i\nFoo = i.Bar\n",
                "pkg/inner.py": PREDICTS.format("Bar"),
            },
            "Foo.py",
        ),
        ("Foo", {"Foo.py": PREDICTS.format("Bar") + "Foo = Bar\n"}, "Foo.py"),
        ("Foo", {"Foo.py": f"if True:\n    {FOO.replace(chr(10), chr(10) + '    ')}\n"}, "Foo.py"),
        (
            "Foo",
            {
                "Foo.py": f"try:\n    import json\nfinally:\n    {FOO.replace(chr(10), chr(10) + '    ')}\n"
            },
            "Foo.py",
        ),
        ("Foo", {"Foo.py": FOO, "Foo/data.csv": ""}, "Foo.py"),
        ("Foo", {"setup.py": "", "src/Foo.py": FOO}, "src/Foo.py"),
        (
            "pkg.Foo",
            {"pyproject.toml": "[build-system]\n", "src/pkg/__init__.py": FOO},
            "src/pkg/__init__.py",
        ),
    ],
)
def test_a_class_is_found_where_the_wrapper_would_import_it_from(
    tmp_path: Path, name: str, files: Files, path: str
) -> None:
    model = find(source(tmp_path, files), name, "MODEL", origins=("here", "there"))
    assert model == Model(
        name=name,
        module=name.rpartition(".")[0] or name,
        class_name="Foo",
        path=Path(path),
        service_type="MODEL",
        methods=("predict",),
        name_source="here",
        service_type_source="there",
    )


INHERITED = {
    "in the same file": {"Foo.py": PREDICTS.format("Base") + "class Foo(Base): pass\n"},
    "two levels up": {
        "Foo.py": PREDICTS.format("Base") + "class Middle(Base): pass\nclass Foo(Middle): pass\n"
    },
    "from another file": {
        "Foo.py": "from base import Base\nclass Foo(Base): pass\n",
        "base.py": PREDICTS.format("Base"),
    },
    "by a dotted name": {
        "Foo.py": "import lib.base\nclass Foo(lib.base.Base): pass\n",
        "lib/base.py": PREDICTS.format("Base"),
    },
    "by a module's name": {
        "Foo.py": "from lib import base as b\nclass Foo(b.Base): pass\n",
        "lib/base.py": PREDICTS.format("Base"),
    },
    "by a relative import": {
        "Foo/__init__.py": "from .base import Base\nclass Foo(Base): pass\n",
        "Foo/base.py": PREDICTS.format("Base"),
    },
    "with type arguments": {
        "Foo.py": "from typing import Generic, TypeVar\nT = TypeVar('T')\n"
        + PREDICTS.format("Base(Generic[T])")
        + "class Foo(Base[int]): pass\n"
    },
    "beside SeldonComponent": {
        "Foo.py": "from seldon_core.user_model import SeldonComponent\n"
        + PREDICTS.format("Base")
        + "class Foo(Base, SeldonComponent): pass\n"
    },
}


@pytest.mark.parametrize("files", INHERITED.values(), ids=INHERITED)
def test_methods_of_bases_in_the_source_count(tmp_path: Path, files: Files) -> None:
    model = find(source(tmp_path, files), "Foo", "MODEL")
    assert model.methods == ("predict",)
    assert not model.doubt


PROVIDED_ANYHOW = {
    "assigned in the class": "class Foo:\n    predict = print\n",
    "assigned under a condition": "class Foo:\n    if 1:\n        predict = print\n",
    "annotated": "class Foo:\n    predict: object = print\n",
    "a property": "class Foo:\n    @property\n    def predict(self): ...\n",
    "a coroutine": "class Foo:\n    async def predict(self, X, names): ...\n",
    "stored on self": "class Foo:\n    def __init__(self):\n        self.predict = print\n",
    "stored on the class": "class Foo: pass\nFoo.predict = print\n",
    "imported in the class": "class Foo:\n    from helper import predict\n",
    "raw": "class Foo:\n    def predict_raw(self, msg): ...\n",
    "raw, in the deprecated form": "class Foo:\n    def predict_rest(self, msg): ...\n",
}


@pytest.mark.parametrize("text", PROVIDED_ANYHOW.values(), ids=PROVIDED_ANYHOW)
def test_a_method_that_is_given_in_another_way_counts(tmp_path: Path, text: str) -> None:
    model = find(source(tmp_path, {"Foo.py": text}), "Foo", "MODEL")
    assert len(model.methods) == 1
    assert not model.doubt


UNDECIDABLE = {
    "a base from a package": "from torch.nn import Module\nclass Foo(Module): pass\n",
    "a base from a package, dotted": "import torch\nclass Foo(torch.nn.Module): pass\n",
    "a computed base": "class Foo(make()): pass\n",
    "computed bases": "class Foo(*bases): pass\n",
    "a star import": "from helper import *\n",
    "a base from a star import": "from helper import *\nclass Foo(Base): pass\n",
    "a decorator": "import d\n@d.served\nclass Foo: pass\n",
    "a metaclass": "import m\nclass Foo(metaclass=m.Meta): pass\n",
    "a class keyword": "class Foo(plugin=True): pass\n",
    "__getattr__": "class Foo:\n    def __getattr__(self, name): ...\n",
    "__getattr__ in a base": "class Base:\n    def __getattr__(self, name): ...\nclass Foo(Base): pass\n",
    "setattr on self": "class Foo:\n    def __init__(self):\n        setattr(self, 'pre' + 'dict', print)\n",
    "setattr on the class": "class Foo: pass\nsetattr(Foo, 'predict', print)\n",
    "__dict__": "class Foo:\n    def __init__(self, **k):\n        self.__dict__.update(k)\n",
    "another class at run": "class Foo:\n    def __init__(self):\n        self.__class__ = object\n",
    "locals": "class Foo:\n    locals()['predict'] = print\n",
    "a call": "Foo = type('Foo', (), {'predict': print})\n",
    "a function": "def Foo(**parameters): ...\n",
    "a package's class": "from elsewhere import Foo\n",
    "one of two": "try:\n    from elsewhere import Foo\nexcept ImportError:\n    class Foo: pass\n",
    "a missing import that may fail": "try:\n    from helper import Foo\nexcept ImportError:\n    pass\n",
    "exec": "exec('class Foo: ...')\n",
    "globals": "globals()['Foo'] = object\n",
    "a module function": "def __getattr__(name): ...\n",
    "sys.modules": "import sys\nsys.modules[__name__] = object()\n",
    "a global statement": "def make():\n    global Foo\n    Foo = object\nmake()\n",
    "a walrus": "print(Foo := object)\n",
    "a loop": "for Foo in things: pass\n",
    "a with": "with thing() as Foo: pass\n",
    "a circle": "from Foo import Foo\n",
    "deep nesting": "x = " + "-" * 100_000 + "1\n",
}


@pytest.mark.parametrize("text", UNDECIDABLE.values(), ids=UNDECIDABLE)
def test_what_only_running_the_code_could_tell_is_no_error(tmp_path: Path, text: str) -> None:
    model = find(source(tmp_path, {"Foo.py": text, "helper.py": "x = 1\n"}), "Foo", "ROUTER")
    assert model.doubt
    assert model.path == Path("Foo.py")
    assert find(tmp_path, "Foo", None).service_type == "MODEL"


@pytest.mark.parametrize("file", ["Foo.cpython-312-x86_64-linux-gnu.so", "Foo.abi3.so", "Foo.pyc"])
def test_a_compiled_module_is_not_looked_into(tmp_path: Path, file: str) -> None:
    (tmp_path / file).write_bytes(b"\x7fELF")
    model = find(tmp_path, "Foo", None)
    assert (model.path, model.service_type) == (Path(file), "MODEL")
    assert file in model.doubt


def test_code_is_never_run(tmp_path: Path) -> None:
    source(tmp_path, {"Foo.py": f"open({str(tmp_path / 'ran')!r}, 'w')\n" + FOO})
    find(tmp_path, "Foo", None)
    find(tmp_path, None, None)
    assert not (tmp_path / "ran").exists()


def test_a_stray_backslash_warns_nobody(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    find(source(tmp_path, {"Foo.py": "x = '\\d'\n" + FOO}), "Foo", None)
    assert len(recwarn) == 0


# The module is not there


@pytest.mark.parametrize(
    ("name", "files", "fix", "case"),
    [
        (
            "IrisClassifer",
            {"IrisClassifier.py": PREDICTS.format("IrisClassifier")},
            "IrisClassifier",
            False,
        ),
        (
            "irisclassifier",
            {"IrisClassifier.py": PREDICTS.format("IrisClassifier")},
            "IrisClassifier",
            True,
        ),
        ("Foo", {"model.py": FOO}, "model.Foo", False),
        ("Foo", {"pkg/model.py": FOO}, "pkg.model.Foo", False),
        ("modle.Foo", {"model.py": FOO}, "model.Foo", False),
        ("Model.Foo", {"model.py": FOO, "requirements.txt": "numpy\n"}, "model.Foo", True),
        (
            "pkg.modle.Foo",
            {"pkg/model.py": FOO, "requirements.txt": "numpy\n"},
            "pkg.model.Foo",
            False,
        ),
        (
            "pkg.modle.Foo",
            {"pkg/__init__.py": "", "pkg/model.py": FOO, "setup.py": ""},
            "pkg.model.Foo",
            False,
        ),
    ],
)
def test_a_missing_module_is_an_error_that_offers_the_nearest(
    tmp_path: Path, name: str, files: Files, fix: str, case: bool
) -> None:
    with pytest.raises(
        ModelModuleNotFound, match=f"No module found for `MODEL_NAME={name}`"
    ) as caught:
        find(source(tmp_path, files), name, "MODEL")
    assert caught.value.fixes[0].startswith(f"Set MODEL_NAME={fix} in ")
    assert ("only in upper and lower case" in caught.value.cause) == case


def test_missing_module_without_near_names_says_the_file_sought(tmp_path: Path) -> None:
    with pytest.raises(ModelModuleNotFound) as caught:
        find(source(tmp_path, {"train.py": "x = 1\n", "Foo/data.csv": ""}), "Foo", None)
    assert "Foo.py or Foo/__init__.py" in caught.value.cause
    assert caught.value.fixes[0].startswith("Add the file")


@pytest.mark.parametrize("files", [{"foo.py": FOO}, {"Fooo.py": FOO}, {"served.py": FOO}])
def test_a_file_that_is_meant_is_no_installed_package(tmp_path: Path, files: Files) -> None:
    with pytest.raises(ModelModuleNotFound):
        find(source(tmp_path, {**files, "requirements.txt": "ourmodels\n"}), "Foo", None)


def test_a_module_below_a_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelModuleNotFound):
        find(source(tmp_path, {"Foo.py": FOO, "requirements.txt": ""}), "Foo.Foo.Foo", None)


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("ourmodels.iris.Foo", {"requirements.txt": "ourmodels\n"}),
        ("ourmodels.Foo", {"requirements.txt": "ourmodels\n", "ourmodels/weights.bin": ""}),
        ("Foo", {"setup.py": "setup(package_dir={'': 'code'})\n", "code/Foo.py": FOO}),
        ("Foo", {"pyproject.toml": "[project]\nname = 'x'\n"}),
        ("Foo", {"requirements.txt": "./lib\n", "lib/Foo.py": FOO}),
        ("Foo", {"environment.yml": "dependencies: [ourmodels]\n", "train.py": "x = 1\n"}),
    ],
)
def test_a_module_that_a_package_may_bring_is_no_error_and_said(
    tmp_path: Path, name: str, files: Files
) -> None:
    model = find(source(tmp_path, files), name, None)
    assert (model.path, model.service_type, model.methods) == (None, "MODEL", ())
    assert "not in the source" in model.doubt
    assert len(model.advice) == 1
    assert find(tmp_path, name, "ROUTER").service_type == "ROUTER"


def test_a_pyproject_that_only_configures_tools_installs_nothing(tmp_path: Path) -> None:
    with pytest.raises(ModelModuleNotFound):
        find(source(tmp_path, {"pyproject.toml": "[tool.ruff]\n", "src/Foo.py": FOO}), "Foo", None)


@pytest.mark.parametrize("path", ["code", "code/", "{app}/code", "/elsewhere:code", ":code"])
def test_pythonpath_is_looked_through_first(tmp_path: Path, path: str) -> None:
    source(tmp_path, {"code/Foo.py": FOO, "Foo.py": "x = 1\n"})
    assert find(tmp_path, "Foo", None, python_path=path.format(app=tmp_path)).path == Path(
        "code/Foo.py"
    )


@pytest.mark.parametrize("path", ["/microservice/code", "/elsewhere:/microservice/code/"])
def test_a_pythonpath_in_microservice_is_in_the_source(tmp_path: Path, path: str) -> None:
    app = source(tmp_path, {"code/Foo.py": FOO})
    assert find(app, "Foo", None, python_path=path).path == Path("code/Foo.py")


def test_a_pythonpath_outside_the_source_is_not_followed(tmp_path: Path) -> None:
    source(tmp_path, {"other/Foo.py": FOO, "app/x.py": ""})
    with pytest.raises(ModelModuleNotFound):
        find(tmp_path / "app", "Foo", None, python_path=f"../other:{tmp_path}/other")


# The class is not there


@pytest.mark.parametrize(
    ("name", "files", "fix"),
    [
        ("Foo", {"Foo.py": PREDICTS.format("Fooo")}, "Set MODEL_NAME=Foo.Fooo in "),
        ("Foo", {"Foo.py": PREDICTS.format("foo")}, "Set MODEL_NAME=Foo.foo in "),
        ("Foo", {"Foo.py": PREDICTS.format("Classifier")}, "Set MODEL_NAME=Foo.Classifier in "),
        ("Foo", {"Foo.py": "x = 1\n", "model.py": FOO}, "Set MODEL_NAME=model.Foo in "),
        ("model.Fo", {"model.py": FOO}, "Set MODEL_NAME=model.Foo in "),
        ("my-model", {"my-model.py": FOO}, "Set MODEL_NAME=my-model.Foo in "),
        ("Foo", {"Foo.py": "x = 1\n"}, "Define the class Foo at the top level of Foo.py."),
        (
            "Foo",
            {
                "Foo.py": f"if __name__ == '__main__':\n    {FOO.replace(chr(10), chr(10) + '    ')}\n"
            },
            "Define the class Foo",
        ),
        (
            "Foo",
            {
                "Foo.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from base import Foo\n",
                "base.py": "x = 1\n",
            },
            "Define",
        ),
        (
            "Foo",
            {"Foo.py": f"def make():\n    {FOO.replace(chr(10), chr(10) + '    ')}\n"},
            "Define the class Foo",
        ),
        (
            "Foo",
            {"Foo.py": "class A:\n    def __init__(self, **k):\n        setattr(self, 'x', 1)\n"},
            "Define the class Foo",
        ),
        (
            "Foo",
            {"Foo.py": "with open('x') as f:\n    pass\ndef g():\n    with open('x') as f: ...\n"},
            "Define the class Foo",
        ),
    ],
)
def test_a_missing_class_is_an_error_with_the_nearest_name(
    tmp_path: Path, name: str, files: Files, fix: str
) -> None:
    with pytest.raises(ModelClassNotFound, match=r"\.py` has no class ") as caught:
        find(source(tmp_path, files), name, "MODEL")
    assert caught.value.fixes[0].startswith(fix)


def test_an_import_of_a_name_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelClassNotFound) as caught:
        find(
            source(tmp_path, {"Foo.py": "from base import Foo\n", "base.py": "x = 1\n"}),
            "Foo",
            None,
        )
    assert "It imports Foo from base.py, and Foo is not defined there." in caught.value.cause


@pytest.mark.parametrize("init", [None, "", "from . import Foo\n", "from pkg import Foo\n"])
def test_model_name_ending_in_a_module_suggests_the_right_one(
    tmp_path: Path, init: str | None
) -> None:
    source(tmp_path, {"pkg/Foo.py": FOO} | ({} if init is None else {"pkg/__init__.py": init}))
    with pytest.raises(
        ModelClassIsModule, match=r"`MODEL_NAME=pkg\.Foo` names a file, not a class"
    ) as caught:
        find(tmp_path, "pkg.Foo", None)
    assert caught.value.fixes[0].startswith("Set MODEL_NAME=pkg.Foo.Foo in ")


def test_a_module_that_a_package_hides_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelModuleShadowed, match=r"`Foo\.py` is hidden by `Foo/`"):
        find(source(tmp_path, {"Foo.py": FOO, "Foo/__init__.py": "x = 1\n"}), "Foo", None)


def test_a_module_that_the_standard_library_hides_is_an_error(tmp_path: Path) -> None:
    source(tmp_path, {"statistics.py": FOO, "test.py": FOO})
    with pytest.raises(
        ModelModuleIsStandard,
        match=r"`statistics\.py` is hidden by Python's standard module `statistics`",
    ):
        find(tmp_path, "statistics.Foo", None)
    assert find(tmp_path, "test.Foo", None).path == Path("test.py")
    with pytest.raises(ModelModuleIsStandard):
        find(tmp_path, "statistics.Foo", None, python_path=str(tmp_path / "sub"))
    assert find(tmp_path, "statistics.Foo", None, python_path=str(tmp_path)).path == Path(
        "statistics.py"
    )


# The file cannot be read


@pytest.mark.parametrize(
    ("text", "line", "lines"),
    [
        (
            "x = 1\nclass Foo\n    pass\n",
            2,
            ["  Expected ':':", "      class Foo", "               ^"],
        ),
        (
            "class Foo:\n    def predict(self, X:\n        return X\n",
            2,
            ["  '(' was never closed:", "      def predict(self, X:", "                 ^"],
        ),
        (
            "print 'x'\n",
            1,
            [
                "  Missing parentheses in call to 'print'. Did you mean print(...)?:",
                "      print 'x'",
                "      ^",
            ],
        ),
        (
            "class Foo:\nx\n",
            2,
            [
                "  Expected an indented block after class definition on line 1:",
                "      x",
                "      ^",
            ],
        ),
        ("x = 1\n\treturn 1\n", 2, ["  Unexpected indent:", "      return 1", "      ^"]),
        ("x = 1\nreturn 1\n", 2, ["  'return' outside function:", "      return 1", "      ^"]),
        (
            "x = 1\r\ny = \x00\r\n",
            2,
            ["  Source code string cannot contain null bytes:", "      y = ?", "          ^"],
        ),
    ],
)
def test_a_syntax_error_shows_file_line_and_place(
    tmp_path: Path, text: str, line: int, lines: list[str]
) -> None:
    (tmp_path / "Foo.py").write_bytes(text.encode())
    with pytest.raises(
        SourceSyntaxError, match=f"Syntax error in `Foo.py`, line {line}$"
    ) as caught:
        find(tmp_path, "Foo", None)
    assert [shown.rstrip() for shown in caught.value.lines()[3:6]] == lines


def test_a_syntax_error_above_or_behind_the_class_is_found_too(tmp_path: Path) -> None:
    source(
        tmp_path,
        {
            "pkg/__init__.py": "x = = 1\n",
            "pkg/model.py": FOO,
            "Bar.py": "from broken import Bar\n",
            "broken.py": "x = = 1\n",
        },
    )
    with pytest.raises(SourceSyntaxError, match=r"`pkg/__init__\.py`, line 1"):
        find(tmp_path, "pkg.model.Foo", None)
    with pytest.raises(SourceSyntaxError, match=r"`broken\.py`, line 1"):
        find(tmp_path, "Bar", None)


def test_syntax_newer_than_the_chosen_python_is_an_error(tmp_path: Path) -> None:
    source(tmp_path, {"Foo.py": "match 1:\n    case _:\n        pass\n" + FOO})
    assert find(tmp_path, "Foo", None, python=(3, 10)).methods == ("predict",)
    with pytest.raises(SourceSyntaxError) as caught:
        find(tmp_path, "Foo", None, python=(3, 8))
    assert caught.value.fixes[1].startswith("Set BP_PYTHON_VERSION=3.12")


def test_syntax_of_a_python_newer_than_ours_is_a_doubt(tmp_path: Path) -> None:
    source(tmp_path, {"Foo.py": "syntax of tomorrow\n" + FOO})
    newer = (3, sys.version_info.minor + 1)
    assert "cannot be read" in find(tmp_path, "Foo", None, python=newer).doubt
    with pytest.raises(SourceSyntaxError):
        find(tmp_path, "Foo", None, python=sys.version_info[:2])


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the parser must know the syntax")
def test_new_syntax_is_fine_on_a_new_python(tmp_path: Path) -> None:
    assert find(source(tmp_path, {"Foo.py": "type X = int\n" + FOO}), "Foo", None).methods == (
        "predict",
    )


@pytest.mark.parametrize(
    "data",
    [
        "# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"),
        "#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '€'\n".encode("cp1252"),
        "# coding: latin-1 é\n".encode("latin-1"),
        "\ufeffx = 'é'\n".encode(),
        "x = 'é'\r\n".encode(),
    ],
)
def test_a_source_file_may_be_in_the_encoding_that_it_declares(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "Foo.py").write_bytes(data + FOO.encode())
    assert find(tmp_path, "Foo", None).methods == ("predict",)


@pytest.mark.parametrize(
    ("data", "title", "cause"),
    [
        (
            b"x = 1\ny = 'caf\xe9'\n",
            "`Foo.py` is not UTF-8",
            "Line 2 contains a byte that is not valid UTF-8: 0xe9, at byte offset 14.",
        ),
        (
            b"\xef\xbb\xbfy = '\xe9'\n",
            "`Foo.py` is not UTF-8",
            "Line 1 contains a byte that is not valid UTF-8: 0xe9, at byte offset 8.",
        ),
        (b"# coding: ascii\ny = '\xe9'\n", "`Foo.py` is not ascii", "0xe9, at byte offset 21"),
        (b"x = 1\n\n# coding: latin-1\ny = '\xe9'\n", "`Foo.py` is not UTF-8", "Line 4 "),
    ],
)
def test_source_in_another_encoding_is_named_with_its_line(
    tmp_path: Path, data: bytes, title: str, cause: str
) -> None:
    (tmp_path / "Foo.py").write_bytes(data + FOO.encode())
    with pytest.raises(SourceNotDecodable) as caught:
        find(tmp_path, "Foo", None)
    assert caught.value.title == title
    assert cause in caught.value.cause


@pytest.mark.parametrize("encoding", ["utf8000", "rot13", "hex"])
def test_an_unknown_encoding_is_an_error(tmp_path: Path, encoding: str) -> None:
    source(tmp_path, {"Foo.py": f"# coding: {encoding}\n" + FOO})
    with pytest.raises(SourceEncodingUnknown, match="unknown encoding"):
        find(tmp_path, "Foo", None)


# The methods


@pytest.mark.parametrize("service_type", NEEDS)
def test_each_form_of_a_needed_method_is_enough(tmp_path: Path, service_type: str) -> None:
    for method in calls(service_type):
        source(tmp_path, {"Foo.py": with_method("Foo", method)})
        assert find(tmp_path, "Foo", service_type).methods == (method,)


@pytest.mark.parametrize(
    ("service_type", "method", "fix"),
    [
        ("MODEL", "predict_proba", "Define `predict` in Foo."),
        ("MODEL", "Predict", "Define `predict` in Foo."),
        ("MODEL", "tags", "Define `predict` in Foo."),
        ("ROUTER", "health_status", "Define `route` in Foo."),
        ("TRANSFORMER", "transform", "Define `transform_input` in Foo."),
        ("OUTLIER_DETECTOR", "score", "Define `predict` in Foo."),
    ],
)
def test_class_without_a_called_method_says_what_it_has(
    tmp_path: Path, service_type: str, method: str, fix: str
) -> None:
    with pytest.raises(
        ModelMethodMissing, match=f"`Foo` has no method for `SERVICE_TYPE={service_type}`"
    ) as caught:
        find(source(tmp_path, {"Foo.py": with_method("Foo", method)}), "Foo", service_type)
    assert f"It has {method}." in caught.value.cause
    assert caught.value.fixes[0].startswith(fix)


@pytest.mark.parametrize(
    ("service_type", "method", "todo", "path"),
    [
        ("MODEL", "transform_input", "Set SERVICE_TYPE=TRANSFORMER if", "/transform-input"),
        ("MODEL", "route_raw", "Set SERVICE_TYPE=ROUTER if", "/route"),
        ("MODEL", "aggregate", "Set SERVICE_TYPE=COMBINER if", "/aggregate"),
        ("ROUTER", "predict", "Set SERVICE_TYPE=MODEL if", "/api/v1.0/predictions"),
        ("COMBINER", "predict_grpc", "Set SERVICE_TYPE=MODEL if", "/api/v1.0/predictions"),
        ("TRANSFORMER", "predict", "Set SERVICE_TYPE=MODEL if", "/api/v1.0/predictions"),
        ("TRANSFORMER", "send_feedback", "Define transform_input if", "/transform-input"),
        ("OUTLIER_DETECTOR", "custom_service", "Define predict if", "/api/v1.0/predictions"),
    ],
)
def test_class_of_another_type_is_served_with_a_warning(
    tmp_path: Path, service_type: str, method: str, todo: str, path: str
) -> None:
    app = source(tmp_path, {"Foo.py": with_method("Foo", method)})
    model = find(app, "Foo", service_type)
    (piece,) = model.advice
    assert piece.found.startswith(f"SERVICE_TYPE: SERVICE_TYPE={service_type}, but Foo has no ")
    assert piece.found.endswith(f"It has {method}.")
    assert piece.todo.startswith(todo)
    assert model.service_type == service_type
    assert example_request(model.service_type, model.methods)[0] == path


def test_feedback_alone_makes_a_model(tmp_path: Path) -> None:
    model = find(source(tmp_path, {"Foo.py": with_method("Foo", "send_feedback")}), "Foo", None)
    assert (model.service_type, model.advice) == ("MODEL", ())
    assert model.service_type_source == "Foo has send_feedback, which no type needs"


@pytest.mark.parametrize(
    "head",
    [
        "class Foo: pass\n",
        "class Foo(object): x = 1\n",
        "from seldon_core.user_model import SeldonComponent\nclass Foo(SeldonComponent): pass\n",
        "from seldon_core.user_model import SeldonComponent as S\nclass Foo(S): pass\n",
        "import seldon_core.user_model\nclass Foo(seldon_core.user_model.SeldonComponent): pass\n",
        "import abc\nclass Foo(abc.ABC): pass\n",
        "from abc import ABCMeta\nclass Foo(metaclass=ABCMeta): pass\n",
        "from typing import Generic, TypeVar\nT = TypeVar('T')\nclass Foo(Generic[T]): pass\n",
        "class Foo(dict): pass\n",
        "class Foo(Exception): pass\n",
        "from base import Base\nclass Foo(Base): pass\n",
    ],
)
def test_a_base_that_brings_nothing_is_no_excuse(tmp_path: Path, head: str) -> None:
    source(tmp_path, {"Foo.py": head, "base.py": "class Base: pass\n"})
    with pytest.raises(ModelMethodMissing):
        find(tmp_path, "Foo", "MODEL")
    with pytest.raises(ModelMethodMissing):
        find(tmp_path, "Foo", None)


# SERVICE_TYPE is not given


@pytest.mark.parametrize(
    ("methods", "service_type", "why"),
    [
        (("predict",), "MODEL", "Foo has predict"),
        (("predict_raw",), "MODEL", "Foo has predict_raw"),
        (("predict", "predict_raw"), "MODEL", "Foo has predict and predict_raw"),
        (("route",), "ROUTER", "Foo has route"),
        (("aggregate_raw",), "COMBINER", "Foo has aggregate_raw"),
        (("transform_output",), "TRANSFORMER", "Foo has transform_output"),
        (
            ("transform_input", "transform_output"),
            "TRANSFORMER",
            "Foo has transform_input and transform_output",
        ),
        (("predict", "transform_output"), "MODEL", "Foo has predict"),
        (("predict", "route"), "ROUTER", "Foo has route"),
        (("predict", "aggregate", "load"), "COMBINER", "Foo has aggregate"),
    ],
)
def test_the_service_type_is_taken_from_the_methods(
    tmp_path: Path, methods: tuple[str, ...], service_type: str, why: str
) -> None:
    body = "".join(f"    def {method}(self, *a): ...\n" for method in methods)
    model = find(source(tmp_path, {"Foo.py": f"class Foo:\n{body}"}), "Foo", None)
    assert (model.service_type, model.service_type_source) == (service_type, why)
    assert set(model.methods) == set(methods)


# MODEL_NAME is not given


@pytest.mark.parametrize(
    "files",
    [
        {"Foo.py": FOO},
        {
            "Foo.py": FOO,
            "train.py": "class Trainer:\n    def fit(self): ...\n",
            "setup.py": "",
            "broken.py": "x = = 1\n",
        },
        {"Foo.py": FOO, "model.py": PREDICTS.format("Other")},
        {"Foo.py": FOO, "Bar.py": "class Bar:\n    def load(self): ...\n"},
        {
            "Foo.py": "from base import Base\nclass Foo(Base): pass\n",
            "base.py": PREDICTS.format("Base"),
        },
        {"Foo.py": FOO, "pkg/Bar.py": PREDICTS.format("Bar")},
        {"Foo.py": FOO, "test_Foo.py": PREDICTS.format("test_Foo")},
    ],
)
@pytest.mark.parametrize("missing", [None, ""])
def test_the_one_file_with_a_class_of_its_own_name_is_taken(
    tmp_path: Path, files: Files, missing: str | None
) -> None:
    model = find(source(tmp_path, files), missing, None)
    assert (model.name, model.class_name, model.service_type) == ("Foo", "Foo", "MODEL")
    assert model.name_source == "the only file with a class of the same name: Foo.py"


@pytest.mark.parametrize(
    ("files", "candidates"),
    [
        (
            {"Foo.py": FOO, "Bar.py": PREDICTS.format("Bar")},
            ["Bar: class Bar in Bar.py, with predict", "Foo: class Foo in Foo.py, with predict"],
        ),
        ({"model.py": FOO}, ["model.Foo: class Foo in model.py, with predict"]),
        (
            {"pkg/model.py": with_method("Foo", "route")},
            ["pkg.model.Foo: class Foo in pkg/model.py, with route"],
        ),
        (
            {"model.py": FOO, ".venv/a.py": FOO, "node_modules/a.py": FOO, "test_a.py": FOO},
            ["model.Foo: class Foo in model.py, with predict"],
        ),
        ({"train.py": "x = 1\n"}, []),
        ({}, []),
        ({"Foo.py": "class Foo:\n    def load(self): ...\n"}, []),
    ],
)
def test_without_exactly_one_the_error_lists_the_candidates(
    tmp_path: Path, files: Files, candidates: list[str]
) -> None:
    with pytest.raises(ModelNameMissing, match="MODEL_NAME is not set") as caught:
        find(source(tmp_path, files), None, None)
    assert [
        line.strip() for line in caught.value.cause.splitlines() if line.startswith("  ")
    ] == candidates
    first = (
        f"Set MODEL_NAME={candidates[0].partition(':')[0]} in "
        if candidates
        else "Define the class MyModel"
    )
    assert caught.value.fixes[0].startswith(first)


def test_unparsable_file_is_the_error_without_a_candidate(tmp_path: Path) -> None:
    source(
        tmp_path, {"Foo.py": "class Foo\n    def predict(self, X): ...\n", "train.py": "x = = 1\n"}
    )
    with pytest.raises(SourceSyntaxError, match=r"`Foo\.py`, line 1"):
        find(tmp_path, None, None)
