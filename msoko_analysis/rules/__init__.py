"""Official rules exactly as published, each with its document and page; never mixed with our own."""

import importlib
from types import ModuleType


def __getattr__(name: str) -> ModuleType:
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        if error.name != f"{__name__}.{name}":  # a module is there, what it imports is not
            raise
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
