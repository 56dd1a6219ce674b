"""The process that imports packages once and forks for each job: see ``warm_start``.

It has one thread, uses no device and runs no job itself, so its copies behave like new processes.
It ends when the process that runs the jobs ends, in whatever way, and its copies end with it.
"""

import atexit
import ctypes
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import resource
import runpy
import selectors
import signal
import socket
import struct
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from invariance.jobs.warm_start import ACCEPTED, OWN, SIZE, STATUS, identity, same_user

PR_SET_PDEATHSIG = 1
F_SETSIG = 10
READING = 5  # seconds in which a job must send its request: others wait


class WarmProcess:
    """Accepts jobs at ``listener`` until the process ``keeper`` ends."""

    def __init__(self, listener: socket.socket, keeper: int):
        self.listener, self.identity = listener, identity()
        self.code: dict[Path, int] = {}  # loaded files of this project: time of last change
        self.selector = selectors.DefaultSelector()
        self.selector.register(listener, selectors.EVENT_READ)
        self.keeper = os.pidfd_open(keeper)
        self.selector.register(self.keeper, selectors.EVENT_READ)

    def serve(self) -> dict:
        """Fork for each job. Return only in the copies, with the request of the job."""
        while True:
            for key, _ in self.selector.select():
                if key.fileobj == self.keeper:
                    self._end()
                if key.fileobj is not self.listener:
                    self._report(key.fileobj, *key.data)
                elif job := self._accept():
                    return job

    def _accept(self) -> dict | None:
        """Start the copy of a job. Return its request in the copy, None in this process."""
        try:
            connection, _ = self.listener.accept()
        except OSError:
            time.sleep(0.1)  # no descriptor is free: the job waits until another one ends
            return None
        streams = []
        try:
            if same_user(connection):
                connection.settimeout(READING)
                message, streams, _, _ = socket.recv_fds(connection, SIZE.size, 3)
                request = json.loads(_read(connection, *SIZE.unpack(message)))
                connection.settimeout(None)
                if len(streams) == 3 and request["identity"] == self.identity:
                    _load(request["modules"])
                    if self._fork(connection, streams):
                        return request
                    return None
        except (OSError, ValueError, KeyError, TypeError, struct.error):
            pass  # the job sees its connection end and runs without a copy
        finally:
            for stream in streams:
                os.close(stream)
        connection.close()
        return None

    def _fork(self, connection: socket.socket, streams: list[int]) -> bool:
        """Whether this is the copy. Raises OSError, in this process only, if there is no copy."""
        for file in _own_files() - set(self.code):
            self.code[file] = _changed(file)
        own = os.getpid()
        gc.freeze()  # so that copies share memory with this process
        spare = os.dup(self.keeper)  # reserves a number for the copy's descriptor
        try:
            child = os.fork()
        finally:
            os.close(spare)
        if child:
            ended = os.pidfd_open(child)
            self.selector.register(ended, selectors.EVENT_READ, (child, connection))
            with suppress(OSError):  # the job may have been killed
                connection.send(ACCEPTED)
            return False
        try:
            for stream, number in zip(streams, range(3), strict=True):
                os.dup2(stream, number)
            self._forget(connection)
            _tie(connection, own)
        except BaseException:  # never accept jobs in a copy
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        if any(_changed(file) != moment for file, moment in self.code.items()):
            _forget_own_code()
        return True

    def _forget(self, connection: socket.socket) -> None:
        """In a copy, close what belongs to this process and to other jobs."""
        for key in list(self.selector.get_map().values()):
            if key.data:
                os.close(key.fileobj)
                key.data[1].close()
        self.selector.close()
        self.listener.close()
        os.close(self.keeper)

    def _end(self) -> None:
        """End at once, and the copies with it: the end of an interpreter takes a second."""
        for key in self.selector.get_map().values():
            if key.data:
                os.kill(key.data[0], signal.SIGKILL)
        os._exit(0)

    def _report(self, ended: int, child: int, connection: socket.socket) -> None:
        self.selector.unregister(ended)
        os.close(ended)
        _, status = os.waitpid(child, 0)
        with suppress(OSError), connection:  # the job may have been killed
            connection.send(STATUS.pack(status))


def become(job: dict) -> None:
    """Make this copy like the process of the job."""
    os.environ.clear()
    os.environ.update(job["environment"])
    os.chdir(job["folder"])
    os.umask(job["mask"])
    for limit, values in job["limits"].items():
        resource.setrlimit(int(limit), tuple(values))
    os.sched_setaffinity(0, job["cores"])
    sys.argv, sys.path[:] = job["arguments"], job["path"]
    sys.stdout.reconfigure(line_buffering=sys.stdout.isatty())
    tempfile.tempdir = None  # computed again for this job
    importlib.invalidate_caches()


def run(script: str) -> int:
    """Run a script like ``python`` does, and return its exit status."""
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return (ended.code or 0) & 0xFF
        print(ended.code, file=sys.stderr)
        return 1
    except BaseException as error:
        trace = error.__traceback__
        while trace.tb_next and trace.tb_frame.f_code.co_filename != script:
            trace = trace.tb_next  # these lines are not of the script
        sys.excepthook(type(error), error.with_traceback(trace), trace)
        return 1
    return 0


def finish(status: int) -> None:
    """End this copy without freeing its objects, which would first copy their memory."""
    threading._shutdown()  # waits for threads
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream and not stream.closed:
                stream.flush()
        except OSError as error:
            sys.excepthook(type(error), error.with_traceback(None), None)
            status = 120  # as Python ends
    os._exit(status)


def _own_modules() -> list[str]:
    return [name for name in sys.modules if name.partition(".")[0] in OWN]


def _own_files() -> set[Path]:
    return {Path(sys.modules[name].__file__) for name in _own_modules()}


def _changed(file: Path) -> int:
    """Time of the last change of a file, in nanoseconds; -1 if the file is missing."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return -1


def _forget_own_code() -> None:
    for name in _own_modules():
        del sys.modules[name]


def _load(modules: list[str]) -> None:
    for name in modules:
        # The job reports the import error itself.
        if name not in sys.modules:
            with suppress(Exception):
                loaded = pkgutil.resolve_name(name)
                if callable(loaded):
                    loaded()


def _tie(connection: socket.socket, parent: int) -> None:
    """Let the kernel kill this copy if the process of its job, or the copied process, ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    fcntl.fcntl(connection, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(connection, F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(connection, fcntl.F_SETFL, os.O_ASYNC)
    over = os.getppid() != parent
    with suppress(BlockingIOError):
        over |= not connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    if over:
        os._exit(1)
    connection.detach()  # stays open until this process ends


def _read(connection: socket.socket, size: int) -> bytes:
    with connection.makefile("rb") as stream:
        return stream.read(size)


if __name__ == "__main__":
    listening, pid = map(int, sys.argv[1:])
    become(request := WarmProcess(socket.socket(fileno=listening), pid).serve())
    finish(run(request["arguments"][0]))
