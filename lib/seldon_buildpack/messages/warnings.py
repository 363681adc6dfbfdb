"""Warnings, which don't stop the build."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seldon_buildpack.origin import Origin

MOST_NAMES = 5


@dataclass(frozen=True)
class Advice:
    """A warning: what was found, and what to do about it."""

    found: str
    todo: str


def first_names(names: Sequence[str]) -> str:
    """Join the first few names, and count the rest."""
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def quotes_taken_off(origin: str, name: str) -> Advice:
    """Warn about a quoted value in .s2i/environment.

    s2i keeps the quotes as part of the value, and the wrapper then fails at startup.
    """
    return Advice(
        f"{origin}: the value of {name} is in quotes, which are not part of the value.",
        "Remove the quotes: they are not needed, even around spaces.",
    )


def quote_left_open(origin: str, name: str) -> Advice:
    """Warn about a value that starts with an unclosed quote; it is kept unchanged."""
    return Advice(
        f"{origin}: the value of {name} starts with a quote that is not closed.",
        "Remove the quote if it is not part of the value.",
    )


def comment_taken_off(origin: str, name: str) -> Advice:
    """Warn about a comment after a value; s2i supports comments on their own line only."""
    return Advice(
        f"{origin}: a comment follows the value of {name}, and is not part of the value.",
        "Put the comment on its own line, with `#` as the first character.",
    )


def export_taken_off(origin: str, name: str) -> Advice:
    """Warn about ``export A=b``, which s2i reads as a variable named ``export A``."""
    return Advice(
        f"{origin}: `export {name}=` is read as `{name}=`.",
        "Remove `export`: the file is not a shell script.",
    )


def not_an_assignment(origin: str, name: str) -> Advice:
    """Warn about a line without ``=`` that looks like an assignment; s2i skips it too."""
    return Advice(
        f"{origin}: the line is skipped, because it has no `=`, but it looks like it should set {name}.",
        f"Write it as {name}=value.",
    )


def nameless_line(origin: str) -> Advice:
    """Warn about a line that starts with ``=``; s2i skips it too."""
    return Advice(
        f"{origin}: the line is skipped, because there is no name before `=`.",
        "Write it as NAME=value, or remove it.",
    )


def indented_comment(origin: str) -> Advice:
    """Warn about an indented comment; s2i reads one that contains ``=`` as a variable."""
    return Advice(
        f"{origin}: the line is skipped as a comment, although it does not start with `#`.",
        "Start a comment with `#` as the first character of its line.",
    )


def dotted_name(origin: str, name: str) -> Advice:
    """Warn about a variable with a dot in its name, which can't be set.

    A buildpack sets a variable with a file that is named after it, and the name ends at the first
    dot.
    """
    return Advice(
        f"{origin}: {name} is ignored, because a buildpack cannot set a variable with a dot in its name.",
        f"Use another name, or set it when you run the image: `docker run -e {name}=...`.",
    )


def byte_order_mark(file: str) -> Advice:
    """Warn about a byte order mark; s2i reads it as part of the first name."""
    return Advice(
        f"{file} begins with a byte order mark, which is ignored.",
        "Save the file as UTF-8 without a byte order mark.",
    )


def set_twice(origin: str, name: str, earlier: int) -> Advice:
    """Warn about a variable that is set twice; the last line wins, as in s2i."""
    return Advice(
        f"{origin}: {name} is set again, and this line overrides line {earlier}.",
        f"Remove line {earlier}.",
    )


def taken_as(origin: str, name: str, value: str, taken: str) -> Advice:
    """Warn about a value that the wrapper would reject, but whose meaning is clear."""
    return Advice(f"{origin}: {name}={value} is read as {taken}.", f"Write {name}={taken}.")


def metadata_not_yaml(origin: str, problem: str) -> Advice:
    """Warn about MODEL_METADATA that is not YAML.

    The wrapper only logs this at startup, and serves the model without the metadata.
    """
    return Advice(
        f"{origin}: MODEL_METADATA is not YAML, so the wrapper will ignore it: {problem}.",
        'Write it in YAML or JSON, on one line: {"name": "my-model", "versions": ["1"]}.',
    )


def left_out_unread(name: str) -> Advice:
    """Warn that ``.s2iignore`` excludes a file that the build looks for."""
    return Advice(
        f"{name} is excluded by .s2iignore, so the build does not read it, as with s2i.",
        f"If the build should read it, write `!{name}` as the last line of .s2iignore.",
    )


def credential_in_image(name: str) -> Advice:
    """Warn about a credential in .s2i/environment.

    Each key becomes a variable of the image, as in s2i, so anyone with the image can read it.
    """
    return Advice(
        f".s2i/environment: {name} looks like a credential, and everyone who has the image can read it.",
        "Remove it from the file. If the model needs it, set it when you run the image: docker run -e, or a Kubernetes Secret.\n"
        "To download packages, use a binding of type pypi or netrc (docs/private-indexes.md).",
    )


def connection_setting_refused(setting: str) -> Advice:
    """Warn about a setting of the source that would decide how the platform's passwords travel."""
    return Advice(
        f"{setting} is not applied: the platform gives credentials to this build, and the source does not decide how they are sent.",
        "If it is to apply, set it on the platform, with `pack build --env`.",
    )


