"""Every sentence a user reads when a build fails: what happened, why, and numbered ways to mend it.

A build error is a class: its parameters are the facts, its text is here and nowhere else. ``tail`` carries a tool's
own last lines where they help. The build prints it through the masker and ends with ``exit_code``.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit


class BuildError(Exception):
    """A failure that is explained: title (a short line), cause (a sentence or two), fixes (each an imperative), tail."""

    exit_code = 1

    def __init__(self, title: str, cause: str, *fixes: str, tail: Sequence[str] = ()) -> None:
        super().__init__(title)
        self.title = title
        self.cause = cause
        self.fixes = fixes
        self.tail = tuple(tail)

    def lines(self) -> list[str]:
        """The error as it is printed."""
        text = ["", f"ERROR: {self.title}", ""]
        text += [f"  {line}" for line in self.cause.splitlines()]
        if self.fixes:
            text += ["", "  What to do:" if len(self.fixes) == 1 else "  What to do, one of:"]
            for number, fix in enumerate(self.fixes, start=1):
                first, *rest = fix.splitlines()
                text += [f"  {number}. {first}", *(f"     {line}" for line in rest)]
        if self.tail:
            text += ["", "  The last lines of the tool that failed:", *(f"      {line}" for line in self.tail)]
        return [*text, ""]


class OurFault(BuildError):
    """Something this buildpack did not foresee."""

    exit_code = 70

    def __init__(self, trace: Sequence[str]) -> None:
        super().__init__(
            "The buildpack itself failed.",
            "This is a fault of ours, not of your model.",
            "Report it with the lines below and what you built.",
            tail=trace[-12:],
        )


# Getting packages


def unreadable(path: Path, error: OSError) -> str:
    """Why a file that is there cannot be opened, in the operating system's words; a link that leads nowhere is said to be one."""
    if isinstance(error, FileNotFoundError) and path.is_symlink():
        return f"it is a link to {path.readlink()}, which is not there during the build"
    return error.strerror or str(error)


class UnreadableManifest(BuildError):
    """The file is there and cannot be opened."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"{name} cannot be read",
            f"Opening it failed: {reason}.",
            f"Make it a regular file inside the source that everyone may read: `chmod a+r {name}`.",
        )


class DirectoryClosed(BuildError):
    """A directory of the source lets nobody look into it."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The directory {name} cannot be read",
            "What lies in it is needed, and looking into it failed: Permission denied.",
            f"Make it one that everyone may read: `chmod a+rx {name}`.",
        )


class ManifestNotText(BuildError):
    """The file's bytes are not UTF-8."""

    def __init__(self, name: str, line: int, utf16: bool = False) -> None:
        cause = "It is UTF-16, as Windows PowerShell's `>` writes it." if utf16 else f"Line {line} holds bytes that are not UTF-8."
        super().__init__(
            f"{name} is not UTF-8 text",
            cause,
            f"Save {name} as UTF-8.",
            *([f"Write it anew, in PowerShell: {_written_by(name)}."] if utf16 else []),
        )


def _written_by(name: str) -> str:
    """The command that writes a manifest of this name as UTF-8."""
    return f"`conda env export -f {name}`" if name.endswith((".yml", ".yaml")) else f"`pip freeze | Out-File -Encoding utf8 {name}`"


class BadRequirementLine(BuildError):
    """A line that pip would refuse. ``meant`` is the line as it was likely meant."""

    def __init__(self, name: str, number: int, line: str, reason: str, meant: str = "") -> None:
        super().__init__(
            f"Line {number} of {name} is not a requirement",
            f"{line}\n{reason}.",
            *([f"If a version is meant, write {meant}"] if meant else []),
            "Write it as pip takes it: name==1.2.3, name>=1,<2, name @ URL, a path, or an option of pip.",
            "If it is a note, put # before it.",
        )


class MissingInclude(BuildError):
    """-r or -c names a file that is not there."""

    def __init__(self, name: str, included: str) -> None:
        super().__init__(
            f"{name} includes {included}, which is not there",
            "A name after -r or -c is looked for beside the file that names it.",
            f"Add {included}, or correct its name in {name}.",
            "If it is left out by an ignore file (.gitignore in a git build), let it through.",
        )


class IncludeOutside(BuildError):
    """-r or -c leads out of the source directory."""

    def __init__(self, name: str, included: str) -> None:
        super().__init__(
            f"{name} includes {included}, which lies outside the source",
            "Only the directory being built is there during a build.",
            f"Copy the file into the directory, and name the copy in {name}.",
        )


class LocalPackageMissing(BuildError):
    """A requirement is a path, and nothing is there."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} is not there",
            "Your requirements name it as a package of the source, and a relative path starts at the source's top.",
            f"Add {path}, or correct its name in the requirements.",
            "If it is left out by an ignore file (.gitignore in a git build), let it through.",
        )


class RequirementNotFound(BuildError):
    """No index has a package of that name. ``needed_for``: what is built from source and needs it, where it is no requirement itself."""

    def __init__(self, package: str, asked: Sequence[str], no_index: bool = False, needed_for: str = "") -> None:
        if needed_for:
            fixes = [f"Add {package} to the index.", f"Build the wheel of {needed_for} elsewhere, and have that installed."]
        elif no_index:
            fixes = [
                f"Add a wheel of {package} to the wheel folder.",
                "Check the spelling in your requirements.",
                "Take PIP_NO_INDEX (or --no-index) out: then the package index is asked too.",
            ]
        else:
            fixes = [
                "Check the spelling in your requirements.",
                "If it is a package of your own, name its index: EXTRA_INDEX_URL in .s2i/environment or --env.",
                "If it is a wheel of your own, name its folder in the source: BP_PIP_FIND_LINKS; or mount one: --volume $PWD/wheels:/whl.",
            ]
        self.package = package
        why = f"Building {needed_for} from source needs it. " if needed_for else ""
        super().__init__(f"The package {package} was not found", f"{why}Asked: {_asked(asked, no_index)}.", *fixes)


def _asked(places: Sequence[str], no_index: bool) -> str:
    shown = ", ".join(places) or "nothing"
    return f"{shown}, and no index, for PIP_NO_INDEX or --no-index is set" if no_index else shown


class VersionNotFound(BuildError):
    """The package is known, the version is not. ``available``: those that are, where that is known; ``asked``: where was looked."""

    def __init__(self, requirement: str, asked: Sequence[str], no_index: bool, available: str) -> None:
        found = f" There is only {available}." if available else ""
        super().__init__(
            f"There is no version that satisfies {requirement}",
            f"The package is known, but no release of it fits.{found} Asked: {_asked(asked, no_index)}.",
            "Ask for a version that exists.",
            *(
                [
                    "If another index has it, set BP_PIP_INDEX_STRATEGY=unsafe-best-match: otherwise the first index that knows the name decides."
                ]
                if len(asked) > 1 and not no_index
                else []
            ),
        )


class WrongPython(BuildError):
    """The release is not for this Python. ``others``: the minors it has wheels for or says it runs on; ``chosen``: one of them to choose."""

    def __init__(self, requirement: str, python: str, others: str, chosen: str) -> None:
        super().__init__(
            f"{requirement} cannot be installed on Python {python}",
            others,
            f"Ask for a release that supports Python {python}; without a version the newest that does is chosen.",
            *([_set("BP_PYTHON_VERSION", chosen)] if chosen else []),
        )


class NoMatchingWheel(BuildError):
    """The release has no wheel for this platform, or none at all where building is not allowed."""

    def __init__(self, requirement: str, python: str, why: str) -> None:
        super().__init__(
            f"{requirement} has no wheel that can be installed",
            why,
            f"Ask for a release that has a wheel for Python {python} on linux/amd64.",
            "Take it out if the model does not need it to predict.",
        )


class Conflict(BuildError):
    """Requirements that no set of versions meets. ``asks`` is what was asked for and cannot be had, where that is known."""

    asks = ""


class WrapperConflict(Conflict):
    """The user's requirements and the wrapper's cannot be met together.

    ``package`` is the one that no version of suits both, ``wants`` who asks for what of it, ``suits`` what the wrapper asks
    for. ``pinned`` is the user's requirement that leads there. All are empty where uv's words, in ``tail``, do not show them.
    ``lock`` is the lock file that they were read from, if any.
    """

    def __init__(
        self, wrapper: str, package: str, wants: Sequence[str], suits: str, pinned: str, tail: Sequence[str], lock: str = ""
    ) -> None:
        both = "".join(f"\n  {want}" for want in wants)
        who = f"No version of {package} suits both:{both}" if wants else "Who asks for what stands below."
        direct = pinned.startswith(package) and bool(package)
        self.asks = pinned
        super().__init__(
            f"Your requirements and those of seldon-core {wrapper} exclude each other",
            f"{who}\nThe wrapper serves your model in the same Python, so one version of each package must suit both.",
            "Leave BP_SELDON_PINS and BP_SELDON_CORE_VERSION out: seldon-core 1.17.1 is locked on current dependencies too, and what suits is taken.",
            *(_lock_together(wrapper, package, lock) if lock else _loosen(package, suits, pinned, direct, bool(wants))),
            tail=() if wants else tail,
        )


def _loosen(package: str, suits: str, pinned: str, direct: bool, known: bool) -> list[str]:
    if not known:
        return ["Loosen your pins: a version that suits both is then chosen."]
    if not direct:
        return [f"Ask for a release of {_name(pinned)} that works with {suits}; without a version the newest that does is chosen."]
    return [
        f"Ask for {suits} instead of {pinned}, or leave {package} out: a version that suits is then chosen.",
        f"If another of your packages needs the newer {package}, take a release of that package from before it did.",
    ]


def _lock_together(wrapper: str, package: str, lock: str) -> list[str]:
    both = f"'seldon-core=={wrapper}' 'setuptools<82'"
    how = {
        "uv.lock": f"Lock together with the wrapper; what only the group dev asks for is not installed:\nuv add --dev {both}",
        "pylock.toml": f"Lock together with the wrapper. With pip, where requirements.in lists what the model needs:\npip lock -r requirements.in {both}",
    }
    return [
        how[lock],
        f"Where no lock suits both, the locking tool says which package needs another {package or 'version'}: take an older release of it.",
    ]


def _name(requirement: str) -> str:
    return re.split(r"[\[<>=!~ ]", requirement, maxsplit=1)[0]


class RequirementsConflict(Conflict):
    """The user's own requirements contradict each other."""

    def __init__(self, tail: Sequence[str]) -> None:
        super().__init__(
            "Your requirements exclude each other",
            "No set of versions satisfies all of them; the reason stands below.",
            "Loosen one of the pins that the last lines name.",
            tail=tail,
        )


