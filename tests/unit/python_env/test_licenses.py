import shutil
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

import pytest

from seldon_buildpack.bundle import Bundle
from seldon_buildpack.cnb.layers import Layer
from seldon_buildpack.commands.uv import Uv
from seldon_buildpack.layers.pip_plan import PipPlan
from seldon_buildpack.layers.python import Python
from seldon_buildpack.layers.python_wrapper import Wrapper
from seldon_buildpack.log import Log
from seldon_buildpack.package_sources.indexes import Index
from seldon_buildpack.package_sources.mirror import Mirror
from seldon_buildpack.python_env import licenses
from seldon_buildpack.python_env.venv import site_packages
from tests.support.packages import pip_licenses

_MIT, _BSD = (
    "Classifier: License :: OSI Approved :: MIT License",
    "Classifier: License :: OSI Approved :: BSD License",
)

# Lines of METADATA, and files by their names below the .dist-info.
_PACKAGES: Mapping[str, tuple[tuple[str, ...], Mapping[str, bytes]]] = {
    "two-classifiers": ((_MIT, _BSD, "License: something else"), {"LICENSE": b"Either.\n"}),
    "only-approved": (
        ("Classifier: License :: OSI Approved", "License: BSD-3-Clause"),
        {"LICENCE.txt": b"British.\n"},
    ),
    "older-field": (
        ('License: Copyright (c) "Somebody", 2020\n        All\trights.',),
        {"COPYING": b"Windows\r\nlines\r\n"},
    ),
    "expression": (
        ("License-Expression: MIT OR Apache-2.0", _BSD),
        {"licenses/LICENSE.md": "Größe".encode("latin-1")},
    ),
    "Nothing_known": ((), {}),
    "says-unknown": (("License: UNKNOWN",), {"AUTHORS": b"Us.\n"}),
    "several": (
        (_MIT,),
        {
            "licenses/NOTICE": b"Notice.\n",
            "licenses/LICENSE.APACHE": b"Apache.\n",
            "licenses/LICENSE.BSD": b"BSD.\n",
        },
    ),
    "in,quotes": ((_MIT,), {"LICENSE,old": b"A comma.\n", "unlicensed": b"No.\n"}),
}


def _install(
    site: Path, packages: Mapping[str, tuple[tuple[str, ...], Mapping[str, bytes]]]
) -> Path:
    for name, (lines, files) in packages.items():
        info = site / f"{name}-1.0.dist-info"
        record = [
            f'"{info.name}/missing/LICENSE",,',
            *(f'"{info.name}/{file}",sha256=x,1' for file in files),
            f'"{info.name}/RECORD",,',
        ]
        metadata = ["Metadata-Version: 2.4", f"Name: {name}", "Version: 1.0", *lines]
        written = {
            **files,
            "METADATA": "\n".join([*metadata, "", "License: of the description\n"]).encode(),
            "RECORD": "\n".join(record).encode(),
        }
        for file, content in written.items():
            (info / file).parent.mkdir(parents=True, exist_ok=True)
            (info / file).write_bytes(content)
    return site


def test_both_files_are_what_pip_licenses_writes(tmp_path: Path) -> None:
    site = _install(tmp_path / "site", _PACKAGES)
    packages = licenses.read([site])
    assert len(packages) == len(_PACKAGES)
    assert (licenses.as_csv(packages), licenses.as_text(packages)) == pip_licenses(site, tmp_path)


def test_the_files_are_these(tmp_path: Path) -> None:
    chosen = ("Nothing_known", "older-field", "several", "two-classifiers")
    packages = licenses.read(
        [_install(tmp_path / name, {name: _PACKAGES[name]}) for name in reversed(chosen)]
    )
    assert licenses.as_csv(packages) == (
        '"Name","Version","License"\n'
        '"Nothing_known","1.0","UNKNOWN"\n'
        '"older-field","1.0","Copyright (c) ""Somebody"", 2020\nAll     rights."\n'
        '"several","1.0","MIT License"\n'
        '"two-classifiers","1.0","BSD License; MIT License"\n'
    )
    assert licenses.as_text(packages) == (
        "Nothing_known\n1.0\nUNKNOWN\nUNKNOWN\n\n"
        'older-field\n1.0\nCopyright (c) "Somebody", 2020\nAll\trights.\nWindows\nlines\n\n\n'
        "several\n1.0\nMIT License\nApache.\n\n\n"
        "two-classifiers\n1.0\nBSD License; MIT License\nEither.\n\n\n"
    )


