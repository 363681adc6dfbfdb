"""The requirements of a source, as read from a requirements file or another manifest."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from seldon_buildpack.manifests.conditions import Asked, holds
from seldon_buildpack.manifests.requirement_parts import Requirement
from seldon_buildpack.masking import Secret
from seldon_buildpack.messages.warnings.base import Advice

WRAPPER = "seldon-core"


@dataclass(frozen=True, kw_only=True)
class IndexLines:
    """Options in requirements files that select package sources and candidate packages."""

    # The index that replaces PyPI.
    index_url: str = ""
    extra_index_urls: tuple[str, ...] = ()
    # Absolute paths of folders, and URLs of pages with links.
    find_links: tuple[str, ...] = ()
    # Hosts whose certificates are not verified.
    trusted_hosts: tuple[str, ...] = ()
    # Whether indexes are not searched.
    no_index: bool = False
    # Whether pre-releases are allowed.
    pre: bool = False
    # Whether each requirement must have a hash.
    require_hashes: bool = False
    # The packages that are built from source, and those that are not; `:all:` means all others.
    no_binary: tuple[str, ...] = ()
    only_binary: tuple[str, ...] = ()
    # The packages whose pre-releases are allowed, and those whose are not.
    all_releases: tuple[str, ...] = ()
    only_final: tuple[str, ...] = ()
    # uv's index strategy.
    strategy: str = ""
    # Whether the options are from a lock file: an explicit PIP_INDEX_URL or PIP_NO_INDEX then
    # replaces its indexes.
    of_lock: bool = False

    def and_those_of(self, other: "IndexLines") -> "IndexLines":
        """Return the options of both; for single values, those of ``self`` win."""
        return IndexLines(
            index_url=self.index_url or other.index_url,
            extra_index_urls=self.extra_index_urls + other.extra_index_urls,
            find_links=self.find_links + other.find_links,
            trusted_hosts=self.trusted_hosts + other.trusted_hosts,
            no_index=self.no_index or other.no_index,
            pre=self.pre or other.pre,
            require_hashes=self.require_hashes or other.require_hashes,
        )


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """A requirements file with its includes, or another manifest with the same information."""

    # The manifest.
    path: Path
    # Further requirements files to install.
    more: tuple[Path, ...] = ()
    # The files that were read.
    files: tuple[Path, ...] = ()
    # The wheels, archives and folders in the source that it names.
    local: tuple[Path, ...] = ()
    # The subset of ``local`` that is installed in editable mode.
    editable: tuple[Path, ...] = ()
    # The canonical names of the required packages. Constraints do not count.
    names: tuple[str, ...] = ()
    # The number of requirements without a name, such as local folders.
    nameless: int = 0
    # The required versions of seldon-core: `==1.16.0`.
    wrapper: str = ""
    # Whether seldon-core is required by a URL or a path.
    wrapper_by_url: bool = False
    # The environment variables that it uses.
    variables: frozenset[str] = frozenset()
    # The subset of ``variables`` that configures package sources or contains credentials.
    configuring: frozenset[str] = frozenset()
    # The credentials in it.
    secrets: tuple[Secret, ...] = ()
    # The digest of the files, with variables expanded and credentials removed.
    digest: str = ""
    index: IndexLines = field(default_factory=IndexLines)
    # uv's arguments for a manifest that is not a list of requirements.
    arguments: tuple[str, ...] = ()
    # The requirements, if they are a section of another manifest, `path`, and not a file.
    text: str = field(default="", repr=False)
    # Whether it is a lock file: the requirements are exported from it when the layer is built.
    lock: bool = False
    # The Python versions that the lock is for.
    requires_python: str = ""
    # The requirements, or only those that may apply to some Python versions only.
    asked: tuple[Asked, ...] = field(default=(), repr=False)
    # The packages of a lock, with the files that it lists.
    pinned: tuple[Asked, ...] = field(default=(), repr=False)
    # The editable git requirements (`-e git+URL`), which uv does not support.
    from_git: tuple[str, ...] = ()
    # The requirements and constraints, as uv gets them: `requirements_export` writes them to files.
    lines: tuple[Requirement, ...] = field(default=(), repr=False)
    # The requirements files at URLs, and whether each has constraints only. uv fetches them.
    remote: tuple[tuple[str, bool], ...] = field(default=(), repr=False)
    # Options that have another effect than with pip.
    advice: tuple[Advice, ...] = ()

    def for_python(self, python: str) -> "Requirements":
        """Return a copy without the lines whose marker is false on this Python (`3.12`)."""
        if not any(one.marker for one in self.asked):
            return self
        kept = [one for one in self.asked if holds(one.marker, python)]
        stay = {one.name for one in kept}
        gone = {one.name for one in self.asked} - stay
        pins = [
            one.specifier
            for one in kept
            if one.name == WRAPPER and one.specifier and not one.by_url
        ]
        nameless = sum(not one.name for one in self.asked) - sum(not one.name for one in kept)
        return replace(
            self,
            names=tuple(name for name in self.names if name not in gone),
            nameless=self.nameless - nameless,
            wrapper=",".join(pins[:1] if self.lock else pins),
            wrapper_by_url=any(one.name == WRAPPER and one.by_url for one in kept),
        )

    def has_line_for(self, python: str) -> bool:
        """Return whether the marker of a line is true on this Python (`3.12`)."""
        return any(holds(line.marker, python) for line in self.asked)

    def wrapper_version(self, default: str) -> str:
        """Return the version of seldon-core that the files require.

        This is the pinned version, or ``default`` if it satisfies the specifiers, else the
        specifiers themselves (`<1.17`).
        """
        if not self.wrapper:
            return default
        from packaging.specifiers import SpecifierSet

        asked = SpecifierSet(self.wrapper)
        pinned = [
            one.version
            for one in asked
            if one.operator in ("==", "===") and not one.version.endswith(".*")
        ]
        return (
            pinned[0]
            if pinned
            else default
            if asked.contains(default, prereleases=True)
            else self.wrapper
        )

    def summary(self) -> str:
        """Return a phrase for the log that says what is installed."""
        if self.lock:
            return "its pinned packages" + (
                ", and the project as editable" if self.path.parent in self.editable else ""
            )
        if self.arguments:
            return "the project, as editable" if self.editable else "its dependencies"
        count = len(self.names) + self.nameless
        return f"{count} package{'' if count == 1 else 's'}"
