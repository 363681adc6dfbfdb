"""Warnings about environment.yml and its like."""

from seldon_buildpack.messages.warnings.base import Advice


def conda_yaml_taken(name: str) -> Advice:
    """Warn that the environment file is installed, although s2i reads environment.yml only."""
    return Advice(
        f"The build installs {name}. s2i reads only environment.yml.",
        "Rename it to environment.yml if you also build this directory with s2i.",
    )


def conda_prefix_ignored(name: str, number: int) -> Advice:
    """Warn about ``prefix``, the environment's path on the machine that exported it.

    conda uses it in its own commands only.
    """
    return Advice(
        f"{name}: the prefix in line {number} is from the machine that wrote the file, and is ignored.",
        f"Remove line {number}, or export without it: `conda env export --from-history`.",
    )


def conda_selector_ignored(name: str, number: int, selector: str, dependency: str) -> Advice:
    """Warn about a conda-build selector, which is only a comment to conda."""
    return Advice(
        f"{name}: `[{selector}]` in line {number} is only a comment to conda, so {dependency} is installed here too.",
        f"Remove line {number} if it is for another platform. Otherwise remove the comment.",
    )


def include_by_file_url(name: str, number: int, option: str, path: str) -> Advice:
    """Warn about an include by a relative file URL, which pip accepted before 21.2."""
    return Advice(
        f"{name}: `{option} file:{path}` in line {number} is read as `{option} {path}`. pip accepts the other form up to 21.1 only.",
        f"Write `{option} {path}`.",
    )


def conda_python_exact(name: str, number: int, version: str) -> Advice:
    """Warn that `python 3.8` and `python==3.8` are exact, unlike `python=3.8`."""
    return Advice(
        f"{name}: line {number} requires exactly Python {version}.0, not any {version}.",
        f"Write python={version} for the newest {version}.",
    )


def conda_credential_in_image(name: str, variable: str) -> Advice:
    """Warn about a credential among an environment's variables.

    They are set when the environment is activated, which happens in each container.
    """
    return Advice(
        f"{name}: the variable {variable} looks like a credential, and everyone who has the image can read it.",
        "Remove it from the file, and set it when you run the image: docker run -e, or a Kubernetes Secret.",
    )
