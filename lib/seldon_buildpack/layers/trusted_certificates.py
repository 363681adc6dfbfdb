"""CA certificates from the platform's bindings for the model, if BP_EMBED_CERTS is set.

Why a layer: it depends on the platform, not on the model, and is the same for every model that is
built there.
Made by: writing the distribution's CA certificates and those of the bindings into one file, and
configuring it for Python's TLS (SSL_CERT_FILE, which is used in addition to the run image's own
certificate directory), for requests and for gRPC, which otherwise trust public CAs only.
It is made in every build, which is cheaper than checking whether it has changed. By its name, it
comes after the layers that models share.
"""

from collections.abc import Sequence

from seldon_buildpack.cnb.layers import Layer, Types
from seldon_buildpack.package_sources import certificates

NAME = "trusted-certificates"
_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH")


def make(layer: Layer, bound: Sequence[str]) -> None:
    """Write the certificates, and the launch defaults that refer to them."""
    path = layer.begin() / "certificates.pem"
    path.write_text(certificates.for_image(bound))
    layer.write_environment("launch", {f"{name}.default": str(path) for name in _VARIABLES})
    layer.finish(Types(launch=True), {})
