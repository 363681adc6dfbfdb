"""Every sentence a user reads when a build fails: what happened, why, and numbered ways to mend it.

A build error is a class: its parameters are the facts, its text is here and nowhere else. ``tail`` carries a tool's
own last lines where they help. The build prints it through the masker and ends with ``exit_code``.
"""

from collections.abc import Sequence


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


class UnreadableManifest(BuildError):
    """The file is there and cannot be opened."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"{name} cannot be read.",
            f"Opening it failed: {reason}.",
            "Make it a regular file that everybody may read (chmod a+r).",
        )


class ManifestNotText(BuildError):
    """The file's bytes are not UTF-8."""

    def __init__(self, name: str, line: int, utf16: bool = False) -> None:
        cause = "It is UTF-16, as Windows PowerShell's > writes it." if utf16 else f"Line {line} holds bytes that are not UTF-8."
        super().__init__(
            f"{name} is not UTF-8 text.",
            cause,
            "Save it as UTF-8.",
            f"In PowerShell write it with: pip freeze | Out-File -Encoding utf8 {name}",
        )


class BadRequirementLine(BuildError):
    """A line that pip would refuse."""

    def __init__(self, name: str, number: int, line: str, reason: str) -> None:
        super().__init__(
            f"Line {number} of {name} is not a requirement.",
            f"{line}\n{reason}",
            "Write it as pip takes it: name==1.2.3, name>=1,<2, name @ URL, a path, or an option of pip.",
            "If it is a note, put # before it.",
        )


class MissingInclude(BuildError):
    """-r or -c names a file that is not there."""

    def __init__(self, name: str, included: str) -> None:
        super().__init__(
            f"{name} includes {included}, which is not there.",
            "A name after -r or -c is looked for beside the file that names it.",
            f"Add {included}, or mend its name.",
            "If it is left out by an ignore file (.gitignore in a git build), let it through.",
        )


class IncludeOutside(BuildError):
    """-r or -c leads out of the source directory."""

    def __init__(self, name: str, included: str) -> None:
        super().__init__(
            f"{name} includes {included}, which lies outside the source.",
            "Only the directory being built is there during a build.",
            f"Copy {included} into the directory and name it from there.",
            "Build from the directory above and say where the model is: pack build --path.",
        )


class RequirementNotFound(BuildError):
    """No index has a package of that name."""

    def __init__(self, package: str, indexes: Sequence[str], tail: Sequence[str]) -> None:
        asked = ", ".join(indexes) or "the public index"
        super().__init__(
            f"The package {package} was not found.",
            f"Asked: {asked}.",
            "Check the spelling in your requirements.",
            "If it is a package of your own, name its index: EXTRA_INDEX_URL in .s2i/environment or --env.",
            "If it is a wheel in the source, name its folder: PIP_FIND_LINKS, or --find-links in requirements.txt.",
            tail=tail,
        )


class VersionNotFound(BuildError):
    """The package is known, the version is not."""

    def __init__(self, requirement: str, tail: Sequence[str]) -> None:
        super().__init__(
            f"There is no version that satisfies {requirement}.",
            "The index knows the package, but no release of it fits.",
            "Ask for a version that exists.",
            "If another index has it, set BP_PIP_INDEX_STRATEGY=unsafe-best-match: otherwise the first index that knows the name decides.",
            tail=tail,
        )


class NoMatchingWheel(BuildError):
    """The release exists, but not for this Python or platform."""

    def __init__(self, requirement: str, python: str, tail: Sequence[str]) -> None:
        super().__init__(
            f"{requirement} cannot be installed on Python {python}.",
            f"The release has no file for Python {python} on linux/amd64, and no source to build from, or it names other Pythons.",
            "Ask for a release that supports this Python.",
            "Choose another Python: BP_PYTHON_VERSION=3.11 (3.8 to 3.12) in .s2i/environment, --env or .python-version.",
            tail=tail,
        )


class WrapperConflict(BuildError):
    """The user's requirements and the wrapper's cannot be met together."""

    def __init__(self, wrapper: str, tail: Sequence[str]) -> None:
        super().__init__(
            f"Your requirements and those of seldon-core {wrapper} exclude each other.",
            "The wrapper serves your model in the same Python, so one version of each package must suit both.\n"
            "Who asks for what stands below; seldon-core's side cannot be changed, yours can.",
            "Loosen your pin to a version that suits both (seldon-core 1.17.1 needs numpy<2, protobuf<4, Flask<3, PyYAML<=6.0.1).",
            "Choose a release of the wrapper that suits it: BP_SELDON_CORE_VERSION (1.18 and later: licence BSL 1.1).",
            tail=tail,
        )


