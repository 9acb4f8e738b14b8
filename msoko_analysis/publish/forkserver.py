"""A template process that imports modules once and forks a ready child for every request.

Importing pandas, scipy and seaborn costs more than a note does. A template pays for it once; a
child forked from it starts in milliseconds, in a process of its own, with nothing computed before.

A module can be a template when it has two functions: ``warm_up()``, which imports and computes
nothing, and ``run_child(request)``, which does the work of one child and may return a JSON value.

Protocol on a unix socket, one JSON object a line: the client sends the request; the child answers
``{"pid": …}`` and perhaps ``{"result": …}``, and when it has ended the template says
``{"pid": …, "exit": …}``. So no two speak at a time, and whatever comes first names the child. Whoever
hangs up has its child stopped, so nothing outlives the process that asked for it, not even after
``kill -9``.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msoko_analysis.home import VARIABLE, WORK

CAN_FORK = hasattr(os, "fork") and hasattr(socket, "AF_UNIX")
LONGEST_SOCKET_FOLDER = 60  # a unix socket path may have 107 bytes; ours add a folder and a name


def private_folder(address: str | None = None) -> Path:
    """A new folder only this user can enter, with a path short enough for unix sockets.

    With the address of a template it stands inside the template's folder, and goes with it at the
    latest, even when its owner is killed.

    >>> folder = private_folder()
    >>> len(str(folder)) < 90
    True
    >>> folder.rmdir()
    """
    if address is not None:
        return Path(tempfile.mkdtemp(dir=Path(address).parent))
    base = tempfile.gettempdir()
    if len(base) > LONGEST_SOCKET_FOLDER and os.access("/tmp", os.W_OK):
        base = "/tmp"
    return Path(tempfile.mkdtemp(prefix="msoko-", dir=base))


class TemplateError(RuntimeError):
    """The template process stopped; the message ends with what it wrote before."""


class ForkedChild:
    """A child of a template, with the part of the ``subprocess.Popen`` interface kernels need."""

    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = b""
        self.returncode: int | None = None
        self.result: Any = None
        first = self._read_first()
        self.pid = int(first["pid"])
        connection.setblocking(False)
        self.returncode = first.get("exit")  # of a child killed before it could speak
        if self.returncode is not None:
            connection.close()

    def _read_first(self) -> dict[str, Any]:
        while b"\n" not in self._buffer:
            received = self._connection.recv(65536)
            if not received:
                raise TemplateError("the template process stopped before it could fork")
            self._buffer += received
        line, self._buffer = self._buffer.split(b"\n", 1)
        return json.loads(line)

    def poll(self) -> int | None:
        """Exit code (negative: the signal), or None while the child runs."""
        while self.returncode is None:
            try:
                received = self._connection.recv(65536)
            except BlockingIOError:
                break
            except OSError:
                received = b""
            self._take(received)
        return self.returncode

    def _take(self, received: bytes) -> None:
        *lines, self._buffer = (self._buffer + received).split(b"\n")
        for line in lines:
            message = json.loads(line)
            self.result = message.get("result", self.result)
            self.returncode = message.get("exit")
        if not received and self.returncode is None:  # the template is gone and its children too
            self.returncode = -int(signal.SIGKILL)
        if self.returncode is not None:
            self._connection.close()

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the exit code; ``subprocess.TimeoutExpired`` after ``timeout`` seconds."""
        end = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired(f"child {self.pid}", timeout or 0)
            time.sleep(0.005)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal to the child and to the processes it started."""
        if self.poll() is None:
            _signal_group(self.pid, number)

    def terminate(self) -> None:
        """Ask the child to stop."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Stop the child at once."""
        self.send_signal(signal.SIGKILL)


def fork_from(address: str, request: Mapping[str, Any]) -> ForkedChild:
    """Ask the template listening at ``address`` for a child that serves ``request``.

    Raises `TemplateError` with the last lines of its log when the template has died.
    """
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(address)
        connection.sendall(json.dumps(request).encode() + b"\n")
        return ForkedChild(connection)
    except (OSError, TemplateError) as problem:
        connection.close()
        raise TemplateError(f"{problem}\n{log_of(address)}") from problem
    except BaseException:
        connection.close()
        raise


def log_of(address: str) -> str:
    """The last lines a template and its children wrote to stdout and stderr."""
    log = Path(address).with_name("log")
    if not log.exists():
        return ""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:])


class ColdChild:
    """The same work in a fresh interpreter, for platforms without fork."""

    def __init__(self, module: str, request: Mapping[str, Any]) -> None:
        self.result: Any = None
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, module, "--once"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_own_environment({}),
        )
        self.pid = self._process.pid
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()  # stays open: its end tells the child that we are gone

    def poll(self) -> int | None:
        """Exit code, or None while the child runs."""
        code = self._process.poll()
        if code is not None and not self._process.stdout.closed:
            said = self._process.stdout.read()
            self.result = json.loads(said)["result"] if said else None
            self._process.stdout.close()
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        return code

    def terminate(self) -> None:
        """Ask the child to stop."""
        self._process.terminate()

    def kill(self) -> None:
        """Stop the child at once."""
        self._process.kill()


