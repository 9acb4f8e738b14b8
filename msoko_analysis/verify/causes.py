"""Why a document computed anew may differ: what the two manifests say about their inputs.

A pure comparison of two manifests. Each root is one sentence a reviewer can put into a protocol; a
*remark* is a difference that changes no result (a renamed run file, another commit of the same code).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_MOST = 3  # names of files or records told in one sentence
# Sections of the parameters whose values stand in the manifest, and where they come from.
_NAMED = {
    "thresholds": ("threshold", "порог {}", "thresholds.yaml"),
    "scales": ("scale", "шкала {}", "scales/"),
    "districts": ("district", "название муниципалитета {}", "districts/"),
    "recommendations": ("recommendation", "рекомендация {}", "recommendations.yaml"),
    "run": ("run", "{} в файле запуска", ""),
}
_RUN = {
    "run": "имя запуска",
    "organisation": "организация",
    "years": "перечень лет",
    "papers": "перечень работ",
}


@dataclass(frozen=True)
class Root:
    """One difference of the inputs: its kind, what differs, whether it can change no result."""

    kind: str
    text: str
    remark: bool = False


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Root, ...]:
    """What differs between the inputs of two manifests of one document, the data first.

    >>> differences({"versions": {"numpy": "2.1"}}, {"versions": {"numpy": "2.2"}})
    (Root(kind='version', text='версия пакета numpy: 2.1 → 2.2', remark=False),)
    """
    mine, theirs = old.get("inputs", {}), new.get("inputs", {})
    named = tuple(_named(old.get("values", {}), new.get("values", {})))
    methods = tuple(_methods(old.get("methods", {}), new.get("methods", {})))
    return (
        *_files("data", "данные", mine, theirs),
        *_files("monitoring", "данные мониторинга", mine, theirs),
        *named,
        *_sections(old.get("values", {}), new.get("values", {}), named),
        *_params(mine, theirs, (*named, *methods)),
        *_run_file(mine, theirs, told="values" in old and "values" in new),
        *methods,
        *_files("package", "код программы", mine, theirs),
        *_files("notebook", "тетрадь", mine, theirs),
        *_versions(old.get("versions", {}), new.get("versions", {})),
        *_lock(mine, theirs),
        *_commit(old, new),
    )


def _files(
    kind: str,
    title: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    skip: tuple[str, ...] = (),
) -> Iterator[Root]:
    """Files of one group whose hash differs, and files only one side has."""
    before, after = old.get(kind, {}), new.get(kind, {})
    names = sorted(
        name
        for name in before.keys() | after.keys()
        if before.get(name) != after.get(name) and not name.startswith(skip or "\0")
    )
    if names:
        told: dict[str, list[str]] = {"изменено": [], "добавлено": [], "нет": []}
        for name in names:
            told[_fate(name, before, after)].append(name)
        yield Root(kind, f"{title}: {'; '.join(_listed(*one) for one in told.items() if one[1])}")


def _fate(name: str, before: Mapping[str, str], after: Mapping[str, str]) -> str:
    if name not in after:
        return "нет"
    return "изменено" if name in before else "добавлено"


def _listed(what: str, names: list[str]) -> str:
    """«изменено a, b и ещё 3»."""
    more = f" и ещё {len(names) - _MOST}" if len(names) > _MOST else ""
    return f"{what} {', '.join(names[:_MOST])}{more}"


def _named(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Root]:
    """Values told one by one: old → new."""
    for section, (kind, title, _) in _NAMED.items():
        before, after = old.get(section), new.get(section)
        if before is None or after is None:
            continue
        for name in sorted(before.keys() | after.keys()):
            one, two = (_value(side.get(name)) for side in (before, after))
            if one == two:
                continue
            if name == "seed":
                yield Root("seed", f"начальное число: {one} → {two}")
            elif section == "recommendations" and name in before and name in after:
                yield Root(kind, f"{title.format(name)}: изменён текст")
            else:
                yield Root(kind, f"{title.format(_RUN.get(name, name))}: {one} → {two}")


def _value(value: Any) -> str:
    if value is None:
        return "нет"
    return f"{value:g}".replace(".", ",") if isinstance(value, float) else str(value)


def _sections(
    old: Mapping[str, Any], new: Mapping[str, Any], named: tuple[Root, ...]
) -> Iterator[Root]:
    """Parts of the parameters that differ in what is not told by name."""
    told = {section for section, (kind, *_) in _NAMED.items() if kind in _kinds(named)}
    told |= {*_RUN, "seed"}
    before, after = old.get("sections", {}), new.get("sections", {})
    differ = [name for name in sorted(before.keys() | after.keys()) if _differ(before, after, name)]
    if silent := [name for name in differ if name not in told]:
        text = "изменены сведения без имени (источник, падеж, правило)"
        yield Root("params", f"параметры, разделы {', '.join(silent)}: {text}")


def _params(
    old: Mapping[str, Any], new: Mapping[str, Any], named: tuple[Root, ...]
) -> Iterator[Root]:
    """Files of parameters, but those whose changed values are told already."""
    places = {kind: place for kind, _, place in _NAMED.values() if place}
    places["method"] = "methods.yaml"
    told = tuple(place for kind, place in places.items() if kind in _kinds(named))
    yield from _files("params", "файлы параметров", old, new, skip=told)


def _run_file(old: Mapping[str, Any], new: Mapping[str, Any], *, told: bool) -> Iterator[Root]:
    """The file itself; what its values change is ``told`` by them where both manifests have them."""
    before, after = old.get("run_file", {}), new.get("run_file", {})
    if before == after:
        return
    one, two = ", ".join(before), ", ".join(after)
    if sorted(before.values()) == sorted(after.values()):
        yield Root("run_file", f"файл запуска переименован: {one} → {two}", remark=True)
    elif one == two:
        yield Root("run_file", f"файл запуска {one} изменён", remark=told)
    else:
        yield Root("run_file", f"другой файл запуска: {one} → {two}", remark=told)


def _methods(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Root]:
    """Statistics made by another version of their method, with what that version brought."""
    for name in sorted(old.keys() | new.keys()):
        one, two = old.get(name, {}), new.get(name, {})
        if one.get("version") != two.get("version"):
            versions = f"{_value(one.get('version'))} → {_value(two.get('version'))}"
            told = max(one, two, key=lambda side: side.get("version", 0))
            text = f"версия метода «{told.get('title', name)}» ({name}): {versions}"
            yield Root("method", f"{text}, {told['changed']}" if told.get("changed") else text)


def _versions(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Root]:
    for name in sorted(old.keys() | new.keys()):
        if _differ(old, new, name):
            title = "версия Python" if name == "python" else f"версия пакета {name}"
            one, two = _value(old.get(name)), _value(new.get(name))
            yield Root("version", f"{title}: {one} → {two}")


def _lock(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Root]:
    if old.get("lock") != new.get("lock"):
        yield Root("lock", "изменён перечень закреплённых версий requirements.lock")


def _commit(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Root]:
    """The commit names the code; whether the code differs, its own hashes say."""
    before, after = old.get("commit"), new.get("commit")
    if before != after:
        yield Root("commit", f"коммит: {_short(before)} → {_short(after)}", remark=True)
    for side, when in ((old, "при выпуске"), (new, "при проверке")):
        if side.get("dirty"):
            text = f"{when} в рабочей копии были незафиксированные изменения"
            yield Root("dirty", text, remark=True)


def _short(commit: str | None) -> str:
    return commit[:10] if commit else "неизвестен"


def _differ(old: Mapping[str, Any], new: Mapping[str, Any], name: str) -> bool:
    return old.get(name) != new.get(name)


def _kinds(roots: tuple[Root, ...]) -> set[str]:
    return {root.kind for root in roots}
