.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow lint bench clean

BIN := .venv/bin
DEMO := $(BIN)/snakemake --configfile config/demo.yaml --cores $(or $(CORES),$(shell nproc 2>/dev/null || echo 2))

help:
	@echo "make demo   the whole pipeline, tiny, to results/demo and its report"
	@echo "make test   every fast check;  make test-slow   the long ones"
	@echo "make lint   formatting and static checks;  make bench   benchmarks;  make setup   the environment"

setup: .venv/ready

.venv/ready: requirements.txt pyproject.toml
	@test -x $(BIN)/python || python3 -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(BIN)/python -c "import pathlib, site; \
	  pathlib.Path(site.getsitepackages()[0], 'invariance_transfer.pth').write_text(str(pathlib.Path('workflow/lib').resolve()))"
	@touch $@

demo: setup
	$(DEMO)
	$(DEMO) --quiet all --report results/demo/report.html
	@echo "Figures are in results/demo/figures; the report is results/demo/report.html"

test: setup
	$(BIN)/python -m pytest

test-slow: setup
	$(BIN)/python -m pytest -m slow

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/snakefmt --check Snakefile workflow/rules
	$(BIN)/snakemake --lint

bench: setup
	@for script in benchmarks/*.py; do $(BIN)/python $$script --json || exit 1; done

clean:
	rm -rf results/demo .snakemake
