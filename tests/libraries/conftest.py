"""Tests that train with other libraries run where `DIN_LIBRARIES` names a folder that holds these: `make
test-libraries`. The suite goes without them."""

from __future__ import annotations

import os
import sys

import pytest

from tests.libraries.real_impressions import RealImpressions, real_impressions

FOLDER = os.environ.get("DIN_LIBRARIES")
collect_ignore_glob = [] if FOLDER else ["test_*.py"]
if FOLDER:
    sys.path.append(FOLDER)  # behind what this project runs on


@pytest.fixture(scope="session")
def impressions(tmp_path_factory: pytest.TempPathFactory) -> RealImpressions:
    """A store's impressions, as the libraries read them."""
    return real_impressions(tmp_path_factory.mktemp("libraries"))
