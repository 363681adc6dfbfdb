"""Certificate authorities of the platform's bindings for the model itself, where BP_EMBED_CERTS asks for it.

Why a layer: it is the platform's, not the model's, and the same for every model built there.
Made by: writing the distribution's authorities and the bound ones into one file, and naming that to Python's TLS (SSL_CERT_FILE, which
comes beside the run image's own directory of authorities), to requests and to gRPC, each of which otherwise knows the public ones only.
Made at every build, which is cheaper than asking whether to. Named so that it lies on top of the layers that models share.
"""

from collections.abc import Sequence

from seldon_buildpack.cnb.layers import Layer, Types
from seldon_buildpack.package_sources import certificates

NAME = "trusted-certificates"
_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH")


def make(layer: Layer, bound: Sequence[str]) -> None:
    """Write the file and the launch defaults that name it."""
    path = layer.begin() / "certificates.pem"
    path.write_text(certificates.for_image(bound))
    layer.write_environment("launch", {f"{name}.default": str(path) for name in _VARIABLES})
    layer.finish(Types(launch=True), {})
