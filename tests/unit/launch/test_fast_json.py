"""JSON by orjson: where the standard module is used instead. tests/images/test_fast_json.py compares the two with the real ones."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from seldon_buildpack.launch import fast_json


@pytest.mark.parametrize(
    ("text", "is_long"),
    [
        (b"[1, 123456789012345678]", False),
        (b"1234567890123456789", True),
        (b"[-18446744073709551616]", True),
        (b"[0.0012345678901234567, 0.12345678901234567890]", False),
        (b"[0.0012345678901234567, 1234567890123456789]", True),
        (b"[0.00000000000000000000000000000000000001]", True),
        (b'{"a": 1e-400, "id": "1234567890123456789"}', True),
    ],
)
def test_an_integer_beyond_64_bits_is_recognized(text: bytes, is_long: bool) -> None:
    assert fast_json.has_long_integer(text) is is_long


class _Plain:
    """Flask's provider, as far as it matters here."""

    ensure_ascii = sort_keys = True

    def __init__(self, **config: bool) -> None:
        self._app = SimpleNamespace(config=config)

    def loads(self, text: bytes, **kwargs: Any) -> Any:
        return "standard", json.loads(text, **kwargs)

    def dumps(self, value: Any, **kwargs: Any) -> str:
        return "standard " + json.dumps(value, **kwargs)


def _refusing(*refused: object) -> Any:
    """A stand-in for orjson that refuses some values, as orjson does NaN."""

    def loads(text: bytes) -> Any:
        if text in refused:
            raise ValueError
        return "orjson", json.loads(text)

    def dumps(value: Any, option: int) -> bytes:
        if value in refused:
            raise TypeError
        return f"orjson {option} {json.dumps(value, ensure_ascii=False)}".encode()

    return SimpleNamespace(
        loads=loads,
        dumps=dumps,
        OPT_PASSTHROUGH_DATACLASS=1,
        OPT_PASSTHROUGH_DATETIME=2,
        OPT_PASSTHROUGH_SUBCLASS=4,
        OPT_SORT_KEYS=8,
    )


def _provider(orjson: Any, **config: bool) -> Any:
    return fast_json.with_orjson(_Plain, orjson)(**config)


def test_requests_are_read_by_orjson_unless_it_refuses() -> None:
    provider = _provider(_refusing(b"[NaN]"))
    assert provider.loads(b"[1.5]") == ("orjson", [1.5])
    assert provider.loads(b"[NaN]")[0] == "standard"
    assert provider.loads("[1.5]")[0] == "standard"
    assert provider.loads(b"[1.5]", parse_float=str) == ("standard", ["1.5"])
    assert provider.loads(b"[18446744073709551616]") == ("standard", [18446744073709551616])


_COMPACT = {"separators": (",", ":")}


def test_answers_are_written_by_orjson_unless_values_would_differ() -> None:
    provider = _provider(_refusing({"a": 2}))
    assert provider.dumps([1], **_COMPACT) == "orjson 15 [1]"
    assert provider.dumps({"a": 2}, **_COMPACT) == 'standard {"a":2}'
    assert provider.dumps([None], **_COMPACT) == "standard [null]"
    assert provider.dumps(["\xe9"], **_COMPACT) == 'standard ["\\u00e9"]'
    assert provider.dumps([1], indent=2).startswith("standard")


@pytest.mark.parametrize("as_attributes", [True, False])
def test_flask_json_settings_keep_their_meaning(as_attributes: bool) -> None:
    settings = {"ensure_ascii": False, "sort_keys": False}
    config = {} if as_attributes else {"JSON_AS_ASCII": False, "JSON_SORT_KEYS": False}
    provider = _provider(_refusing(), **config)
    for name, value in settings.items() if as_attributes else ():
        setattr(provider, name, value)
    assert provider.dumps(["\xe9"], **_COMPACT) == 'orjson 7 ["\xe9"]'
