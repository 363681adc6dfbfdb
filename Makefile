# The commands of this repository. `make help` lists them; tools/ has their code.

PYTHON ?= python3
export SELDON_BUILDPACK_WORK ?= $(CURDIR)/.work
WORK := $(SELDON_BUILDPACK_WORK)
# exec replaces the shell, so that a signal to make reaches Python.
BIN := $(WORK)/venv/bin
TOOLS := exec "$(BIN)/python" -u -m tools
# Extra Python versions for the builder ("3.9 3.10"). Default: the versions from the last run.
PYTHONS ?=
# For new: the directory to create.
NAME ?=
# For test and test-platforms: arguments for pytest. Default: all of tests/images or tests/platforms.
TESTS ?=
# For try and vendor: the model directory; for vendor, the folder for its wheels.
MODEL ?=
DIR ?=
# For publish: the target, as host[:port]/path. FORCE=1 publishes uncommitted changes and replaces an existing version.
REGISTRY ?=
FORCE ?=
# For fuzz: how long.
MINUTES ?= 5

# Of the variables for pip, uv and Python, keep only those that say where packages come from and which certificates to trust.
KEPT := PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_TRUSTED_HOST PIP_CERT PIP_CLIENT_CERT PIP_PROXY PIP_DEFAULT_TIMEOUT PIP_RETRIES PIP_CONFIG_FILE \
	UV_DEFAULT_INDEX UV_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL UV_INSECURE_HOST UV_SYSTEM_CERTS UV_NATIVE_TLS UV_HTTP_TIMEOUT UV_CONFIG_FILE
$(foreach name,$(filter-out $(KEPT),$(filter PIP_% UV_% PYTHON%,$(.VARIABLES))),$(eval unexport $(name)))
unexport VIRTUAL_ENV CONDA_PREFIX

.DEFAULT_GOAL := help
.PHONY: help vendor docs demo try new builder package publish env test test-unit fuzz test-platforms platform-up platform-down bench lint lint-format lint-code lint-types lint-imports lint-names lint-sizes names sizes lock audit engine-stop clean venv
.NOTPARALLEL:

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: venv ## get the tools, an engine and a builder, then build a sample model, start it and send a request
	@$(TOOLS) demo --pythons "$(PYTHONS)"

try: venv ## build a model and load it, and keep nothing: make try MODEL=my-model
	@$(TOOLS) try "$(MODEL)" --pythons "$(PYTHONS)"

new: venv ## create a model to start from: make new NAME=my-model (a name or a path)
	@$(TOOLS) new "$(NAME)"

builder: venv ## build the builder image seldon/builder; PYTHONS="3.9 3.10" adds Python versions
	@$(TOOLS) builder --pythons "$(PYTHONS)"

package: venv ## package the buildpack as a .cnb file, for other builders
	@$(TOOLS) package --pythons "$(PYTHONS)"

publish: venv ## push the buildpack, the builder and their images: make publish REGISTRY=host[:port]/path; PYTHONS as for builder
	@$(TOOLS) publish "$(REGISTRY)" --pythons "$(PYTHONS)" $(if $(filter-out 0,$(FORCE)),--force)

env: venv ## print the exports that put pack on your PATH: eval "$(make -s env)"
	@$(TOOLS) env

test: venv ## run all tests, with real images; TESTS=tests/images/test_x.py runs one file
	@$(TOOLS) test $(TESTS) --pythons "$(PYTHONS)"

test-unit: venv ## run the unit tests: no engine, no network, under a minute
	@"$(BIN)/python" -m pytest tests/unit --numprocesses 2

fuzz: venv ## try random sources for MINUTES (default 5) on all that reads a source
	@PYTHONPATH=lib "$(BIN)/python" -m tests.fuzz "$(MINUTES)"

test-platforms: venv ## run the tests on kpack and Tekton, on a temporary cluster or that of KUBECONFIG; TESTS as for test
	@$(TOOLS) test-platforms $(TESTS) --pythons "$(PYTHONS)"

platform-up: venv ## start a Kubernetes node with kpack, Tekton, a registry and a git server; prints the exports to use it
	@$(TOOLS) platform-up

platform-down: venv ## stop what platform-up started
	@$(TOOLS) platform-down

bench: venv ## run the benchmarks against s2i
	@$(TOOLS) bench --pythons "$(PYTHONS)"

lint: lint-format lint-code lint-types lint-imports lint-names lint-sizes ## check the format, code, types, imports, names and sizes

lint-format: venv
	@"$(BIN)/ruff" format --check

lint-code: venv
	@"$(BIN)/ruff" check

lint-types: venv
	@"$(BIN)/mypy" --strict lib tools tests/support tests/unit tests/builds

lint-imports: venv
	@PYTHONPATH=lib "$(BIN)/lint-imports" --no-cache --no-logo

lint-names: venv
	@"$(BIN)/python" -m tools.dev.check_names

lint-sizes: venv
	@"$(BIN)/python" -m tools.dev.check_sizes

names: venv ## update the count of names that say nothing, after you removed some
	@"$(BIN)/python" -m tools.dev.check_names --update

sizes: venv ## update the list of what is longer than allowed, after you made something shorter
	@"$(BIN)/python" -m tools.dev.check_sizes --update

vendor: venv ## download a model's wheels, for builds without a network: make vendor MODEL=my-model DIR=wheels
	@$(TOOLS) vendor "$(MODEL)" "$(DIR)" --pythons "$(PYTHONS)"

docs: venv ## update the generated parts of the documentation
	@$(TOOLS) docs

lock: venv ## update all locks (wrapper, libraries, tools) and show which versions changed
	@$(TOOLS) lock

audit: venv ## list known vulnerabilities in the wrapper's pins and the buildpack's libraries
	@$(TOOLS) audit

engine-stop: venv ## stop the Docker engine that make started
	@$(TOOLS) engine-stop

clean: venv ## stop that engine, and remove the images and the work folder
	@$(TOOLS) clean

# Messages go to standard error: the output of `make -s env` is for eval.
venv:
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo 'error: $(PYTHON) is older than 3.11, or cannot create a venv.' >&2; \
		echo '    On Debian 12: apt-get install make git python3-venv. Elsewhere, choose another Python: make PYTHON=python3.12' >&2; \
		exit 1; }
	@if [ ! -e "$(WORK)" ] || [ -z "$$(ls -A "$(WORK)")" ]; then \
		mkdir -p "$(WORK)" && { echo 'Signature: 8a477f597d28d172789f06886806bc55'; echo '# Created by make; make clean removes it.'; } > "$(WORK)/CACHEDIR.TAG"; fi
	@cmp -s tools/requirements.txt "$(WORK)/venv/.requirements" && "$(WORK)/venv/bin/python" -c '' 2>/dev/null || \
		$(PYTHON) tools/core/make_venv.py "$(WORK)" tools/requirements.txt
