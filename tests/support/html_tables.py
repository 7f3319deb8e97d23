"""HTML tables and their pictures, read back."""

from xml.etree import ElementTree as ET

__all__ = ["HOSTILE", "TAGS", "Table"]

HOSTILE = '<script>alert(1)</script> & "x" \''
"""A name that would do harm if it were not escaped."""
TAGS = {"table", "caption", "tbody", "tr", "th", "td"}
_SVG = "{http://www.w3.org/2000/svg}"
_SHAPES = {"svg", "title", "path", "circle", "text"}
_INK = {"none", "currentColor"}


class Table:
    """Reads caption, names and values back, knows every tag of the table, and checks its pictures."""

    def __init__(self, text):
        root = ET.fromstring(text)
        table = root if root.tag == "table" else root.find("table")
        assert root.tag in {"table", "div"}
        assert {child.tag for child in root} <= {"caption", "tbody"} or {child.tag for child in root} == {
            "table",
            f"{_SVG}svg",
        }
        self.tags = [element.tag for element in table.iter()]
        self.cells = {
            tag: ["".join(e.itertext()) for e in table.iter(tag)] for tag in ("caption", "th", "td")
        }
        self.pictures = [Picture(svg) for svg in root.iter(f"{_SVG}svg")]


class Picture:
    """An SVG: its texts and shapes; nothing in it is loaded or run, and it has no number that is none."""

    def __init__(self, svg):
        self.elements = [(element.tag.removeprefix(_SVG), element.attrib) for element in svg.iter()]
        self.texts = ["".join(e.itertext()) for e in svg.iter(f"{_SVG}text")]
        self.title = svg.findtext(f"{_SVG}title")
        assert {tag for tag, _ in self.elements} <= _SHAPES
        for tag, attributes in self.elements:
            assert not {name for name in attributes if name.startswith("on") or "href" in name}, tag
            assert "nan" not in "".join(v for k, v in attributes.items() if k in {"d", "x", "y", "cx", "cy"})
            for name in {"fill", "stroke"} & set(attributes):
                assert attributes[name] in _INK or attributes[name].startswith("#"), attributes

    def count(self, tag, **attributes):
        """Count the elements of a kind with some attributes."""
        return sum(t == tag and attributes.items() <= a.items() for t, a in self.elements)
