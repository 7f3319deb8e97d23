"""`nugauge contour`: what it answers, writes and refuses."""

import json

import numpy as np
import pytest
from invocation import answer, refusal

CARD = "borexino-cr51-realistic"
X, Y = "eps_L=-0.1:0.1:11", "eps_R=-0.3:0.3:13"


def test_picture_and_table(tmp_path):
    """Contract. The table holds the numbers of the document, point by point; the picture is one."""
    picture = tmp_path / "c.png"
    found = answer("contour", CARD, "--x", X, "--y", Y, "-o", picture)
    assert picture.read_bytes()[:4] == b"\x89PNG"
    table = np.loadtxt(tmp_path / "c.csv", delimiter=",", skiprows=1)
    assert (tmp_path / "c.csv").read_text().splitlines()[0] == "eps_L,eps_R,delta_2lnL"
    np.testing.assert_allclose(table[:, 2].reshape(13, 11), found["delta"], rtol=1e-6, atol=1e-9)
    assert abs(found["parameters"]["eps_L"]["value"]) < 1e-3
    assert found["files"] == [str(picture.with_suffix(s)) for s in (".png", ".csv", ".json")]
    document = json.loads((tmp_path / "c.json").read_text())
    assert document["columns"] == ["eps_L", "eps_R", "delta_2lnL"]
    np.testing.assert_allclose([row[2] for row in document["rows"]], table[:, 2], rtol=1e-7, atol=1e-12)
    assert "all nuisance parameters are fitted anew at each point" in document["caption"]
    assert [c["level"] for c in found["contours"]] == [0.683, 0.95]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--x", "eps_L=0:1", "--y", Y), "write NAME=a:b:n"),
        (("--x", "eps_L=1:0:5", "--y", Y), "needs a name, a < b and at least 2 points"),
        (("--x", "eps_L=0:1:5:log", "--y", Y), "equal ratios start above 0"),
        (("--x", "eps_L=0:1:5", "--y", "eps_L=0:1:5"), "must differ"),
        (("--x", "eps_Q=0:1:5", "--y", Y), "got 'eps_Q'"),
        (("--x", X, "--y", Y, "-o", "c.gif"), "a picture is a .png or .pdf"),
    ],
)
def test_wrong_options(options, message):
    """Contract. Finds wrong options that pass, or are refused without saying why."""
    assert message in refusal("contour", CARD, *options)
