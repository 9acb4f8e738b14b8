"""Kernels for notes: warm ones forked from a template process, cold ones where fork does not exist.

A cold kernel imports pandas, scipy and seaborn anew, about 2 s of processor time; a warm one is
forked from a template (``forkserver``) that has only imported them. Every kernel is a process of
its own, so options, patches and random states can not leak from one note into the next, and a note
made by a warm kernel has the same bytes as one made by a cold kernel (a test compares them).
"""

from __future__ import annotations

import asyncio
import builtins
import importlib
import importlib.util
import os
import shutil
import signal
import sys
import types
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

from msoko_analysis.home import VARIABLE, WORK
from msoko_analysis.publish.forkserver import CAN_FORK, Template, fork_from, private_folder

# Imported, never used, before the fork. Polars must not be here: its threads die in a fork.
PRELOAD = (
    "numpy",
    "scipy.stats",
    "pandas",
    "pyarrow.parquet",
    "pyarrow.dataset",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_svg",
    "seaborn",
    "openpyxl",
    "IPython",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "msoko_analysis.documents.note",
    "msoko_analysis.documents.letter",
    "msoko_analysis.documents.overview",
)


def kernel_environment() -> dict[str, str]:
    """Variables that make a note's bytes a function of its inputs.

    >>> kernel_environment()["OPENBLAS_NUM_THREADS"]
    '1'
    """
    return {
        # sums in another order are other numbers: one thread, and no fight of notes for the cores
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        # dates inside SVG and XLSX; 1980-01-01 is the earliest a zip archive can hold
        "SOURCE_DATE_EPOCH": "315532800",
        # order of sets
        "PYTHONHASHSEED": "0",
        # warnings would otherwise print the temporary folder of the kernel
        "IPYKERNEL_CELL_NAME": "<note>",
        # matplotlib reads this when it is imported, which in a template is before the kernel starts
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }


def kernel_template() -> Template | None:
    """Start the process warm kernels are forked from; None where fork does not exist."""
    if not CAN_FORK:
        return None
    return Template(__name__, environment=kernel_environment(), hangup=signal.SIGKILL)


def warm_up() -> None:
    """Import what notes use (called once, in the template)."""
    # pandas asks at import whether a kernel is there and lays tables out accordingly
    builtins.get_ipython = lambda: types.SimpleNamespace(kernel=True)
    try:
        for name in PRELOAD:
            if not name.startswith("msoko_analysis") or importlib.util.find_spec(name):
                importlib.import_module(name)
    finally:
        del builtins.get_ipython
    if "polars" in sys.modules:
        raise RuntimeError("the kernel template must not import polars: it has threads of its own")


def run_child(request: dict[str, Any]) -> None:
    """Be the kernel (called in a freshly forked child); returns when the kernel is shut down."""
    import numpy as np
    from ipykernel.kernelapp import IPKernelApp

    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv = ["ipykernel_launcher", *request["argv"]]
    np.random.seed()  # noqa: NPY002 - or all kernels would share the template's legacy state
    # ipykernel read JPY_PARENT_PID when the template imported it; the parent is the template now
    app = IPKernelApp.instance(parent_handle=os.getppid())
    app.initialize(request["argv"])
    if inline := sys.modules.get("matplotlib_inline.backend_inline"):
        inline._enable_matplotlib_integration()  # else figures vanish without an error
    app.start()


class ForkProvisioner(LocalProvisioner):
    """Launches a kernel by asking a template for a fork instead of starting an interpreter."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        """Fork the kernel with the arguments ``cmd`` would have given it."""
        arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
        self.cwd = str(kwargs.get("cwd") or os.getcwd())
        self.process = fork_from(
            self.parent.template,
            {"argv": arguments, "env": dict(kwargs["env"]), "cwd": self.cwd},
        )
        self.pid = self.pgid = self.process.pid
        return self.connection_info

    async def wait(self) -> int | None:
        """Wait until the kernel has gone."""
        if self.process is None:
            return 0
        while (code := self.process.poll()) is None:
            await asyncio.sleep(0.01)
        self.process = None
        return code


class NoteKernelManager(AsyncKernelManager):
    """Starts kernels of this very interpreter with `kernel_environment`, warm if it has a template.

    The kernel specification is our own: one found on the machine could be another Python. Sockets,
    connection file and IPython's settings live in a private folder that goes with the kernel, so
    nobody's configuration changes a note, and no two kernels fight for a port.
    """

    template: str | None = None

    def __init__(self, **kwargs: Any) -> None:
        self._folder = private_folder(self.template)
        kwargs["connection_file"] = str(self._folder / "k.json")
        if CAN_FORK:
            kwargs["transport"] = "ipc"
        super().__init__(**kwargs)

    @property
    def kernel_spec(self) -> KernelSpec:
        """The command and environment of a note's kernel."""
        root = str(Path(__file__).resolve().parents[2])
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="Python 3",
            language="python",
            env={
                **kernel_environment(),
                "IPYTHONDIR": str(self._folder),
                VARIABLE: str(WORK),
                "PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")])),
            },
        )

    async def _async_pre_start_kernel(self, **kwargs: Any) -> tuple[list[str], dict[str, Any]]:
        if self.template is not None and self.provisioner is None:
            self.kernel_id = self.kernel_id or "note"
            self.provisioner = ForkProvisioner(
                kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self
            )
        return await super()._async_pre_start_kernel(**kwargs)

    async def _async_cleanup_resources(self, restart: bool = False) -> None:
        await super()._async_cleanup_resources(restart=restart)
        if not restart:
            shutil.rmtree(self._folder, ignore_errors=True)

    cleanup_resources = _async_cleanup_resources  # the base class bound its own under this name


def manager_class(address: str | None) -> type[NoteKernelManager]:
    """The manager whose kernels are forked by the template at ``address`` (None: cold kernels).

    >>> manager_class(None).template is None
    True
    """
    return type("NoteKernelManager", (NoteKernelManager,), {"template": address})
