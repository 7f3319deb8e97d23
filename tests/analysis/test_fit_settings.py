"""Settings are checked when they are made."""

import pytest

from analysis.settings import FitSettings


def test_defaults():
    s = FitSettings()
    assert (s.poi, s.likelihood, s.level, s.method) == ("gamma", "poisson", 0.683, "minos")
    assert (s.limit_level, s.limit_method, s.error_per_bin) == (0.95, "one-sided", None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"poi": "mass"}, "poi must be a numerical parameter of the model, got 'mass'"),
        ({"likelihood": "gauss"}, "likelihood must be 'poisson' or 'paper', got 'gauss'"),
        ({"method": "x"}, "method must be 'minos' or 'hesse', got 'x'"),
        ({"limit_method": "x"}, "limit_method must be 'one-sided' or 'two-sided', got 'x'"),
        ({"level": 0.0}, "level must lie between 0 and 1, got 0"),
        ({"level": float("nan")}, "level must lie between 0 and 1, got nan"),
        ({"limit_level": 95.0}, "limit_level must lie between 0 and 1, got 95: 95 % is 0.95"),
        ({"limit_level": 0.3}, "limit_level of a one-sided limit must be above 0.5, got 0.3"),
        ({"likelihood": "paper"}, "error_per_bin is needed"),
        ({"error_per_bin": 0.05}, "belongs to likelihood = 'paper' only"),
        ({"likelihood": "paper", "error_per_bin": 0.0}, "finite and above 0, got 0.0"),
        ({"likelihood": "paper", "error_per_bin": float("inf")}, "finite and above 0, got inf"),
    ],
)
def test_wrong_settings_are_errors(changes, message):
    with pytest.raises(ValueError, match=message):
        FitSettings(**changes)


def test_two_sided_limits_may_have_any_level():
    assert FitSettings(limit_level=0.3, limit_method="two-sided").limit_level == 0.3
