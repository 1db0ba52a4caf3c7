"""What travels comes back: HU voxel by voxel, a host so that the same disease is painted into it."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.core.errors import InputError
from engine.synth.hosts.packed import STEPS_HU, expanded, read_host, squeezed, write_host
from engine.synth.hosts.paint import paint_host


@given(arrays(np.int16, (2, 3, 7)))
def test_every_int16_comes_back_as_it_was(hu):
    assert np.array_equal(expanded(squeezed(hu, 1)), hu)


@given(arrays(np.int16, (2, 3, 7), elements=st.integers(-1024, 3071)), st.sampled_from(STEPS_HU))
def test_a_coarser_step_is_off_by_half_of_it_at_most_and_air_stays_air(hu, step):
    hu[0, 0, :2] = -1024
    back = expanded(squeezed(hu, step))
    assert back.dtype == np.int16
    assert np.abs(back.astype(int) - hu).max() <= step / 2
    assert (back[0, 0, :2] == -1024).all()


@pytest.fixture(scope="module")
def packed(host, tmp_path_factory):
    path = tmp_path_factory.mktemp("pack") / "host.npz"
    with path.open("wb") as stream:
        write_host(stream, host)
    return path


def test_a_host_comes_back_and_is_painted_alike(host, packed):
    again = read_host(packed)
    assert (again.name, again.grid, again.noise_hu, again.grain_voxels) == (
        host.name,
        host.grid,
        host.noise_hu,
        host.grain_voxels,
    )
    for field in ("hu", "lungs", "airways", "depth_mm"):
        found, expected = getattr(again, field), getattr(host, field)
        assert found.dtype == expected.dtype
        assert np.array_equal(found, expected), field
    assert np.array_equal(paint_host(again, 3).labels, paint_host(host, 3).labels)


def test_a_host_is_smaller_than_its_scan(host):
    stream = io.BytesIO()
    write_host(stream, host, 8)
    fine = io.BytesIO()
    write_host(fine, host, 1)
    assert len(stream.getvalue()) < len(fine.getvalue()) < host.hu.nbytes / 2


@pytest.mark.parametrize(
    "damage", [lambda b: b[: len(b) // 2], lambda b: b"no", lambda b: b[:200] + b"\0" * 50 + b[250:]]
)
def test_a_damaged_host_is_named(packed, tmp_path, damage):
    folder = tmp_path / "chest"
    folder.mkdir()
    (folder / "host.npz").write_bytes(damage(packed.read_bytes()))
    with pytest.raises(InputError, match="chest"):
        read_host(folder / "host.npz")
