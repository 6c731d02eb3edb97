# make demo    install, then screen examples/reactions.csv
# make test    install, then run all the tests
# make lint    install, then check style and types
# make fuzz    install, then read broken files of every kind, for hours; a night is right
# make wheel   install, then build the wheel and screen with it where the clone is not at hand
# make locked  install like the others, each file held against its SHA-256 in hashes.txt (torch's build for processors)
# make hashes  install, then write hashes.txt anew; UV_FIND_LINKS names a folder that has that build of torch
# make sbom    install, then write build/sbom.json (CycloneDX) and docs/licences.md
# make audit   install, then look up known weaknesses of all packages; needs pypi.org
# make docs    install, then build the pages of docs/ as a site in site/
# Everything is installed into .venv, once.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
DEMO_OUT := out/demo

.PHONY: venv demo test fuzz lint wheel locked hashes sbom audit docs clean

venv: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

# All packages that are needed are listed, so that pip looks for none itself.
locked:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r hashes.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(VENV)/installed

hashes: venv
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	UV_CUSTOM_COMPILE_COMMAND='make hashes' $(BIN)/uv pip compile --quiet --python $(BIN)/python --no-annotate \
		--generate-hashes --extra dev -c constraints.txt pyproject.toml -o hashes.txt

demo: venv
	rm -rf $(DEMO_OUT)
	$(BIN)/tscreen run examples/reactions.csv --out $(DEMO_OUT)
	$(BIN)/tscreen top $(DEMO_OUT)

test: venv
	$(BIN)/pytest -n 2 --dist loadgroup --no-loadscope-reorder

fuzz: venv
	TSCREEN_FUZZ=100 $(BIN)/pytest -n 2 --dist load tests/fuzz

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Beside the dependencies of the clone, before which it comes; the folder holds nothing else.
wheel: venv
	rm -rf build
	$(BIN)/pip install --quiet --no-deps --target build/wheel .
	cd build && PYTHONSAFEPATH=1 PYTHONPATH=wheel ../$(BIN)/python ../tests/project/wheel.py

sbom: venv
	$(BIN)/python bench/project/bill_of_materials.py --sbom build/sbom.json

# Strict, as it passes over a package that it finds nothing of.
audit: venv
	$(BIN)/pip install --quiet --disable-pip-version-check pip-audit
	$(BIN)/pip-audit --strict --no-deps --disable-pip --requirement constraints.txt

# Material's notice about another project is no warning of these pages.
docs: venv
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

clean:
	rm -rf $(VENV) out site build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