def test_metadata_that_is_not_utf8_is_read_all_the_same(tmp_path: Path) -> None:
    info = _install(tmp_path, {"old": (("License: MIT",), {})}) / "old-1.0.dist-info"
    (info / "METADATA").write_bytes(
        "Name: old\nVersion: 1.0\nAuthor: Größe\nLicense: MIT\n".encode("latin-1")
    )
    assert (
        licenses.as_csv(licenses.read([tmp_path]))
        == '"Name","Version","License"\n"old","1.0","MIT"\n'
    )


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """An interpreter and a wrapper of one package."""
    bundle = Bundle(
        root=tmp_path / "bundle",
        buildpack_version="1",
        default_python="3.12",
        pythons={},
        wrappers={},
        watchers={},
        catalogue="",
    )
    for name, text in (
        ("pythons/3.12/lib/python3.12/LICENSE.txt", "PSF"),
        ("bin/dumb-init.LICENSE", "MIT of dumb-init"),
    ):
        (bundle.root / name).parent.mkdir(parents=True)
        (bundle.root / name).write_text(text)
    _install(site_packages(bundle.wrapper("3.12"), "3.12"), {"several": _PACKAGES["several"]})
    return bundle


def _provide(layers: Path, bundle: Bundle) -> str:
    """Build the layers of a model without packages as after a restore; returns what was printed."""
    layers.mkdir(exist_ok=True)
    printed = StringIO()
    python = Python(
        minor="3.12",
        request="3.12",
        carried=bundle.python("3.12"),
        identity="3.12",
        catalogue="",
        buildpack="1",
    )
    uv = Uv(program=Path("/bin/true"), env={}, cache=layers / "cache/uv", log=Log(printed))
    wrapper = Wrapper(
        version="1",
        pins="upstream",
        carried=bundle.wrapper("3.12"),
        lock=None,
        bounds=None,
        key=python.key,
    )
    PipPlan(
        root=layers,
        python=python,
        wrappers=(wrapper,),
        pins="upstream",
        installation=None,
        watcher=None,
        index=Index(),
        mirror=Mirror(),
        bundle=bundle,
        uv=uv,
        log=Log(printed),
    ).provide()
    return printed.getvalue()


def _restore(layers: Path) -> None:
    """A launch-only layer comes back as its metadata alone."""
    for path in layers.iterdir():
        if path.is_dir():
            shutil.rmtree(path)


def test_wrapper_licenses_are_written_once_without_requirements(
    tmp_path: Path, bundle: Bundle
) -> None:
    layers = tmp_path / "layers"
    _provide(layers, bundle)
    listed = layers / "third-party-licenses"
    assert {path.name: path.read_text() for path in listed.iterdir()} == {
        "license_info.csv": '"Name","Version","License"\n"several","1.0","MIT License"\n',
        "license.txt": "several\n1.0\nMIT License\nApache.\n\n\n",
        "cpython.txt": "PSF",
        "dumb-init.txt": "MIT of dumb-init",
    }
    kept = Layer(layers, listed.name).metadata()
    _restore(layers)
    pins = "  Pins            upstream  (BP_SELDON_PINS)\n"
    assert _provide(layers, bundle) == f"{pins}  python-wrapper  reused\n  python          reused\n"
    assert not listed.exists()
    assert Layer(layers, listed.name).metadata() == kept


def test_a_layer_whose_licences_are_lost_is_made_again(tmp_path: Path, bundle: Bundle) -> None:
    layers = tmp_path / "layers"
    _provide(layers, bundle)
    _restore(layers)
    (layers / "third-party-licenses.toml").unlink()
    assert "  python-wrapper  building (its licence list is out of date)\n" in _provide(
        layers, bundle
    )
    assert (layers / "third-party-licenses/license_info.csv").is_file()
