"""What the platform hands a buildpack, read once: directories, the user's variables, the proxies."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack.cnb import bindings

# The names the lifecycle lets through from the build image (lifecycle env.BuildEnvIncludelist), less those that could
# lead our own tools astray (LD_LIBRARY_PATH and its like).
_KEPT_FROM_BUILD_IMAGE = (
    "HOME",
    "PATH",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)
# What the image is made for and of: what is compiled, and which wheels fit, depends on it (spec: Targets, Stack ID).
_TARGET = (
    "CNB_TARGET_OS",
    "CNB_TARGET_ARCH",
    "CNB_TARGET_ARCH_VARIANT",
    "CNB_TARGET_DISTRO_NAME",
    "CNB_TARGET_DISTRO_VERSION",
    "CNB_STACK_ID",
)
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


@dataclass(frozen=True)
class Platform:
    """Directories of this run (spec: Buildpack Interface) and ``env``, the user's variables from <platform>/env.

    ``base_env`` is what a child process starts from: the build image's PATH and HOME and the platform's proxies, nothing
    else a user set. ``bindings`` is where service bindings lie, if there are any. ``layers`` is None in detect, which has none.
    ``target`` is the platform's word for what the image is made for, a part of every key that depends on it.
    """

    app: Path
    buildpack: Path
    layers: Path | None
    env: Mapping[str, str]
    base_env: Mapping[str, str]
    bindings: Path = Path("/platform/bindings")
    target: str = ""

    @classmethod
    def read(cls, environ: Mapping[str, str], cwd: Path) -> "Platform":
        """Read the CNB_* variables of the process and the files of <platform>/env; undecodable bytes are kept by surrogates."""
        platform = Path(environ["CNB_PLATFORM_DIR"])
        user = _user_variables(platform / "env")
        base = {name: environ[name] for name in _KEPT_FROM_BUILD_IMAGE if name in environ}
        base |= {name: user[name] for name in _PROXIES if name in user}
        layers = environ.get("CNB_LAYERS_DIR")
        buildpack = Path(environ["CNB_BUILDPACK_DIR"])
        return cls(
            cwd,
            buildpack,
            Path(layers) if layers else None,
            user,
            base,
            bindings.root(user, platform),
            " ".join(f"{name}={environ[name]}" for name in _TARGET if environ.get(name)),
        )

    def proxies(self) -> dict[str, str]:
        """The platform's proxies by their variables; an address may hold a password."""
        return {name: self.base_env[name] for name in _PROXIES if name in self.base_env}


def _user_variables(directory: Path) -> dict[str, str]:
    """Name and value of each file, verbatim (spec: Provided by the Platform); kubelet's ``..data`` entries are not variables."""
    if not directory.is_dir():
        return {}
    files = [
        path
        for path in sorted(directory.iterdir())
        if not path.name.startswith("..") and path.is_file()
    ]
    return {path.name: path.read_bytes().decode(errors="surrogateescape") for path in files}
