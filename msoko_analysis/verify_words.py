"""What a verification says in words: one sentence for the protocol, and a line per document."""

from __future__ import annotations

from collections import Counter

from msoko_analysis.compare import Change, VerdictChange, counted_states
from msoko_analysis.russian import counted, first_capital, number
from msoko_analysis.verify import NAMED, DocumentCheck, Verification, naming

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


def protocol_sentence(done: Verification) -> str:
    """One sentence that a reviewer may put into a protocol as it is."""
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
    return f"При условии «{conditions}» {said}."


def named_verdicts(document: DocumentCheck, done: Verification) -> list[VerdictChange]:
    """Findings that name somebody before or after, but for schools left out on purpose."""
    return naming(document.verdicts, done.conditions)


def _why(done: Verification) -> str:
    """The roots, each once, the same ones of many documents together."""
    roots = dict.fromkeys(
        root.text for document in done.documents for root in document.roots if not root.remark
    )
    if not roots:
        return ""
    told = list(roots)[:_MOST]
    more = f" и ещё {len(roots) - len(told)}" if len(roots) > len(told) else ""
    changed = any(document.state == "changed" for document in done.documents)
    begin = "выводы те же, хотя отличается"
    if changed:
        begin = "причина" if len(roots) == 1 else "возможные причины"
    return f"; {begin}: {'; '.join(told)}{more}"


def change_words(change: Change) -> str:
    """What became of a claim; a sentence whose numbers are the same is told apart."""
    if change.state != "changed":
        return CHANGE[change.state]
    same = change.old.values == change.new.values
    return "другие слова, числа те же" if same else "изменилось"


def document_line(document: DocumentCheck, *, what_if: bool) -> str:
    """One line of the closing list."""
    words = WHAT_IF_STATE if what_if else STATE
    counts = counted_states(document.changes)
    parts = [f"{word} {counts[state]}" for state, word in CHANGE.items() if counts[state]]
    told = f" ({', '.join(parts)})" if parts else ""
    message = f" — {document.message}" if document.message else ""
    return first_capital(f"{document.title}: {words[document.state]}{told}{message}")
