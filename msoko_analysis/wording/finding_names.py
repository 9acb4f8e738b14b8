"""What every kind of finding is called where findings of all kinds stand in one list."""

from __future__ import annotations

from msoko_analysis.wording.sign_kinds import KINDS, LINK, MEDALS

_OTHERS = {
    "link_school": LINK.name,
    "medals_school": MEDALS.name,
    "signs_school": "признаки школы вместе",
    "level_school": "уровень результатов среди школ своего типа",
    "expectation_school": "результаты против ожидаемых по условиям",
    "resilient_school": "результаты выше ожидаемых в трудных условиях",
    "low_share_school": "доля отметок «2»",
    "shnor_school": "низкие образовательные результаты (ШНОР)",
    "fioko_markers_school": "признаки ФИОКО",
    "change_district": "изменение результатов муниципалитета",
    "inequality_district": "неравенство между школами",
    "gap_change_district": "изменение неравенства между школами",
    "marks_district": "школьные отметки муниципалитета",
    "participation_district": "участие в процедурах",
    "topic_district": "задание, выполненное хуже ожидаемого",
}


def finding_name(code: str) -> str:
    """The name of a kind of finding; the code itself for one without a name.

    >>> finding_name("spike_school"), finding_name("level_school")
    ('скопление работ у границы отметки', 'уровень результатов среди школ своего типа')
    """
    return KINDS[code].name if code in KINDS else _OTHERS.get(code, code)
