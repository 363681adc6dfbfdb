"""The images under the builder: a base, the build and run images made from it, and the lifecycle's for builders that are not trusted."""

import contextlib
import hashlib
import json
import os
import re
import select
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.core.steps import ToolError, Workspace, digest, once, run
from tools.dev.engine import Engine, install_debian

HOST_CERTIFICATES = Path("/usr/local/share/ca-certificates")
# A registry that has not even begun to answer by then is taken for none.
REGISTRY_PATIENCE = 15.0
PULL_CAP = 900.0
# What Debian's slim image leaves out too; the file that says so stays in the image and keeps later packages as slim.
LEFT_OUT = ("man", "doc", "locale", "info", "lintian")


@dataclass(frozen=True)
class Images:
    """The names that the images have in the engine."""

    base: str
    build: str
    run: str
    lifecycle: str


def names(ws: Workspace, released: bool = False) -> Images:
    """The names, whether or not the images are there; ``released`` are those that a release pushes."""
    suite, kind = ws.versions["base"]["suite"], "released-" if released else ""
    lifecycle = ws.versions["lifecycle"]["version"]
    return Images(
        *(
            f"seldon/base:{suite}",
            f"seldon/{kind}build:{suite}",
            f"seldon/{kind}run:{suite}",
            f"seldon/{kind}lifecycle:{lifecycle}",
        )
    )


def ensure(ws: Workspace, engine: Engine, lifecycle: Path, released: bool = False) -> Images:
    """Make what is missing of the images. ``lifecycle`` is the archive that goes into the lifecycle's image.

    The released ones are the same but for this machine's authorities, which they do not carry. Raises ToolError.
    """
    image = names(ws, released)
    suite = dockerfiles(ws)
    _base(ws, engine, image.base)
    release = {"release": str(ws.versions["base"]["release"])}
    _build(ws, engine, image.run, suite / "run.Dockerfile", image.base, release, {})
    certificates = [] if released else host_certificates()
    _build(
        *(
            ws,
            engine,
            image.build,
            suite / "build.Dockerfile",
            image.base,
            {**release, "host_certificates": str(len(certificates))},
        ),
        {f"certificates/{path.name}": path for path in certificates} or {"certificates": None},
    )
    _build(
        ws,
        engine,
        image.lifecycle,
        suite / "lifecycle.Dockerfile",
        image.run,
        lifecycle_labels(ws),
        {"lifecycle.tgz": lifecycle},
    )
    return image


def dockerfiles(ws: Workspace) -> Path:
    """The folder of the images' Dockerfiles."""
    return ws.checkout / "stacks" / str(ws.versions["base"]["suite"])


def host_certificates() -> list[Path]:
    """The certificate authorities that this machine's administrator added; none with SELDON_BUILDPACK_HOST_CAS=0."""
    if os.environ.get("SELDON_BUILDPACK_HOST_CAS", "1") == "0":
        return []
    return sorted(HOST_CERTIFICATES.glob("*.crt"))


def image_id(engine: Engine, name: str) -> str | None:
    """The id of an image in the engine, None where there is no such image."""
    done = subprocess.run(
        ["docker", "image", "inspect", "--format", "{{.Id}}", name],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **engine.environment},
    )
    return done.stdout.strip() if done.returncode == 0 else None


def once_image(
    ws: Workspace,
    engine: Engine,
    title: str,
    name: str,
    key: Mapping[str, str],
    make: Callable[[], None],
) -> str:
    """``once`` for a step whose output is an image: made again also when the engine has lost it, or another checkout made it. Returns its id."""
    record = _record(ws, name)

    def make_and_record() -> None:
        replaced = image_id(engine, name)
        make()
        if replaced not in (None, image_id(engine, name)):
            # Or the engine's disk fills with nameless images; one that is still in use stays.
            with contextlib.suppress(ToolError):
                run("docker", "image", "rm", str(replaced), env=engine.environment)
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(image_id(engine, name) or "")

    once(
        ws,
        title,
        f"image-{record.stem}",
        key,
        [record],
        make_and_record,
        lambda: made_here(ws, engine, name),
    )
    return record.read_text()


def made_here(ws: Workspace, engine: Engine, name: str) -> bool:
    """Whether the engine's image of that name is the one this work folder's steps made."""
    record = _record(ws, name)
    return record.exists() and record.read_text() == image_id(engine, name)


