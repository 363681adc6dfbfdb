"""The images below the builder: base, build, run, and lifecycle for untrusted builders."""

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

from tools.core.steps import ToolError, Workspace, digest_paths, run, run_once
from tools.core.trees import digest_tree
from tools.dev.engine import Engine, install_debian
from tools.release import runtime

HOST_CERTIFICATES = Path("/usr/local/share/ca-certificates")
# A registry that has not started to respond by then counts as unreachable.
REGISTRY_PATIENCE = 15.0
PULL_CAP = 900.0
# Debian's slim image omits these too. The dpkg configuration stays in the image, so that packages
# installed later omit them as well.
LEFT_OUT = ("man", "doc", "locale", "info", "lintian")


@dataclass(frozen=True, kw_only=True)
class Images:
    """The names of the images in the engine."""

    base: str
    # Without a runtime.
    build: str
    run: str
    # With the runtime, or its description.
    runtime_build: str
    runtime_run: str
    lifecycle: str


def name_images(ws: Workspace, released: bool = False) -> Images:
    """Return the images' names, whether or not the images exist.

    With ``released``, they are the names of the images that a release pushes.
    """
    suite, kind = ws.versions["base"]["suite"], "released-" if released else ""
    tag = runtime.read_series(ws).tag
    lifecycle = ws.versions["lifecycle"]["version"]
    return Images(
        base=f"seldon/base:{suite}",
        build=f"seldon/{kind}build:{suite}",
        run=f"seldon/{kind}run:{suite}",
        runtime_build=f"seldon/{kind}build:{tag}",
        runtime_run=f"seldon/{kind}run:{tag}",
        lifecycle=f"seldon/{kind}lifecycle:{lifecycle}",
    )


def ensure_images(ws: Workspace, engine: Engine, lifecycle: Path, released: bool = False) -> Images:
    """Create the missing images; ``lifecycle`` is the archive for the lifecycle image.

    The released images are the same, except that they do not contain this machine's CA
    certificates.

    Raises:
        ToolError: An image can't be created.
    """
    image = name_images(ws, released)
    suite = dockerfiles_folder(ws)
    _ensure_base(ws, engine, image.base)
    release = {"release": str(ws.versions["base"]["release"])}
    build_image(ws, engine, image.run, suite / "run.Dockerfile", image.base, release, {})
    certificates = [] if released else find_host_certificates()
    build_image(
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
    build_image(
        ws,
        engine,
        image.lifecycle,
        suite / "lifecycle.Dockerfile",
        image.run,
        make_lifecycle_labels(ws),
        {"lifecycle.tgz": lifecycle},
    )
    return image


def dockerfiles_folder(ws: Workspace) -> Path:
    """Return the folder of the images' Dockerfiles."""
    return ws.checkout / "stacks" / str(ws.versions["base"]["suite"])


def find_host_certificates() -> list[Path]:
    """Return the CA certificates that were added to this machine.

    There are none with SELDON_BUILDPACK_HOST_CAS=0.
    """
    if os.environ.get("SELDON_BUILDPACK_HOST_CAS", "1") == "0":
        return []
    return sorted(HOST_CERTIFICATES.glob("*.crt"))


def read_image_id(engine: Engine, name: str) -> str | None:
    """Return the id of an image in the engine, or None."""
    done = subprocess.run(
        ["docker", "image", "inspect", "--format", "{{.Id}}", name],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **engine.environment},
    )
    return done.stdout.strip() if done.returncode == 0 else None


def make_image_once(
    ws: Workspace,
    engine: Engine,
    title: str,
    name: str,
    key: Mapping[str, str],
    make: Callable[[], None],
) -> str:
    """Run a step whose output is an image, unless it is unchanged, and return the image's id.

    In addition to the conditions of ``run_once``, the step runs if the engine no longer has the
    image or if another checkout replaced it.
    """
    record = _record(ws, name)

    def make_and_record() -> None:
        replaced = read_image_id(engine, name)
        make()
        if replaced not in (None, read_image_id(engine, name)):
            # Untagged images would fill the engine's disk; one that is still in use is kept.
            with contextlib.suppress(ToolError):
                run("docker", "image", "rm", str(replaced), env=engine.environment)
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(read_image_id(engine, name) or "")

    run_once(
        ws,
        title,
        f"image-{record.stem}",
        key,
        [record],
        make_and_record,
        lambda: is_made_here(ws, engine, name),
    )
    return record.read_text()


