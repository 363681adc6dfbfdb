"""A model that does what it should not does no harm in its trial, and is named."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.trial import processes, sandbox, trial
from tests.support.canaries import Credentials
from tests.support.trials import describe_trial, read_verdict

HAS_LANDLOCK = sandbox.create_ruleset([], []) is not None
needs_landlock = pytest.mark.skipif(not HAS_LANDLOCK, reason="this kernel has no Landlock")
CLASS = "class MyModel:\n    def predict(self, X, names=None):\n        return X\n"


@pytest.fixture(autouse=True)
def outside_tmp(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' folders are below /tmp, which a model may write to; here it may not."""
    monkeypatch.setattr(sandbox, "_WRITABLE", ("/dev",))


@pytest.fixture(params=["landlock", "without"])
def protection(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "landlock" and not HAS_LANDLOCK:
        pytest.skip("this kernel has no Landlock")
    if request.param == "without":
        monkeypatch.setattr(sandbox, "create_ruleset", lambda *_: None)
    name: str = request.param
    return name


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    kept = frozenset(process.pid for process in processes.list_descendants(frozenset()))
    yield
    assert not processes.list_descendants(kept)


def warnings_of(tmp_path: Path, code: str, seconds: int = 20) -> list[str]:
    return read_verdict(describe_trial(tmp_path, {"MyModel.py": code}, seconds=seconds))


def test_model_that_sleeps_is_stopped(tmp_path: Path) -> None:
    start = time.monotonic()
    assert warnings_of(tmp_path, f"import time\nprint('hi')\ntime.sleep(99)\n{CLASS}", 1) == [
        "The model took more than 1 s to be imported in the build, and was stopped. It printed last: hi.",
        "If it is slow only in the build, nothing is wrong: set BP_MODEL_TRIAL_TIMEOUT to more seconds, or BP_MODEL_TRIAL=import.",
        "A module that starts a server when it is imported never gets as far as serving.",
    ]
    assert time.monotonic() - start < 10


FORKING = """
import os, time
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(99)
        os._exit(0)
"""


def test_processes_that_left_the_session_are_ended(tmp_path: Path) -> None:
    assert warnings_of(tmp_path, FORKING + CLASS) == [
        "The model started 3 processes that did not end with it; the build ended them.",
        "Start processes in `load` or `custom_service`, and end them with the model.",
    ]


def test_model_that_fills_memory_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "read_available_memory", lambda: 250_000_000)
    code = f"{CLASS}    def load(self):\n        x = []\n        while True: x.append(b'x' * 1000000)\n"
    found, todo = warnings_of(tmp_path, code)
    assert found.startswith("The model was stopped in the build when it had ")
    assert found.endswith(" MB of memory, most of what is available.")
    assert todo == (
        "If the container has more memory than the build, nothing is wrong. "
        "BP_MODEL_TRIAL=import does not load the model."
    )


def test_model_that_forks_without_end_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seldon_buildpack.trial.runner._MOST_RUNNING", 20)
    code = f"import os, time\nfor _ in range(60):\n    if os.fork() == 0: time.sleep(99)\ntime.sleep(99)\n{CLASS}"
    assert warnings_of(tmp_path, code) == [
        "The model was stopped in the build, because it started thousands of processes.",
        "Start none when the module is imported: each server of the wrapper would do the same.",
    ]


def test_output_of_100_mb_is_not_kept(tmp_path: Path) -> None:
    code = f"for _ in range(1000): print('x' * 100000)\n{CLASS}"
    assert warnings_of(tmp_path, code) == [
        "The model printed 100 MB when it started.",
        "Print less: each start of a container writes this to its log.",
    ]


@pytest.mark.usefixtures("protection")
def test_model_that_kills_its_parent_does_not_end_the_build(tmp_path: Path) -> None:
    code = f"import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n{CLASS}"
    assert warnings_of(tmp_path, code) == [
        "The model ended its parent process in the build.",
        "Remove the code that does so: in the container, that process is the init process.",
    ]


@needs_landlock
def test_model_cannot_signal_processes_of_the_build(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "99"]) as other:
        code = f"import os\nos.kill({other.pid}, {signal.SIGKILL:d})\n{CLASS}"
        assert warnings_of(tmp_path, code)[0].startswith(
            "The model could not be imported in the build: PermissionError"
        )
        assert other.poll() is None
        other.kill()


def test_model_that_opens_a_port_is_named(tmp_path: Path) -> None:
    code = f"import socket\nserver = socket.socket()\nserver.bind(('127.0.0.1', 0))\nserver.listen()\n{CLASS}"
    found, todo = warnings_of(tmp_path, code)
    assert found.startswith("The model listens on port ")
    assert todo == (
        "Start servers of the model in `custom_service`. "
        "The wrapper's own ports are 9000, 5000 and 6000."
    )


def test_model_that_writes_beside_itself_is_named(tmp_path: Path, protection: str) -> None:
    trial = describe_trial(
        tmp_path, {"MyModel.py": f"open('note', 'w').write('x')\n{CLASS}", "data/a": "a"}
    )
    before = state(tmp_path)
    expected = {
        "landlock": [
            "The model could not be imported in the build: PermissionError: [Errno 13] Permission denied: 'note' (MyModel.py, line 1: open('note', 'w').write('x')).",
            "In a cluster, only /tmp is writable. If the container may use note all the same, nothing is wrong. Otherwise use a folder below /tmp.",
        ],
        "without": [
            "The model wrote files when it was tried, which are not in the image: note.",
            "Write to a folder below /tmp: in a cluster, everything else is read-only.",
        ],
    }
    assert read_verdict(trial) == expected[protection]
    assert state(tmp_path) == before


