"""Downloads from servers that answer what no server should, or hardly answer at all."""

import time
from hashlib import md5

import pytest
from support.raw_server import raw_servers

from transforms2d import natural_images
from transforms2d.errors import UserError
from transforms2d.web import answers
from transforms2d.web import download as files
from transforms2d.web.download import download

CONTENT = bytes(range(256)) * 40
RIGHT = md5(CONTENT).hexdigest()


@pytest.fixture
def serve(monkeypatch):
    """Start a server that sends pieces of bytes as they stand, with a pause after each."""
    monkeypatch.setattr(answers, "PAUSES", (0.01,))
    monkeypatch.setattr(answers, "TIMEOUT", 1.0)
    monkeypatch.setenv("NO_PROXY", "*")
    with raw_servers() as start:
        yield start


def answer(*headers, content=CONTENT, status="200 OK"):
    lines = [f"HTTP/1.1 {status}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + content


def refused(url, folder):
    """The message, when nothing is kept; it is one line."""
    began = time.monotonic()
    with pytest.raises(UserError) as caught:
        download(url, folder / "file", md5=RIGHT)
    assert time.monotonic() - began < 10
    assert list(folder.iterdir()) == []
    message = str(caught.value)
    assert message.startswith(f"{url}: download failed (") and "\n" not in message
    return message


@pytest.mark.parametrize("length", ["abc", "10240, 10240", "-3", "1e4", "²"])
def test_a_length_that_is_no_number_says_nothing(serve, tmp_path, length):
    """The checksum decides, for right content and for wrong."""
    url = serve([answer(f"Content-Length: {length}")]).url
    download(url, tmp_path / "right", md5=RIGHT)
    assert (tmp_path / "right").read_bytes() == CONTENT
    (tmp_path / "right").unlink()
    wrong = serve([answer(f"Content-Length: {length}", content=CONTENT[:-1])])
    assert "MD5" in refused(wrong.url, tmp_path)


@pytest.mark.parametrize(
    "place",
    ["http://[bad/", "http://a..b/", f"http://{'x' * 70}.org/", "http://a:b/", "ftp://127.0.0.1/"],
)
def test_redirects_to_what_is_no_web_address(serve, tmp_path, place):
    server = serve([answer(f"Location: {place}", status="302 Found", content=b"")])
    refused(server.url, tmp_path)


@pytest.mark.parametrize(
    "url", ["http://[", "http://[bad/", "http://a..b/", "http://x y/", "http://"]
)
def test_addresses_that_are_none(serve, tmp_path, url):
    refused(url, tmp_path)


def test_an_address_that_is_none_is_refused_by_its_key():
    with pytest.raises(UserError, match=r"natural_images.cifar10.base_url: 'http://\[': "):
        natural_images.used_settings("cifar10", {"source": "torchvision", "base_url": "http://["})


@pytest.mark.parametrize("headers", [True, False])
def test_a_server_that_trickles(serve, tmp_path, monkeypatch, headers):
    """Each byte comes within the time limit of one answer, and there is no end to them."""
    monkeypatch.setattr(answers, "WINDOW", 0.5)
    monkeypatch.setattr(answers, "LONGEST_ANSWER", 0.5)
    start = [] if headers else [answer(f"Content-Length: {len(CONTENT)}", content=b"")]
    text = b"HTTP/1.1 200 OK\r\nX: " + b"x" * 500 if headers else CONTENT
    server = serve([*start, *(bytes([one]) for one in text)], pause=0.1)
    assert ("no answer within" if headers else "too slow: ") in refused(server.url, tmp_path)
    assert len(server.heads) == 2, "a slow server is asked again"


def test_a_slow_and_honest_server_is_waited_for(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(answers, "WINDOW", 0.2)
    pieces = [CONTENT[start : start + 1024] for start in range(0, len(CONTENT), 1024)]
    url = serve([answer(content=b""), *pieces], pause=0.05).url  # 20 KB/s, twice the limit
    download(url, tmp_path / "file", md5=RIGHT)
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_an_answer_without_an_end(serve, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LARGEST", 1 << 20)
    server = serve([answer(), *[bytes(1 << 16)] * 100])
    assert "larger than 1048576 bytes" in refused(server.url, tmp_path)
