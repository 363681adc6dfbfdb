"""Virtual environments as they will be in the image, created without running Python.

A launch-only layer that is reused is not restored, so the interpreter may be missing and nothing
can be run from its path. A virtual environment (PEP 405) is little more than pyvenv.cfg and links
to the interpreter.
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

# A project may require another by a URL that contains a token (PEP 508: Specification).
_REQUIRED = re.compile(r"^Requires-Dist: .*://.*$", re.MULTILINE)
# For a namespace package from before PEP 420, setuptools writes the parts of its name:
# ``*('google',)``.
_NAMESPACE = re.compile(r"\*\(('\w+'(?:, ?'\w+')*),?\)")


def site_packages(prefix: Path, minor: str) -> Path:
    """Return the folder with the packages of an environment."""
    return prefix / f"lib/python{minor}/site-packages"


def prepare(prefix: Path, interpreter_home: Path, minor: str) -> None:
    """Make ``prefix`` an environment of the given interpreter, and keep its content."""
    site_packages(prefix, minor).mkdir(parents=True, exist_ok=True)
    binaries = prefix / "bin"
    binaries.mkdir(exist_ok=True)
    # uv reads `relocatable`, and writes scripts that look for their interpreter in their own
    # folder.
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
    """Compile everything except folders named ``tests``, whatever the times of the sources.

    The exporter sets every time to 1980, which makes ordinary bytecode stale. Unchecked-hash
    bytecode (PEP 552) is never compared with its source. Test suites are half of the files of numpy
    and pandas, and no server imports them. Files with the syntax of another Python version are
    ignored.

    The same sources give the same bytes: the hash seed fixes the order of sets, and before 3.11 a
    single process is used, because the bytes also depend on what it compiled before. The
    interpreter writes none itself: it imports what .pth files name, such as setuptools' finder of a
    project in place, and compileall keeps bytecode that is newer than its source.
    """
    if minor == "3.6":
        # It only knows bytecode with times, which the exporter makes stale.
        return
    one_by_one = minor in ("3.7", "3.8", "3.9", "3.10")
    subprocess.run(
        [
            *(interpreter, "-s", "-m", "compileall", "-qq", "-j", "1" if one_by_one else "0"),
            *("--invalidation-mode", "unchecked-hash", "-x", r"/tests/", directory),
        ],
        check=False,
        cwd=directory,
        env={"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def forget_installation(site: Path) -> None:
    """Remove uv's own notes and secrets in URLs from the metadata of the packages.

    The notes contain times. The URLs are those that a package was installed from or requires.
    """
    for note in site.glob("*.dist-info/uv_*.json"):
        note.unlink()
        _list_again(note, "")
    for note in site.glob("*.dist-info/direct_url.json"):
        origin = json.loads(note.read_text())
        public = without_queries(without_credentials(origin["url"])).removesuffix(f"?{MASK}")
        if public != origin["url"]:
            note.write_text(json.dumps({**origin, "url": public}))
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
    """Replace the line of a file in the RECORD of its package."""
    record = file.parent / "RECORD"
    lines = record.read_text().splitlines(keepends=True)
    record.write_text(
        "".join(
            other for other in lines if not other.startswith(f"{file.parent.name}/{file.name},")
        )
        + line
    )


def copy_packages(source: Path, target: Path, minor: str, dist_infos: Iterable[str]) -> None:
    """Copy packages, with their scripts and bytecode, from one environment to another.

    ``dist_infos`` has the names of their .dist-info folders.
    """
    site = site_packages(source, minor)
    for name in sorted(dist_infos):
        for line in (site / name / "RECORD").read_text().splitlines():
            path = site / next(csv.reader([line]))[0]
            compiled = (
                path.parent.glob(f"__pycache__/{path.stem}.*.pyc") if path.suffix == ".py" else ()
            )
            # RECORD may list files that were removed from the wrapper, such as its tests.
            for file in filter(Path.is_file, (path, *compiled)):
                copy = target / os.path.relpath(file, source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, copy)


def copy_scripts(source: Path, target: Path, left_out: Iterable[str] = ()) -> None:
    """Copy the commands of one environment (such as seldon-core-tester) to another.

    They run the Python in their own folder, and so see the packages of that environment.
    """
    for script in sorted((source / "bin").iterdir()):
        copy = target / "bin" / script.name
        if script.name in left_out or script.is_symlink() or copy.exists():
            continue
        if script.is_file():
            shutil.copy(script, copy)


def drop_namespace_files(site: Path) -> None:
    """Remove the ``*-nspkg.pth`` files of namespace packages that Python finds by itself.

    These are packages without ``__init__.py``, such as google of protobuf 3.20. A package that is
    created by such a file has a single folder for good, so ``python -I`` finds nothing of the same
    name in another environment.
    """
    for file in site.glob("*-nspkg.pth"):
        names = _NAMESPACE.findall(file.read_text(errors="replace"))
        named = [site.joinpath(*(part.strip(" '") for part in parts.split(","))) for parts in names]
        if not named or any((package / "__init__.py").exists() for package in named):
            continue
        file.unlink()
        for record in site.glob("*.dist-info/RECORD"):
            lines = record.read_text().splitlines(keepends=True)
            kept = [line for line in lines if not line.startswith(f"{file.name},")]
            if kept != lines:
                record.write_text("".join(kept))


def drop_wrapper_tests(site: Path) -> None:
    """Remove the top-level package ``tests`` that wheels of the wrapper install.

    The wheels of seldon-core and Flask-OpenTracing contain it. It would hide the ``tests`` package
    of a model.
    """
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
