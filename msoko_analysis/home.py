"""Where things lie: what the package brings, and the folder somebody works in.

``SHIPPED`` holds ``params/``, ``notebooks/`` and the demo's ``data/demo/``: the checkout, or, where the
package was installed from a wheel, a folder inside it. Nothing is ever written there, except that a
checkout is a work folder too.

``WORK`` is where data and reports go: the nearest folder at or above the current one that ``msoko init``
made (it holds ``.msoko``), else the checkout, else the current folder.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parent
MARK = ".msoko"
#: Names the work folder for processes that we start elsewhere.
VARIABLE = "MSOKO_WORK"


def _shipped() -> Path:
    """The checkout around the package, else what the wheel put into it."""
    checkout = PACKAGE.parent
    return checkout if (checkout / "pyproject.toml").is_file() else PACKAGE / "shipped"


def work_folder(here: Path) -> Path:
    """The folder worked in by somebody who stands in ``here``.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name:
    ...     own = Path(name).resolve()
    ...     (own / "data").mkdir()
    ...     _ = (own / MARK).write_text("")
    ...     work_folder(own / "data") == own
    True
    """
    marked = (folder for folder in (here, *here.parents) if (folder / MARK).is_file())
    return next(marked, here if SHIPPED.is_relative_to(PACKAGE) else SHIPPED)


SHIPPED = _shipped()
WORK = Path(os.environ.get(VARIABLE) or work_folder(Path.cwd()))
#: Where the run of the made-up region looks for its data.
DEMO_DATA = WORK / "data" / "derived" / "demo"


def located(path: Path) -> Path:
    """A relative path that leads nowhere from here: taken from the work folder, else from what is shipped.

    An executed notebook names its files so; it runs again wherever it stands.

    >>> located(Path("params/thresholds.yaml")).is_file()
    True
    """
    if path.is_absolute() or path.exists():
        return path
    return next((root / path for root in (WORK, SHIPPED) if (root / path).exists()), path)


def relative(path: Path) -> Path:
    """The path as others are told it: relative to the work folder or to what is shipped.

    One that lies elsewhere is returned as it is.

    >>> relative(SHIPPED / "params" / "thresholds.yaml").as_posix()
    'params/thresholds.yaml'
    """
    inside = (root for root in (WORK, SHIPPED) if path.is_relative_to(root))
    root = next(inside, None)
    return path.relative_to(root) if root else path


def portable(value: Any) -> Any:
    """A path as the published notebook shows it: relative to the work folder, or its name alone.

    >>> portable(str(SHIPPED / "params" / "runs" / "demo.yaml")), portable("007")
    ('params/runs/demo.yaml', '007')
    """
    if not isinstance(value, str) or not Path(value).is_absolute():
        return value
    path = relative(Path(value))
    return path.name if path.is_absolute() else path.as_posix()
