# The only list of commands. `make` alone explains them.
PYTHON ?= python3
PORT ?= 8000
WORKERS ?= 2
COURSE ?= coursework
BIN := .venv/bin

# Two threads gain nothing at the sizes of this course and cost a lot on a busy machine.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1

SITE_INPUTS := _config.yml _toc.yml pyproject.toml .venv/site.ok \
  $(shell find book coursework/sources notebooks kl_helpers tools -type f \
    -not -path '*/_generated/*' -not -path '*/__pycache__/*' -not -path '*/.*')
BUILD_SITE := $(BIN)/jupyter-book build . -W -n --keep-going --all
COURSEWORK := $(BIN)/python -m tools.coursework --course "$(COURSE)" --workers $(WORKERS)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup book books figures serve lab notebooks sync test bench mutants clean
.PHONY: coursework-release coursework-demo coursework-grade coursework-feedback coursework-grades

help: ## explain the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-19s %s\n", $$1, $$2}' Makefile

setup: .venv/test.ok ## make the whole environment in .venv (site, run and test)

book: _build/html/.finished ## build the site into _build/html

books: book ## the same, and fail if one of the downloads cannot be made here
	@$(BIN)/python -m tools.takeaway all

figures: .venv/run.ok ## draw the key figures whose chapter changed, for kl-figures.zip
	@$(BIN)/python -m tools.figures build

serve: book ## build the site and serve it on this machine (PORT=8000)
	@$(BIN)/python tools/serve.py _build/html $(PORT)

lab: .venv/run.ok ## open the notebooks in JupyterLab
	@$(BIN)/python -m jupyterlab notebooks

notebooks: .venv/run.ok ## execute the chapters whose code, helpers or pins changed
	@$(BIN)/python -m tools.notebooks build

sync: .venv/run.ok ## carry edits made in notebooks/*.ipynb back to book/chapters/*.md
	@$(BIN)/python -m tools.notebooks sync

test: .venv/test.ok ## everything that CI checks
	$(BIN)/ruff check -q
	$(BIN)/ruff format --check -q
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadgroup -m "not site"
	$(BIN)/python -m pytest -q --nbval notebooks -n $(WORKERS) --dist loadfile --nbval-cell-timeout 120
	@$(MAKE) --no-print-directory book
	$(BIN)/python -m pytest -q -m "site and not alone" -n $(WORKERS) --dist loadgroup
	$(BIN)/python -m pytest -q -m alone

bench: book .venv/bench.ok ## measure the speed figures the course quotes
	@$(BIN)/python -m tools.bench

mutants: .venv/test.ok ## break kl_helpers on purpose: a test and a chapter must notice
	@$(BIN)/python -m tools.mutants

coursework-release: .venv/coursework.ok ## make what students get (A=a1)
	@$(COURSEWORK) release "$(A)"

coursework-demo: .venv/coursework.ok ## make up a class of twenty submissions (A=a1)
	@$(COURSEWORK) demo "$(A)"

coursework-grade: .venv/coursework.ok ## grade a class (A=a1 SUBMISSIONS=folder or zip)
	@$(COURSEWORK) grade "$(A)" $(if $(SUBMISSIONS),"$(SUBMISSIONS)")

coursework-feedback: .venv/coursework.ok ## write a page for each student (A=a1)
	@$(COURSEWORK) feedback "$(A)"

coursework-grades: .venv/coursework.ok ## write all grades into one table
	@$(COURSEWORK) grades

clean: ## remove what was built and the environment
	rm -rf _build book/_generated .venv dist

.venv/%.ok: requirements.txt pyproject.toml tools/environment.py
	@$(PYTHON) tools/environment.py $*

_build/html/.finished: $(SITE_INPUTS)
	@mkdir -p _build
	@$(BIN)/python -m tools.notebooks merge
	@echo "Building the site"
	@$(BUILD_SITE) > _build/build.log 2>&1 || { cat _build/build.log; \
	  echo "kl: the site was not built; the warnings and errors stand above."; exit 1; }
	@grep '^kl:' _build/build.log || true
	@$(BIN)/python -m tools.takeaway
	@touch $@
	@echo "The site stands in _build/html"
