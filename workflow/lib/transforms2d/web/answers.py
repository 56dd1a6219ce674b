"""Answers of web servers, never without a limit of time, of bytes, and of who is asked."""

import io
import queue
import re
import ssl
import threading
import time
import urllib.request as request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http.client import HTTPException, InvalidURL
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

TIMEOUT = 30.0  # seconds without an answer
LONGEST_ANSWER = 120.0  # seconds until the content begins, redirects and all
WINDOW = 60.0  # seconds over which the speed is measured
SLOWEST = 10_000  # bytes per second; less counts as a stall
PAUSES = (1.0, 4.0, 10.0)  # seconds before each further attempt
LONGEST_PAUSE = 60.0  # seconds; a server may ask for more, and is asked after this all the same
LONGEST_REASON = 240  # letters of what a server or another program says
BLOCK = 1 << 20
AHEAD = 4  # blocks held that are not taken yet


class Failure(OSError):
    """An answer that did not come, or not whole.

    Attributes
    ----------
    lasting : bool
        Whether asking again is in vain.
    code : int or None
        Status of HTTP, where there is one.
    pause : float or None
        Seconds that the server asks to wait.
    """

    def __init__(self, text, *, lasting=False, code=None, pause=None):
        super().__init__(line(text))
        self.lasting, self.code, self.pause = lasting, code, pause


@dataclass(frozen=True)
class Answer:
    """The head of an answer, and its content as it arrives.

    Attributes
    ----------
    status : int
    headers : mapping
    length : int or None
        Bytes to come, where the server says so.
    blocks : iterator of bytes
        Raises ``Failure`` where the content stalls, breaks off or is larger than allowed.
    """

    status: int
    headers: Mapping
    length: int | None
    blocks: Iterator[bytes]


def line(text) -> str:
    """What somebody else says, as a part of one line that any terminal bears."""
    shown = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    shown = re.sub(r"[^\s/'\"@]+@", "...@", shown)  # a name and password before a host
    return shown if len(shown) <= LONGEST_REASON else f"{shown[:LONGEST_REASON]} ..."


def shown(url: str) -> str:
    """An address without what may be secret: name and password, and what follows a ``?``."""
    # Up to the last @: a password may hold any other sign.
    bare = re.split(r"[?#]", re.sub(r"^(\w+://)?.*@", r"\1", url, flags=re.DOTALL))[0]
    return bare if bare.isprintable() else repr(bare)


def check_address(url: str) -> None:
    """Refuse what is no web address, or has a name and password in it.

    Raises
    ------
    Failure
        Which is lasting.
    """
    if not url.startswith(("http://", "https://")):
        raise Failure("not a web address", lasting=True)
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # looked at, and refused where it is no number
    except ValueError:
        raise Failure("not an address: its host or port is none", lasting=True) from None
    if not parts.hostname:
        raise Failure("an address without a host", lasting=True)
    if "@" in parts.netloc:
        raise Failure("an address with a name and password in it is not asked", lasting=True)


def patiently(call: Callable, *, again: bool = True):
    """Give what ``call`` gives, which is tried a few times where its ``Failure`` may pass.

    Raises
    ------
    Failure
        The last one, when it is in vain; the first one unless ``again``.
    """
    for pause in (*(PAUSES if again else ()), None):
        try:
            return call()
        except Failure as error:
            if error.lasting or pause is None:
                raise
            time.sleep(min(max(error.pause or 0, pause), LONGEST_PAUSE))


def read(url: str, *, largest: int, headers: Mapping | None = None):
    """The content of a small answer, of at most ``largest`` bytes, and its headers."""
    with ask(url, largest=largest, headers=headers) as answer:
        return b"".join(answer.blocks), answer.headers


