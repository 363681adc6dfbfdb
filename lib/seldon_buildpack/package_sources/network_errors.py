"""Plain descriptions of network errors.

The tools' own messages are those of the system calls and libraries that they use.
"""

import re

# Messages of uv (reqwest), requests (urllib3) and git (curl), and their plain descriptions.
_REASONS = (
    (r"407|[Pp]roxy [Aa]uthentication [Rr]equired", "the proxy requires a user and password (407)"),
    (
        r"Tunnel connection failed: (\d{3})|tunnel error: unsuccessful|CONNECT tunnel failed, response (\d{3})",
        "the proxy does not let {host} through",
    ),
    (
        r"[Uu]nable to connect to proxy|Cannot connect to proxy|proxy.*refused",
        "the proxy does not respond",
    ),
    (r"[Cc]onnection refused", "{host} refused the connection"),
    (
        r"does not resolve|Name or service not known|No address associated|Could not resolve host",
        "the name {host} does not resolve",
    ),
    (
        r"lookup address information: Try again|Temporary failure in name resolution",
        "no name server responded when looking up {host}",
    ),
    (r"timed out|[Tt]imeout", "{host} did not respond in time"),
    (r"[Uu]nreachable|No route to host", "the network has no route to {host}"),
    (
        r"[Cc]onnection reset|closed before|end of file before|IncompleteRead|[Cc]onnection aborted|ended prematurely",
        "{host} closed the connection",
    ),
)


def plainly(text: str, host: str) -> str:
    """Return the reason in a network error's text as a clause, or "" if it is not known."""
    return next(
        (plain.format(host=host) for pattern, plain in _REASONS if re.search(pattern, text)), ""
    )
