"""The two sets of the wrapper's pins held to each other: the same requests to a model on each, the answers compared whole.

The servers are those of the bundle, started by seldon-serve as in an image, as processes of this machine: thousands of connections
in a few seconds are more than an engine's port proxy always passes on. That both sets serve in images is test_pins.py's.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.images import both_sets
from tests.images.both_sets import Local
from tests.images.wrapper_requests import SETUPS, Setup

# What a client can see, and why it is not mended (docs/wrapper.md); all other answers are the same.
# NumPy 2: a float32 stays one, scalars print with their type, arrays have up to 64 dimensions.
_NUMPY = (
    "an answer of float32 scalar times a float",
    "an answer of a tuple of NumPy numbers",
    "JSON that is deep nesting",
)
# Flask 3 and flask-cors 6: a form that is not UTF-8 is read otherwise, a file says that parts of it can be asked for, a private network is denied.
_FLASK = ("json= in a form in Latin-1", "GET /seldon.json", "a preflight for a private network")
# gunicorn 27 refuses what is not HTTP, by which requests are smuggled past proxies, and answers requests that are sent at once one by one.
_HTTP = (
    "HTTP/1.0 kept alive",
    "two requests at once",
    "two hosts",
    "HTTP/2.0",
    "HTTP/2's preface",
    "a method of 30 letters",
    "a target of 5000 letters",
    "a target with raw UTF-8",
    "a line of two spaces",
    "lines that end in LF",
    "an empty line before",
    "101 headers",
    "a header of 9000 letters",
    "a header that is folded",
    "a header without a name",
    "a header with a control letter",
    "a header with a null",
    "chunked and a length",
    "chunked in HTTP/1.0",
    "chunked and gzip",
    "an identity encoding",
    "an unknown encoding",
    "a length with a plus",
    "a length that is too short",
    "an expectation nobody knows",
    "a proxy's protocol",
    # From elsewhere than this machine: who says so there may be anybody.
    "SCRIPT_NAME",
)
_KNOWN: Mapping[str, frozenset[str]] = {
    "as it is": frozenset(f"REST, {what}" for what in (*_NUMPY, *_FLASK)),
    "old model": frozenset(f"REST, {what}" for what in (*_NUMPY[2:], *_FLASK)),
    "Seldon's own class": frozenset(f"REST, {what}" for what in _FLASK[1:]),
    "raw": frozenset(f"REST, {what}" for what in _FLASK),
    "passthrough": frozenset(f"REST, {what}" for what in _FLASK[:1]),
    # They count what was answered.
    **{
        name: frozenset(["metrics, GET /metrics", *(f"connection, {what}" for what in _HTTP)])
        for name in ("threads", "one connection at a time")
    },
    # prometheus-client 0.8 fails on names that Prometheus now allows.
    "names that Prometheus did not allow": frozenset(["metrics, GET /metrics"]),
}


def _answers(local: Local, setup: Setup, log: Path) -> dict[str, str]:
    with local.serving(setup, log) as (server, _):
        return both_sets.answers(server, setup, local.python, {})


@pytest.mark.parametrize("name", SETUPS)
def test_a_client_gets_the_same_answers_from_both_sets(
    name: str, bundle: Path, tmp_path: Path
) -> None:
    # Both at once: most of the time is waiting for what a server does with a silent client.
    with ThreadPoolExecutor(2) as both:
        asked = {
            pins: both.submit(_answers, Local(bundle, pins), SETUPS[name], tmp_path / f"{pins}.log")
            for pins in ("upstream", "current")
        }
        found = {pins: answers.result() for pins, answers in asked.items()}
    differing = both_sets.differences(found["upstream"], found["current"])
    assert {
        what: told for what, told in differing.items() if what not in _KNOWN.get(name, ())
    } == {}
    if not SETUPS[name].connections:
        assert set(differing) == set(_KNOWN.get(name, ()))