@contextmanager
def ask(url: str, *, largest: int, headers: Mapping | None = None):
    """Give the ``Answer`` to a GET request.

    A thread listens, and is left alone when a limit is reached: names that are not resolved,
    headers and ends of chunks that trickle, know no limit of their own.

    Parameters
    ----------
    url : str
        ``http`` or ``https``.
    largest : int
        Bytes of content at most.
    headers : mapping
        ``Authorization`` goes to no other host than the one of ``url``.

    Raises
    ------
    Failure
    """
    arriving, stopped = queue.Queue(maxsize=AHEAD), threading.Event()
    try:
        check_address(url)
        asked = request.Request(url, headers={"Accept-Encoding": "identity", **(headers or {})})
    except ValueError as error:
        raise Failure(error, lasting=True) from None
    threading.Thread(target=_listen, args=(asked, arriving, stopped), daemon=True).start()
    try:
        answer = _next(arriving, LONGEST_ANSWER)
        if answer is None:
            raise Failure(f"no answer within {LONGEST_ANSWER:g} s")
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise Failure("the answer is packed, which was not asked for", lasting=True)
        if (answer.length or 0) > largest:
            raise Failure(f"it is larger than {largest} bytes", lasting=True)
        blocks = _blocks(arriving, largest)
        yield Answer(answer.status, answer.headers, answer.length, blocks)
    finally:
        stopped.set()


def _listen(asked, arriving, stopped):
    """Put into the queue: the answer, its blocks, and an empty one at its end; or an error."""

    def put(what):
        while not stopped.is_set():
            try:
                return arriving.put(what, timeout=0.5)
            except queue.Full:
                continue
        raise InterruptedError

    try:
        with _opener().open(asked, timeout=TIMEOUT) as answer:
            put(answer)
            while block := answer.read1(BLOCK):
                put(block)
        put(b"")
    except InterruptedError:
        return
    except Exception as error:  # raised again by the one who asks
        try:
            put(error)
        except InterruptedError:
            return


def _next(arriving, seconds):
    """What arrives next; None if nothing does within so many seconds."""
    try:
        found = arriving.get(timeout=max(seconds, 0.001))
    except queue.Empty:
        return None
    if isinstance(found, Exception):
        raise _failure(found) from None
    return found


def _blocks(arriving, largest):
    """The content as it arrives, while it arrives fast enough."""
    total, before, since = 0, 0, time.monotonic()
    while True:
        block = _next(arriving, since + WINDOW - time.monotonic())
        if block == b"":
            return
        if block:
            total += len(block)
            if total > largest:
                raise Failure(f"it is larger than {largest} bytes", lasting=True)
            yield block
        passed = time.monotonic() - since
        if passed >= WINDOW:
            if total - before < SLOWEST * passed:
                raise Failure(f"too slow: {total - before} bytes in {passed:.0f} s")
            before, since = total, time.monotonic()


def _failure(error: Exception) -> Failure:
    """What an error of the network means for whoever asked."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, HTTPError):
        lasting = error.code < 500 and error.code not in (408, 416, 425, 429)
        said = error.headers.get("X-Error-Code") if error.headers else None
        text = f"{error}, {said}" if said else error
        return Failure(text, lasting=lasting, code=error.code, pause=_pause(error.headers))
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return Failure(f"its certificate is not trusted: {reason.verify_message}", lasting=True)
    if isinstance(error, OSError | HTTPException) and not isinstance(error, InvalidURL):
        return Failure(str(reason) or type(error).__name__)
    return Failure(str(error) or type(error).__name__, lasting=True)  # an address that is none


def _pause(headers) -> float | None:
    """Seconds that a busy server asks to wait: a number, or a date."""
    said = (headers or {}).get("Retry-After", "").strip()
    if said.isascii() and said.isdigit():
        return float(said[:9])
    try:
        return (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None


class _Redirects(request.HTTPRedirectHandler):
    def http_error_302(self, req, fp, code, msg, headers):
        fp.close()  # what it says besides may have no end
        return super().http_error_302(req, io.BytesIO(), code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        check_address(newurl)
        if req.type == "https" and newurl.startswith("http://"):
            raise Failure("redirected from https to http", lasting=True)
        new = super().redirect_request(req, fp, code, msg, headers, newurl)
        if _origin(newurl) != _origin(req.full_url):
            new.remove_header("Authorization")
        return new


def _origin(url) -> tuple:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _opener() -> request.OpenerDirector:
    """Asks by HTTP alone: neither files nor other servers, wherever a redirect leads."""
    opener = request.OpenerDirector()
    for handler in (
        *(request.ProxyHandler(), request.HTTPHandler(), request.HTTPSHandler(context=_trusted())),
        *(request.HTTPErrorProcessor(), request.HTTPDefaultErrorHandler(), _Redirects()),
    ):
        opener.add_handler(handler)
    return opener


@cache
def _trusted() -> ssl.SSLContext:
    """Whose certificates this machine trusts; they are many, and read once."""
    return ssl.create_default_context()
