"""Names and passwords of hosts, from the file that curl and git read as well."""

import base64
import netrc
import os
from urllib.parse import urlsplit

from transforms2d.errors import UserError


def headers(url: str) -> dict[str, str]:
    """What a request for an address adds to be let in; nothing for most hosts.

    The file is the one that ``NETRC`` names, else ``~/.netrc``. Its entry ``default``, which is for
    all hosts, is not used.

    Raises
    ------
    UserError
        If the file is there and cannot be read, or others than its owner may read it.
    """
    path = os.environ.get("NETRC") or os.path.expanduser("~/.netrc")  # noqa: PTH111 - no error
    if not os.path.isfile(path):  # noqa: PTH113 - no error for what a path cannot hold
        return {}
    try:
        # Given no file, it looks at the rights of the user's own.
        hosts = netrc.netrc(os.environ.get("NETRC") or None).hosts
    except netrc.NetrcParseError as error:
        raise UserError(f"{path}: {error.msg}; correct it, and chmod 600 {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error}); correct it") from None
    found = hosts.get(urlsplit(url).hostname or "")
    if found is None:
        return {}
    name, _, password = found
    both = base64.b64encode(f"{name}:{password}".encode()).decode()
    return {"Authorization": f"Basic {both}"}
