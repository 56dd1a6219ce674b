"""A small archive in CIFAR's format, and a server that may misbehave when it is asked for it."""

import io
import pickle
import struct
import tarfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def pixels(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 3072), dtype=np.uint8)


def old_text(text: bytes) -> bytes:
    """A byte string as Python 2 wrote it."""
    return (
        b"U" + bytes([len(text)]) + text
        if len(text) < 256
        else b"T" + struct.pack("<i", len(text)) + text
    )


def old_pickle(data, labels, label_key) -> bytes:
    """A batch as the authors wrote it: protocol 2 of Python 2, arrays as byte strings."""
    rows, columns = data.shape
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00t"
        + old_text(b"b") + b"tR(K\x01(M" + struct.pack("<H", rows) + b"M"
        + struct.pack("<H", columns) + b"tcnumpy\ndtype\n(" + old_text(b"u1")
        + b"K\x00K\x01tR(K\x03" + old_text(b"|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        + b"I00\n" + old_text(data.tobytes()) + b"tb"
    )  # fmt: skip
    listed = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    items = old_text(b"data") + array + old_text(label_key.encode()) + listed
    return b"\x80\x02}(" + items + b"u."


def archive(facts, members, start="") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as made:
        for name, data in members.items():
            entry = tarfile.TarInfo(f"{start}{facts.base_folder}/{name}")
            entry.size = len(data)
            made.addfile(entry, io.BytesIO(data))
    return file.getvalue()


def cifar10_members():
    members = {
        f"data_batch_{k}": old_pickle(pixels(20, k), [i % 10 for i in range(20)], "labels")
        for k in range(1, 6)
    }
    members["test_batch"] = old_pickle(pixels(10, 9), list(range(10)), "labels")
    members["batches.meta"] = pickle.dumps({"label_names": NAMES}, protocol=2)
    return members


class Server(ThreadingHTTPServer):
    """Gives each answer of ``plan`` once, then ``content``."""

    daemon_threads = True

    def __init__(self, content):
        self.content, self.plan, self.asked = content, [], 0
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/somewhere"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error):
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.server.asked += 1
        answer = self.server.plan.pop(0) if self.server.plan else "right"
        content, status, headers, sent = self.server.content, 200, {}, None
        if answer == "silence":
            time.sleep(5)
            return
        if answer == "loop":
            status, headers, content = 302, {"Location": self.path}, b""
        elif isinstance(answer, int):
            status, content = answer, b"no"
        elif answer == "html":
            content = b"<html><body>Sign in</body></html>"
        elif answer == "half":
            sent = len(content) // 2
        elif answer == "flipped":
            content = content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:sent])
