"""The official issue of a note: more numbers for those entitled, the same conclusions, no pupil in it."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from docx import Document
from reading import blocks, cells, words

from msoko_analysis.disclosure import publish, publish_to_entitled
from msoko_analysis.documents.kinds import KINDS, Target, targets
from msoko_analysis.documents.note import Note, build_note
from msoko_analysis.params.run import load_run
from msoko_analysis.publish.word import note_document
from msoko_analysis.wording.requisites import MARKING, requisites

RUN = "params/runs/demo.yaml"
DISTRICT, YEAR = "M03", 2026  # the smallest schools of the demo
KEY = ["year", "level", "unit", "indicator", "procedure", "grade", "subject"]


@pytest.fixture(scope="module")
def official(project, demo_data) -> Note:
    return build_note(
        str(project / RUN), district=DISTRICT, year=YEAR, data=str(demo_data), issue="official"
    )


@pytest.fixture(scope="module")
def public(demo_notes) -> Note:
    return demo_notes[DISTRICT, YEAR]


def test_what_the_public_issue_hides_is_shown(official: Note, public: Note) -> None:
    before, after = (cells(one.marks._repr_html_()) for one in (public, official))
    place = [name for name, *_ in before].index("Бродовская основная школа")
    assert "скрыто" in before[place]
    assert "скрыто" not in after[place]
    same = [(x, y) for x, y in zip(before[place], after[place], strict=True) if x != "скрыто"]
    assert all(x == y for x, y in same), "what was shown has not changed"
    left, hidden = (sum(one.count("скрыто") for one in _texts(note)) for note in (official, public))
    assert left < hidden / 4, "only results of single pupils"


def _texts(note: Note) -> list[str]:
    return [words(page) for name, page in blocks(note).items() if name != "quality_remarks"]


def test_numbers_that_both_issues_show_are_the_same(official: Note, public: Note) -> None:
    both = public.facts.public.table.merge(official.facts.public.table, on=KEY, suffixes=("", "_o"))
    assert len(both) == len(public.facts.public.table)
    shown = both[~both["hidden"]]
    assert not shown["hidden_o"].any()
    for name in ("n", "count", "value", "low", "high", "p", "q"):
        assert np.array_equal(shown[name], shown[f"{name}_o"], equal_nan=True), name


def test_conclusions_are_those_of_the_public_issue(official: Note, public: Note) -> None:
    assert repr(official.facts.findings) == repr(public.facts.findings)
    assert repr(official.facts.recommendations) == repr(public.facts.recommendations)
    assert words(official.signs._repr_html_()) == words(public.signs._repr_html_())


def test_nothing_below_a_group_of_pupils_is_shown(official: Note) -> None:
    table = official.facts.public.table
    alone = table["n"].eq(1) & ~table["indicator"].str.contains("p19|official_|list_|topic_|needed")
    assert table.loc[alone, ["value", "low", "high", "count"]].isna().all(axis=None)
    assert all(seen.n != 1 for pair in official.facts.distributions.values() for seen in pair)


def test_a_value_of_one_pupil_does_not_follow_from_the_total(public: Note) -> None:
    row = public.facts.public.table.query("level == 'school' and indicator == 'mean_percent'")
    rows = row.head(3).drop(columns="hidden").assign(
        unit=["1", "2", "3"], municipality="A", year=2026, grade=4, subject="MA",
        n=[1.0, 2.0, 30.0], value=[50.0, 60.0, 70.0],
    )  # fmt: skip
    thresholds = public.facts.run.thresholds
    gate = publish(rows, thresholds)
    assert gate.table["hidden"].tolist() == [True, True, False]
    wide = publish_to_entitled(rows, gate).table
    assert wide["hidden"].tolist() == [True, True, False]
    assert wide["n"].tolist() == [1, 2, 30], "how many pupils there are is told"
    pair = rows.assign(n=[2.0, 4.0, 30.0])
    assert not publish_to_entitled(pair, publish(pair, thresholds)).table["hidden"].any()
    # where the total gives the one pupil away, a school that the public issue hides keeps the secret
    shares = rows.assign(indicator="share_2", n=[1.0, 3.0, 30.0], count=[0.0, 0.0, 6.0])
    gate = publish(shares, thresholds)
    assert publish_to_entitled(shares, gate).table["hidden"].tolist() == [True, True, False]


def test_the_first_page_says_what_is_shown_here_alone(official: Note, public: Note) -> None:
    told = words(official.summary._repr_html_())
    hidden = [note.facts.public.table.query("year == @YEAR") for note in (public, official)]
    here = [rows[rows["municipality"] == DISTRICT]["hidden"] for rows in hidden]
    assert official.facts.opened == int((here[0] & ~here[1].to_numpy()).sum()) > 0
    assert re.search(rf"Только в этом выпуске есть {official.facts.opened}\s", told)
    assert "не для публикации" in told
    assert MARKING not in words(public.summary._repr_html_() + public.requisites._repr_html_())
    assert dict(requisites(official.facts).rows)["Гриф"] == f"{MARKING}. Экз. №\xa0____"


def test_every_sheet_of_the_word_document_is_marked(official: Note, tmp_path) -> None:
    page = f"<html><main>{official.requisites._repr_html_()}</main></html>"
    word = Document(io.BytesIO(note_document(page, tmp_path, title="С")))
    assert [one.text for one in word.sections[0].header.paragraphs] == [MARKING]
    plain = page.replace(" restricted", "")
    word = Document(io.BytesIO(note_document(plain, tmp_path, title="С")))
    assert [one.text for one in word.sections[0].header.paragraphs] == [""]


def test_it_is_made_only_on_request_and_stands_apart(project) -> None:
    run = load_run(project / RUN)
    assert KINDS["official"].notebook == KINDS["notes"].notebook
    (made,) = targets(run, ["official"], ["M02"], [2026])
    assert made.parts == ("2026", "official", "M02")
    assert made.title.endswith("для служебного пользования")
    assert targets(run, ["notes"], ["M02"], [2026])[0].parts == ("2026", "M02")
    assert Target("official", 2026, "M02", "").about == {"district": "M02", "year": 2026}
