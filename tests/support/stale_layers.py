"""Sources of every kind for the tests that look for stale layers, and what each change of them leads to.

A change is made to one file, link, mode or setting at a time: ``1.0`` in it becomes ``2.0``, and where there is none, a line is added. A file of
the source that a kind does not name here as one that leaves the layer alone has to lead to a new layer.
"""

import functools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support import packages

_MODEL = {
    "Plain.py": "class Plain:\n    def predict(self, X, names=None):\n        return X\n",
}
_SETTINGS = {".s2i/environment": "MODEL_NAME=Plain\nSERVICE_TYPE=MODEL\nPERSISTENCE=0\n"}


@dataclass(frozen=True)
class Archive:
    """A wheel, or a source archive of the same, whose content may change while its name stays."""

    name: str
    version: str = "1.0"
    says: str = "1.0"

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_packed(self, path.suffix))


@functools.cache
def _packed(archive: Archive, suffix: str) -> bytes:
    """Return the file, which is the same each time although a source archive contains times."""
    make = packages.wheel if suffix == ".whl" else packages.compiled
    with TemporaryDirectory() as folder:
        made = make(Path(folder), archive.name, archive.version, says=archive.says)
        return made.read_bytes()


Content = str | Archive


@dataclass(frozen=True, kw_only=True)
class Source:
    """A source and what the platform sets for its build."""

    files: Mapping[str, Content]
    # Variables of the user; those of `given` stay as they are.
    env: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    # A service binding of the type `pypi`.
    binding: Mapping[str, str] = field(default_factory=dict)
    # The variables with which the lifecycle describes the image's target.
    target: Mapping[str, str] = field(default_factory=dict)
    # The files that their owner may execute.
    executable: tuple[str, ...] = ()

    def write(self, folder: Path, index: str) -> None:
        """Write the source, and the platform's directory; ``{index}`` in a text is the index's URL."""
        for name, content in {**_SETTINGS, **self.files}.items():
            path = folder / "app" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, Archive):
                content.write(path)
            elif content.startswith("-> "):
                path.symlink_to(content[3:])
            else:
                path.write_text(content.replace("{index}", index))
                path.chmod(0o755 if name in self.executable else 0o644)
        for group, values in (
            ("env", {**self.given, **self.env}),
            ("bindings/index", self.binding and {"type": "pypi", **self.binding}),
        ):
            if values:
                (folder / "platform" / group).mkdir(parents=True)
            for name, value in values.items():
                path = folder / "platform" / group / name
                path.write_text(value.replace("{index}", index))
        (folder / "platform").mkdir(exist_ok=True)
        (folder / "platform/target.json").write_text(json.dumps(self.target))


@dataclass(frozen=True, kw_only=True)
class Kind(Source):
    """A kind of source, as a row of the table in docs/how-a-build-works.md."""

    name: str
    # The changes that leave the layer as it is. Every other change leads to a new one.
    reused: tuple[str, ...] = ("Plain.py",)
    # Files that a change adds, and files that it makes executable.
    added: Mapping[str, str] = field(default_factory=dict)
    modes: tuple[str, ...] = ()
    # Files whose removal is a change.
    removed: tuple[str, ...] = ()

    @property
    def source(self) -> Source:
        """The source before any change."""
        return Source(
            files={**_MODEL, **self.files},
            env=self.env,
            given=self.given,
            binding=self.binding,
            target=self.target,
            executable=self.executable,
        )

    def after(self, change: str) -> Source:
        """Return the source after one change."""
        return self._change(self.source, change)

    @property
    def rebuilds(self) -> tuple[str, ...]:
        """The changes that lead to a new layer."""
        return tuple(name for name in self._names() if name not in self.reused)

    def after_reused(self) -> Source:
        """Return the source after all the changes that leave the layer as it is."""
        source = self.source
        for name in self.reused:
            source = self._change(source, name)
        return source

    def _names(self) -> Iterator[str]:
        yield from (*self.source.files, *(f"new {name}" for name in self.added))
        yield from (f"no {name}" for name in self.removed)
        yield from (f"mode of {name}" for name in self.modes)
        yield from (*self.env, *self.binding, *self.target)

    def _change(self, source: Source, change: str) -> Source:
        kind, _, name = change.rpartition(" ")
        files = dict(source.files)
        if kind == "new":
            return replace(source, files={**files, name: self.added[name]})
        if kind == "no":
            del files[name]
            return replace(source, files=files)
        if kind == "mode of":
            return replace(source, executable=(*source.executable, name))
        if name in files:
            return replace(source, files={**files, name: changed(files[name])})
        if name in self.env:
            return replace(source, env={**source.env, name: changed_text(source.env[name])})
        if name in self.binding:
            binding = {**source.binding, name: changed_text(source.binding[name])}
            return replace(source, binding=binding)
        return replace(source, target={**source.target, name: changed_text(source.target[name])})


