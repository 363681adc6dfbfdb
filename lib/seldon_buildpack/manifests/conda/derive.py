"""Fields of a `CondaEnvironment` that are derived from its other fields.

They are the same for every kind of file: the secrets, the digest, and the versions of Python and of
the wrapper that the file requires.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace

from seldon_buildpack.manifests.conda import match_spec, python_versions
from seldon_buildpack.manifests.conda.match_spec import MatchSpec
from seldon_buildpack.manifests.conda.types import CondaEnvironment
from seldon_buildpack.manifests.requirements_txt import WRAPPER
from seldon_buildpack.masking import url_secrets, without_credentials
from seldon_buildpack.messages.errors.conda_files import CondaPythonUnsupported
from seldon_buildpack.messages.warnings import conda_files as conda_files_warnings

_PYTHON = "python"


def completed(environment: CondaEnvironment) -> CondaEnvironment:
    """Return the environment with its secrets, digest, Python and wrapper versions filled in.

    Raises:
        CondaPythonUnsupported: No supported Python matches the version that the file requires.
    """
    places = (
        *environment.channels,
        *(spec.text for spec in environment.specs),
        *(package.url for package in environment.packages),
    )
    urls = (secret for place in places if "://" in place for secret in url_secrets(place))
    secrets = tuple(dict.fromkeys((*environment.secrets, *urls)))
    named = [
        (spec.line, parsed)
        for spec in environment.specs
        if isinstance(parsed := match_spec.parse(spec.text), MatchSpec)
    ]
    named += [
        (0, parsed)
        for package in environment.packages
        if isinstance(parsed := match_spec.parse(package.url), MatchSpec)
    ]
    line, python = _asked(named, _PYTHON)
    _, wrapper = _asked(named, WRAPPER)
    if not python_versions.minors(python):
        raise CondaPythonUnsupported(environment.path.name, line, python)
    advice = environment.advice
    if environment.specs and (stem := python_versions.exact_by_mistake(python)):
        advice = (
            *advice,
            conda_files_warnings.conda_python_exact(environment.path.name, line, stem),
        )
    return replace(
        environment,
        secrets=secrets,
        digest=_digest(environment),
        python=python,
        wrapper=wrapper,
        advice=advice,
    )


def _asked(named: Iterable[tuple[int, MatchSpec]], name: str) -> tuple[int, str]:
    """Return the line and the version that the specs require of a package.

    If several specs name the package, their versions are joined, and the line is that of the first.
    """
    found = [
        (line, spec.version or python_versions.ANY) for line, spec in named if spec.name == name
    ]
    asked = ",".join(
        dict.fromkeys(version for _, version in found if version != python_versions.ANY)
    )
    return (found[0][0], asked or python_versions.ANY) if found else (0, "")


def _digest(environment: CondaEnvironment) -> str:
    told = [
        [without_credentials(channel) for channel in environment.channels],
        environment.nodefaults,
        [without_credentials(spec.text) for spec in environment.specs],
        [
            [without_credentials(package.url), package.md5, package.sha256]
            for package in environment.packages
        ],
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