class BuildFromSourceFailed(BuildError):
    """A package without a wheel did not build. ``folder``: it lies in the source.

    ``missing`` is what its build asked for and did not find; ``debian`` the Debian package, or ``module`` the Python module.
    """

    def __init__(self, package: str, folder: bool, missing: str, debian: str, module: str, tail: Sequence[str]) -> None:
        what = (
            "It is a folder of the source, which has to be built" if folder else "No wheel of it can be used, so it was built from source"
        )
        fixes = [f"Correct {package}: the last lines say what is wrong."] if folder and not missing else []
        if debian:
            fixes.append(f"Add {debian} to the build image, in stacks/bookworm/build.Dockerfile, and make the builder anew: make builder")
        if module == "distutils":
            fixes.append(_set("BP_PYTHON_VERSION", "3.11") + " That Python still has distutils.")
        elif module == "pkg_resources":
            fixes.append(
                "Give its build an older setuptools: write setuptools<82 into a file, and set PIP_BUILD_CONSTRAINT to the file's name."
            )
        elif module and folder:
            fixes.append(f"Name what its build needs in {package}/pyproject.toml: requires = [...] under [build-system].")
        if folder:
            fixes.append(f"Build its wheel elsewhere (pip wheel {package}), put that into the source and require it instead of the folder.")
        else:
            fixes.append("Ask for a release that has a wheel for this Python, or a package that has one (psycopg2-binary for psycopg2).")
            fixes.append(
                "Build its wheel elsewhere (pip wheel), put it into a folder of the source and name the folder: BP_PIP_FIND_LINKS."
            )
        super().__init__(
            f"{package} could not be built from source",
            f"{what}, and that failed.{' Missing: ' + missing + '.' if missing else ''}",
            *fixes,
            tail=tail,
        )


class ProjectNotBuilt(BuildError):
    """The source's own setup.py or pyproject.toml fails."""

    def __init__(self, missing: str, tail: Sequence[str]) -> None:
        super().__init__(
            "The project could not be installed",
            f"Its setup.py or pyproject.toml says how, and that failed.{' Missing: ' + missing + '.' if missing else ''}",
            "Correct it: the last lines say what is wrong.",
            "If the directory is not meant to be installed, list its packages in requirements.txt: that is then read instead.",
            tail=tail,
        )


class ProjectWithoutPackage(BuildError):
    """The build of the source's own project finds nothing to install. ``several``: setuptools finds more than it dares to take; else ``said``."""

    def __init__(self, manifest: str, several: Sequence[str], said: str, lock: str = "") -> None:
        found = (
            f"Several directories or modules lie at its top ({', '.join(several)}), and nothing says which of them belong to it."
            if several
            else f"Building it as {manifest} says finds none: {said}."
        )
        nothing = "write packages=[] into the call of setup" if manifest == "setup.py" else "take the table [build-system] out of it"
        again = ", and make the lock anew: uv lock" if lock == "uv.lock" else ""
        # What poetry keeps outside of [project] only poetry can read.
        poetry = said.startswith("No file/folder found for package")
        super().__init__(
            "The project has no package that can be installed",
            f"{manifest} makes the directory a project that is to be installed.\n{found}",
            *(
                []
                if poetry
                else [f"If only what {manifest} depends on is needed, {nothing}{again}.\nThe model is served from where it lies."]
            ),
            f"If a package is to be installed, say in {manifest} which one"
            + (': packages=["mine"].' if manifest == "setup.py" else ', under [tool.NAME] of your build tool: packages = ["mine"].'),
            "List what the model needs in requirements.txt, which is then read instead"
            + (": poetry export --output requirements.txt" if poetry else "."),
        )


_HASHES = "your requirements, or where they give none, on the index's own page"


class HashMismatch(BuildError):
    """A download is not what the requirements say. ``lock`` is the lock file that says it, if any."""

    def __init__(self, package: str, tail: Sequence[str], lock: str = "") -> None:
        super().__init__(
            f"{package} does not have the hash that is given for it",
            f"The hash stands in {lock or _HASHES}. The file was changed since it was written,\n"
            "the index serves another one, or the hash is of another platform's file.",
            f"Make {lock} anew where you trust the index."
            if lock
            else "Write the hashes of your requirements anew where you trust the index: pip-compile --generate-hashes, or uv pip compile --generate-hashes.",
            "If the index is a mirror, compare its file with the original before you trust it.",
            tail=tail,
        )


class BindingUnreadable(BuildError):
    """A file of a service binding cannot be read, or its directory where ``key`` is empty, or that of all where ``name`` is empty too."""

    def __init__(self, name: str, key: str, reason: str) -> None:
        what = f"The file {key} of the binding {name}" if key else f"The binding {name}" if name else "The directory of bindings"
        super().__init__(
            f"{what} cannot be read",
            f"Opening it failed: {reason}.",
            "Mount the binding so that the build's user (CNB_USER_ID of the builder, usually 1000) may read it.",
        )


class BindingInvalid(BuildError):
    """A service binding does not hold what its type wants. ``fault`` is a clause without a value of the binding, ``fix`` a sentence."""

    def __init__(self, name: str, kind: str, fault: str, fix: str) -> None:
        super().__init__(
            f"The binding {name} cannot be used",
            f"It is of the type {kind}, and {fault}.",
            fix,
            "Take the binding away if the build does not need it.",
        )


class MirrorInvalid(BuildError):
    """A dependency mirror that is no address. ``origin`` says who named it."""

    def __init__(self, origin: str) -> None:
        super().__init__(
            "The dependency mirror is not a URL",
            f"{origin} names it. A mirror is an address that files are fetched from in the place of the original host.",
            "Write it with its scheme: https://mirror.example.com, or https://mirror.example.com/{originalHost}.",
        )


class IndexUnreachable(BuildError):
    """An index that was named does not answer."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"The package index {url} cannot be reached",
            f"Connecting failed: {reason}.",
            "Check the address.",
            "Check that it can be reached from where the build runs; with `pack build --network host` that is this machine's own network.",
            "Behind a proxy, give it to the build: --env HTTPS_PROXY=... or PIP_PROXY.",
        )


class IndexSlow(BuildError):
    """An index takes a request and does not answer in ``seconds``."""

    def __init__(self, url: str, seconds: str) -> None:
        super().__init__(
            f"The package index {url} does not answer in time",
            f"It was given {seconds} s for each answer, and took longer each time.",
            f"Give it longer: PIP_DEFAULT_TIMEOUT, in seconds ({seconds} now).",
            "Check that it is well: a mirror that has to fetch what it is asked for first is slow the first time only.",
        )


class DownloadBroken(BuildError):
    """An index or file server breaks off while it sends a file."""

    def __init__(self, package: str, url: str) -> None:
        super().__init__(
            f"The download of {package} broke off",
            f"{url} closed the connection before all of the file was there, each time it was tried.",
            "Build again: a proxy or the server may have been restarted.",
            "If it repeats, download the file by hand from where the build runs, and show the server's administrator where it stops.",
        )


class PackageBroken(BuildError):
    """What an index serves is no archive, or only a part of one."""

    def __init__(self, package: str, reason: str) -> None:
        super().__init__(
            f"The file of {package} is damaged",
            f"What the index sends cannot be unpacked: {reason}.",
            "Build again: its download may have broken off.",
            "If it repeats, upload the file to the index anew; a mirror may have kept half a file: remove it there.",
        )


class HeldByFirstIndex(BuildError):
    """The first index that has a name has it in no version that fits, and the others are then not asked: ``others``."""

    def __init__(self, package: str, requirement: str, index: str, others: Sequence[str]) -> None:
        super().__init__(
            f"{index} has {package}, but no version that satisfies {requirement}",
            f"A name is taken from the first index that has it; not asked for {package}: {', '.join(others) or 'the others'}.\n"
            "So nobody can slip in a package of yours by putting one of the same name and a higher version on a public index.",
            f"Ask for a version that {index} has, or add the wanted one to it.",
            "If you trust all your indexes alike, set BP_PIP_INDEX_STRATEGY=unsafe-best-match: the best version of all is then taken, as pip does.",
        )


class ProxyAway(BuildError):
    """The proxy itself cannot be reached."""

    def __init__(self, proxy: str, host: str, reason: str) -> None:
        super().__init__(
            f"The proxy {proxy} cannot be reached",
            f"{host} was to be asked through it, and connecting to the proxy failed: {reason}.",
            "Check its address: PIP_PROXY, or HTTP_PROXY and HTTPS_PROXY of the platform or --env.",
            f"If {host} can be reached without it, name that in NO_PROXY.",
        )


class ProxyRefuses(BuildError):
    """The proxy answers, and not with what was asked for. ``how`` is a clause whose subject it is."""

    def __init__(self, proxy: str, host: str, how: str) -> None:
        needs = "(407)" in how
        super().__init__(
            f"The proxy {proxy} does not let the build reach {host}",
            f"It {how}.",
            *(
                ["Write a user and password that it takes before the proxy's host, percent-encoded; they stay in the build."]
                if needs
                else [f"Ask the proxy's administrator to let {host} through."]
            ),
            f"If {host} can be reached without it, name that in NO_PROXY.",
        )


class IndexFilesAway(BuildError):
    """An index answers, and keeps its files on a host that cannot be reached."""

    def __init__(self, index: str, files: str, reason: str) -> None:
        super().__init__(
            f"The package index {index} keeps its files elsewhere, at {files}, which cannot be reached",
            f"Connecting to {files} failed: {reason}.",
            "Let the index serve its files itself: mirrors have a setting for it (devpi: mirror_use_external_urls).",
            f"Let the build reach {files}: by the network's rules, or by a proxy (--env HTTPS_PROXY=...).",
        )


class NetworkAway(BuildError):
    """No index was named and the public one does not answer."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            "Packages are needed, and the public package index cannot be reached",
            f"Connecting to {url} failed: {reason}.",
            "Name an index inside your network: PIP_INDEX_URL in .s2i/environment or --env.",
            "Behind a proxy, give it to the build: --env HTTPS_PROXY=...",
            "Bring the wheels: in a folder of the source, BP_PIP_FIND_LINKS=wheels, or in one that is mounted, --volume $PWD/wheels:/whl.",
        )


