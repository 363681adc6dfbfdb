"""Looks for planted secrets in all that a build leaves behind: every layer, the configuration, the history, the caches, the log."""

import base64
import gzip
import io
import json
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from urllib.parse import quote

# Everything a URL gives a meaning to, a space, a percent sign and a letter outside of ASCII.
AWKWARD = "@:/?#[]&=+ %é!"


@dataclass(frozen=True)
class Credentials:
    """A user name and password that stand nowhere else, both with characters that have to be encoded in a URL."""

    user: str
    password: str

    @classmethod
    def planted(cls, where: str) -> "Credentials":
        """A pair for one place, told apart from all others by its name."""
        return cls(f"canary-user-{where}@corp", f"canary-password-{where}-{AWKWARD}x")

    def words(self) -> tuple[str, ...]:
        """What must be nowhere: each, and the two as basic authentication joins them."""
        return (self.user, self.password, f"{self.user}:{self.password}")


def assert_nowhere(image: str | None, log: str, secrets: Iterable[str]) -> None:
    """Fail with the places where a secret stands, in clear or encoded. ``image`` is None where the build had to fail."""
    places = found(image, log, secrets)
    assert not places, "\n".join(places)


def of_phases(log: str) -> str:
    """The log of ``pack build -v`` from the first phase on: before it pack itself repeats each --env, whatever the buildpacks are."""
    return log[log.index("===> ANALYZING") :]


def found(image: str | None, log: str, secrets: Iterable[str]) -> list[str]:
    """The places where one of the secrets stands."""
    return found_in(chain([("the log", log.encode())], _pieces(image) if image else ()), secrets)


def found_in(pieces: Iterable[tuple[str, bytes]], secrets: Iterable[str]) -> list[str]:
    """The same for any pieces of data, each with where it stands."""
    needles = {form: secret for secret in secrets for form in forms(secret)}
    # Most of the data has none of the few beginnings that all forms share.
    beginnings = {form[:8] for form in needles}
    places = []
    for place, data in pieces:
        if any(beginning in data for beginning in beginnings):
            places += [f"{secret!r} in {place}" for form, secret in needles.items() if form in data]
    return sorted(set(places))


def forms(secret: str) -> set[bytes]:
    """A secret as it is, and as URLs, JSON and headers spell it."""
    raw = secret.encode()
    encoded = {quote(secret, safe=safe) for safe in ("", "/", ":", "!$&'()*+,~", "@:")}
    texts = {
        secret,
        json.dumps(secret)[1:-1],
        *encoded,
        *(one.replace("%40", "@") for one in encoded),
    }
    return {
        *(text.encode() for text in texts),
        *(_lower_hex(text).encode() for text in encoded),
        base64.b64encode(raw).rstrip(b"="),
        base64.urlsafe_b64encode(raw).rstrip(b"="),
        raw.hex().encode(),
    }


def _lower_hex(text: str) -> str:
    return "".join(
        f"%{part[:2].lower()}{part[2:]}" if number else part
        for number, part in enumerate(text.split("%"))
    )


def _pieces(image: str) -> Iterator[tuple[str, bytes]]:
    """Everything that can be read of an image and its caches: where it stands, and its bytes, names of files among them."""
    yield "docker inspect", _docker("inspect", image)
    yield "docker history", _docker("history", "--no-trunc", image)
    with tempfile.TemporaryFile() as saved:
        subprocess.run(["docker", "save", image], check=True, stdout=saved, timeout=300)
        saved.seek(0)
        with tarfile.open(fileobj=saved) as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isfile() else None
                data = file.read() if file else b""
                if data[257:262] == b"ustar":
                    yield from files_of_archive(f"layer {member.name[:12]}", data)
                else:
                    yield member.name, data
    # The other of pack's two caches holds the image's layers once more.
    volumes = (
        _docker("volume", "ls", "-q", "--filter", f"name=_{image.replace('/', '_')}_latest-")
        .decode()
        .split()
    )
    [volume] = [one for one in volumes if one.endswith(".build")]
    words = (
        "run",
        "--rm",
        "--user",
        "0",
        "--volume",
        f"{volume}:/cache:ro",
        "--entrypoint",
        "tar",
        image,
    )
    yield from files_of_archive(f"cache {volume}", _docker(*words, "-c", "-C", "/cache", "."))


def files_of_archive(place: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """A tar archive as a whole, and what is compressed in it."""
    # A tar archive is not compressed: one search over the whole covers all contents and, in its headers, all names.
    yield place, data
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            if member.name.endswith((".whl", ".zip", ".gz", ".tar", ".tgz")) and (
                file := archive.extractfile(member)
            ):
                yield from _compressed(f"{place}: {member.name}", file.read())


def _compressed(place: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield f"{place}: {name}", archive.read(name)
    elif data[:2] == b"\x1f\x8b":
        yield place, gzip.decompress(data)
    elif data[257:262] == b"ustar":
        yield from files_of_archive(place, data)


def _docker(*words: str) -> bytes:
    return subprocess.run(["docker", *words], check=True, capture_output=True, timeout=300).stdout
