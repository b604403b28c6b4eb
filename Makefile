# One target per task. Each first sets up what it needs, in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
BENCH := .venv-bench
BENCH_READY := $(BENCH)/ready
BI := .venv-bi
BI_READY := $(BI)/ready
JS_READY := javascript/node_modules/ready
PARALLEL := --numprocesses=auto --dist=worksteal

.DEFAULT_GOAL := help
.PHONY: help demo test test-js test-services test-bi test-fast test-all exhaustive lint lint-js format dev bench charts docs site lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 15

$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@# pip compiles what it installs, but not an editable checkout.
	@$(BIN)/python -m compileall -q dialflo_pipeline
	@touch $(READY)

# dlt and other packages for benchmarks only stay out of the pipeline's environment.
$(BENCH_READY): requirements/bench.txt
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $(BENCH_READY)

# Superset needs other versions of what the pipeline uses, and Python 3.12 or older.
$(BI_READY): requirements/bi.txt tests/bi/environment.sh
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info >= (3, 13) and "Superset needs Python 3.12 or older; try: make test-bi PYTHON=python3.12")'
	tests/bi/environment.sh $(PYTHON) $(BI)

demo: $(READY) ## Run the whole pipeline on simulated calls: no token, no server, no network
	@$(BIN)/dialflo demo

test-fast: $(READY) lint ## Lint, check types and imports, run the unit tests
	$(BIN)/pytest tests/unit $(PARALLEL)

test: $(READY) lint ## Lint, check types and imports, run all tests that need only Python
	$(BIN)/pytest $(PARALLEL)

test-all: $(READY) lint test-js test-services test-bi ## Everything, and every kill and drawn input in full; for a release
	PATH="$(CURDIR)/$(BIN):$$PATH" dg check defs
	$(BIN)/pytest -m "not bi and not services" $(PARALLEL)

test-services: $(READY) ## Tests with real database servers and a real browser, installed from Debian's packages where missing
	tests/services/install.sh
	$(BIN)/pytest -m services tests/services --numprocesses=auto --dist=loadgroup --no-loadscope-reorder

test-bi: $(READY) $(BI_READY) ## Import the bundle into a real Superset, open it in a real browser, compare its figures
	tests/bi/install.sh
	$(BIN)/pytest -m bi tests/bi

lint: $(READY) ## Check style, formats, types and the import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sqruff lint sql

format: $(READY) ## Fix style and format where possible
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqruff fix sql

dev: $(READY) ## Open Dagster's web page on this project
	@$(BIN)/dialflo dev

bench: $(READY) $(BENCH_READY) ## Compare with dlt and with floors: FULL=1 for all sizes, PAGE=1 to write docs/performance.*
	@$(BENCH)/bin/python -m benchmarks --python $(BIN)/python $(if $(FULL),--full) $(if $(PAGE),--page) $(BENCH_OPTIONS)

exhaustive: $(READY) ## Only the long tests of test-all: SEED=, KILLS=, PYTEST_OPTIONS=
	$(if $(SEED),CHAOS_SEED=$(SEED)) $(if $(KILLS),CHAOS_KILLS=$(KILLS)) $(BIN)/pytest -m exhaustive $(PARALLEL) $(PYTEST_OPTIONS)

$(JS_READY): javascript/package.json javascript/package-lock.json
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || { echo "Node 20 or newer is needed."; exit 1; }
	npm ci --silent --prefix javascript
	@touch $(JS_READY)

lint-js: $(JS_READY) ## Lint and type-check the dashboard's scripts; needs Node
	@npm run --silent lint --prefix javascript

test-js: $(JS_READY) ## Unit tests of the dashboard's scripts; needs Node
	@npm run --silent test --prefix javascript

charts: $(JS_READY) ## Rebuild the dashboard's chart library; needs Node
	npm run build --prefix javascript

docs: $(READY) ## Rewrite the generated pages
	$(BIN)/python docs/make_architecture.py
	$(BIN)/python docs/make_tables.py
	$(BIN)/python docs/make_metrics.py
	$(BIN)/python -m bi.superset

site: $(READY) ## Build these pages as a website in build/site
	$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going -c docs . build/site

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	--no-emit-index-url --no-header --no-annotate
BUILD_REQUIRES := import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")

lock: $(READY) ## Pin the newest allowed versions, with hashes and without addresses
	$(LOCK) --upgrade --extra dev --extra dagster-postgresql --output-file requirements/dev.txt pyproject.toml
	$(LOCK) --constraint requirements/dev.txt --extra dagster-postgresql --output-file requirements/run.txt pyproject.toml
	$(BIN)/python -c '$(BUILD_REQUIRES)' | $(LOCK) --constraint requirements/dev.txt --output-file requirements/build.txt -
	$(LOCK) --upgrade --output-file requirements/bench.txt --group pyproject.toml:bench
	$(LOCK) --upgrade --output-file requirements/bi.txt --group pyproject.toml:bi

clean: ## Remove what the targets created, but no data
	rm -rf $(VENV) $(BENCH) $(BI) build/bench .mypy_cache .ruff_cache .pytest_cache .hypothesis
