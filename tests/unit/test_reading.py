"""In which order what came with s2i is read: its scripts, then .s2iignore, then all that is left."""

import io
from pathlib import Path

import pytest

from seldon_buildpack.app_dir import s2i_scripts
from seldon_buildpack.build import read_project
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.log import Log
from seldon_buildpack.messages.errors.model import ModelModuleNotFound
from seldon_buildpack.project import Project
from tests.support.bindings import bind
from tests.support.context import make_context

MODEL = "class Plain:\n    def predict(self, X, names=None):\n        return X\n"


def read(app: Path, files: dict[str, str]) -> tuple[Project, str]:
    for name, text in {"Plain.py": MODEL, **files}.items():
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text(text)
    out = Log(io.StringIO())
    scratch = app.parent / f"{app.name}-scratch"
    scratch.mkdir(exist_ok=True)
    project = read_project(
        make_context(
            Platform(app=app, buildpack=app, layers=None, env={}, base_env={}), out, scratch
        )
    )
    assert isinstance(out.stream, io.StringIO)
    return project, out.stream.getvalue()


def test_plain_source_has_no_warnings_and_labels_the_model(
    tmp_path: Path,
) -> None:
    project, told = read(tmp_path, {})
    assert told == ""
    assert project.labels["io.k8s.display-name"] == "Plain"


def test_a_label_of_the_user_wins(tmp_path: Path) -> None:
    metadata = '{"labels": [{"io.k8s.display-name": "My model"}, {"team": "x"}]}'
    project, _ = read(tmp_path, {".s2i/image_metadata.json": metadata})
    assert project.labels == {
        "io.k8s.display-name": "My model",
        "io.k8s.description": "Plain, a MODEL served by Seldon Core's Python wrapper",
        "team": "x",
    }


def test_ignored_manifest_is_not_installed_and_logged(tmp_path: Path) -> None:
    project, told = read(
        tmp_path, {"requirements.txt": "numpy\n", "notes.txt": "", ".s2iignore": "*.txt\n"}
    )
    assert project.requirements is None
    assert told == (
        "  Excluded      notes.txt, requirements.txt  (.s2iignore)\n"
        "  Warning: requirements.txt is excluded by .s2iignore, so the build does not read it, as with s2i.\n"
        "           If the build should read it, write `!requirements.txt` as the last line of .s2iignore.\n"
    )


def test_of_many_names_the_first_few_are_shown(tmp_path: Path) -> None:
    _, told = read(
        tmp_path, {**{f"{number}.md": "" for number in range(8)}, ".s2iignore": "*.md\n"}
    )
    assert told == "  Excluded      0.md, 1.md, 2.md, 3.md, 4.md and 3 more  (.s2iignore)\n"


def test_ignored_variables_and_labels_are_not_read(tmp_path: Path) -> None:
    files = {
        ".s2i/environment": "A=b\n",
        ".s2i/image_metadata.json": "no JSON",
        ".s2iignore": ".s2i\n",
    }
    project, told = read(tmp_path, files)
    assert "A.default" not in project.settings.launch
    assert "Warning: .s2i is excluded by .s2iignore" in told


def test_a_model_that_is_left_out_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelModuleNotFound):
        read(tmp_path, {".s2i/environment": "MODEL_NAME=Plain\n", ".s2iignore": "*.py\n"})


def test_each_script_of_s2is_is_named_with_what_to_use_instead(tmp_path: Path) -> None:
    scripts = {
        f".s2i/bin/{name}": ""
        for name in ("assemble", "run", "save-artifacts", "test/run", "helper")
    }
    _, told = read(tmp_path, {**scripts, ".s2iignore": ".s2i\n"})
    lines = told.splitlines()
    named = [line for line in lines if "is not run" in line]
    assert named == [
        f"  Warning: .s2i/bin/{name} is not run: only s2i runs it."
        for name in ("assemble", "run", "save-artifacts", "test/run")
    ]
    for name, instead in {
        "assemble": "requirements.txt",
        "run": "before-run",
        "save-artifacts": "reuse",
        "test/run": "yourself",
    }.items():
        assert (
            instead
            in lines[lines.index(f"  Warning: .s2i/bin/{name} is not run: only s2i runs it.") + 1]
        )


