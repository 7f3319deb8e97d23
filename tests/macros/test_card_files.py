"""Cards: files that cannot be read, presets that do not exist, lists and misspelt keys."""

from pathlib import Path

import pytest
from support.card_faults import ROOT, document

from macros.card import CardError, card_from_document, load_card
from macros.setup.compatibility import check_card


def test_lists_are_compared_entry_by_entry():
    """Contract: one position in two units is accepted; where they differ, the message names the entry."""
    place = "geometry.source_position=['0 m', '3 m', '{}']"
    card, same, other = (
        card_from_document(document(), [place.format(z)], name="a") for z in ("1 m", "100 cm", "2 m")
    )
    check_card(card, same.document, Path("a.root"), may_differ=set())
    with pytest.raises(ValueError, match=r"geometry.source_position.2: '1 m' in this card, '2 m' in"):
        check_card(card, other.document, Path("a.root"), may_differ=set())


def test_misspelt_key_does_not_hide_the_domain():
    """Contract: the check goes on as if the key had been written right."""
    changed = document()
    changed["detector"]["treshold"] = "2 MeV"
    del changed["detector"]["threshold"]
    with pytest.raises(CardError) as error:
        card_from_document(changed, name="changed")
    assert [fault.key for fault in error.value.faults] == ["detector.treshold", "detector.threshold"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"[source", "is not TOML"),
        (b"\xff\xfe\x00root", "is not a text file"),
        (b"x = " + b"[" * 5000, "nested"),
        (b"#" * 2_000_000, "too large"),
        (b"", "is missing"),
    ],
)
def test_unreadable_file(tmp_path, text, words):
    """Contract: the message on a file of another kind says that it is no card."""
    path = tmp_path / "card.toml"
    path.write_bytes(text)
    with pytest.raises(CardError, match=words):
        load_card(path)


def test_unknown_preset():
    """Contract: a misspelt preset is suggested."""
    with pytest.raises(CardError, match="did you mean `borexino-cr51-paper`"):
        load_card("borexino-cr51-papr")
    with pytest.raises(CardError, match="cannot be read"):
        load_card(ROOT)
