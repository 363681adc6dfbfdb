"""What a user reads who made a mistake, or whose surroundings did: the whole text, kept in bad_input/, and nothing lost over it."""

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.images.conftest import Built, Pack, docker
from tests.support import packages, servers
from tests.support.elf_files import write_shared_object

TEXTS = Path(__file__).parent / "bad_input"
HOST = ("--network", "host")
SETUP = "from setuptools import setup, Extension\n"
# One attempt is enough to see that nothing answers; uv would wait longer each time.
ONCE = {"PIP_RETRIES": "0"}
WHEELS = {"BP_PIP_FIND_LINKS": "wheels"}
WHEEL = "mine-1.0-py3-none-any.whl"


def _leave(_app: Path) -> None: ...


@dataclass(frozen=True)
class Case:
    """The sample without packages, and what is wrong with it.

    ``{url}`` in ``env`` is the address of ``server``, ``{host}`` its host and port; ``closed`` is a path that nobody may read.
    """

    files: Mapping[str, str | bytes] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    closed: str = ""
    spoil: Callable[[Path], None] = _leave
    server: Callable[[Path], AbstractContextManager[str]] | None = None


def _requiring(line: str, **files: str) -> dict[str, str | bytes]:
    return {
        "requirements.txt": f"{line}\n",
        **{name.replace("__", "/").replace("_", "."): text for name, text in files.items()},
    }


def _model(text: str) -> dict[str, str | bytes]:
    return {"RowMeans.py": text}


def _environment(text: str | bytes) -> dict[str, str | bytes]:
    return {".s2i/environment": text}


def _directory(name: str) -> Callable[[Path], None]:
    def spoil(app: Path) -> None:
        (app / name).unlink(missing_ok=True)
        (app / name).mkdir()

    return spoil


def _link(name: str, to: str) -> Callable[[Path], None]:
    def spoil(app: Path) -> None:
        (app / name).unlink(missing_ok=True)
        (app / name).symlink_to(to)

    return spoil


def _wheel(name: str, content: bytes | None = None) -> Callable[[Path], None]:
    """A file in the folder `wheels` that is a wheel by its name; one of nothing but its metadata, where no ``content`` is given."""

    def spoil(app: Path) -> None:
        package, version, _ = name.split("-", 2)
        packages.wheel(app / "wheels", package, version).rename(app / "wheels" / name)
        if content is not None:
            (app / "wheels" / name).write_bytes(content)

    return spoil


def _stunted_flask_cors(app: Path) -> None:
    packages.wheel(app / "wheels", "flask_cors", "3.0.99")


def _vision(app: Path) -> None:
    """A wheel with an extension module that needs a library of the system, as opencv-python's."""
    native = write_shared_object(app.parent / "native.abi3.so", ["libc.so.6", "libGL.so.1"])
    files = {
        "vision/__init__.py": b"from vision import native\n",
        "vision/native.abi3.so": native.read_bytes(),
    }
    packages.wheel(app / "wheels", "vision", "1.0", others=files)


def _row_means(app: Path) -> None:
    packages.wheel(app / "wheels", "RowMeans", "1.0")


def _executable(app: Path) -> None:
    (app / "before-run").chmod(0o755)


