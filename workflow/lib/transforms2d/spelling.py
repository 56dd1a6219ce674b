"""One spelling for names that look the same: letters with accents as single characters.

Systems differ: a Mac returns a letter and its accent as two characters.
"""

import unicodedata


def one_spelling(name: str) -> str:
    """The name in Unicode's composed form (NFC)."""
    return unicodedata.normalize("NFC", name)
