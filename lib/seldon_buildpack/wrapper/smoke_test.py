"""Smoke test that starts the wrapper during the build.

It is for environments in which the wrapper runs with dependency versions that it was not released
with, so that a failure shows in the build and not in the cluster.
"""

import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from seldon_buildpack.commands.tracebacks import without_frames

_SECONDS = 60
_TAIL = 8
_SERVE = Path(__file__).parent.parent / "launch/seldon_serve.py"
_MODEL = "class Trial:\n    def predict(self, X, names=None, meta=None):\n        return X\n"
# Runs with the model's Python and packages: waits until the server listens, then requests one
# prediction over REST and one over gRPC.
_ASK = """
import json, sys, time, urllib.request
import grpc
from seldon_core.proto import prediction_pb2, prediction_pb2_grpc

rest, port, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
end = time.monotonic() + seconds
while True:
    try:
        urllib.request.urlopen("http://127.0.0.1:%s/health/ping" % rest, timeout=5).read()
        break
    except OSError:
        if time.monotonic() > end:
            sys.exit("the wrapper did not answer within %d s" % seconds)
        time.sleep(0.05)
request = urllib.request.Request("http://127.0.0.1:%s/predict" % rest, b'{"data": {"ndarray": [[1.5]]}}', {"Content-Type": "application/json"})
assert json.load(urllib.request.urlopen(request, timeout=20))["data"]["ndarray"] == [[1.5]]
message = prediction_pb2.SeldonMessage(data=prediction_pb2.DefaultData(tensor=prediction_pb2.Tensor(shape=[1, 1], values=[1.5])))
with grpc.insecure_channel("127.0.0.1:%s" % port) as channel:
    answer = prediction_pb2_grpc.ModelStub(channel).Predict(message, timeout=20, wait_for_ready=True)
assert list(answer.data.tensor.values) == [1.5]
"""


def why_not_served(interpreter: Path) -> Sequence[str]:
    """Start a trivial model with this Python and request predictions over REST and gRPC.

    Returns:
        The last lines of the output that explains the failure; empty if the predictions succeed.
    """
    rest, grpc, metrics = _free_ports(3)
    ports = {"HTTP": rest, "GRPC": grpc, "METRICS": metrics}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "Trial.py").write_text(_MODEL)
        env = {f"PREDICTIVE_UNIT_{kind}_SERVICE_PORT": str(port) for kind, port in ports.items()}
        env |= {
            "MODEL_NAME": "Trial",
            "SERVICE_TYPE": "MODEL",
            "PATH": "/usr/bin:/bin",
            "HOME": folder,
            "TMPDIR": folder,
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        with Path(folder, "log").open("w+") as log:
            server = subprocess.Popen(
                [interpreter, _SERVE],
                cwd=folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            try:
                failed = _ask(interpreter, server, rest, grpc)
            finally:
                _end(server)
            log.seek(0)
            output = log.read()
    return _explanation(failed, output) if failed else ()


def _explanation(failed: str, output: str) -> Sequence[str]:
    """Return the last lines of the client's traceback, or else of the wrapper's ``output``.

    Without any traceback, ``failed`` only says that the wrapper ended or did not answer; the
    wrapper's last lines say why.
    """
    if _traceback(failed):
        return _last(failed)
    return _last(output if _traceback(output) else f"{output}\n{failed}")


def _ask(interpreter: Path, server: "subprocess.Popen[bytes]", rest: int, grpc: int) -> str:
    """Run the client and return its error output, or "" if it succeeds.

    If the server exits, the client is killed instead of waiting for its timeout.
    """
    asking = subprocess.Popen(
        [interpreter, "-c", _ASK, str(rest), str(grpc), str(_SECONDS)],
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    with asking:
        while True:
            try:
                _, said = asking.communicate(timeout=0.1)
                return said.strip() if asking.returncode else ""
            except subprocess.TimeoutExpired:
                if server.poll() is not None:
                    asking.kill()
                    return f"the wrapper ended with exit code {server.returncode}"


def _end(server: "subprocess.Popen[bytes]") -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, number)
        except ProcessLookupError:
            break
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            continue
    server.wait()


def _traceback(text: str) -> bool:
    return "Traceback (most recent call last)" in text


def _last(text: str) -> Sequence[str]:
    return [line for line in without_frames(text.strip().splitlines()) if line.strip()][-_TAIL:]


def _free_ports(count: int) -> Sequence[int]:
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()