def table() -> str:
    """Return the table of docs/how-a-build-works.md."""
    rows = [
        "| the source has | a change of these rebuilds the layer | a change of these reuses it |",
        "|---|---|---|",
    ]
    for kind in (*KINDS, *CONDA):
        rebuilds, reused = (_listed(names) for names in (kind.rebuilds, kind.reused))
        rows.append(f"| {kind.name} | {rebuilds} | {reused} |")
    return "\n".join(rows) + "\n"


def _listed(changes: Iterable[str]) -> str:
    """Return changes as the table lists them: their names as code, and what is done to a file before them."""
    words = (change.rpartition(" ") for change in changes)
    return ", ".join(f"{kind} `{name}`".strip() for kind, _, name in words) or "—"


def changed(content: Content) -> Content:
    """Return the content after a change."""
    if isinstance(content, Archive):
        return replace(content, says="2.0")
    return changed_text(content)


def changed_text(text: str) -> str:
    if text.startswith("-> "):
        return text.replace("1.0", "2.0", 1)
    if "1.0" in text:
        return text.replace("1.0", "2.0")
    return f"{text}# changed\n" if "\n" in text else f"{text}2"


def _setup(name: str, more: str = "") -> str:
    return f"from setuptools import setup\nsetup(name='{name}', version='1', py_modules=['{name}']{more})\n"


def _project(more: str, backend: str = "setuptools") -> str:
    requires, build = {
        "setuptools": ('["setuptools<82"]', "setuptools.build_meta"),
        "hatch": ('["hatchling"]', "hatchling.build"),
        "flit": ('["flit_core>=3"]', "flit_core.buildapi"),
        "poetry": ('["poetry-core"]', "poetry.core.masonry.api"),
    }[backend]
    return f'[build-system]\nrequires = {requires}\nbuild-backend = "{build}"\n{more}'


_LIB = {
    "lib/pyproject.toml": _project(
        "[project]\nname = 'lib'\ndynamic = ['version', 'description']\n", "flit"
    ),
    "lib/lib/__init__.py": '"""Lib."""\n__version__ = "1.0"\n',
}
_INDEX = {"PIP_INDEX_URL": "{index}/1.0/simple"}

# Without an index, so that the unit tests build it too.
UV_LOCK = Kind(
    name="`uv.lock` with a folder of wheels",
    files={
        "pyproject.toml": "[project]\nname = 'mine'\nversion = '1'\nrequires-python = '>=3.9'\ndependencies = ['one']\n"
        "[tool.uv]\nno-index = true\nfind-links = ['wheels']\n",
        "uv.lock": 'version = 1\nrevision = 3\nrequires-python = ">=3.9"\n\n'
        '[[package]]\nname = "mine"\nversion = "1"\nsource = { virtual = "." }\ndependencies = [{ name = "one" }]\n\n'
        '[package.metadata]\nrequires-dist = [{ name = "one" }]\n\n'
        '[[package]]\nname = "one"\nversion = "1.0"\nsource = { registry = "wheels" }\n'
        'wheels = [{ path = "one-1.0-py3-none-any.whl" }]\n',
        "wheels/one-1.0-py3-none-any.whl": Archive("one"),
        "wheels/one-2.0-py3-none-any.whl": Archive("one", "2.0"),
        "README.md": "Mine\n",
    },
    given={"PIP_NO_INDEX": "1"},
    reused=("Plain.py", "README.md"),
)

