"""A package index on loopback that answers with lists of files, in JSON (PEP 691) or HTML (PEP 503)."""

import contextlib
import html
import http.server
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.support.servers import basic, serving

# The files of each package; a file is its name, or its name and its requires-python.
Files = Mapping[str, Sequence[str | tuple[str, str]]]


def wheels(name: str, version: str, *minors: int) -> list[str]:
    """Return the names of a compiled package's wheels for minors of Python 3, for every machine, and of its source archive."""
    linux = "manylinux_2_17_x86_64.manylinux2014_x86_64.manylinux_2_17_aarch64"
    tags = (f"cp3{one}-cp3{one}{'m' if one < 8 else ''}" for one in minors)
    return [*(f"{name}-{version}-{tag}-{linux}.whl" for tag in tags), f"{name}-{version}.tar.gz"]


@dataclass
class SimpleIndex:
    """A running index. ``asked`` are the packages that were asked for."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextlib.contextmanager
def simple_index(
    packages: Files,
    *,
    as_html: bool = False,
    user: str = "",
    password: str = "",
    status: int = 0,
    seconds: float = 0,
) -> Iterator[SimpleIndex]:
    """Serve the lists of files; with ``status``, answer every request with that; with ``seconds``, answer late."""
    index = SimpleIndex()
    late = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.strip("/").rpartition("/")[2]
            with index.lock:
                index.asked.append(name)
            late.wait(seconds)
            allowed = not user or self.headers["Authorization"] == f"Basic {basic(user, password)}"
            code = status or (401 if not allowed else 200 if name in packages else 404)
            body = _page(packages[name], as_html) if code == 200 else b""
            self.send_response(code)
            kind = "text/html" if as_html else "application/vnd.pypi.simple.v1+json"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Print nothing."""

    with serving(Handler) as url:
        index.url = f"{url}/simple"
        try:
            yield index
        finally:
            late.set()


def _page(files: Sequence[str | tuple[str, str]], as_html: bool) -> bytes:
    pairs = [(file, "") if isinstance(file, str) else file for file in files]
    if not as_html:
        listed = [
            {"filename": name, "url": f"../../{name}", "hashes": {}, "requires-python": python}
            for name, python in pairs
        ]
        return json.dumps({"meta": {"api-version": "1.0"}, "files": listed}).encode()
    links = (
        f'<a href="../../{name}#sha256=0" data-requires-python="{html.escape(python)}">{name}</a>'
        for name, python in pairs
    )
    return f"<!DOCTYPE html><html><body>{'<br>'.join(links)}</body></html>".encode()