class DownloadFailed(BuildError):
    """A requirement names a URL, and it could not be had."""

    def __init__(self, requirement: str, reason: str) -> None:
        super().__init__(
            "A requirement could not be downloaded from its URL",
            f"{requirement}\nDownloading it failed: {reason}.",
            "Check the URL in your requirements.",
            "Download the file, add it to the source and name it there by its path.",
        )


class IndexFails(BuildError):
    """The index answers with an error of its own, 5xx."""

    def __init__(self, url: str, status: str) -> None:
        super().__init__(
            f"The package index {url} fails",
            f"It answered {status}.",
            "Build again later: the fault lies with the index.",
            "Ask the index's administrator, or name another index: PIP_INDEX_URL.",
        )


class TlsNotTrusted(BuildError):
    """The TLS certificate of an index is refused. ``signer``: the fault is that nobody the build trusts has signed it; ``shown``: whose it is."""

    def __init__(self, url: str, reason: str, signer: bool, shown: str = "") -> None:
        host = urlsplit(url).netloc
        super().__init__(
            f"The TLS certificate of {url} is not trusted",
            f"Verifying it failed: {reason}." + (f"\n{shown}" if shown else ""),
            *(
                [
                    "Give the build your authority's certificate: a binding of the type ca-certificates (docs/private-indexes.md).",
                    "Make a builder that trusts it: add it to the store of the machine that makes the builder, and run make builder.",
                ]
                if signer
                else ["Give the server a certificate that is valid for its name, now, and signed by an authority."]
            ),
            f"If the host is inside your network and you accept the risk, set PIP_TRUSTED_HOST={host}",
        )


class IndexRefused(BuildError):
    """401 or 403. ``source`` says where the user and password that it was given come from; empty where there were none.

    ``proxy`` is one for http that the request went through.
    """

    def __init__(self, url: str, status: int, source: str, proxy: str = "") -> None:
        # A placeholder of the usual form would be masked as if it were a password.
        how = "percent-encoded, with a colon between them and an @ behind"
        bound = source.startswith(("the binding", "the netrc"))
        fixes: tuple[str, ...]
        if not source:
            fixes = (
                "Give them by a binding of the type pypi or netrc (docs/private-indexes.md).",
                f"Write them before the host of the URL, {how}. They stay in the build.",
                "Ask the index's administrator for an account that may read it.",
            )
        else:
            fixes = (
                f"Check them in {source}." if bound else f"Check them. They stand before the host of the URL, {how}.",
                "If they are right, ask the index's administrator what the account may read.",
            )
        super().__init__(
            f"The package index {url} refused access ({status})",
            (
                f"The user and password of {source} were refused."
                if source
                else "There is no user and password for it: not in its URL, and in no binding."
            )
            + (f" It was asked through the proxy {proxy}, which may be what refuses." if proxy else ""),
            *fixes,
        )


class NotAnIndex(BuildError):
    """The URL answers, but not as an index does. ``package`` is what was looked for in vain."""

    def __init__(self, url: str, found: str, package: str) -> None:
        super().__init__(
            f"{url} does not look like a package index",
            f"It answers, but not as the simple repository API does: {found}.",
            "Give the URL that pip takes; it often ends with /simple (devpi: /+simple, Artifactory: /api/pypi/NAME/simple, Nexus: /repository/NAME/simple).",
            *([f"If the URL is right, check the spelling of the package {package}: the index does not have it."] if package else []),
        )


class WheelFolderMissing(BuildError):
    """A folder of wheels that is not there. ``named_by``: the settings or flags that name it; ``is_file``: it is a file."""

    def __init__(self, folder: str, named_by: str = "PIP_FIND_LINKS or --find-links", is_file: bool = False) -> None:
        super().__init__(
            f"The wheel folder {folder} is {'a file' if is_file else 'not there'}",
            f"{named_by} names it; a relative name is looked for in the source.",
            "Name the folder that the file lies in." if is_file else "Add the folder to the source, or correct its name.",
            "If it lies outside the source, mount it: pack build --volume $PWD/wheels:/whl. That folder is searched without any setting.",
        )


class WheelFolderUnreadable(BuildError):
    """A folder of wheels, or a file in it, that the build may not read."""

    def __init__(self, path: str, folder: bool, reason: str) -> None:
        super().__init__(
            f"The wheel {'folder ' if folder else ''}{path} cannot be read",
            f"Opening it failed: {reason}. A build is not root.",
            f"Let everyone read it, on the machine it comes from: `chmod {'a+rx' if folder else 'a+r'} {Path(path).name}`.",
            "Leave out the --volume or the setting that names it, if it is not needed.",
        )


class WheelFolderLacks(BuildError):
    """What was required is not in the wheel folders, and the indexes do not help.

    ``package`` is what the folders lack, where that is known; ``empty`` those that have nothing; ``first`` the error of the indexes.
    """

    def __init__(self, package: str, folders: Sequence[str], empty: Sequence[str], first: BuildError) -> None:
        mounted = any(folder.startswith("/") for folder in empty)
        lacking = [f"The wheel folder {folder} is empty." for folder in empty]
        lacking += [f"There is no wheel of {package} in {' or '.join(folders)}."] if package and not lacking else []
        super().__init__(
            first.title,
            "\n".join((*lacking, first.cause)),
            *([f"Put a wheel of {package} into {folders[0]}."] if package else []),
            *(["Check the path before the colon of --volume: where nothing is, Docker makes an empty folder."] if mounted else []),
            *first.fixes,
        )


class WheelUnsuited(BuildError):
    """Wheels of the user's own that are for another Python or platform.

    ``others``: each file with what it is for, in words; ``image``: its Python and platform; ``pythons``: those of ours that one of
    the files fits; ``alone``: no index was asked for the package, since a folder that comes first has it.
    """

    def __init__(
        self, package: str, others: Sequence[tuple[str, str]], image: tuple[str, str], pythons: Sequence[str], alone: bool
    ) -> None:
        python, platform = image
        minor = ".".join(python.split(".")[:2])
        first = others[0][0] if len(others) == 1 else f"No wheel of {package}"
        super().__init__(
            f"{first} {'does not fit the image' if len(others) == 1 else 'fits the image'}",
            "\n".join(f"{file} is for {words}." for file, words in others) + f"\nThe image has Python {python} on {platform}.",
            *([_set("BP_PYTHON_VERSION", pythons[-1])] if pythons else []),
            f"Build the wheel of {package} for Python {minor} on {platform} (pip wheel), and put it in the place of this one.",
            *(
                [
                    f"If an index has {package} for it, take the wheel away, or set BP_PIP_INDEX_STRATEGY=unsafe-best-match: otherwise what a folder\n"
                    "of wheels has is not looked for elsewhere."
                ]
                if alone
                else []
            ),
        )


class WheelBroken(BuildError):
    """A file that is named a wheel and is none."""

    def __init__(self, file: str, reason: str, git_lfs: bool = False) -> None:
        super().__init__(
            f"The wheel {file} is broken",
            f"It cannot be installed: {reason}.",
            *(["Get the file itself before you build: git lfs pull."] if git_lfs else []),
            "Build or download it again; `python -m zipfile --test FILE` shows whether a wheel is whole.",
            "Remove it if it is not needed.",
        )


class WheelMisnamed(BuildError):
    """A file that would be a wheel if it had the name of one."""

    def __init__(self, file: str) -> None:
        super().__init__(
            f"{file} does not have a wheel's name",
            "A wheel is NAME-VERSION-PYTHON-ABI-PLATFORM.whl, which says what it is for; nothing looks into one with another name.",
            "Give it back the name that it was built with.",
        )


class VcsFailed(BuildError):
    """git could not get a requirement. ``requirement`` carries no credentials."""

    def __init__(self, requirement: str, reason: str) -> None:
        super().__init__(
            "A requirement from a git repository could not be fetched",
            f"{requirement}\ngit says: {reason}",
            "Check the URL and the branch, tag or commit after @.",
            "If the repository is private, give user and password for its host by a binding of the type netrc (docs/private-indexes.md).",
            "Or write ${TOKEN} and an @ before its host, and give the token with --env TOKEN=...; it stays in the build.",
        )


class DiskFull(BuildError):
    """No space left."""

    def __init__(self, where: str) -> None:
        super().__init__(
            "The disk is full",
            f"Writing {where} failed: no space left on the device.",
            "Free space where the container engine keeps its data (`docker system df` shows what takes it).",
            "Where the build runs in a pod, give it a larger volume.",
        )


class InstallFailed(BuildError):
    """uv failed in a way that has no better explanation."""

    def __init__(self, doing: str, tail: Sequence[str]) -> None:
        super().__init__(f"{doing} failed", "uv's own words stand below.", "Correct what they name and build again.", tail=tail)


class WrapperUnknown(BuildError):
    """BP_SELDON_CORE_VERSION names no release, or the indexes do not have it."""

    def __init__(self, version: str, asked: Sequence[str] = (), no_index: bool = False) -> None:
        super().__init__(
            f"There is no seldon-core {version}",
            f"BP_SELDON_CORE_VERSION names the release of the wrapper to serve with. Asked: {_asked(asked, no_index)}.",
            "Leave it out: 1.17.1 is the newest under Apache-2.0, and the buildpack carries it.",
            "Name a release that exists, such as 1.18.2 (licence BSL 1.1).",
        )


