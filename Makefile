# Everything runs in a virtual environment, .venv, made on first use from requirements.lock.

PYTHON ?=#             an interpreter to make the environment with (default: the first that fits)
DEMO ?= demo#          where the demo writes
DEMO_DATA ?= trajectories=200 steps=50 dt=1.0 seed=0
WORKERS ?= 2#          processes of the tests
TESTS ?=#              what pytest is told, as TESTS='tests/laws -m "not slow"'

SMALL := $(if $(QUICK),--quick --seeds 1)
VENV := .venv
BIN := $(VENV)/bin
BARE := $(VENV)/.bare
MADE := $(VENV)/.made
PIP := $(BIN)/python -m pip
# One thread a test process: the processes are what is spread over the cores. And tests compile far
# more than they run, so code is not optimised.
TEST_FLAGS := --xla_cpu_multi_thread_eigen=false --xla_backend_optimization_level=0
# On a GPU: all of float32's digits, and sums that repeat to the bit.
TEST_FLAGS += --xla_gpu_deterministic_ops=true
export JAX_DEFAULT_MATMUL_PRECISION ?= highest
# What one process of the tests has compiled the others read, and the next run of the tests too.
TEST_CACHE := JAX_COMPILATION_CACHE_DIR="$(CURDIR)/$(VENV)/compiled"
TEST_CACHE += JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0
TEST_CACHE += JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES=-1

.PHONY: help env demo test paper studies zoo learning embedding evidence lint format types docs bench lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: $(MADE) ## the virtual environment, with the locked versions

demo: $(MADE) ## simulate three bodies in the plane and discover what they conserve
	@mkdir -p $(DEMO)
	@echo "== 1 of 2: simulating three bodies in the plane"
	$(BIN)/noether-razor simulate n_body bodies=3 dimensions=2 $(DEMO_DATA) --out $(DEMO)/three_body.npz
	@echo "== 2 of 2: discovering what is conserved"
	$(BIN)/noether-razor discover $(DEMO)/three_body.npz --out $(DEMO)/discovery
	@echo
	@cat $(DEMO)/discovery/report.md

test: $(MADE) ## the tests
	$(TEST_CACHE) OMP_NUM_THREADS=1 XLA_FLAGS="$(TEST_FLAGS)" $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(TESTS)

paper: $(MADE) ## the paper's tables and figures, five seeds (hours; resumes); small with QUICK=1
	for exhibit in 'table 1' 'table 2' 'table 3' 'figure 2' 'figure 3' 'figure 4'; do \
	  $(BIN)/noether-razor $$exhibit $(SMALL) || exit; \
	done
	$(if $(QUICK),,$(BIN)/python -m experiments.paper)

studies: $(MADE) ## studies beyond the paper, five seeds (hours; resumes); small with QUICK=1
	for study in horizon scaling bodies data noise bounds; do \
	  $(BIN)/noether-razor study $$study $(SMALL) || exit; \
	done
	$(if $(QUICK),,$(BIN)/python -m experiments.paper)

zoo: $(MADE) ## the verdict on thirty-two systems, five seeds (minutes; resumes); small with QUICK=1
	$(BIN)/noether-razor zoo $(SMALL)

embedding: $(MADE) ## variational manifold embedding, thirteen rows (minutes); small with QUICK=1
	$(BIN)/noether-razor embedding all $(if $(QUICK),--quick)

evidence: $(MADE) ## the verdict by evidence, measured: noise, the zoo, new systems, planets (hours; resumes)
	for study in zoo new later recordings not_hamiltonian planets grid $(if $(QUICK),,functions unseen confirming networks forecasts methods peers constants forms) pages; do \
	  $(BIN)/python -m experiments.evidence $$study $(if $(QUICK),--seeds 1 --out runs/quick/evidence) || exit; \
	done

learning: $(MADE) ## charges of gradient descent against theory (minutes); small with QUICK=1
	$(BIN)/noether-razor learning-dynamics all $(if $(QUICK),--quick)

lint: $(MADE) ## style, format and import order, all checked
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo

format: $(MADE) ## write the code in the project's format
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

types: $(MADE) ## the types
	$(BIN)/pyright --pythonpath $(BIN)/python

docs: $(MADE) ## the documentation, into docs/_build/html (minutes at first: it runs the tutorials)
	$(BIN)/python -m sphinx -W -b html docs docs/_build/html

bench: $(MADE) ## the benchmarks
	$(BIN)/python -m benchmarks.step
	$(BIN)/python -m benchmarks.seeds
	$(BIN)/python -m benchmarks.charges
	$(BIN)/python -m benchmarks.launchers
	$(BIN)/python -m benchmarks.blas

lock: $(BARE) ## requirements.lock anew: the newest versions that pyproject.toml allows
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { \
	  echo "The lock is for the oldest Python: make clean, then make lock PYTHON=python3.11" >&2; exit 2; }
	rm -rf $(VENV)/lock && $(BIN)/python -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip install --editable '.[dev,docs]'
	{ echo '# Every version, of every extra but cuda. Written by make lock.'; \
	  $(VENV)/lock/bin/python -m pip freeze --exclude-editable | grep -E '^[A-Za-z0-9._-]+==[^ ]+$$'; \
	} > requirements.lock.new
	mv requirements.lock.new requirements.lock
	rm -rf $(VENV)/lock

clean: ## remove the environment, caches, the demo and built files
	rm -rf $(VENV) demo docs/_build dist .pytest_cache .ruff_cache .hypothesis .benchmarks \
	  .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(MADE): pyproject.toml requirements.lock | $(BARE)
	@echo "== installing the locked versions into $(VENV) (about a minute, once)"
	$(PIP) install --no-deps --no-compile --requirement requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@$(PIP) check || { echo "requirements.lock does not fit pyproject.toml: run make lock" >&2; exit 2; }
	@touch $@

$(BARE):
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14; do \
	  "$$python" -c 'import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' \
	    >/dev/null 2>&1 && found=$$python && break; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "No Python 3.11 to 3.14 with its venv module found: install one (Debian, Ubuntu:" \
	    "python3 and python3-venv) or say where it is, as make PYTHON=/path/to/python3" >&2; \
	  exit 2; \
	fi; \
	echo "== making $(VENV) with $$found, $$($$found --version)"; \
	"$$found" -m venv --clear $(VENV)
	@touch $@
