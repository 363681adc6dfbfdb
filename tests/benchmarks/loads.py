"""What a request costs, and what a model costs that is idle: s2i as Seldon builds it, s2i on our Python, and us.

The model returns what it gets. All images are built from one directory, run with the same limit for gRPC messages (Seldon's annotation), and are
asked in turn by one client.
"""

import json
import re
import shutil
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.serving import Served, served
from tests.benchmarks.timing import median
from tests.benchmarks.ways import Way
from tools.core.steps import ToolError, Workspace, announce, run
from tools.release.builder import Builder

_HERE = Path(__file__).parent
_ASKED = '{"data": {"ndarray": [[1, 2, 3, 4]]}}'
_ANNOTATION = 'seldon.io/grpc-max-message-size="104857600"\n'
_IDLE_SECONDS = 2.0
FIRST, MEMORY = "first prediction", "memory of an idle model"
Figure = Sequence[float]


@dataclass(frozen=True)
class Costs:
    """By row and the name of the way, the figures of each round: seconds, or requests per second with p50 and p99, or bytes."""

    rows: Mapping[str, Mapping[str, Sequence[Figure]]]

    def of(self, row: str, way: str, place: int = 0) -> float:
        """The median of a row's figures."""
        return median(figure[place] for figure in self.rows[row][way])


def measure(
    ws: Workspace, made: Builder, ways: Sequence[Way], scratch: Path, rounds: int, share: float
) -> Costs:
    """Build the model each way, and measure everything. Leaves the images of ``image`` behind. Raises ToolError."""
    source = scratch / "echo"
    shutil.copytree(_HERE / "echo", source)
    annotations = scratch / "annotations"
    annotations.write_text(_ANNOTATION)
    for way in ways:
        with announce(f"echo, {way.name}: build"):
            way.build(image(way), source)
    rows: dict[str, dict[str, list[Figure]]] = {
        title: defaultdict(list) for title in (FIRST, MEMORY)
    }
    with announce(f"echo: {rounds} starts each, and their memory"):
        for number in range(rounds + 1):
            for way in [*ways[number % len(ways) :], *ways[: number % len(ways)]]:
                with served(image(way), _ASKED) as running:
                    # The first start reads the image from the disk.
                    if number:
                        rows[FIRST][way.name].append([running.first_prediction])
                        time.sleep(_IDLE_SECONDS)
                        rows[MEMORY][way.name].append([_memory(running)])
    with announce("echo: requests"), ExitStack() as stack:
        servers = {
            way.name: stack.enter_context(_both_protocols(image(way), annotations)) for way in ways
        }
        plan = {"servers": servers, "rounds": rounds, "share": share}
        answer = run(*_client(ws, made), json.dumps(plan), timeout=1800)
    return Costs({**rows, **json.loads(answer)})


def image(way: Way) -> str:
    """The name of the model's image built that way."""
    return "seldon-bench-echo-" + re.sub(r"[^a-z0-9]+", "-", way.name.lower()).strip("-")


@contextmanager
def _both_protocols(name: str, annotations: Path) -> Iterator[Sequence[int]]:
    """Run an image until it answers over REST; its ports of REST and gRPC."""
    flags = ("-p", "127.0.0.1::5000", "-v", f"{annotations}:/etc/podinfo/annotations:ro")
    with served(name, _ASKED, flags) as running:
        ports = [
            run("docker", "port", running.id, f"{port}/tcp").split()[0].rpartition(":")[2]
            for port in (9000, 5000)
        ]
        yield [int(port) for port in ports]


def _client(ws: Workspace, made: Builder) -> Sequence[str | Path]:
    """The command of the client: the bundled interpreter, which finds the wrapper as in the image."""
    minor = ws.versions["python"]["default"]
    site = made.buildpack / f"bundle/wrappers/current/{minor}/lib/python{minor}/site-packages"
    code = "import runpy, site, sys; site.addsitedir(sys.argv[1]); sys.argv = sys.argv[2:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    python = made.buildpack / f"bundle/pythons/{minor}/bin/python{minor}"
    return (python, "-s", "-B", "-c", code, site, _HERE / "client.py")


def _memory(running: Served) -> float:
    """Bytes that the processes of a container take; what they share counts once.

    Raises ToolError where the engine's processes are not those of this machine.
    """
    pids = re.findall(r"\d+", run("docker", "top", running.id, "-eo", "pid"))
    total = 0
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError as error:
            raise ToolError(
                f"The memory of process {pid} in a container cannot be read: {error}.",
                "The benchmark needs an engine on this machine, and root.",
            ) from error
        total += int(re.search(r"(?m)^Pss: +(\d+) kB", text)[1])  # type: ignore[index]
    return total * 1024.0
