"""What the entries of bindings have in common, whatever their type: an address, and the words for one that cannot be used."""

import re
from collections.abc import Iterable
from pathlib import Path

from seldon_buildpack.cnb import bindings
from seldon_buildpack.cnb.bindings import Binding, BindingFileUnreadable, Bindings
from seldon_buildpack.masking import without_credentials, without_queries
from seldon_buildpack.messages.errors.bindings import BindingInvalid, BindingUnreadable
from seldon_buildpack.messages.errors.source_files import unreadable


def read(directory: Path, types: Iterable[str]) -> Bindings:
    """Read the bindings of these types. Raises BindingUnreadable."""
    try:
        return bindings.read(directory, types)
    except BindingFileUnreadable as error:
        reason = (
            unreadable(error.path, error.reason)
            if error.entry
            else error.reason.strerror or str(error.reason)
        )
        raise BindingUnreadable(error.binding, error.entry, reason) from error


def text(binding: Binding, key: str) -> str:
    """Return an entry as text, "" if there is none. Raises BindingInvalid."""
    try:
        return binding.text(key)
    except UnicodeDecodeError as error:
        fault = f"its entry {key} is not UTF-8 text"
        raise invalid(binding, fault, f"Write {key} as UTF-8.") from error


def url(binding: Binding, key: str) -> str:
    """An entry that has to be an address. Its value may hold a password, and is not repeated. Raises BindingInvalid."""
    address = text(binding, key).strip()
    if not re.match(r"(https?|file)://\S+$", address):
        what = f"its entry {key} is not a URL" if address else f"it has no entry {key}"
        raise invalid(
            binding, what, f"Write the address into {key}, with its scheme (https://...)."
        )
    return address


def shown(url: str) -> str:
    """An address without what must not be seen."""
    return without_queries(without_credentials(url))


def invalid(binding: Binding, fault: str, fix: str) -> BindingInvalid:
    """The error of a binding: a clause without any of its values, and a sentence."""
    return BindingInvalid(binding.name, binding.type, fault, fix)
