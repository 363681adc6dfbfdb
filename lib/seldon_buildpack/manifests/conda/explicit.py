"""Reader for @EXPLICIT files, which list the URL of each package on a line of its own.

They are written by `conda list --explicit`, and by conda-lock, which adds the pip packages as
comments.
"""

import re
from pathlib import Path

from seldon_buildpack import user_files
from seldon_buildpack.manifests.conda.derive import completed
from seldon_buildpack.manifests.conda.match_spec import FILE
from seldon_buildpack.manifests.conda.types import MARK, PLATFORM, CondaEnvironment, Locked, Spec
from seldon_buildpack.manifests.requirements_txt import text_of
from seldon_buildpack.messages.errors.conda_locks import ExplicitLineInvalid, LockLacksPlatform

_PLATFORM = re.compile(r"#\s*platform:\s*(\S+)")
_PIP = re.compile(r"#\s*pip\s+(\S.*)")
# An MD5, or since conda 23.11 and in micromamba a SHA-256; either with or without a prefix.
_HASH = re.compile(r"(?:md5:)?([0-9a-fA-F]{32})|(?:sha256:)?([0-9a-fA-F]{64})")
_SUBDIR = re.compile(r"/((?:linux|osx|win|freebsd|emscripten|wasi)-[\w]+)/[^/]+$")
_RENEW = "`conda list --explicit --sha256 > {}`, on Linux."


def read(app: Path, path: Path) -> CondaEnvironment:
    """Read the packages that the file lists.

    Raises:
        ExplicitLineInvalid: A line is not the URL or path of a package.
        LockLacksPlatform: The file is for another platform.
        BuildError: The file cannot be read.
    """
    name, packages, pip = path.name, [], []
    for number, raw in enumerate(text_of(app, path).splitlines(), start=1):
        line = raw.strip()
        if (found := _PLATFORM.fullmatch(line)) and found[1] != PLATFORM:
            raise LockLacksPlatform(name, [found[1]], _RENEW.format(name))
        if found := _PIP.fullmatch(line):
            pip.append(Spec(found[1], number))
        if line and not line.startswith("#") and line != MARK.decode():
            packages.append(_package(app, name, number, line))
    return completed(
        CondaEnvironment(
            path=path, kind="explicit", packages=tuple(packages), pip=tuple(pip), files=(path,)
        )
    )


def _package(app: Path, name: str, number: int, line: str) -> Locked:
    url, _, hashed = line.partition("#")
    found = _HASH.fullmatch(hashed)
    if not FILE.fullmatch(url) or (hashed and not found):
        raise ExplicitLineInvalid(name, number, line)
    if (subdir := _SUBDIR.search(url)) and subdir[1] != PLATFORM:
        raise LockLacksPlatform(name, [subdir[1]], _RENEW.format(name))
    if "://" not in url:
        local = user_files.resolved(app / url)
        if local is None or not user_files.is_file(local):
            raise ExplicitLineInvalid(name, number, line)
        url = local.as_uri()
    md5, sha256 = (found[1] or "", found[2] or "") if found else ("", "")
    return Locked(url, md5.lower(), sha256.lower())
