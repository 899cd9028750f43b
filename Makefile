# What a newcomer runs:    make up     make test     make demo
# What a developer adds:   make check  make format  make docs  make images  make lock  make extension

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

bin := .venv/bin
ready := .venv/set-up
workshop := .venv/set-up-to-develop
installed := pyproject.toml constraints.txt hatch_build.py tools/setup.sh $(wildcard physforge_kernel/kernelspec/*) \
	$(wildcard physforge_kernel/widgets/jupyter/voila/templates/physforge/*) \
	$(wildcard extension/physforge_lab/labextension/package.json extension/physforge_lab/*.json)
sources := physforge_kernel hub extension/physforge_lab tests benchmarks notebooks templates dashboards docs tools \
	conftest.py hatch_build.py jupyterhub_config.py

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: $(ready) ## make .venv with what the lab needs, or bring it up to date

# A stamp holds where it was made, so that a moved checkout is set up again.
ifneq ($(shell cat $(ready) 2>/dev/null),$(CURDIR))
.PHONY: $(ready) $(workshop)
endif
$(ready): $(installed)
	@PYTHON='$(PYTHON)' tools/setup.sh hub
$(workshop): $(installed)
	@PYTHON='$(PYTHON)' tools/setup.sh hub,test,docs

.PHONY: up
up: setup ## start the lab on 127.0.0.1:8000: hub, JupyterLab, workspace, jobs; Ctrl-C stops all of it
	@exec $(bin)/python -m physforge_hub.up $(ARGS)

.PHONY: demo
demo: setup ## the story without a browser, alone and through the hub: from a CSV to its law and a report
	@exec $(bin)/python -m physforge_hub.demo

.PHONY: test
test: $(workshop) ## install what the tests need, then run the checks and every test
	@tools/system-packages.sh
	@$(MAKE) check
	@tools/extension.sh test
	@OMP_NUM_THREADS=1 $(bin)/python -m pytest $(ARGS)

.PHONY: check
check: $(workshop) ## lint, format, types and import rules, in under a minute
	@$(bin)/ruff check $(sources)
	@$(bin)/ruff format --check $(sources)
	@$(bin)/lint-imports --no-cache
	@$(bin)/pyright --threads 2

.PHONY: format
format: $(workshop) ## put the code into its one format
	@$(bin)/ruff check --fix $(sources)
	@$(bin)/ruff format $(sources)

.PHONY: extension
extension: $(workshop) ## build JupyterLab's extension from its TypeScript; the only thing that needs Node.js
	@tools/extension.sh build

.PHONY: docs
docs: $(workshop) ## build the documentation into docs/_build/html
	@$(bin)/sphinx-build -W --keep-going -q -b html docs docs/_build/html
	@echo 'docs/_build/html/index.html'

.PHONY: images
images: $(workshop) ## make what the README shows anew: screenshot, plot, and what its example prints
	@PHYSFORGE_SCREENSHOTS=test-results/images $(bin)/python -m pytest tests/system/test_lab.py -k 'not ctrl_c' $(ARGS)
	@cd test-results/images && cp lab.png lab-dark.png dashboard.png first_law.png ../../docs/images/
	@$(bin)/python tools/refresh_readme.py

.PHONY: lock
lock: $(workshop) ## refresh constraints.txt from the newest versions that pyproject.toml allows
	@PYTHON='$(PYTHON)' tools/lock.sh

.PHONY: clean
clean: ## remove what was built, and the environment
	@rm -rf .venv .make build dist *.egg-info docs/_build docs/reference/cli.md test-results .coverage htmlcov
	@rm -rf .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -type d '(' -name __pycache__ -o -name .ipynb_checkpoints -o -name node_modules ')' -prune -exec rm -rf {} +