def certificates_not_verified(settings: Sequence[str], hosts: Sequence[str]) -> Advice:
    """Warn about connections whose certificates are not verified."""
    return Advice(
        f"The certificates of {first_names(hosts)} are not verified ({', '.join(settings)}): anyone between can change what is downloaded.",
        "Bind the CA certificate instead: a binding of the type `ca-certificates`.",
    )


def proxy_of_source(variable: str, proxy: str) -> Advice:
    """Warn about a proxy that the source chooses."""
    return Advice(
        f"Downloads go through {proxy}, the proxy that {variable} names in .s2i/environment.",
        "If your platform has a proxy, set HTTPS_PROXY there and remove the line.",
    )


def binding_without_type(name: str) -> Advice:
    """Warn about a binding without a file ``type``."""
    return Advice(
        f"The binding {name} is ignored: it has no file `type`.",
        "Add that file, with the binding's type: pypi, conda, netrc, ca-certificates or dependency-mirror.",
    )


def script_not_run(path: str) -> Advice:
    """Warn about a script that s2i runs instead of its builder image's, and the build doesn't."""
    instead = {
        "assemble": "Put packages in requirements.txt, labels in .s2i/image_metadata.json, and other preparation in an executable\n"
        "file `before-run` at the root of the source, which runs at each start.",
        "run": "Put commands that run before the model in an executable file `before-run` at the root of the source, and its exports\n"
        "in .s2i/environment.",
        "save-artifacts": "Remove it: builds reuse installed packages without it.",
        "test/run": "Run it yourself: a build does not run tests.",
    }
    return Advice(f"{path} is not run: only s2i runs it.", instead[path.removeprefix(".s2i/bin/")])


def before_run_not_executable() -> Advice:
    """Warn about a before-run that is not executable; s2i skips it without a message."""
    return Advice(
        "before-run is not executable, so it does not run before the model, as with s2i.",
        "Make it executable: `chmod +x before-run` (for git: `git update-index --chmod=+x before-run`). If it is not meant to run, remove it.",
    )


def closed_to_others(names: Sequence[str]) -> Advice:
    """Warn about files that aren't world-readable, and whose mode the build can't change.

    This happens if the build does not own the source.
    """
    return Advice(
        f"Not everyone can read {first_names(names)}, and the build cannot change that. A model that runs as another user cannot read it either.",
        "Make the source readable for everyone: `chmod -R a+rX .` in its directory.",
    )


def links_lead_nowhere(names: Sequence[str]) -> Advice:
    """Warn about relative links whose target is not in the source or was excluded."""
    return Advice(
        f"Links without a target in the image: {first_names(names)}.",
        "Only the directory that you build is available. Add the targets to it, or remove the links.",
    )


