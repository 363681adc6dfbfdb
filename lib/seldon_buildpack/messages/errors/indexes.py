"""Errors about package indexes, proxies and TLS."""

from urllib.parse import urlsplit

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.origin import Kind, Origin


class ConstraintsOutside(BuildError):
    """A constraints file outside the source that ``.s2i/environment`` names."""

    def __init__(self, name: str, path: str) -> None:
        super().__init__(
            f"{name}={path} is a file outside the source",
            "It comes from .s2i/environment, whose settings may only name files of the source.",
            f"Copy the file into the source, and set {name} to its path there.",
            f"If the file is mounted into the build, set {name} with `pack build --env`.",
        )


class IndexUnreachable(BuildError):
    """A configured index that does not respond."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"The package index `{url}` cannot be reached",
            f"Connecting failed: {reason}.",
            "Check the URL.",
            "Check that it can be reached from where the build runs. With `pack build --network host`, that is this machine's network.",
            "If you use a proxy, pass it to the build: --env HTTPS_PROXY=... or PIP_PROXY.",
        )


class IndexSlow(BuildError):
    """An index that accepts a request, but does not respond within ``seconds``."""

    def __init__(self, url: str, seconds: str) -> None:
        super().__init__(
            f"The package index `{url}` does not respond in time",
            f"Each attempt timed out after {seconds} s.",
            f"Increase the timeout: PIP_DEFAULT_TIMEOUT, in seconds (now {seconds}).",
            "Check the index. A mirror that has to fetch a package first is slow only the first time.",
        )


class ProxyUnreachable(BuildError):
    """A proxy that can't be reached."""

    def __init__(self, proxy: str, host: str, reason: str) -> None:
        super().__init__(
            f"The proxy `{proxy}` cannot be reached",
            f"The build uses it to reach {host}, and connecting to the proxy failed: {reason}.",
            "Check its address: PIP_PROXY, or HTTP_PROXY and HTTPS_PROXY of the platform or --env.",
            f"If {host} can be reached without the proxy, add it to NO_PROXY.",
        )


class ProxyRefuses(BuildError):
    """A proxy that rejects a request.

    ``how`` is a clause whose subject is the proxy; ``credentials`` is set if the proxy requires a
    user and a password.
    """

    def __init__(self, proxy: str, host: str, how: str, credentials: bool) -> None:
        super().__init__(
            f"The proxy `{proxy}` does not let the build reach {host}",
            f"It {how}.",
            *(
                [
                    "Write a user and password that it accepts before the proxy's host, percent-encoded. They are not stored in the image."
                ]
                if credentials
                else [f"Ask the proxy's administrator to let {host} through."]
            ),
            f"If {host} can be reached without the proxy, add it to NO_PROXY.",
        )


class IndexFilesUnreachable(BuildError):
    """An index that responds, but whose file host can't be reached."""

    def __init__(self, index: str, files: str, reason: str) -> None:
        super().__init__(
            f"The package index `{index}` stores its files at `{files}`, which cannot be reached",
            f"Connecting to {files} failed: {reason}.",
            "Configure the index to serve its files itself. Mirrors have a setting for it (devpi: mirror_use_external_urls).",
            f"Let the build reach {files}: change the network's rules, or use a proxy (--env HTTPS_PROXY=...).",
        )


class NetworkUnreachable(BuildError):
    """An unreachable PyPI, with no other index configured."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            "PyPI cannot be reached",
            f"The build needs packages, and connecting to {url} failed: {reason}.",
            "Set an index inside your network: PIP_INDEX_URL in .s2i/environment or with --env.",
            "If you use a proxy, pass it to the build: --env HTTPS_PROXY=...",
            "Provide the wheels in a folder of the source (BP_PIP_FIND_LINKS=wheels) or in a mounted folder (--volume $PWD/wheels:/whl).",
        )


class IndexFails(BuildError):
    """An index that responds with a server error (5xx)."""

    def __init__(self, url: str, status: str) -> None:
        super().__init__(
            f"The package index `{url}` fails",
            f"It responded with {status}.",
            "Build again later: the problem is on the index's side.",
            "Ask the index's administrator, or use another index: PIP_INDEX_URL.",
        )


class TlsNotTrusted(BuildError):
    """A rejected TLS certificate of an index.

    ``signer`` is set if it is not signed by a trusted CA certificate; ``shown`` is a sentence on
    whose certificate it is, or empty.
    """

    def __init__(self, url: str, reason: str, signer: bool, shown: str = "") -> None:
        host = urlsplit(url).netloc
        super().__init__(
            f"The TLS certificate of `{url}` is not trusted",
            f"Verifying it failed: {reason}." + (f"\n{shown}" if shown else ""),
            *(
                [
                    "Add your CA certificate to the build with a binding of type ca-certificates (docs/private-indexes.md).",
                    "Create a builder that trusts it: add the CA certificate to the trust store of the machine that creates the builder, and run make builder.",
                ]
                if signer
                else [
                    "Install a certificate on the server that is valid for its name, has not expired, and is signed by a CA certificate."
                ]
            ),
            f"If the host is inside your network and you accept the risk, set PIP_TRUSTED_HOST={host}",
        )


class IndexRefused(BuildError):
    """An index that responds with 401 or 403.

    ``source`` is the origin of the user and password that were sent; its kind is NOWHERE if there
    were none. ``proxy`` is the HTTP proxy that the request went through, if any.
    """

    def __init__(self, url: str, status: int, source: Origin, proxy: str = "") -> None:
        # A placeholder such as user:password@ would be masked like a password.
        how = "percent-encoded, with a colon between them and an @ after them"
        given = source.kind is not Kind.NOWHERE
        fixes: tuple[str, ...]
        if not given:
            fixes = (
                "Provide them in a binding of type pypi or netrc (docs/private-indexes.md).",
                f"Write them before the URL's host, {how}. They are not stored in the image.",
                "Ask the index's administrator for an account that may read it.",
            )
        else:
            fixes = (
                f"Check them in {source.describe()}."
                if source.is_bound
                else f"Check them. They are before the URL's host, {how}.",
                "If they are right, ask the index's administrator what the account may read.",
            )
        super().__init__(
            f"The package index `{url}` denied access ({status})",
            (
                f"It rejected the user and password from {source.describe()}."
                if given
                else "There is no user and password for it, neither in its URL nor in a binding."
            )
            + (
                f" The request went through the proxy {proxy}, which may be the one that denied it."
                if proxy
                else ""
            ),
            *fixes,
        )


class NotAnIndex(BuildError):
    """A URL that responds, but not as an index; ``package`` was looked up in vain."""

    def __init__(self, url: str, found: str, package: str) -> None:
        super().__init__(
            f"`{url}` does not look like a package index",
            f"It responds, but not with the simple repository API: {found}.",
            "Use the URL that pip expects. It often ends in /simple (devpi: /+simple, Artifactory: /api/pypi/NAME/simple, Nexus: /repository/NAME/simple).",
            *(
                [
                    f"If the URL is right, check the spelling of the package {package}: the index does not have it."
                ]
                if package
                else []
            ),
        )
