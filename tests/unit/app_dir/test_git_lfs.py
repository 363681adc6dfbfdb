"""Pointers of Git LFS: those that the model may open, and those that cannot matter."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from seldon_buildpack.app_dir import git_lfs, permissions
from seldon_buildpack.messages.errors.source_files import GitLfsPointers
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.model import find

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4' * 64}\nsize 132735\n"
_MODEL = "{}\n\nclass Foo:\n    def __init__(self):\n        {}\n\n    def predict(self, X, names=None):\n        return X\n"


def check(
    app: Path, files: Mapping[str, str], listed: tuple[str, ...] = (), values: tuple[str, ...] = ()
) -> tuple[Advice, ...]:
    for name, text in files.items():
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text(text)
    model = find.find(app, "Foo", None)
    sizes = permissions.open_to_all(app).sizes
    return git_lfs.check_pointers(app, sizes, model, [app / name for name in listed], values)


@pytest.mark.parametrize(
    ("pointer", "code"),
    [
        ("model.pkl", "open('model.pkl')"),
        ("models/v1/model.pkl", "open(join('models', 'v1', 'model.pkl'))"),
        ("models/v1/weights.h5", "load('models/v1')"),
        ("models/v1/weights.h5", "load(HERE / 'models' / version)"),
        ("weights.pt", "glob('*.pt')"),
        ("weights.pt", "open(f'{name}.pt')"),
        ("weights.pt", "open('weights' + extension)"),
        ("weights", "open('weights')"),
        ("model/pytorch_model.bin", "from_pretrained(HERE)"),
        ("export/saved_model.pb", "load(HERE)"),
        ("logo.png", "open('logo.png')"),
    ],
)
def test_a_pointer_that_the_code_names_is_an_error(tmp_path: Path, pointer: str, code: str) -> None:
    with pytest.raises(GitLfsPointers) as raised:
        check(tmp_path, {pointer: POINTER, "Foo.py": _MODEL.format("", code)})
    assert raised.value.title == f"`{pointer}` is a Git LFS pointer, not the file itself"
    assert "git lfs install && git lfs pull" in raised.value.fixes[0]


@pytest.mark.parametrize(
    ("pointer", "code"),
    [
        ("old.pkl", "open('model.json')"),
        ("data/train.csv", "X['data']['ndarray']"),
        ("img/logo.png", "open('img/other.json')"),
        ("notebooks/model.pkl", "open('old-model.pkl')"),
        ("tests/model.pkl", "open('tests/x')"),
        ("wheels/a-1-py3-none-any.whl", "open('wheels')"),
    ],
)
def test_a_pointer_that_nothing_names_is_a_warning(tmp_path: Path, pointer: str, code: str) -> None:
    (piece,) = check(tmp_path, {pointer: POINTER, "Foo.py": _MODEL.format("", code)})
    assert f"not the files themselves: {pointer}." in piece.found


def test_only_code_that_the_model_imports_counts(tmp_path: Path) -> None:
    files = {
        "train.csv": POINTER,
        "weights.bin": POINTER,
        "train.py": "open('train.csv')\n",
        "helper.py": "import deeper\n",
        "deeper.py": "open('weights.bin')\n",
    }
    assert check(tmp_path, {**files, "Foo.py": _MODEL.format("", "pass")})
    with pytest.raises(GitLfsPointers) as raised:
        check(tmp_path, {"Foo.py": _MODEL.format("import helper", "pass")})
    assert "\n  weights.bin" in raised.value.cause
    assert "train.csv" not in raised.value.cause


@pytest.mark.parametrize("name", ["config.yaml", ".s2i/environment", "MLmodel", "before-run"])
def test_a_configuration_file_counts(tmp_path: Path, name: str) -> None:
    files = {"w.bin": POINTER, name: "PATH=w.bin\n", "Foo.py": _MODEL.format("", "pass")}
    with pytest.raises(GitLfsPointers):
        check(tmp_path, files)


def test_variables_and_listed_wheels_count(tmp_path: Path) -> None:
    files = {
        "art/w.bin": POINTER,
        "libs/a-1-py3-none-any.whl": POINTER,
        "Foo.py": _MODEL.format("", "pass"),
    }
    assert check(tmp_path, files)
    with pytest.raises(GitLfsPointers, match=r"w\.bin"):
        check(tmp_path, {}, values=("/mnt/art",))
    with pytest.raises(GitLfsPointers, match=r"a-1-py3"):
        check(tmp_path, {}, listed=("libs/a-1-py3-none-any.whl",))


def test_a_package_of_the_source_counts_if_installed(tmp_path: Path) -> None:
    files = {
        "lib/mine/__init__.py": "open('vocab.bin')\n",
        "lib/mine/vocab.bin": POINTER,
        "Foo.py": _MODEL.format("import mine", "pass"),
    }
    assert check(tmp_path, files)
    with pytest.raises(GitLfsPointers):
        check(tmp_path, {}, listed=("lib",))


def test_files_that_are_no_pointers_are_passed_over(tmp_path: Path) -> None:
    files = {
        "model.pkl": "version https://git-lfs.github.com/spec/v2\n",
        "notes.md": POINTER + "x" * 1000,
        ".git/lfs/model.pkl": POINTER,
        "Foo.py": _MODEL.format("", "open('model.pkl')"),
    }
    assert check(tmp_path, files) == ()


@pytest.mark.parametrize("name", ["requirements.txt", "environment.yml", "Foo.py", "uv.lock"])
def test_a_pointer_that_the_build_reads_is_an_error(tmp_path: Path, name: str) -> None:
    git_lfs.check_read_files(tmp_path)
    (tmp_path / name).write_text(POINTER)
    with pytest.raises(GitLfsPointers, match=name):
        git_lfs.check_read_files(tmp_path)