MODEL = {
    "module-not-found": Case(_environment("MODEL_NAME=RowMean\nSERVICE_TYPE=MODEL\n")),
    "class-not-found": Case(
        _model("class RowMean:\n    def predict(self, X, names=None):\n        return X\n")
    ),
    "syntax-error": Case(
        _model("class RowMeans:\n    def predict(self, X, names=None)\n        return X\n")
    ),
    "method-missing": Case(
        _model("class RowMeans:\n    def predicts(self, X, names=None):\n        return X\n")
    ),
    "model-unreadable": Case(closed="RowMeans.py"),
    "model-not-named": Case({**_environment("SERVICE_TYPE=MODEL\n"), **_model("answer = 42\n")}),
    "model-imports-what-is-missing": Case(
        {
            **_model(
                "import json\n\nimport cv2\nfrom parts import scale\n\n\n"
                "class RowMeans:\n    def predict(self, X, names=None):\n        return scale.rows(X)\n"
            ),
            "parts/__init__.py": "",
            "parts/scale.py": "import imp\nfrom sklearn import preprocessing\n",
        }
    ),
    "model-needs-a-library-of-the-system": Case(
        {
            **_model(
                "import vision\n\n\nclass RowMeans:\n"
                "    def predict(self, X, names=None):\n        return X\n"
            ),
            **_requiring("vision"),
        },
        {"PIP_FIND_LINKS": "wheels", "PIP_NO_INDEX": "1"},
        spoil=_vision,
    ),
    "model-hidden-by-the-wrapper": Case(
        {"yaml.py": "class Rows:\n    def predict(self, X, names=None):\n        return X\n"},
        {"MODEL_NAME": "yaml.Rows"},
    ),
    "model-hidden-by-a-requirement": Case(
        _requiring("RowMeans"), {"PIP_FIND_LINKS": "wheels", "PIP_NO_INDEX": "1"}, spoil=_row_means
    ),
    "before-run-of-windows": Case(
        {"before-run": "#!/bin/sh -e\r\necho ready\r\n"}, spoil=_executable
    ),
    "service-type-unknown": Case(_environment("MODEL_NAME=RowMeans\nSERVICE_TYPE=MODLE\n")),
    "parameter-of-a-wrong-type": Case(
        _environment(
            'PREDICTIVE_UNIT_PARAMETERS=[{"name": "token", "value": "hunter2", "type": "INT"}]\n'
        ),
    ),
    "workers-not-a-number": Case(env={"GUNICORN_WORKERS": "auto"}),
}
ENVIRONMENT = {
    "environment-unreadable": Case(closed=".s2i/environment"),
    "environment-in-an-unreadable-directory": Case(closed=".s2i"),
    "environment-a-directory": Case(spoil=_directory(".s2i/environment")),
    "environment-a-dangling-link": Case(
        spoil=_link(".s2i/environment", "../../settings/environment")
    ),
    "environment-latin-1": Case(
        _environment("MODEL_NAME=RowMeans\nAUTHOR=J\u00fcrgen\n".encode("latin-1"))
    ),
    "environment-utf-16": Case(_environment("MODEL_NAME=RowMeans\n".encode("utf-16"))),
}
MANIFEST = {
    "requirements-unreadable": Case(_requiring("six"), closed="requirements.txt"),
    "requirements-a-directory": Case(spoil=_directory("requirements.txt")),
    "requirements-a-dangling-link": Case(
        spoil=_link("requirements.txt", "../shared/requirements.txt")
    ),
    "requirements-a-link-to-itself": Case(spoil=_link("requirements.txt", "requirements.txt")),
    "requirements-latin-1": Case(
        {"requirements.txt": "six\n# f\u00fcr J\u00fcrgen\n".encode("latin-1")}
    ),
    "requirements-utf-16": Case({"requirements.txt": "six\n".encode("utf-16-le")}),
    "requirement-line": Case(_requiring("six\nimport numpy")),
    "requirement-line-of-conda": Case(_requiring("six\nscikit-learn=1.5.2=py312_0")),
    "include-missing": Case(_requiring("-r requirements/base.txt")),
    "include-in-a-closed-directory": Case(
        _requiring("-r parts/base.txt", parts__base_txt="six\n"), closed="parts"
    ),
    "include-outside": Case(_requiring("-r ../common/requirements.txt")),
    "manifest-misspelt": Case({"requirments.txt": "six\n"}),
    "manifest-under-another-name": Case(
        {"requirements_train.txt": "six\n", "requirements_predict.txt": "six\n"}
    ),
    "requested-manifest-missing": Case(env={"BP_REQUIREMENTS": "reqs/serve.txt"}),
    "no-line-applies": Case(
        _requiring("six; python_version < '3.10'"), {"BP_PYTHON_VERSION": "3.12"}
    ),
    "model-file-of-git-lfs": Case(
        {
            "model.pkl": f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4' * 64}\nsize 9\n",
            "RowMeans.py": "class RowMeans:\n    def predict(self, X, names=None):\n        return open('model.pkl')\n",
        }
    ),
    "setup-py-fails": Case({"setup.py": f"{SETUP}raise RuntimeError('VERSION is not set')\n"}),
    "local-package-missing": Case(_requiring("./packages/mine")),
    "wheel-folder-missing": Case(_requiring("mine"), env={"PIP_FIND_LINKS": "wheels"}),
    "wheel-folder-of-ours-missing": Case(_requiring("mine"), env=WHEELS),
    "wheel-folder-empty": Case(
        _requiring("mine"), env={**WHEELS, "PIP_NO_INDEX": "1"}, spoil=_directory("wheels")
    ),
    "wheel-for-another-python": Case(
        _requiring("mine"),
        env=WHEELS,
        spoil=_wheel("mine-1.0-cp39-cp39-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"),
    ),
    "wheel-for-another-platform": Case(
        _requiring("./wheels/mine-1.0-cp312-cp312-win_amd64.whl"),
        spoil=_wheel("mine-1.0-cp312-cp312-win_amd64.whl"),
    ),
    "wheel-broken": Case(
        _requiring("mine==1.0"), env=WHEELS, spoil=_wheel(WHEEL, b"PK\3\4 and no end")
    ),
    "wheel-of-git-lfs": Case(
        _requiring(f"./wheels/{WHEEL}"),
        spoil=_wheel(WHEEL, b"version https://git-lfs.github.com/spec/v1\n"),
    ),
    "wheel-misnamed": Case(
        _requiring("mine"),
        env={**WHEELS, "PIP_NO_INDEX": "1"},
        spoil=_wheel("mine-1.0-py3-none-any (1).whl"),
    ),
}
PROJECT = (
    '[project]\nname = "mine"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = [{}]\n'
)
LOCKED = 'lock-version = "1.0"\ncreated-by = "tests"\n{}'


