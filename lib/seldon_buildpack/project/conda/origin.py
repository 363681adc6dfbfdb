"""Where an environment was exported: builds and packages of another platform are in no channel for this one."""

from seldon_buildpack.project.conda.model import CondaEnvironment


def exported_on(environment: CondaEnvironment) -> str:
    """`Windows` or `macOS`, by packages that only these have; empty where nothing says so."""
    raise NotImplementedError
