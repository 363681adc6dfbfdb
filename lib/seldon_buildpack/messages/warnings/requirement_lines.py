"""Warnings about options in requirements files that have another effect than with pip."""

from seldon_buildpack.messages.errors.requirement_lines import LinePlace
from seldon_buildpack.messages.warnings.base import Advice


def option_without_effect(place: LinePlace, option: str) -> Advice:
    """Warn about an option behind a requirement, where pip ignores it too."""
    return Advice(
        f"Line {place.number} of {place.file}: {option} has no effect behind a requirement, as with pip.",
        f"Put {option} on a line of its own, or remove it.",
    )


def hash_without_requirement(place: LinePlace) -> Advice:
    """Warn about --hash on a line without a requirement, which pip ignores too."""
    return Advice(
        f"Line {place.number} of {place.file}: --hash without a requirement has no effect, as with pip.",
        "End the line above with a backslash, or remove the line.",
    )


def words_ignored(place: LinePlace, words: str) -> Advice:
    """Warn about words behind an option's value; pip ignores them without a word."""
    return Advice(
        f"Line {place.number} of {place.file}: `{words}` is ignored, as with pip: the option takes one value.",
        "Put it on a line of its own, or remove it. A path with spaces needs quotes.",
    )


def prefer_binary(place: LinePlace) -> Advice:
    """Warn about --prefer-binary, which uv does not have."""
    return Advice(
        f"Line {place.number} of {place.file}: --prefer-binary has no effect. uv chooses the newest version, even if it has to be built.",
        "To exclude source archives, write --only-binary NAME, or pin a version that has a wheel.",
    )


def settings_without_name(place: LinePlace) -> Advice:
    """Warn about --config-settings of a requirement without a name, which uv cannot apply."""
    return Advice(
        f"Line {place.number} of {place.file}: --config-settings has no effect, because the requirement has no name.",
        "Write NAME @ before the path or the URL.",
    )


def not_all_have_hashes(place: LinePlace) -> Advice:
    """Warn about a file in which only some requirements have hashes."""
    return Advice(
        f"Line {place.number} of {place.file} has no hash, but other requirements have. Hashes are checked where they are given; pip would refuse the file.",
        "Give every requirement a hash: pip-compile --generate-hashes. --require-hashes in the file makes it an error.",
    )
