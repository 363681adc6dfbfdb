"""Worker program that calls py-rattler.

It is a separate process because rattler takes some settings only from its environment, which
differs from build to build.

    python -I rattler_worker.py LIBRARIES <JOB

A job is a JSON object: `do` is `solve` or `install`, and the other keys are that function's
arguments. The answer is a JSON object on standard output: what the function returns, or `error`,
the name of rattler's exception, and its `message`.
"""

import asyncio
import hashlib
import json
import os
import sys
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

_PLATFORMS: tuple[Literal["linux-64"], Literal["noarch"]] = ("linux-64", "noarch")
_NEAR = 3
_MOST_VERSIONS = 5


def _client(config: str) -> Any:
    from rattler import Client, Config

    return Client.from_config(
        Config.from_toml(config), max_retries=2, user_agent="seldon-python-buildpack"
    )


async def solve(job: Mapping[str, Any]) -> dict[str, Any]:
    """Solve ``specs`` with the first attempt that has a solution.

    Each of ``attempts`` is a list of constraints.

    Returns:
        `attempt`, the number of that attempt, and `packages`. If no attempt has a solution:
        `unsolved`, the solver's report for each attempt; `missing`, similar names for each
        required name that no channel has; and `versions`, the newest available versions for each
        spec that nothing matches. If a spec cannot be parsed: `error` and `message` as in `main`,
        and `spec`, its number.
    """
    from rattler import Channel, ChannelConfig, Gateway, MatchSpec, solve
    from rattler.exceptions import InvalidMatchSpecError, SolverError

    specs = []
    for number, spec in enumerate(job["specs"]):
        try:
            # Parse specs as conda does: rattler's own parsing of a string here does not know
            # `numpy=1.26.4=py312_0`, the form used in exports.
            specs.append(MatchSpec(spec))
        except InvalidMatchSpecError as error:
            return {"error": type(error).__name__, "message": str(error), "spec": number}
    config = ChannelConfig(job["alias"], "/") if job["alias"] else ChannelConfig()
    channels = [Channel(url, config) for url in job["channels"]]
    gateway = Gateway(cache_dir=Path(job["cache"]) / "repodata", client=_client(job["config"]))
    unsolved = []
    for number, constraints in enumerate(job["attempts"]):
        try:
            records = await solve(
                channels,
                specs,
                gateway,
                _PLATFORMS,
                virtual_packages=_virtual(job["virtual"]),
                constraints=constraints,
                channel_relations="disabled",
            )
        except SolverError as error:
            unsolved.append(str(error))
        else:
            return {"attempt": number, "packages": [_told(record) for record in records]}
    missing = await _missing(gateway, channels, job["specs"])
    return {
        "unsolved": unsolved,
        "missing": missing,
        "versions": await _versions(gateway, channels, job["specs"], missing),
    }


def _virtual(packages: Sequence[Sequence[str]]) -> list[Any]:
    from rattler import BuildString, GenericVirtualPackage, PackageName, Version

    return [
        GenericVirtualPackage(PackageName(name), Version(version), BuildString(build))
        for name, version, build in packages
    ]


def _told(record: Any) -> dict[str, Any]:
    return {
        "name": record.name.normalized,
        "version": str(record.version),
        "url": record.url,
        "sha256": record.sha256.hex() if record.sha256 else "",
        "md5": record.md5.hex() if record.md5 else "",
        "size": record.size or 0,
    }


async def _missing(
    gateway: Any, channels: Sequence[Any], specs: Sequence[str]
) -> dict[str, list[str]]:
    import difflib

    from rattler import MatchSpec

    known = sorted({name.normalized for name in await gateway.names(channels, _PLATFORMS)})
    asked = [MatchSpec(spec).name.normalized for spec in specs]
    return {
        name: difflib.get_close_matches(name, known, _NEAR)
        for name in asked
        if name not in known and not name.startswith("__")
    }


async def _versions(
    gateway: Any, channels: Sequence[Any], specs: Sequence[str], missing: Collection[str]
) -> dict[str, list[str]]:
    from rattler import MatchSpec

    found = {}
    for text in specs:
        spec = MatchSpec(text)
        name = spec.name.normalized
        if name in missing or name.startswith("__"):
            continue
        answers = await gateway.query(
            channels, _PLATFORMS, [name], recursive=False, channel_relations="disabled"
        )
        records = [record for records in answers for record in records]
        if not any(spec.matches(record) for record in records):
            newest = sorted({record.version for record in records}, reverse=True)[:_MOST_VERSIONS]
            found[text] = [str(version) for version in newest]
    return found


async def install(job: Mapping[str, Any]) -> dict[str, Any]:
    """Install ``packages`` (url, sha256, md5) into ``prefix`` and return an empty answer.

    The packages' metadata stays in ``cache``/pkgs.
    """
    from rattler import install

    for one in job["packages"]:
        _verify(one)
    records = [_record(one) for one in job["packages"]]
    await install(
        records,
        job["prefix"],
        cache_dir=Path(job["cache"]) / "pkgs",
        execute_link_scripts=True,
        show_progress=False,
        client=_client(job["config"]),
    )
    return {}


def _verify(package: Mapping[str, str]) -> None:
    """Verify the hash of a package in a local folder.

    rattler only verifies the hash of packages that it downloads.

    Raises:
        ValueError: The hash is wrong. The message is worded as rattler's.
    """
    parts = urlsplit(package["url"])
    kind = next((one for one in ("sha256", "md5") if package.get(one)), "")
    path = Path(unquote(parts.netloc + parts.path))
    if parts.scheme != "file" or not kind or not path.is_file():
        return
    with path.open("rb") as file:
        found = hashlib.file_digest(file, kind).hexdigest()
    if found != package[kind].lower():
        raise ValueError(
            f"hash mismatch when extracting {package['url']} where it lies: expected {package[kind]}, got {found}"
        )


def _record(package: Mapping[str, str]) -> Any:
    """Return the record rattler needs to fetch, verify and link a package.

    rattler reads the rest from the package itself.
    """
    from rattler import BuildString, PackageRecord, RepoDataRecord

    channel, subdir, file_name = package["url"].rsplit("/", 2)
    stem = file_name.removesuffix(".conda").removesuffix(".tar.bz2")
    name, version, build = stem.rsplit("-", 2)
    number = build.rpartition("_")[2]
    record = PackageRecord(
        name,
        version,
        BuildString(build),
        int(number) if number.isdigit() else 0,
        subdir,
        noarch="python" if subdir == "noarch" else None,
        sha256=bytes.fromhex(package.get("sha256", "")) or None,
        md5=bytes.fromhex(package.get("md5", "")) or None,
    )
    return RepoDataRecord(record, file_name, package["url"], channel)


_JOBS: Mapping[str, Callable[[Mapping[str, Any]], Coroutine[Any, Any, dict[str, Any]]]] = {
    "solve": solve,
    "install": install,
}


def main() -> None:
    """Read a job, run it and print the answer."""
    job = json.load(sys.stdin)
    answer: dict[str, Any]
    try:
        answer = asyncio.run(_JOBS[job["do"]](job))
    except Exception as error:
        answer = {"error": type(error).__name__, "message": str(error)}
    json.dump(answer, sys.stdout)
    sys.stdout.flush()
    # rattler's threads outlive the event loop, and one that calls into Python during interpreter
    # shutdown crashes the process.
    os._exit(0)


if __name__ == "__main__":
    sys.path.insert(1, sys.argv[1])
    main()
