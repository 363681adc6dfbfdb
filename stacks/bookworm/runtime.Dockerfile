# A build or run image with the runtime: in the run image Python and the wrapper, in the build image their description.
ARG base
FROM ${base}

COPY runtime/ /opt/seldon/

# Another series has another stack id, so that kpack builds instead of rebasing. The mixin lets a rebase before Platform API 0.12 refuse a run image without the runtime.
ARG stack
ARG id
ARG mixins=[]
# What runs after a rebase, whose labels of this prefix are the new run image's.
ARG python
ENV CNB_STACK_ID=${stack}
LABEL io.buildpacks.stack.id=${stack} \
      io.buildpacks.stack.mixins=${mixins} \
      io.buildpacks.base.id=${id} \
      io.buildpacks.stack.python.version=${python}
