"""The properties that hold for every source, and how one is written and read."""

import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fuzz.targets import CANARIES, MODEL
from tests.support.bindings import bind
from tests.support.reading_phase import Reading, read_source

# Of the processor, not of the clock: other work does not count.
MOST_SECONDS = 1.0
_MOST_MEMORY = 2_000_000_000


@contextmanager
def memory_limited() -> Iterator[None]:
    """Let what takes too much memory fail."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (_MOST_MEMORY, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def read_fuzzed(name: str, text: str) -> Reading:
    """Read a source with one fuzzed file, in a build with bindings and a token."""
    with tempfile.TemporaryDirectory() as folder:
        app, bindings = Path(folder, "app"), Path(folder, "bindings")
        (app / ".s2i").mkdir(parents=True)
        (app / "M.py").write_text(MODEL)
        (app / ".s2i/environment").write_text("MODEL_NAME=M\n")
        if name == "conda.yaml":
            (app / "MLmodel").write_text("flavors: {}\n")
        if name == "uv.lock":
            (app / "pyproject.toml").write_text("[project]\nname = 'm'\n")
        (app / name).write_text(text, encoding="utf-8", errors="surrogatepass")
        entries = {"type": "pypi", "uri": "https://h/simple", "username": "u"}
        bind(bindings, "corp", {**entries, "password": CANARIES[0]})
        bind(bindings, "home", {"type": "netrc", ".netrc": f"machine h login u password {CANARIES[1]}\n"})  # fmt: skip
        return read_source(app, {"TOKEN": CANARIES[2]}, bindings)


def assert_holds(name: str, text: str) -> None:
    """Fail unless the properties hold for a source with this file."""
    found = read_fuzzed(name, text)
    if not found.is_explained and found.error:
        raise found.error
    assert found.seconds < MOST_SECONDS, f"{name} took {found.seconds:.1f} s: {text[:200]!r}"
    output = (found.log + found.metadata).lower()
    assert not [canary for canary in CANARIES if canary in output], f"{name}: {text[:200]!r}"
