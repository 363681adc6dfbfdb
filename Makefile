# The targets a person types; what they do is in tools/. `make help` lists them.

PYTHON ?= python3
export SELDON_BUILDPACK_WORK ?= $(CURDIR)/.work
WORK := $(SELDON_BUILDPACK_WORK)
# exec: make hands a signal to its child, which is then not a shell that would die alone.
BIN := $(WORK)/venv/bin
TOOLS := exec "$(BIN)/python" -u -m tools
# Python minors that the builder carries beside the default, as in PYTHONS="3.9 3.10"; what it carried last time where not given.
PYTHONS ?=
# For new: the directory to write.
NAME ?=
# For test and test-platforms: what pytest is given instead of tests/images or tests/platforms.
TESTS ?=
# For vendor: a model's directory, and the folder of wheels to fill.
MODEL ?=
DIR ?=
# For publish: where to, as host[:port]/path; and FORCE=1, which publishes a tree with changes, or in place of a version that is there.
REGISTRY ?=
FORCE ?=

# Of what a shell has set for pip, uv and Python, only where packages come from and whom to trust is meant for us.
KEPT := PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_TRUSTED_HOST PIP_CERT PIP_CLIENT_CERT PIP_PROXY PIP_DEFAULT_TIMEOUT PIP_RETRIES PIP_CONFIG_FILE \
	UV_DEFAULT_INDEX UV_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL UV_INSECURE_HOST UV_SYSTEM_CERTS UV_NATIVE_TLS UV_HTTP_TIMEOUT UV_CONFIG_FILE
$(foreach name,$(filter-out $(KEPT),$(filter PIP_% UV_% PYTHON%,$(.VARIABLES))),$(eval unexport $(name)))
unexport VIRTUAL_ENV CONDA_PREFIX

.DEFAULT_GOAL := help
.PHONY: help vendor docs demo new builder package publish env test test-unit test-platforms platform-up platform-down bench lint lock audit engine-stop clean venv
.NOTPARALLEL:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: venv ## from nothing to a served model: tools, engine, builder, a sample built, started and asked
	@$(TOOLS) demo --pythons "$(PYTHONS)"

new: venv ## write a model to start from: make new NAME=my-model, which may be a path
	@$(TOOLS) new "$(NAME)"

builder: venv ## make seldon/builder; PYTHONS="3.9 3.10" puts more Pythons into it
	@$(TOOLS) builder --pythons "$(PYTHONS)"

package: venv ## make the buildpack as a .cnb file, for other builders
	@$(TOOLS) package --pythons "$(PYTHONS)"

publish: venv ## push buildpack, builder and their images, by version: make publish REGISTRY=host[:port]/path; PYTHONS as for builder
	@$(TOOLS) publish "$(REGISTRY)" --pythons "$(PYTHONS)" $(if $(filter-out 0,$(FORCE)),--force)

env: venv ## print exports: after eval "$(make -s env)", pack build my-model --builder seldon/builder works as typed
	@$(TOOLS) env

test: venv ## run all tests, with real images; TESTS=tests/images/test_x.py runs some
	@$(TOOLS) test $(TESTS) --pythons "$(PYTHONS)"

test-unit: venv ## run the fast tests: no engine, no network
	@"$(BIN)/python" -m pytest tests/unit --numprocesses 2

test-platforms: venv ## run the tests on real kpack and Tekton, on a cluster of our own or that of KUBECONFIG; TESTS=... runs some
	@$(TOOLS) test-platforms $(TESTS) --pythons "$(PYTHONS)"

platform-up: venv ## bring up a Kubernetes node with kpack and Tekton, a registry and a git server; prints what to export
	@$(TOOLS) platform-up

platform-down: venv ## take it down
	@$(TOOLS) platform-down

bench: venv ## measure against real s2i
	@$(TOOLS) bench --pythons "$(PYTHONS)"

lint: venv ## check the format, the code, the types and which module imports which
	@"$(BIN)/ruff" format --check
	@"$(BIN)/ruff" check
	@"$(BIN)/mypy" --strict lib tools $(wildcard tests/support)
	@PYTHONPATH=lib "$(BIN)/lint-imports" --no-cache --no-logo

vendor: venv ## fill DIR with the wheels that MODEL (a model's directory) needs, for builds without a network
	@$(TOOLS) vendor "$(MODEL)" "$(DIR)" --pythons "$(PYTHONS)"

docs: venv ## write the generated parts of the documentation
	@$(TOOLS) docs

lock: venv ## renew every lock (the wrapper in both sets for each Python, the libraries, the tools) and show what changed
	@$(TOOLS) lock

audit: venv ## list what in both sets of the wrapper, and in the buildpack's libraries, has known vulnerabilities
	@$(TOOLS) audit

engine-stop: venv ## stop the Docker engine that was started from here, if any
	@$(TOOLS) engine-stop

clean: venv ## remove the images and the work folder, after stopping an engine that was started from here
	@$(TOOLS) clean

# Says what it does on standard error: `make -s env` is for eval.
venv:
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo 'error: $(PYTHON) is older than 3.11, or cannot make a venv.' >&2; \
		echo '    On Debian 12: apt-get install make git python3-venv; elsewhere give another one: make PYTHON=python3.12' >&2; \
		exit 1; }
	@if [ ! -e "$(WORK)" ] || [ -z "$$(ls -A "$(WORK)")" ]; then \
		mkdir -p "$(WORK)" && { echo 'Signature: 8a477f597d28d172789f06886806bc55'; echo '# Fetched and built by make; can be removed (make clean).'; } > "$(WORK)/CACHEDIR.TAG"; fi
	@cmp -s tools/requirements.txt "$(WORK)/venv/.requirements" && "$(WORK)/venv/bin/python" -c '' 2>/dev/null || \
		$(PYTHON) tools/core/make_venv.py "$(WORK)" tools/requirements.txt
