# What a served model's image starts from: the shared libraries that wheels expect and do not carry, certificates, a shell, and no more.
ARG base
FROM ${base}

# Another number fetches Debian's packages anew (base.release of tools/versions.toml).
ARG release

# libgomp1: LightGBM, XGBoost and others load the system's. ca-certificates brings OpenSSL's default directories too.
RUN apt-get update -q \
 && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends ca-certificates libgomp1 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/cache/ldconfig/aux-cache /var/log/*

# 1000 is what Tekton's tasks run as. 8888 in group 0 is what the Seldon operator runs models as; without an entry, getpwuid fails in user code.
RUN groupadd --gid 1000 cnb \
 && useradd --no-log-init --uid 1000 --gid 1000 --create-home --skel /nonexistent --shell /bin/sh cnb \
 && useradd --no-log-init --uid 8888 --gid 0 --no-create-home --home-dir /tmp --shell /bin/sh seldon \
 && rm -f /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow-

# Where the source lay in Seldon's s2i images: a model may open its files by that path.
RUN ln -s /workspace /microservice

ENV CNB_USER_ID=1000 \
    CNB_GROUP_ID=1000 \
    CNB_STACK_ID=io.seldon.stacks.bookworm
# base.id: the build knows the libraries of this image by it (python_env/system_libraries.json). An image made from this one, with more libraries, sets another.
LABEL io.buildpacks.stack.id=io.seldon.stacks.bookworm \
      io.buildpacks.base.id=io.seldon.run.bookworm \
      io.buildpacks.base.distro.name=debian \
      io.buildpacks.base.distro.version=12 \
      io.buildpacks.base.maintainer="Seldon Python buildpack" \
      io.buildpacks.base.description="Debian 12 for models served with Seldon Core's Python wrapper"

# REST, gRPC, metrics.
EXPOSE 9000 5000 6000
USER 1000:1000
CMD ["/bin/sh"]