def is_made_here(ws: Workspace, engine: Engine, name: str) -> bool:
    """Return whether this work folder created the engine's image of that name."""
    record = _record(ws, name)
    return record.exists() and record.read_text() == read_image_id(engine, name)


def _ensure_base(ws: Workspace, engine: Engine, name: str) -> None:
    """Pull Debian's slim image, or create one with mmdebstrap if no registry responds.

    The choice is kept.
    """
    pinned, suite = str(ws.versions["base"]["image"]), str(ws.versions["base"]["suite"])

    def make() -> None:
        refusal = _pull_base(engine, pinned)
        if refusal is None:
            # docker tag accepts NAME@DIGEST, but not NAME:TAG@DIGEST.
            run("docker", "tag", re.sub(r":[^:/@]*@", "@", pinned), name, env=engine.environment)
            print("    from the registry's image", flush=True)
        else:
            bootstrap_base(engine, suite, name)
            print(
                f"    built from Debian packages, because no registry provided it: {refusal}",
                flush=True,
            )

    make_image_once(
        ws,
        engine,
        f"Base image {name}",
        name,
        {"image": pinned, "suite": suite, "left out": " ".join(LEFT_OUT)},
        make,
    )


def _pull_base(engine: Engine, image: str) -> str | None:
    """Run docker pull and return None, or the reason if the image can't be pulled.

    The reason is that no registry responds within 15 s or that it does not have the image.

    Raises:
        ToolError: The download failed after it had started.
    """
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
            else f"no response within {REGISTRY_PATIENCE:.0f} s"
        )
        if "Pulling from" not in begun:
            process.kill()
            return begun
        try:
            output = process.communicate(timeout=PULL_CAP)[0]
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise ToolError(
                f"Pulling {image} took longer than {PULL_CAP:.0f} s.",
                "Try again. Completed downloads are kept.",
            ) from error
        if process.returncode:
            raise ToolError(f"Pulling {image} failed:", output.strip())
    return None


def bootstrap_base(engine: Engine, suite: str, name: str) -> None:
    """Create a minimal Debian image with apt by mmdebstrap.

    /usr is merged at bootstrap, so that Perl is not needed.
    """
    if shutil.which("mmdebstrap") is None:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise ToolError(
                "No registry responds, and without one the base image can be built only on Debian.",
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
    # Without this, the files would be this machine's.
    options.append(
        '--customize-hook=rm -f "$1/etc/resolv.conf" "$1/etc/hostname" && : > "$1/etc/machine-id"'
    )
    with TemporaryDirectory(prefix="base-") as folder:
        archive = Path(folder) / "base.tar"
        run("mmdebstrap", *options, suite, archive, timeout=1200)
        run(
            "docker", "import", "--change", 'CMD ["/bin/sh"]', archive, name, env=engine.environment
        )


def build_image(
    ws: Workspace,
    engine: Engine,
    name: str,
    dockerfile: Path,
    base: str,
    arguments: Mapping[str, str],
    files: Mapping[str, Path | None],
) -> None:
    """Run docker build with the classic builder, which every engine has.

    ``files`` is the build context, of files and folders; None stands for an empty folder.
    """
    key = {
        "dockerfile": digest_paths(dockerfile),
        "base": read_image_id(engine, base) or "",
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
                elif source.is_dir():
                    shutil.copytree(source, place, symlinks=True)
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

    make_image_once(ws, engine, f"Image {name}", name, key, make)


def make_lifecycle_labels(ws: Workspace) -> dict[str, str]:
    """Return the labels that pack and platforms read from a lifecycle image."""
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
        content = digest_tree(path).encode() if path.is_dir() else path.read_bytes()
        total.update(path.name.encode() + b"\0" + content + b"\0")
    return total.hexdigest()


def _record(ws: Workspace, name: str) -> Path:
    return ws.work / "images" / f"{name.replace('/', '-').replace(':', '-')}.id"
