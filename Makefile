# `make demo` and `make test` do all the set-up they need. Variables:
#   PYTHON=python3.12   another Python, 3.11 to 3.13
#   TORCH_INDEX=URL     a further package index for torch, such as PyTorch's CPU wheels
#   PORT=8501           where the demo listens
#   ARGUMENTS=--json    options of measure-ui and fuzz
#   EXAMPLES=100000     how many inputs of each kind fuzz tries

PYTHON ?= python3
TORCH_INDEX ?=
PORT ?= 8501
ARGUMENTS ?=
EXAMPLES ?= 100000
VENV := .venv
LIBRARIES := .libraries
CLUSTER := .cluster
PIP_INSTALL := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
	$(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))

.PHONY: demo test test-libraries test-cluster lint fuzz screenshots measure-ui clean

demo: $(VENV)/.installed
	STREAMLIT_SERVER_PORT=$(PORT) $(VENV)/bin/python app.py

# Compiled modules are kept, whatever the environment says: the tests start some dozens of processes.
test: lint
	PYTHONDONTWRITEBYTECODE= $(VENV)/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --max-worker-restart 2

# Other libraries' DIN, in a folder of their own that nothing else reads; --no-deps, as torch and numpy are there.
test-libraries: $(LIBRARIES)/.installed
	DIN_LIBRARIES=$(LIBRARIES) $(VENV)/bin/python -m pytest tests/libraries

# A Ray cluster of some processes, in an environment of its own; at most five minutes once that is there.
test-cluster: $(CLUSTER)/.installed
	DIN_CLUSTER=1 timeout 300 $(CLUSTER)/bin/python -m pytest tests/cluster

lint: $(VENV)/.installed-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy

# Hours; what fuzz.jsonl holds is not run again.
fuzz: $(VENV)/.installed-dev
	$(VENV)/bin/python -m tests.generated --examples $(EXAMPLES) --log fuzz.jsonl $(ARGUMENTS)

screenshots: $(VENV)/.installed-dev
	$(VENV)/bin/python -m tests.journeys.screenshots
	$(VENV)/bin/python -m tests.journeys.pictures.shared_pictures
	$(VENV)/bin/python -m tests.journeys.pictures.moving_picture

measure-ui: $(VENV)/.installed-dev
	$(VENV)/bin/python -m tests.journeys.measure_ui $(ARGUMENTS)

clean:
	rm -rf $(VENV) $(LIBRARIES) $(CLUSTER) .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps, not the programs themselves: an interrupted step is done again.
$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
		echo "DIN Lens needs Python 3.11 to 3.13, but '$(PYTHON)' is $$($(PYTHON) --version 2>&1)." \
			"Name another one: make $(or $(MAKECMDGOALS),demo) PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: requirements.txt | $(VENV)/.created
	@echo "Installing requirements.txt (torch is large: some minutes on the first run)"
	$(PIP_INSTALL) -r requirements.txt
	@touch $@

# The test tools include the app's own requirements: one install does for both.
$(VENV)/.installed-dev: requirements-dev.txt requirements-export.txt requirements-auth.txt requirements.txt | $(VENV)/.created
	@echo "Installing requirements-dev.txt (torch is large: some minutes on the first run)"
	$(PIP_INSTALL) -r requirements-dev.txt
	@touch $(VENV)/.installed $@

$(LIBRARIES)/.installed: $(VENV)/.installed-dev
	$(PIP_INSTALL) --no-deps --upgrade --target $(LIBRARIES) fuxictr==2.3.9 deepctr-torch==0.3.0 torch-rechub==0.9.0 \
		recbole==1.2.1 colorama==0.4.6 colorlog==6.12.0 h5py==3.16.0 Keras-Preprocessing==1.1.2 polars==2.1.0 \
		polars-runtime-32==2.1.0 PyYAML==6.0.4 six==1.17.0 texttable==1.7.2
	@touch $@

$(CLUSTER)/.installed: requirements-ray.txt requirements-dev.txt requirements-export.txt requirements-auth.txt \
		requirements.txt
	$(PYTHON) -m venv $(CLUSTER)
	$(CLUSTER)/bin/python -m pip install --quiet --disable-pip-version-check \
		$(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -r requirements-dev.txt -r requirements-ray.txt
	@touch $@
