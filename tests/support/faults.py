"""Index servers that misbehave, and a proxy that lets little through; each notes what it was asked."""

import contextlib
import hashlib
import http.server
import select
import socket
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.servers import serving


@dataclass
class Asked:
    """What a server was asked: the path of each request, and its Authorization header or an empty string."""

    url: str = ""
    requests: list[tuple[str, str]] = field(default_factory=list)

    def paths(self, end: str = "") -> list[str]:
        """The paths that end so, in order."""
        return [path for path, _ in self.requests if path.endswith(end)]


class Handler(http.server.BaseHTTPRequestHandler):
    """An index of one wheel, as it should be; a fault changes one of its answers."""

    wheel: Path
    asked: Asked
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.asked.requests.append((self.path, self.headers.get("Authorization", "")))
        name = self.wheel.name.partition("-")[0].replace("_", "-")
        if self.path.endswith(".whl"):
            self.file(self.wheel.read_bytes())
        elif self.path.rstrip("/").endswith(f"/{name}"):
            self.page(
                f'<a href="/files/{self.wheel.name}#sha256={self.digest()}">{self.wheel.name}</a>'
            )
        else:
            self.answer(404, b"not found")

    def do_HEAD(self) -> None:
        self.answer(405, b"")

    def digest(self) -> str:
        """The hash that the page gives."""
        return hashlib.sha256(self.wheel.read_bytes()).hexdigest()

    def page(self, text: str) -> None:
        """Answer with the package's page."""
        self.answer(200, text.encode(), "text/html")

    def file(self, data: bytes) -> None:
        """Answer with the wheel."""
        self.answer(200, data, "application/octet-stream")

    def answer(
        self,
        status: int,
        body: bytes,
        kind: str = "text/plain",
        length: int | None = None,
        **headers: str,
    ) -> None:
        """One answer; ``length`` is what its header says where that is not true."""
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body) if length is None else length),
            **headers,
        }.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None: ...


class DiesInDownloads(Handler):
    """Says how long the wheel is, sends half of it, and breaks off: each time. The wheel's metadata it gives by themselves (PEP 658)."""

    def page(self, text: str) -> None:
        super().page(text.replace("<a ", '<a data-core-metadata="true" '))

    def do_GET(self) -> None:
        if not self.path.endswith(".metadata"):
            super().do_GET()
            return
        with zipfile.ZipFile(self.wheel) as archive:
            [name] = [name for name in archive.namelist() if name.endswith("/METADATA")]
            self.answer(200, archive.read(name))

    def file(self, data: bytes) -> None:
        self.answer(200, data[: len(data) // 2], "application/octet-stream", length=len(data))
        self.close_connection = True


class FailsTwice(Handler):
    """Answers 500 to the first two requests for the page and for the wheel."""

    def do_GET(self) -> None:
        if len([path for path in self.asked.paths() if path == self.path]) < 2:
            self.asked.requests.append((self.path, ""))
            self.answer(500, b"later")
            return
        super().do_GET()


class Slow(Handler):
    """Takes longer for its page than anybody waits for."""

    def page(self, text: str) -> None:
        time.sleep(4)
        with contextlib.suppress(OSError):
            super().page(text)


class OtherFile(Handler):
    """Serves a wheel that is not the one its page gives the hash of."""

    def digest(self) -> str:
        return "0" * 64


class Truncated(Handler):
    """Serves half a wheel and says that this is all, its hash too."""

    def _half(self) -> bytes:
        data = self.wheel.read_bytes()
        return data[: len(data) // 2]

    def digest(self) -> str:
        return hashlib.sha256(self._half()).hexdigest()

    def file(self, data: bytes) -> None:
        super().file(self._half() if data else data)


def redirecting(other: str) -> type[Handler]:
    """Leads every request for the wheel to another server."""

    class Redirecting(Handler):
        def file(self, _: bytes) -> None:
            self.answer(302, b"", Location=f"{other}{self.path}")

    return Redirecting


@contextlib.contextmanager
def index(kind: type[Handler], wheel: Path) -> Iterator[Asked]:
    """An index with this fault and this one package; yields its URL and what it is asked."""
    asked = Asked()
    handler = type("Bound", (kind,), {"wheel": wheel, "asked": asked})
    with serving(handler) as url:
        asked.url = url
        yield asked


@contextlib.contextmanager
def tunnelling_proxy(allows: Callable[[str], bool], wants: str = "") -> Iterator[Asked]:
    """A proxy for https (CONNECT) and http that lets through to hosts (HOST:PORT) that ``allows``; ``wants`` is the Basic word it asks for."""
    asked = Asked()

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            asked.requests.append((self.path, self.headers.get("Proxy-Authorization", "")))
            if wants and self.headers.get("Proxy-Authorization") != f"Basic {wants}":
                self.send_error(407)
            elif not allows(self.path):
                self.send_error(403)
            else:
                self.send_response(200)
                self.end_headers()
                host, _, port = self.path.rpartition(":")
                with socket.create_connection((host, int(port)), 10) as other:
                    _pump(self.connection, other)
                self.close_connection = True

        def do_GET(self) -> None:
            asked.requests.append((self.path, self.headers.get("Proxy-Authorization", "")))
            self.send_error(
                407
                if wants and self.headers.get("Proxy-Authorization") != f"Basic {wants}"
                else 403
            )

        def log_message(self, format: str, *args: object) -> None: ...

    with serving(Proxy) as url:
        asked.url = url
        yield asked


def _pump(one: socket.socket, other: socket.socket) -> None:
    """Pass bytes both ways until one side has no more."""
    while True:
        ready, _, _ = select.select([one, other], [], [], 30)
        if not ready:
            return
        for side in ready:
            data = side.recv(65536)
            if not data:
                return
            (other if side is one else one).sendall(data)
