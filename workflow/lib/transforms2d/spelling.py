"""One spelling of names that look the same: letters with marks composed, as most keyboards type.

Systems differ in it: what was written on one comes back from a Mac with its marks apart.
"""

import unicodedata


def one_spelling(name: str) -> str:
    """The name with its letters and marks composed (Unicode's NFC)."""
    return unicodedata.normalize("NFC", name)
