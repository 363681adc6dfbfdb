from pathlib import Path

from seldon_buildpack.app_dir import scrub
from seldon_buildpack.manifests import requirements_txt
from seldon_buildpack.manifests import select as manifest
from seldon_buildpack.manifests.conda import select as conda_files
from seldon_buildpack.masking import Masker


def written(app: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text(text)
    return app


def test_index_settings_leave_the_environment_file(
    tmp_path: Path,
) -> None:
    environment = "MODEL_NAME=M\nPIP_INDEX_URL=https://u:p@h/simple\n# EXTRA_INDEX_URL=http://old:pw@h\nTOKEN=t0k\nexport UV_X=1\nA=b\n"
    app = written(
        tmp_path,
        {
            ".s2i/environment": environment,
            "requirements.txt": "-i https://${TOKEN}@h/simple\nsix\n",
        },
    )
    read = requirements_txt.read(app, app / "requirements.txt", {"TOKEN": "t0k"})
    assert scrub.application(app, read) == (".s2i/environment", "requirements.txt")
    assert (app / ".s2i/environment").read_text() == "MODEL_NAME=M\nA=b\n"
    assert (app / "requirements.txt").read_text() == "-i https://****@h/simple\nsix\n"


def test_credentials_leave_included_and_constraints_files(
    tmp_path: Path,
) -> None:
    line = "x @ https://u:p@h/x.whl?sig=s\n"
    app = written(
        tmp_path / "app", {"requirements.txt": "-r more.txt\n", "more.txt": line, "c.txt": line}
    )
    outside = written(tmp_path, {"outside.txt": line}) / "outside.txt"
    read = requirements_txt.read(app, app / "requirements.txt", {})
    assert scrub.application(app, read, [app / "c.txt", outside, app / "not-there.txt"]) == (
        "more.txt",
        "c.txt",
    )
    assert (
        (app / "more.txt").read_text()
        == (app / "c.txt").read_text()
        == "x @ https://****@h/x.whl?****\n"
    )
    assert outside.read_text() == line


def test_files_without_anything_secret_are_not_touched(tmp_path: Path) -> None:
    app = written(
        tmp_path,
        {".s2i/environment": "MODEL_NAME=M\r\n", "requirements.txt": "git+https://h/r.git@v1\n"},
    )
    before = {path: path.stat().st_mtime_ns for path in app.rglob("*")}
    assert scrub.application(app, requirements_txt.read(app, app / "requirements.txt", {})) == ()
    assert {path: path.stat().st_mtime_ns for path in app.rglob("*")} == before


def test_a_manifest_that_is_not_installed_is_masked_too(tmp_path: Path) -> None:
    app = written(
        tmp_path,
        {
            "requirements.txt": "six\n",
            "Pipfile": '[[source]]\nurl = "https://u:p@h/simple"\n',
            "uv.lock": "version = 1\n",
        },
    )
    read = requirements_txt.read(app, app / "requirements.txt", {})
    assert scrub.application(app, read, manifest.present(app)) == ("Pipfile",)
    assert (app / "Pipfile").read_text() == '[[source]]\nurl = "https://****@h/simple"\n'


def test_channel_tokens_are_not_in_the_image(
    tmp_path: Path,
) -> None:
    (tmp_path / ".s2i").mkdir()
    (tmp_path / ".s2i/environment").write_text(
        "MODEL_NAME=A\nTEAM_KEY=s3cr3t\nCONDA_CHANNELS=https://h/t/t0k3n/x\n"
    )
    (tmp_path / "environment.yml").write_text(
        "channels:\n  - https://u:${TEAM_KEY}@h/x\n  - https://h/t/t0k3n/y\ndependencies: [six]\n"
    )
    found = conda_files.read(tmp_path, tmp_path / "environment.yml", {"TEAM_KEY": "s3cr3t"})
    assert scrub.application(tmp_path, None, found.files, found.configuring) == (
        ".s2i/environment",
        "environment.yml",
    )
    assert (tmp_path / ".s2i/environment").read_text() == "MODEL_NAME=A\n"
    assert (
        (tmp_path / "environment.yml").read_text()
        == "channels:\n  - https://****@h/x\n  - https://h/t/****/y\ndependencies: [six]\n"
    )


def test_secrets_leave_a_file_in_any_encoding_and_over_lines(tmp_path: Path) -> None:
    line = "x @ https://u:pass\\\nword@h/x.whl\nsix\n"
    app = written(tmp_path, {"more.txt": line})
    (app / "requirements.txt").write_bytes(f"-r more.txt\n{line}".encode("utf-16"))
    read = requirements_txt.read(app, app / "requirements.txt", {})
    masker = Masker.of(read.secrets)
    assert scrub.application(app, read, masker=masker) == ("requirements.txt", "more.txt")
    kept = "x @ https://****@h/x.whl\nsix\n"
    assert (app / "more.txt").read_text() == kept
    assert (app / "requirements.txt").read_text("utf-16") == f"-r more.txt\n{kept}"
