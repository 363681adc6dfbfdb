"""Errors about service bindings and mirrors."""

from seldon_buildpack.messages.errors.base import BuildError


class BindingUnreadable(BuildError):
    """An unreadable file of a service binding.

    If ``key`` is empty, it is the binding's directory; if ``name`` is empty too, it is the
    directory of all bindings.
    """

    def __init__(self, name: str, key: str, reason: str) -> None:
        what = (
            f"The file `{key}` of the binding `{name}`"
            if key
            else f"The binding `{name}`"
            if name
            else "The bindings directory"
        )
        super().__init__(
            f"{what} cannot be read",
            f"Opening it failed: {reason}.",
            "Let the build's user read it (CNB_USER_ID of the builder, usually 1000).",
        )


class BindingInvalid(BuildError):
    """A service binding without what its type requires.

    ``fault`` is a clause that quotes no value of the binding; ``fix`` is a sentence.
    """

    def __init__(self, name: str, kind: str, fault: str, fix: str) -> None:
        super().__init__(
            f"The binding `{name}` cannot be used",
            f"Its type is {kind}, and {fault}.",
            fix,
            "Remove the binding if the build does not need it.",
        )


class MirrorInvalid(BuildError):
    """A dependency mirror that is not a URL; ``origin`` says where it was set."""

    def __init__(self, origin: str) -> None:
        super().__init__(
            "The dependency mirror is not a URL",
            f"{origin} sets it. A mirror is a URL that files are downloaded from instead of their original host.",
            "Include the scheme: https://mirror.example.com, or https://mirror.example.com/{originalHost}.",
        )
