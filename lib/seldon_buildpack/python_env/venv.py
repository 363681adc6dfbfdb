"""Virtual environments as they will stand in the image: made by hand, since the interpreter's layer may not be there.

A launch-only layer that is reused is not restored, so nothing can be run from its path. What a virtual environment is
made of (PEP 405) is two files' worth: pyvenv.cfg and links to the interpreter.
"""

import csv
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from seldon_buildpack.masking import MASK, without_credentials, without_queries

# A project may ask for another by a URL with a token in it (PEP 508: Specification).
_REQUIRED = re.compile(r"^Requires-Dist: .*://.*$", re.MULTILINE)
# What setuptools writes for a namespace package from before PEP 420 names it by its parts: ``*('google',)``.
_NAMESPACE = re.compile(r"\*\(('\w+'(?:, ?'\w+')*),?\)")


def site_packages(prefix: Path, minor: str) -> Path:
    """Where an environment's packages lie."""
    return prefix / f"lib/python{minor}/site-packages"


def prepare(prefix: Path, interpreter_home: Path, minor: str) -> None:
    """Make ``prefix`` an environment of the interpreter at ``interpreter_home``; what is in it stays."""
    site_packages(prefix, minor).mkdir(parents=True, exist_ok=True)
    binaries = prefix / "bin"
    binaries.mkdir(exist_ok=True)
    # uv reads `relocatable`: the scripts it writes then look for their interpreter beside themselves.
    (prefix / "pyvenv.cfg").write_text(
        f"home = {interpreter_home / 'bin'}\ninclude-system-site-packages = false\nversion_info = {minor}\nrelocatable = true\n"
    )
    for name, target in (
        (f"python{minor}", interpreter_home / f"bin/python{minor}"),
        ("python3", f"python{minor}"),
        ("python", f"python{minor}"),
    ):
        (binaries / name).unlink(missing_ok=True)
        (binaries / name).symlink_to(target)


def compile_bytecode(interpreter: Path, minor: str, directory: Path) -> None:
    """Compile all but folders named ``tests``, valid whatever the sources' times say.

    The exporter sets every time to 1980, which makes ordinary bytecode stale; unchecked-hash bytecode (PEP 552) is
    never compared. Test suites are half of numpy's and pandas's files and no server imports them. Files of another
    Python's syntax are not ours to report. The same sources give the same bytes: sets are ordered by the hash seed,
    and before 3.11 also by what the process compiled before.
    """
    one_by_one = minor in ("3.8", "3.9", "3.10")
    subprocess.run(
        [
            *(interpreter, "-s", "-m", "compileall", "-qq", "-j", "1" if one_by_one else "0"),
            *("--invalidation-mode", "unchecked-hash", "-x", r"/tests/", directory),
        ],
        check=False,
        cwd=directory,
        env={"PYTHONHASHSEED": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def forget_installation(site: Path) -> None:
    """Remove uv's notes for itself, which hold times, and what may be secret in the URLs that a package came from or asks for."""
    for note in site.glob("*.dist-info/uv_*.json"):
        note.unlink()
        _list_again(note, "")
    for note in site.glob("*.dist-info/direct_url.json"):
        told = json.loads(note.read_text())
        public = without_queries(without_credentials(told["url"])).removesuffix(f"?{MASK}")
        if public != told["url"]:
            note.write_text(json.dumps({**told, "url": public}))
            _list_again(note, f"{note.parent.name}/{note.name},,\n")
    for note in site.glob("*.dist-info/METADATA"):
        text = note.read_text(errors="surrogateescape")
        public_text = _REQUIRED.sub(
            lambda line: without_queries(without_credentials(line[0])), text
        )
        if public_text != text:
            note.write_text(public_text, errors="surrogateescape")
            _list_again(note, f"{note.parent.name}/{note.name},,\n")


def _list_again(file: Path, line: str) -> None:
    """Replace a file's line in its package's RECORD."""
    record = file.parent / "RECORD"
    lines = record.read_text().splitlines(keepends=True)
    record.write_text(
        "".join(one for one in lines if not one.startswith(f"{file.parent.name}/{file.name},"))
        + line
    )


def copy_packages(source: Path, target: Path, minor: str, dist_infos: Iterable[str]) -> None:
    """Copy installed packages, given by their .dist-info, with scripts and bytecode, from one environment to another."""
    site = site_packages(source, minor)
    for name in sorted(dist_infos):
        for line in (site / name / "RECORD").read_text().splitlines():
            path = site / next(csv.reader([line]))[0]
            compiled = (
                path.parent.glob(f"__pycache__/{path.stem}.*.pyc") if path.suffix == ".py" else ()
            )
            # A file that was left out of the wrapper, such as its tests, may still be listed.
            for file in filter(Path.is_file, (path, *compiled)):
                copy = target / os.path.relpath(file, source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, copy)


def copy_scripts(source: Path, target: Path) -> None:
    """Give an environment the commands of another (seldon-core-tester ...): they run the Python beside them, and so see its packages."""
    for script in sorted((source / "bin").iterdir()):
        copy = target / "bin" / script.name
        if script.is_file() and not script.is_symlink() and not copy.exists():
            shutil.copy(script, copy)


def drop_namespace_files(site: Path) -> None:
    """Remove ``*-nspkg.pth`` of namespace packages that Python finds by itself: those without ``__init__.py``, as protobuf 3.20's google.

    What such a file makes has one folder for good, so that ``python -I`` finds nothing of the same name in another environment.
    """
    for file in site.glob("*-nspkg.pth"):
        found = _NAMESPACE.findall(file.read_text(errors="replace"))
        named = [site.joinpath(*(part.strip(" '") for part in parts.split(","))) for parts in found]
        if not named or any((package / "__init__.py").exists() for package in named):
            continue
        file.unlink()
        for record in site.glob("*.dist-info/RECORD"):
            lines = record.read_text().splitlines(keepends=True)
            kept = [line for line in lines if not line.startswith(f"{file.name},")]
            if kept != lines:
                record.write_text("".join(kept))


def drop_wrapper_tests(site: Path) -> None:
    """Remove the top-level package ``tests`` that the wheels of seldon-core and Flask-OpenTracing ship: it would hide a model's own."""
    for record in [
        *site.glob("seldon_core-*.dist-info/RECORD"),
        *site.glob("[Ff]lask_[Oo]pen[Tt]racing-*.dist-info/RECORD"),
    ]:
        lines = record.read_text().splitlines()
        for line in lines:
            if line.startswith("tests/"):
                (site / line.partition(",")[0]).unlink(missing_ok=True)
        record.write_text("\n".join(line for line in lines if not line.startswith("tests/")) + "\n")
    for directory in (
        sorted((site / "tests").rglob("*"), reverse=True) if (site / "tests").is_dir() else []
    ):
        if directory.is_dir() and not any(directory.iterdir()):
            directory.rmdir()
    if (site / "tests").is_dir() and not any((site / "tests").iterdir()):
        (site / "tests").rmdir()
