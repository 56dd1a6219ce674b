"""Servers whose answers have no end, no speed, or no sense: one line, soon, and nothing kept."""

from types import SimpleNamespace

import pytest
from support.raw_server import raw_servers

from transforms2d.errors import UserError
from transforms2d.files.atomic import atomic_path
from transforms2d.web import answers, download

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def serve(monkeypatch):
    """Start a server that sends what a generator gives, with a pause after each piece."""
    monkeypatch.setattr(answers, "PAUSES", ())
    monkeypatch.setattr(answers, "TIMEOUT", 1.0)
    monkeypatch.setattr(answers, "WINDOW", 0.5)
    monkeypatch.setattr(answers, "LONGEST_ANSWER", 0.5)
    monkeypatch.setenv("NO_PROXY", "*")
    with raw_servers() as start:
        yield start


def fails(server, largest=100_000):
    with pytest.raises(answers.Failure) as caught:
        answers.read(server.url, largest=largest)
    assert str(caught.value).isprintable()
    return caught.value


def endless(first, piece):
    def pieces():
        yield first
        while True:
            yield piece

    return pieces


CHUNK = b"1000\r\n" + bytes(4096) + b"\r\n"


@pytest.mark.parametrize(
    ("first", "piece", "pause", "part"),
    [
        (OK + b"\r\n", bytes(4096), 0, "larger than 100000 bytes"),
        (CHUNKED, CHUNK, 0, "larger than 100000 bytes"),
        (OK + b"Content-Length: 99999999999\r\n\r\n", bytes(4096), 0, "larger than 100000 bytes"),
        (OK + b"\r\n", b"x", 0.05, "too slow"),
        (CHUNKED, b"1\r\nx\r\n", 0.05, "too slow"),
        (CHUNKED, b"1", 0.05, "too slow"),  # a number of bytes without an end
        (CHUNKED + b"0\r\n", b"X: y\r\n", 0.05, "too slow"),  # headers after the last chunk
        (CHUNKED + b"0\r\n", b"X: y\r\n", 0, "too slow"),
        (OK, b"X: y\r\n", 0.05, "no answer within"),
        (OK, b"X: y\r\n", 0, "headers"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0, "no answer within"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05, "no answer within"),
        (OK + b"X: ", b"y" * 4096, 0, ""),  # one header without an end
        (b"", b"y", 0.05, "no answer within"),
        (b"", b"y" * 4096, 0, ""),
    ],
)
def test_answers_without_an_end(serve, first, piece, pause, part):
    assert part in str(fails(serve(endless(first, piece), pause)))


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\0\0\0\0",
        b"<html>",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
        b"HTTP/1.1 500 \x1b[2J\x1b]0;title\x07 \xff no\r\n\r\n",
        b"HTTP/1.1 999 no\r\n\r\n",
        b"HTTP/1.1 301 Moved\r\nLocation: \r\n\r\n",
        b"HTTP/1.1 301 Moved\r\nLocation: /\x1b[2J\xe9 x\r\n\r\n",
        b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\n\r\n",
        b"HTTP/1.1 407 No\r\n\r\n",
        b"HTTP/1.1 404 No\r\nX-Error-Code: \x1b[2J" + b"x" * 5000 + b"\r\n\r\n",
    ],
)
def test_answers_without_sense(serve, head):
    error = fails(serve(lambda: [head]))
    assert len(str(error)) < 300


@pytest.mark.parametrize(("code", "lasting"), [(400, True), (403, True), (404, True), (410, True),
    (408, False), (429, False), (500, False), (502, False), (503, False)])  # fmt: skip
def test_what_is_asked_again(serve, code, lasting):
    head = f"HTTP/1.1 {code} No\r\nRetry-After: 7\r\n\r\n".encode()
    error = fails(serve(lambda: [head]))
    assert (error.lasting, error.code, error.pause) == (lasting, code, 7)


@pytest.mark.parametrize(
    ("said", "pause"),
    [
        *(("99999999999999999999", 60.0), ("3", 3.0), ("0", 1.0), ("-5", 1.0), ("soon", 1.0)),
        *(("", 1.0), ("²", 1.0), ("1e9", 1.0), ("Mon, 01 Jan 2001 00:00:00 GMT", 1.0)),
        *(("Mon, 01 Jan 2101 00:00:00 GMT", 60.0), ("x" * 9000, 1.0)),
    ],
)
def test_a_server_does_not_decide_how_long_it_is_waited_for(serve, monkeypatch, said, pause):
    head = f"HTTP/1.1 429 Too Many\r\nRetry-After: {said}\r\n\r\n".encode("latin-1")
    error = fails(serve(lambda: [head]))
    slept = []
    monkeypatch.setattr(answers, "PAUSES", (1.0,))
    # In this module alone: servers of other tests may sleep, too.
    monkeypatch.setattr(answers, "time", SimpleNamespace(sleep=slept.append))

    def call():
        raise error

    with pytest.raises(answers.Failure):
        answers.with_retries(call)
    assert slept == [pause]


