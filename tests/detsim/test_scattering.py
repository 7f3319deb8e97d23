"""Four-momenta of exported events, from float64 and float32 columns."""

import numpy as np
import pytest
from support.exported_events import columns_of, sample, scattering

from simgen.constants import M_E
from simgen.interaction import T_max

EPSILON = np.finfo(np.float64).eps


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_energy_and_momentum_are_conserved_to_rounding(precision):
    """Closed form. Finds columns of float32 that are taken as they are: 1e-7 instead of 1e-15."""
    columns = columns_of(sample(4000), precision=precision)
    events = scattering(columns)
    assert len(events) == 3000
    assert events.n_left_out == 1000
    scale = events.E_nu + M_E
    left = events.E_nu + M_E - events.E_electron - events.E_nu_out
    assert np.max(np.abs(left) / scale) < 8 * EPSILON
    momentum = events.nu - events.electron - events.nu_out
    assert np.max(np.abs(momentum) / scale) < 2 * EPSILON
    for p, E, m in ((events.nu, events.E_nu, 0.0), (events.electron, events.E_electron, M_E)):
        square = np.sum(p**2, axis=0)
        np.testing.assert_allclose(square + m**2, E**2, rtol=1e-14)
    np.testing.assert_array_less(events.T, T_max(events.E_nu) * (1 + EPSILON))
    for name, unit in (("nu_dir", events.nu / events.E_nu), ("e_dir", events.electron)):
        stored = np.stack([columns[f"{name}_{x}"][columns["nu_pdg"] != 0] for x in "xyz"]).astype(float)
        length = np.sqrt(np.sum(unit**2, axis=0))
        tolerance = 1e-12 if precision == "float64" else 1e-6
        moving = length > 0
        np.testing.assert_allclose(
            (unit / length)[:, moving], stored[:, moving], rtol=0, atol=2 * tolerance**0.5
        )
        middle = moving & (1e-3 * T_max(events.E_nu) < events.T) & (0.99 * T_max(events.E_nu) > events.T)
        np.testing.assert_allclose((unit / length)[:, middle], stored[:, middle], rtol=0, atol=10 * tolerance)


def test_what_it_needs():
    columns = columns_of(sample(8))
    with pytest.raises(ValueError, match="no directions: `nugauge generate --columns vertex,direction`"):
        scattering({name: column for name, column in columns.items() if name != "nu_dir_x"})
    with pytest.raises(ValueError, match="direction of row 0 has the length"):
        scattering({**columns, "nu_dir_x": columns["nu_dir_x"] + 0.5})
