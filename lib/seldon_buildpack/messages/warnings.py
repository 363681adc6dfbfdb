"""Warnings: advice about a build that goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST_NAMES = 5


@dataclass(frozen=True)
class Advice:
    """Something that is taken as meant, or will surprise: what was found, and what to do about it."""

    found: str
    todo: str


def first_names(names: Sequence[str]) -> str:
    """The first few of many names."""
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def quotes_taken_off(origin: str, name: str) -> Advice:
    """s2i keeps quotes as part of the value, and the wrapper then stops at start."""
    return Advice(
        f"{origin}: the value of {name} stands in quotes; it is taken without them.",
        "Take the quotes off: none are needed, even around spaces.",
    )


def quote_left_open(origin: str, name: str) -> Advice:
    """A value starts with a quote that nothing closes; it is taken as it stands."""
    return Advice(
        f"{origin}: the value of {name} starts with a quote that is not closed.",
        "Take the quote off if it is not part of the value.",
    )


def comment_taken_off(origin: str, name: str) -> Advice:
    """s2i knows comments at the start of a line only."""
    return Advice(
        f"{origin}: a comment follows the value of {name}; it is taken without it.",
        "Put the comment on a line of its own, with `#` as its first letter.",
    )


def export_taken_off(origin: str, name: str) -> Advice:
    """s2i makes a variable with a space in its name of ``export A=b``."""
    return Advice(
        f"{origin}: `export {name}=` is taken as `{name}=`.",
        "Leave out `export`: the file is not a shell script.",
    )


def not_an_assignment(origin: str, name: str) -> Advice:
    """s2i skips a line without ``=``; this one looks like an assignment."""
    return Advice(
        f"{origin}: the line is skipped, for it has no `=`, but it looks as if it should set {name}.",
        f"Write it as {name}=value.",
    )


def nameless_line(origin: str) -> Advice:
    """s2i skips a line that starts with ``=``."""
    return Advice(
        f"{origin}: the line is skipped, for nothing stands before `=`.",
        "Write it as NAME=value, or remove it.",
    )


def indented_comment(origin: str) -> Advice:
    """s2i takes an indented comment with an ``=`` as a variable."""
    return Advice(
        f"{origin}: the line is skipped as a comment, though it does not start with `#`.",
        "Let `#` be the first letter of a comment.",
    )


def dotted_name(origin: str, name: str) -> Advice:
    """An image built by a buildpack gets its variables from files named after them, in which a dot ends the name."""
    return Advice(
        f"{origin}: {name} is left out, for a buildpack cannot set a variable with a dot in its name.",
        f"Use another name, or give it at run: `docker run -e {name}=...`.",
    )


def byte_order_mark(file: str) -> Advice:
    """s2i takes a byte order mark as part of the first name."""
    return Advice(
        f"{file} begins with a byte order mark; it is left out.",
        "Save the file as UTF-8 without a byte order mark.",
    )


def set_twice(origin: str, name: str, earlier: int) -> Advice:
    """As with s2i, the last line wins."""
    return Advice(
        f"{origin}: {name} is set again, and this line wins over line {earlier}.",
        f"Remove line {earlier}.",
    )


def taken_as(origin: str, name: str, value: str, taken: str) -> Advice:
    """A value that the wrapper would not take, and whose meaning is plain."""
    return Advice(f"{origin}: {name}={value} is taken as {taken}.", f"Write {name}={taken}.")


def metadata_not_yaml(origin: str, problem: str) -> Advice:
    """The wrapper says so in its log at start, and answers without it."""
    return Advice(
        f"{origin}: MODEL_METADATA is not YAML, so the wrapper will leave it out: {problem}.",
        'Write it in YAML or JSON, on one line: {"name": "my-model", "versions": ["1"]}.',
    )


def left_out_unread(name: str) -> Advice:
    """``.s2iignore`` names something that the build looks for."""
    return Advice(
        f"{name} is left out by .s2iignore, so the build does not see it, as with s2i.",
        f"If it should, write `!{name}` as the last line of .s2iignore.",
    )


def credential_in_image(name: str) -> Advice:
    """Each key of .s2i/environment is a variable of the image, as with s2i: for a password that is no place."""
    return Advice(
        f".s2i/environment: {name} looks like a credential, and everyone who has the image can read it.",
        "Take it out of the file. What the model needs at run: docker run -e, or a Secret of Kubernetes. What packages are fetched with: a binding\n"
        "of the type pypi or netrc (docs/private-indexes.md).",
    )


def binding_without_type(name: str) -> Advice:
    """A directory among the bindings that does not say what it is."""
    return Advice(
        f"The binding {name} is not read: it has no file `type`.",
        "Add one that says what the binding is: pypi, conda, netrc, ca-certificates or dependency-mirror.",
    )


def script_not_run(path: str) -> Advice:
    """A script that s2i took in the place of its builder image's."""
    instead = {
        "assemble": "Packages belong in requirements.txt, labels in .s2i/image_metadata.json, and what else it prepared in an executable\n"
        "file `before-run` at the source's top, which runs at each start.",
        "run": "What it does before the model starts belongs in an executable file `before-run` at the source's top, and what it exports\n"
        "in .s2i/environment.",
        "save-artifacts": "Remove it: what was installed is kept from build to build without it.",
        "test/run": "Run it yourself: a build runs no tests.",
    }
    return Advice(f"{path} is not run: only s2i runs it.", instead[path.removeprefix(".s2i/bin/")])


