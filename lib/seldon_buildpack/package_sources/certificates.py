"""CA certificates that a build trusts in addition to those of the build image.

They are read from bindings, and combined into one file for all tools. Only certificates are taken
from an entry: a key or a comment in the same file is never copied.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from seldon_buildpack.cnb.bindings import Binding
from seldon_buildpack.messages.errors.bindings import BindingInvalid

# The certificate stores of the distributions that builders are based on: Debian and its
# derivatives, then Red Hat.
_STORES = (Path("/etc/ssl/certs/ca-certificates.crt"), Path("/etc/pki/tls/certs/ca-bundle.crt"))
# CA certificates that were added to the distribution's own with update-ca-certificates.
_ADDED = Path("/usr/local/share/ca-certificates")
_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----\s+[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")
_NAMED = (".pem", ".crt", ".cer")


def of_binding(binding: Binding) -> tuple[str, ...]:
    """Return the certificates of all entries of a binding, in PEM.

    Entries with another suffix than .pem, .crt or .cer may contain no certificate.

    Raises:
        BindingInvalid: The binding has no certificate, or an entry is not a valid one.
    """
    found = [
        one
        for key, data in binding.entries.items()
        for one in read(binding, key, data, key.endswith(_NAMED))
    ]
    if not found:
        raise BindingInvalid(
            binding.name,
            binding.type,
            "it contains no certificate",
            "Add each CA certificate to it as a separate file, in PEM (-----BEGIN CERTIFICATE-----) or DER.",
        )
    return tuple(dict.fromkeys(found))


def read(binding: Binding, key: str, data: bytes, wanted: bool = True) -> tuple[str, ...]:
    """Return the certificates of one entry, in PEM.

    Raises:
        BindingInvalid: OpenSSL rejects a certificate, or ``wanted`` is set and there is none.
    """
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
            f"Write {key} as PEM (-----BEGIN CERTIFICATE-----) or DER. A PEM file can contain several.",
        )
    return tuple(blocks)


def store() -> Path | None:
    """Return the file with the CA certificates of the build image, or None."""
    return next((path for path in _STORES if path.is_file()), None)


def with_store(certificates: Iterable[str], base: Path | None) -> str:
    """Return the text of ``base`` followed by these certificates."""
    own = base.read_text(errors="replace").rstrip("\n") + "\n" if base and base.is_file() else ""
    return own + "".join(certificates)


def for_image(certificates: Iterable[str]) -> str:
    """Return the CA certificates of the distribution followed by these.

    CA certificates that the machine on which the builder was made trusts in addition are left out
    of images.
    """
    path = store()
    added = {
        block
        for file in sorted(_ADDED.glob("**/*.crt"))
        for block in _BLOCK.findall(file.read_text(errors="replace"))
    }
    public = _BLOCK.findall(path.read_text(errors="replace")) if path else []
    return "".join(f"{block}\n" for block in public if block not in added) + "".join(certificates)
