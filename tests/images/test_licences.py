"""Where s2i's images have /licenses, an image here has the same two files in a layer of their own."""

import csv
from pathlib import Path

from tests.images import packages
from tests.images.conftest import Built, docker


def test_both_files_are_s2is_for_all_that_is_installed(iris: Built) -> None:
    table, texts = packages.licences(iris.image)
    rows = list(csv.reader(table.splitlines()))
    assert rows[0] == ["Name", "Version", "License"]
    assert table == "".join(",".join(f'"{value}"' for value in row) + "\n" for row in rows)
    assert packages.licensed(iris.image) == packages.installed(iris.image)
    assert {("scikit-learn", "1.5.2", "BSD License"), ("seldon-core", "1.17.1", "Apache 2.0")} <= {tuple(row) for row in rows}
    place = "requirements/venv/lib/python3.12/site-packages/scikit_learn-1.5.2.dist-info/COPYING"
    licence = packages.read_file(iris.image, f"/layers/seldon_python/{place}")
    assert "Redistribution and use" in licence
    assert f"\n\nscikit-learn\n1.5.2\nBSD License\n{licence}\n\n" in texts
    position = 0
    for row in rows[1:]:
        position = texts.index("\n".join(row) + "\n", position)


def test_a_model_without_packages_has_what_pip_licenses_writes_of_the_wrapper(minimal: Built, bundle: Path, tmp_path: Path) -> None:
    site = bundle / "wrappers/3.12/lib/python3.12/site-packages"
    assert packages.licences(minimal.image) == packages.pip_licenses(site, tmp_path)


def test_the_label_names_the_folder_which_anybody_can_read_and_which_has_the_interpreters_and_dumb_inits_too(
    minimal: Built, bundle: Path
) -> None:
    folder = docker("inspect", "-f", '{{index .Config.Labels "io.seldon.licenses"}}', minimal.image).strip()
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
    interpreter, dumb_init = bundle / "pythons/3.12/lib/python3.12/LICENSE.txt", bundle / "bin/dumb-init.LICENSE"
    names = "cpython.txt\ndumb-init.txt\nlicense.txt\nlicense_info.csv\n"
    assert docker(*words) == names + interpreter.read_text() + dumb_init.read_text()
    assert "PYTHON SOFTWARE FOUNDATION LICENSE" in interpreter.read_text()
    assert "Yelp" in dumb_init.read_text()