def module_hidden(own: str, module: str, package: str, importer: str) -> Advice:
    """Warn about a module of the source that is hidden by an installed package.

    The working directory comes last in Python's module search path.
    """
    return Advice(
        f"{own} is hidden by the installed package {package}, which has a module {module} too: {importer} imports that one.",
        f"Rename {own} to a name that no package has, and change the imports.",
    )


def method_takes_fewer(place: str, name: str, passed: int) -> Advice:
    """Warn about a method that takes fewer arguments than the wrapper passes, besides self."""
    return Advice(
        f"{place}: the wrapper calls `{name}` with more arguments than it takes; the call fails.",
        _define(name, passed),
    )


def method_takes_more(place: str, name: str, passed: int) -> Advice:
    """Warn about a method that requires more arguments than the wrapper passes."""
    return Advice(
        f"{place}: the wrapper calls `{name}` with fewer arguments than it requires; the call fails.",
        _define(name, passed),
    )


def method_is_async(place: str, name: str) -> Advice:
    """Warn about an async method, whose result the wrapper does not await."""
    return Advice(
        f"{place}: `{name}` is async, but the wrapper does not await it; the call fails.",
        f"Define it with `def {name}`, and call asynchronous code with asyncio.run.",
    )


def method_is_generator(place: str, name: str) -> Advice:
    """Warn about a method that yields, whose result the wrapper cannot convert."""
    return Advice(
        f"{place}: `{name}` yields, but the wrapper needs a value; the call fails.",
        "Return a list or an array.",
    )


def _define(name: str, passed: int) -> str:
    arguments = {0: "self", 1: "self, message", 2: "self, X, names"}.get(
        passed, "self, X, names, reward, truth, routing=None"
    )
    return f"Define it as `def {name}({arguments}):`."


def imports_missing(places: Sequence[str]) -> Advice:
    """Warn about imports that may fail; each place has the module, the file and the line."""
    return Advice(
        f"The model may import modules that are not installed: {first_names(places)}.",
        "Add their packages to your requirements if a request can reach these lines.",
    )


def version_file_passed_over(file: str, value: str) -> Advice:
    """Warn about a version file without a version; pyenv's may name an environment."""
    return Advice(
        f"{file} contains `{value}`, which is not a Python version, and is ignored.",
        "Write a version there, such as 3.12, or set BP_PYTHON_VERSION.",
    )


def other_python_requested(source: Origin, python: str) -> Advice:
    """Warn that BP_PYTHON_VERSION is not the Python that the source says it is for."""
    return Advice(
        f"BP_PYTHON_VERSION chooses Python {python}, which does not satisfy {source.describe()}.",
        f"Unset BP_PYTHON_VERSION to follow {source.name}.",
    )


def built_with_older_setuptools(removed: str, constraint: str) -> Advice:
    """Warn that a build from source needed an older setuptools."""
    return Advice(
        f"A package needs {removed}, which new releases of setuptools no longer have. It was built with {constraint}.",
        f"To skip the first attempt, write {constraint} to a file and set PIP_BUILD_CONSTRAINT to the file's name.",
    )


def module_not_in_source(name: str, near: str | None) -> Advice:
    """Warn that MODEL_NAME is not in the source.

    An installed package may provide the module, so it can't be checked.
    """
    return Advice(
        f"MODEL_NAME={name} is not in the source, so the build expects it from an installed package.",
        f"If you mean {near}, set MODEL_NAME to that."
        if near
        else "If it should be in the source, check the name.",
    )


def method_of_another_type(
    class_name: str,
    service_type: tuple[str, str],
    needed: Sequence[str],
    present: Sequence[str],
    fitting: str | None,
) -> Advice:
    """Warn that the class has no method of its service type, but others that are called.

    The wrapper serves every endpoint for any type. ``service_type`` is the type and its origin.
    """
    value, origin = service_type
    needs = " or ".join(needed)
    fix = f"Set SERVICE_TYPE={fitting}" if fitting else f"Define {needed[0]}"
    return Advice(
        f"{origin}: SERVICE_TYPE={value}, but {class_name} has no {needs}. It has {first_names(present)}.",
        f"{fix} if a graph calls it. The wrapper serves every endpoint whatever the type, but a graph calls a {value}\n"
        f"only through {needs}.",
    )