@pytest.mark.usefixtures("protection")
@pytest.mark.parametrize(
    "line",
    [
        "os.chmod('data/a', 0o777)",
        "os.mkdir('new')",
        "os.symlink('/etc', 'link')",
        "open(os.path.join(os.path.dirname(sys.executable), '..', 'x'), 'w')",
        "open(sys.path[-2] + '/new.pyc', 'w')",
    ],
)
def test_layers_and_source_stay_as_they_were(tmp_path: Path, line: str) -> None:
    code = f"import os, sys\ntry:\n    {line}\nexcept OSError:\n    pass\n{CLASS}"
    tried = describe_trial(tmp_path, {"MyModel.py": code, "data/a": "a"})
    before = state(tmp_path)
    trial.try_model(tried)
    assert state(tmp_path) == before


def test_changed_file_is_an_error_without_landlock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "create_ruleset", lambda *_: None)
    tried = describe_trial(
        tmp_path, {"MyModel.py": f"open('log', 'a').write('x')\n{CLASS}", "log": "a"}
    )
    with pytest.raises(BuildError) as caught:
        trial.try_model(tried)
    assert caught.value.lines() == [
        "",
        "ERROR: The model changes files of the image when it starts",
        "",
        "  During its trial, it changed log. In a cluster, these files are read-only.",
        "",
        "  What to do (choose one):",
        "  1. Write to a folder below /tmp.",
        "  2. Set BP_MODEL_TRIAL=off, so that the build does not run the model.",
        "",
    ]


SEARCHING = """
import os, sys
found = []
for top in TOPS:
    for folder, _, names in os.walk(top):
        for name in names:
            try:
                found.append(open(os.path.join(folder, name), errors='replace').read())
            except OSError:
                pass
for name in ('environ', 'cmdline', 'maps'):
    try:
        found.append(open('/proc/%d/%s' % (BUILD, name), errors='replace').read())
    except OSError:
        pass
found.append(repr(sorted(os.environ.items())))
found.append(sys.stdin.read())
for number in range(3, 64):
    try:
        found.append(os.readlink('/proc/self/fd/%d' % number))
    except OSError:
        pass
print('SEEN', ascii(found))
"""


@needs_landlock
def test_secrets_of_the_build_are_not_in_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = Credentials.planted("trial")
    platform = tmp_path / "platform"
    (platform / "bindings/corp").mkdir(parents=True)
    (platform / "bindings/corp/password").write_text(secret.password)
    (platform / "env").mkdir()
    (platform / "env/PIP_INDEX_URL").write_text(f"https://{secret.user}@host/")
    for name in ("PIP_INDEX_URL", "HTTPS_PROXY", "NETRC", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, secret.password)
    head = f"TOPS, BUILD = [{str(platform)!r}], {os.getpid()}\n"
    tried = describe_trial(tmp_path, {"MyModel.py": head + SEARCHING + CLASS})
    outcome = trial._run(tried, _scratch(tmp_path), _ruleset(tried, tmp_path), "load")
    assert "SEEN" in outcome.output
    assert "PATH" in outcome.output
    assert "canary" not in outcome.output
    assert "canary" not in outcome.report.decode()


def test_environment_is_that_of_the_image_alone(tmp_path: Path) -> None:
    code = f"import os\nprint('NAMES', *sorted(os.environ))\n{CLASS}"
    tried = describe_trial(tmp_path, {"MyModel.py": code}, variables={"MINE": "1"})
    outcome = trial._run(tried, _scratch(tmp_path), None, "load")
    [line] = [line for line in outcome.output.splitlines() if line.startswith("NAMES")]
    names = set(line.split()[1:]) - {"OMP_NUM_THREADS", "PWD", "SHLVL", "_", "OLDPWD", "LC_CTYPE"}
    assert names == {
        *("HOME", "MINE", "MODEL_NAME", "PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH"),
        *("PYTHONUNBUFFERED", "SERVICE_TYPE", "TMPDIR"),
    }


def test_report_can_hold_anything(tmp_path: Path) -> None:
    code = (
        "import os\nfor number in range(3, 64):\n    try:\n"
        '        os.write(number, b\'\\xff{}\\n[1]\\n{"failure": {"phase": 3}}\\n\' * 100000)\n'
        f"    except OSError:\n        pass\n{CLASS}"
    )
    tried = describe_trial(tmp_path, {"MyModel.py": code}, seconds=5)
    assert trial.try_model(tried).reached in (
        "load",
        "no: timed out",
        "import",
        "no: the import failed",
    )


def _scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


def _ruleset(tried: trial.Trial, tmp_path: Path) -> int | None:
    return sandbox.create_ruleset([tried.app, tried.layers, *tried.linked], [tmp_path / "scratch"])


def state(folder: Path) -> list[tuple[str, int, bytes]]:
    return sorted(
        (str(path), path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in folder.rglob("*")
    )


def test_trial_needs_no_pidfd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> int:
        raise PermissionError

    monkeypatch.setattr(os, "pidfd_open", refuse)
    tried = describe_trial(tmp_path, {"MyModel.py": CLASS})
    assert trial.try_model(tried).reached == "load"


def test_pool_of_processes_is_not_left_running(tmp_path: Path) -> None:
    code = f"import multiprocessing, subprocess\n{CLASS}    def load(self):\n        self.pool = multiprocessing.Pool(2)\n        subprocess.Popen(['sleep', '0.2'])\n"
    assert warnings_of(tmp_path, code) == []