class RequirementsConflict(BuildError):
    """The user's own requirements contradict each other."""

    def __init__(self, tail: Sequence[str]) -> None:
        super().__init__(
            "Your requirements exclude each other.",
            "No set of versions satisfies all of them; the reason stands below.",
            "Loosen the pin that the last line names.",
            tail=tail,
        )


class BuildFromSourceFailed(BuildError):
    """A package without a wheel did not build."""

    def __init__(self, package: str, missing: str, tail: Sequence[str]) -> None:
        super().__init__(
            f"{package} could not be built from source.",
            f"It has no wheel for this Python, so it was compiled, and that failed.{' Missing: ' + missing + '.' if missing else ''}",
            "Ask for a release that has a wheel for this Python, or a package that has one (psycopg2-binary for psycopg2).",
            "Build the wheel once elsewhere, put it beside the source and name its folder: PIP_FIND_LINKS.",
            "Add what is missing to the build image of your builder.",
            tail=tail,
        )


class HashMismatch(BuildError):
    """A download is not what the requirements say."""

    def __init__(self, package: str, tail: Sequence[str]) -> None:
        super().__init__(
            f"What was downloaded for {package} has not the hash that your requirements give.",
            "The file was changed since they were written, the index serves another one, or the hash is of another platform's file.",
            "Write the hashes anew where you trust the index: pip-compile --generate-hashes, or uv pip compile --generate-hashes.",
            "If the index is a mirror, compare its file with the original before you trust it.",
            tail=tail,
        )


class IndexUnreachable(BuildError):
    """An index that was named does not answer."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"The package index {url} cannot be reached.",
            f"Connecting failed: {reason}.",
            "Check the address and that it can be reached from where the build runs (pack build --network host builds in this machine's network).",
            "Behind a proxy, give it to the build: --env HTTPS_PROXY=... or PIP_PROXY.",
        )


class NetworkAway(BuildError):
    """No index was named and the public one does not answer."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            "Packages are needed and the public package index cannot be reached.",
            f"Connecting to {url} failed: {reason}.",
            "Name an index inside your network: PIP_INDEX_URL in .s2i/environment or --env.",
            "Behind a proxy, give it to the build: --env HTTPS_PROXY=...",
            "Put the wheels beside the source: PIP_FIND_LINKS=wheels and PIP_NO_INDEX=1.",
        )


