"""The choice of the wrapper's pin set: the first with which the requirements resolve."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from seldon_buildpack.commands.uv import Outcome, Uv
from seldon_buildpack.layers.installation import Installation
from seldon_buildpack.layers.python_wrapper import Wrapper
from seldon_buildpack.manifests.requirements_txt import WRAPPER
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.packages import RequirementNotFound, VersionNotFound
from seldon_buildpack.messages.errors.project_builds import BuildFromSourceFailed, ProjectNotBuilt
from seldon_buildpack.messages.errors.requirements import Conflict
from seldon_buildpack.python_env import build_packages
from seldon_buildpack.wrapper import pin_sets
from seldon_buildpack.wrapper.pin_sets import Fallback, FallbackCause

# Resolves with a wrapper, which takes part or not, and returns the stubs shown to uv.
Resolve = Callable[[Installation, Wrapper, bool, Callable[..., Outcome]], frozenset[str]]


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """The requirements, resolved with a wrapper."""

    # The inputs, which may be limited to the wheel folders.
    inputs: Installation
    # The wrapper.
    wrapper: Wrapper
    # The wrapper's packages that were shown to uv.
    stubs: frozenset[str]
    # Why it is not the first wrapper.
    because: Fallback | None = None
    # Whether the wrapper took part in the resolution.
    with_wrapper: bool = True


def choose_wrapper(inputs: Installation, resolve: Resolve, uv: Uv) -> Resolution:
    """Resolve with the first wrapper that is compatible with the requirements.

    If the wheel folders have all that is missing, no index is asked. uv would query the index for
    every package, even if it then takes the package from elsewhere.

    Raises:
        BuildError: The requirements cannot be installed.
    """
    resolved, lacking = _resolve_from_folders(inputs, resolve, uv)
    if resolved:
        return resolved
    return resolve_with_first(replace(inputs, lacking=lacking), resolve, uv)


def _resolve_from_folders(
    inputs: Installation, resolve: Resolve, uv: Uv
) -> tuple[Resolution | None, str]:
    """Resolve from the wheel folders alone, if they take precedence over the index.

    Returns the result and an empty string, or None and the package that the folders lack, if that
    is known.
    """
    if not (index := inputs.index.folders_alone()):
        return None, ""
    inputs, lacking = replace(inputs, index=index), ""
    because: Fallback | None = None
    for chosen in inputs.wrappers:
        try:
            stubs = resolve(inputs, chosen, True, uv.attempt)
        except Conflict as conflict:
            because = because or Fallback(FallbackCause.CONFLICT, conflict.asks)
        except (RequirementNotFound, VersionNotFound) as error:
            lacking = lacking or getattr(error, "package", "")
            because = because or Fallback(FallbackCause.FAILURE, error.title)
        except BuildError:
            break
        else:
            return Resolution(inputs=inputs, wrapper=chosen, stubs=stubs, because=because), ""
    return None, lacking


def resolve_with_first(inputs: Installation, resolve: Resolve, uv: Uv) -> Resolution:
    """Resolve with the first wrapper that is compatible with the requirements.

    Raises:
        BuildError: That of the last attempt: if the requirements fail on their own, the wrapper is
            not the cause.
    """
    because: Fallback | None = None
    refused: Conflict | None = None
    for place, chosen in enumerate(inputs.wrappers):
        try:
            stubs = resolve(inputs, chosen, True, uv.run)
        except Conflict as conflict:
            refused = refused or conflict
            because = because or Fallback(FallbackCause.CONFLICT, conflict.asks)
        except BuildError as error:
            remaining = inputs.wrappers[place + 1 :] if _may_depend_on_pins(inputs, error) else ()
            resolution = _resolve_offline(inputs, remaining, resolve, uv)
            if not resolution:
                raise
            failure = Fallback(FallbackCause.FAILURE, error.title)
            return replace(resolution, because=because or failure)
        else:
            return Resolution(inputs=inputs, wrapper=chosen, stubs=stubs, because=because)
    first = inputs.wrappers[0]
    if refused and (WRAPPER in inputs.names or pin_sets.is_forced(inputs.pins) or not first.lock):
        raise refused
    stubs = resolve(inputs, first, False, uv.run)
    return Resolution(
        inputs=inputs, wrapper=first, stubs=stubs, because=because, with_wrapper=False
    )


def _may_depend_on_pins(inputs: Installation, error: BuildError) -> bool:
    """Return whether another pin set may avoid an error.

    A build from source imports the wrapper's packages only without isolation.
    """
    return build_packages.OPTION in inputs.index.options or not isinstance(
        error, BuildFromSourceFailed | ProjectNotBuilt
    )


def _resolve_offline(
    inputs: Installation, wrappers: Sequence[Wrapper], resolve: Resolve, uv: Uv
) -> Resolution | None:
    """Resolve with the first of these wrappers that needs no further download.

    Requirements that are pinned to a wrapper's versions are satisfied without any index.
    """

    def run_offline(
        arguments: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None
    ) -> Outcome:
        return uv.attempt([*arguments, "--offline"], cwd, env)

    for chosen in wrappers:
        try:
            stubs = resolve(inputs, chosen, True, run_offline)
        except BuildError:
            continue
        return Resolution(inputs=inputs, wrapper=chosen, stubs=stubs)
    return None