def _uv_lock(pin: str, asked: str = "") -> dict[str, str | bytes]:
    """A project that depends on one package, as uv locks it; pyproject.toml asks for it in the way that ``asked`` says."""
    name, version = pin.split("==")
    lock = (
        'version = 1\nrevision = 5\nrequires-python = ">=3.10"\n\n'
        f'[[package]]\nname = "mine"\nversion = "1"\nsource = {{ virtual = "." }}\ndependencies = [\n    {{ name = "{name}" }},\n]\n\n'
        f'[package.metadata]\nrequires-dist = [{{ name = "{name}" }}]\n\n'
        f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {{ registry = "https://index.invalid/simple" }}\n'
        f'wheels = [\n    {{ url = "https://host.invalid/{name}-{version}-py3-none-any.whl", hash = "sha256:{"0" * 64}", size = 1 }},\n]\n'
    )
    return {"pyproject.toml": PROJECT.format(asked or f'"{name}"'), "uv.lock": lock}


def _pylock(wheel: str, more: str = "") -> dict[str, str | bytes]:
    name, version = wheel.split("-")[:2]
    package = f'[[packages]]\nname = "{name}"\nversion = "{version}"\n'
    return {
        "pylock.toml": f'{LOCKED.format(more)}{package}wheels = [{{ url = "https://host.invalid/{wheel}", hashes = {{ sha256 = "{"0" * 64}" }} }}]\n'
    }


