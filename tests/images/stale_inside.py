"""Runs in a container of the builder: bin/detect and bin/build of sources that change one thing at a time.

Beside this file lies a folder for each kind of source, and in it ``base`` and a folder for each change, all with ``app``, the source, and
``platform``. After ``base``, each change is built twice: with what the lifecycle restores of ``base``, and from nothing. Prints as JSON what
became of the layer with the requirements, and whether its content, or the exit code of a build that fails, is what it is from nothing.
The buildpack has a wrapper without dependencies here, with which a build takes half the time. Standard library only.
"""

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

# What every build restores: these layers depend on no source here, and take long to copy.
_SHARED = ("python", "python-wrapper", "watcher")
# What the exporter and pack make of all times.
_EPOCH = 315532801


@dataclass
class Place:
    """Directories that stay the same from build to build, as in a real one."""

    root: Path
    buildpack: Path
    shared: dict[str, str] = field(default_factory=dict)

    @property
    def layers(self) -> Path:
        return self.root / "layers"

    def build(self, source: Path, restored: Path | None) -> tuple[int, str]:
        """Build a source with the layers of an earlier build, as far as the lifecycle restores them."""
        for name in ("app", "platform", "layers"):
            shutil.rmtree(self.root / name, ignore_errors=True)
        for name in ("app", "platform"):
            shutil.copytree(source / name, self.root / name, symlinks=True)
        self.layers.mkdir()
        for name, text in self.shared.items():
            (self.layers / name).write_text(text)
        if restored:
            for file in restored.glob("*.toml"):
                shutil.copy(file, self.layers)
            if (restored / "cache").is_dir():
                shutil.copytree(restored / "cache", self.layers / "cache", symlinks=True)
        for path in (*(self.root / "app").rglob("*"), *(self.layers / "cache").rglob("*")):
            os.utime(path, (_EPOCH, _EPOCH), follow_symlinks=False)
        output = ""
        for program in ("detect", "build"):
            done = subprocess.run(
                [self.buildpack / "bin" / program],
                cwd=self.root / "app",
                env=self._environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            output += done.stdout
            if done.returncode:
                return done.returncode, output
        return 0, output

    def _environment(self) -> dict[str, str]:
        plan = self.root / "plan.toml"
        plan.touch()
        given = {
            "BUILDPACK_DIR": self.buildpack,
            "PLATFORM_DIR": self.root / "platform",
            "LAYERS_DIR": self.layers,
            "BUILD_PLAN_PATH": plan,
            "BP_PLAN_PATH": plan,
            "TARGET_OS": "linux",
            "TARGET_ARCH": "amd64",
        }
        target = self.root / "platform/target.json"
        told = json.loads(target.read_text()) if target.is_file() else {}
        return {
            "PATH": os.environ["PATH"],
            "HOME": "/tmp",
            **{f"CNB_{name}": str(value) for name, value in given.items()},
            **told,
        }


# This program runs with the buildpack's own interpreter, bundle/pythons/X.Y/bin/pythonX.Y.
BUILDPACK = Path(*Path(sys.executable).parts[:-5])
MINOR = f"{sys.version_info[0]}.{sys.version_info[1]}"


def with_small_wrapper(folder: Path) -> Path:
    """Return a buildpack whose wrapper requires nothing; all else is that of BUILDPACK."""
    bundle, small = BUILDPACK / "bundle", folder / "bundle"
    small.mkdir(parents=True)
    for origin, target in ((BUILDPACK, folder), (bundle, small)):
        for path in origin.iterdir():
            if path.name not in ("bundle", "bundle.json", "locks", "wrappers"):
                (target / path.name).symlink_to(path)
    listed = json.loads((bundle / "bundle.json").read_text())
    version = listed["wrappers"][MINOR]["upstream"]["seldon_core"]
    listed["wrappers"] = {MINOR: {"upstream": listed["wrappers"][MINOR]["upstream"]}}
    (small / "bundle.json").write_text(json.dumps(listed))
    lock = small / f"locks/seldon-core-{version}/upstream/py{MINOR}.txt"
    lock.parent.mkdir(parents=True)
    lock.write_text(f"seldon-core=={version}\n")
    wrapper = small / "wrappers/upstream" / MINOR
    info = wrapper / f"lib/python{MINOR}/site-packages/seldon_core-{version}.dist-info"
    info.mkdir(parents=True)
    metadata = f"Metadata-Version: 2.1\nName: seldon-core\nVersion: {version}\n"
    (info / "METADATA").write_text(metadata)
    (info / "RECORD").touch()
    (wrapper / "bin").mkdir()
    return folder


def digest(layer: Path) -> str:
    """Return the digest of a layer's content as the exporter sees it: all but times."""
    total = hashlib.sha256()
    for path in sorted(layer.rglob("*")):
        status = path.lstat()
        content = b""
        if path.is_symlink():
            content = str(path.readlink()).encode()
        elif path.is_file():
            content = path.read_bytes()
        if not stat.S_ISDIR(status.st_mode) or not any(path.iterdir()):
            total.update(
                f"{path.relative_to(layer)}\0{stat.filemode(status.st_mode)}\0{len(content)}\0".encode()
                + content
            )
    return total.hexdigest()


def outcome(place: Place, code: int, base: str) -> tuple[str, str]:
    """Return what became of the requirements, and the content that the image then has."""
    if code:
        return "failed", str(code)
    made = (place.layers / "requirements").is_dir()
    return ("rebuilt", digest(place.layers / "requirements")) if made else ("reused", base)


def try_kind(place: Place, kind: Path) -> dict[str, object]:
    """Return the outcome of each change."""
    code, output = place.build(kind / "base", None)
    if code or not (place.layers / "requirements").is_dir():
        return {"base": {"outcome": "failed", "same": False, "log": output}}
    base, kept = digest(place.layers / "requirements"), place.root / "kept"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir()
    for path in place.layers.iterdir():
        if path.suffix == ".toml" or path.name == "cache":
            path.rename(kept / path.name)
    found: dict[str, object] = {}
    for change in sorted(path for path in kind.iterdir() if path.name != "base"):
        code, output = place.build(change, kept)
        became, with_layers = outcome(place, code, base)
        if became == "rebuilt" and not (kept / "cache").is_dir():
            # Nothing was restored that the new layer could have been made of.
            found[change.name] = {"outcome": became, "same": True, "log": ""}
            continue
        code, fresh = place.build(change, None)
        same = with_layers == outcome(place, code, "")[1]
        log = "" if same else f"{output}\n-- from nothing\n{fresh}"
        found[change.name] = {"outcome": became, "same": same, "log": log}
    return found


def main() -> None:
    here = Path(__file__).parent
    kinds = sorted(path for path in here.iterdir() if path.is_dir())
    # The user of the container may not write beside this file.
    writable = Path(tempfile.mkdtemp())
    buildpack = with_small_wrapper(writable / "buildpack")
    places: SimpleQueue[Place] = SimpleQueue()
    for number in range(os.cpu_count() or 1):
        place = Place(writable / str(number), buildpack)
        place.root.mkdir(parents=True, exist_ok=True)
        if not number:
            code, output = place.build(kinds[0] / "base", None)
            if code:
                sys.exit(output)
            shared = {
                f"{name}.toml": (place.layers / f"{name}.toml").read_text() for name in _SHARED
            }
        place.shared = shared
        places.put(place)

    def tried(kind: Path) -> dict[str, object]:
        place = places.get()
        try:
            return try_kind(place, kind)
        finally:
            places.put(place)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        names = (kind.name for kind in kinds)
        print(json.dumps(dict(zip(names, pool.map(tried, kinds), strict=True))))


if __name__ == "__main__":
    main()
