"""What child programs get: the variables of an allow list, and no secret on their command lines."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from seldon_buildpack.commands.environments import Program, choose_variables
from seldon_buildpack.commands.rattler import Rattler
from seldon_buildpack.package_sources.conda_channels import Channels
from tests.support import packages, servers
from tests.support.bindings import bind
from tests.support.canaries import Credentials, forms
from tests.support.whole_build import WholeBuild, build_here, make_bundle

MODEL = "class M:\n    def predict(self, X, names=None):\n        return X\n"
# A build backend that writes down what it finds without looking for files: its environment, and the
# command lines of all processes that it may see.
BACKEND = """\
import json, os, pathlib, zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    words = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words.append(path.read_bytes().decode(errors="replace"))
        except OSError:
            pass
    pathlib.Path(SPIED).write_text(json.dumps([dict(os.environ), words]))
    name = "p-1-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        wheel.writestr("p-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: p\\nVersion: 1\\n")
        wheel.writestr("p-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("p-1.dist-info/RECORD", "")
    return name
"""
PROJECT = {
    "p/backend.py": BACKEND,
    "p/pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\n'
    'backend-path = ["."]\n[project]\nname = "p"\ndynamic = ["version"]\n',
}
# Variables that a build may hold, none of which a child program of ours needs.
NAMES = (
    *("AWS_SECRET_ACCESS_KEY", "AZURE_CLIENT_SECRET", "BASH_ENV", "BP_ANYTHING", "BPE_APP_KEY"),
    *("CARGO_REGISTRY_TOKEN", "CMAKE_TOKEN", "CNB_PLATFORM_DIR", "CONDA_TOKEN", "DATABASE_URL"),
    *("DOCKER_CONFIG", "FOO", "GITHUB_TOKEN", "GIT_ASKPASS", "GIT_CONFIG_PARAMETERS", "GIT_TRACE"),
    *("GOOGLE_APPLICATION_CREDENTIALS", "HF_TOKEN", "KUBECONFIG", "LD_AUDIT", "MYSQL_PWD"),
    *("NPM_TOKEN", "PGPASSWORD", "PIP_ANYTHING", "PYTHONINSPECT", "SSH_AUTH_SOCK", "SSLKEYLOGFILE"),
    *(
        "TWINE_PASSWORD",
        "UV_INDEX_CORP_PASSWORD",
        "UV_PUBLISH_TOKEN",
        "VAULT_TOKEN",
        "XDG_DATA_HOME",
    ),
)
PLANTED = {name: f"canary-of-{name}-x7q" for name in NAMES}


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in {"M.py": MODEL, **files}.items():
        (root / "app" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "app" / name).write_text(text)


def build(root: Path, files: Mapping[str, str], env: Mapping[str, str], **base: str) -> WholeBuild:
    write(root, files)
    if "p/backend.py" in files:
        backend = root / "app/p/backend.py"
        backend.write_text(f"SPIED = {str(root / 'spied.json')!r}\n{BACKEND}")
    bundle = make_bundle(root / "bundle", root / "records")
    return build_here(
        root,
        bundle,
        records=root / "records",
        env=env,
        bindings=root / "bindings",
        base_env=base,
    )


def secrets_in(data: bytes, *planted: str) -> list[str]:
    return [text for text in planted if any(form in data for form in forms(text))]


def test_children_get_no_variable_that_is_not_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in PLANTED.items():
        monkeypatch.setenv(name, value)
    env = {**PLANTED, "CFLAGS": "-O1", "GIVEN": "1", "BP_BUILD_VARIABLES": "GIVEN"}
    files = {**PROJECT, "requirements.txt": "./p\n", ".s2i/environment": "P_VERSION=2\n"}
    made = build(tmp_path, files, env)
    assert made.error is None, made.log
    assert {name.partition(".")[0] for name, _, _ in made.children} == {"uv"}
    for _, variables, _ in made.children:
        assert secrets_in(variables, *PLANTED.values()) == []
    spied, _ = json.loads((tmp_path / "spied.json").read_text())
    # uv itself sets these for a build backend; a shell sets PWD, and CPython LC_CTYPE.
    of_others = {"PWD", "OLDPWD", "_", "SHLVL", "LC_CTYPE", "VIRTUAL_ENV", "PYTHONIOENCODING"}
    allowed = Program.UV.value | of_others | {"UV", "UV_INTERNAL__BUILD_DIR"}
    assert set(spied) - allowed == {"CFLAGS", "GIVEN", "P_VERSION"}
    assert secrets_in(json.dumps(spied).encode(), *PLANTED.values()) == []


def test_rattler_gets_no_variable_that_is_not_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = tmp_path / "worker.py"
    worker.write_text("import json, os\nprint(json.dumps({'env': dict(os.environ)}))\n")
    monkeypatch.setattr("seldon_buildpack.commands.rattler._WORKER", worker)
    for name, value in PLANTED.items():
        monkeypatch.setenv(name, value)
    scratch = tmp_path / "scratch"
    env = {**PLANTED, "PATH": os.environ["PATH"], "HTTPS_PROXY": "http://proxy"}
    rattler = Rattler(channels=Channels(), env=env, libraries=tmp_path, scratch=scratch)
    seen = rattler._run("solve")["env"]
    assert set(seen) - {"LC_CTYPE"} == {"PATH", "HTTPS_PROXY", "TMPDIR"}


@pytest.mark.parametrize("program", list(Program))
def test_program_gets_its_own_variables_and_those_for_builds(program: Program) -> None:
    own = dict.fromkeys(program.value, "ours")
    chosen = choose_variables(program, {**PLANTED, **own}, {"CFLAGS": "-O1", "PATH": "/theirs"})
    assert chosen == {**own, "CFLAGS": "-O1"}


def test_no_secret_is_on_a_command_line(tmp_path: Path) -> None:
    index, extra, constraints, git, catalogue = (
        Credentials.planted(where)
        for where in ("index", "extra", "constraints", "git", "catalogue")
    )
    folder = tmp_path / "files"
    packages.wheel(folder / "simple/dep", "dep", "1.0")
    (folder / "limits.txt").write_text("dep<2\n")
    with servers.plain_http(folder) as url:
        bind(
            tmp_path / "bindings",
            "corp",
            {
                "type": "pypi",
                "uri": f"{url}/simple",
                "username": index.user,
                "password": index.password,
            },
        )
        login = servers.with_user(url, git.user, git.password)
        made = build(
            tmp_path,
            {**PROJECT, "requirements.txt": f"./p\ndep\nq @ git+{login}/q.git@main\n"},
            {
                "PIP_EXTRA_INDEX_URL": servers.with_user(
                    f"{url}/simple", extra.user, extra.password
                ),
                "PIP_CONSTRAINT": servers.with_user(
                    f"{url}/limits.txt", constraints.user, constraints.password
                ),
            },
        )
    assert made.error is not None, made.log
    planted = [word for each in (index, extra, constraints, git) for word in each.words()]
    words = b"\n".join(words for _, _, words in made.children)
    assert b"git\0" in words
    assert b"fetch" in words
    assert secrets_in(words, *planted) == []
    assert secrets_in(made.log.encode(), *planted) == []
    missing = tmp_path / "second"
    missing.mkdir()
    address = servers.with_user(
        "http://127.0.0.1:9/pythons.json", catalogue.user, catalogue.password
    )
    env = {"BP_PYTHON_VERSION": "3.10", "BP_PYTHON_DOWNLOADS_JSON_URL": address, "PIP_RETRIES": "0"}
    failed = build(missing, {"requirements.txt": "dep\n"}, env)
    assert failed.error is not None
    assert b"python\0install\0" in b"".join(words for _, _, words in failed.children)
    for _, _, words in failed.children:
        assert secrets_in(words, *catalogue.words()) == []


def test_package_build_spies_no_password(tmp_path: Path) -> None:
    index = Credentials.planted("spied")
    folder = tmp_path / "files"
    packages.wheel(folder / "simple/dep", "dep", "1.0")
    with servers.files_with_password(folder, index.user, index.password) as url:
        entries = {"type": "pypi", "uri": f"{url}/simple", "username": index.user}
        bind(tmp_path / "bindings", "corp", {**entries, "password": index.password})
        made = build(tmp_path, {**PROJECT, "requirements.txt": "./p\ndep\n"}, {})
    assert made.error is None, made.log
    spied = (tmp_path / "spied.json").read_bytes()
    assert secrets_in(spied, *index.words()) == []


def test_security_model_lists_the_variables_of_each_program() -> None:
    page = (Path(__file__).parents[2] / "docs/security-model.md").read_text()
    listed = page.partition("### The variables of each program")[2].partition("\n## ")[0]
    names = {name for program in Program for name in program.value}
    spelt = {name for name in names if not name.startswith(("UV_", "PIP_"))}
    # `GIT_CONFIG_KEY_0` and `_1`, and proxies in both cases.
    written = {
        name.upper().replace("KEY_1", "KEY_0").replace("VALUE_1", "VALUE_0") for name in spelt
    }
    assert [name for name in sorted(written) if f"`{name}`" not in listed] == []