KINDS = (
    Kind(
        name="`requirements.txt` with names, `-r`, `-c`, and constraints by a variable",
        files={
            "requirements.txt": "thing==1.0\n-r more.txt\n-c bounds.txt\n",
            "more.txt": "more==1.0\n",
            "bounds.txt": "under==1.0\n",
            "set1.0.txt": "-c included.txt\nmore<3.1.0\n",
            "set2.0.txt": "more<3\n",
            "included.txt": "unused==1.0\n",
            "other.txt": "thing==1.0\n",
            ".s2i/environment": "MODEL_NAME=Plain\nSERVICE_TYPE=MODEL\nPERSISTENCE=0\n",
            "model.bin": "weights",
        },
        env=_INDEX | {"PIP_CONSTRAINT": "set1.0.txt", "FLAG": "1.0"},
        target={"CNB_TARGET_DISTRO_VERSION": "12"},
        reused=("Plain.py", ".s2i/environment", "model.bin", "set2.0.txt", "other.txt", "FLAG"),
    ),
    Kind(
        name="`requirements.txt` with a variable, and an index by a binding",
        files={"requirements.txt": "thing==${VERSION}\nmore==1.0\n"},
        env={"VERSION": "1.0"},
        binding={"uri": "{index}/1.0/simple", "username": "me", "password": "secret1.0"},
        reused=("Plain.py", "username", "password"),
    ),
    Kind(
        name="`./lib`, with links to files and folders beside it",
        files={
            "requirements.txt": "./lib\nmore==1.0\n",
            # flit refuses links out of the project.
            "lib/pyproject.toml": _project("[project]\nname = 'lib'\nversion = '1.0'\n", "hatch"),
            "lib/lib/__init__.py": "A = 1\n",
            "lib/lib/more.py": "A = 1\n",
            "lib/lib/linked.py": "-> ../../shared/1.0.py",
            "lib/lib/sub": "-> ../../shared/sub1.0",
            "shared/1.0.py": "A = 1\n",
            "shared/2.0.py": "A = 2\n",
            "shared/sub1.0/__init__.py": "B = 1\n",
            "shared/sub2.0/__init__.py": "B = 2\n",
            "shared/unused.py": "C = 1\n",
        },
        given=_INDEX,
        added={"lib/lib/new.py": "", "lib/lib/__pycache__/new.cpython-312.pyc": ""},
        removed=("lib/lib/more.py",),
        modes=("lib/lib/more.py",),
        reused=(
            "Plain.py",
            "shared/2.0.py",
            "shared/sub2.0/__init__.py",
            "shared/unused.py",
            "new lib/lib/__pycache__/new.cpython-312.pyc",
        ),
    ),
    Kind(
        name="`-e ./lib` whose `setup.py` reads a file above it",
        files={
            "requirements.txt": "-e ./lib\nmore==1.0\n",
            "lib/setup.py": _setup(
                "lib", ", install_requires=open('../needs.list').read().split()"
            ),
            "lib/lib.py": "A = 1\n",
            "needs.list": "thing==1.0\n",
        },
        given=_INDEX,
    ),
    Kind(
        name="a wheel, an archive and a link to a wheel by path",
        files={
            "requirements.txt": "./files/one-1-py3-none-any.whl\ntwo @ file:files/two-1.tar.gz\n./linked-1-py3-none-any.whl\nmore==1.0\n",
            "files/one-1-py3-none-any.whl": Archive("one", "1"),
            "files/two-1.tar.gz": Archive("two", "1"),
            "dist/1.0/linked-1-py3-none-any.whl": Archive("linked", "1"),
            "dist/2.0/linked-1-py3-none-any.whl": Archive("linked", "1", "other"),
            "linked-1-py3-none-any.whl": "-> dist/1.0/linked-1-py3-none-any.whl",
        },
        given=_INDEX,
        reused=("Plain.py", "dist/2.0/linked-1-py3-none-any.whl"),
    ),
    Kind(
        name="names from a folder of wheels (`BP_PIP_FIND_LINKS`)",
        files={
            "requirements.txt": "one<=1.0\ntwo\n",
            "wheels/one-1.0-py3-none-any.whl": Archive("one"),
            "wheels/two-1.0.tar.gz": Archive("two"),
            "other/one-1.0-py3-none-any.whl": Archive("one", says="2.0"),
        },
        given={"BP_PIP_FIND_LINKS": "wheels", "PIP_NO_INDEX": "1"},
        reused=("Plain.py", "other/one-1.0-py3-none-any.whl"),
    ),
    Kind(
        name="`-e .` with a `setup.py` that reads, imports and looks at a variable",
        files={
            "requirements.txt": "-e .\nmore==1.0\n",
            "setup.py": "import os\nfrom setuptools import setup, find_packages\nfrom tools.read import needs\n"
            "setup(name='mine', version=open('VERSION').read(), packages=find_packages(), install_requires=needs(),\n"
            "  description=os.environ.get('FLAG', ''))\n",
            "VERSION": "1.0",
            "tools/read.py": "def needs():\n    return open('needs/1.0.json').read().split()\n",
            "needs/1.0.json": "thing==1.0",
            "needs/2.0.json": "thing==2.0",
            "mine/__init__.py": "",
            "mine/code.py": "A = 1\n",
        },
        given=_INDEX | {"BP_BUILD_VARIABLES": "FLAG MY_TOKEN"},
        env={"FLAG": "1.0", "MY_TOKEN": "t0ken-1.0"},
        added={"mine/sub/__init__.py": ""},
        reused=("Plain.py", "needs/2.0.json", "mine/__init__.py", "mine/code.py", "MY_TOKEN"),
    ),
    Kind(
        name="`setup.py` with a `setup.cfg`",
        files={
            "setup.py": "from setuptools import setup\nsetup()\n",
            "setup.cfg": "[metadata]\nname = mine\nversion = attr: mine.VERSION\nlong_description = file: README.md\n"
            "[options]\npackages = mine\ninstall_requires = file: needs.list\n",
            "README.md": "Mine 1.0\n",
            "needs.list": "thing==1.0\n",
            "mine/__init__.py": "VERSION = '1.0'\n",
            "mine/code.py": "A = 1\n",
        },
        given=_INDEX,
        reused=("Plain.py", "mine/code.py"),
    ),
    Kind(
        name="`pyproject.toml` with setuptools and dynamic fields",
        files={
            "pyproject.toml": _project(
                "[project]\nname = 'mine'\ndynamic = ['version', 'dependencies']\n[tool.setuptools]\npackages = ['mine']\n"
                "[tool.setuptools.dynamic]\nversion = {attr = 'mine.VERSION'}\ndependencies = {file = ['needs.list']}\n"
            ),
            "needs.list": "-> lists/1.0.list",
            "lists/1.0.list": "thing==1.0\n",
            "lists/2.0.list": "thing==2.0\n",
            "mine/__init__.py": "VERSION = '1.0'\n",
            "mine/code.py": "A = 1\n",
        },
        given=_INDEX,
        reused=("Plain.py", "lists/2.0.list", "mine/code.py"),
    ),
    Kind(
        name="`pyproject.toml` without a build system, and a path source",
        files={
            "pyproject.toml": "[project]\nname = 'mine'\nversion = '1'\ndependencies = ['lib', 'thing==1.0']\n[tool.uv.sources]\nlib = {path = 'lib'}\n",
            **_LIB,
            "README.md": "Mine\n",
        },
        given=_INDEX,
        reused=("Plain.py", "README.md"),
    ),
    Kind(
        name="`pyproject.toml` with hatchling",
        files={
            "pyproject.toml": _project(
                "[project]\nname = 'mine'\ndynamic = ['version']\nreadme = 'README.md'\ndependencies = ['thing==1.0']\n"
                "[tool.hatch.version]\npath = 'mine/version.py'\n",
                "hatch",
            ),
            "README.md": "Mine\n",
            "mine/__init__.py": "",
            "mine/version.py": "__version__ = '1.0'\n",
        },
        given=_INDEX,
        reused=("Plain.py", "mine/__init__.py"),
    ),
    Kind(
        name="`pyproject.toml` with flit",
        files={
            "pyproject.toml": _project(
                "[project]\nname = 'mine'\ndynamic = ['version', 'description']\nlicense-files = ['LICENSE']\n",
                "flit",
            ),
            "LICENSE": "Mine\n",
            "mine/__init__.py": '"""Mine 1.0."""\n__version__ = "1.0"\n',
            "mine/code.py": "A = 1\n",
        },
        given=_INDEX,
        reused=("Plain.py", "mine/code.py"),
    ),
    Kind(
        name="`pyproject.toml` with poetry-core",
        files={
            "pyproject.toml": _project(
                "[tool.poetry]\nname = 'mine'\nversion = '1.0'\ndescription = ''\nauthors = []\nreadme = 'README.md'\n",
                "poetry",
            ),
            "README.md": "Mine\n",
            "mine/__init__.py": "",
        },
        given=_INDEX,
        reused=("Plain.py", "mine/__init__.py"),
    ),
    UV_LOCK,
    Kind(
        name="`.` as a copy",
        files={
            "requirements.txt": ".\nmore==1.0\n",
            "pyproject.toml": _project(
                "[project]\nname = 'mine'\ndynamic = ['version', 'description']\n", "flit"
            ),
            "mine/__init__.py": '"""Mine."""\n__version__ = "1.0"\n',
        },
        given=_INDEX,
        reused=(),
    ),
)

