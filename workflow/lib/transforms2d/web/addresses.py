"""Detection of secrets in addresses: results must not contain any."""

import re

# The part before an @, also if the scheme is misspelt.
NAMED = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[/\\]*[^/\\?#\s]*@")
SECRET = re.compile(
    r"://.*[?&;#/][^=&;#?/]*(auth|cred|key|pass|pwd|secret|session|sig|token)[^=&;#?/]*=",
    re.IGNORECASE,
)
SHOWN = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*:[/\\]*)[^/\\?#\s]*@")
ADVICE = (
    "it would be copied into the results; leave it out, and write name and password for the host "
    "into ~/.netrc"
)


def holds_secret(text: str) -> bool:
    """Whether a text is an address with a name, a password, a key or a token."""
    return bool(NAMED.match(text.strip()) or SECRET.search(text))


def mentions_secret(text: str) -> bool:
    """Whether an address in a longer text has a secret."""
    return bool(SHOWN.search(text) or SECRET.search(text))


def without_secret(text: str) -> str:
    """A text without names and passwords before hosts, and without queries after paths."""
    return re.sub(r"(://[^\s?#]*[?#])[^\s)]*", r"\1...", SHOWN.sub(r"\1", text))
