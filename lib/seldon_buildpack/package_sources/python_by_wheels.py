"""The choice of a Python by the wheels of the pinned requirements.

It narrows what the source and the user leave open, and warns where they leave nothing open. The
answer is metadata of the layer `python`, so a rebuild with the same inputs asks no index.
"""

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from seldon_buildpack.manifests.conditions import Asked, holds
from seldon_buildpack.manifests.python_request import Minor
from seldon_buildpack.manifests.python_requests import SUPPORTED
from seldon_buildpack.messages import pins as pin_texts
from seldon_buildpack.messages.errors.pins import NoPythonForPins
from seldon_buildpack.messages.warnings import pins as pins_warnings
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.origin import Kind, Origin
from seldon_buildpack.package_sources.indexes import Index
from seldon_buildpack.python_version import PythonChoice, PythonEvidence

if TYPE_CHECKING:
    from seldon_buildpack.package_sources.wheel_availability import Availability, Pin

_KEY, _PYTHON, _BECAUSE = PythonEvidence.METADATA
_BOUNDED = re.compile(r"(?:^|,)\s*(?:==|<|~=)")


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the choice depends on apart from the requirements and the indexes."""

    # Whether a Python is in the bundle, or in a catalogue that the user or the builder names.
    is_available: Callable[[str], bool]
    # The versions of the wrapper's packages for a Python, by name.
    locked: Callable[[str], Mapping[str, frozenset[str]]]
    # The metadata of the layer `python` of the last build.
    stored: Mapping[str, str] = field(default_factory=dict)
    # The platform's target.
    target: str = ""


def decide(
    choice: PythonChoice, lines: Sequence[Asked], index: Index, around: Surroundings
) -> PythonChoice:
    """Return the choice with the Python for which all pins have wheels.

    A Python that the requests leave no choice about stays, with a warning. It also stays if the
    indexes cannot be asked: uv reports that.

    Raises:
        NoPythonForPins: No supported Python has wheels for all pins.
    """
    bounded = [line for line in lines if _is_bounded(line) and not _from_source(line, index)]
    if not bounded:
        return choice
    key = _key(choice, bounded, index, around)
    if around.stored.get(_KEY) == key:
        return _as_stored(choice, around.stored)
    locked = around.locked(_text(choice.minor))
    needed = [line for line in bounded if not _is_locked(line, locked)]
    matter = _Matter.of(needed, choice, index)
    if not matter.unfit(choice.minor):
        return replace(choice, evidence=PythonEvidence(key=key, python=_text(choice.minor)))
    matter = matter.with_lines([line for line in bounded if line not in needed], index)
    if not choice.is_open:
        return replace(
            choice,
            advice=(*choice.advice, matter.advice()),
            evidence=PythonEvidence(key=key, python=_text(choice.minor)),
        )
    minor = matter.chosen(around.is_available)
    if minor == choice.minor:
        return replace(choice, evidence=PythonEvidence(key=key, python=_text(minor)))
    because = matter.because(minor)
    evidence = PythonEvidence(
        key=key,
        python=_text(minor),
        because=because,
        pins=matter.table(),
        changes=matter.changes(choice.minor),
        instead_of=_text(choice.minor),
    )
    return _with_minor(choice, minor, because, evidence)


def _with_minor(
    choice: PythonChoice, minor: Minor, because: str, evidence: PythonEvidence
) -> PythonChoice:
    source = Origin(kind=Kind.PINS, name=because) if because else choice.source
    return replace(choice, minor=minor, version=None, source=source, evidence=evidence)


def _as_stored(choice: PythonChoice, stored: Mapping[str, str]) -> PythonChoice:
    python, because = stored.get(_PYTHON, ""), stored.get(_BECAUSE, "")
    evidence = PythonEvidence(key=stored[_KEY], python=python, because=because)
    if not because:
        return replace(choice, evidence=evidence)
    major, minor = python.split(".")
    return _with_minor(choice, (int(major), int(minor)), because, evidence)


def _is_bounded(line: Asked) -> bool:
    return bool(line.name and not line.by_url and _BOUNDED.search(line.specifier))


def _from_source(line: Asked, index: Index) -> bool:
    """Return whether the package is always built from source (--no-binary)."""
    words = index.options
    named = {words[at + 1] for at, word in enumerate(words[:-1]) if word == "--no-binary"}
    return bool(named & {line.name, ":all:"})


def _is_locked(line: Asked, locked: Mapping[str, frozenset[str]]) -> bool:
    """Return whether the wrapper brings this very version: it is installed from the bundle."""
    return line.specifier.removeprefix("==").strip() in locked.get(line.name, frozenset())


def _key(choice: PythonChoice, lines: Sequence[Asked], index: Index, around: Surroundings) -> str:
    folders = (*index.folders, *index.local_links)
    files = sorted(name for folder in folders for name in _names_in(folder))
    minors = [_text(minor) for minor in choice.candidates]
    parts = [
        sorted([line.name, line.specifier, line.marker] for line in lines),
        choice.spec,
        [[minor, around.is_available(minor)] for minor in minors],
        [each.value for each in choice.requests],
        index.key(),
        files,
        around.target,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _names_in(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except OSError:
        # The build names an unreadable folder later.
        return []


def _text(minor: Minor) -> str:
    return f"{minor[0]}.{minor[1]}"


@dataclass(frozen=True, kw_only=True)
class _Matter:
    """The pins, what the indexes have of them, and the Pythons in question."""

    # The choice that the source leaves open.
    choice: PythonChoice
    lines: tuple[Asked, ...]
    # What the indexes have of each pin.
    known: "Mapping[Pin, Availability]"
    # When the indexes are no longer waited for (time.monotonic).
    until: float

    @classmethod
    def of(cls, lines: Sequence[Asked], choice: PythonChoice, index: Index) -> "_Matter":
        """Survey the lines."""
        from seldon_buildpack.package_sources import wheel_availability

        until = time.monotonic() + wheel_availability.SECONDS
        return cls(choice=choice, lines=(), known={}, until=until).with_lines(lines, index)

    def with_lines(self, lines: Sequence[Asked], index: Index) -> "_Matter":
        """Return a copy with more lines, of which the indexes are asked."""
        from seldon_buildpack.package_sources import wheel_availability

        pins = dict.fromkeys(_pin(line) for line in lines if not line.files)
        listed = {_pin(line): line.files for line in lines if line.files}
        surveyed = {
            **wheel_availability.survey(index, list(pins), self.until),
            **wheel_availability.list_locked(listed),
        }
        known = {
            pin: files
            for pin, files in surveyed.items()
            # What no Python can install decides nothing: uv reports it.
            if any(map(files.suits, SUPPORTED))
        }
        return replace(self, lines=(*self.lines, *lines), known={**self.known, **known})

    def unfit(self, minor: Minor) -> "tuple[Pin, ...]":
        """Return the pins that apply to this Python and have no wheel for it."""
        python = _text(minor)
        pins = (_pin(line) for line in self.lines if holds(line.marker, python))
        return tuple(
            pin
            for pin in dict.fromkeys(pins)
            if pin in self.known and not self.known[pin].suits(minor)
        )

    @cached_property
    def fitting(self) -> tuple[Minor, ...]:
        """The candidates for which all pins have wheels, the preferred ones first."""
        return tuple(minor for minor in self.choice.candidates if not self.unfit(minor))

    def chosen(self, is_available: Callable[[str], bool]) -> Minor:
        """Return the preferred Python of those that fit and can be had.

        Raises:
            NoPythonForPins: None fits.
        """
        if self.fitting:
            return next(
                (minor for minor in self.fitting if is_available(_text(minor))), self.fitting[0]
            )
        pins = {_pin(line) for line in self.lines}
        if pins - self.known.keys():
            return self.choice.minor
        nearest = min(self.choice.candidates, key=lambda minor: len(self.unfit(minor)))
        raise NoPythonForPins(self.table(), _text(nearest), self.changes(nearest))

    def because(self, minor: Minor) -> str:
        """Return why this Python is taken and not the preferred one."""
        newer = sorted(each for each in self.choice.candidates if each > minor)
        pins = [
            pin.text
            for pin in (self.unfit(newer[0]) if newer else ())
            if all(pin in self.unfit(each) for each in newer)
        ]
        if pins:
            return pin_texts.without_wheels(pins, _text(newer[0]), and_later=len(newer) > 1)
        pins = [pin.text for pin in self.unfit(self.choice.minor)]
        return pin_texts.without_wheels(pins, _text(self.choice.minor), and_later=False)

    def table(self) -> tuple[tuple[str, str], ...]:
        """Return the pins that do not fit every candidate, with the Pythons that each fits."""
        unfit = {pin for minor in self.choice.candidates for pin in self.unfit(minor)}
        return tuple(
            (
                pin.text,
                pin_texts.ranges([each[1] for each in SUPPORTED if self.known[pin].suits(each)]),
            )
            for pin in dict.fromkeys(map(_pin, self.lines))
            if pin in unfit
        )

    def changes(self, minor: Minor) -> tuple[tuple[str, str], ...]:
        """Return the pins without a wheel for a Python, and the first later releases with one.

        The result is empty if there is no such release of one of them.
        """
        matches = [(pin, self.known[pin].first_suiting(minor)) for pin in self.unfit(minor)]
        if not all(version for _, version in matches):
            return ()
        return tuple((pin.text, f"{pin.name}=={version}") for pin, version in matches)

    def advice(self) -> Advice:
        """Return the warning that the pins have no wheels for a Python that is set."""
        unfit = self.unfit(self.choice.minor)
        fitting = [_text(minor) for minor in reversed(SUPPORTED) if not self.unfit(minor)]
        return pins_warnings.not_for_this_python(
            [pin.text for pin in unfit],
            _text(self.choice.minor),
            self.choice.source,
            fitting[0] if fitting else "",
            all(self.known[pin].is_buildable(self.choice.minor) for pin in unfit),
        )


def _pin(line: Asked) -> "Pin":
    from seldon_buildpack.package_sources.wheel_availability import Pin

    return Pin(line.name, line.specifier)