# The tests of these compare keys: a build would need a Python of conda.
CONDA = (
    Kind(
        name="`environment.yml` with a channel in the source, and a section `pip:`",
        files={
            "environment.yml": "channels:\n- ./channel\n- nodefaults\ndependencies:\n- python=3.12\n- one=1.0\n"
            "- pip:\n  - -r more.txt\n  - ./lib\n",
            "more.txt": "more==1.0\n",
            "lib/setup.py": _setup("lib", ", version=open('VERSION').read()"),
            "lib/VERSION": "1.0",
            "lib/lib.py": "A = 1\n",
            "channel/noarch/repodata.json": '{"packages": {"one-1.0-0.conda": {}}}',
            "channel/noarch/one-1.0-0.conda": "one",
            "other/noarch/repodata.json": '{"packages": {"one-1.0-0.conda": {}}}',
        },
        env={"BP_CONDA_OVERRIDE_CUDA": "11.0", "CONDA_ENV_NAME": "mine"},
        target={"CNB_TARGET_DISTRO_VERSION": "12"},
        added={"channel/linux-64/repodata.json": "{}"},
        modes=("lib/lib.py",),
        reused=("Plain.py", "other/noarch/repodata.json"),
    ),
    Kind(
        name="`conda-linux-64.lock` beside an `environment.yml`",
        files={
            "environment.yml": "channels:\n- ./channel\ndependencies:\n- python=3.12\n- one=1.0\n",
            "conda-linux-64.lock": "@EXPLICIT\nhttps://h/c/linux-64/python-3.12.1-0.conda\nhttps://h/c/noarch/one-1.0-0.conda\n",
            "README.md": "Mine\n",
        },
        reused=("Plain.py", "README.md", "environment.yml"),
    ),
)