UPSTREAM = {"BP_SELDON_PINS": "upstream", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "wheels"}
LOCKS = {
    "lock-out-of-date": Case(_uv_lock("six==1.17.0", '"six>=1.17", "packaging"')),
    "lock-conflicts-with-the-wrapper": Case(
        _uv_lock("numpy==2.1.0"), UPSTREAM, spoil=_wheel("numpy-2.1.0-py3-none-any.whl")
    ),
    "lock-conflicts-over-setuptools": Case(
        _uv_lock("setuptools==82.0.1"), UPSTREAM, spoil=_wheel("setuptools-82.0.1-py3-none-any.whl")
    ),
    "lock-for-another-python": Case(_uv_lock("six==1.17.0"), {"BP_PYTHON_VERSION": "3.9"}),
    "lock-with-marks-of-a-conflict": Case(
        {**_uv_lock("six==1.17.0"), "uv.lock": "<<<<<<< HEAD\nversion = 1\n"}
    ),
    "lock-without-its-project": Case({"uv.lock": _uv_lock("six==1.17.0")["uv.lock"]}),
    "lock-names-a-folder-outside": Case(
        {
            "pylock.toml": LOCKED.format(
                '[[packages]]\nname = "common"\ndirectory = { path = "../common" }\n'
            )
        }
    ),
    "pylock-invalid": Case({"pylock.toml": 'lock-version = "1.0"\n'}),
    "pylock-for-another-python": Case(_pylock("six-1.17.0-cp311-cp311-manylinux_2_17_x86_64.whl")),
    "poetry-lock": Case({"pyproject.toml": PROJECT.format('"six"'), "poetry.lock": ""}),
    "pipfile": Case({"Pipfile": ""}),
    "pipfile-lock": Case({"Pipfile": "", "Pipfile.lock": "{}"}),
}
WITHOUT_PACKAGE = {
    "project-with-several-directories": Case(
        {
            "setup.py": f"{SETUP}setup(name='mine', version='1.0')\n",
            "data/__init__.py": "",
            "notebooks/__init__.py": "",
        }
    ),
    "project-without-a-package": Case(
        {
            "pyproject.toml": PROJECT.format("")
            + 'description = "A model"\n[build-system]\nrequires = ["flit_core==3.12.0"]\nbuild-backend = "flit_core.buildapi"\n'
        }
    ),
}
VERSIONS = {
    "python-3.14": Case(env={"BP_PYTHON_VERSION": "3.14"}),
    "python-2.7": Case(env={"BP_PYTHON_VERSION": "2.7"}),
    "python-banana": Case(env={"BP_PYTHON_VERSION": "banana"}),
    "python-no-such-patch": Case(env={"BP_PYTHON_VERSION": "3.12.99"}),
    "wrapper-unknown": Case(env={"BP_SELDON_CORE_VERSION": "9.9.9"}),
    "pins-unknown": Case(env={"BP_SELDON_PINS": "newest"}),
    "pins-not-for-this-python": Case(
        env={"BP_SELDON_PINS": "upstream", "BP_PYTHON_VERSION": "3.13"}
    ),
    "pins-of-another-release": Case(
        env={"BP_SELDON_PINS": "current", "BP_SELDON_CORE_VERSION": "1.16.0"}
    ),
    "wrapper-too-old": Case(_requiring("seldon-core==1.2.2\nFlask==1.1.2")),
    "wrapper-not-a-version": Case(env={"BP_SELDON_CORE_VERSION": "latest"}),
}
RESOLUTION = {
    "requirement-not-found": Case(_requiring("scikit-lern-of-nobody==1.0")),
    "version-not-found": Case(_requiring("pandas==99")),
    "no-wheel-for-this-python": Case(
        _requiring("tensorflow==2.1.0"), {"BP_PYTHON_VERSION": "3.12"}
    ),
    "pins-without-a-common-python": Case(_requiring("tensorflow==2.1.0\nnumpy==2.1.1")),
    "no-wheel-for-this-platform": Case(_requiring("pywin32==306")),
    "conflict-with-the-wrapper": Case(_requiring("numpy==2.1.0"), {"BP_SELDON_PINS": "upstream"}),
    "conflict-through-a-package": Case(
        _requiring("opencv-python==4.12.0.88"), {"BP_SELDON_PINS": "upstream"}
    ),
    "conflict-among-requirements": Case(_requiring("six==1.16.0\nsix==1.15.0")),
    "hash-mismatch": Case(_requiring(f"six==1.16.0 --hash=sha256:{'0' * 64}")),
}
SOURCES = {
    "source-build-fails": Case(
        _requiring(
            "./fast", fast__setup_py=f"{SETUP}raise RuntimeError('FAST_VERSION is not set')\n"
        )
    ),
    "source-build-misses-a-header": Case(
        _requiring(
            "./fast",
            fast__setup_py=f"{SETUP}setup(name='fast', version='1.0', ext_modules=[Extension('fast', ['fast.c'])])\n",
            fast__fast_c="#include <ffi.h>\n",
        )
    ),
    "source-build-misses-a-module": Case(
        _requiring(
            "fast @ ./fast", fast__setup_py=f"import helper_of_nobody\n{SETUP}setup(name='fast')\n"
        )
    ),
    "wrapper-broken-by-a-pin": Case(
        _requiring("flask-cors==3.0.99"), {"PIP_FIND_LINKS": "wheels"}, spoil=_stunted_flask_cors
    ),
    "wrapper-broken-by-flask-1": Case(_requiring("flask==1.1.4")),
    "git-unreachable": Case(_requiring("mine @ git+http://127.0.0.1:9/mine.git@main"), flags=HOST),
}


