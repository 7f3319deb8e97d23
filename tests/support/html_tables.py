"""HTML tables, read back."""

from html.parser import HTMLParser

__all__ = ["HOSTILE", "TAGS", "Table"]

HOSTILE = '<script>alert(1)</script> & "x" \''
"""A name that would do harm if it were not escaped."""
TAGS = {"table", "caption", "tbody", "tr", "th", "td"}


class Table(HTMLParser):
    """Reads caption, names and values back, and knows every tag that was opened."""

    def __init__(self, text):
        super().__init__()
        self.cells, self.tags, self._open = {"caption": [], "th": [], "td": []}, [], []
        self.feed(text)
        self.close()
        assert self._open == [], "a tag is not closed"

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._open.append(tag)
        if tag in self.cells:
            self.cells[tag].append("")

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.cells[self._open[-1]][-1] += data
