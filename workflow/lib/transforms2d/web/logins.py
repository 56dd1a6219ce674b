"""Names and passwords for hosts, from the same file as curl and git."""

import base64
import netrc
import os
from urllib.parse import urlsplit

from transforms2d.errors import UserError


def headers(url: str) -> dict[str, str]:
    """Headers with the login for an address; empty for most hosts.

    The file is given by ``NETRC``, else it is ``~/.netrc``. Its entry ``default``, which applies to
    all hosts, is not used.

    Raises
    ------
    UserError
        If the file exists and cannot be read, or if other users can read it.
    """
    path = os.environ.get("NETRC") or os.path.expanduser("~/.netrc")  # noqa: PTH111 - no error
    if not os.path.isfile(path):  # noqa: PTH113 - no error for invalid paths
        return {}
    try:
        # Without an argument, netrc checks the rights of the user's file.
        hosts = netrc.netrc(os.environ.get("NETRC") or None).hosts
    except netrc.NetrcParseError as error:
        raise UserError(f"{path}: {error.msg}; correct it, and chmod 600 {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error}); correct it") from None
    entry = hosts.get(urlsplit(url).hostname or "")
    if entry is None:
        return {}
    name, _, password = entry
    login = base64.b64encode(f"{name}:{password}".encode()).decode()
    return {"Authorization": f"Basic {login}"}
