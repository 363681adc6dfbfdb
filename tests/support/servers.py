"""Servers on loopback that a build with ``--network host`` reaches. Each is a context manager and yields its URL, without a slash at the end."""

import base64
import contextlib
import functools
import http.server
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from passlib.hash import apr_md5_crypt


@contextlib.contextmanager
def serving(
    handler: Any, context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> Iterator[str]:
    """Answer with ``handler`` (a BaseHTTPRequestHandler) on a free port, over https where there is a ``context``."""
    with http.server.ThreadingHTTPServer((host, 0), handler) as server:
        server.daemon_threads = True
        if context:
            # The handshake takes place in the request's own thread: one client that does not finish it holds up nobody.
            server.socket = context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"{'https' if context else 'http'}://{host}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def plain_http(directory: Path) -> Iterator[str]:
    """The files of a directory; a folder without index.html is a page of links, which is all that PEP 503 asks for."""
    with serving(functools.partial(Files, directory=str(directory))) as url:
        yield url


@contextlib.contextmanager
def https_self_signed(directory: Path, scratch: Path) -> Iterator[str]:
    """The same over https with a certificate for 127.0.0.1 that nobody has signed; its key is written to ``scratch``."""
    certificate, key = scratch / "certificate.pem", scratch / "key.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            *subject,
            "-keyout",
            key,
            "-out",
            certificate,
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with serving(functools.partial(Files, directory=str(directory)), context) as url:
        yield url


@contextlib.contextmanager
def https_of_authority(directory: Path, scratch: Path) -> Iterator[tuple[str, Path]]:
    """The same with a certificate from an authority of our own; yields the authority's certificate too."""
    context, authority = of_authority(scratch)
    with serving(functools.partial(Files, directory=str(directory)), context) as url:
        yield url, authority


def of_authority(
    scratch: Path, days: int = 2, address: str = "127.0.0.1"
) -> tuple[ssl.SSLContext, Path]:
    """What a server for an address and localhost needs to answer over https, and the certificate of the authority that signed for it."""
    authority, authority_key, request = (
        scratch / "authority.pem",
        scratch / "authority-key.pem",
        scratch / "request.pem",
    )
    certificate, key, extension = (
        scratch / "host.pem",
        scratch / "host-key.pem",
        scratch / "extension",
    )
    extension.write_text(f"subjectAltName=IP:{address},DNS:localhost\nbasicConstraints=CA:FALSE\n")
    new: list[str | Path] = ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    signed: list[str | Path] = [
        "-CA",
        authority,
        "-CAkey",
        authority_key,
        "-CAcreateserial",
        "-days",
        str(days),
        "-extfile",
        extension,
    ]
    commands: tuple[list[str | Path], ...] = (
        [*new, "-x509", "-subj", "/CN=Tests", "-keyout", authority_key, "-out", authority],
        [*new, "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", request],
        ["openssl", "x509", "-req", "-in", request, *signed, "-out", certificate],
    )
    for words in commands:
        subprocess.run(words, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, authority


@contextlib.contextmanager
def always(
    status: int, body: bytes, content_type: str, headers: Mapping[str, str] | None = None
) -> Iterator[str]:
    """The same answer to every request."""

    class Same(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in {
                "Content-Type": content_type,
                "Content-Length": str(len(body)),
                **(headers or {}),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None: ...

    with serving(Same) as url:
        yield url


@contextlib.contextmanager
def recorded(directory: Path, requests: list[bytes], redirect: str = "") -> Iterator[str]:
    """The files of a directory, or a redirect to another server; each request is noted as it came, also one for a proxy."""

    class Recorded(Files):
        raw_requestline: bytes

        def parse_request(self) -> bool:
            known = super().parse_request()
            headers = self.headers.items() if hasattr(self, "headers") else ()
            lines = (f"{name}: {value}\r\n".encode() for name, value in headers)
            requests.append(b"".join((self.raw_requestline, *lines)))
            return known

        def send_head(self) -> Any:
            if not redirect:
                return super().send_head()
            self.send_response(302)
            self.send_header("Location", redirect + self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None

        def do_POST(self) -> None:
            requests.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            self.send_error(404)

        do_CONNECT = do_PUT = do_POST  # noqa: N815

    with serving(functools.partial(Recorded, directory=str(directory))) as url:
        yield url


@contextlib.contextmanager
def private_index(packages: Path, user: str, password: str) -> Iterator[str]:
    """A pypiserver with the packages of a folder, which asks for this user and password; yields the index's URL without them."""
    passwords = packages.parent / f"{packages.name}.htpasswd"
    passwords.write_text(f"{user}:{apr_md5_crypt.hash(password)}\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    flags = [
        "--disable-fallback",
        "-a",
        "update,download,list",
        "-P",
        str(passwords),
        "-i",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    words = [
        sys.executable,
        "-m",
        "pypiserver",
        "run",
        *flags,
        "--log-stream",
        "none",
        str(packages),
    ]
    process = subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}/simple"
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def with_user(url: str, user: str, password: str = "") -> str:
    """The URL with a user, and a password where there is one, percent-encoded."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{encoded(user)}{':' + encoded(password) if password else ''}@{rest}"


def encoded(text: str) -> str:
    """A user name or password as it stands in a URL."""
    return quote(text, safe="")


def basic(user: str, password: str) -> str:
    """What basic authentication sends."""
    return base64.b64encode(f"{user}:{password}".encode()).decode()


@contextlib.contextmanager
def files_with_password(
    directory: Path,
    user: str,
    password: str,
    context: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
) -> Iterator[str]:
    """The files of a directory for those who send this user and password, over https where there is a ``context``."""
    wanted = f"Basic {basic(user, password)}"

    class Guarded(Files):
        def allowed(self) -> bool:
            return self.headers.get("Authorization") == wanted

    with serving(functools.partial(Guarded, directory=str(directory)), context, host) as url:
        yield url


@contextlib.contextmanager
def files_with_token(
    directory: Path, token: str, context: ssl.SSLContext | None = None
) -> Iterator[str]:
    """The files of a directory below ``/t/TOKEN``, as conda's servers have it; yields the URL without the token."""
    start = f"/t/{encoded(token)}/"

    class Guarded(Files):
        def allowed(self) -> bool:
            found = self.path.startswith(start)
            self.path = self.path.removeprefix(start[:-1])
            return found

    with serving(functools.partial(Guarded, directory=str(directory)), context) as url:
        yield url


class Files(http.server.SimpleHTTPRequestHandler):
    """The files of a directory, the working one where none is given, for those who are allowed to read them."""

    def allowed(self) -> bool:
        """Whether this request is answered with what it asks for."""
        return True

    def send_head(self) -> Any:
        """What GET and HEAD begin with."""
        if self.allowed():
            return super().send_head()
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="files"')
        self.send_header("Content-Length", "0")
        self.end_headers()
        return None

    def log_message(self, format: str, *args: object) -> None: ...
