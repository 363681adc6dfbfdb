"""What the entries of bindings have in common, whatever their type: an address, and the words for one that cannot be used."""

import re

from seldon_buildpack.cnb.bindings import Binding
from seldon_buildpack.masking import without_credentials, without_queries
from seldon_buildpack.messages.errors.bindings import BindingInvalid


def url(binding: Binding, key: str) -> str:
    """An entry that has to be an address. Its value may hold a password, and is not repeated. Raises BindingInvalid."""
    address = binding.text(key).strip()
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
