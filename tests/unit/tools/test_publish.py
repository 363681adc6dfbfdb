import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools.core.steps import ToolError, Workspace
from tools.dev.engine import Engine
from tools.release import images
from tools.release.publish import PublishedImage, format_report, read_revision, remove_image
from tools.release.registry import Registry

CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    "place",
    [
        "registry.example.com",
        "registry.example.com/team/seldon",
        "localhost/a",
        "registry:5000",
        "10.0.0.1:80/a_b",
    ],
)
def test_a_place_is_a_host_with_or_without_a_path(place: str) -> None:
    assert Registry.at(Path("crane"), place).reference("run", "1") == f"{place}/run:1"


@pytest.mark.parametrize(
    "place",
    [
        "",
        "https://registry.example.com",
        "somebody",
        "somebody/seldon",
        "registry.example.com/",
        "registry:5000/Seldon",
        "a.b/c:1",
        "a.b c",
    ],
)
def test_publish_refuses_invalid_places_and_docker_hub(place: str) -> None:
    with pytest.raises(ToolError, match=r"registry\.example\.com/seldon"):
        Registry.at(Path("crane"), place)


def _git(path: Path, *words: str) -> str:
    who = ("-c", "user.name=Tests", "-c", "user.email=tests@example.com")
    return subprocess.run(
        ["git", *who, *words], cwd=path, check=True, capture_output=True, text=True, timeout=60
    ).stdout.strip()


def test_release_names_its_commit_and_says_if_the_tree_differs(tmp_path: Path) -> None:
    _git(tmp_path, "init", "-q")
    with pytest.raises(ToolError, match="FORCE=1"):
        read_revision(tmp_path, force=False)
    assert read_revision(tmp_path, force=True) == "unknown-dirty"
    (tmp_path / "file").write_text("1")
    _git(tmp_path, "add", "-A")
    _git(tmp_path, "commit", "-q", "-m", "one")
    commit = _git(tmp_path, "rev-parse", "HEAD")
    assert read_revision(tmp_path, force=False) == read_revision(tmp_path, force=True) == commit
    (tmp_path / "file").write_text("2")
    with pytest.raises(ToolError, match=" M file"):
        read_revision(tmp_path, force=False)
    assert read_revision(tmp_path, force=True) == f"{commit}-dirty"


def test_report_names_image_digests_and_the_build_command() -> None:
    place, digest = "registry.example.com/seldon", "sha256:" + "0" * 64
    names = {"run": "bookworm", "lifecycle": "", "builder": "latest"}
    said = format_report(
        [
            PublishedImage(
                reference=f"{place}/{name}:1", moving=moving, digest=digest, pushed=name == "run"
            )
            for name, moving in names.items()
        ],
        place,
    )
    assert f"{place}/run:1        {digest}  pushed\n" in said
    assert f"{place}/lifecycle:1  {digest}  already there\n" in said
    assert "run:bookworm, builder:latest\n" in said
    assert said.endswith(
        f"pack build my-model --builder {place}/builder:1 --lifecycle-image {place}/lifecycle:1"
    )


@pytest.mark.parametrize("released", [True, False])
def test_unreleased_builder_alone_has_local_authorities(
    released: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine is a fake here: what would be built is only written down."""
    ours = tmp_path / "ours.crt"
    ours.write_text("an authority")
    made: dict[str, Any] = {}
    monkeypatch.setattr(images, "find_host_certificates", lambda: [ours])
    monkeypatch.setattr(images, "_ensure_base", lambda *_: None)
    monkeypatch.setattr(
        images,
        "build_image",
        lambda _ws, _engine, name, _file, _base, arguments, files: made.update(
            {name: (arguments, files)}
        ),
    )
    names = images.ensure_images(
        Workspace(CHECKOUT, tmp_path),
        Engine(host="", api="", ours=False, started_now=False),
        tmp_path / "lifecycle.tgz",
        released,
    )
    arguments, files = made[names.build]
    assert (arguments["host_certificates"], files) == (
        ("0", {"certificates": None}) if released else ("1", {"certificates/ours.crt": ours})
    )
    assert ("released-" in names.build) is released


def test_an_image_is_removed_from_the_engine_that_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "docker"
    program.write_text(f'#!/bin/sh\necho "$DOCKER_HOST $*" > {tmp_path}/asked\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    remove_image(
        Engine(host="ssh://builds", api="1.43", ours=False, started_now=False), "a:labelled"
    )
    assert (tmp_path / "asked").read_text() == "ssh://builds image rm a:labelled\n"
