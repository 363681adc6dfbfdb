"""Helpers for reading the entries of bindings of any type, and for reporting invalid ones."""

import re
from collections.abc import Iterable
from pathlib import Path

from seldon_buildpack.cnb import bindings
from seldon_buildpack.cnb.bindings import Binding, BindingFileUnreadable, Bindings
from seldon_buildpack.masking import without_credentials, without_queries
from seldon_buildpack.messages.errors.bindings import BindingInvalid, BindingUnreadable
from seldon_buildpack.messages.errors.source_files import unreadable


def read(directory: Path, types: Iterable[str]) -> Bindings:
    """Read the bindings of these types.

    Raises:
        BindingUnreadable: A binding or one of its entries cannot be read.
    """
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
    """Return an entry as text, or "" if there is none.

    Raises:
        BindingInvalid: The entry is not UTF-8.
    """
    try:
        return binding.text(key)
    except UnicodeDecodeError as error:
        fault = f"its entry {key} is not UTF-8 text"
        raise invalid(binding, fault, f"Write {key} as UTF-8.") from error


def url(binding: Binding, key: str) -> str:
    """Return an entry that must be a URL.

    Raises:
        BindingInvalid: The entry is missing or not a URL. The error does not repeat the value,
            which may contain a password.
    """
    address = text(binding, key).strip()
    if not re.match(r"(https?|file)://\S+$", address):
        what = f"its entry {key} is not a URL" if address else f"it has no entry {key}"
        raise invalid(binding, what, f"Set {key} to the URL, including its scheme (https://...).")
    return address


def shown(url: str) -> str:
    """Return the URL without its credentials and query, so that it can be shown."""
    return without_queries(without_credentials(url))


def invalid(binding: Binding, fault: str, fix: str) -> BindingInvalid:
    """Return the error for an invalid binding.

    ``fault`` is a clause that contains none of the binding's values, and ``fix`` is a sentence.
    """
    return BindingInvalid(binding.name, binding.type, fault, fix)
