"""What a verification says in words: one sentence for the protocol, and a line per document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from msoko_analysis.russian import counted, first_capital, number
from msoko_analysis.verify.causes import Root
from msoko_analysis.verify.compare import Change, VerdictChange, counted_states
from msoko_analysis.verify.recompute import NAMED, DocumentCheck, Verification, naming

STATE = {"holds": "подтверждён", "changed": "не подтверждён", "failed": "не рассчитан"}
WHAT_IF_STATE = {"holds": "выводы те же", "changed": "выводы меняются", "failed": "не рассчитан"}
CHANGE = {
    "rounding": "последний знак",
    "changed": "изменилось",
    "gone": "исчезло",
    "new": "появилось",
}
_DIFFERENT = ("changed", "gone", "new")
_OF_DOCUMENTS = ("документа", "документов", "документов")
_OF_CLAIMS = ("утверждения", "утверждений", "утверждений")
_OF_FINDINGS = ("вывода", "выводов", "выводов")
_MOST = 4  # causes told in the sentence
_BRIEF = {
    "package": "код программы",
    "recommendation": "тексты рекомендаций",
    "notebook": "тетрадь",
}
_SAME = {"data": "данные (побайтно)", "monitoring": "данные мониторинга (побайтно)"}


def protocol_sentence(done: Verification) -> str:
    """One sentence that a reviewer may put into a protocol as it is.

    >>> from msoko_analysis.verify.what_if import Conditions
    >>> failed = DocumentCheck("2026/M01", "Район, 2026 год", "failed")
    >>> protocol_sentence(Verification((failed,), Conditions())).replace("\\xa0", " ")
    'Повторный расчёт 1 документа: утверждения не сравнивались; не рассчитано документов: 1.'
    """
    return _what_if(done) if done.conditions else _as_issued(done)


def _as_issued(done: Verification) -> str:
    states = Counter(document.state for document in done.documents)
    claims = counted_states(change for one in done.documents for change in one.changes)
    checked = sum(claims.values()) - claims["new"]
    held = claims["same"] + claims["rounding"]
    begin = f"Повторный расчёт {counted(len(done.documents), *_OF_DOCUMENTS)}"
    if not checked:
        said = "утверждения не сравнивались"
    elif held == checked and not claims["new"]:
        said = f"подтвердились все утверждения ({number(checked)})"
    else:
        differ = [f"{CHANGE[state]} {claims[state]}" for state in _DIFFERENT if claims[state]]
        said = (
            f"подтвердилось {number(held)} из {counted(checked, *_OF_CLAIMS)} ({', '.join(differ)})"
        )
    if claims["rounding"]:
        said += f", из них с отличием в последнем знаке {claims['rounding']}"
    numbers = {"не подтверждено": states["changed"], "не рассчитано": states["failed"]}
    told = "".join(f"; {word} документов: {n}" for word, n in numbers.items() if n)
    return f"{begin}: {said}{told}{_why(done)}."


def _what_if(done: Verification) -> str:
    verdicts = [one for document in done.documents for one in named_verdicts(document, done)]
    before = [one for one in verdicts if one.old in NAMED]
    kept = sum(one.old == one.new for one in before)
    conditions = "; ".join(root.text for root in done.conditions.roots())
    said = f"сохраняется {kept} из {counted(len(before), *_OF_FINDINGS)} о школах и муниципалитетах"
    if len(before) < len(verdicts):
        said += f", новых — {len(verdicts) - len(before)}"
    withheld = [one.title for one in done.documents if one.state == "changed" and not one.changes]
    if withheld:
        said += f"; не выдаётся: {', '.join(withheld)}"
    if failed := [one.title for one in done.documents if one.state == "failed"]:
        said += f"; не рассчитано: {', '.join(failed)}"
    return f"При условии «{conditions}» {said}{_beside(done)}."


def named_verdicts(document: DocumentCheck, done: Verification) -> list[VerdictChange]:
    """Findings that name somebody before or after, but for schools left out on purpose."""
    return naming(document.verdicts, done.conditions)


def _why(done: Verification) -> str:
    roots = [root for document in done.documents for root in document.roots]
    if any(document.state == "changed" for document in done.documents):
        told = _brief(roots)
        begin = "причина" if len(told) == 1 else "возможные причины"
    else:
        told = _brief(
            Root(root.kind, _SAME.get(root.kind, root.text), root.remark) for root in roots
        )
        begin = "выводы те же, хотя отличаются"
    return f"; {begin}: {_joined(told)}" if told else ""


def _beside(done: Verification) -> str:
    """What differs beside the conditions: then not all of a change is theirs."""
    roots = _brief(
        root for document in done.documents for root in document.roots if root.kind != "condition"
    )
    return f"; кроме условия отличается: {_joined(roots)}" if roots else ""


def _brief(roots: Iterable[Root]) -> list[str]:
    """The roots as a sentence tells them, each once; the page lists files and texts in full."""
    known = list(dict.fromkeys(root for root in roots if not root.remark))
    return list(dict.fromkeys(_BRIEF.get(root.kind, root.text) for root in known))


def _joined(told: list[str]) -> str:
    more = f" и ещё {len(told) - _MOST}" if len(told) > _MOST else ""
    return f"{'; '.join(told[:_MOST])}{more}"


def change_words(change: Change) -> str:
    """What became of a claim; a sentence whose numbers are the same is told apart."""
    if change.state != "changed":
        return CHANGE[change.state]
    same = change.old.values == change.new.values
    return "другие слова, числа те же" if same else "изменилось"


def document_line(document: DocumentCheck, *, what_if: bool) -> str:
    """One line of the closing list.

    >>> failed = DocumentCheck("2026/M01", "Район, 2026 год", "failed", message="нет данных")
    >>> document_line(failed, what_if=False)
    'Район, 2026 год: не рассчитан — нет данных'
    """
    words = WHAT_IF_STATE if what_if else STATE
    counts = counted_states(document.changes)
    parts = [f"{word} {counts[state]}" for state, word in CHANGE.items() if counts[state]]
    told = f" ({', '.join(parts)})" if parts else ""
    message = f" — {document.message}" if document.message else ""
    return first_capital(f"{document.title}: {words[document.state]}{told}{message}")
