"""What the image's packages make importable, from the metadata of two layers.

``shared`` is the metadata of the wrapper's layer, ``ours`` that of the requirements' layer, which
hides some of the wrapper's packages. Either may be empty.
"""

from collections.abc import Mapping

from seldon_buildpack.python_env import hidden_packages, importable, top_level_modules


def join_modules(shared: Mapping[str, str], ours: Mapping[str, str]) -> dict[str, str]:
    """Return the top-level modules with their packages."""
    hidden = hidden_packages.read_top_level_modules(ours)
    modules = top_level_modules.from_text(shared.get(top_level_modules.METADATA, ""))
    return {
        **{module: package for module, package in modules.items() if module not in hidden},
        **top_level_modules.from_text(ours.get(top_level_modules.METADATA, "")),
    }


def join_importable(shared: Mapping[str, str], ours: Mapping[str, str]) -> frozenset[str]:
    """Return the names that can be imported."""
    of_wrapper, of_requirements = (
        importable.from_text(stored.get(importable.METADATA, "")) if stored else frozenset()
        for stored in (shared, ours)
    )
    return (of_wrapper - hidden_packages.read_top_level_modules(ours)) | of_requirements
