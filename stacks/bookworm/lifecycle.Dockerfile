# Where pack runs the lifecycle's phases that see registry credentials when the builder is not trusted.
ARG base
FROM ${base}

ARG version
ARG apis
ARG metadata
ADD lifecycle.tgz /cnb/
LABEL io.buildpacks.lifecycle.version=${version} \
      io.buildpacks.lifecycle.apis=${apis} \
      io.buildpacks.builder.metadata=${metadata}
