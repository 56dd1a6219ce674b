"""Answers of web servers, with limits of time and bytes, from HTTP servers only."""

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
LONGEST_ANSWER = 120.0  # seconds until the content starts, including redirects
WINDOW = 60.0  # seconds over which the speed is measured
SLOWEST = 10_000  # bytes per second; less counts as a stall
PAUSES = (1.0, 4.0, 10.0)  # seconds before each further attempt
LONGEST_PAUSE = 60.0  # seconds, even if a server asks for a longer pause
LONGEST_REASON = 240  # characters of a message of a server or another program
BLOCK = 1 << 20
AHEAD = 4  # received blocks in memory


class Failure(OSError):
    """A missing or incomplete answer.

    Attributes
    ----------
    lasting : bool
        Whether a repetition would fail too.
    code : int or None
        Status of HTTP, if there is one.
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
        Bytes of the content, if the server says so.
    blocks : iterator of bytes
        Raises ``Failure`` if the content stalls, breaks off or is larger than allowed.
    """

    status: int
    headers: Mapping
    length: int | None
    blocks: Iterator[bytes]


def line(text) -> str:
    """A foreign message as part of one line: printable, short, without logins."""
    clean = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    clean = re.sub(r"[^\s/'\"@]+@", "...@", clean)  # a name and password before a host
    return clean if len(clean) <= LONGEST_REASON else f"{clean[:LONGEST_REASON]} ..."


def public_address(url: str) -> str:
    """An address without its possible secrets: name and password, and the part after a ``?``."""
    # Up to the last @: a password may contain any other character.
    bare = re.split(r"[?#]", re.sub(r"^(\w+://)?.*@", r"\1", url, flags=re.DOTALL))[0]
    return bare if bare.isprintable() else repr(bare)


def check_address(url: str) -> None:
    """Refuse a text that is not a web address, and an address with a name or password.

    Raises
    ------
    Failure
        A lasting one.
    """
    if not url.startswith(("http://", "https://")):
        raise Failure("not a web address", lasting=True)
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # raises an error if it is not a number
    except ValueError:
        raise Failure("not an address: its host or port is invalid", lasting=True) from None
    if not parts.hostname:
        raise Failure("an address without a host", lasting=True)
    if "@" in parts.netloc:
        raise Failure("an address with a name and password is refused", lasting=True)


def with_retries(call: Callable, *, retry: bool = True):
    """The result of ``call``, which is repeated a few times after a temporary ``Failure``.

    Raises
    ------
    Failure
        The last one; the first one if it is lasting, or without ``retry``.
    """
    for pause in (*(PAUSES if retry else ()), None):
        try:
            return call()
        except Failure as error:
            if error.lasting or pause is None:
                raise
            time.sleep(min(max(error.pause or 0, pause), LONGEST_PAUSE))


def read(url: str, *, largest: int, headers: Mapping | None = None):
    """The content of a small answer, of at most ``largest`` bytes, and its headers."""
    with get(url, largest=largest, headers=headers) as answer:
        return b"".join(answer.blocks), answer.headers


@contextmanager
def get(url: str, *, largest: int, headers: Mapping | None = None):
    """Yield the ``Answer`` to a GET request.

    A thread receives the answer, and is abandoned when a limit is reached: the resolution of names,
    slow headers and slow ends of chunks have no limits of their own.

    Parameters
    ----------
    url : str
        ``http`` or ``https``.
    largest : int
        Largest number of bytes of the content.
    headers : mapping
        ``Authorization`` is sent only to the host of ``url``.

    Raises
    ------
    Failure
    """
    arriving, stopped = queue.Queue(maxsize=AHEAD), threading.Event()
    try:
        check_address(url)
        query = request.Request(url, headers={"Accept-Encoding": "identity", **(headers or {})})
    except ValueError as error:
        raise Failure(error, lasting=True) from None
    threading.Thread(target=_listen, args=(query, arriving, stopped), daemon=True).start()
    try:
        answer = _next(arriving, LONGEST_ANSWER)
        if answer is None:
            raise Failure(f"no answer within {LONGEST_ANSWER:g} s")
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise Failure("the answer is compressed, which was not requested", lasting=True)
        if (answer.length or 0) > largest:
            raise Failure(f"it is larger than {largest} bytes", lasting=True)
        blocks = _blocks(arriving, largest)
        yield Answer(answer.status, answer.headers, answer.length, blocks)
    finally:
        stopped.set()


def _listen(query, arriving, stopped):
    """Put into the queue the answer, its blocks, and an empty block at its end; or an error."""

    def put(item):
        while not stopped.is_set():
            try:
                return arriving.put(item, timeout=0.5)
            except queue.Full:
                continue
        raise InterruptedError

    try:
        with _opener().open(query, timeout=TIMEOUT) as answer:
            put(answer)
            while block := answer.read1(BLOCK):
                put(block)
        put(b"")
    except InterruptedError:
        return
    except Exception as error:  # raised again in the main thread
        try:
            put(error)
        except InterruptedError:
            return


def _next(arriving, seconds):
    """The next item of the queue; None after this many seconds."""
    try:
        item = arriving.get(timeout=max(seconds, 0.001))
    except queue.Empty:
        return None
    if isinstance(item, Exception):
        raise _failure(item) from None
    return item


def _blocks(arriving, largest):
    """The blocks of the content, as long as they arrive fast enough."""
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
    """The ``Failure`` for an error of the network."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, HTTPError):
        lasting = error.code < 500 and error.code not in (408, 416, 425, 429)
        reason = error.headers.get("X-Error-Code") if error.headers else None
        text = f"{error}, {reason}" if reason else error
        return Failure(text, lasting=lasting, code=error.code, pause=_pause(error.headers))
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return Failure(f"its certificate is not trusted: {reason.verify_message}", lasting=True)
    if isinstance(error, OSError | HTTPException) and not isinstance(error, InvalidURL):
        return Failure(str(reason) or type(error).__name__)
    return Failure(str(error) or type(error).__name__, lasting=True)  # an invalid address


def _pause(headers) -> float | None:
    """Seconds that a busy server asks to wait: a number, or a date."""
    value = (headers or {}).get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None


class _Redirects(request.HTTPRedirectHandler):
    def http_error_302(self, req, fp, code, msg, headers):
        fp.close()  # the body of a redirect may be endless
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
    """An opener for HTTP and HTTPS only, also after redirects: no files or other protocols."""
    opener = request.OpenerDirector()
    for handler in (
        *(request.ProxyHandler(), request.HTTPHandler(), request.HTTPSHandler(context=_trusted())),
        *(request.HTTPErrorProcessor(), request.HTTPDefaultErrorHandler(), _Redirects()),
    ):
        opener.add_handler(handler)
    return opener


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates that this machine trusts, read once because they are many."""
    return ssl.create_default_context()