class WrapperVersionInvalid(BuildError):
    """BP_SELDON_CORE_VERSION is no version."""

    def __init__(self, version: str) -> None:
        super().__init__(
            f"BP_SELDON_CORE_VERSION={version} is not a version",
            "It names the release of the wrapper to serve with, such as 1.17.1.",
            "Leave it out: 1.17.1 is the newest under Apache-2.0, and the buildpack carries it.",
            _set("BP_SELDON_CORE_VERSION", "1.18.2") + " Its licence is BSL 1.1.",
        )


class WrapperBroken(BuildError):
    """The packages are installed, and the wrapper does not serve with them. ``unmet``: what it asks for, and what it gets instead."""

    def __init__(self, unmet: Sequence[str], tail: Sequence[str]) -> None:
        listed = "".join(f"\n  {one}" for one in unmet)
        super().__init__(
            "The wrapper does not serve with the versions your requirements ask for",
            (f"seldon-core asks for other versions:{listed}" if unmet else "They replace versions that seldon-core was released with.")
            + "\nIt was started with yours, and that failed.",
            *([f"Ask for {one.partition(', not ')[0]}, or for releases of your packages that work with it." for one in unmet]),
            *([] if unmet else ["Leave out the pin that the last lines point at."]),
            tail=tail,
        )


class PinsUnknown(BuildError):
    """BP_SELDON_PINS is none of its three values."""

    def __init__(self, value: str) -> None:
        super().__init__(
            f"BP_SELDON_PINS={value} is not known",
            "It chooses the versions of what the wrapper needs: auto (by your requirements), upstream (what seldon-core itself allows) or\n"
            "current (the same wrapper on current dependencies).",
            _set("BP_SELDON_PINS", "auto"),
        )


class PinsNotLocked(BuildError):
    """A set of pins that the release of the wrapper, or this Python, does not have. ``others``: those that are there."""

    def __init__(self, pins: str, version: str, python: str, others: Sequence[str]) -> None:
        instead = (
            f"For Python {python} there is {' and '.join(others)}." if others else "There are sets of pins for seldon-core 1.17.1 only."
        )
        super().__init__(
            f"BP_SELDON_PINS={pins}: there is no such set for seldon-core {version} on Python {python}",
            f"{instead} docs/wrapper.md lists what there is.",
            "Leave BP_SELDON_PINS out: what there is, is then chosen.",
        )


class PythonNotInstalled(BuildError):
    """An interpreter that the builder does not carry could not be had. ``catalogue`` and ``mirrors`` are empty where the user named none."""

    def __init__(self, version: str, carried: Sequence[str], catalogue: str, mirrors: Sequence[str], reason: str) -> None:
        minor = ".".join(version.split(".")[:2])
        instead = minor if minor in carried else "3.12" if "3.12" in carried else carried[-1]
        others = f"the catalogue {catalogue}" if catalogue else "the public catalogue"
        others += f" by the mirror {' and '.join(mirrors)}" if mirrors else ""
        super().__init__(
            f"Python {version} could not be installed",
            f"This builder carries {', '.join(carried)}; others come from {others}, and that failed: {reason}.",
            f"Use a Python that is carried: BP_PYTHON_VERSION={instead}.",
            *([] if minor in carried else [f'Make a builder that carries it: make builder PYTHONS="{minor}".']),
            "Name a catalogue that has it and can be reached: BP_PYTHON_DOWNLOADS_JSON_URL; in a closed network also BP_DEPENDENCY_MIRROR.",
        )


class ManifestMisspelt(BuildError):
    """requirments.txt and its like: nothing would be installed from it."""

    def __init__(self, name: str, meant: str) -> None:
        super().__init__(
            f"{name} is not a manifest's name",
            f"Nothing would be installed: packages are read from {meant}, and there is none.",
            f"Rename it: `mv {name} {meant}`.",
            f"If nothing is to be installed, remove {name}, or add an empty {meant}.",
        )


class LockUnreadable(BuildError):
    """A lock file is damaged, or not one that is known. ``renew`` is a sentence."""

    def __init__(self, name: str, reason: str, renew: str) -> None:
        super().__init__(f"{name} is not a valid lock file", f"Reading it failed: {reason}.", renew)


class LockWithoutProject(BuildError):
    """uv.lock says what a project needs, and the project is not there."""

    def __init__(self, name: str, project: str) -> None:
        super().__init__(
            f"{name} lies without its {project}",
            f"It locks what {project} asks for, and does not say by itself which of its packages are to be installed.",
            f"Add {project}, which {name} was made from.",
            "Where that is, write what is to be installed into a lock that stands alone, and add that instead:\n"
            "uv export --no-default-groups --format pylock.toml --output-file pylock.toml",
        )


class LockOutOfDate(BuildError):
    """pyproject.toml was changed after uv.lock was made. ``differing`` are the packages that it asks for otherwise, ``reason`` uv's words."""

    def __init__(self, name: str, reason: str, differing: Sequence[str]) -> None:
        what = f"in what it asks for of {', '.join(differing)}" if differing else f"for uv finds a {reason}"
        super().__init__(
            f"{name} is out of date",
            f"pyproject.toml was changed after {name} was made, {what}.\nWhat is locked would not be what the project asks for.",
            "Renew it, in the directory of the model: uv lock",
            f"If {name} is right and pyproject.toml is not, take the change of pyproject.toml back.",
            "If it is to be installed as it is, write it into a lock that stands alone, which goes before it:\n"
            "uv export --frozen --no-default-groups --format pylock.toml --output-file pylock.toml",
        )


class LockForOtherPython(BuildError):
    """The lock's requires-python leaves the chosen Python out. ``fits``: one that it is for and that is supported, if any."""

    def __init__(self, name: str, specifier: str, python: str, source: str, fits: str) -> None:
        super().__init__(
            f"{name} is not for Python {python}",
            f"Its requires-python is {specifier}, and Python {python} was chosen: {source}.",
            *([_set("BP_PYTHON_VERSION", fits)] if fits else []),
            f"Lock for Python {python}: let requires-python in pyproject.toml allow it, and make {name} anew.",
        )


class LockNotForHere(BuildError):
    """A pylock.toml of which nothing can be chosen for this Python and platform. ``reason`` is that of the packaging library."""

    def __init__(self, name: str, python: str, reason: str) -> None:
        super().__init__(
            f"{name} was made for another Python or platform",
            f"The model is to run on Python {python} and linux/amd64, and the lock cannot be installed there:\n{reason}.",
            "If it was made for another Python, set BP_PYTHON_VERSION to that one.",
            f"Make it anew with Python {python} on Linux: pip lock -r requirements.in",
            "Make one that is for every platform: uv export --format pylock.toml --output-file pylock.toml",
        )


class PackageOutside(BuildError):
    """A lock names a folder or file that does not lie in the source."""

    def __init__(self, lock: str, path: str) -> None:
        super().__init__(
            f"{lock} names {path}, which lies outside the source",
            "Only the directory being built is there during a build.",
            "Build the directory that holds both, and name the model in it: MODEL_NAME=package.module.MyModel.",
            f"Copy it into the source, name the copy in pyproject.toml, and make {lock} anew.",
            "Build a wheel of it (uv build --wheel), put that into the source and depend on the wheel.",
        )


class LockNotExported(BuildError):
    """A manifest of poetry or pipenv, which no installer but its own reads. ``installed_without``: pyproject.toml says enough by itself."""

    def __init__(self, name: str, installed_without: bool = False) -> None:
        tool = "poetry" if name == "poetry.lock" else "pipenv"
        export = {
            "poetry.lock": "poetry self add poetry-plugin-export\npoetry export --output requirements.txt",
            "Pipfile.lock": "pipenv requirements > requirements.txt",
            "Pipfile": "pipenv lock\npipenv requirements > requirements.txt",
        }
        super().__init__(
            f"{name} has to be exported",
            f"Only {tool} can install from it. The build reads requirements.txt, and there is none.",
            f"Export it, in the directory of the model, and keep both:\n{export[name]}",
            *(
                ["Remove it: what pyproject.toml depends on is then installed, at versions that suit the wrapper."]
                if installed_without
                else []
            ),
            "If nothing is to be installed, add an empty requirements.txt.",
        )


# Conda's files


class YamlInvalid(BuildError):
    """A line that is not YAML. ``why`` is a clause, ``fix`` a sentence, or empty where nothing certain can be said."""

    def __init__(self, name: str, number: int, written: str, why: str, fix: str) -> None:
        super().__init__(
            f"Line {number} of {name} is not YAML",
            _below(written, f"{why[:1].upper()}{why[1:]}."),
            *([fix] if fix else []),
            *(
                []
                if fix
                else [
                    "Correct the line, or the one before it: a colon and a hyphen want a space behind them, and entries of a list stand in one column."
                ]
            ),
        )


def _below(written: str, cause: str) -> str:
    """A cause below the line that it is about."""
    return f"{written.strip()}\n{cause}" if written.strip() else cause


class YamlSeveral(BuildError):
    """A second document in the file."""

    def __init__(self, name: str, number: int) -> None:
        super().__init__(
            f"{name} holds more than one document",
            f"Another one starts with the `---` of line {number}, and conda reads only one.",
            "Keep the one that is meant, and remove the other.",
        )


class KeyTwice(BuildError):
    """YAML would take one of the two without a word."""

    def __init__(self, name: str, number: int, key: str, earlier: int) -> None:
        super().__init__(
            f"Line {number} of {name} says `{key}:` again",
            f"It stands in line {earlier} already, and only one of the two would count.",
            "Write both as one.",
        )