def test_a_host_that_is_not_found():
    with pytest.raises(answers.Failure) as caught:
        answers.read("http://nowhere.invalid/", largest=9)
    assert str(caught.value).isprintable()
    assert not caught.value.lasting


def test_a_server_whose_certificate_nobody_knows(serve, tmp_path):
    """And one that speaks no TLS at all."""
    server = serve(lambda: [OK + b"\r\n"])
    with pytest.raises(answers.Failure) as caught:
        answers.read(server.url.replace("http:", "https:"), largest=9)
    assert "SSL" in str(caught.value)


def test_a_proxy_that_refuses(serve, monkeypatch):
    """The name and password for it are in no message."""
    head = b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"
    server = serve(lambda: [head])
    place = server.url.removesuffix("/file").replace("//", "//me:s3cret@")
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("no_proxy", "")
    for kind in ("http", "https"):
        monkeypatch.setenv(f"{kind}_proxy", place)
        with pytest.raises(answers.Failure) as caught:
            answers.read(f"{kind}://somewhere.invalid/", largest=9)
        assert "407" in str(caught.value)
        assert "s3cret" not in str(caught.value)
    monkeypatch.setenv("http_proxy", "http://me:s3cret@[")
    with pytest.raises(answers.Failure) as caught:
        answers.read("http://somewhere.invalid/", largest=9)
    assert "s3cret" not in str(caught.value)


ADDRESSES = [
    *("http://me:s3cret@127.0.0.1/x", "http://s3cret@h/", "https://h/x?token=s3cret"),
    *("ftp://me:s3cret@h/", "http://me:s3cret@[bad/", "me:s3cret@h/x", "http://h:s3cret@x:y/"),
    *("http://me:s3cret\x1b@h/", "http://me:s3c/s3cret@h/", "http://h/#s3cret"),
    "http://me:s3cret?s3cret@h/",
]


@pytest.mark.parametrize("url", ADDRESSES)
def test_no_message_shows_a_password(tmp_path, monkeypatch, url):
    monkeypatch.setattr(answers, "PAUSES", ())
    monkeypatch.setattr(answers, "TIMEOUT", 1.0)
    monkeypatch.setattr(answers, "LONGEST_ANSWER", 2.0)
    with pytest.raises(UserError) as caught:
        download.download(url, tmp_path / "x", md5="0" * 32)
    assert "s3cret" not in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_download_that_cannot_be_kept(serve, tmp_path, monkeypatch):
    server = serve(lambda: [OK + b"\r\nabc"])
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match="cannot be written"):
        download.download(server.url, tmp_path / "file" / "x", md5="0" * 32)


def test_a_link_where_the_temporary_file_goes_is_not_followed(serve, tmp_path):
    """Somebody foresaw the name."""
    from hashlib import md5

    victim = tmp_path / "victim"
    victim.write_text("mine")
    cache = tmp_path / "cache"
    cache.mkdir()
    with atomic_path(cache / "x") as foreseen:
        foreseen.write_bytes(b"")
    foreseen.symlink_to(victim)
    server = serve(lambda: [OK + b"\r\nabc"])
    download.download(server.url, cache / "x", md5=md5(b"abc").hexdigest())
    assert victim.read_text() == "mine"
    assert (cache / "x").read_bytes() == b"abc"
    assert not (cache / "x").is_symlink()


def test_a_rest_that_is_another_file(serve, tmp_path, monkeypatch):
    """What came before is let go, and all of it is asked for."""
    from hashlib import md5

    monkeypatch.setattr(answers, "PAUSES", (0.0, 0.0, 0.0))
    right = bytes(range(200))
    first = OK + b"Content-Length: 200\r\n\r\n" + right[:50]
    wrong = b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 50-199/200\r\n\r\n" + b"?" * 150
    none = b"HTTP/1.1 416 No\r\n\r\n"
    replies = [[first], [wrong], [OK + b"\r\n" + right]]
    server = serve(lambda: replies.pop(0))
    download.download(server.url, tmp_path / "a", md5=md5(right).hexdigest())
    assert [b"Range: bytes=50-" in head for head in server.heads] == [False, True, False]
    replies += [[first], [none], [OK + b"\r\n" + right]]
    download.download(server.url, tmp_path / "b", md5=md5(right).hexdigest())
    assert (tmp_path / "b").read_bytes() == right
