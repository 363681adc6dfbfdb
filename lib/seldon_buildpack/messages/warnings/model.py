"""Warnings about the model class, its methods and its imports."""

from collections.abc import Sequence

from seldon_buildpack.messages.name_lists import first_names
from seldon_buildpack.messages.warnings.base import Advice


def module_hidden(own: str, module: str, package: str, importer: str) -> Advice:
    """Warn about a module of the source that is hidden by an installed package.

    The working directory comes last in Python's module search path.
    """
    return Advice(
        f"{own} is hidden by the installed package {package}, which has a module {module} too: {importer} imports that one.",
        f"Rename {own} to a name that no package has, and change the imports.",
    )


def method_takes_fewer(place: str, name: str, passed: int) -> Advice:
    """Warn about a method that takes fewer arguments than the wrapper passes, besides self."""
    return Advice(
        f"{place}: the wrapper calls `{name}` with more arguments than it takes; the call fails.",
        _define(name, passed),
    )


def method_takes_more(place: str, name: str, passed: int) -> Advice:
    """Warn about a method that requires more arguments than the wrapper passes."""
    return Advice(
        f"{place}: the wrapper calls `{name}` with fewer arguments than it requires; the call fails.",
        _define(name, passed),
    )


def method_is_async(place: str, name: str) -> Advice:
    """Warn about an async method, whose result the wrapper does not await."""
    return Advice(
        f"{place}: `{name}` is async, but the wrapper does not await it; the call fails.",
        f"Define it with `def {name}`, and call asynchronous code with asyncio.run.",
    )


def method_is_generator(place: str, name: str) -> Advice:
    """Warn about a method that yields, whose result the wrapper cannot convert."""
    return Advice(
        f"{place}: `{name}` yields, but the wrapper needs a value; the call fails.",
        "Return a list or an array.",
    )


def _define(name: str, passed: int) -> str:
    arguments = {0: "self", 1: "self, message", 2: "self, X, names"}.get(
        passed, "self, X, names, reward, truth, routing=None"
    )
    return f"Define it as `def {name}({arguments}):`."


def imports_missing(places: Sequence[str]) -> Advice:
    """Warn about imports that may fail; each place has the module, the file and the line."""
    return Advice(
        f"The model may import modules that are not installed: {first_names(places)}.",
        "Add their packages to your requirements if a request can reach these lines.",
    )


def module_not_in_source(name: str, near: str | None) -> Advice:
    """Warn that MODEL_NAME is not in the source.

    An installed package may provide the module, so it can't be checked.
    """
    return Advice(
        f"MODEL_NAME={name} is not in the source, so the build expects it from an installed package.",
        f"If you mean {near}, set MODEL_NAME to that."
        if near
        else "If it should be in the source, check the name.",
    )


def method_of_another_type(
    class_name: str,
    service_type: tuple[str, str],
    needed: Sequence[str],
    present: Sequence[str],
    fitting: str | None,
) -> Advice:
    """Warn that the class has no method of its service type, but others that are called.

    The wrapper serves every endpoint for any type. ``service_type`` is the type and its origin.
    """
    value, origin = service_type
    needs = " or ".join(needed)
    fix = f"Set SERVICE_TYPE={fitting}" if fitting else f"Define {needed[0]}"
    return Advice(
        f"{origin}: SERVICE_TYPE={value}, but {class_name} has no {needs}. It has {first_names(present)}.",
        f"{fix} if a graph calls it. The wrapper serves every endpoint whatever the type, but a graph calls a {value}\n"
        f"only through {needs}.",
    )