class Template:
    """A running template process; a context manager that stops it and its children at the end.

    Returns at once: the imports go on in the background, and the first child waits for them.

    Parameters
    ----------
    module : name of the module with ``warm_up`` and ``run_child``.
    environment : variables set before the interpreter starts (some are read only then).
    hangup : signal for children whose client went away.
    """

    def __init__(
        self,
        module: str,
        *,
        environment: Mapping[str, str] | None = None,
        hangup: int = signal.SIGTERM,
    ) -> None:
        self._folder = private_folder()
        self.address = str(self._folder / "s")
        with socket.socket(socket.AF_UNIX) as listener, (self._folder / "log").open("wb") as log:
            listener.bind(self.address)
            listener.listen(64)
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, module, str(listener.fileno()), str(int(hangup))],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=_own_environment(environment or {}),
                pass_fds=[listener.fileno()],
                start_new_session=True,  # Ctrl-C reaches the runner only; it stops the others
            )

    def fork(self, request: Mapping[str, Any]) -> ForkedChild:
        """A new child that serves ``request``; see `fork_from`."""
        return fork_from(self.address, request)

    def log(self) -> str:
        """The last lines the template and its children wrote to stdout and stderr."""
        return log_of(self.address)

    def close(self) -> None:
        """Stop the template; children still running get the hang-up signal."""
        self._process.stdin.close()  # ends a template that serves
        self._process.terminate()  # ends one that still imports
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Template:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _own_environment(more: Mapping[str, str]) -> dict[str, str]:
    """Our environment, in which children find this very package first."""
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, VARIABLE: str(WORK), **more}


def _signal_group(pid: int, number: int) -> None:
    """Signal a child with all it started, or the child alone when it has no group yet."""
    try:
        os.killpg(pid, number)
    except OSError:
        with contextlib.suppress(OSError):
            os.kill(pid, number)


# ----------------------------------------------------------------- inside the template process


def _serve(listener: socket.socket, module_name: str, hangup: int) -> None:
    """Import, then fork a child per connection until our own stdin is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    module = importlib.import_module(module_name)
    module.warm_up()
    if threading.active_count() > 1:
        raise RuntimeError("a template may not have threads: a forked child would lose their locks")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # from here on the closed stdin ends us
    gc.collect()
    gc.freeze()  # the collector would touch, and so copy, every page the children share
    woken, wake = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    clients: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([listener, sys.stdin, woken, *clients.values()], [], [])
        if sys.stdin in ready:
            break
        if woken in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(woken, 4096)
            _report_exits(clients)
        for pid in [pid for pid, client in clients.items() if client in ready]:
            _signal_group(pid, hangup)  # a client says nothing after its request: it hung up
            clients.pop(pid).close()
        if listener in ready:
            client, _ = listener.accept()
            request = _read_request(client)
            if request is None:
                client.close()
                continue
            pid = os.fork()
            if pid == 0:
                others = [listener, *clients.values()]
                _become_child(module, request, client, others, (woken, wake))
            clients[pid] = client
    for pid in clients:
        _signal_group(pid, hangup)
    shutil.rmtree(Path(listener.getsockname()).parent, ignore_errors=True)


def _read_request(client: socket.socket) -> dict[str, Any] | None:
    data = b""
    while not data.endswith(b"\n"):
        received = client.recv(65536)
        if not received:
            return None
        data += received
    return json.loads(data)


def _tell(client: socket.socket, message: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # a client that has gone needs no answer
        client.sendall(json.dumps(message).encode() + b"\n")


def _report_exits(clients: dict[int, socket.socket]) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        if client := clients.pop(pid, None):
            _tell(client, {"pid": pid, "exit": os.waitstatus_to_exitcode(status)})
            client.close()


def _become_child(module, request, client, others, pipe) -> None:
    """Shed everything of the template, do the work, leave without its exit handlers."""
    code = 1
    try:
        _tell(client, {"pid": os.getpid()})
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for end in pipe:
            os.close(end)
        for other in others:
            other.close()
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        result = module.run_child(request)
        if result is not None:
            _tell(client, {"result": result})
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _run_once(module_name: str) -> None:
    """Serve the one request on stdin and print the result: a child where fork does not exist."""
    module = importlib.import_module(module_name)
    module.warm_up()
    result = module.run_child(json.loads(sys.stdin.readline()))
    print(json.dumps({"result": result}))


if __name__ == "__main__":
    if sys.argv[2] == "--once":
        _run_once(sys.argv[1])
    else:
        _serve(socket.socket(fileno=int(sys.argv[2])), sys.argv[1], int(sys.argv[3]))
