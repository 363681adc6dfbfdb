"""Warnings about variables, and about the file .s2i/environment."""

from seldon_buildpack.messages.warnings.base import Advice


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


def credential_in_image(name: str) -> Advice:
    """Warn about a credential in .s2i/environment.

    Each key becomes a variable of the image, as in s2i, so anyone with the image can read it.
    """
    return Advice(
        f".s2i/environment: {name} looks like a credential, and everyone who has the image can read it.",
        "Remove it from the file. If the model needs it, set it when you run the image: docker run -e, or a Kubernetes Secret.\n"
        "To download packages, use a binding of type pypi or netrc (docs/private-indexes.md).",
    )
