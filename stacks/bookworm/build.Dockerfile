# What models are built in: git for requirements that name a repository, a compiler for those that have no wheel.
ARG base
FROM ${base}

# Another number fetches Debian's packages anew (base.release of tools/versions.toml).
ARG release

RUN apt-get update -q \
 && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends ca-certificates g++ gcc git libc6-dev make pkg-config \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/cache/ldconfig/aux-cache /var/log/*

RUN groupadd --gid 1000 cnb \
 && useradd --no-log-init --uid 1000 --gid 1000 --create-home --skel /nonexistent --shell /bin/sh cnb \
 && rm -f /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow-

# The authorities that the machine making this image trusts besides Debian's, so that builds work behind an intercepting proxy; none in a release.
ARG host_certificates=0
COPY certificates/ /usr/local/share/ca-certificates/
RUN update-ca-certificates

ENV CNB_USER_ID=1000 \
    CNB_GROUP_ID=1000 \
    CNB_STACK_ID=io.seldon.stacks.bookworm
LABEL io.buildpacks.stack.id=io.seldon.stacks.bookworm \
      io.buildpacks.base.distro.name=debian \
      io.buildpacks.base.distro.version=12 \
      io.buildpacks.base.maintainer="Seldon Python buildpack" \
      io.buildpacks.base.description="Debian 12 with git and a compiler, for building models" \
      io.seldon.buildpack.host-certificates=${host_certificates}

USER 1000:1000
CMD ["/bin/sh"]
