"""One healthy synthetic chest, at a coarse spacing and without any disease, as the host of all tests."""

import pytest

from engine.synth.cohort import make_case
from engine.synth.hosts.anatomy import host_of


@pytest.fixture(scope="session")
def chest():
    return make_case(11, spacing_zyx_mm=(5.0, 2.0, 2.3), kind="normal", slab=False, tilt_deg=0.0)


@pytest.fixture(scope="session")
def host(chest):
    return host_of(chest.hu, chest.grid, "synthetic-11")
