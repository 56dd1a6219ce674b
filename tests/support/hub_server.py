"""A small dataset hub on 127.0.0.1 that can fail in the ways a real one does."""

import hashlib
import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LARGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".parquet", ".zip")
HTML = b"<!DOCTYPE html><html><body>Please sign in to the network</body></html>"


class Hub:
    """Serves one dataset repository; used as a context manager.

    Parameters
    ----------
    files : dict of str to bytes
        Path in the repository to content; images and archives are kept as large files, whose
        digest is a SHA-256 and whose content lies behind a redirect.

    Attributes
    ----------
    repository : str
    url : str
        To be given as ``HF_ENDPOINT``.
    requests : list of (method, path, Range header or None)
    errors : dict of str to int
        Path to the number of times its content is answered with status 503.
    cuts : dict of str to list of int
        Path to the numbers of bytes after which the connection breaks, one a request.
    replaced : dict of str to bytes
        Path to content that is sent in place of the right one.
    everything : str or None
        ``html``, ``loop``, ``silence`` or ``500``: the answer to every request.
    commit : JSON value
        What it says of the commit of ``main``.
    listed : list or None
        What it lists in place of its files.
    extra : dict of str to str
        Headers of every answer in place of its own, as ``ETag``; None leaves one out.
    link : str or None
        Header ``Link`` of every page of the list.
    """

    repository = "someone/some_images"

    def __init__(self, files: dict[str, bytes]):
        self.files = dict(files)
        self.requests = []
        self.errors = Counter()
        self.cuts = {}
        self.replaced = {}
        self.everything, self.commit, self.listed, self.link = None, COMMIT, None, None
        self.extra = {}
        self.asked = []  # the headers of every request
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        # Large files lie on another host, as they do behind the real hub.
        self.content_url = f"http://localhost:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error):
        self.server.shutdown()
        self.server.server_close()

    def digest(self, path: str) -> str:
        """What the hub says of a file's content: SHA-256 of large files, git's SHA-1 of others."""
        data = self.files[path]
        if path.endswith(LARGE_SUFFIXES):
            return hashlib.sha256(data).hexdigest()
        return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()

    def tree(self) -> list[dict]:
        """The listing of the repository, as the hub gives it."""
        listing = []
        for path, data in self.files.items():
            entry = {"type": "file", "path": path, "size": len(data), "oid": self.digest(path)}
            if path.endswith(LARGE_SUFFIXES):
                pointer = {"oid": self.digest(path), "size": len(data), "pointerSize": 130}
                entry |= {"oid": "0" * 40, "lfs": pointer}
            listing.append(entry)
        return listing


def _handler(hub: Hub):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *arguments):
            pass

        def do_HEAD(self):
            self.answer()

        def do_GET(self):
            self.answer()

        def answer(self):
            path = unquote(urlsplit(self.path).path)
            hub.requests.append((self.command, path, self.headers.get("Range")))
            hub.asked.append((self.headers.get("Host"), dict(self.headers)))
            if hub.everything == "html":
                return self.send(200, HTML, {"Content-Type": "text/html"})
            if hub.everything == "loop":
                return self.send(302, b"", {"Location": self.path})
            if hub.everything == "500":
                return self.send(500, b"out of order")
            if hub.everything == "silence":
                time.sleep(30)
                return None
            api = f"/api/datasets/{hub.repository}/"
            resolve = f"/datasets/{hub.repository}/resolve/"
            if path.startswith(api + "revision/"):
                return self.revision(path.removeprefix(api + "revision/"))
            if path.startswith(api + "tree/"):
                listed = hub.tree() if hub.listed is None else hub.listed
                return self.send_json(listed, {"Link": hub.link} if hub.link else {})
            if path.startswith(resolve):
                return self.resolve(path.removeprefix(resolve).split("/", 1)[1])
            if path.startswith("/content/"):
                return self.content(path.removeprefix("/content/"))
            return self.send(404, b"", {"X-Error-Code": "RepoNotFound"})

        def revision(self, revision):
            if revision not in ("main", COMMIT):
                return self.send(404, b"", {"X-Error-Code": "RevisionNotFound"})
            siblings = [{"rfilename": path} for path in hub.files]
            return self.send_json({"id": hub.repository, "sha": hub.commit, "siblings": siblings})

        def resolve(self, file):
            if file not in hub.files:
                return self.send(404, b"", {"X-Error-Code": "EntryNotFound"})
            headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{hub.digest(file)}"'}
            if not file.endswith(LARGE_SUFFIXES):
                return self.content(file, headers)
            headers |= {
                "Location": f"{hub.content_url}/content/{quote(file)}",
                "X-Linked-Etag": f'"{hub.digest(file)}"',
                "X-Linked-Size": str(len(hub.files[file])),
            }
            return self.send(302, b"", headers)

        def content(self, file, headers=()):
            if hub.errors[file] > 0 and self.command == "GET":
                hub.errors[file] -= 1
                return self.send(503, b"busy")
            data, status = hub.replaced.get(file, hub.files[file]), 200
            headers = dict(headers)
            if span := self.headers.get("Range"):
                start = int(span.removeprefix("bytes=").split("-")[0])
                headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
                data, status = data[start:], 206
            cut = hub.cuts[file].pop(0) if self.command == "GET" and hub.cuts.get(file) else None
            return self.send(status, data, headers, cut)

        def send_json(self, value, headers=()):
            headers = {"Content-Type": "application/json", **dict(headers)}
            self.send(200, json.dumps(value).encode(), headers)

        def send(self, status, data, headers=(), cut=None):
            self.send_response(status)
            for name, value in (dict(headers) | hub.extra).items():
                if value is not None:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(data if cut is None else data[:cut])
            if cut is not None:
                self.close_connection = True

    return Handler
