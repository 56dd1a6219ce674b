"""A server on this machine that answers with given bytes, whatever HTTP says."""

import contextlib
import socketserver
import threading
import time
from collections.abc import Callable, Iterable, Iterator


@contextlib.contextmanager
def raw_servers() -> Iterator[Callable]:
    """Give ``start(pieces, pause)``; all servers that it started end with the context.

    ``pieces`` is an iterable of bytes, or a function that gives one per answer. They are sent as
    they are, with a pause in seconds after each. A server has its ``url``, the ``heads`` of the
    requests, and how many bytes were ``sent``.
    """
    servers = []

    def start(pieces: Iterable[bytes] | Callable[[], Iterable[bytes]], pause: float = 0.0):
        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                self.server.heads.append(self.request.recv(65536))
                try:
                    for piece in pieces() if callable(pieces) else pieces:
                        self.request.sendall(piece)
                        self.server.sent += len(piece)
                        time.sleep(pause)
                except OSError:  # the client went away, as it should
                    pass

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads, server.block_on_close = True, False
        server.heads, server.sent = [], 0
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        server.url = f"http://127.0.0.1:{server.server_address[1]}/file"
        return server

    try:
        yield start
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
