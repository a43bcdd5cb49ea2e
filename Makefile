# make lab    everything set up, then JupyterLab on the quickstart
# make test   everything set up, then every check and test
# make bench  everything set up, then the benchmarks and their tables
# make bench-page  the same, and docs/performance.md written anew
# make lint   the checks without the tests
# make widgets-test, attacks-test, rooms-test, browser-test, notebooks-test  a part of the tests alone
# make contract  what Python and the page say to each other, written for both from schillinger_plugins/widgets/contract/
# make docs   the documentation site, built into site/

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SETUP := .setup
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
SIDE_BY_SIDE := --no-print-directory --jobs=2 --output-sync=target
# Where something is attacked, killed or overrun: these wait for processes more than they compute.
ATTACKED := $(addprefix tests/,broker escapes fuzz permissions sandbox scanner server supervision)

# Debian splits ensurepip from Python: install it as root, name the command otherwise.
VENV_FROM_DEBIAN := { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq python3-venv \
  && $(PYTHON) -m venv --clear $(VENV); } || { echo "a virtual environment can't be made; on Debian: apt install python3-venv"; exit 1; }

.PHONY: lab test bench bench-page lint widgets-test attacks-test rooms-test browser-test notebooks-test contract docs format clean

lab: $(SETUP)/python $(SETUP)/warm
	$(BIN)/jupyter lab $(AS_ROOT) notebooks/00_quickstart.ipynb

# Hundreds of the tests' processes import the package, and where PYTHONDONTWRITEBYTECODE is set none keeps what it compiled.
test: $(SETUP)/python $(SETUP)/system $(SETUP)/npm $(SETUP)/warm
	$(BIN)/python -m compileall -q schillinger_plugins
	$(MAKE) $(SIDE_BY_SIDE) lint widgets-test
	$(MAKE) $(SIDE_BY_SIDE) attacks-test rooms-test browser-test notebooks-test

attacks-test: $(SETUP)/python $(SETUP)/system $(SETUP)/warm
	$(BIN)/python -m pytest -q $(ATTACKED)

# Every other room, a new one too.
rooms-test: $(SETUP)/python $(SETUP)/system $(SETUP)/warm
	$(BIN)/python -m pytest -q $(ATTACKED:%=--ignore=%) --ignore=tests/browser

browser-test: $(SETUP)/python $(SETUP)/system $(SETUP)/warm
	$(BIN)/python -m pytest -q tests/browser

notebooks-test: $(SETUP)/python $(SETUP)/warm
	rm -rf $(SETUP)/lessons && SCHILLINGER_NO_PROGRESS=1 XDG_DATA_HOME=$(CURDIR)/$(SETUP)/lessons $(BIN)/python -m pytest -q -p nbval.plugin --nbval --nbval-sanitize-with notebooks/sanitize.cfg notebooks

bench: $(SETUP)/python $(SETUP)/wrk $(SETUP)/warm
	$(BIN)/python -m tests.bench

bench-page: $(SETUP)/python $(SETUP)/wrk $(SETUP)/warm
	$(BIN)/python -m tests.bench --page

lint: $(SETUP)/python $(SETUP)/npm
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m schillinger_plugins.widgets.contract --check
	cd widgets && npm run --silent check && npm run --silent verify

widgets-test: $(SETUP)/npm
	cd widgets && npm test --silent

contract: $(SETUP)/python $(SETUP)/npm
	$(BIN)/python -m schillinger_plugins.widgets.contract
	cd widgets && npm run --silent contract

docs: $(SETUP)/python
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "site/index.html"

format: $(SETUP)/python
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(SETUP) site widgets/node_modules

# Each step leaves a mark and is done again only when what it depends on has changed.

$(SETUP)/python: pyproject.toml constraints.txt
	@mkdir -p $(SETUP)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) || $(VENV_FROM_DEBIAN)
	@echo "installing Python packages (several minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[audio,server,journal,dev,docs,testing]'
	@touch $@

$(SETUP)/npm: widgets/package-lock.json
	@mkdir -p $(SETUP)
	@command -v npm >/dev/null || \
	  { echo "npm is needed to test the front-end (make lab works without it); on Debian: apt install nodejs npm"; exit 1; }
	cd widgets && npm ci --silent --no-audit --no-fund
	@touch $@

# The libraries that the sandbox and the browser tests need from the system.
$(SETUP)/system:
	@mkdir -p $(SETUP)
	@$(PYTHON) tests/system_packages.py
	@touch $@

# What the benchmarks ask servers with.
$(SETUP)/wrk:
	@mkdir -p $(SETUP)
	@$(PYTHON) tests/system_packages.py bench
	@touch $@

# numba's kernels are compiled once, in a process that runs no plugin; this shows how far it is.
$(SETUP)/warm: $(SETUP)/python
	$(BIN)/schillinger warm
	@touch $@
