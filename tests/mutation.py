"""Mutants of the conclusions: every comparison of ``findings/`` and ``disclosure.py`` changed once.

Run by hand, ``make mutants`` or ``python tests/mutation.py [part of a file's name …]``. One mutant is
one change: a boundary moved (``<`` ↔ ``<=``, ``>`` ↔ ``>=``), a test turned round (``==`` ↔ ``!=``,
``in`` ↔ ``not in``, ``is`` ↔ ``is not``), ``and`` ↔ ``or``, ``&`` ↔ ``|``, a limit taken for another.
The tests that hold the file run on each; a mutant that they pass is printed. Ends with 1 where one
is printed that ``tests/mutation_equivalent.yaml`` does not explain.
"""

from __future__ import annotations

import ast
import copy
import importlib
import importlib.util
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from hypothesis import is_hypothesis_test

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "msoko_analysis"
# A mutant that runs this long is noticed: the tests would wait for it.
SECONDS = 120
_TESTS = {
    "disclosure": ("tests/test_disclosure.py",),
    "findings/equity": ("tests/findings/test_equity.py", "tests/findings/test_cases.py"),
    "findings/interventions": ("tests/measures/test_interventions.py",),
    "findings/observation": ("tests/findings/test_observation.py",),
    "findings/recommendations": ("tests/documents/test_recommendations.py",),
}
_OTHER = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.And: ast.Or, ast.Or: ast.And, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
_LIMITS = ("spike_q", "strong_q")


class Mutant(NamedTuple):
    """A changed module; ``name`` says what was changed, whatever the line is."""

    file: Path
    line: int
    name: str
    tree: ast.Module


def mutants(file: Path) -> Iterator[Mutant]:
    """Every mutant of one file, each with one change."""
    tree = ast.parse(file.read_text("utf-8"))
    seen: Counter[str] = Counter()
    for at, node in enumerate(ast.walk(tree)):
        for which in range(_places(node)):
            changed = copy.deepcopy(tree)
            there = next(one for number, one in enumerate(ast.walk(changed)) if number == at)
            _change(there, which)
            name = f"{_file_name(file)}: {ast.unparse(node)} -> {ast.unparse(there)}"
            seen[name] += 1
            again = f" ({seen[name]})" if seen[name] > 1 else ""
            yield Mutant(file, node.lineno, name + again, ast.fix_missing_locations(changed))


def _places(node: ast.AST) -> int:
    """How many changes a node allows."""
    if isinstance(node, ast.Compare):
        return len(node.ops)
    if isinstance(node, ast.BoolOp):
        return 1
    if isinstance(node, ast.BinOp):
        return int(type(node.op) in _OTHER and not _of_types(node))
    return int(_is_limit(node))


def _of_types(node: ast.BinOp) -> bool:
    """``str | None`` of an annotation is no condition, the union of two dictionaries neither."""
    parts = (node.left, node.right)
    return any(isinstance(one, ast.Dict | ast.DictComp | ast.Constant) for one in parts)


def _is_limit(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == "thresholds"
    )


def _change(node: ast.AST, which: int) -> None:
    if isinstance(node, ast.Compare):
        node.ops[which] = _OTHER[type(node.ops[which])]()
    elif isinstance(node, ast.Subscript):
        own = node.slice.value if isinstance(node.slice, ast.Constant) else ""
        node.slice = ast.Constant(next(one for one in _LIMITS if one != own))
    else:
        node.op = _OTHER[type(node.op)]()


def _file_name(file: Path) -> str:
    return file.relative_to(PACKAGE).with_suffix("").as_posix()


class _Loader(SourceFileLoader):
    """Loads the changed module in place of the written one."""

    def __init__(self, name: str, mutant: Mutant) -> None:
        super().__init__(name, str(mutant.file))
        self._mutant = mutant

    def get_code(self, fullname: str) -> object:
        return compile(self._mutant.tree, self.path, "exec")


class _Finder:
    def __init__(self, mutant: Mutant) -> None:
        dotted = _file_name(mutant.file).replace("/", ".").removesuffix(".__init__")
        self._name, self._mutant = f"msoko_analysis.{dotted}", mutant

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        if name != self._name:
            return None
        return importlib.util.spec_from_file_location(
            name, self._mutant.file, loader=_Loader(name, self._mutant)
        )


class _ConstructedOnly:
    """Tests of whole documents of the demo are left out: they take minutes and prove other things.

    Those that draw many examples come last: most mutants are noticed before them.
    """

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        chosen = (
            one
            for one in items
            if not any("demo" in name or name == "shared" for name in one.fixturenames)
        )
        items[:] = sorted(chosen, key=lambda one: is_hypothesis_test(one.obj))


def noticed(mutant: Mutant | None, file: Path) -> bool:
    """Whether the tests of ``file`` fail with the mutant; each runs in a process of its own."""
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        if mutant is not None:
            sys.meta_path.insert(0, _Finder(mutant))
        tests = _TESTS.get(_file_name(file), ("tests/findings",))
        words = ["-x", "-q", "-p", "no:cacheprovider", "-p", "_hypothesis_pytestplugin", *tests]
        try:
            code = int(pytest.main(words, plugins=[_ConstructedOnly()]))
        except BaseException:
            code = 1
        os._exit(code)
    return os.waitpid(child, 0)[1] != 0


def main(parts: list[str]) -> int:
    """Run all mutants of the files named; 1 where one passes unexplained."""
    os.chdir(ROOT)
    # Plugins that these tests do not need would be loaded anew in every process.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    known = yaml.safe_load((ROOT / "tests/mutation_equivalent.yaml").read_text("utf-8")) or {}
    files = [PACKAGE / "disclosure.py", *sorted((PACKAGE / "findings").glob("*.py"))]
    files = [one for one in files if not parts or any(p in _file_name(one) for p in parts)]
    total = passed = equivalent = 0
    for file in files:
        if noticed(None, file):
            print(f"{_file_name(file)}: its tests fail without any mutant", flush=True)
            return 1
        for one in mutants(file):
            total += 1
            if noticed(one, file):
                continue
            if one.name in known:
                equivalent += 1
                continue
            passed += 1
            print(f"passes: line {one.line} {one.name}", flush=True)
    print(
        f"{total} mutants, {total - passed - equivalent} noticed, {equivalent} equivalent, "
        f"{passed} pass"
    )
    return int(passed > 0)


def _warm() -> None:
    """What the mutants do not touch is imported once, before the processes part."""
    for name in ("pandas", "scipy.stats", "msoko_analysis.params.run"):
        importlib.import_module(name)
    importlib.import_module("msoko_analysis.measures")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    _warm()
    if any(name.startswith("msoko_analysis.findings") for name in sys.modules):
        raise SystemExit("findings are loaded before their mutants")
    sys.exit(main(sys.argv[1:]))