class EnvironmentEmpty(BuildError):
    """Nothing stands in the file but comments."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is empty",
            "It would say which packages the model needs.",
            "List them: dependencies: [python=3.10, scikit-learn=1.2]",
            f"If nothing is to be installed, remove {name}.",
        )


class EnvironmentNotMapping(BuildError):
    """The file is a list or a text as a whole. ``listed``: it is a list."""

    def __init__(self, name: str, number: int, listed: bool) -> None:
        super().__init__(
            f"{name} is not an environment of conda's",
            f"From line {number} on it is a {'list' if listed else 'text'}, where keys were expected: name, channels, dependencies.",
            "Write `dependencies:` above the list, and indent the list below it." if listed else "Write it as `conda env export` does.",
            f"If it is a list for pip, rename it: `mv {name} requirements.txt`.",
        )


class EnvironmentKeyUnknown(BuildError):
    """A key that conda does not know, and would ignore. ``near`` is the one that was likely meant."""

    def __init__(self, name: str, number: int, key: str, near: str) -> None:
        super().__init__(
            f"Line {number} of {name} has an unknown key: {key}",
            "Conda knows name, channels, dependencies, variables and prefix, and would pass over what stands below another one.",
            *([f"If {near} is meant, write `{near}:`"] if near else []),
            f"If it is not for conda, take {key} out.",
        )


class PipMisplaced(BuildError):
    """A section `pip:` beside the dependencies instead of among them."""

    def __init__(self, name: str, number: int) -> None:
        super().__init__(
            f"Line {number} of {name} has `pip:` beside `dependencies:`",
            "The section for pip is an entry of the dependencies. Beside them conda passes over it.",
            "Make it the last entry of the list:\ndependencies:\n  - pip:\n      - seldon-core",
        )


class PipTwice(BuildError):
    """Two sections for pip, of which conda would take the last."""

    def __init__(self, name: str, number: int, earlier: int) -> None:
        super().__init__(
            f"Line {number} of {name} has `- pip:` again",
            f"It stands in line {earlier} already, and conda would take the last one alone.",
            "Write both lists as one.",
        )


class EnvironmentNotList(BuildError):
    """A key whose value has to be a list. ``written``: what stands there, where it is a text."""

    def __init__(self, name: str, number: int, key: str, written: str) -> None:
        dash = written.startswith("-") and not written.startswith("- ")
        fix = (
            f"Put a space behind each hyphen: - {written.split()[0].lstrip('-')}"
            if dash
            else f"Write each entry on a line of its own, with `- ` before it: - {written or 'numpy=1.26'}"
        )
        super().__init__(
            f"Line {number} of {name}: `{key}:` is not a list", f"Below {key}, entries were expected, each with `- ` before it.", fix
        )


class EnvironmentNotText(BuildError):
    """An entry or a value that has to be a text, and is a list, a mapping or nothing. ``meant`` is the likely entry."""

    def __init__(self, name: str, number: int, what: str, meant: str = "") -> None:
        super().__init__(
            f"Line {number} of {name}: {what} is not a text",
            "There a name or a value was expected, in one piece.",
            f"Write {meant}" if meant else "Write it as one text, or remove the line.",
        )


class DependencyOfConda(BuildError):
    """An entry of the dependencies that is a number or a mapping. ``written`` is as it stands, ``meant`` the likely spec, or empty."""

    def __init__(self, name: str, number: int, written: str, meant: str) -> None:
        super().__init__(
            f"Line {number} of {name} is not a dependency",
            _below(written, "A dependency is a package's name, and perhaps a version: numpy=1.26. Only `pip:` has a list below it."),
            f"Write - {meant}" if meant else "Write it so, or remove the line.",
        )


class SelectorNotCondas(BuildError):
    """`sel(linux): x`, which conda-devenv reads."""

    def __init__(self, name: str, number: int, selector: str) -> None:
        super().__init__(
            f"Line {number} of {name} has a selector: {selector}",
            "Conda has none in this file. Only conda-devenv reads it, and writes a file for conda from it.",
            "Write the dependency without the selector, where it is for Linux; else remove the line.",
            "Have the file made for Linux: `conda devenv --print > environment.yml`.",
        )


class SpecInvalid(BuildError):
    """A dependency that is none of conda's specs. ``why`` is a clause, ``meant`` the likely spec, or empty."""

    def __init__(self, name: str, number: int, written: str, why: str, meant: str) -> None:
        super().__init__(
            f"Line {number} of {name} is not a dependency that conda reads",
            f"{written}\nThat cannot be read: {why}.",
            *([f"If it is meant so, write - {meant}"] if meant else []),
            "Write it as conda takes it: numpy, numpy=1.26, numpy>=1.24,<2, numpy=1.26.4=py312h1234567_0, conda-forge::numpy.",
        )


class SpecOfPip(BuildError):
    """A requirement of pip's among conda's dependencies. ``why`` is a clause, ``meant`` the likely spec, or empty."""

    def __init__(self, name: str, number: int, written: str, why: str, meant: str) -> None:
        super().__init__(
            f"Line {number} of {name} is for pip, not for conda",
            f"{written}\nConda cannot read it: {why}.",
            f"Move it into the section for pip:\n- pip:\n    - {written}",
            *([f"If conda's package will do, write - {meant}"] if meant else []),
        )


class VariablesNotMapping(BuildError):
    """The variables of an environment as a list. ``meant`` is its first entry as it should stand."""

    def __init__(self, name: str, number: int, meant: str) -> None:
        super().__init__(
            f"Line {number} of {name}: `variables:` is not a table",
            "Below variables, a name, a colon and a value were expected on each line.",
            f"Write {meant or 'NAME: value'}",
        )


class VariableMisnamed(BuildError):
    """A key below ``variables:`` that no program can read as one. Text that may be a secret is not repeated."""

    def __init__(self, name: str, number: int) -> None:
        super().__init__(
            f"Line {number} of {name}: what stands before the colon is not the name of a variable",
            "A name is made of letters, digits and underscores, without spaces.",
            f"Write line {number} as NAME: value.",
        )


class ChannelVariableUnset(BuildError):
    """A channel's address with a variable that has no value."""

    def __init__(self, name: str, number: int, variable: str) -> None:
        super().__init__(
            f"Line {number} of {name} uses {variable}, which is not set",
            "The channel's address is not complete without it.",
            _set(variable, "..."),
            "If it is a password or a token, put it into a binding of the type conda, and leave it out of the address.",
        )


class ChannelFolderMissing(BuildError):
    """A channel that is a folder, which is not there. ``source`` says who names it."""

    def __init__(self, channel: str, source: str) -> None:
        super().__init__(
            f"The channel {channel} is not there",
            f"It is a folder, and comes {source}. A relative one starts at the source's top.",
            "Add the folder, or correct its name.",
            "If it is left out by an ignore file (.gitignore in a git build), let it through; if it lies elsewhere, mount it: --volume $PWD/channel:/channel.",
        )


class ChannelFolderNotIndexed(BuildError):
    """A folder that has no list of its packages."""

    def __init__(self, channel: str, source: str) -> None:
        super().__init__(
            f"The folder {channel} is not a channel",
            f"It comes {source}, and has neither linux-64/repodata.json nor noarch/repodata.json, which list a channel's packages.",
            "Put the packages into the folders linux-64 and noarch in it, and write the lists: `rattler-index fs FOLDER`, or `python -m conda_index FOLDER`.",
            "If its top is another folder, name that one.",
        )


class ChannelAliasInvalid(BuildError):
    """Where names of channels are looked up is no address. ``variable`` is the one that says it, or empty."""

    def __init__(self, source: str, variable: str) -> None:
        super().__init__(
            "The address that names of channels are looked up below is not a URL",
            f"It comes from {source}.",
            _set(variable, "https://conda.example.com") if variable else "Write channel_alias with its scheme: https://conda.example.com.",
        )


class CudaInvalid(BuildError):
    """The version of CUDA to solve for is none. ``source`` says where it comes from."""

    def __init__(self, name: str, value: str, source: str) -> None:
        super().__init__(
            f"{name}={value} is not a version of CUDA",
            f"It comes from {source}. Packages for a GPU are chosen by it.",
            _set(name, "12.4") + " `nvidia-smi` shows the newest that the driver can do.",
        )


class CondaPythonUnsupported(BuildError):
    """No wrapper runs on what the environment asks for as Python. ``number`` is 0 where a lock says it."""

    def __init__(self, name: str, number: int, version: str) -> None:
        where = f"Line {number} of {name}" if number else name
        super().__init__(
            f"Python {version.lstrip('=')} is not supported",
            f"{where} asks for it. The newest wrapper under the Apache licence, seldon-core 1.17.1, runs on Python 3.7 to 3.13, and 1.14.1 on 3.6.",
            f"Ask for one of these in {name}: python=3.12"
            if number
            else f"Lock again, with one of these: python=3.12, and add {name} anew.",
        )


class LockLacksPlatform(BuildError):
    """A lock of conda packages that has none for this platform. ``found``: those it has; ``renew``: a command."""

    def __init__(self, name: str, found: Sequence[str], renew: str) -> None:
        super().__init__(
            f"{name} is not for linux-64",
            f"The image runs on linux-64, and the lock is for {', '.join(found) or 'no platform'}.",
            f"Lock for it too: {renew}",
        )


