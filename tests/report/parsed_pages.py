"""A page of a report as its elements: what stands where, and what it is made of."""

from __future__ import annotations

from html.parser import HTMLParser

#: Elements without an end.
VOID = {"meta", "input", "br"}


class Element:
    """One of them, with the text of all that is in it."""

    def __init__(self, tag, attributes, parent):
        self.tag, self.attributes, self.parent = tag, dict(attributes), parent
        self.pieces, self.children = [], []

    @property
    def text(self):
        """As it is read, blanks folded."""
        return " ".join("".join(self.pieces).split())

    @property
    def classes(self):
        """Its classes."""
        return (self.attributes.get("class") or "").split()

    def inside(self, tag):
        """Whether it is in such an element."""
        return self.parent is not None and (self.parent.tag == tag or self.parent.inside(tag))


class Parsed(HTMLParser):
    """All elements of a page, in their order; it is an error if they do not close in it."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.all, self.open = [], []
        self.feed(text)
        self.close()
        assert not self.open, [each.tag for each in self.open]

    def handle_starttag(self, tag, attrs):
        """Begin one."""
        element = Element(tag, attrs, self.open[-1] if self.open else None)
        assert len(attrs) == len(element.attributes), (tag, attrs)
        self.all.append(element)
        if self.open:
            self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        """Begin and end one, as drawings do."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        """End the last one."""
        assert self.open, tag
        assert self.open[-1].tag == tag, (self.open[-1].tag, tag)
        self.open.pop()

    def handle_data(self, data):
        """A text is of all that is open."""
        for each in self.open:
            each.pieces.append(data)

    def of(self, tag, name=""):
        """The elements of a kind, and of a class."""
        return [each for each in self.all if each.tag == tag and (not name or name in each.classes)]

    def at(self, name):
        """The element with an id."""
        (found,) = [each for each in self.all if each.attributes.get("id") == name]
        return found
