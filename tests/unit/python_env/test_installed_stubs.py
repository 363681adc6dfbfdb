from pathlib import Path

from seldon_buildpack.python_env import installed_stubs

_METADATA = "Metadata-Version: 2.1\nName: {}\nVersion: {}\n"


def _installed(site: Path, name: str, version: str, *requires: str) -> None:
    info = site / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    lines = "".join(f"Requires-Dist: {one}\n" for one in requires)
    (info / "METADATA").write_text(
        _METADATA.format(name, version) + lines + "\nA description. Requires-Dist: numpy\n"
    )
    (info / "WHEEL").write_text("Wheel-Version: 1.0\n")
    (info / "RECORD").write_text(f"{name}.py,,\n")


def test_what_is_shown_as_installed_lists_nothing_but_itself(tmp_path: Path) -> None:
    _installed(tmp_path / "wrapper", "numpy", "1.26.4")
    (tmp_path / "site").mkdir()
    assert installed_stubs.show(tmp_path / "wrapper", tmp_path / "site") == {
        "numpy-1.26.4.dist-info"
    }
    info = "numpy-1.26.4.dist-info"
    record = (tmp_path / "site" / info / "RECORD").read_text().splitlines()
    assert sorted(record) == [f"{info}/METADATA,,", f"{info}/RECORD,,", f"{info}/WHEEL,,"]


def test_bounds_take_the_place_of_those_of_seldon_core_alone(tmp_path: Path) -> None:
    _installed(
        tmp_path / "wrapper",
        "seldon_core",
        "1.17.1",
        "numpy (<2.0.0)",
        "Flask-cors<4.0.0",
        "protobuf<4",
        "numpy; extra == 'all'",
    )
    _installed(tmp_path / "wrapper", "scipy", "1.14.1", "numpy<2.3")
    (tmp_path / "site").mkdir()
    (tmp_path / "bounds.txt").write_text("# Why.\nnumpy\nflask_cors>=3\n")
    installed_stubs.show(tmp_path / "wrapper", tmp_path / "site", tmp_path / "bounds.txt")

    def requires(info: str) -> list[str]:
        return [
            line
            for line in (tmp_path / "site" / info / "METADATA").read_text().splitlines()
            if line.startswith("Requires-Dist")
        ]

    assert requires("seldon_core-1.17.1.dist-info") == [
        "Requires-Dist: numpy",
        "Requires-Dist: flask_cors>=3",
        "Requires-Dist: protobuf<4",
        "Requires-Dist: numpy; extra == 'all'",
    ]
    assert requires("scipy-1.14.1.dist-info") == ["Requires-Dist: numpy<2.3"]


def test_what_the_wrapper_asks_for_and_does_not_get(tmp_path: Path) -> None:
    _installed(
        tmp_path,
        "seldon_core",
        "1.17.1",
        "numpy<2.0.0",
        "protobuf<4",
        "gcs<2 ; extra == 'gcs'",
        "missing<3",
    )
    _installed(tmp_path, "numpy", "2.1.0")
    _installed(tmp_path, "protobuf", "3.20.3")
    _installed(tmp_path, "gcs", "4.0")
    assert installed_stubs.unmet(tmp_path) == ("numpy<2.0.0, not 2.1.0",)


def test_pins_are_those_of_some_packages_or_of_all_but_some(tmp_path: Path) -> None:
    lock = tmp_path / "py3.12.txt"
    lock.write_text(
        "click==8.0.4 \\\n    --hash=sha256:aa\nFlask_Cors==3.0.10 \\\n    --hash=sha256:bb\nnumpy==1.26.4\n"
    )
    only = installed_stubs.pins(lock, tmp_path, only=["flask-cors"]).read_text()
    assert only == "Flask_Cors==3.0.10 \\\n    --hash=sha256:bb\n"
    assert (
        installed_stubs.pins(lock, tmp_path, left_out=["Flask.Cors", "numpy"]).read_text()
        == "click==8.0.4 \\\n    --hash=sha256:aa\n"
    )
