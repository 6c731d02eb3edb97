# make demo    install, then screen examples/reactions.csv
# make test    install, then run all the tests
# make lint    install, then check style and types
# make fuzz    install, then read broken files of every kind, for hours; a night is right
# make docs    install, then build the pages of docs/ as a site in site/
# Everything is installed into .venv, once.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
DEMO_OUT := out/demo

.PHONY: venv demo test fuzz lint docs clean

venv: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

demo: venv
	rm -rf $(DEMO_OUT)
	$(BIN)/tscreen run examples/reactions.csv --out $(DEMO_OUT)
	$(BIN)/tscreen top $(DEMO_OUT)

test: venv
	$(BIN)/pytest -n 2 --dist loadgroup

fuzz: venv
	TSCREEN_FUZZ=100 $(BIN)/pytest -n 2 --dist load tests/fuzz

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Material's notice about another project is no warning of these pages.
docs: venv
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

clean:
	rm -rf $(VENV) out site build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
