"""Plays on Linux what Windows lacks or does otherwise; first on PYTHONPATH, so every child has it too.

No fork and no process groups; signal 0 does not ask but strikes; no ```resource```; text is written with CRLF
unless somebody says otherwise; a text file opened in the encoding of the machine is an error.
"""

import builtins
import io
import multiprocessing
import os
import sys
import warnings

for _name in ("fork", "forkpty", "killpg", "getpgid"):
    delattr(os, _name)
multiprocessing.set_start_method("spawn")
# only of the package: libraries have their own habits
warnings.simplefilter("ignore", EncodingWarning)
warnings.filterwarnings("error", category=EncodingWarning, module=r"msoko_analysis")

_kill, _open, _import = os.kill, io.open, builtins.__import__


def _ours(frame):
    return "msoko_analysis" in frame.f_globals.get("__file__", "")


def import_like_windows(name, *rest, **named):
    if name == "resource" and _ours(sys._getframe(1)):
        raise ImportError(name)
    return _import(name, *rest, **named)


def kill(pid, number):
    if number == 0 and _ours(sys._getframe(1)):
        raise OSError(22, "signal 0 is Ctrl-C on Windows")
    _kill(pid, number)


def open_like_windows(
    file,
    mode="r",
    buffering=-1,
    encoding=None,
    errors=None,
    newline=None,
    closefd=True,
    opener=None,
):
    if newline is None and "b" not in mode and set(mode) & set("wax+"):
        newline = "\r\n"
    if "b" not in mode:
        encoding = io.text_encoding(encoding, 2)
    return _open(file, mode, buffering, encoding, errors, newline, closefd, opener)


os.kill, builtins.__import__ = kill, import_like_windows
builtins.open = io.open = open_like_windows
