"""Certificate authorities that a build trusts besides the build image's: read from bindings, and put into one file that every tool takes.

Of a file only its certificates are taken: a key or a comment that stands beside them goes nowhere.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from seldon_buildpack.cnb.bindings import Binding
from seldon_buildpack.messages.errors.bindings import BindingInvalid

# The stores of the distributions that builders are made of: Debian and its like, then Red Hat's.
_STORES = (Path("/etc/ssl/certs/ca-certificates.crt"), Path("/etc/pki/tls/certs/ca-bundle.crt"))
# What update-ca-certificates was given besides the distribution's own.
_ADDED = Path("/usr/local/share/ca-certificates")
_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----\s+[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")
_NAMED = (".pem", ".crt", ".cer")


def of_binding(binding: Binding) -> tuple[str, ...]:
    """The certificates of a binding's entries (*.pem, *.crt and any other that holds one), as PEM. Raises BindingInvalid."""
    found = [
        one
        for key, data in binding.entries.items()
        for one in read(binding, key, data, key.endswith(_NAMED))
    ]
    if not found:
        raise BindingInvalid(
            binding.name,
            binding.type,
            "no certificate is in it",
            "Put each authority's certificate into it as a file of its own, in PEM (-----BEGIN CERTIFICATE-----) or DER.",
        )
    return tuple(dict.fromkeys(found))


def read(binding: Binding, key: str, data: bytes, wanted: bool = True) -> tuple[str, ...]:
    """The certificates of one entry. Raises BindingInvalid for one that OpenSSL refuses, and for none where there must be one."""
    import ssl

    text = ssl.DER_cert_to_PEM_cert(data) if data[:1] == b"\x30" else data.decode(errors="replace")
    blocks = [f"{block}\n" for block in _BLOCK.findall(text.replace("\r", ""))]
    try:
        for block in blocks:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=block)
    except ssl.SSLError:
        blocks, wanted = [], True
    if not blocks and wanted:
        raise BindingInvalid(
            binding.name,
            binding.type,
            f"its entry {key} is not a certificate",
            f"Write {key} as PEM (-----BEGIN CERTIFICATE-----) or DER; several may stand in one PEM file.",
        )
    return tuple(blocks)


def store() -> Path | None:
    """The file with what the build image trusts."""
    return next((path for path in _STORES if path.is_file()), None)


def with_store(certificates: Iterable[str], base: Path | None) -> str:
    """A bundle of what ``base`` holds and these."""
    own = base.read_text(errors="replace").rstrip("\n") + "\n" if base and base.is_file() else ""
    return own + "".join(certificates)


def for_image(certificates: Iterable[str]) -> str:
    """A bundle of the distribution's own authorities and these: what the machine that made the builder trusts besides stays out of images."""
    path = store()
    added = {
        block
        for file in sorted(_ADDED.glob("**/*.crt"))
        for block in _BLOCK.findall(file.read_text(errors="replace"))
    }
    public = _BLOCK.findall(path.read_text(errors="replace")) if path else []
    return "".join(f"{block}\n" for block in public if block not in added) + "".join(certificates)
