"""Readers of binary files run in a process of their own: of a bad file it may die, we do not.

Those readers are not ours; of a hostile file they may panic, or take all memory there is and abort.
One process serves all files and starts again where a file ended it. It runs ``apart_reader.py`` as a
bare script, so that it starts in a few hundredths of a second.
"""

from __future__ import annotations

import atexit
import contextlib
import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from msoko_analysis.walls import refusal

_SECONDS = 60
_SCRIPT = Path(__file__).with_name("apart_reader.py")
_DIED = (
    "файл не читается: он повреждён или занимает при чтении слишком много памяти",
    "откройте его в Excel, удалите лишние строки и столбцы за таблицей и сохраните заново; "
    "очень большую таблицу сохраните как CSV UTF-8",
)


class _Process:
    """The process, started when it is first needed."""

    def __init__(self) -> None:
        self._running: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def ask(self, question: tuple[str, str]) -> Any:
        """The answer; EOFError if the process died of the question or took too long."""
        with self._lock:
            running = self._running or self._start()
            watch = threading.Timer(_SECONDS, running.kill)
            watch.start()
            try:
                pickle.dump(question, running.stdin)
                running.stdin.flush()
                return pickle.load(running.stdout)
            except (EOFError, OSError, pickle.UnpicklingError):
                self._end(running)
                raise EOFError from None
            except BaseException:  # Ctrl-C: its answer must not be taken for the next one
                self._end(running)
                raise
            finally:
                watch.cancel()

    def _start(self) -> subprocess.Popen[bytes]:
        self._running = subprocess.Popen(
            [sys.executable, "-P", str(_SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return self._running

    def close(self) -> None:
        """End the process if it runs."""
        if self._running is not None:
            self._end(self._running)

    def _end(self, running: subprocess.Popen[bytes]) -> None:
        self._running = None
        running.kill()
        running.wait()
        for end in (running.stdin, running.stdout):
            with contextlib.suppress(OSError):
                end.close()


_process = _Process()
atexit.register(lambda: _process.close())


def read_apart(reader: str, path: Path) -> Any:
    """What a reader of ``apart_reader.py`` makes of a file.

    Raises DataError if it refuses the file, dies of it, or takes more than a minute.
    """
    try:
        done, answer = _process.ask((reader, str(path.resolve())))
    except EOFError:
        done, answer = False, _DIED
    if not done:
        raise refusal(path, *answer)
    return answer