class CondaLockWithoutPython(BuildError):
    """A lock of conda packages without Python: what is not in it is not installed."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} has no Python",
            "The model is served by the environment's own Python, and what a lock does not name is not installed.",
            f"Add python to what is locked, for example python=3.12, and make {name} anew.",
        )


class CondaLockForOtherPython(BuildError):
    """A lock of conda packages has another Python (``version``) than was asked for (``python``, by ``source``)."""

    def __init__(self, name: str, version: str, python: str, source: str) -> None:
        super().__init__(
            f"{name} is not for Python {python}",
            f"Its Python is {version}, and Python {python} was chosen: {source}.",
            f"Leave {source} out: the lock says which Python is installed.",
            f"Lock with python={python}, and add {name} anew.",
        )


class ExplicitLineInvalid(BuildError):
    """A line behind @EXPLICIT that is not the URL of a package."""

    def __init__(self, name: str, number: int, written: str) -> None:
        super().__init__(
            f"Line {number} of {name} is not the URL of a package",
            f"{written}\nBehind @EXPLICIT each line is the address of one .conda or .tar.bz2, perhaps with `#` and its hash.",
            f"Write the file anew, on Linux: `conda list --explicit --sha256 > {name}`.",
            f"If it is a list of names, write them into environment.yml, and remove {name}.",
        )


# Conda's packages


class ChannelUnreachable(BuildError):
    """A channel does not answer. ``source`` says who names it."""

    def __init__(self, channel: str, reason: str, source: str) -> None:
        super().__init__(
            f"The channel {channel} cannot be reached",
            f"Connecting failed: {reason}." + (f" The channel comes {source}." if source else ""),
            "In a network of your own, name a mirror: BP_CONDA_CHANNELS (in the place of the file's channels), or BP_CONDA_CHANNEL_ALIAS (for all names).",
            "Behind a proxy, give it to the build: --env HTTPS_PROXY=...",
            "Without any network, bring the packages as a channel in a folder: BP_CONDA_CHANNELS=./channel, or one that is mounted.",
        )


class ChannelUnknown(BuildError):
    """There is no channel at an address. ``source`` says who names it."""

    def __init__(self, channel: str, source: str) -> None:
        super().__init__(
            f"There is no channel at {channel}",
            "A channel has a list of its packages at noarch/repodata.json, and there is none." + (f" It comes {source}." if source else ""),
            "Check the spelling. What a mirror calls conda-forge or main may lie below another path.",
            "If the server wants a user or token, some answer so without one: give it by a binding of the type conda (docs/conda.md).",
        )


class ChannelRefused(BuildError):
    """401, 403 or 407. ``source`` says where the login comes from, empty where there was none."""

    def __init__(self, channel: str, status: int, source: str) -> None:
        super().__init__(
            f"The channel {channel} refused access ({status})",
            f"What {source} gives for it was refused." if source else "There is no token, and no user and password for it.",
            *(
                [f"Check what {source} says.", "If it is right, ask the channel's administrator what the account may read."]
                if source
                else [
                    "Give it by a binding of the type conda, with the entries uri and token, or uri, username and password (docs/conda.md).",
                    "Ask the channel's administrator for an account that may read it.",
                ]
            ),
        )


class ChannelFails(BuildError):
    """A channel answers with an error of its own, 5xx."""

    def __init__(self, channel: str, status: str) -> None:
        super().__init__(
            f"The channel {channel} fails",
            f"It answered {status}, each time it was tried.",
            "Build again later: the fault lies with the channel.",
            "Name another one: BP_CONDA_CHANNELS.",
        )


class ChannelNotTrusted(BuildError):
    """The TLS certificate of a channel is refused. ``signer``: nobody the build trusts has signed it."""

    def __init__(self, channel: str, reason: str, signer: bool) -> None:
        super().__init__(
            f"The TLS certificate of the channel {channel} is not trusted",
            f"Verifying it failed: {reason}.",
            *(
                [
                    "Give the build your authority's certificate: a binding of the type ca-certificates, or the entry certificates of the binding conda.",
                    "Make a builder that trusts it: add it to the store of the machine that makes the builder, and run make builder.",
                ]
                if signer
                else ["Give the server a certificate that is valid for its name, now, and signed by an authority."]
            ),
        )


class ChannelGarbled(BuildError):
    """What a channel sends as its list of packages is none."""

    def __init__(self, channel: str, reason: str) -> None:
        super().__init__(
            f"The channel {channel} does not send a list of packages",
            f"What it sends cannot be read: {reason.rstrip('.')}. A proxy or a page to log in may answer in its place.",
            "Open the address with noarch/repodata.json behind it from where the build runs: JSON is expected there.",
            "If it is a mirror, renew its lists there.",
        )


class CondaPackageUnknown(BuildError):
    """Names that no channel has. ``missing``: name, its line or 0, near names; ``origin``: the system the file was exported on, or empty."""

    def __init__(self, name: str, missing: Sequence[tuple[str, int, Sequence[str]]], channels: Sequence[str], origin: str) -> None:
        one = len(missing) == 1
        lines = [
            f"{what}" + (f", line {line}" if line else "") + (f"; near: {', '.join(near)}" if near else "") for what, line, near in missing
        ]
        super().__init__(
            f"{name} asks for {'a package' if one else 'packages'} that no channel has",
            "\n".join(lines) + f"\nAsked: {', '.join(channels)}.",
            *([_from_history(origin, name)] if origin else []),
            "Check the spelling; conda's names may differ from pip's.",
            "If another channel has it, add that to `channels:`.",
            "If it is a package of pip's, move it into the section `- pip:`.",
        )


def _from_history(origin: str, name: str) -> str:
    return f"The file was exported on {origin}, and names what exists only there. Export what you asked for instead: `conda env export --from-history > {name}`."


class CondaUnsolvable(BuildError):
    """No set of packages meets what the file asks for. ``virtual`` is what a package asks of the system in vain, if that is the reason.

    ``versions``: the specs that nothing fits, each with the newest versions there are.
    """

    def __init__(self, name: str, report: Sequence[str], virtual: str, origin: str, versions: Mapping[str, Sequence[str]]) -> None:
        system = {
            "__cuda": "A package asks for a GPU: give the version of CUDA that the driver can do where the model runs, BP_CONDA_OVERRIDE_CUDA=12.4.",
            "__glibc": "A package asks for a newer C library than the image has: take an earlier version of it.",
            "__win": "A package is for Windows alone: leave it out.",
            "__osx": "A package is for macOS alone: leave it out.",
        }
        super().__init__(
            f"No set of packages meets what {name} asks for",
            "\n".join([*report, *(f"Of {spec} there is only {', '.join(there)}." for spec, there in versions.items())]),
            *([_from_history(origin, name)] if origin else []),
            *([system[virtual]] if virtual in system else []),
            "Loosen a version that stands above, or ask for another Python.",
            "If another channel has what is missing, add that to `channels:`; a package is taken from the first channel that has it.",
        )


class CondaAgainstWrapper(BuildError):
    """The environment has a solution, and none in which the wrapper runs.

    ``wants``: what the wrapper wants, and the line and the text that ask for something else, 0 and empty where none does by itself.
    """

    def __init__(self, name: str, version: str, wants: Sequence[tuple[str, int, str]], report: Sequence[str]) -> None:
        lines = [
            f"seldon-core {version} wants {want}; in {name}, "
            + (f"line {line} asks for {asked}." if line else "a package that the file asks for needs another.")
            for want, line, asked in wants
        ]
        super().__init__(
            f"{name} and seldon-core {version} exclude each other",
            "\n".join(lines) + "\nThe wrapper serves your model in the same Python, so one version of each package must suit both.",
            *(f"Ask for {want} in {name}, or for versions of your packages that do with it." for want, _, _ in wants[:1]),
            "Leave BP_SELDON_PINS out: seldon-core 1.17.1 is locked on current dependencies too, and what suits is taken.",
            tail=report,
        )


class CondaPackageMismatch(BuildError):
    """A package's content is not what its channel, or a lock (``lock``, its file), says."""

    def __init__(self, file: str, expected: str, got: str, lock: str) -> None:
        super().__init__(
            f"The package {file} is not what {lock or 'its channel'} says",
            f"Expected {expected}\nFound    {got}\nThe package was changed after {'it was locked' if lock else 'the list was written'}, or damaged on its way.",
            "Build again: its download may have been damaged.",
            *(
                [f"If it was changed on purpose, lock again, and add {lock} anew."]
                if lock
                else ["If it is a mirror, renew the package and the lists there."]
            ),
            "If it should not have changed, ask who runs the channel before you go on.",
        )


class CondaPackageBroken(BuildError):
    """A package cannot be unpacked."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(
            f"The package {file} is damaged",
            f"It cannot be unpacked: {reason.rstrip('.')}.",
            "Build again: its download may have broken off.",
            "If it repeats, add the package to the channel anew; a mirror may have kept half a file.",
        )


class CondaPackageGone(BuildError):
    """A channel lists a package, or a lock names it, and it is not there."""

    def __init__(self, file: str, channel: str) -> None:
        super().__init__(
            f"The package {file} is not in its channel any more",
            f"Asked: {channel}",
            "If a lock names it, lock again: channels withdraw packages that turn out to be wrong.",
            "If it is a mirror, renew the mirror.",
        )


class CondaFailed(BuildError):
    """Installing conda's packages failed in a way that is not known."""

    def __init__(self, kind: str, tail: Sequence[str]) -> None:
        super().__init__(
            "Conda's packages cannot be installed",
            f"rattler, which installs them, ended with {kind}.",
            "The last lines often name the package: try the build without it, or with another version.",
            tail=tail,
        )


class EnvironmentNameInvalid(BuildError):
    """CONDA_ENV_NAME is not fit for a folder."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"CONDA_ENV_NAME={name} is not a name for an environment",
            "It names a folder of the image, so it has letters, digits, _, -, . and + only.",
            _set("CONDA_ENV_NAME", "microservice"),
        )


class CondaPipMissing(BuildError):
    """An environment with a Python that uv does not run on, and without pip."""

    def __init__(self, python: str, name: str) -> None:
        super().__init__(
            f"The environment has no pip for Python {python}",
            "The wrapper is installed by it: conda has no package of the wrapper.",
            f"Add `- pip` to the dependencies of {name}; where it is a lock, lock again and add it anew.",
        )


class CondaPipFailed(BuildError):
    """The environment's own pip failed."""

    def __init__(self, python: str, tail: Sequence[str]) -> None:
        super().__init__(
            "Installing pip's half of the environment failed",
            f"The environment's own pip (Python {python}) was to install the section `pip:` and the wrapper.",
            "The last lines say what is missing. An index is named as for requirements.txt: PIP_INDEX_URL, or a binding of the type pypi.",
            tail=tail,
        )


