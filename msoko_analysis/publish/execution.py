"""Executes one notebook strictly: papermill's leniency ends here.

papermill only warns about an unknown parameter, takes ``sys.exit(0)`` for success, and marks a cell
during which the kernel died as completed. Here each is an error that says which cell it was.
"""

from __future__ import annotations

import ast
import difflib
import re
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# With JupyterLab installed every import of nbformat builds a grammar that checks the form of IRIs
# (jsonschema → rfc3987_syntax → lark), 1.2 s a process. Notebooks have no IRIs to check.
sys.modules.setdefault("rfc3987_syntax", None)

import nbformat  # noqa: E402
import papermill  # noqa: E402
from nbclient.exceptions import CellTimeoutError, DeadKernelError  # noqa: E402
from nbformat import NotebookNode  # noqa: E402
from papermill.exceptions import PapermillExecutionError  # noqa: E402

from msoko_analysis.errors import ParamsError, RenderError  # noqa: E402
from msoko_analysis.publish.forkserver import TemplateError  # noqa: E402
from msoko_analysis.publish.kernels import manager_class  # noqa: E402

CELL_TIMEOUT = 900  # seconds; the slowest cell of a large region takes about 20
START_TIMEOUT = 120  # seconds for a kernel to answer, on a machine busy with other notes
INJECTED = "injected-parameters"
TYPES = {"str": str, "int": int, "float": float, "bool": bool}
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class CellFailed(Exception):
    """A notebook stopped: where, with which error, and the full traceback."""

    cell: int  # position in the notebook as stored, from 1
    source: str  # first line of its code
    error: str  # class of the exception, "" when the kernel itself failed
    message: str
    trace: str

    def __str__(self) -> str:
        what = ": ".join(filter(None, [self.error, self.message]))
        return f"ячейка {self.cell} («{self.source}»): {what}"


def read_notebook(path: Path) -> NotebookNode:
    """The notebook in the newest format, with the same cell ids on every reading."""
    try:
        stored = nbformat.read(path, as_version=nbformat.NO_CONVERT)
        anonymous = (stored.nbformat, stored.get("nbformat_minor", 0)) < (4, 5)
        notebook = nbformat.convert(stored, 4) if stored.nbformat < 4 else stored
    except FileNotFoundError as missing:
        raise RenderError(f"Нет тетради {path}") from missing
    except Exception as broken:  # nbformat raises whatever its JSON and schema readers raise
        raise RenderError(f"Файл {path} — не тетрадь Jupyter: {broken}") from broken
    notebook.nbformat_minor = max(5, notebook.nbformat_minor)
    for number, cell in enumerate(notebook.cells, 1):
        if anonymous:
            cell["id"] = f"cell-{number:02d}"
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def declared_parameters(notebook: NotebookNode) -> dict[str, str]:
    """Names and annotations ("" for none) in the one cell tagged ``parameters``.

    >>> cell = nbformat.v4.new_code_cell("year: int = 2021", metadata={"tags": ["parameters"]})
    >>> declared_parameters(nbformat.v4.new_notebook(cells=[cell]))
    {'year': 'int'}
    """
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    if len(cells) != 1:
        raise RenderError(
            f"В тетради должна быть ровно одна ячейка с меткой «parameters», найдено: {len(cells)}"
        )
    declared: dict[str, str] = {}
    for statement in ast.parse(cells[0].source).body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                declared[name] = ast.unparse(annotation)
            case ast.Assign(targets=[ast.Name(id=name)]):
                declared[name] = ""
            case ast.Expr(value=ast.Constant()):
                pass
            case _:
                code = ast.unparse(statement).splitlines()[0]
                raise RenderError(
                    f"В ячейке «parameters» допустимы только присваивания, а не «{code}»"
                )
    return declared


def check_parameters(declared: Mapping[str, str], given: Mapping[str, Any]) -> None:
    """Raise `ParamsError` listing every unknown, missing or wrongly typed parameter.

    >>> check_parameters({"district": "str"}, {"distrikt": "007"})
    Traceback (most recent call last):
    msoko_analysis.errors.ParamsError: Параметры тетради заданы неверно:
      нет параметра «distrikt» (есть: district); возможно, имелось в виду «district»
      не задан параметр «district»
    """
    problems = []
    for name in sorted(set(given) - set(declared)):
        near = difflib.get_close_matches(name, declared, n=1)
        hint = f"; возможно, имелось в виду «{near[0]}»" if near else ""
        problems.append(f"нет параметра «{name}» (есть: {', '.join(declared)}){hint}")
    problems += [f"не задан параметр «{name}»" for name in declared if name not in given]
    for name, value in given.items():
        kind = TYPES.get(declared.get(name, ""))
        if kind is not None and type(value) is not kind:
            problems.append(
                f"параметр «{name}» должен иметь тип {kind.__name__}, а не {type(value).__name__}"
            )
    if problems:
        raise ParamsError("\n  ".join(["Параметры тетради заданы неверно:", *problems]))