def before_run_not_executable() -> Advice:
    """s2i passed over it without a word."""
    return Advice(
        "before-run is not executable, so it does not run before the model, as with s2i.",
        "Make it executable: `chmod +x before-run` (for git: `git update-index --chmod=+x before-run`). If it is not meant to run, remove it.",
    )


def closed_to_others(names: Sequence[str]) -> Advice:
    """Files of a source that the build does not own."""
    return Advice(
        f"Not everybody may read {first_names(names)}, and the build may not change that: served by another user, the model cannot either.",
        "Let everybody read the source: `chmod -R a+rX .` there.",
    )


def links_lead_nowhere(names: Sequence[str]) -> Advice:
    """Relative links whose goal is not in the source, or was left out."""
    return Advice(
        f"Links that lead nowhere in the image: {first_names(names)}.",
        "Only the directory being built is there. Put what they lead to into it, or remove them.",
    )


def module_hidden(own: str, module: str, package: str, importer: str) -> Advice:
    """The working directory is the last place in which Python looks for a module."""
    return Advice(
        f"{own} is hidden by the installed package {package}, which has a module {module} too: {importer} imports that one.",
        f"Give {own} a name that no package has, and change the imports.",
    )


def version_file_passed_over(file: str, value: str) -> Advice:
    """pyenv's file may name an environment instead of a version."""
    return Advice(
        f"{file} says `{value}`, which is no Python version; it is passed over.",
        "Write a version there, such as 3.12, or set BP_PYTHON_VERSION.",
    )


def module_not_in_source(name: str, near: str | None) -> Advice:
    """A package that is installed may bring the module; nothing can be checked."""
    return Advice(
        f"MODEL_NAME={name} is not among the files of the source; it is expected from an installed package.",
        f"If {near} is meant, set MODEL_NAME to that."
        if near
        else "If it should be there, check the name.",
    )


def pinned_differently(chosen: str, other: str, pins: Sequence[tuple[str, str, str]]) -> Advice:
    """s2i took the first manifest without a word. ``pins``: name, the chosen manifest's version, the other's."""
    shown = ", ".join(f"{name} {mine} and {theirs}" for name, mine, theirs in pins[:MOST_NAMES])
    more = f", and {len(pins) - MOST_NAMES} more" if len(pins) > MOST_NAMES else ""
    return Advice(
        f"{chosen} and {other} pin different versions: {shown}{more}.",
        f"Those of {chosen} are installed. Make the two agree, or remove the one that is not meant.",
    )


def poetry_not_built() -> Advice:
    """A pyproject.toml that only poetry can read; s2i did not read it at all."""
    return Advice(
        "pyproject.toml lists dependencies for poetry, and does not say how the project is built: none of them is installed, as with s2i.",
        "Export them: `poetry export --output requirements.txt`, with the plugin poetry-plugin-export.",
    )


