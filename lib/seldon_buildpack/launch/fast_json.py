"""JSON by orjson, wherever a client gets equal values; no file of the wrapper is changed.

json.loads and json.dumps take nearly all of the time of a large REST request. Imported by
seldon-serve, which is next to it in the image; standard library and orjson only, with the syntax of
Python 3.6. Without orjson or with a Flask before 2.2, the standard module is used.
"""

import importlib
from typing import Any

# orjson reads an integer beyond 64 bits as a float: it has at least 19 digits.
_EQUAL_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_DIGITS, _FRACTION = b"0" * 19, b"." + b"0" * 19


def use_orjson() -> None:
    """Let the wrapper's REST server read requests and write answers with orjson."""
    servers: Any = importlib.import_module("seldon_core.wrapper")
    try:
        orjson: Any = importlib.import_module("orjson")
    except ImportError:
        return
    plain = getattr(servers, "_set_flask_app_configs", None)
    if plain is None:
        return

    def configure(app: Any) -> None:
        provider = getattr(app, "json", None)
        if provider is not None:
            app.json = with_orjson(type(provider), orjson)(app)
        plain(app)

    servers._set_flask_app_configs = configure


def with_orjson(provider: Any, orjson: Any) -> Any:
    """Return a subclass of Flask's JSON provider that uses orjson where the values are equal."""
    options = (
        orjson.OPT_PASSTHROUGH_DATACLASS
        | orjson.OPT_PASSTHROUGH_DATETIME
        | orjson.OPT_PASSTHROUGH_SUBCLASS
    )

    class OrjsonProvider(provider):  # type: ignore[misc]
        def loads(self, s: Any, **kwargs: Any) -> Any:
            """Parse JSON; the standard module has the last word on what orjson refuses."""
            if isinstance(s, bytes) and not kwargs and not has_long_integer(s):
                try:
                    return orjson.loads(s)
                except ValueError:
                    # NaN, infinities, numbers beyond a float, lone surrogates, other encodings.
                    pass
            return super().loads(s, **kwargs)

        def dumps(self, obj: Any, **kwargs: Any) -> str:
            """Write JSON without spaces by orjson, everything else by the standard module."""
            if kwargs == {"separators": (",", ":")}:
                config = self._app.config.get
                ascii_only, sort_keys = config("JSON_AS_ASCII"), config("JSON_SORT_KEYS")
                ascii_only = self.ensure_ascii if ascii_only is None else ascii_only
                sort_keys = self.sort_keys if sort_keys is None else sort_keys
                sort = orjson.OPT_SORT_KEYS if sort_keys else 0
                try:
                    text = str(orjson.dumps(obj, option=options | sort), "utf-8")
                except TypeError:
                    # Types of Flask and NumPy, keys that are no texts, integers beyond 64 bits.
                    return str(super().dumps(obj, **kwargs))
                # orjson writes NaN and infinities as null too.
                if "null" not in text and (not ascii_only or text.isascii()):
                    return text
            return str(super().dumps(obj, **kwargs))

    return OrjsonProvider


def has_long_integer(data: bytes) -> bool:
    """Return whether there may be an integer beyond 64 bits; fractions do not count.

    Every run of 19 digits is part of a fraction if as many runs follow a point. A regular
    expression would take longer than parsing.
    """
    digits = data.translate(_EQUAL_DIGITS)
    runs = digits.count(_DIGITS)
    return runs > 0 and runs != digits.count(_FRACTION)
