"""What a directory may hold that nobody writes by mistake: it ends with an explanation, in time."""

from pathlib import Path

import pytest

from tests.support.reading_phase import Reading, read_source

MODEL = "class M:\n    def predict(self, X, names=None):\n        return X\n"
UV_LOCK = 'version = 1\n[[package]]\nname = "m"\nsource = {{ virtual = "." }}\n{}\n'
LONG = "a" * 300
DEEP = "[" * 3000


def read(app: Path, files: dict[str, str], **links: str) -> Reading:
    """Read a source with these files; a link's name has `__` for each slash and `_` for a dot."""
    for name, text in {"M.py": MODEL, ".s2i/environment": "MODEL_NAME=M\n", **files}.items():
        path = app / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
    for name, target in links.items():
        (app / name).symlink_to(target)
    return read_source(app)


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ({"requirements.txt": f"./{LONG}\n"}, None),
        ({"requirements.txt": f"--find-links {LONG}\n"}, None),
        ({"requirements.txt": "numpy ; python_version < '3." + "1" * 5000 + "'\n"}, "BadReq"),
        ({"pyproject.toml": "[tool]\nuv = 'x'\n"}, "PyprojectNotTable"),
        ({"pyproject.toml": "a." * 20_000 + "a = 1\n"}, "PyprojectUnreadable"),
        ({"pyproject.toml": f"a = {DEEP}\n"}, "PyprojectUnreadable"),
        ({"pyproject.toml": "", "uv.lock": UV_LOCK.format("dependencies = 3")}, "LockUnreadable"),
        ({"pyproject.toml": "", "uv.lock": UV_LOCK.format("dependencies=[{}]")}, "LockUnreadable"),
        (
            {"pyproject.toml": "", "uv.lock": UV_LOCK.format('resolution-markers = "x"')},
            "LockUnreadable",
        ),
        ({"pyproject.toml": "", "uv.lock": f"a = {DEEP}"}, "LockUnreadable"),
        ({"environment.yml": "dependencies: [python=3." + "1" * 5000 + "]\n"}, "CondaPython"),
        ({"environment.yml": 'dependencies: [python, pip: ["numpy # \\uD800"]]\n'}, "YamlInvalid"),
        ({"environment.yml": 'variables: {A: "a\\0b"}\n'}, "YamlInvalid"),
        ({"environment.yml": "variables: {A.B: c}\n"}, "VariableMisnamed"),
        ({"environment.yml": f"variables: {{{LONG}: c}}\n"}, "VariableNameTooLong"),
        ({"environment.yml": f"channels: [./{LONG}]\n"}, "ChannelFolderMissing"),
        ({"environment.yml": "dependencies: [{}]\n"}, "EnvironmentNotText"),
        (
            {"pyproject.toml": "[project]\nrequires-python = '>=3." + "1" * 5000 + "'\n"},
            "PythonVersionUnknown",
        ),
        ({"environment.txt": f"@EXPLICIT\n./{LONG}-1-0.conda\n"}, "ExplicitLineInvalid"),
        ({".s2i/environment": f"{LONG}=1\n"}, "VariableNameTooLong"),
        ({".s2i/environment": "MODEL_NAME=M\nBP_SELDON_CORE_VERSION=1/../../x\n"}, "WrapperVer"),
        ({".s2i/image_metadata.json": '{"labels": [{"io.seldon.licenses": "/x"}]}'}, "ImageMeta"),
    ],
)
def test_an_odd_text_is_explained(tmp_path: Path, files: dict[str, str], error: str | None) -> None:
    found = read(tmp_path, files)
    assert found.is_explained, found.error
    assert type(found.error).__name__.startswith(error or "NoneType")
    assert found.seconds < 3


@pytest.mark.parametrize("name", ["requirements.txt", "setup.py", "uv.lock", "environment.yml"])
@pytest.mark.parametrize("target", ["loop", "/dev/zero", ".", LONG])
def test_a_link_for_a_manifest_is_explained(tmp_path: Path, name: str, target: str) -> None:
    found = read(tmp_path, {"pyproject.toml": ""}, **{name: name if target == "loop" else target})
    assert found.is_explained, found.error
    assert found.seconds < 3


def test_links_in_a_circle_among_channels_are_explained(tmp_path: Path) -> None:
    files = {"environment.yml": "channels: [./loop]\ndependencies: [python]\n"}
    found = read(tmp_path, files, loop="loop")
    assert type(found.error).__name__ == "ChannelFolderMissing"


def test_links_to_folders_above_do_not_multiply_patterns(tmp_path: Path) -> None:
    pattern = "/".join("*" * 24)
    found = read(tmp_path, {".s2iignore": f"{pattern}\n!M.py\n"}, a=".", b=".")
    assert found.is_explained, found.error
    assert found.seconds < 8


def test_a_pattern_longer_than_any_path_matches_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, {".s2iignore": "?" * 200_000 + "\n"})
    assert found.error is None
    assert found.seconds < 2


def test_merge_keys_that_multiply_are_refused(tmp_path: Path) -> None:
    levels = "".join(
        f"a{n}: &a{n} {{<<: [{','.join([f'*a{n - 1}'] * 10)}]}}, " for n in range(1, 9)
    )
    text = "{a0: &a0 {x: 1}, " + levels + "}"
    found = read(tmp_path, {".s2i/environment": f"MODEL_NAME=M\nMODEL_METADATA={text}\n"})
    assert type(found.error).__name__ == "MetadataInvalid"
    assert found.seconds < 2


def test_a_folder_outside_the_source_is_no_requirement(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other/setup.py").write_text("")
    for line in ("../other", "./link", "-e ../other", "other @ ../other"):
        found = read(tmp_path / "app", {"requirements.txt": f"{line}\n"})
        if line != "./link":
            assert type(found.error).__name__ == "LocalFolderOutside"


def test_a_secret_is_masked_in_labels_and_in_the_copy(tmp_path: Path) -> None:
    environment = (
        "MODEL_NAME=M\nexport\tUV_INDEX_CORP_PASSWORD=second-secret\nPIP_X: third-secret\n"
    )
    metadata = '{"labels": [{"team": "SECOND-secret"}]}'
    files = {".s2i/environment": f"\ufeff{environment}", ".s2i/image_metadata.json": metadata}
    found = read(tmp_path, files)
    assert found.error is None
    copies = "".join(path.read_text() for path in (tmp_path / ".s2i").iterdir())
    assert "secret" not in (copies + found.metadata).lower()