# A build backend of the source itself, which needs no package of an index. It reads a list and a variable.
_BACKEND = """\
import os
import zipfile


def build_wheel(folder, config_settings=None, metadata_directory=None):
    name, info = "mine-1-py3-none-any.whl", "mine-1.dist-info"
    needs = "".join(f"Requires-Dist: {line}" for line in open("needs.list"))
    flag = os.environ.get("FLAG", "")
    files = {
        "mine_data.py": open("data.py").read(),
        f"{info}/METADATA": f"Metadata-Version: 2.1\\nName: mine\\nVersion: 1\\nSummary: {flag}\\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.9\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        f"{info}/RECORD": "",
    }
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        for path, text in files.items():
            wheel.writestr(zipfile.ZipInfo(path), text)
    return name


build_editable = build_wheel
"""

# For the unit tests, which have no network.
WITHOUT_INDEX = Kind(
    name="a project with a build backend of its own",
    files={
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": _BACKEND,
        "needs.list": "-> lists/1.0.list",
        "lists/1.0.list": "one==1.0\n",
        "lists/2.0.list": "one==2.0\n",
        "data.py": "A = 1\n",
        "wheels/one-1.0-py3-none-any.whl": Archive("one"),
        "wheels/one-2.0-py3-none-any.whl": Archive("one", "2.0"),
    },
    given={"BP_PIP_FIND_LINKS": "wheels", "PIP_NO_INDEX": "1", "BP_BUILD_VARIABLES": "FLAG"},
    env={"FLAG": "1.0"},
    target={"CNB_TARGET_DISTRO_NAME": "bookworm"},
    reused=("Plain.py", "lists/2.0.list"),
)
