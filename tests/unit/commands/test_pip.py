"""The index configuration in pip's words, for Pythons that uv does not run on; what pip itself makes of it is asked of the one that runs here."""

import os
import subprocess
import sys
from pathlib import Path

from seldon_buildpack.commands import pip
from seldon_buildpack.package_sources.indexes import Index


def test_pip_settings_are_variables_and_urls_are_in_a_file(tmp_path: Path) -> None:
    index = Index(
        folders=(Path("/whl"), Path("/app/my wheels")),
        default="https://u:p@h/simple",
        extra=("https://a/simple", "https://b/simple"),
        find_links=("https://h/links", "/app/more wheels"),
        trusted_hosts=("h", "a"),
        no_index=True,
        variables=(
            ("SSL_CERT_FILE", "/scratch/trusted.pem"),
            ("SSL_CLIENT_CERT", "/app/client.pem"),
            ("UV_HTTP_TIMEOUT", "7"),
            ("UV_HTTP_RETRIES", "2"),
            ("NETRC", "/scratch/netrc"),
        ),
    )
    assert pip.environment(index, tmp_path) == {
        "PIP_TRUSTED_HOST": "h a",
        "PIP_NO_INDEX": "1",
        "PIP_CERT": "/scratch/trusted.pem",
        "PIP_CLIENT_CERT": "/app/client.pem",
        "PIP_DEFAULT_TIMEOUT": "7",
        "PIP_RETRIES": "2",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_NO_INPUT": "1",
        "PIP_CONFIG_FILE": f"{tmp_path}/pip.conf",
        **dict(index.variables),
    }
    assert (tmp_path / "pip.conf").read_text() == (
        "[global]\n"
        "index-url = https://u:p@h/simple\n"
        "extra-index-url = https://a/simple https://b/simple\n"
        "find-links = file:///whl file:///app/my%20wheels https://h/links file:///app/more%20wheels\n"
    )
    assert (tmp_path / "pip.conf").stat().st_mode & 0o077 == 0


def test_unset_pip_settings_leave_only_the_trusted_authorities(tmp_path: Path) -> None:
    told = pip.environment(Index(), tmp_path)
    assert set(told) - {"PIP_CERT"} == {"PIP_NO_CACHE_DIR", "PIP_NO_INPUT", "PIP_CONFIG_FILE"}


def test_pip_options_are_translated_and_unknown_ones_left_out() -> None:
    options = (
        "--require-hashes",
        "--prerelease",
        "allow",
        "--no-binary",
        "x",
        "--constraints",
        "/c.txt",
    )
    index = Index(options=(*options, "--build-constraints", "/b.txt", "--constraints", "/d.txt"))
    assert pip.options(index) == [
        "--require-hashes",
        "--pre",
        "--no-binary",
        "x",
        "--constraint",
        "/c.txt",
        "--constraint",
        "/d.txt",
    ]
    assert pip.options(Index()) == []


def test_pip_finds_wheels_in_a_folder_whose_name_has_a_space(tmp_path: Path) -> None:
    folder = tmp_path / "my wheels"
    folder.mkdir()
    (folder / "tiny-1.0-py3-none-any.whl").write_bytes(b"found, and no wheel")
    index = Index(folders=(folder,), no_index=True)
    command = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--dry-run",
        "--no-deps",
        "tiny",
    ]
    env = {"PATH": os.environ["PATH"], **pip.environment(index, tmp_path)}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=30, env=env, cwd=tmp_path
    )
    assert "my%20wheels" in done.stdout or "my wheels" in done.stdout
    assert "Wheel 'tiny' located at" in done.stderr
