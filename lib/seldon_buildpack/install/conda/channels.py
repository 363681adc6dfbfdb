"""Where conda's packages come from: variables, the platform's bindings and the file's own channels, in this order of precedence."""

from dataclasses import dataclass, field
from pathlib import Path

from seldon_buildpack.install.bound import Bound
from seldon_buildpack.log import Advice
from seldon_buildpack.project.conda.model import CondaEnvironment
from seldon_buildpack.secrets import Secret
from seldon_buildpack.settings import Settings


@dataclass(frozen=True)
class Channel:
    """A channel. ``url`` is its address less credentials, or its bare name where nothing says an address: then conda's alias counts.

    ``name`` is what the user wrote, which specs name it by (`name::package`), and ``source`` who wrote it: `from environment.yml`,
    `from BP_CONDA_CHANNELS`, `from the binding x`.
    """

    url: str
    name: str
    source: str


@dataclass(frozen=True)
class Login:
    """Who may read what lies at or below ``url`` (https://host/path, less credentials): by a token, else by user and password."""

    url: str
    source: str
    user: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    token: Secret = field(default_factory=lambda: Secret(""))


@dataclass(frozen=True)
class Channels:
    """The channels of one build, the first of which wins, and who may read them.

    ``alias`` is the address that bare names are looked up below, empty where it is conda's own. ``cuda`` is the version of CUDA that is
    solved for; empty for none. ``advice`` is to be printed once.
    """

    channels: tuple[Channel, ...] = ()
    logins: tuple[Login, ...] = ()
    alias: str = ""
    cuda: str = ""
    advice: tuple[Advice, ...] = ()

    @property
    def urls(self) -> tuple[str, ...]:
        """Addresses or names in the order asked, less credentials."""
        return tuple(channel.url for channel in self.channels)

    def login_of(self, url: str) -> Login | None:
        """Who may read an address: the login whose own address is the longest of those it lies below."""
        raise NotImplementedError

    def secrets(self) -> tuple[Secret, ...]:
        """What must be masked."""
        raise NotImplementedError

    def key(self) -> str:
        """A digest of what is asked and in which order, less credentials."""
        raise NotImplementedError


def configure(settings: Settings, environment: CondaEnvironment, bound: Bound, app: Path) -> Channels:
    """Merge the variables, the bindings of the type `conda` and the file's channels, each with the login that is for it.

    Raises ChannelFolderMissing for a folder of the source that is not there, and a BuildError for a variable that says nothing.
    """
    raise NotImplementedError
