"""Where s2i's images have /licenses, an image here has the same two files in a layer of their own, and a bill of materials."""

import csv
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.images.conftest import Built, Pack, docker
from tests.support import packages


def test_both_files_are_s2is_for_all_that_is_installed(iris: Built) -> None:
    table, texts = packages.licences(iris.image)
    rows = list(csv.reader(table.splitlines()))
    assert rows[0] == ["Name", "Version", "License"]
    assert table == "".join(",".join(f'"{value}"' for value in row) + "\n" for row in rows)
    assert packages.licensed(iris.image) == packages.installed(iris.image)
    assert {("scikit-learn", "1.5.2", "BSD License"), ("seldon-core", "1.17.1", "Apache 2.0")} <= {
        tuple(row) for row in rows
    }
    place = "requirements/venv/lib/python3.12/site-packages/scikit_learn-1.5.2.dist-info/COPYING"
    licence = packages.read_file(iris.image, f"/layers/seldon_python/{place}")
    assert "Redistribution and use" in licence
    assert f"\n\nscikit-learn\n1.5.2\nBSD License\n{licence}\n\n" in texts
    position = 0
    for row in rows[1:]:
        position = texts.index("\n".join(row) + "\n", position)


def test_licenses_without_requirements_match_pip_licenses(
    minimal: Built, bundle: Path, tmp_path: Path
) -> None:
    site = bundle / "wrappers/current/3.12/lib/python3.12/site-packages"
    assert packages.licences(minimal.image) == packages.pip_licenses(site, tmp_path)


def test_license_label_names_a_readable_complete_folder(minimal: Built, bundle: Path) -> None:
    folder = docker(
        "inspect", "-f", '{{index .Config.Labels "io.seldon.licenses"}}', minimal.image
    ).strip()
    assert folder == packages.LICENCES
    words = (
        "run",
        "--rm",
        "--user",
        "8888:0",
        "--entrypoint",
        "sh",
        minimal.image,
        "-c",
        f"cd {folder} && ls && cat cpython.txt dumb-init.txt",
    )
    interpreter, dumb_init = (
        bundle / "pythons/3.12/lib/python3.12/LICENSE.txt",
        bundle / "bin/dumb-init.LICENSE",
    )
    names = "cpython.txt\ndumb-init.txt\nlicense.txt\nlicense_info.csv\n"
    assert docker(*words) == names + interpreter.read_text() + dumb_init.read_text()
    assert "PYTHON SOFTWARE FOUNDATION LICENSE" in interpreter.read_text()
    assert "Yelp" in dumb_init.read_text()


def test_sboms_of_model_and_run_image_list_the_same_packages(
    iris: Built, pack: Pack, tmp_path: Path
) -> None:
    ours, of_run_image = (
        {(one["name"], one["version"]): one for one in bill["components"]}
        for bill in (
            _bill(pack, iris.image, tmp_path),
            json.loads(packages.read_file(iris.image, "/opt/seldon/3.12-s1/sbom.cdx.json")),
        )
    )
    assert not ours.keys() & of_run_image.keys()
    components = ours | of_run_image
    assert sorted(components) == packages.licensed(iris.image)
    assert components["scikit-learn", "1.5.2"] == {
        "bom-ref": "pkg:pypi/scikit-learn@1.5.2",
        "licenses": [{"license": {"name": "BSD License"}}],
        "name": "scikit-learn",
        "purl": "pkg:pypi/scikit-learn@1.5.2",
        "type": "library",
        "version": "1.5.2",
    }
    assert components["setuptools", "81.0.0"]["licenses"] == [{"license": {"id": "MIT"}}]


def test_a_rebuild_that_makes_nothing_keeps_licences_and_bill(
    pack: Pack, samples: Path, tmp_path: Path
) -> None:
    app: Path = shutil.copytree(samples / "minimal", tmp_path / "app")
    image = "seldon-test-licences"
    pack.must_build(image, app, "--network", "none")
    before = packages.licences(image), _bill(pack, image, tmp_path / "before", "watcher")
    (app / "RowMeans.py").write_text((app / "RowMeans.py").read_text() + "\n# changed\n")
    rebuilt = pack.must_build(image, app, "--network", "none")
    assert "Reusing layer 'seldon/python:third-party-licenses'" in rebuilt.log
    assert (packages.licences(image), _bill(pack, image, tmp_path / "after", "watcher")) == before


def test_watcher_has_licenses_and_sbom_in_its_own_layer(
    minimal: Built, pack: Pack, tmp_path: Path
) -> None:
    layer = "/layers/seldon_python/watcher"
    found = packages.licensed(minimal.image, f"{layer}/licenses")
    assert "watchfiles" in dict(found)
    assert found == packages.installed(minimal.image, f"{layer}/site-packages")
    assert "\nMIT License\nThe MIT License" in packages.read_file(
        minimal.image, f"{layer}/licenses/license.txt"
    )
    assert (
        sorted(
            (one["name"], one["version"])
            for one in _bill(pack, minimal.image, tmp_path, "watcher")["components"]
        )
        == found
    )


def _bill(pack: Pack, image: str, folder: Path, layer: str = "third-party-licenses") -> Any:
    """The bill of materials that pack finds in an image for a layer."""
    words = [str(pack.made.pack), "sbom", "download", image, "--output-dir", str(folder)]
    subprocess.run(
        words, check=True, capture_output=True, env={**os.environ, **pack.environment}, timeout=120
    )
    return json.loads(
        (folder / f"layers/sbom/launch/seldon_python/{layer}/sbom.cdx.json").read_text()
    )