def manifests_for_developers(names: Sequence[str]) -> Advice:
    """Warn about the only lists of packages, which are for developers by their names."""
    return Advice(
        f"No package is installed: {first_names(names)} {'is' if len(names) == 1 else 'are'} treated as for developers.",
        f"If the model needs these packages, set BP_REQUIREMENTS={names[0]}.",
    )


def manifests_below_the_top(names: Sequence[str]) -> Advice:
    """Warn that the only manifests are in folders of the source, where none is read."""
    return Advice(
        f"No package is installed: {first_names(names)} {'is' if len(names) == 1 else 'are'} not at the top of the source.",
        f"If the model needs what a file lists, set BP_REQUIREMENTS={names[0]}.",
    )


def git_lfs_pointers(names: Sequence[str]) -> Advice:
    """Warn about pointers of Git LFS that nothing names which the model runs."""
    return Advice(
        f"Git LFS pointers, not the files themselves: {first_names(names)}. The code that the model runs does not name them.",
        "If the model opens them, run `git lfs install && git lfs pull` before the build (docs/platforms.md). Otherwise add them to .s2iignore.",
    )


def pinned_differently(chosen: str, other: str, pins: Sequence[tuple[str, str, str]]) -> Advice:
    """Warn about manifests that pin different versions; s2i uses the first silently.

    ``pins`` has the package's name, the version in ``chosen``, and the version in ``other``.
    """
    shown = ", ".join(f"{name} {mine} and {theirs}" for name, mine, theirs in pins[:MOST_NAMES])
    more = f", and {len(pins) - MOST_NAMES} more" if len(pins) > MOST_NAMES else ""
    return Advice(
        f"{chosen} and {other} pin different versions: {shown}{more}.",
        f"The build installs the versions in {chosen}. Make the two agree, or remove the one that you do not need.",
    )


def poetry_not_built() -> Advice:
    """Warn about a pyproject.toml that only poetry can read; s2i did not read it at all."""
    return Advice(
        "pyproject.toml lists dependencies for poetry, but does not say how to build the project. None of them is installed, as with s2i.",
        "Export them: `poetry export --output requirements.txt`, with the plugin poetry-plugin-export.",
    )


def python_added(name: str, python: str) -> Advice:
    """Warn that Python was added to an environment that does not list it.

    s2i's conda created an environment in which no model could be served.
    """
    return Advice(
        f"{name} does not list Python, so Python {python} is added.",
        f"Add `- python={python}` to its dependencies.",
    )


def conda_replaced(replaced: Mapping[str, tuple[str, str]]) -> Advice:
    """Warn about conda packages that the environment's pip section replaces.

    ``replaced`` maps a package's name to conda's version and pip's version.
    """
    shown = first_names(
        [f"{name} {own} (conda: {other})" for name, (other, own) in sorted(replaced.items())]
    )
    return Advice(
        f"The pip section replaces conda packages: {shown}.",
        "The section or the wrapper requires these versions. If other conda packages need conda's version, require the same version from conda.",
    )


def wrapper_under_bsl(version: str) -> Advice:
    """Warn that seldon-core is not under Apache-2.0 from version 1.18 on."""
    return Advice(
        f"seldon-core {version} is under the Business Source License 1.1: production use needs an agreement with Seldon.",
        "Without one, use the last release under Apache-2.0: seldon-core==1.17.1 in the requirements, or BP_SELDON_CORE_VERSION=1.17.1.",
    )


