"""The platform's input: directories, the user's variables, and proxies."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack.cnb import bindings

# The variables that the lifecycle passes on from the build image (lifecycle
# env.BuildEnvIncludelist), except those that could break our own tools, such as LD_LIBRARY_PATH.
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
# The image's target. Compiled code and the choice of wheels depend on it (spec: Targets, Stack ID).
_TARGET = (
    "CNB_TARGET_OS",
    "CNB_TARGET_ARCH",
    "CNB_TARGET_ARCH_VARIANT",
    "CNB_TARGET_DISTRO_NAME",
    "CNB_TARGET_DISTRO_VERSION",
    "CNB_STACK_ID",
)
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


@dataclass(frozen=True, kw_only=True)
class Platform:
    """The directories (spec: Buildpack Interface) and variables of this run.

    ``env`` are the user's variables from <platform>/env. ``base_env`` is the base environment of
    child processes: PATH and HOME of the build image, and the platform's proxies, but no other
    variable of the user. ``bindings`` is the directory of the service bindings, which may not
    exist. ``layers`` is None in detect, which has no layers. ``target`` describes the image's
    target, and is a part of every key that depends on it. ``stack_id`` is the build image's.
    """

    app: Path
    buildpack: Path
    layers: Path | None
    env: Mapping[str, str]
    base_env: Mapping[str, str]
    bindings: Path = Path("/platform/bindings")
    target: str = ""
    stack_id: str = ""

    @classmethod
    def read(cls, environ: Mapping[str, str], cwd: Path) -> "Platform":
        """Read the process's CNB_* variables and the files in <platform>/env.

        Undecodable bytes are kept as surrogates.
        """
        platform = Path(environ["CNB_PLATFORM_DIR"])
        user = _user_variables(platform / "env")
        base = {name: environ[name] for name in _KEPT_FROM_BUILD_IMAGE if name in environ}
        base |= {name: user[name] for name in _PROXIES if name in user}
        layers = environ.get("CNB_LAYERS_DIR")
        buildpack = Path(environ["CNB_BUILDPACK_DIR"])
        return cls(
            app=cwd,
            buildpack=buildpack,
            layers=Path(layers) if layers else None,
            env=user,
            base_env=base,
            bindings=bindings.root(user, platform),
            target=" ".join(f"{name}={environ[name]}" for name in _TARGET if environ.get(name)),
            stack_id=environ.get("CNB_STACK_ID", ""),
        )

    def read_run_image_id(self) -> str:
        """Return the label io.buildpacks.base.id of the run image, or "" if that is not known.

        The lifecycle writes it to analyzed.toml, beside the layers of all buildpacks, from
        Platform API 0.12 on (lifecycle: platform/files/analyzed.go). No specification says so.
        """
        import tomllib

        if self.layers is None:
            return ""
        try:
            analyzed = tomllib.loads((self.layers.parent / "analyzed.toml").read_text())
            return str(analyzed["run-image"]["target"]["id"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def proxies(self) -> dict[str, str]:
        """Return the platform's proxies by variable. A proxy's URL may contain a password."""
        return {name: self.base_env[name] for name in _PROXIES if name in self.base_env}


def _user_variables(directory: Path) -> dict[str, str]:
    """Return the name and verbatim value of each file (spec: Provided by the Platform).

    kubelet's ``..data`` entries are not variables.
    """
    if not directory.is_dir():
        return {}
    files = [
        path
        for path in sorted(directory.iterdir())
        if not path.name.startswith("..") and path.is_file()
    ]
    return {path.name: path.read_bytes().decode(errors="surrogateescape") for path in files}
