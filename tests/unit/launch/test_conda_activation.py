"""seldon-serve in a conda environment: its variables and its scripts, as bash runs them. The wrapper is that of tests/support/stand_in.py."""

import json
from pathlib import Path

import pytest

from tests.support.stand_in import application, before_run, seen_by_wrapper, serve


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return application(tmp_path)


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """An environment whose path has what a shell would take apart."""
    return tmp_path / "envs/it's my [env]"


def scripted(prefix: Path, name: str, text: str) -> None:
    folder = prefix / "etc/conda/activate.d"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def with_variables(prefix: Path, name: str, text: str) -> None:
    folder = prefix / "etc/conda/env_vars.d"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def test_what_scripts_export_is_there_when_python_starts(app: Path, prefix: Path) -> None:
    scripted(prefix, "a.sh", 'export LD_LIBRARY_PATH="$CONDA_PREFIX/lib"\nNOT_EXPORTED=1\n')
    scripted(
        prefix,
        "b.sh",
        'export SEVERAL="two words\n  and a second line"\nexport A_LIST=$LD_LIBRARY_PATH:/opt\n',
    )
    env = seen_by_wrapper(serve(app, CONDA_PREFIX=str(prefix)))["env"]
    assert env["LD_LIBRARY_PATH"] == f"{prefix}/lib"
    assert env["SEVERAL"] == "two words\n  and a second line"
    assert env["A_LIST"] == f"{prefix}/lib:/opt"
    assert not {"NOT_EXPORTED", "SELDON_SERVE_ACTIVATED"} & set(env)


def test_activation_keeps_the_process_and_its_arguments(app: Path, prefix: Path) -> None:
    scripted(prefix, "a.sh", "set -- one two; cd /; false\n")
    scripted(prefix, "b.sh", "cd - >/dev/null\n")
    seen = seen_by_wrapper(serve(app, "--workers", "it's 4; exit 9", CONDA_PREFIX=str(prefix)))
    assert seen["argv"] == [
        "seldon-core-microservice",
        "MyModel",
        "--service-type",
        "MODEL",
        "--workers",
        "it's 4; exit 9",
    ]
    assert seen["cwd"] == str(app)


def test_activation_runs_posix_scripts_in_order_of_name(app: Path, prefix: Path) -> None:
    for name in ("b's.sh", "a b.sh", "c$(exit 5).sh", "d.fish", "e.csh"):
        scripted(prefix, name, f'export SEEN="${{SEEN}}{name[0]}"\n')
    assert seen_by_wrapper(serve(app, CONDA_PREFIX=str(prefix)))["env"]["SEEN"] == "abc"


def test_a_script_for_bash_runs_in_bash(app: Path, prefix: Path) -> None:
    scripted(
        prefix,
        "a.sh",
        'words=(a b); [[ ${words[1]} == b ]] && export SHELL_IS="bash $BASH_VERSION"\n',
    )
    assert seen_by_wrapper(serve(app, CONDA_PREFIX=str(prefix)))["env"]["SHELL_IS"].startswith(
        "bash "
    )


def test_activation_script_that_exits_is_named_with_its_code(app: Path, prefix: Path) -> None:
    scripted(prefix, "a.sh", "true\n")
    scripted(prefix, "b's.sh", "exit 3\n")
    done = serve(app, CONDA_PREFIX=str(prefix))
    assert (done.returncode, done.stdout) == (3, "")
    assert (
        done.stderr == f"seldon-serve: {prefix}/etc/conda/activate.d/b's.sh stopped the startup.\n"
    )


def test_unreadable_activation_script_does_not_stop_the_model(app: Path, prefix: Path) -> None:
    scripted(prefix, "a.sh", "if true; then\n")
    done = serve(app, CONDA_PREFIX=str(prefix))
    assert seen_by_wrapper(done)["argv"][1] == "MyModel"
    assert "a.sh: line 2: syntax error" in done.stderr


def test_before_run_runs_once_before_activation(app: Path, prefix: Path) -> None:
    before_run(app, '#!/bin/sh\necho "before [$SCRIPT]"\n')
    scripted(prefix, "a.sh", "export SCRIPT=a; echo script\n")
    done = serve(app, CONDA_PREFIX=str(prefix), TRACING="false")
    assert done.stdout.splitlines()[:-1] == ["before []", "script"]
    assert (
        done.stderr
        == "seldon-serve: TRACING=false is read as 0.\nseldon-serve: Running before-run.\n"
    )
    assert seen_by_wrapper(done)["env"]["TRACING"] == "0"


def test_environment_variables_without_scripts_need_no_shell(app: Path, prefix: Path) -> None:
    with_variables(prefix, "a.json", json.dumps({"FROM_A": "x y", "BOTH": "a", "NUMBER": 1}))
    with_variables(prefix, "b.json", json.dumps({"BOTH": "b"}))
    env = seen_by_wrapper(serve(app, CONDA_PREFIX=str(prefix)))["env"]
    assert {name: env[name] for name in ("FROM_A", "BOTH", "NUMBER")} == {
        "FROM_A": "x y",
        "BOTH": "b",
        "NUMBER": "1",
    }
    assert "SHLVL" not in env


def test_scripts_see_the_environments_variables(app: Path, prefix: Path) -> None:
    with_variables(prefix, "a.json", json.dumps({"FROM_A": "x"}))
    scripted(prefix, "a.sh", "export TWICE=$FROM_A$FROM_A\n")
    assert seen_by_wrapper(serve(app, CONDA_PREFIX=str(prefix)))["env"]["TWICE"] == "xx"


@pytest.mark.parametrize("text", ["{not json", "[1]", '"x"', ""])
def test_unreadable_environment_variables_are_skipped_and_named(
    app: Path, prefix: Path, text: str
) -> None:
    with_variables(prefix, "a.json", text)
    with_variables(prefix, "b.json", '{"B": "b"}')
    done = serve(app, CONDA_PREFIX=str(prefix))
    assert seen_by_wrapper(done)["env"]["B"] == "b"
    assert done.stderr.startswith(
        f"seldon-serve: {prefix}/etc/conda/env_vars.d/a.json is skipped: "
    )
    assert "Traceback" not in done.stderr


def test_without_an_environment_nothing_of_it_happens(app: Path) -> None:
    assert "SHLVL" not in seen_by_wrapper(serve(app))["env"]


@pytest.mark.parametrize("there", [True, False])
def test_an_environment_with_nothing_to_run_starts_as_it_is(
    app: Path, prefix: Path, there: bool
) -> None:
    if there:
        (prefix / "etc/conda/activate.d").mkdir(parents=True)
    env = seen_by_wrapper(serve(app, CONDA_PREFIX=str(prefix)))["env"]
    assert env["CONDA_PREFIX"] == str(prefix)
    assert "SHLVL" not in env
