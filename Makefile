.DEFAULT_GOAL := help
.PHONY: help place setup demo test test-slow test-slurm faults verify lint docs bench clean

BIN := .venv/bin
PYTHON := $(or $(wildcard $(BIN)/python),python3)
# Not by its script, which names the folder that it was installed in: projects move.
SNAKEMAKE := $(BIN)/python -m snakemake
DEMO := $(SNAKEMAKE) --configfile config/demo.yaml --cores $(or $(CORES),$(shell nproc 2>/dev/null || echo 2))
ALONE := $(if $(shell command -v flock),flock --nonblock --close .venv/demo.lock)

# TORCH=cpu: torch without CUDA, from the index that uv's --torch-backend cpu names. Its versions end
# on +cpu but for macOS, which has no other torch. An environment keeps what it was made with.
MADE_WITH := $(if $(wildcard .venv/torch-cpu),cpu)
export TORCH ?= $(MADE_WITH)
export TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
CPU_BUILD := $(if $(filter Linux,$(shell uname)),+cpu)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

help:
	@echo "make demo   the whole pipeline, tiny, to results/demo and its report"
	@echo "make test   every fast check;  make test-slow   the long ones"
	@echo "make test-slurm   on a Slurm of one node; as root, INSTALL=1 installs Debian's packages"
	@echo "make lint   formatting and static checks;  make bench   benchmarks;  make setup   the environment"
	@echo "make faults  kills, damage, full disks;  make verify   MANIFEST=results/.../manifest.json"
	@echo "make docs   config/README.md from the schema;  make clean   removes results/demo"

setup: place .venv/ready

# Whether jobs could be started in this folder: before anything is installed.
place:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: python3 is older than 3.11; install a newer one"; exit 1; }
	@case "$$TORCH" in ""|cpu) ;; *) \
	  echo "error: TORCH: '$$TORCH' is not known; give cpu, or leave it out for CUDA"; exit 1;; esac
	@test ! -e .venv/ready || test "$$TORCH" = "$(MADE_WITH)" || \
	  { echo "error: .venv was made with TORCH='$(MADE_WITH)'; remove that folder first"; exit 1; }
	@PYTHONPATH=workflow/lib $(PYTHON) -B -m invariance.launch.project_path

.venv/ready: requirements.txt pyproject.toml | place
	@test -x $(BIN)/python || python3 -m venv .venv
ifeq ($(TORCH),cpu)
	@echo "Installing the pinned packages without CUDA to .venv: minutes"
	sed -E '/^(nvidia-|cuda-|triton)/d; s/^(torch|torchvision)==[^ ;]+/&$(CPU_BUILD)/' requirements.txt | \
	  $(PIP) --extra-index-url "$$TORCH_INDEX" -r /dev/stdin
	@touch .venv/torch-cpu
else
	@echo "Installing the pinned packages to .venv: minutes, 6.7 GB"
	$(PIP) -r requirements.txt
endif
	@$(BIN)/python -c "import os, pathlib, site; \
	  folder = site.getsitepackages()[0]; \
	  pathlib.Path(folder, 'invariance_transfer.pth').write_text(os.path.relpath('workflow/lib', folder))"
	@touch $@

# A killed run leaves Snakemake's lock behind; our own tells whether somebody still runs.
demo: setup
	@$(ALONE) true || { echo "error: make demo is already running in this folder"; exit 1; }
	@date +%s > .venv/demo.started
	@$(ALONE) $(DEMO) --quiet all --unlock
	$(ALONE) $(DEMO) all manifest
	$(ALONE) $(DEMO) --quiet all --report results/demo/report.html
	@echo; cat results/demo/overview.txt; echo
	@echo "Done in $$(( ($$(date +%s) - $$(cat .venv/demo.started) + 59) / 60 )) min. Open first:"
	@echo "  results/demo/report.html      all in one file: figures, tables, claims"
	@echo "  results/demo/overview.html    the same as pages, which link to each other"

test: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder

test-slow: setup
	$(BIN)/python -m pytest -m slow

faults: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m faults tests/faults

verify: setup
	@$(BIN)/python -m invariance.provenance.manifest "$${MANIFEST:-results/demo/manifest.json}"

test-slurm: setup
	@test -z "$(INSTALL)" || tests/slurm/install
	$(BIN)/python -m pytest -m "slurm and not slow" tests/slurm -rs

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/snakefmt --check Snakefile workflow/Snakefile workflow/rules
	$(SNAKEMAKE) --lint

docs: setup
	$(BIN)/python docs/make_config_reference.py workflow/schemas/config.schema.yaml \
	  config/config.yaml config/README.md

bench: setup
	@for script in benchmarks/[a-z]*.py; do $(BIN)/python $$script --json || exit 1; done

# What Snakemake keeps of other results stays, and so does the environment.
clean:
	@test ! -d .venv || $(ALONE) true || { echo "error: make demo is running in this folder; end it first"; exit 1; }
	rm -rf results/demo
	@echo "Removed results/demo and nothing else; make demo makes it again"
