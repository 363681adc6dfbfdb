"""The user's settings: ``.s2i/environment`` and --env, read once and merged.

Each value has its origin. variable_kinds.py says which variables reach the image; variables.py
declares them.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from seldon_buildpack.masking import Secret, url_secrets
from seldon_buildpack.messages.errors.settings import InvalidBoolean
from seldon_buildpack.origin import PLATFORM_ENV, S2I_ENVIRONMENT, Kind, Origin
from seldon_buildpack.settings.variable_kinds import (
    in_image,
    like_credential,
    named_credential,
)

_APART = re.compile(r"[\s,]+")
_BPE_SUFFIXES = {
    "DEFAULT": "default",
    "OVERRIDE": "override",
    "APPEND": "append",
    "PREPEND": "prepend",
    "DELIM": "delim",
}
_YES = {"1", "true", "yes", "on", "t", "y"}
_NO = {"0", "false", "no", "off", "f", "n"}


@dataclass(frozen=True)
class Value:
    """A value and its origin."""

    value: str
    source: Origin


@dataclass(frozen=True)
class Settings:
    """The variables that were set.

    ``values`` maps each name to the value that wins. ``launch`` maps files of env.launch, such as
    ``NAME.default``, to their content.
    """

    values: Mapping[str, Value]
    launch: Mapping[str, str]

    def get(self, name: str) -> Value | None:
        """Return the value of a variable, or None; an empty one counts as not set."""
        value = self.values.get(name)
        return value if value and value.value.strip() else None

    def text(self, name: str) -> str:
        """Return the value without surrounding white space, or an empty string."""
        value = self.get(name)
        return value.value.strip() if value else ""

    def words(self, *names: str) -> tuple[str, ...]:
        """Return the words of list variables, in order.

        As in pip, a list is separated by white space.
        """
        return tuple(word for name in names for word in self.text(name).split())

    def channels(self, name: str) -> tuple[str, ...]:
        """Return the channels in a variable, in order.

        They are separated by commas, as in conda, or by spaces, as in the other list variables.
        """
        return tuple(word for word in _APART.split(self.text(name)) if word)

    def flag(self, name: str) -> bool:
        """Return whether a switch is on, by pip's rules."""
        return self.text(name).lower() in _YES

    def with_fallbacks(self, values: Mapping[str, tuple[str, Origin]]) -> "Settings":
        """Return a copy with values for variables that are not set.

        Each value comes with its origin. The values configure the build only and do not reach the
        image.
        """
        missing = {name: Value(*one) for name, one in values.items() if self.get(name) is None}
        return Settings({**self.values, **missing}, self.launch)

    def switch(self, name: str, default: bool) -> bool:
        """Return whether a switch of the buildpack is on.

        Raises:
            InvalidBoolean: The value is not a boolean.
        """
        value = self.get(name)
        if value and value.value.strip().lower() not in _YES | _NO:
            raise InvalidBoolean(name, value.value.strip(), value.source.describe())
        return self.flag(name) if value else default

    def with_value(self, name: str, text: str) -> "Settings":
        """Return a copy with a value changed, in the launch default too if there is one."""
        launch = dict(self.launch)
        if f"{name}.default" in launch:
            launch[f"{name}.default"] = text
        return Settings({**self.values, name: Value(text, self.values[name].source)}, launch)

    def with_launch(self, files: Mapping[str, str]) -> "Settings":
        """Return a copy with more files of env.launch."""
        return Settings(self.values, {**self.launch, **files})

    def without_launch(self, names: Iterable[str]) -> "Settings":
        """Return a copy without the launch defaults of these variables."""
        files = {f"{name}.default" for name in names}
        return Settings(
            self.values, {name: value for name, value in self.launch.items() if name not in files}
        )

    def at_launch(self, name: str) -> str:
        """Return the value of a path list in the image, without the run image's part."""
        parts = (
            self.launch.get(f"{name}.{kind}", "")
            for kind in ("prepend", "override", "default", "append")
        )
        return ":".join(part for part in parts if part)

    def plain(self) -> dict[str, str]:
        """Return the values of all variables that were set."""
        return {name: value.value for name, value in self.values.items()}

    def secrets(self) -> tuple[Secret, ...]:
        """Return the secrets that must be masked.

        These are the credentials in URLs in build variables, and the values of variables that are
        credentials by their names.
        """
        texts = {
            name: value.value
            for name, value in self.values.items()
            if not in_image(name, value.source.kind)
        }
        words = [
            word
            for name, text in texts.items()
            for word in (_APART.split(text) if name.endswith("_CHANNELS") else text.split())
        ]
        urls = tuple(
            secret for word in words if re.search("@|/t/|\\?", word) for secret in url_secrets(word)
        )
        return (
            *urls,
            *(
                Secret(value.value)
                for name, value in self.values.items()
                if named_credential(name, value.value)
            ),
        )

    def like_credentials(self) -> tuple[str, ...]:
        """Return the baked variables in ``.s2i/environment`` that look like credentials."""
        baked = {file.removesuffix(".default") for file in self.launch}
        return tuple(
            name
            for name, value in self.values.items()
            if name in baked
            and value.source.kind is Kind.S2I_ENVIRONMENT
            and like_credential(name, value.value)
        )


def read(env: Mapping[str, str], file: Iterable[tuple[str, str]]) -> Settings:
    """Merge ``.s2i/environment`` and --env; --env wins, as in s2i (pkg/build: file < -e)."""
    values = {name: Value(value, S2I_ENVIRONMENT) for name, value in file}
    values |= {name: Value(value, PLATFORM_ENV) for name, value in env.items()}
    launch = {
        f"{name}.default": value.value
        for name, value in sorted(values.items())
        if in_image(name, value.source.kind)
    }
    return Settings(values, launch | _bpe(env))


def _bpe(env: Mapping[str, str]) -> dict[str, str]:
    files: dict[str, str] = {}
    for name, value in sorted(env.items()):
        if not name.startswith("BPE_"):
            continue
        kind, _, rest = name.removeprefix("BPE_").partition("_")
        if kind in _BPE_SUFFIXES and rest:
            files[f"{rest}.{_BPE_SUFFIXES[kind]}"] = value
        else:
            files[f"{name.removeprefix('BPE_')}.override"] = value
    return files
