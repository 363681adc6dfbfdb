"""Publish a release: the images, the buildpack, and the builder made of them.

Everything is checked before anything is pushed. If a version already exists in the registry, it is
compared by its inputs, whose digest is in a label: building an image with Debian packages twice
never gives the same bytes.
"""

import hashlib
import json
import os
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.core.steps import ToolError, Workspace, announce, digest_paths, run
from tools.core.trees import digest_tree
from tools.dev import engine
from tools.dev.engine import Engine
from tools.release import builder, bundle, gotools, images, runtime, runtime_images
from tools.release.images import Images
from tools.release.registry import Registry

LICENCE = "Apache-2.0"
DIRTY = "-dirty"
# Annotation names of the OCI image specification, and one of our own for the digest of the inputs.
_LABELS = {
    name: f"org.opencontainers.image.{name}"
    for name in ("title", "version", "revision", "licenses")
} | {"inputs": "io.seldon.inputs"}
# A model's image inherits the run image's labels, and would claim that the model itself has this
# version and licence. These names say that they are the run image's. They are also the only labels
# that a rebase updates on every platform API (lifecycle: phase/rebaser.go).
_LABELS_OF_RUN_IMAGE = {name: f"io.buildpacks.stack.{name}" for name in _LABELS}
_STACK_FIX = "Raise base.release in tools/versions.toml"
_BUILDPACK_FIX = "Raise the version in buildpack.toml and in tools/versions.toml"


@dataclass(frozen=True, kw_only=True)
class Release:
    """A release on this machine, before it is pushed."""

    ws: Workspace
    docker: Engine
    registry: Registry
    pack: Path
    lifecycle: Path
    images: Images
    buildpack: Path
    # The commit, with DIRTY after it if the working tree has other changes.
    revision: str

    @property
    def stack(self) -> str:
        """Return the tag of the build and run images: suite and release."""
        return f"{self.ws.versions['base']['suite']}.{self.ws.versions['base']['release']}"

    @property
    def runtime_stack(self) -> str:
        """Return the tag of the build and run images with the runtime: its series and release."""
        return f"{runtime.read_series(self.ws).tag}.{self.ws.versions['base']['release']}"

    @property
    def state(self) -> str:
        """Return whether the tree is clean or dirty, an input of all images.

        What was pushed from a dirty tree differs from what its commit builds.
        """
        return "dirty" if self.revision.endswith(DIRTY) else "clean"

    @property
    def version(self) -> str:
        """The buildpack's version."""
        return str(self.ws.versions["buildpack"]["version"])


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """One image of a release."""

    name: str
    title: str
    # The tag of this content, which never changes.
    tag: str
    # The tag that moves to each new version, or empty.
    moving: str
    # A digest of everything that the image is built from.
    inputs: str
    # What to do if the registry has other content under the tag.
    fix: str
    # Builds the image and pushes it under a reference, with labels.
    push: Callable[[str, Mapping[str, str]], None]
    # The names of the labels.
    label: Mapping[str, str] = field(default_factory=lambda: _LABELS)


@dataclass(frozen=True, kw_only=True)
class PublishedImage:
    """An image that is now in the registry."""

    reference: str
    moving: str
    digest: str
    pushed: bool


def publish(
    ws: Workspace, place: str, pythons: Iterable[str], force: bool
) -> Sequence[PublishedImage]:
    """Push what the registry does not have, and return all images of the release.

    With ``force``, uncommitted changes are allowed, and existing versions are replaced.

    Raises:
        ToolError: The tree has uncommitted changes, or a version exists with other content.
    """
    registry = Registry.at(gotools.build_crane(ws), place)
    revision = read_revision(ws.checkout, force)
    with builder.lock_work_folder(ws):
        docker = engine.ensure_engine(ws)
        pack, lifecycle = gotools.build_pack(ws), gotools.build_lifecycle(ws)
        image = images.ensure_images(ws, docker, lifecycle, released=True)
        buildpack = bundle.assemble_buildpack(ws, builder.choose_pythons(ws, pythons))
        runtime_images.ensure_runtime_images(ws, docker, buildpack, released=True)
        builder.configure_pack(ws, pack, images.name_images(ws))
        release = Release(
            ws=ws,
            docker=docker,
            registry=registry,
            pack=pack,
            lifecycle=lifecycle,
            images=image,
            buildpack=buildpack,
            revision=revision,
        )
        wanted = list_artifacts(release)
        missing = _find_missing(registry, wanted, force)
        return [_publish_artifact(release, artifact, artifact in missing) for artifact in wanted]


def read_revision(checkout: Path, force: bool) -> str:
    """Return the commit that is checked out.

    Raises:
        ToolError: There are uncommitted changes or there is no commit; not with ``force``.
    """
    try:
        commit = run("git", "-C", checkout, "rev-parse", "HEAD", timeout=60).strip()
        changes = run("git", "-C", checkout, "status", "--porcelain", timeout=60).splitlines()
    except ToolError as error:
        if force:
            return f"unknown{DIRTY}"
        raise ToolError(
            "Git does not report the current commit, and a release needs one.",
            f"{error}\n    FORCE=1 goes on.",
        ) from error
    if changes and not force:
        listed = "".join(f"\n    {line}" for line in changes[:10])
        raise ToolError(
            f"The working tree has uncommitted changes:{listed}",
            "Commit them, or set FORCE=1 to publish anyway (marked as dirty).",
        )
    return f"{commit}{DIRTY}" if changes else commit


