"""Warm kernels: as good as cold ones, separate from each other, and gone when they should be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from small_notebooks import write_notebook

from msoko_analysis.errors import RenderError
from msoko_analysis.publish.execution import CellFailed, execute
from msoko_analysis.publish.forkserver import CAN_FORK, Template, TemplateError, private_folder
from msoko_analysis.publish.kernels import kernel_template

pytestmark = pytest.mark.skipif(not CAN_FORK, reason="warm kernels need fork")

# what a fork can get wrong: figures, layout of frames, random states, threads, children, streams
PROBE = (
    "import numpy as np, pandas as pd, matplotlib.pyplot as plt, seaborn as sns, scipy.stats as st",
    "pd.DataFrame({'балл': range(3), 'доля': [.1, .2, 1/3]})",
    "pd.DataFrame([range(30)])",
    "plt.rcParams['svg.hashsalt'] = 'x'\nplt.plot([1, 3, 2]);",
    "sns.histplot(x=[1, 2, 2, 3], discrete=True);",
    "import warnings; warnings.warn('проверка'); print('текст')",
    "st.norm.sf(2.0), np.linalg.eigvalsh(np.cov(np.arange(12).reshape(3, 4) ** 2))",
    "import subprocess; subprocess.run(['echo', 'дети'], capture_output=True, text=True).stdout",
    "from concurrent.futures import ThreadPoolExecutor\n"
    "list(ThreadPoolExecutor(2).map(abs, [-1, -2]))",
    "import pyarrow as pa; pa.table({'a': [1, 2]}).to_pandas()",
    "print({'б', 'а', 'в'}, pd.get_option('display.max_columns'))",
)


@pytest.fixture(scope="module")
def template():
    with kernel_template() as running:
        yield running


def outputs(notebook):
    return [cell.get("outputs", []) for cell in notebook.cells]


def printed(notebook):
    return "".join(
        output.get("text", "") for cell in outputs(notebook) for output in cell if "text" in output
    )


def test_a_warm_kernel_gives_the_outputs_of_a_cold_one(template, tmp_path):
    path = write_notebook(tmp_path / "probe.ipynb", *PROBE, parameters="a: int = 0")
    cold, warm = execute(path, {"a": 1}), execute(path, {"a": 1}, kernel=template.address)
    assert outputs(warm) == outputs(cold)
    kinds = [kind for cell in outputs(warm) for output in cell for kind in output.get("data", {})]
    assert kinds.count("image/png") == 2
    assert kinds.count("text/html") == 3


def test_kernels_do_not_share_state_but_share_the_imports(template, tmp_path):
    look = (
        "import sys, os, numpy as np, pandas as pd\n"
        "print('seaborn' in sys.modules, 'polars' in sys.modules, os.getpid(),"
        " pd.get_option('display.precision'), np.random.random(), hasattr(np, 'spoiled'))\n"
        "pd.set_option('display.precision', 2); np.spoiled = True"
    )
    path = write_notebook(tmp_path / "state.ipynb", look, parameters="a: int = 0")
    first, second = (
        printed(execute(path, {"a": 1}, kernel=template.address)).split() for _ in range(2)
    )
    assert first[:2] == second[:2] == ["True", "False"]
    assert first[2] != second[2]
    assert second[3] == first[3] == "6"
    assert first[4] != second[4], "legacy random state copied from the template"
    assert second[5] == "False"


def test_a_killed_kernel_is_reported_with_its_cell(template, tmp_path):
    path = write_notebook(
        tmp_path / "dead.ipynb",
        "x = 1",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        parameters="a: int = 0",
    )
    with pytest.raises(CellFailed, match="остановился") as caught:
        execute(path, {"a": 1}, kernel=template.address)
    assert caught.value.cell == 3


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def gone(pid: int, seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not alive(pid)


def test_no_kernel_outlives_the_process_that_asked_for_it(template, tmp_path):
    mark = tmp_path / "pid"
    path = write_notebook(
        tmp_path / "sleep.ipynb",
        f"import os, time; open({str(mark)!r}, 'w').write(f'{{os.getpid()}}\\n'); time.sleep(60)",
        parameters="a: int = 0",
    )
    code = (
        "from pathlib import Path; from msoko_analysis.publish.execution import execute;"
        f"execute(Path({str(path)!r}), {{'a': 1}}, kernel={template.address!r})"
    )
    client = subprocess.Popen([sys.executable, "-c", code])
    end = time.monotonic() + 30
    while not (mark.exists() and mark.read_text().endswith("\n")) and time.monotonic() < end:
        time.sleep(0.02)
    kernel = int(mark.read_text())
    assert alive(kernel)
    client.send_signal(signal.SIGKILL)
    client.wait()
    assert gone(kernel)


def test_a_child_reports_its_exit_and_closing_ends_the_others():
    template = Template("msoko_analysis.publish.kernels", hangup=signal.SIGKILL)
    broken = template.fork({"argv": [], "env": {}, "cwd": "/no such folder"})
    assert broken.wait(timeout=300) == 1
    assert "FileNotFoundError" in template.log()
    process = template._process.pid
    template.close()
    assert gone(process)


QUICK = """
import os, signal, time

