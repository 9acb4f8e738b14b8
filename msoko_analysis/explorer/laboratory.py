"""JupyterLab opened on the explorer, for ``msoko explore``."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msoko_analysis.errors import MsokoError
from msoko_analysis.explorer.region import DATA_VARIABLE, RUN_VARIABLE
from msoko_analysis.home import SHIPPED, VARIABLE, WORK

NOTEBOOK = "notebooks/explore.ipynb"
_NEEDED = ("jupyterlab", "ipywidgets")
# Settings that keep JupyterLab from asking the network for news and new versions.
_CONFIG = str(Path(__file__).parent)
_HOOK = "msoko_analysis.explorer.laboratory.without_outputs"


def open_laboratory(run: Path, data: Path, options: Sequence[str] = ()) -> int:
    """Open JupyterLab on the explorer of a run and wait until it ends; returns its exit code.

    ``options`` go to JupyterLab as they are. Raises MsokoError when the extra ``lab`` is not there.
    """
    absent = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if absent:
        raise MsokoError(
            f"Для исследования данных нужен JupyterLab, а не установлено: {', '.join(absent)}. "
            "Выполните в папке проекта: make lab — или: .venv/bin/pip install -e '.[lab]'"
        )
    root = WORK if (WORK / NOTEBOOK).is_file() else SHIPPED
    command = [
        *(sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root}"),
        f"--LabApp.default_url=/lab/tree/{NOTEBOOK}",
        f"--FileContentsManager.pre_save_hook={_HOOK}",
        *options,
    ]
    own = os.environ.get("JUPYTER_CONFIG_PATH")
    told = {
        RUN_VARIABLE: str(run.resolve()),
        DATA_VARIABLE: str(data.resolve()),
        VARIABLE: str(WORK),
        "JUPYTER_CONFIG_PATH": os.pathsep.join([_CONFIG, *([own] if own else [])]),
    }
    return subprocess.run(command, env={**os.environ, **told}, check=False).returncode


def without_outputs(*, model: dict[str, Any], path: str, **_: Any) -> None:
    """Before a notebook of the project is saved: take its outputs out, they show pupils' counts.

    Notebooks elsewhere keep theirs.

    >>> cell = {"cell_type": "code", "outputs": [{"text": "12"}], "execution_count": 1}
    >>> without_outputs(model={"type": "notebook", "content": {"cells": [cell]}}, path="notebooks/a.ipynb")
    >>> cell["outputs"], cell["execution_count"]
    ([], None)
    """
    if model["type"] != "notebook" or not path.startswith("notebooks/"):
        return
    for cell in model["content"]["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    model["content"].get("metadata", {}).pop("widgets", None)