def list_artifacts(release: Release) -> Sequence[Artifact]:
    """List the images of a release, each after those it is built from."""
    ws, docker = release.ws, release.docker
    base = _identify_base(ws, docker)
    stacks = images.dockerfiles_folder(ws)
    run_inputs = _digest_inputs(release.state, base, digest_paths(stacks / "run.Dockerfile"))
    build_inputs = _digest_inputs(release.state, base, digest_paths(stacks / "build.Dockerfile"))
    archive = digest_paths(release.lifecycle)
    lifecycle_inputs = _digest_inputs(
        run_inputs,
        digest_paths(stacks / "lifecycle.Dockerfile"),
        json.dumps(images.make_lifecycle_labels(ws)),
        archive,
    )
    series = runtime.read_series(ws)
    runtime_inputs = _digest_inputs(
        digest_tree(runtime.assemble_runtime(ws, series, release.buildpack)),
        digest_paths(stacks / "runtime.Dockerfile"),
    )
    tree = digest_tree(release.buildpack)
    package_inputs = _digest_inputs(release.state, tree, digest_paths(ws.checkout / "package.toml"))
    pack = str(ws.versions["pack"]["version"])
    builder_inputs = _digest_inputs(
        tree,
        build_inputs,
        runtime_inputs,
        archive,
        digest_paths(ws.checkout / "builder.toml"),
        pack,
    )
    suite, stack = str(ws.versions["base"]["suite"]), release.stack
    lifecycle_tag = f"{ws.versions['lifecycle']['version']}-{stack}"
    of = partial(_push_image, release)
    either = f"{_BUILDPACK_FIX}, or base.release"
    return (
        Artifact(
            name="run",
            title="Seldon Python run image",
            tag=stack,
            moving=suite,
            inputs=run_inputs,
            fix=_STACK_FIX,
            push=partial(of, release.images.run),
            label=_LABELS_OF_RUN_IMAGE,
        ),
        Artifact(
            name="build",
            title="Seldon Python build image",
            tag=stack,
            moving=suite,
            inputs=build_inputs,
            fix=_STACK_FIX,
            push=partial(of, release.images.build),
        ),
        Artifact(
            name="run",
            title=f"Seldon Python run image with Python {series.python} and the wrapper",
            tag=release.runtime_stack,
            moving=series.tag,
            inputs=_digest_inputs(run_inputs, runtime_inputs),
            fix=_STACK_FIX,
            push=partial(of, release.images.runtime_run),
            label=_LABELS_OF_RUN_IMAGE,
        ),
        Artifact(
            name="build",
            title="Seldon Python build image for that run image",
            tag=release.runtime_stack,
            moving=series.tag,
            inputs=_digest_inputs(build_inputs, runtime_inputs),
            fix=_STACK_FIX,
            push=partial(of, release.images.runtime_build),
        ),
        Artifact(
            name="lifecycle",
            title="Lifecycle for the Seldon Python builder",
            tag=lifecycle_tag,
            moving="",
            inputs=lifecycle_inputs,
            fix=_STACK_FIX,
            push=partial(of, release.images.lifecycle),
        ),
        Artifact(
            name="buildpack",
            title="Seldon Python buildpack",
            tag=release.version,
            moving="latest",
            inputs=package_inputs,
            fix=_BUILDPACK_FIX,
            push=partial(_push_buildpack, release),
        ),
        Artifact(
            name="builder",
            title="Seldon Python builder",
            tag=f"{release.version}-{stack}",
            moving="latest",
            inputs=builder_inputs,
            fix=either,
            push=partial(_push_builder, release),
        ),
    )


def format_report(published: Sequence[PublishedImage], place: str) -> str:
    """Format the final report: each image by tag and digest, and how to build with them."""
    width = max(len(image.reference) for image in published)
    state = {True: "pushed", False: "already there"}
    lines = [
        f"{image.reference:{width}}  {image.digest}  {state[image.pushed]}" for image in published
    ]
    moving = [
        f"{image.reference.rpartition(':')[0].removeprefix(place + '/')}:{image.moving}"
        for image in published
        if image.moving
    ]
    builder_reference, lifecycle = (
        next(image.reference for image in published if f"/{name}:" in image.reference)
        for name in ("builder", "lifecycle")
    )
    return "\n".join(
        [
            *lines,
            f"Tags that move with each version: {', '.join(moving)}",
            f"To build with it: pack build my-model --builder {builder_reference} --lifecycle-image {lifecycle}",
        ]
    )