class CondaWrapperBroken(BuildError):
    """The environment is complete, and the wrapper does not serve in it."""

    def __init__(self, version: str, replaced: Sequence[str], tail: Sequence[str]) -> None:
        listed = "".join(f"\n  {one}" for one in replaced)
        super().__init__(
            "The wrapper does not serve in this environment",
            f"seldon-core {version} was started in it, and that failed."
            + (f"\nPip's half has other versions of what conda's packages were built for:{listed}" if replaced else ""),
            "The last lines name what does not fit: ask for another version of it, in the half that it comes from.",
            tail=tail,
        )


# What the user wrote


def _set(name: str, value: str) -> str:
    return f"Set {name}={value}: as a line of .s2i/environment, or with `--env {name}={value}`."


class EnvironmentFileUnreadable(BuildError):
    """``.s2i/environment`` is there and cannot be read; ``reason`` is the operating system's."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            ".s2i/environment cannot be read",
            f"Opening it failed: {reason}.",
            "Make it a plain text file inside the source that everyone may read: `chmod 755 .s2i; chmod 644 .s2i/environment`.",
            "Remove it, and give its variables with --env.",
        )


class EnvironmentFileNotUtf8(BuildError):
    """``.s2i/environment`` is no UTF-8 text; ``offset`` counts bytes from 0, ``line`` from 1."""

    def __init__(self, line: int, offset: int, byte: int, utf16: bool) -> None:
        looks = " It looks like UTF-16, which is what PowerShell writes with `>`." if utf16 else ""
        super().__init__(
            ".s2i/environment is not UTF-8",
            f"Line {line} holds a byte that UTF-8 text cannot have there: 0x{byte:02x}, at byte offset {offset} of the file.{looks}",
            "Save .s2i/environment as UTF-8, without a byte order mark.",
        )


class EnvironmentFileBadName(BuildError):
    """A line of ``.s2i/environment`` sets a name that no program can read. Text that may be a secret is not repeated."""

    def __init__(self, line: int, name: str) -> None:
        shown = f"`{name}` is" if len(name) <= 40 and all(c.isalnum() or c in " _.-" for c in name) else "what stands before `=` is"
        super().__init__(
            f".s2i/environment line {line}: {shown} not the name of a variable",
            "A name is made of letters, digits and underscores, without spaces. s2i takes all that stands before the first `=` as the name,\n"
            "and the model would never see the variable.",
            f"Write line {line} as NAME=value.",
            f"If line {line} is a comment, start it with `#`.",
        )


class IgnoredNotRemoved(BuildError):
    """What ``.s2iignore`` names cannot be removed; ``reason`` is the operating system's."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"{name} cannot be left out",
            f".s2iignore names it, and removing it from the build's copy of the source failed: {reason}.",
            f"Let the owner write to the directory that holds it, and to {name} if it is one: `chmod u+w DIRECTORY`.",
            "Take it out of .s2iignore.",
        )


class PrivateNotRemoved(BuildError):
    """What holds passwords by custom cannot be kept out of the image; ``reason`` is the operating system's."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"{name} cannot be kept out of the image",
            f"It may hold credentials, and removing it from the build's copy of the source failed: {reason}.",
            "Let the owner write to the directory that holds it: `chmod u+w DIRECTORY`.",
            f"Leave it out of what is built: a line {name} in .s2iignore.",
            f"If it holds nothing secret and the model needs it: BP_KEEP_FILES={name}.",
        )


class ImageMetadataNotJson(BuildError):
    """``.s2i/image_metadata.json`` is no JSON; ``line`` and ``column`` count from 1, ``reason`` is the parser's."""

    def __init__(self, line: int, column: int, reason: str) -> None:
        super().__init__(
            f".s2i/image_metadata.json is not JSON: line {line}, column {column}",
            f"{reason[:1].upper()}{reason[1:]}.",
            f"Correct line {line}. JSON knows no comments, no comma after the last entry, and double quotes only.",
            "Remove the file if the image needs no labels of yours.",
        )


class ImageMetadataInvalid(BuildError):
    """``.s2i/image_metadata.json`` does not have the form of labels. ``place`` is a path in it, such as ``labels[1].k``; ``fix`` a sentence."""

    def __init__(self, place: str, fault: str, fix: str) -> None:
        super().__init__(
            f".s2i/image_metadata.json: {place} {fault}",
            'Labels stand there as a list of objects with text as values: {"labels": [{"name": "value"}, {"other": "value"}]}.\n'
            "labels[0] is the first of them.",
            fix,
            "Remove the file if the image needs no labels of yours.",
        )


class ModelNameInvalid(BuildError):
    """MODEL_NAME can be no module and class."""

    def __init__(self, value: str, origin: str) -> None:
        super().__init__(
            f"MODEL_NAME={value} is not the name of a class",
            f"It comes from {origin}. MODEL_NAME is a dotted Python name: `MyModel` is the class MyModel of MyModel.py,\n"
            "and `package.module.MyModel` is the class MyModel of package/module.py.",
            _set("MODEL_NAME", "MyModel") + "\nMyModel stands for your class here.",
        )


class ServiceTypeUnknown(BuildError):
    """SERVICE_TYPE is none of the wrapper's five (seldon_core/microservice.py, ``choices``)."""

    def __init__(self, value: str, origin: str, known: Sequence[str], nearest: str | None) -> None:
        super().__init__(
            f"SERVICE_TYPE={value} is not known",
            f"It comes from {origin}. The wrapper knows {', '.join(known)}, and would stop at start with anything else.",
            _set("SERVICE_TYPE", nearest or known[0]),
            "Leave SERVICE_TYPE out: it is then chosen from the methods of the class.",
        )


class FlagInvalid(BuildError):
    """A variable that the wrapper reads with ``int()`` holds something else."""

    def __init__(self, name: str, value: str, origin: str) -> None:
        super().__init__(
            f"{name}={value} is not a number",
            f"It comes from {origin}. The wrapper reads {name} as 0 or 1, and would stop at start with anything else.",
            _set(name, "0"),
            f"Leave {name} out.",
        )


class NumberInvalid(BuildError):
    """A variable that the wrapper or gunicorn reads with ``int()`` holds something else, or a number that they refuse."""

    def __init__(self, name: str, value: str, origin: str, bounds: str) -> None:
        super().__init__(
            f"{name}={value} is not a whole number {bounds}",
            f"It comes from {origin}. The wrapper reads {name} as a number, and would stop at start with anything else.",
            f"Set {name} to a whole number {bounds}.",
            f"Leave {name} out.",
        )


class PortTwice(BuildError):
    """Two of the wrapper's three servers would listen on one port."""

    def __init__(self, first: str, second: str, port: int) -> None:
        super().__init__(
            f"{first} and {second} are both {port}",
            "REST, gRPC and metrics each need a port of their own; left out, they are 9000, 5000 and 6000.",
            f"Give one of {first} and {second} another port.",
            "Leave them out: Seldon's operator sets them in a pod, and `docker run -p 8080:9000` maps another port to the model's.",
        )


class ParametersInvalid(BuildError):
    """PREDICTIVE_UNIT_PARAMETERS cannot be made the arguments of the class. Their values are not repeated: one may be a password."""

    def __init__(self, complaint: str, origin: str) -> None:
        super().__init__(
            f"PREDICTIVE_UNIT_PARAMETERS cannot be used: {complaint}",
            f"It comes from {origin}. It is a list of objects with name, value and type, in JSON. The types are INT, FLOAT, DOUBLE, STRING and BOOL,\n"
            "and the value of a BOOL stands in quotes. With anything else the wrapper would stop at start.",
            'Write it like this: [{"name": "threshold", "value": "0.5", "type": "FLOAT"}]',
            "Leave it out, and give the arguments of the class's `__init__` defaults.",
        )


class PredictorLabelsInvalid(BuildError):
    """PREDICTOR_LABELS is read when the wrapper is imported (seldon_core/env_utils.py)."""

    def __init__(self, complaint: str, origin: str) -> None:
        super().__init__(
            f"PREDICTOR_LABELS cannot be used: {complaint}",
            f"It comes from {origin}. It is an object in JSON, and the wrapper would stop at start with anything else.",
            'Write it like this: {"version": "v1"}',
            "Leave PREDICTOR_LABELS out: Seldon's operator sets it in a pod.",
        )


class MetadataInvalid(BuildError):
    """MODEL_METADATA is YAML that is no mapping (seldon_core/seldon_methods.py, ``init_metadata``)."""

    def __init__(self, complaint: str, origin: str) -> None:
        super().__init__(
            f"MODEL_METADATA cannot be used: {complaint}",
            f"It comes from {origin}. It is a mapping in YAML or JSON, and the wrapper would stop at start with anything else.",
            'Write it like this: {"name": "my-model", "versions": ["1"], "platform": "sklearn"}',
            "Leave MODEL_METADATA out, and return the same from the class's `init_metadata`.",
        )


class JaegerTagsInvalid(BuildError):
    """Jaeger's client cannot split JAEGER_TAGS."""

    def __init__(self, value: str, origin: str) -> None:
        super().__init__(
            f"JAEGER_TAGS={value} is not a list of tags",
            f"It comes from {origin}. With TRACING on, tags are read as name=value, separated by commas, and the wrapper would stop at start.",
            "Write it like this: JAEGER_TAGS=team=fraud,stage=test",
            "Leave JAEGER_TAGS out.",
        )


class SwitchUnclear(BuildError):
    """A switch of the buildpack's own is neither on nor off."""

    def __init__(self, name: str, value: str, origin: str) -> None:
        super().__init__(
            f"{name}={value} is neither on nor off",
            f"It comes from {origin}.",
            _set(name, "1") + "\n0 turns it off.",
        )


class LogLevelUnknown(BuildError):
    """SELDON_LOG_LEVEL is no level of Python's logging."""

    def __init__(self, value: str, origin: str, known: Sequence[str]) -> None:
        super().__init__(
            f"SELDON_LOG_LEVEL={value} is not known",
            f"It comes from {origin}. The wrapper knows {', '.join(known)}, and would stop at start with anything else.",
            _set("SELDON_LOG_LEVEL", "INFO"),
        )


