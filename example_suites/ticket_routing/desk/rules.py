"""What needs no learning: is a ticket urgent, and which order is it about?"""

import re

#: Words of danger, injury, fraud and leaked data. What customers themselves call urgent rarely is.
_URGENT = re.compile(
    r"""\b(
        smok(e|es|ing) | fire | flames? | burn(s|ed|t|ing)? | spark(s|ed)? | melt(ed|ing) | charred | explo(ded|sion)
        | electric\ shock | scald(s|ed|ing)? | boiling\ water | injur(y|ed) | hurt | hospital | ambulance | allergic
        | splinters | chok(e|ed|ing) | emergency
        | fraud(ulent)? | unauthorised | stolen | stole | hacked | taken\ over | data\ (breach|leak)
        | (someone|somebody)\ (signed|is\ buying|else\ is\ using) | did\ not\ do\ that | block\ it\ immediately
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_ORDER = re.compile(r"\bBR[- ]?(\d{5})\b|#(\d{5})\b", re.IGNORECASE)


def is_urgent(text: str) -> bool:
    """Does a ticket speak of something that cannot wait for its turn?"""
    return bool(_URGENT.search(text))


def order_number(text: str) -> str | None:
    """The order that a ticket names, as `BR-12345`; customers write it in several ways."""
    found = _ORDER.search(text)
    return f"BR-{found[1] or found[2]}" if found else None
