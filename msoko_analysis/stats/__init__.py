"""Our own estimators: arrays in, frozen results out, numpy and scipy only, no limits from policy.

One estimator is one file. Official rules live in ``msoko_analysis.rules``; limits live in
``params/thresholds.yaml`` and are met only in ``msoko_analysis.findings``.
"""

import importlib
from types import ModuleType


def __getattr__(name: str) -> ModuleType:
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}.{name}":  # a module is there, what it imports is not
            raise
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