def inject(notebook: NotebookNode, parameters: Mapping[str, Any]) -> None:
    """Put the values into a cell after the declared ones, readable and with their types.

    papermill would write Cyrillic as escapes, and give the cell another id on every run.
    """
    tags = [cell.metadata.get("tags", []) for cell in notebook.cells]
    position = next(number for number, of_cell in enumerate(tags) if "parameters" in of_cell)
    cell = nbformat.v4.new_code_cell(
        parameters_source(parameters), id=INJECTED, metadata={"tags": [INJECTED]}
    )
    notebook.cells.insert(position + 1, cell)


def parameters_source(parameters: Mapping[str, Any]) -> str:
    """The assignments of the injected cell.

    >>> print(parameters_source({"district": "007", "name": "Район"}))
    district = '007'
    name = 'Район'
    """
    return "\n".join(f"{name} = {value!r}" for name, value in parameters.items())


def execute(
    path: Path, parameters: Mapping[str, Any], *, kernel: str | None = None
) -> NotebookNode:
    """Run a notebook with the given parameters and return it with all outputs.

    Parameters
    ----------
    path : the notebook; its folder is the working directory of the run.
    parameters : a value for every name the ``parameters`` cell declares, and no other.
    kernel : address of a kernel template (``kernels.kernel_template``), None for a cold kernel.

    Raises
    ------
    ParamsError : an unknown, missing or wrongly typed parameter.
    RenderError : the file is no notebook with one ``parameters`` cell.
    CellFailed : an exception in a cell, a dead kernel, a timeout, a cell left unexecuted.
    """
    notebook = read_notebook(path)
    check_parameters(declared_parameters(notebook), parameters)
    inject(notebook, parameters)
    current = 0

    def started(cell: NotebookNode, cell_index: int) -> None:
        nonlocal current
        current = cell_index

    try:
        done = papermill.execute_notebook(
            notebook,
            None,
            progress_bar=False,
            start_timeout=START_TIMEOUT,
            execution_timeout=CELL_TIMEOUT,
            request_save_on_cell_execute=False,
            # not nbclient's polite shutdown: its SIGINT makes one kernel in twelve stall for 3 s
            shutdown_kernel="immediate",
            kernel_manager_class=manager_class(kernel),
            kernel_name="python3",
            resources={"metadata": {"path": str(path.resolve().parent)}},
            coalesce_streams=True,
            record_timing=False,
            force_raise_errors=True,
            on_cell_start=started,
        )
    except PapermillExecutionError as failed:
        trace = "\n".join(failed.traceback)
        raise _failure(notebook, current, failed.ename, failed.evalue, trace) from failed
    except CellTimeoutError as late:
        text = f"ячейка считалась дольше {CELL_TIMEOUT} с и остановлена"
        raise _failure(notebook, current, "", text, str(late)) from late
    except TemplateError as broken:
        last = str(broken).strip().splitlines()[-1]
        raise RenderError(f"Не запустился процесс, от которого берутся ядра: {last}") from broken
    except (DeadKernelError, RuntimeError, OSError) as dead:
        text = "вычислительный процесс (ядро) остановился; частая причина — не хватило памяти"
        raise _failure(notebook, current, "", text, traceback.format_exc()) from dead
    _refuse_silent_failures(done)
    return done


def _refuse_silent_failures(notebook: NotebookNode) -> None:
    """papermill calls a notebook complete after ``sys.exit(0)`` and with cells it skipped."""
    for position, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        for output in cell.outputs:
            if output.output_type == "error":
                trace = "\n".join(output.traceback)
                raise _failure(notebook, position, output.ename, output.evalue, trace)
        if cell.execution_count is None:
            raise _failure(notebook, position, "", "ячейка не была выполнена", "")


def _failure(
    notebook: NotebookNode, position: int, error: str, message: str, trace: str
) -> CellFailed:
    before = notebook.cells[:position]
    number = position + 1 - sum(cell.get("id") == INJECTED for cell in before)
    source = (notebook.cells[position].source.strip().splitlines() or [""])[0]
    clean = ESCAPES.sub("", message).strip()
    return CellFailed(number, source, error, clean, ESCAPES.sub("", trace))