def python_added(name: str, python: str) -> Advice:
    """An environment without Python: s2i's conda made one in which nothing could serve."""
    return Advice(
        f"{name} does not name Python: Python {python} is added.",
        f"Add `- python={python}` to its dependencies.",
    )


def conda_replaced(replaced: Mapping[str, tuple[str, str]]) -> Advice:
    """Pip's half has its own version of a package that conda's half has too. ``replaced``: name to conda's version, pip's."""
    shown = first_names(
        [f"{name} {own} for {other}" for name, (other, own) in sorted(replaced.items())]
    )
    return Advice(
        f"Pip's half has its own in the place of conda's: {shown}.",
        "That is what it or the wrapper asks for. If conda's other packages need theirs, ask conda for the same version.",
    )


def wrapper_under_bsl(version: str) -> Advice:
    """Releases from 1.18 on are not under Apache-2.0."""
    return Advice(
        f"seldon-core {version} is under the Business Source License 1.1: production needs an agreement with Seldon.",
        "Without one, ask for the last release under Apache-2.0: seldon-core==1.17.1 in the requirements, or BP_SELDON_CORE_VERSION=1.17.1.",
    )


def variable_not_read(origin: str, name: str, near: str) -> Advice:
    """A variable named like pip's, uv's or the buildpack's own, which nothing reads; it does not reach the image either."""
    return Advice(
        f"{origin}: {name} has no effect, for this buildpack does not read it.",
        f"Set {near} if that is meant; otherwise remove it."
        if near
        else "Remove it. The variables that are read are in docs/variables.md.",
    )


def pins_overridden(unmet: Sequence[str]) -> Advice:
    """The user's pins go against the wrapper's, which was started with them and served."""
    return Advice(
        f"seldon-core asks for {'; '.join(unmet)} as your requirements want it.",
        "It was started with what you ask for, and answered over REST and gRPC. More was not tried: test your model.",
    )


def conda_yaml_taken(name: str) -> Advice:
    """s2i looked for environment.yml alone."""
    return Advice(
        f"{name} is installed; s2i did not read it, but environment.yml alone.",
        "Rename it to environment.yml if s2i builds this directory too.",
    )


def conda_prefix_ignored(name: str, number: int) -> Advice:
    """Where the environment lay on the machine that it was exported on; conda reads it only for its own commands."""
    return Advice(
        f"{name}: the prefix in line {number} is of the machine that wrote the file; it is ignored.",
        f"Remove line {number}, or export without it: `conda env export --from-history`.",
    )


def conda_selector_ignored(name: str, number: int, selector: str, dependency: str) -> Advice:
    """conda-build's selectors are comments for conda."""
    return Advice(
        f"{name}: `[{selector}]` in line {number} is a comment for conda, so {dependency} is installed here too.",
        f"Remove line {number} if it is for another platform, or the comment if it is not.",
    )


def conda_python_exact(name: str, number: int, version: str) -> Advice:
    """`python 3.8` and `python==3.8` are not what `python=3.8` is."""
    return Advice(
        f"{name}: line {number} asks for Python {version}.0 alone, not for any {version}.",
        f"Write python={version} for the newest {version}.",
    )


def terms_of_defaults() -> Advice:
    """Anaconda's own channels are free of charge for some only."""
    return Advice(
        "The packages of `defaults` are under Anaconda's terms of service: organisations with more than 200 people need a licence.",
        "Read the terms, or take packages from elsewhere: `channels: [conda-forge, nodefaults]`, or BP_CONDA_CHANNELS=conda-forge.",
    )


def condarc_certificates(binding: str) -> Advice:
    """conda's own switch for TLS, which may name a file of the machine that it was written on."""
    return Advice(
        f"The binding {binding}: ssl_verify of its .condarc is not read.",
        "Put the authorities that are to be trusted into the binding as `certificates`, or into a binding of the type ca-certificates.",
    )


def conda_credential_in_image(name: str, variable: str) -> Advice:
    """The variables of an environment are set when it is activated, in each container."""
    return Advice(
        f"{name}: the variable {variable} looks like a credential, and everyone who has the image can read it.",
        "Take it out of the file, and give it at run: docker run -e, or a Secret of Kubernetes.",
    )