class ModelNameMissing(BuildError):
    """No MODEL_NAME, and not exactly one class that fits. ``candidates``: pairs of a MODEL_NAME and what it is."""

    def __init__(self, candidates: Sequence[tuple[str, str]]) -> None:
        found = "These classes could be meant:" if candidates else "No class with such a method was found in the files at the top."
        listed = "".join(f"\n  {name}: {what}" for name, what in candidates)
        super().__init__(
            "MODEL_NAME is not set",
            "MODEL_NAME names the class to serve. Where it is missing, it is taken from the one file at the top that defines a class of the\n"
            "file's own name with a method of the wrapper (predict, transform_input, transform_output, route, aggregate, or a raw form).\n"
            f"There is not exactly one such file. {found}{listed}",
            *(
                [_set("MODEL_NAME", name) for name, _ in candidates[:3]]
                or ["Write the class MyModel with a method `predict` in MyModel.py."]
            ),
        )


class ModelModuleNotFound(BuildError):
    """The module that MODEL_NAME names is not in the source. ``nearest``: a file of it, and the MODEL_NAME that would use it."""

    def __init__(self, name: str, files: str, nearest: tuple[str, str] | None, only_case: bool) -> None:
        near = ""
        if nearest:
            near = f" There is {nearest[0]}" + (
                ", which differs in upper and lower case only: that matters in the image." if only_case else "."
            )
        super().__init__(
            f"MODEL_NAME={name}: no such module",
            f"The class {name.rpartition('.')[2]} is looked for in {files}, which is not in the source.{near}",
            *([_set("MODEL_NAME", nearest[1])] if nearest else []),
            f"Add the file, or rename one to {files.partition(' ')[0]}.",
            "Build the directory that holds the file (`pack build --path DIRECTORY`).",
        )


class ModelClassNotFound(BuildError):
    """The module is there and does not have the class. ``classes``: what it defines; ``proposal``: a MODEL_NAME that would do."""

    def __init__(
        self, class_name: str, file: str, classes: Sequence[str], nearest: str | None, proposal: str | None, why: str = ""
    ) -> None:
        has = f"It defines {', '.join(classes)}." if classes else "It defines no class."
        super().__init__(
            f"{file} has no class {class_name}",
            f"MODEL_NAME says that {file} defines or imports {class_name}. {has}{why}",
            *([_set("MODEL_NAME", proposal)] if proposal else []),
            f"Rename {nearest} to {class_name} in {file}." if nearest else f"Define the class {class_name} at the top level of {file}.",
        )


class ModelClassIsModule(BuildError):
    """MODEL_NAME ends in a module, where the wrapper (``rsplit('.', 1)``) expects a class."""

    def __init__(self, name: str, file: str, proposal: str | None) -> None:
        super().__init__(
            f"MODEL_NAME={name} names a file, not a class",
            f"{name.replace('.', '/')} is the file {file}. In a name with a dot, what follows the last dot is the class, and what stands before it\n"
            "the module that the class is taken from.",
            _set("MODEL_NAME", proposal or f"{name}.MyModel") + ("" if proposal else "\nMyModel stands for your class here."),
        )


class ModelModuleShadowed(BuildError):
    """A package hides the module that has the class: Python takes the directory first."""

    def __init__(self, class_name: str, file: str, package: str) -> None:
        super().__init__(
            f"{file} is hidden by {package}",
            f"{file} defines {class_name}, but Python imports the package {package} of the same name instead, which does not.",
            f"Rename the directory {package}.",
            f"Import {class_name} in {package}__init__.py.",
        )


class ModelModuleIsStandard(BuildError):
    """The module has the name of one of the standard library's, which Python finds first (the wrapper appends the source to sys.path)."""

    def __init__(self, file: str, top: str, class_name: str) -> None:
        super().__init__(
            f"{file} is hidden by Python's own module {top}",
            f"The wrapper looks for modules in Python's standard library first, and that has a module {top} too.",
            f"Rename {file}, say to {class_name}.py, and set MODEL_NAME={class_name} (or the new name, a dot, and {class_name}).",
        )


class ModelModuleInstalled(BuildError):
    """An installed package has a module by the name of the model's: Python finds that first (the wrapper appends the source to sys.path).

    ``own`` is the user's file, or the directory at the top of a dotted module, with a slash at its end; ``package`` as pip lists it.
    """

    def __init__(self, own: str, module: str, class_name: str, package: str) -> None:
        top = module.partition(".")[0]
        folder, _, last = own.rstrip("/").rpartition("/")
        renamed = f"{folder}/my_{last}".lstrip("/") + own[len(own.rstrip("/")) :]
        super().__init__(
            f"{own} is hidden by the installed package {package}",
            f"{package} has a module {top} too. The wrapper looks for modules among the installed packages first and in the source last, and would\n"
            f"take {class_name} from there, if {package} has one.",
            f"Rename {own}, say to {renamed}, and set MODEL_NAME=my_{module}.{class_name}.",
            f"If the class {class_name} of {package} is meant, take {own} out of the source, or name it in .s2iignore.",
        )


class BeforeRunCarriageReturn(BuildError):
    """The first line of ``before-run`` ends in CR LF: the kernel takes the CR as part of the program's name, or of its argument."""

    def __init__(self, line: str) -> None:
        super().__init__(
            "before-run cannot be started: its lines end in CR LF",
            f"It is executable, so it runs before the model. Its first line is `{line}` and an invisible CR, which Linux takes as part of the\n"
            "program's name or of its option: the program does not start, and the container ends.",
            "Let its lines end in LF: `sed -i 's/\\r$//' before-run`. For git, write `before-run text eol=lf` into .gitattributes.",
            "If it is not meant to run, take its execute permission away: `chmod -x before-run`.",
        )


class ModelMethodMissing(BuildError):
    """The class lacks every method that its service type needs. ``has``: what it defines; ``fitting``: a service type that would do."""

    def __init__(
        self, class_name: str, file: str, service_type: str, needed: Sequence[str], has: Sequence[str], fitting: str | None
    ) -> None:
        defined = f"It has {', '.join(has)}." if has else "It has no methods."
        super().__init__(
            f"{class_name} has no method for SERVICE_TYPE={service_type}",
            f"A {service_type} is called through {' or '.join(needed)} (or a raw form, {needed[0]}_raw). {class_name} in {file} has none. {defined}",
            *([_set("SERVICE_TYPE", fitting)] if fitting else []),
            f"Define `{needed[0]}` in {class_name}.",
        )


class SourceSyntaxError(BuildError):
    """A Python file does not parse. ``line`` and ``column`` count from 1; ``text`` is the line itself."""

    def __init__(self, file: str, line: int, text: str, column: int, message: str) -> None:
        shown = text.lstrip()
        caret = " " * max(0, min(column - 1 - (len(text) - len(shown)), len(shown))) + "^"
        newer = "only supported in Python" in message
        super().__init__(
            f"Syntax error in {file}, line {line}",
            f"{message[:1].upper()}{message[1:]}:\n    {shown}\n    {caret}",
            f"Correct line {line} of {file}.",
            *([_set("BP_PYTHON_VERSION", "3.12") + "\nThe Python that was chosen is older than the syntax."] if newer else []),
        )


class SourceNotDecodable(BuildError):
    """A Python file is not in the encoding it declares, UTF-8 where it declares none (PEP 263)."""

    def __init__(self, file: str, line: int, offset: int, byte: int, encoding: str) -> None:
        super().__init__(
            f"{file} is not {encoding}",
            f"Line {line} holds a byte that {encoding} text cannot have there: 0x{byte:02x}, at byte offset {offset}. Python would not import the file.",
            f"Save {file} as UTF-8.",
            f"Say in the first line of {file} which encoding it has: `# -*- coding: latin-1 -*-`.",
        )


class SourceEncodingUnknown(BuildError):
    """A Python file declares an encoding that Python does not have (PEP 263)."""

    def __init__(self, file: str, encoding: str) -> None:
        super().__init__(
            f"{file} declares an unknown encoding",
            f"Its first lines say `coding: {encoding}`, which Python does not know.",
            f"Save {file} as UTF-8, and take the line out.",
        )


class SourceUnreadable(BuildError):
    """A file of the source cannot be read; ``reason`` is the operating system's."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(
            f"{file} cannot be read", f"It is there, but reading it failed: {reason}.", f"Make it readable: `chmod a+r {file}`."
        )


class PythonVersionUnknown(BuildError):
    """A Python version that is none."""

    def __init__(self, value: str, source: str) -> None:
        super().__init__(
            f"Python version {value} is not understood",
            f"It comes from {source}. A version is a minor (`3.11`) or an exact one (`3.11.7`); requires-python is a range (`>=3.9`).",
            _set("BP_PYTHON_VERSION", "3.12"),
            *([] if source == "BP_PYTHON_VERSION" else [f"Correct {source}."]),
        )


class PythonVersionUnsupported(BuildError):
    """A Python that the wrapper's pinned packages do not run on. ``why``: one of the module's reasons."""

    NEWER = (
        "The newest wrapper under the Apache licence, seldon-core 1.17.1, needs protobuf below 4, and its packages are locked and tried\n"
        "for Python 3.8 to 3.13."
    )
    OLDER = "That Python gets no more fixes, and the wrapper's packages are locked for Python 3.8 to 3.13 only."
    OTHER = "The wrapper and most model packages are built for CPython only."

    def __init__(self, value: str, source: str, why: str) -> None:
        super().__init__(
            f"Python {value} is not supported",
            f"It comes from {source}. {why}",
            _set("BP_PYTHON_VERSION", "3.8" if why == self.OLDER else "3.12") + " It may be 3.8 to 3.13.",
            *([] if source == "BP_PYTHON_VERSION" else [f"Let {source} allow one of 3.8 to 3.13."]),
        )


class PyprojectUnreadable(BuildError):
    """``pyproject.toml`` is no TOML; ``reason`` is the parser's."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "pyproject.toml cannot be read",
            f"It is asked which Python the project requires, and it is not valid TOML: {reason}.",
            "Correct pyproject.toml.",
            _set("BP_PYTHON_VERSION", "3.12") + "\nThe file is then not asked.",
        )
