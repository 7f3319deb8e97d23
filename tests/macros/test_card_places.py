"""Cards: where the source is, and bins of the distance."""

import pytest
from support.card_faults import EDGES, REALISTIC, document, faults_of

from detsim.detector.distance_bins import DistanceBins
from macros.card import CardError, card_from_document, load_card


def test_place_of_the_source():
    """Contract: a position, its short form, and what vertices need."""
    changed = document()
    changed["geometry"]["source_position"] = ["0 m", "3 m", "-40 cm"]
    with pytest.raises(CardError, match="says the same as source_position"):
        card_from_document(changed, name="changed")
    card = card_from_document(
        document(),
        ["geometry.source_position=['0 m', '3 m', '-40 cm']", "geometry.source_radius=3 cm"],
        name="changed",
    )
    geometry = card.experiment.normalisation.geometry
    assert geometry.source_centre == (0.0, 300.0, -40.0)
    assert geometry.source_radius == 3.0
    assert load_card("borexino-cr51-realistic", ["run.columns=['time']"]).run.columns == ("time",)
    assert load_card("borexino-cr51-paper", ["run.columns=['time']"]).run.columns == ("time",)
    with pytest.raises(CardError, match=r"run.columns.*no place to draw them in"):
        load_card("borexino-cr51-paper", ["run.columns=['vertex']"])


def test_bins_of_the_distance():
    """Contract: distances reach the detector in cm, by width or by edges, and so does the cut on vertices."""
    binned = "detector.distance={low='5 m', high='6.1 m', width='50 cm', resolution='15 cm'}"
    detector = load_card(REALISTIC, [binned, "detector.fiducial={wall_distance='0.5 m'}"]).experiment.detector
    assert detector.distance == DistanceBins(edges=(500.0, 550.0, 600.0, 610.0), resolution=15.0)
    assert (detector.wall_distance, detector.fiducial, detector.n_bins) == (50.0, 1.0, 3 * 6)
    perfect = f"detector.distance={{{EDGES}, resolution='perfect'}}"
    detector = load_card(REALISTIC, [perfect, "detector.fiducial=0.5"]).experiment.detector
    assert detector.distance == DistanceBins(edges=(500.0, 800.0, 1100.0), resolution=0.0)
    assert (detector.wall_distance, detector.fiducial) == (0.0, 0.5)
    plain = load_card(REALISTIC).experiment.detector
    assert (plain.distance, plain.wall_distance) == (None, 0.0)


@pytest.mark.parametrize(
    ("override", "key"),
    [
        (f"detector.distance={{{EDGES}, resolution='1 cm'}}", "detector.distance"),
        ("detector.fiducial={wall_distance='0.5 m'}", "detector.fiducial.wall_distance"),
        ("model.delta_m2=1 eV2", "model.delta_m2"),
    ],
)
def test_what_needs_places(override, key):
    """Contract: without vertices there are no distances; the fault is at the key that asks for them."""
    found = faults_of("source.flux=1e12 /cm2/s", override)
    assert list(found) == [key]
    assert "a flux is the same everywhere: give an activity, or events, instead of the flux" in found[key]
    changed = document()
    del changed["geometry"]
    for normalisation, at in (("source.events=100", key), ("source.activity=1 MCi", "geometry")):
        with pytest.raises(CardError) as error:
            card_from_document(changed, [normalisation, override], name="changed")
        assert [fault.key for fault in error.value.faults] == [at]
        assert "[geometry]" in str(error.value) or "shape of the target" in str(error.value)


def test_many_bins_of_both_kinds():
    """Contract: the bins of both axes together are limited, as those of one are."""
    fine = "detector.distance={low='5 m', high='11 m', width='1 mm', resolution='1 cm'}"
    assert "with those of the energy" in faults_of(fine, "detector.bins.width=1 keV")["detector.distance"]