def test_a_directory_of_a_scripts_name_is_no_script(tmp_path: Path) -> None:
    (tmp_path / ".s2i/bin/run").mkdir(parents=True)
    assert s2i_scripts.advice(tmp_path) == ()


@pytest.mark.parametrize(
    ("variable", "address"),
    [
        ("HTTPS_PROXY", "http://bob:s3cr3t@proxy:3128"),
        ("http_proxy", "bob:s3cr3t@proxy:3128"),
        ("https_proxy", "http://bob:s3%63r3t@proxy"),
    ],
)
def test_proxy_password_of_the_platform_is_masked(
    tmp_path: Path, variable: str, address: str
) -> None:
    (tmp_path / "Plain.py").write_text(MODEL)
    out = Log(io.StringIO())
    platform = Platform(
        app=tmp_path, buildpack=tmp_path, layers=None, env={}, base_env={variable: address}
    )
    read_project(make_context(platform, out, tmp_path))
    assert "s3cr3t" not in out.masker.mask("the proxy said that s3cr3t is not bob's password")


def test_credential_in_the_file_warns_unless_for_an_index(
    tmp_path: Path,
) -> None:
    environment = "DB_PASSWORD=correct-horse\nINDEX_TOKEN=t0k3n-of-index\n"
    requirements = "-i https://${INDEX_TOKEN}@h/simple\nsix\n"
    project, told = read(
        tmp_path, {".s2i/environment": environment, "requirements.txt": requirements}
    )
    assert told.startswith("  Warning: .s2i/environment: DB_PASSWORD looks like a credential")
    assert "INDEX_TOKEN" not in told
    assert "DB_PASSWORD.default" in project.settings.launch
    assert "INDEX_TOKEN.default" not in project.settings.launch


def test_what_is_bound_is_read_with_the_rest(tmp_path: Path) -> None:
    app, bindings = tmp_path / "app", tmp_path / "bindings"
    bind(
        bindings,
        "corp",
        {"type": "pypi", "uri": "https://h/simple", "username": "u", "password": "s3cr3t"},
    )
    bind(bindings, "forgotten", {"uri": "https://h/simple"})
    app.mkdir()
    (app / "Plain.py").write_text(MODEL)
    out = Log(io.StringIO())
    platform = Platform(app=app, buildpack=app, layers=None, env={}, base_env={}, bindings=bindings)
    project = read_project(make_context(platform, out, tmp_path))
    assert project.index.names() == ("https://h/simple",)
    assert out.masker.mask("s3cr3t") == "****"
    assert isinstance(out.stream, io.StringIO)
    assert out.stream.getvalue().startswith(
        "  Warning: The binding forgotten is ignored: it has no file `type`.\n"
    )


def test_a_variable_that_a_channel_uses_is_not_in_the_image(tmp_path: Path) -> None:
    environment = "channels:\n  - https://u:${CHANNEL_KEY}@h/x\ndependencies: [python=3.10]\n"
    project, told = read(
        tmp_path, {".s2i/environment": "CHANNEL_KEY=s3cr3t\nA=b\n", "environment.yml": environment}
    )
    assert project.channels.urls == ("https://h/x",)
    assert "CHANNEL_KEY.default" not in project.settings.launch
    assert project.settings.launch["A.default"] == "b"
    assert "s3cr3t" not in told


def test_a_read_only_source_is_made_one_to_build_in(tmp_path: Path) -> None:
    app = tmp_path / "app"
    (app / "lib").mkdir(parents=True)
    (app / "lib").chmod(0o555)
    read(app, {})
    assert (app / "lib").stat().st_mode & 0o777 == 0o755
