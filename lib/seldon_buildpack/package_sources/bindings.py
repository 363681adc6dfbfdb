"""Package settings from the platform's bindings.

They are indexes, channels, credentials, CA certificates and mirrors. The types are the ones that
Python builds on kpack, Tekton and pack have in common:

- ``pypi``: uri, username, password, certificates, role, or a whole pip.conf
- ``conda``: uri, token or username and password, certificates, role, or a whole .condarc
- ``netrc``: .netrc
- ``ca-certificates``: *.pem, *.crt
- ``dependency-mirror``: default, or an entry named after a host
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from seldon_buildpack import origin
from seldon_buildpack.cnb.bindings import Binding, Bindings
from seldon_buildpack.masking import Secret, url_secrets
from seldon_buildpack.origin import NOWHERE, Kind, Origin
from seldon_buildpack.package_sources import binding_entries, certificates
from seldon_buildpack.package_sources import conda_bindings as conda_binding
from seldon_buildpack.package_sources.conda_bindings import BoundConda
from seldon_buildpack.package_sources.credentials import Credential

PYPI, CONDA, NETRC, CERTIFICATES, MIRROR = (
    "pypi",
    "conda",
    "netrc",
    "ca-certificates",
    "dependency-mirror",
)
TYPES = (PYPI, CONDA, NETRC, CERTIFICATES, MIRROR)

_ROLES = ("extra", "index")
_NETRC_NAMES = (".netrc", "netrc")
# pip's options that name files. A relative path refers to an entry of the pip.conf's binding.
_FILES = ("cert", "client-cert")


@dataclass(frozen=True, kw_only=True)
class Bound:
    """The combined settings of all bindings."""

    # The index that replaces PyPI, and its origin.
    default: tuple[str, Origin] = field(default=("", NOWHERE), repr=False)
    # Further indexes, each with its origin.
    extra: tuple[tuple[str, Origin], ...] = field(default=(), repr=False)
    # The other options of a pip.conf by their PIP_ variables, each with its origin.
    options: Mapping[str, tuple[str, Origin]] = field(default_factory=dict, repr=False)
    # The credentials for hosts.
    credentials: tuple[Credential, ...] = ()
    # The concatenated netrc files.
    netrc: str = field(default="", repr=False)
    # The CA certificates to trust, in PEM.
    certificates: tuple[str, ...] = field(default=(), repr=False)
    # Mirrors by the host that they replace, or `default` for any host.
    mirrors: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    # The combined settings of the bindings of type conda.
    conda: BoundConda = field(default_factory=BoundConda)
    # Lines for the log: the name of each binding, and a description.
    facts: tuple[tuple[str, str], ...] = ()

    def secrets(self) -> tuple[Secret, ...]:
        """Return the secrets that must be masked."""
        urls = (self.default[0], *(url for url, _ in self.extra), *(url for _, url in self.mirrors))
        texts = (
            word for value, _ in self.options.values() for word in value.split() if "@" in word
        )
        found = [secret for one in self.credentials for secret in one.secrets()]
        return (
            *found,
            *self.conda.secrets(),
            *(secret for url in (*urls, *texts) for secret in url_secrets(url)),
        )

    def told(self, name: str, fact: str) -> "Bound":
        """Return a copy with one more line for the log."""
        return replace(self, facts=(*self.facts, (name, fact)))


def read(bindings: Bindings) -> Bound:
    """Read and combine the settings of all bindings.

    Raises:
        BuildError: A binding cannot be used.
    """
    readers = {
        PYPI: _pypi,
        CONDA: _conda,
        NETRC: _netrc,
        CERTIFICATES: _certificates,
        MIRROR: _mirror,
    }
    found = Bound()
    for binding in bindings.bindings:
        found = readers[binding.type](found, binding)
    return found


def _conda(found: Bound, binding: Binding) -> Bound:
    conda, fact = conda_binding.read(found.conda, binding)
    return replace(_with_certificates(found, binding), conda=conda).told(
        binding.name, f"conda, {fact}"
    )


def _with_certificates(found: Bound, binding: Binding) -> Bound:
    """Add the CA certificates that a binding has in addition to a URL."""
    if "certificates" not in binding.entries:
        return found
    own = certificates.read(binding, "certificates", binding.entries["certificates"])
    return replace(found, certificates=(*found.certificates, *own))


def _pypi(found: Bound, binding: Binding) -> Bound:
    found = _with_certificates(found, binding)
    if "pip.conf" in binding.entries:
        return _pip_conf(found, binding)
    uri = binding_entries.url(binding, "uri")
    role = binding_entries.text(binding, "role").strip().lower() or _ROLES[0]
    if role not in _ROLES:
        raise binding_entries.invalid(
            binding,
            "its role is not valid",
            "Set role to `extra` (an additional index) or `index` (instead of PyPI).",
        )
    user, password = (
        binding_entries.text(binding, "username"),
        binding_entries.text(binding, "password"),
    )
    if password and not user:
        raise binding_entries.invalid(
            binding,
            "it has a password without a username",
            "Add username. For a token, most indexes expect __token__.",
        )
    source = origin.binding(binding.name)
    own = (Credential.of_url(uri, user, password, source),) if user else _in_url(uri, source)
    found = replace(found, credentials=(*found.credentials, *own))
    fact = f"pypi, {'the index' if role == 'index' else 'extra index'} {binding_entries.shown(uri)}"
    return _with_index(found, binding, uri, role).told(binding.name, fact)


def _with_index(found: Bound, binding: Binding, url: str, role: str) -> Bound:
    source = origin.binding(binding.name)
    if role == "extra":
        return replace(found, extra=(*found.extra, (url, source)))
    if found.default[0]:
        raise binding_entries.invalid(
            binding,
            f"{found.default[1].describe()} also replaces PyPI",
            "Set the role of one of them to `extra`.",
        )
    return replace(found, default=(url, source))


def _pip_conf(found: Bound, binding: Binding) -> Bound:
    """Add the options of a pip.conf, in which [install] overrides [global].

    See "Configuration" in pip's documentation.
    """
    import configparser

    parser = configparser.RawConfigParser()
    try:
        parser.read_string(binding_entries.text(binding, "pip.conf"))
    except configparser.Error as error:
        line = getattr(error, "lineno", 0)
        where = f" in line {line}" if line else ""
        raise binding_entries.invalid(
            binding,
            f"its pip.conf has an error{where}",
            "Correct it: check it with `pip config list`.",
        ) from error
    options = {
        name.replace("_", "-"): value
        for part in ("global", "install")
        if parser.has_section(part)
        for name, value in parser[part].items()
    }
    source = origin.binding(binding.name)
    named = [
        (url, role)
        for option, role in (("index-url", "index"), ("extra-index-url", "extra"))
        for url in options.get(option, "").split()
    ]
    for url, role in named:
        found = _with_index(
            replace(found, credentials=(*found.credentials, *_in_url(url, source))),
            binding,
            url,
            role,
        )
    others = {
        f"PIP_{name.upper().replace('-', '_')}": (_beside(binding, name, value), source)
        for name, value in options.items()
        if name not in ("index-url", "extra-index-url")
    }
    fact = f"pypi, pip.conf with {', '.join(options) or 'nothing'}"
    return replace(found, options={**others, **found.options}).told(binding.name, fact)


def _beside(binding: Binding, option: str, value: str) -> str:
    """Return an option's value, with the name of a file resolved to its path in the binding.

    Raises:
        BindingInvalid: The file is not in the binding.
    """
    if option not in _FILES or Path(value).is_absolute():
        return value
    if value not in binding.entries:
        raise binding_entries.invalid(
            binding,
            f"its pip.conf names the file {value} as {option}, which does not exist in it",
            f"Add {value} to the binding.",
        )
    return str(binding.path / value)


def _netrc(found: Bound, binding: Binding) -> Bound:
    import netrc

    key = next((name for name in _NETRC_NAMES if name in binding.entries), "")
    if not key:
        raise binding_entries.invalid(binding, "it has no entry .netrc", "Add the file as .netrc.")
    try:
        hosts = netrc.netrc(str(binding.path / key)).hosts
    except (netrc.NetrcParseError, UnicodeDecodeError) as error:
        line = getattr(error, "lineno", 0)
        where = f" in line {line}" if line else ""
        raise binding_entries.invalid(
            binding,
            f"its {key} has an error{where}",
            "Write one line per host: machine HOST login USER password PASSWORD.",
        ) from error
    source = Origin(kind=Kind.NETRC, name=binding.name)
    own = [
        Credential(host=host.lower(), user=login, password=Secret(password), source=source)
        for host, (login, _, password) in hosts.items()
        if host != "default"
    ]
    found = replace(
        found,
        credentials=(*found.credentials, *own),
        netrc=f"{found.netrc}{binding_entries.text(binding, key)}\n",
    )
    if "default" in hosts:
        login, _, password = hosts["default"]
        # The default entry names no host, so it is never used as a credential, but it must be
        # masked.
        found = replace(
            found,
            credentials=(
                *found.credentials,
                Credential(host="", user=login, password=Secret(password), source=source),
            ),
        )
    return found.told(binding.name, f"netrc, {', '.join(hosts) or 'no host'}")


def _certificates(found: Bound, binding: Binding) -> Bound:
    own = certificates.of_binding(binding)
    count = "1 certificate" if len(own) == 1 else f"{len(own)} certificates"
    return replace(found, certificates=tuple(dict.fromkeys((*found.certificates, *own)))).told(
        binding.name, f"ca-certificates, {count}"
    )


def _mirror(found: Bound, binding: Binding) -> Bound:
    own = [(host.lower(), binding_entries.url(binding, host)) for host in binding.entries]
    if not own:
        raise binding_entries.invalid(
            binding,
            "it is empty",
            "Add an entry `default` with the mirror's URL, or an entry named after the host that it replaces.",
        )
    fact = ", ".join(
        binding_entries.shown(url)
        if host == "default"
        else f"{host} from {binding_entries.shown(url)}"
        for host, url in own
    )
    return replace(found, mirrors=(*found.mirrors, *own)).told(
        binding.name, f"dependency-mirror, {fact}"
    )


def _in_url(url: str, source: Origin) -> tuple[Credential, ...]:
    """Return the credentials in a URL, which apply to its host wherever else it is named."""
    try:
        parts = urlsplit(url)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
    except ValueError:
        return ()
    return (Credential.of_url(url, user, password, source),) if user else ()
