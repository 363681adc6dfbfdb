"""What the platform binds: indexes with their passwords, a netrc, authorities, a mirror. Used by all that fetches, and nothing of it left."""

import contextlib
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.images.conftest import Built, Pack, docker
from tests.support import packages, servers
from tests.support.bindings import bind, bind_as_kubelet, mounted
from tests.support.canaries import Credentials, assert_nowhere

IMAGE = "seldon-test-bindings"
COMMENT = "canary-comment-beside-a-certificate"
Source = Callable[..., Path]


@dataclass(frozen=True)
class Inside:
    """A network's own servers: an index over http, files and a git repository over https; and who may read them."""

    index: str
    https: str
    authority: Path
    indexed: Credentials
    filed: Credentials


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    folder = tmp_path_factory.mktemp("inside")
    indexed, filed = (
        Credentials.planted("pypi-binding"),
        Credentials("canary-user-netrc", "canary-password-netrc-@:/x"),
    )
    packages.wheel(folder / "packages", "bound", "1.0")
    packages.wheel(folder / "files/simple/netrc-bound", "netrc_bound", "1.0")
    packages.repository(folder / "files/git", packages.project("from_git", "1.0"), "v1")
    context, authority = servers.of_authority(folder)
    with contextlib.ExitStack() as running:
        index = running.enter_context(
            servers.private_index(folder / "packages", indexed.user, indexed.password)
        )
        https = running.enter_context(
            servers.files_with_password(folder / "files", filed.user, filed.password, context)
        )
        yield Inside(index, https.replace("127.0.0.1", "localhost"), authority, indexed, filed)


@pytest.fixture(scope="module")
def built(pack: Pack, inside: Inside, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """One build with a binding of each type, laid out as kubelet does."""
    root, app = tmp_path_factory.mktemp("bindings"), tmp_path_factory.mktemp("app")
    bind_as_kubelet(
        root,
        "corp",
        {
            "type": "pypi",
            "uri": inside.index,
            "username": inside.indexed.user,
            "password": f"{inside.indexed.password}\n",
        },
    )
    netrc = f"machine localhost login {inside.filed.user} password {inside.filed.password}\n"
    bind_as_kubelet(root, "home", {"type": "netrc", ".netrc": netrc})
    der = subprocess.run(
        ["openssl", "x509", "-in", inside.authority, "-outform", "DER"],
        check=True,
        capture_output=True,
    ).stdout
    bind(
        root,
        "authorities",
        {
            "type": "ca-certificates",
            "one.pem": f"# {COMMENT}\n{inside.authority.read_text()}",
            "two.crt": der,
        },
    )
    bind(root, "database", {"type": "postgresql", "password": "not ours"})
    files = {
        **packages.model("bound", "netrc_bound", "from_git"),
        "requirements.txt": f"bound\nnetrc-bound\nfrom-git @ git+{inside.https}/git/repository.git@v1\n",
    }
    for name, text in files.items():
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text(text)
    env = {"EXTRA_INDEX_URL": f"{inside.https}/simple", "BP_EMBED_CERTS": "true"}
    return pack.must_build(IMAGE, app, "--network", "host", "-v", *mounted(root), env=env)


def test_each_binding_is_used_and_told_in_one_line(built: Built, inside: Inside) -> None:
    told = [line for line in built.ours.splitlines() if line.startswith(("  Binding", "  Index"))]
    assert told == [
        "  Binding       authorities  (ca-certificates, 1 certificate)",
        f"  Binding       corp  (pypi, extra index {inside.index})",
        "  Binding       home  (netrc, localhost)",
        f"  Index         {inside.https}/simple  (user and password from the netrc of the binding home)",
        f"  Index         {inside.index}  (user and password from the binding corp)",
    ]
    assert packages.said(IMAGE) == ["bound 1.0", "netrc_bound 1.0", "from_git 1.0"]


def test_nothing_of_a_binding_is_left_anywhere(built: Built, inside: Inside) -> None:
    key = (inside.authority.parent / "authority-key.pem").read_text().splitlines()[5]
    assert_nowhere(IMAGE, built.log, [*inside.indexed.words(), *inside.filed.words(), COMMENT, key])


def test_bound_authorities_are_trusted_at_run_when_asked(built: Built, inside: Inside) -> None:
    assert "Adding layer 'seldon/python:trusted-certificates'" in built.log
    program = (
        "import sys, requests, urllib.request, urllib.error\n"
        "try: urllib.request.urlopen(sys.argv[1])\n"
        "except urllib.error.HTTPError as error: print(error.code)\n"
        "print(requests.get(sys.argv[1]).status_code)\n"
    )
    url = f"{inside.https}/simple"
    words = (
        "run",
        "--rm",
        "--network",
        "host",
        "--entrypoint",
        "launcher",
        IMAGE,
        "--",
        "python",
        "-c",
        program,
        url,
    )
    assert docker(*words).split() == ["401", "401"]
    # What the machine that made the builder trusts besides is no business of the model's.
    [bundle] = [
        value for name, value in packages.environment(IMAGE).items() if name == "SSL_CERT_FILE"
    ]
    trusted = packages.read_file(IMAGE, bundle)
    assert inside.authority.read_text().strip() in trusted
    added = [
        path.read_text().strip() for path in Path("/usr/local/share/ca-certificates").glob("*.crt")
    ]
    assert not [one for one in added if one in trusted]


def test_bound_authorities_leave_the_image_alone_by_default(
    pack: Pack, samples: Path, minimal: Built, inside: Inside, tmp_path: Path
) -> None:
    bind(
        tmp_path,
        "authorities",
        {"type": "ca-certificates", "one.pem": inside.authority.read_text()},
    )
    trusting = pack.must_build(
        "seldon-test-trusting", samples / "minimal", "--network", "none", *mounted(tmp_path)
    )
    told = [
        json.loads(docker("inspect", image))[0]["Id"] for image in (trusting.image, minimal.image)
    ]
    assert told[0] == told[1]


def test_a_binding_that_cannot_be_used_is_explained(
    pack: Pack, samples: Path, tmp_path: Path
) -> None:
    bind(tmp_path, "corp", {"type": "pypi", "uri": "pypi.corp/canary-token"})
    built = pack.build(
        "seldon-test-bad-binding", samples / "minimal", "--network", "none", *mounted(tmp_path)
    )
    assert built.code != 0
    assert built.ours.partition("ERROR: ")[2] == (
        "The binding `corp` cannot be used\n\n"
        "  Its type is pypi, and its entry uri is not a URL.\n\n"
        "  What to do (choose one):\n"
        "  1. Set uri to the URL, including its scheme (https://...).\n"
        "  2. Remove the binding if the build does not need it.\n"
    )
    assert_nowhere(None, built.log, ["canary-token"])