def warm_up():
    real = os.fork

    def fork():
        pid = real()
        if pid:
            time.sleep(0.05)  # as a loaded machine holds the template
        return pid

    os.fork = fork

def run_child(request):
    return {"said": request["say"] * 3}
"""


@pytest.fixture
def quick(tmp_path, monkeypatch):
    """A template whose children end before it gets its turn again."""
    (tmp_path / "quick_child.py").write_text(QUICK, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    with Template("quick_child") as running:
        yield running


def test_a_child_that_ends_at_once_is_heard(quick):
    for say in ("a", "б" * 50_000, ""):
        child = quick.fork({"say": say})
        assert child.wait(timeout=300) == 0
        assert child.result == {"said": say * 3}
        assert child.pid > 0


def test_several_children_that_end_at_once_are_told_apart(quick):
    children = [quick.fork({"say": str(number)}) for number in range(5)]
    assert [child.wait(timeout=300) for child in children] == [0] * 5
    assert [child.result["said"] for child in children] == [str(n) * 3 for n in range(5)]
    assert len({child.pid for child in children}) == 5


def test_a_child_killed_before_it_speaks_has_its_exit(tmp_path, monkeypatch):
    silent = (
        "import os\n\ndef warm_up():\n    real = os.fork\n"
        "    os.fork = lambda: real() or os.kill(os.getpid(), 9)\n"
    )
    (tmp_path / "silent_child.py").write_text(silent, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    with Template("silent_child") as template:
        child = template.fork({})
        assert child.wait(timeout=300) == -signal.SIGKILL
        assert child.result is None


def test_a_template_that_can_not_import_says_so():
    with (
        Template("msoko_analysis.no_such_module") as template,
        pytest.raises(TemplateError, match="no_such_module"),
    ):
        template.fork({})


def test_a_broken_kernel_template_is_not_taken_for_a_broken_note(tmp_path):
    path = write_notebook(tmp_path / "t.ipynb", "1", parameters="a: int = 0")
    with (
        Template("msoko_analysis.no_such_module") as template,
        pytest.raises(RenderError, match=r"No module named 'msoko_analysis\.no_such_module'"),
    ):
        execute(path, {"a": 1}, kernel=template.address)


def test_closing_does_not_wait_for_the_imports():
    template = Template("msoko_analysis.publish.kernels")
    began = time.monotonic()
    template.close()
    assert time.monotonic() - began < 1


def test_a_long_temporary_folder_still_leaves_room_for_sockets(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / ("x" * 80)))
    folder = private_folder()
    folder.rmdir()
    assert len(str(folder / "k-ipc-5")) < 107