def variable_not_read(origin: str, name: str, near: str) -> Advice:
    """Warn about a variable that looks like one of pip, uv or the buildpack, but is not read.

    It is not set in the image either.
    """
    return Advice(
        f"{origin}: {name} has no effect, because this buildpack does not read it.",
        f"If you mean {near}, set that. Otherwise remove it."
        if near
        else "Remove it. docs/variables.md lists the variables that the buildpack reads.",
    )


def pins_overridden(unmet: Sequence[str]) -> Advice:
    """Warn that the user's pins conflict with the wrapper's.

    The wrapper was started with the user's versions, and it served requests.
    """
    return Advice(
        f"Your requirements override versions that seldon-core requires: {'; '.join(unmet)}.",
        "The build started the wrapper with your versions, and it responded over REST and gRPC. Nothing else was tested: test your model.",
    )


def protobuf_without_compiled_code(version: str, python: str) -> Advice:
    """Warn about a protobuf that is pure Python, because this Python has no compiled one."""
    return Advice(
        f"protobuf {version} has no compiled code for Python {python}: gRPC with 100,000 numbers takes about 440 ms instead of 12.",
        "Require protobuf 4.25.8 or later; or set BP_PYTHON_VERSION=3.10, for which 3.20 has compiled code.",
    )


def conda_yaml_taken(name: str) -> Advice:
    """Warn that the environment file is installed, although s2i reads environment.yml only."""
    return Advice(
        f"The build installs {name}. s2i reads only environment.yml.",
        "Rename it to environment.yml if you also build this directory with s2i.",
    )


def conda_prefix_ignored(name: str, number: int) -> Advice:
    """Warn about ``prefix``, the environment's path on the machine that exported it.

    conda uses it in its own commands only.
    """
    return Advice(
        f"{name}: the prefix in line {number} is from the machine that wrote the file, and is ignored.",
        f"Remove line {number}, or export without it: `conda env export --from-history`.",
    )


def conda_selector_ignored(name: str, number: int, selector: str, dependency: str) -> Advice:
    """Warn about a conda-build selector, which is only a comment to conda."""
    return Advice(
        f"{name}: `[{selector}]` in line {number} is only a comment to conda, so {dependency} is installed here too.",
        f"Remove line {number} if it is for another platform. Otherwise remove the comment.",
    )


def include_by_file_url(name: str, number: int, option: str, path: str) -> Advice:
    """Warn about an include by a relative file URL, which pip accepted before 21.2."""
    return Advice(
        f"{name}: `{option} file:{path}` in line {number} is read as `{option} {path}`. pip accepts the other form up to 21.1 only.",
        f"Write `{option} {path}`.",
    )


def conda_python_exact(name: str, number: int, version: str) -> Advice:
    """Warn that `python 3.8` and `python==3.8` are exact, unlike `python=3.8`."""
    return Advice(
        f"{name}: line {number} requires exactly Python {version}.0, not any {version}.",
        f"Write python={version} for the newest {version}.",
    )


def terms_of_defaults() -> Advice:
    """Warn that Anaconda's own channels are free of charge for some users only."""
    return Advice(
        "The packages of `defaults` are under Anaconda's terms of service: organisations with more than 200 people need a licence.",
        "Read the terms, or use other channels: `channels: [conda-forge, nodefaults]`, or BP_CONDA_CHANNELS=conda-forge.",
    )


def condarc_certificates(binding: str) -> Advice:
    """Warn about ssl_verify in a .condarc.

    It may name a file on the machine where the .condarc was written.
    """
    return Advice(
        f"The binding {binding}: ssl_verify in its .condarc is ignored.",
        "Add your CA certificates to the binding as `certificates`, or use a binding of type ca-certificates.",
    )


def conda_credential_in_image(name: str, variable: str) -> Advice:
    """Warn about a credential among an environment's variables.

    They are set when the environment is activated, which happens in each container.
    """
    return Advice(
        f"{name}: the variable {variable} looks like a credential, and everyone who has the image can read it.",
        "Remove it from the file, and set it when you run the image: docker run -e, or a Kubernetes Secret.",
    )