class TlsNotTrusted(BuildError):
    """The index's certificate is signed by nobody the build image trusts."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"The TLS certificate of {url} is not trusted.",
            f"Verifying it failed: {reason}.",
            "Make a builder that trusts your authority: add its certificate to this machine's store and run make builder.",
            "If the host is inside your network and you accept the risk: PIP_TRUSTED_HOST=host or host:port.",
        )


class IndexRefused(BuildError):
    """401 or 403."""

    def __init__(self, url: str, status: int, credential: bool) -> None:
        given = "The credentials that were given were refused" if credential else "No credentials were given"
        super().__init__(
            f"The package index {url} refused access ({status}).",
            f"{given}.",
            "Give user and password in the URL, percent-encoded: --env EXTRA_INDEX_URL=https://user:password@host/simple. They stay in the build.",
            "If they are right, ask the index's administrator what the account may read.",
        )


class NotAnIndex(BuildError):
    """The URL answers, but not as an index does."""

    def __init__(self, url: str, found: str) -> None:
        super().__init__(
            f"{url} is not a package index.",
            f"It answers, but not as the simple repository API does: {found}.",
            "Give the URL that pip takes; it often ends with /simple (devpi: /+simple, Artifactory: /api/pypi/NAME/simple, Nexus: /repository/NAME/simple).",
        )


class FindLinksMissing(BuildError):
    """A folder of wheels that is not there."""

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"The wheel folder {folder} is not there.",
            "PIP_FIND_LINKS or --find-links names it; a relative name is looked for in the source.",
            "Add the folder to the source, or mend its name.",
            "If it lies outside the source, mount it: pack build --volume $PWD/wheels:/whl --env PIP_FIND_LINKS=/whl.",
        )


class VcsFailed(BuildError):
    """git could not get a requirement."""

    def __init__(self, reason: str, tail: Sequence[str]) -> None:
        super().__init__(
            "A requirement from a git repository could not be fetched.",
            reason,
            "Check the URL and the branch, tag or commit after @.",
            "If the repository is private, name it with a token: git+https://${TOKEN}@host/... and --env TOKEN=...; it stays in the build.",
            tail=tail,
        )


class DiskFull(BuildError):
    """No space left."""

    def __init__(self, where: str) -> None:
        super().__init__(
            "The disk is full.",
            f"Writing to {where} failed: no space left on device.",
            "Free space where the container engine keeps its data (docker system df shows what takes it).",
            "Give the build pod a larger volume.",
        )


class InstallFailed(BuildError):
    """uv failed in a way that has no better explanation."""

    def __init__(self, doing: str, tail: Sequence[str]) -> None:
        super().__init__(f"{doing} failed.", "uv's own words stand below.", "Mend what they name and build again.", tail=tail)


class WrapperUnknown(BuildError):
    """BP_SELDON_CORE_VERSION names no release."""

    def __init__(self, version: str, tail: Sequence[str]) -> None:
        super().__init__(
            f"There is no seldon-core {version} for this Python.",
            "BP_SELDON_CORE_VERSION names the release of the wrapper to serve with.",
            "Leave it out: 1.17.1 is the newest under Apache-2.0 and is carried by the buildpack.",
            "Name a release that exists, such as 1.16.0.",
            tail=tail,
        )


class WrapperBroken(BuildError):
    """The packages are installed, and the wrapper does not import."""

    def __init__(self, tail: Sequence[str]) -> None:
        super().__init__(
            "The wrapper does not start with the versions your requirements ask for.",
            "They replace versions that seldon-core was released with; importing it fails.",
            "Leave out the pin that the last lines point at.",
            tail=tail,
        )


class PythonNotInstalled(BuildError):
    """An interpreter that the builder does not carry could not be had."""

    def __init__(self, version: str, carried: Sequence[str], catalogue: str, tail: Sequence[str]) -> None:
        super().__init__(
            f"Python {version} could not be installed.",
            f"This builder carries {', '.join(carried)}; others come from {catalogue or 'the public catalogue of uv'}, which failed.",
            f"Use a Python that is carried: BP_PYTHON_VERSION={carried[0]}.",
            f'Make a builder that carries it: make builder PYTHONS="{version}".',
            "Name a catalogue that can be reached: BP_PYTHON_DOWNLOADS_JSON_URL.",
            tail=tail,
        )


class ManifestMisspelt(BuildError):
    """requirments.txt and its like: nothing would be installed from it."""

    def __init__(self, name: str, meant: str) -> None:
        super().__init__(
            f"{name} is not a manifest's name.",
            f"Nothing would be installed: packages are read from {meant}, and there is none.",
            f"Rename it: mv {name} {meant}",
            f"If nothing is to be installed, remove {name}, or add an empty {meant}.",
        )


class NotYetSupported(BuildError):
    """A manifest that this release does not install."""

    def __init__(self, name: str, instead: str) -> None:
        super().__init__(f"{name} is not installed by this release.", "Only requirements.txt is.", instead)


# What the user wrote


def _set(name: str, value: str) -> str:
    return f"Set {name}={value}: as a line of .s2i/environment, or with `--env {name}={value}`."


class EnvironmentFileUnreadable(BuildError):
    """``.s2i/environment`` is there and cannot be read; ``reason`` is the operating system's."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            ".s2i/environment cannot be read",
            f"It is there, but reading it failed: {reason}.",
            "Make it a plain text file that everyone may read: `chmod 644 .s2i/environment`.",
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
        "The newest wrapper under the Apache licence, seldon-core 1.17.1, needs numpy below 2,\n"
        "and numpy has no wheels below 2 for Python 3.13 and later: it would be built from source, for minutes, and is not tested there."
    )
    OLDER = "That Python gets no more fixes, and the wrapper's packages are locked for Python 3.8 to 3.12 only."
    OTHER = "The wrapper and most model packages are built for CPython only."

    def __init__(self, value: str, source: str, why: str) -> None:
        super().__init__(
            f"Python {value} is not supported",
            f"It comes from {source}. {why}",
            _set("BP_PYTHON_VERSION", "3.8" if why == self.OLDER else "3.12") + " It may be 3.8 to 3.12.",
            *([] if source == "BP_PYTHON_VERSION" else [f"Let {source} allow one of 3.8 to 3.12."]),
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