def _base(ws: Workspace, engine: Engine, name: str) -> None:
    """Debian's own slim image where a registry answers, else the same suite by mmdebstrap. Which one it was is not asked again."""
    pinned, suite = str(ws.versions["base"]["image"]), str(ws.versions["base"]["suite"])

    def make() -> None:
        refusal = _pull(engine, pinned)
        if refusal is None:
            # docker tag takes NAME@DIGEST, and not the tag besides.
            run("docker", "tag", re.sub(r":[^:/@]*@", "@", pinned), name, env=engine.environment)
            print("    from the registry's image", flush=True)
        else:
            bootstrap(engine, suite, name)
            print(
                f"    made from Debian's packages, since no registry gave it: {refusal}", flush=True
            )

    once_image(
        ws,
        engine,
        f"Base image {name}",
        name,
        {"image": pinned, "suite": suite, "left out": " ".join(LEFT_OUT)},
        make,
    )


def _pull(engine: Engine, image: str) -> str | None:
    """docker pull; what was said instead where no registry begins to answer within 15 s or has the image. Raises ToolError where it breaks off."""
    words = ["docker", "pull", image]
    env = {**os.environ, **engine.environment}
    with subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=env,
    ) as process:
        assert process.stdout is not None
        answered, _, _ = select.select([process.stdout], [], [], REGISTRY_PATIENCE)
        begun = (
            process.stdout.readline().strip()
            if answered
            else f"no answer within {REGISTRY_PATIENCE:.0f} s"
        )
        if "Pulling from" not in begun:
            process.kill()
            return begun
        try:
            said = process.communicate(timeout=PULL_CAP)[0]
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise ToolError(
                f"Pulling {image} took longer than {PULL_CAP:.0f} s.",
                "Try again; what has arrived is kept.",
            ) from error
        if process.returncode:
            raise ToolError(f"Pulling {image} failed:", said.strip())
    return None


def bootstrap(engine: Engine, suite: str, name: str) -> None:
    """The smallest Debian that has apt, by mmdebstrap, with /usr merged so that nothing of Perl's is needed."""
    if shutil.which("mmdebstrap") is None:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise ToolError(
                "No registry answers, and without one the base image can be made only on Debian.",
                "Install mmdebstrap, or pull through a registry.",
            )
        install_debian("mmdebstrap")
    options = [f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in LEFT_OUT]
    options.append("--dpkgopt=path-include=/usr/share/doc/*/copyright")
    options += [
        "--variant=minbase",
        "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
        "--include=usr-is-merged",
    ]
    # Otherwise this machine's.
    options.append(
        '--customize-hook=rm -f "$1/etc/resolv.conf" "$1/etc/hostname" && : > "$1/etc/machine-id"'
    )
    with TemporaryDirectory(prefix="base-") as folder:
        archive = Path(folder) / "base.tar"
        run("mmdebstrap", *options, suite, archive, timeout=1200)
        run(
            "docker", "import", "--change", 'CMD ["/bin/sh"]', archive, name, env=engine.environment
        )


def _build(
    ws: Workspace,
    engine: Engine,
    name: str,
    dockerfile: Path,
    base: str,
    arguments: Mapping[str, str],
    files: Mapping[str, Path | None],
) -> None:
    """docker build with the classic builder, which every engine has. ``files`` go into the context; None makes an empty folder."""
    key = {
        "dockerfile": digest(dockerfile),
        "base": image_id(engine, base) or "",
        "arguments": json.dumps(dict(arguments), sort_keys=True),
        "files": _content_digest(path for path in files.values() if path),
    }

    def make() -> None:
        with TemporaryDirectory(prefix="context-") as context:
            for target, source in files.items():
                place = Path(context) / target
                place.parent.mkdir(parents=True, exist_ok=True)
                if source is None:
                    place.mkdir()
                else:
                    shutil.copyfile(source, place)
                    place.chmod(0o644)
            words: list[str | Path] = [
                "docker",
                "build",
                "--quiet",
                "--force-rm",
                "--tag",
                name,
                "--file",
                dockerfile,
            ]
            for argument, value in {"base": base, **arguments}.items():
                words += ["--build-arg", f"{argument}={value}"]
            run(*words, context, env={"DOCKER_BUILDKIT": "0", **engine.environment})

    once_image(ws, engine, f"Image {name}", name, key, make)


def lifecycle_labels(ws: Workspace) -> dict[str, str]:
    """What pack and platforms read off a lifecycle image."""
    pinned = ws.versions["lifecycle"]
    apis = {
        kind: {"deprecated": [], "supported": list(pinned[f"{kind}_apis"])}
        for kind in ("buildpack", "platform")
    }
    oldest = {kind: pinned[f"{kind}_apis"][0] for kind in ("buildpack", "platform")}
    metadata = {"lifecycle": {"version": pinned["version"], "api": oldest, "apis": apis}}
    return {
        "version": str(pinned["version"]),
        "apis": json.dumps(apis),
        "metadata": json.dumps(metadata),
    }


def _content_digest(files: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for path in files:
        total.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def _record(ws: Workspace, name: str) -> Path:
    return ws.work / "images" / f"{name.replace('/', '-').replace(':', '-')}.id"
