"""One look at an index: uv takes a page that is no index for an index without the package."""

from seldon_buildpack.install import requesting
from seldon_buildpack.install.index import Index
from seldon_buildpack.secrets import without_credentials

_JSON = "application/vnd.pypi.simple.v1+json"
_ACCEPTED = (_JSON, "application/vnd.pypi.simple.v1+html", "text/html")
_NOBODYS = "no-index-has-a-package-of-this-name"


def not_an_index(index: Index, package: str) -> tuple[str, str] | None:
    """The first of the indexes that does not answer as one, less credentials, and what it does instead; None where all do or do not answer."""
    import requests

    for url in index.urls:
        root = url.rstrip("/")
        try:
            top, one, none = (_ask(f"{root}/{path}", index) for path in ("", f"{package}/", f"{_NOBODYS}/"))
        except requests.RequestException:
            continue
        if found := what_is_wrong(top, one, none, package):
            return without_credentials(url), found
    return None


def what_is_wrong(top: tuple[int, str], one: tuple[int, str], none: tuple[int, str], package: str) -> str:
    """Empty for an index (PEP 503). Its top may be switched off, a package may be unknown, but a package that cannot be must be."""
    if top[0] == 404 and one[0] == 404:
        return f"neither its own page nor that of {package} is there (404)"
    if none[0] == 200 and one[0] == 200:
        return f"it sends a page ({one[1] or 'without a type'}) for any name, also for one that no index has"
    if top[0] == 200 and top[1] not in _ACCEPTED:
        return f"it sends {top[1] or 'something without a type'}, neither HTML nor its JSON"
    return ""


def _ask(url: str, index: Index) -> tuple[int, str]:
    """Status and type of an answer. Raises requests.RequestException."""
    with requesting.get(url, index, {"Accept": ", ".join(_ACCEPTED)}) as answer:
        return answer.status_code, answer.headers.get("Content-Type", "").partition(";")[0].strip()