def _empty(scratch: Path) -> AbstractContextManager[str]:
    (scratch / "empty").mkdir()
    return servers.plain_http(scratch / "empty")


def _self_signed(scratch: Path) -> AbstractContextManager[str]:
    return servers.https_self_signed(scratch, scratch)


@contextlib.contextmanager
def _of_unknown_authority(scratch: Path) -> Iterator[str]:
    with servers.https_of_authority(scratch, scratch) as (url, _):
        yield url


@contextlib.contextmanager
def _guarded(scratch: Path) -> Iterator[str]:
    packages.wheel(scratch / "packages", "mine", "1.0")
    with servers.private_index(scratch / "packages", "bob", "right") as url:
        yield url.removesuffix("/simple")


def _always(
    status: int, body: str, content_type: str
) -> Callable[[Path], AbstractContextManager[str]]:
    return lambda _: servers.always(status, body.encode(), content_type)


@contextlib.contextmanager
def _for_newer_python(scratch: Path) -> Iterator[str]:
    packages.wheel(scratch / "simple/mine", "mine", "1.0", requires_python=">=3.14")
    with servers.plain_http(scratch) as url:
        yield url


INDEX = {"PIP_INDEX_URL": "{url}/simple"}
MINE = _requiring("mine")
INDEXES = {
    "index-unreachable": Case(MINE, {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", **ONCE}, HOST),
    "index-name-unknown": Case(
        MINE, {"PIP_INDEX_URL": "http://index.invalid/simple", **ONCE}, HOST
    ),
    "index-not-trusted": Case(MINE, INDEX, HOST, server=_of_unknown_authority),
    "index-self-signed": Case(MINE, INDEX, HOST, server=_self_signed),
    "index-without-password": Case(MINE, INDEX, HOST, server=_guarded),
    "index-wrong-password": Case(
        MINE, {"EXTRA_INDEX_URL": "http://bob:wrong@{host}/simple"}, HOST, server=_guarded
    ),
    "index-forbidden": Case(MINE, INDEX, HOST, server=_always(403, "no", "text/plain")),
    "index-not-there": Case(MINE, INDEX, HOST, server=_empty),
    "index-a-web-page": Case(
        MINE,
        INDEX,
        HOST,
        server=_always(200, "<html><a href='/login'>Log in</a></html>", "text/html"),
    ),
    "index-json": Case(MINE, INDEX, HOST, server=_always(200, "{}", "application/json")),
    "index-fails": Case(MINE, {**INDEX, **ONCE}, HOST, server=_always(503, "later", "text/plain")),
    "release-for-newer-python": Case(MINE, INDEX, HOST, server=_for_newer_python),
    "network-away": Case(MINE, ONCE, ("--network", "none")),
}
CASES = {
    **MODEL,
    **ENVIRONMENT,
    **MANIFEST,
    **LOCKS,
    **WITHOUT_PACKAGE,
    **VERSIONS,
    **RESOLUTION,
    **SOURCES,
    **INDEXES,
}


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_explained(
    name: str, pack: Pack, source: Callable[..., Path], samples: Path, tmp_path: Path
) -> None:
    case = CASES[name]
    app = source(case.files, samples / "minimal")
    case.spoil(app)
    if case.closed:
        if os.geteuid() != 0:
            pytest.skip("pack has to read the file that the build must not, as root does")
        (app / case.closed).chmod(0)
    before = _digest(app)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with case.server(scratch) if case.server else contextlib.nullcontext("") as url:
        host = url.partition("://")[2]
        env = {variable: value.format(url=url, host=host) for variable, value in case.env.items()}
        built = pack.build("seldon-test-bad-input", app, *case.flags, env=env)
    _check(built, (TEXTS / f"{name}.txt").read_text(), host)
    assert _digest(app) == before


DISKS = {"disk-full-of-layers": "", "disk-full-of-packages": "scikit-learn==1.5.2"}


@pytest.mark.parametrize("name", DISKS)
def test_a_full_disk_is_explained(
    name: str, pack: Pack, source: Callable[..., Path], samples: Path
) -> None:
    app = source(_requiring(DISKS[name]) if DISKS[name] else {}, samples / "minimal")
    before = _digest(app)
    with _small_disk("3m") as volume:
        built = pack.build(
            "seldon-test-bad-input",
            app,
            *("--volume", f"{volume}:/layers/seldon_python:rw"),
            # Links into the run image would not fill it.
            env={"BP_SELDON_RUNTIME": "layers"},
        )
    _check(built, (TEXTS / f"{name}.txt").read_text())
    assert _digest(app) == before


@contextlib.contextmanager
def _small_disk(size: str) -> Iterator[str]:
    """A volume in memory that is full when it holds ``size``: it takes the place of the buildpack's own layers."""
    options = ("type=tmpfs", "device=tmpfs", f"o=size={size},uid=1000,gid=1000")
    volume = docker(
        "volume",
        "create",
        "--driver",
        "local",
        *(word for one in options for word in ("--opt", one)),
    ).strip()
    try:
        yield volume
    finally:
        docker("volume", "rm", "-f", volume)


def test_every_text_belongs_to_a_case() -> None:
    assert {path.stem for path in TEXTS.iterdir()} == {*CASES, *DISKS}


def _check(built: Built, text: str, host: str = "") -> None:
    assert built.code != 0, built.log
    assert "Traceback" not in built.log
    error = _error(built)
    assert (error.replace(host, "127.0.0.1:PORT") if host else error) == text


def _error(built: Built) -> str:
    """The error from its title on. What is before it must not say it already."""
    before, error, text = built.ours.partition("ERROR: ")
    assert "error:" not in before
    text = re.sub(r"This builder includes [\d., ]+\. ", "This builder includes .... ", error + text)
    text = re.sub(r"valid until [^.\n]+\.", "valid until TIME.", text)
    public = re.search(r"(?i)connecting to https://(\S+) failed", text)
    # Its name is the network's business, not this repository's.
    return text.replace(public[1], "PUBLIC-INDEX") if public else text


def _digest(app: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(app.rglob("*")):
        content = (
            os.fsencode(path.readlink())
            if path.is_symlink()
            else path.read_bytes()
            if path.is_file()
            else b""
        )
        total.update(
            f"{path.relative_to(app)} {path.lstat().st_mode:o} {path.lstat().st_mtime_ns}\n".encode()
            + content
        )
    return total.hexdigest()
