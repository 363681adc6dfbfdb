"""What is asked of a server of the wrapper to see how it answers: every kind of message, every endpoint, every way a connection may be used.

Data only; both_sets.py asks it. What is asked over gRPC stands in grpc_cases.py, which needs the wrapper's generated code.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

# Connections that are open at the same time, each waiting for what the server does with a silent client.
AT_ONCE = 16


@dataclass(frozen=True)
class Request:
    """One request over HTTP; a body that is not bytes is sent as JSON."""

    path: str
    body: Any = None
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes | None:
        """The body as it is sent."""
        return (
            self.body
            if self.body is None or isinstance(self.body, bytes)
            else json.dumps(self.body).encode()
        )

    @property
    def all_headers(self) -> dict[str, str]:
        """With a content type where the body is JSON."""
        kind = (
            {}
            if self.body is None or isinstance(self.body, bytes)
            else {"Content-Type": "application/json"}
        )
        return {**kind, **self.headers}


_JSON = {"Content-Type": "application/json"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_ARRAY = {"data": {"names": ["a", "b"], "ndarray": [[1, 2.5], [3, 4]]}}
_TENSOR = {"data": {"names": ["a"], "tensor": {"shape": [2, 1], "values": [1, 2.5]}}}
_META = {
    "meta": {"puid": "p", "tags": {"from": "é"}, "routing": {"r": 1}, "requestPath": {"m": "i"}}
}

_ANSWERS = (
    *(
        "dict",
        "bytes",
        "bytearray",
        "text",
        "empty text",
        "empty dict",
        "empty list",
        "list of integers",
        "list of mixed",
    ),
    *(
        "list of NumPy floats",
        "list of NumPy integers",
        "dict of a NumPy float",
        "dict of a NumPy integer",
        "dict of an array",
    ),
    *(
        "dict of a date",
        "dict of integer keys",
        "int64",
        "uint8",
        "int8 of arithmetic",
        "float32",
        "float32 times a float",
    ),
    *(
        "float32 scalar times a float",
        "float16",
        "float64",
        "not a number",
        "bool",
        "strings",
        "objects",
        "dates",
        "complex",
        "one dimension",
    ),
    *(
        "three dimensions",
        "no rows",
        "no dimension",
        "a number",
        "a NumPy number",
        "a tuple of NumPy numbers",
        "None",
        "response",
    ),
    "response with a bad metric",
)
_RAISED = (
    "ValueError",
    "KeyError",
    "SeldonMicroserviceException",
    "abort",
    "TypeError",
    "of NumPy",
    "shapes",
    "ragged",
    "unknown",
)


def _multipart(*parts: tuple[str, str, bytes, str]) -> tuple[bytes, dict[str, str]]:
    """A form of parts: name, file name (empty for a field), content, content type."""
    lines = b""
    for name, file, content, kind in parts:
        about = f'form-data; name="{name}"' + (f'; filename="{file}"' if file else "")
        lines += (
            f"--X\r\nContent-Disposition: {about}\r\n".encode()
            + (f"Content-Type: {kind}\r\n" if kind else "").encode()
        )
        lines += b"\r\n" + content + b"\r\n"
    return lines + b"--X--\r\n", {"Content-Type": "multipart/form-data; boundary=X"}


def _payloads() -> Iterator[tuple[str, Request]]:
    """Every kind of message, and every kind of answer."""
    for path in ("/predict", "/api/v1.0/predictions", "/api/v0.1/predictions"):
        yield f"ndarray to {path}", Request(path, _ARRAY)
    yield "tensor", Request("/predict", _TENSOR)
    yield "tensor with meta", Request("/predict", {**_TENSOR, **_META})
    yield (
        "tensor of a wrong shape",
        Request("/predict", {"data": {"tensor": {"shape": [3, 3], "values": [1]}}}),
    )
    yield "tensor without a shape", Request("/predict", {"data": {"tensor": {"values": [1]}}})
    yield "ndarray of text", Request("/predict", {"data": {"ndarray": [["a", "é"]]}})
    yield "ndarray of mixed", Request("/predict", {"data": {"ndarray": [["a", 1, None]]}})
    yield "ndarray of booleans", Request("/predict", {"data": {"ndarray": [[True, False]]}})
    yield (
        "ndarray of large numbers",
        Request("/predict", {"data": {"ndarray": [[2**53 + 1, 2**62, 1e308]]}}),
    )
    yield (
        "ndarray of too large numbers",
        Request("/predict", {"data": {"ndarray": [[2**64, 2**70]]}}),
    )
    yield "ndarray that is ragged", Request("/predict", {"data": {"ndarray": [[1, 2], [3]]}})
    yield "ndarray that is a number", Request("/predict", {"data": {"ndarray": 1}})
    yield "ndarray that is empty", Request("/predict", {"data": {"ndarray": []}})
    yield "ndarray that is null", Request("/predict", {"data": {"ndarray": None}})
    yield "data of no kind", Request("/predict", {"data": {"names": ["a"]}})
    yield "data that is null", Request("/predict", {"data": None})
    yield (
        "tftensor",
        Request(
            "/predict",
            {
                "data": {
                    "tftensor": {
                        "dtype": "DT_DOUBLE",
                        "tensorShape": {"dim": [{"size": "1"}]},
                        "doubleVal": [1],
                    }
                }
            },
        ),
    )
    yield "strData", Request("/predict", {"strData": 'é € " </b>'})
    yield "strData that is a number", Request("/predict", {"strData": 1})
    yield "binData", Request("/predict", {"binData": "AAH/"})
    yield "binData that is not base64", Request("/predict", {"binData": "é!"})
    yield "binData with wrong padding", Request("/predict", {"binData": "AAH"})
    for name, value in (
        ("a list", [1, "b"]),
        ("a number", 1.5),
        ("text", "t"),
        ("null", None),
        ("a dict", {"echo": {"z": 1, "a": "é"}}),
    ):
        yield f"jsonData that is {name}", Request("/predict", {"jsonData": value})
    for key in _ANSWERS:
        yield f"an answer of {key}", Request("/predict", {"jsonData": {"answer": key}})
    for key in _RAISED:
        yield f"a model that raises {key}", Request("/predict", {"jsonData": {"raise": key}})


def _bodies() -> Iterator[tuple[str, Request]]:
    """How a message may come: forms, queries, other content types, none at all; and what is no message."""
    yield "no body", Request("/predict")
    yield "no body by GET", Request("/predict", method="GET")
    yield "no body but JSON's type", Request("/predict", b"", headers=_JSON)
    yield "no body to feedback", Request("/send-feedback")
    yield "no body to transform-input", Request("/transform-input")
    yield "no body to transform-output", Request("/transform-output")
    yield "no body to route", Request("/route")
    yield "no body to aggregate", Request("/aggregate")
    yield "JSON without a type", Request("/predict", b'{"strData": "a"}')
    for kind in ("text/plain", "application/octet-stream", "text/json", "nonsense", ""):
        yield (
            f"JSON as {kind or 'an empty type'}",
            Request("/predict", b'{"strData": "a"}', headers={"Content-Type": kind}),
        )
    for kind in (
        "application/json; charset=utf-8",
        "application/json; charset=latin-1",
        "APPLICATION/JSON",
        "application/vnd.x+json",
    ):
        yield (
            f"JSON as {kind}",
            Request("/predict", b'{"strData": "a"}', headers={"Content-Type": kind}),
        )
    yield (
        "JSON in Latin-1",
        Request("/predict", '{"strData": "é"}'.encode("latin-1"), headers=_JSON),
    )
    yield "JSON in UTF-16", Request("/predict", '{"strData": "é"}'.encode("utf-16"), headers=_JSON)
    yield (
        "JSON with a byte order mark",
        Request("/predict", '\ufeff{"strData": "a"}'.encode(), headers=_JSON),
    )
    for name, text in (
        ("broken", "{"),
        ("null", "null"),
        ("a number", "1"),
        ("a list", "[1]"),
        ("text", '"a"'),
        ("NaN", '{"data": {"ndarray": [[NaN, Infinity]]}}'),
        ("the same key twice", '{"strData": "a", "strData": "b"}'),
        ("two documents", '{"strData": "a"} {}'),
        ("an empty object", "{}"),
        ("deep nesting", '{"jsonData":' + "[" * 500 + "]" * 500 + "}"),
    ):
        yield f"JSON that is {name}", Request("/predict", text.encode(), headers=_JSON)
    for name, text in (
        ("a message", '{"data": {"ndarray": [[1]]}}'),
        ("broken", "{"),
        ("empty", ""),
    ):
        yield (
            f"json= in a form: {name}",
            Request("/predict", urlencode({"json": text}).encode(), headers=_FORM),
        )
        yield f"json= in a query: {name}", Request(f"/predict?json={quote(text)}", method="GET")
    yield (
        "json= in a form in Latin-1",
        Request("/predict", b"json=%7B%22strData%22%3A%22%E9%22%7D", headers=_FORM),
    )
    yield "a form without json", Request("/predict", b"a=b", headers=_FORM)
    body, headers = _multipart(("strData", "", "é".encode(), ""))
    yield "multipart strData", Request("/predict", body, headers=headers)
    body, headers = _multipart(("strData", "a.txt", "é".encode(), "text/plain"))
    yield "multipart strData as a file", Request("/predict", body, headers=headers)
    body, headers = _multipart(("binData", "a.bin", b"\x00\xff", "application/octet-stream"))
    yield "multipart binData as a file", Request("/predict", body, headers=headers)
    body, headers = _multipart(
        ("data", "", b'{"ndarray": [[1]]}', ""), ("meta", "", b'{"puid": "p"}', "application/json")
    )
    yield "multipart data and meta", Request("/predict", body, headers=headers)
    body, headers = _multipart(("jsonData", "", b'{"echo": 1}', ""))
    yield "multipart jsonData", Request("/predict", body, headers=headers)
    body, headers = _multipart(("data", "", b"{", ""))
    yield "multipart that is broken JSON", Request("/predict", body, headers=headers)
    body, headers = _multipart(("strData", "a", b"\xff", ""))
    yield "multipart that is not UTF-8", Request("/predict", body, headers=headers)
    body, headers = _multipart(("strData", "", b"a" * 600_000, ""))
    yield "multipart of a field of 600 kB", Request("/predict", body, headers=headers)
    body, headers = _multipart(("binData", "a", b"a" * 3_000_000, ""))
    yield "multipart of a file of 3 MB", Request("/predict", body, headers=headers)
    body, headers = _multipart(*((f"f{number}", "", b"1", "") for number in range(1200)))
    yield "multipart of 1200 parts", Request("/predict", body, headers=headers)
    yield (
        "multipart without a boundary",
        Request("/predict", b"x", headers={"Content-Type": "multipart/form-data"}),
    )
    yield (
        "multipart that is cut off",
        Request("/predict", b"--X\r\nContent-Disposition: form-data; name=", headers=headers),
    )
    yield "a body of 8 MB", Request("/predict", {"strData": "a" * 8_000_000})
    yield "an answer of 8 MB", Request("/predict", {"jsonData": {"rows": 200_000}})
    yield (
        "a form of 600 kB",
        Request(
            "/predict",
            urlencode({"json": json.dumps({"strData": "a" * 600_000})}).encode(),
            headers=_FORM,
        ),
    )


def _endpoints() -> Iterator[tuple[str, Request]]:
    """The other methods of a model, and what is not one."""
    for path in ("/transform-input", "/transform-output", "/route"):
        for name, message in (
            ("ndarray", _ARRAY),
            ("tensor", {**_TENSOR, **_META}),
            ("strData", {"strData": "a"}),
            ("nothing", {}),
        ):
            yield f"{path} with {name}", Request(path, message)
    yield "/route to a NumPy integer", Request("/route", {"strData": "NumPy"})
    yield (
        "/aggregate of arrays",
        Request("/aggregate", {"seldonMessages": [{**_ARRAY, **_META}, _ARRAY]}),
    )
    yield "/aggregate of a list", Request("/aggregate", [_TENSOR, _TENSOR])
    yield "/aggregate of other shapes", Request("/aggregate", [_TENSOR, _ARRAY])
    yield "/aggregate of text", Request("/aggregate", [{"strData": "a"}, {"strData": "b"}])
    yield "/aggregate of none", Request("/aggregate", {"seldonMessages": []})
    yield "/aggregate of no message", Request("/aggregate", {"a": 1})
    feedback = {
        "request": _ARRAY,
        "response": {"meta": {"routing": {"0": 1}}},
        "reward": 0.5,
        "truth": _TENSOR,
    }
    for path in ("/send-feedback", "/api/v1.0/feedback", "/api/v0.1/feedback"):
        yield f"feedback to {path}", Request(path, feedback)
    yield "feedback without a reward", Request("/send-feedback", {"request": _ARRAY})
    yield "feedback of an unknown field", Request("/send-feedback", {"rewards": 1})
    yield "feedback of a wrong type", Request("/send-feedback", {"reward": "much"})
    yield "feedback that is empty", Request("/send-feedback", {})
    for path in (
        "/health/ping",
        "/health/status",
        "/api/v1.0/health/status",
        "/metadata",
        "/api/v1.0/metadata",
    ):
        for method in ("GET", "POST", "HEAD", "OPTIONS"):
            yield f"{method} {path}", Request(path, method=method)
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"):
        yield f"{method} /predict", Request("/predict", method=method)
    yield "GET /api/v1.0/predictions", Request("/api/v1.0/predictions", method="GET")
    for path in (
        "/",
        "/predict/",
        "//predict",
        "/nowhere",
        "/predict/../health/ping",
        "/pr%65dict",
        "/caf%C3%A9",
        "/%FF",
        "/seldon.py",
    ):
        yield f"GET {path}", Request(path, method="GET")
    yield "GET /seldon.json", Request("/seldon.json", method="GET")
    yield (
        "a range of /seldon.json",
        Request("/seldon.json", method="GET", headers={"Range": "bytes=0-9"}),
    )
    origin = {"Origin": "http://elsewhere.example"}
    yield "from another origin", Request("/predict", _ARRAY, headers=origin)
    asked = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type, x-own",
        **origin,
    }
    yield "a preflight", Request("/predict", method="OPTIONS", headers=asked)
    yield (
        "a preflight for a private network",
        Request(
            "/predict",
            method="OPTIONS",
            headers={"Access-Control-Request-Private-Network": "true", **asked},
        ),
    )
    yield "an error for another origin", Request("/predict", {}, headers=origin)
    yield (
        "a header with an underscore",
        Request("/health/ping", method="GET", headers={"X_Own": "1"}),
    )
    yield (
        "an encoding that is accepted",
        Request("/predict", _ARRAY, headers={"Accept-Encoding": "gzip", "Accept": "text/html"}),
    )
    yield (
        "a host that is strange",
        Request("/health/ping", method="GET", headers={"Host": "a_b.example:0"}),
    )
    yield (
        "forwarded by a proxy",
        Request(
            "/predict/",
            method="GET",
            headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "a.example"},
        ),
    )


REST: Mapping[str, Request] = dict((*_payloads(), *_bodies(), *_endpoints()))


def _http(*lines: str, body: str = "") -> bytes:
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode("latin-1")


_PING = "GET /health/ping HTTP/1.1"
_MESSAGE = '{"strData": "a"}'
_POST = ("POST /predict HTTP/1.1", "Host: h", "Content-Type: application/json")

# What is sent over one connection, byte by byte; a number is a pause in seconds. What comes back is read until the server is silent or closes.
CONNECTIONS: Mapping[str, Sequence[bytes | float]] = {
    "one request": (_http(_PING, "Host: h"),),
    "one request of HTTP/1.0": (_http("GET /health/ping HTTP/1.0"),),
    "HTTP/1.0 kept alive": (_http("GET /health/ping HTTP/1.0", "Connection: keep-alive") * 2,),
    "two requests, one after the other": (_http(_PING, "Host: h"), 0.3, _http(_PING, "Host: h")),
    "two requests at once": (_http(_PING, "Host: h") * 2,),
    "a second request within keep-alive": (_http(_PING, "Host: h"), 1.0, _http(_PING, "Host: h")),
    "asked to close": (_http(_PING, "Host: h", "Connection: close"), 0.3, _http(_PING, "Host: h")),
    "no host": (_http(_PING),),
    "two hosts": (_http(_PING, "Host: a", "Host: b"),),
    "HTTP/0.9": (b"GET /health/ping\r\n\r\n",),
    "HTTP/1.2": (_http("GET /health/ping HTTP/1.2", "Host: h"),),
    "HTTP/2.0": (_http("GET /health/ping HTTP/2.0", "Host: h"),),
    "HTTP/3": (_http("GET /health/ping HTTP/3", "Host: h"),),
    "HTTP/2's preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",),
    "a method in lower case": (_http("get /health/ping HTTP/1.1", "Host: h"),),
    "a method of strange letters": (_http("GE#T /health/ping HTTP/1.1", "Host: h"),),
    "a method of 30 letters": (_http("A" * 30 + " /health/ping HTTP/1.1", "Host: h"),),
    "an absolute target": (_http("GET http://h/health/ping HTTP/1.1", "Host: h"),),
    "a target with a fragment": (_http("GET /health/ping#a HTTP/1.1", "Host: h"),),
    "a target that is a star": (_http("OPTIONS * HTTP/1.1", "Host: h"),),
    "a target of 5000 letters": (_http(f"GET /{'a' * 5000} HTTP/1.1", "Host: h"),),
    "a target with raw UTF-8": ("GET /é HTTP/1.1\r\nHost: h\r\n\r\n".encode(),),
    "a line of two spaces": (_http("GET  /health/ping HTTP/1.1", "Host: h"),),
    "lines that end in LF": (b"GET /health/ping HTTP/1.1\nHost: h\n\n",),
    "an empty line before": (b"\r\n" + _http(_PING, "Host: h"),),
    "100 headers": (_http(_PING, "Host: h", *(f"X-{number}: a" for number in range(99))),),
    "101 headers": (_http(_PING, "Host: h", *(f"X-{number}: a" for number in range(100))),),
    "a header of 8000 letters": (_http(_PING, "Host: h", f"X: {'a' * 8000}"),),
    "a header of 9000 letters": (_http(_PING, "Host: h", f"X: {'a' * 9000}"),),
    "a header of raw UTF-8": (f"{_PING}\r\nHost: h\r\nX: é\r\n\r\n".encode(),),
    "a header with a space before the colon": (_http(_PING, "Host: h", "X-A : a"),),
    "a header that is folded": (_http(_PING, "Host: h", "X-A: a", " b"),),
    "a header without a name": (_http(_PING, "Host: h", ": a"),),
    "a header without a colon": (_http(_PING, "Host: h", "nonsense"),),
    "a header of strange letters": (_http(_PING, "Host: h", "X(A): a"),),
    "a header with a control letter": (_http(_PING, "Host: h", "X-A: a\x01b"),),
    "a header with a null": (_http(_PING, "Host: h", "X-A: a\x00b"),),
    "a body that is chunked": (
        _http(
            *_POST,
            "Transfer-Encoding: chunked",
            body="8\r\n" + _MESSAGE[:8] + "\r\n8\r\n" + _MESSAGE[8:] + "\r\n0\r\n\r\n",
        ),
    ),
    "a body in Chunked capitals": (
        _http(*_POST, "Transfer-Encoding: Chunked", body="10\r\n" + _MESSAGE + "\r\n0\r\n\r\n"),
    ),
    "chunks with an extension": (
        _http(*_POST, "Transfer-Encoding: chunked", body="10;a=b\r\n" + _MESSAGE + "\r\n0\r\n\r\n"),
    ),
    "chunks with a trailer": (
        _http(
            *_POST,
            "Transfer-Encoding: chunked",
            body="10\r\n" + _MESSAGE + "\r\n0\r\nX-A: a\r\n\r\n",
        ),
    ),
    "chunks of a wrong size": (
        _http(*_POST, "Transfer-Encoding: chunked", body="zz\r\n" + _MESSAGE + "\r\n0\r\n\r\n"),
    ),
    "chunked and a length": (
        _http(
            *_POST,
            "Transfer-Encoding: chunked",
            "Content-Length: 16",
            body="10\r\n" + _MESSAGE + "\r\n0\r\n\r\n",
        ),
    ),
    "chunked in HTTP/1.0": (
        _http(
            "POST /predict HTTP/1.0",
            *_POST[1:],
            "Transfer-Encoding: chunked",
            body="10\r\n" + _MESSAGE + "\r\n0\r\n\r\n",
        ),
    ),
    "chunked and gzip": (
        _http(
            *_POST, "Transfer-Encoding: gzip, chunked", body="10\r\n" + _MESSAGE + "\r\n0\r\n\r\n"
        ),
    ),
    "an identity encoding": (
        _http(*_POST, "Transfer-Encoding: identity", "Content-Length: 16", body=_MESSAGE),
    ),
    "an unknown encoding": (
        _http(*_POST, "Transfer-Encoding: own", "Content-Length: 16", body=_MESSAGE),
    ),
    "a length and a second one": (
        _http(*_POST, "Content-Length: 16", "Content-Length: 16", body=_MESSAGE),
    ),
    "a length that is negative": (_http(*_POST, "Content-Length: -1", body=_MESSAGE),),
    "a length with a plus": (_http(*_POST, "Content-Length: +16", body=_MESSAGE),),
    "a length that is nonsense": (_http(*_POST, "Content-Length: a", body=_MESSAGE),),
    "a length that is too short": (_http(*_POST, "Content-Length: 8", body=_MESSAGE),),
    "a body that comes slowly": (
        _http(*_POST, "Content-Length: 16"),
        0.5,
        _MESSAGE[:8].encode(),
        0.5,
        _MESSAGE[8:].encode(),
    ),
    "headers that come slowly": (
        b"GET /health/ping HTTP/1.1\r\n",
        0.5,
        b"Host: h\r\n",
        0.5,
        b"\r\n",
    ),
    "asking before sending the body": (
        _http(*_POST, "Content-Length: 16", "Expect: 100-continue"),
        0.3,
        _MESSAGE.encode(),
    ),
    "an expectation nobody knows": (
        _http(*_POST, "Content-Length: 16", "Expect: own", body=_MESSAGE),
    ),
    "an upgrade to a WebSocket": (
        _http(
            _PING,
            "Host: h",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Key: a",
            "Sec-WebSocket-Version: 13",
        ),
    ),
    "an upgrade to HTTP/2": (
        _http(
            _PING,
            "Host: h",
            "Connection: Upgrade, HTTP2-Settings",
            "Upgrade: h2c",
            "HTTP2-Settings: AAMAAABkAAQAAP__",
        ),
    ),
    "a proxy's protocol": (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + _http(_PING, "Host: h"),),
    "a TLS client": (bytes.fromhex("16030100050100000100"),),
    "nothing": (b"", 0.2),
    "SCRIPT_NAME": (_http("GET /a/health/ping HTTP/1.1", "Host: h", "SCRIPT_NAME: /a"),),
    "a client that sends all but the last byte": (
        _http(*_POST, "Content-Length: 17", body=_MESSAGE),
        0.5,
    ),
}


@dataclass(frozen=True)
class Setup:
    """How servers are started for one comparison: a class of the model, variables, and what is asked (all of ``REST`` where ``only`` is empty)."""

    model: str = "Mirror.Mirror"
    variables: Mapping[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    connections: tuple[str, ...] = ()
    grpc: bool = False


_SORTED = (
    "an answer of dict",
    "jsonData that is a dict",
    "an answer of dict of integer keys",
    "a model that raises ValueError",
    "ndarray to /predict",
)
_RAW = (
    "ndarray to /predict",
    "JSON that is *",
    "no body*",
    "JSON as *",
    "JSON in *",
    "json= *",
    "multipart *",
    "feedback *",
    "GET /health/*",
    "a form *",
)

SETUPS: Mapping[str, Setup] = {
    "as it is": Setup(grpc=True),
    # The parser is the same; how long a connection is kept is not.
    "one connection at a time": Setup(
        variables={"GUNICORN_THREADS": "1"},
        only=("GET /health/ping",),
        connections=(
            "one request",
            "two requests, one after the other",
            "asked to close",
            "a body that comes slowly",
        ),
    ),
    "threads": Setup(
        variables={"GUNICORN_THREADS": str(AT_ONCE)},
        only=("GET /health/ping", "an answer of 8 MB"),
        connections=tuple(CONNECTIONS),
    ),
    "several workers": Setup(
        variables={"GUNICORN_WORKERS": "3", "GRPC_WORKERS": "2", "GRPC_THREADS": "2"},
        only=("ndarray to /predict",),
        grpc=True,
    ),
    "old model": Setup("Mirror.Bare", grpc=True),
    "Seldon's own class": Setup("Mirror.Component", grpc=True),
    "raw": Setup("Mirror.Raw", grpc=True),
    "passthrough": Setup("Mirror.Raw", {"PAYLOAD_PASSTHROUGH": "1"}, only=_RAW),
    "handler of its own": Setup(
        "Mirror.Handled", only=("strData", "ndarray to /predict", "no body", "GET /nowhere")
    ),
    "keys not sorted": Setup(variables={"FLASK_JSON_SORT_KEYS": "false"}, only=_SORTED),
    "not only ASCII": Setup(variables={"FLASK_JSON_AS_ASCII": "false"}, only=_SORTED),
    "pretty": Setup(variables={"FLASK_JSONIFY_PRETTYPRINT_REGULAR": "true"}, only=_SORTED),
    "propagated": Setup(
        variables={"FLASK_PROPAGATE_EXCEPTIONS": "true"},
        only=("a model that raises *", "GET /nowhere", "no body"),
    ),
    "trapped": Setup(
        variables={"FLASK_TRAP_HTTP_EXCEPTIONS": "true", "FLASK_TRAP_BAD_REQUEST_ERRORS": "true"},
        only=("GET /nowhere", "JSON that is broken", "no body"),
    ),
    "metadata that is not valid": Setup(
        variables={"MODEL_METADATA": "{versions: 1}"}, only=("GET /metadata",)
    ),
    "metadata from YAML": Setup(
        variables={"MODEL_METADATA": "name: n\nversions: [a]\ncustom: {on: yes}\n"},
        only=("GET /metadata",),
    ),
    "no metrics in answers": Setup(
        variables={"INCLUDE_METRICS_IN_CLIENT_RESPONSE": "false"}, only=("ndarray to /predict",)
    ),
    "names that Prometheus did not allow": Setup("Mirror.Odd", only=("ndarray to /predict",)),
    "debug": Setup(
        variables={"SELDON_DEBUG": "true"},
        only=("ndarray to /predict", "GET /nowhere", "no body", "a model that raises *"),
    ),
    "tracing": Setup(
        variables={"TRACING": "1"},
        only=("ndarray to /predict", "no body", "a model that raises ValueError"),
        grpc=True,
    ),
}