def _find_missing(
    registry: Registry, wanted: Sequence[Artifact], force: bool
) -> Sequence[Artifact]:
    """Return the images to push.

    Raises:
        ToolError: A tag has other content; not with ``force``.
    """
    missing, other = [], []
    for artifact in wanted:
        reference = registry.reference(artifact.name, artifact.tag)
        labels = registry.labels(reference)
        if labels is None or labels.get(artifact.label["inputs"]) != artifact.inputs:
            missing.append(artifact)
            if labels is not None:
                other.append((reference, artifact.fix))
    if other and not force:
        listed = "".join(f"\n    {reference}" for reference, _ in other)
        fixes = "; ".join(dict.fromkeys(fix for _, fix in other))
        raise ToolError(
            f"The registry has other content under these versions, which must not change:{listed}",
            f"{fixes}. FORCE=1 replaces them.",
        )
    return missing


def _publish_artifact(release: Release, artifact: Artifact, missing: bool) -> PublishedImage:
    registry = release.registry
    reference = registry.reference(artifact.name, artifact.tag)
    if missing:
        with announce(f"Pushing {reference}"):
            artifact.push(reference, _make_labels(artifact, release.revision))
    if artifact.moving and (
        missing or registry.labels(registry.reference(artifact.name, artifact.moving)) is None
    ):
        registry.tag(reference, artifact.moving)
    return PublishedImage(
        reference=reference,
        moving=artifact.moving,
        digest=registry.digest(reference),
        pushed=missing,
    )


def _make_labels(artifact: Artifact, revision: str) -> Mapping[str, str]:
    labels = {
        "title": artifact.title,
        "version": artifact.tag,
        "revision": revision,
        "licenses": LICENCE,
        "inputs": artifact.inputs,
    }
    return {artifact.label[name]: value for name, value in labels.items()}


def _push_image(release: Release, image: str, reference: str, labels: Mapping[str, str]) -> None:
    """Add labels to an image and push it from a file.

    An engine itself pushes over plain HTTP only if it is configured to.
    """
    labelled = f"{image}-labelled"
    flags = [word for name, value in labels.items() for word in ("--label", f"{name}={value}")]
    env = {"DOCKER_BUILDKIT": "0", **release.docker.environment}
    with TemporaryDirectory(prefix="publish-", dir=release.ws.work) as folder:
        context = Path(folder) / "context"
        context.mkdir()
        (context / "Dockerfile").write_text(f"FROM {image}\n")
        archive = Path(folder) / "image.tar"
        run("docker", "build", "--quiet", "--force-rm", "--tag", labelled, *flags, context, env=env)
        try:
            run("docker", "save", "--output", archive, labelled, env=env)
        finally:
            remove_image(release.docker, labelled)
        release.registry.push(archive, reference)


def remove_image(docker: Engine, image: str) -> None:
    """Remove an image from this engine, unless the image is in use.

    The engine is not necessarily docker's default one.
    """
    subprocess.run(
        ["docker", "image", "rm", image],
        env={**os.environ, **docker.environment},
        capture_output=True,
        check=False,
        timeout=60,
    )


def _push_buildpack(release: Release, reference: str, labels: Mapping[str, str]) -> None:
    config = builder.fill_in_places(
        release.ws, "package.toml", {"buildpack": release.buildpack}, "publish"
    )
    _run_pack(release, "buildpack", "package", reference, "--config", config, labels=labels)


def _push_builder(release: Release, reference: str, labels: Mapping[str, str]) -> None:
    """Push the builder, which refers to its run images by their moving tags.

    That way a rebase finds newer run images.
    """
    ws, registry = release.ws, release.registry
    series = runtime.read_series(ws)
    names, suite = images.name_images(ws), str(ws.versions["base"]["suite"])
    places: dict[str, Path | str] = {
        "lifecycle.tgz": release.lifecycle,
        "buildpack": release.buildpack,
    }
    places |= {
        names.runtime_build: registry.reference("build", release.runtime_stack),
        names.runtime_run: registry.reference("run", series.tag),
        names.run: registry.reference("run", suite),
    }
    config = builder.fill_in_places(ws, "builder.toml", places, "publish")
    _run_pack(release, "builder", "create", reference, "--config", config, labels=labels)


def _run_pack(release: Release, *words: str | Path, labels: Mapping[str, str]) -> None:
    """Run pack with --publish."""
    flags = [word for name, value in labels.items() for word in ("--label", f"{name}={value}")]
    env = builder.make_environment(release.ws, release.docker)
    run(release.pack, *words, *flags, "--publish", "--pull-policy", "always", env=env)


def _identify_base(ws: Workspace, docker: Engine) -> str:
    """Return a digest of the base image.

    It covers the pinned image, or the one created by mmdebstrap if no registry responded.
    """
    base, release = ws.versions["base"], str(ws.versions["base"]["release"])
    asked = (
        "docker",
        "image",
        "inspect",
        "--format",
        "{{.RepoDigests}}",
        images.name_images(ws).base,
    )
    pinned = str(base["image"]).rpartition("@")[2]
    return _digest_inputs(
        pinned if pinned in run(*asked, env=docker.environment) else f"mmdebstrap {base['suite']}",
        release,
    )


def _digest_inputs(*parts: str) -> str:
    """Return one digest of several inputs.

    The commit is not an input, since most commits change nothing in the images.
    """
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
