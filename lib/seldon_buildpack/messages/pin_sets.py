"""Phrases for the log about the wrapper's pin set, and about NumPy."""


def forced() -> str:
    """Return the reason for a set that the user names."""
    return "BP_SELDON_PINS"


def current_conflicts(requirement: str) -> str:
    """Return the reason for `upstream` if the requirements conflict with `current`."""
    return f"the current pins conflict with {requirement or 'your requirements'}"


def current_failed(title: str) -> str:
    """Return the reason for `upstream` if installing with `current` failed."""
    return f"with the current pins: {title}"


def current_not_locked(python: str) -> str:
    """Return the reason for `upstream` on a Python that `current` is not for."""
    return f"the current pins are not for Python {python}"


def compiled_for_numpy_1(package: str) -> str:
    """Return the reason for NumPy 1 on the set `current`."""
    return f"{package} was compiled for NumPy 1"


def uses_removed_name(use: str) -> str:
    """Return the reason for NumPy 1 if the source uses a name that NumPy 2 removed."""
    return f"{use} is not in NumPy 2"
