"""From an empty folder and a table of results to notes, without a line of YAML."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from samples import HEADER, ROWS

from msoko_analysis.errors import DataError, ParamsError
from msoko_analysis.params.scales import PaperOfYear
from msoko_analysis.start import steps
from msoko_analysis.start.draft import Contents
from msoko_analysis.start.place_names import declined
from msoko_analysis.start.scales_form import FilledScales
from msoko_analysis.start.steps import Asked
from msoko_analysis.start.workspace import README, make_workspace

CASES = {
    # taken from how the municipalities write themselves in their charters
    "Заринский район": ("Заринского района", "Заринскому району", "Заринском районе"),
    "город Набережные Челны": (
        "города Набережных Челнов",
        "городу Набережным Челнам",
        "городе Набережных Челнах",
    ),
    "Усть-Пристанский район": (
        "Усть-Пристанского района",
        "Усть-Пристанскому району",
        "Усть-Пристанском районе",
    ),
    "Комсомольск-на-Амуре": (
        "Комсомольска-на-Амуре",
        "Комсомольску-на-Амуре",
        "Комсомольске-на-Амуре",
    ),
    "Республика Алтай": ("Республики Алтай", "Республике Алтай", "Республике Алтай"),
    "Пермь": ("Перми", "Перми", "Перми"),
    "г. Новоалтайск": ("г. Новоалтайска", "г. Новоалтайску", "г. Новоалтайске"),
}


@pytest.mark.parametrize("name", CASES)
def test_known_names_are_declined(name: str) -> None:
    named = declined(name)
    cases = named.cases
    assert named.sure
    assert (cases.genitive, cases.dative, cases.prepositional) == CASES[name]


@pytest.mark.parametrize("name", ["M07", "ШНОР", "Болдино", "edu990001", "Йошкар-Ола"])
def test_what_is_not_known_stands_in_quotation_marks(name: str) -> None:
    named = declined(name)
    assert not named.sure
    assert named.cases.genitive == f"муниципалитета «{name}»"


def test_a_work_folder_is_completed_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / README).write_text("моё", encoding="utf-8")
    make_workspace(tmp_path)
    assert (tmp_path / README).read_text("utf-8") == "моё"
    assert (tmp_path / "notebooks/district_note.ipynb").is_file()
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ParamsError, match=r"Рабочая папка .* не сделана"):
        make_workspace(tmp_path / "file")


def msoko(here: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command run by somebody who stands in ``here``."""
    known = {name: value for name, value in os.environ.items() if name != "MSOKO_WORK"}
    return subprocess.run(
        [sys.executable, "-c", "from msoko_analysis.cli import main; main()", *words],
        cwd=here, env=known, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_two_commands_lead_to_notes_and_the_third_makes_nothing_anew(tmp_path: Path) -> None:
    """One municipality of two schools, a paper of 2021 with an official scale; then a changed run."""
    work = tmp_path / "мсоко"
    assert msoko(tmp_path, "init", str(work)).returncode == 0
    lines = ["year;procedure;grade;subject;municipality;school;pupil;total"]
    for school in ("А", "Б"):
        lines += [f"2021;ВПР;4;МА;Луговой район;{school};{n};{5 + n % 15}" for n in range(40)]
    (work / "data/raw/файл.csv").write_text("\n".join(lines), encoding="cp1251")

    first = msoko(work, "start", "data/raw", "--region", "Алтайский край")
    assert first.returncode == 0, first.stdout + first.stderr
    assert "готово: Луговой район, 2021 год" in first.stderr
    assert "один муниципалитет" in first.stdout
    assert (work / "reports/2021/Луговой район/note.html").is_file()
    run = yaml.safe_load((work / "params/runs/raw.yaml").read_text("utf-8"))
    assert (run["papers"], run["years"]) == (["VPR-4-MA"], [2021])
    assert run["region"]["dative"] == "Алтайскому краю"

    run["organisation"] = "Методический центр"
    changed = yaml.safe_dump(run, allow_unicode=True)
    (work / "params/runs/raw.yaml").write_text(changed, encoding="utf-8")
    again = msoko(work, "start", "data/raw")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "уже прочитаны" in again.stdout
    assert "изменён вами и оставлен" in again.stdout
    assert (work / "params/runs/raw.yaml").read_text("utf-8") == changed
    assert "Методический центр" in (work / "reports/2021/Луговой район/note.html").read_text(
        "utf-8"
    )


def test_what_was_said_once_need_not_be_said_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "WORK", tmp_path)
    run_file = tmp_path / "params/runs/наши.yaml"
    of = Contents((PaperOfYear(2026, "VPR", 4, "RU"),), ("Луговой район",))
    asked: list[str] = []

    def ask(question: str) -> bool:
        asked.append(question)
        return True

    for said in (Asked("Алтайский край", "Центр"), Asked()):
        steps._draft(
            run_file, "наши", tmp_path / "data", of, (2026,), FilledScales((), ()), (), said,
            lambda line: None, ask,
        )  # fmt: skip
        run = yaml.safe_load(run_file.read_text("utf-8"))
        assert run["region"]["genitive"] == "Алтайского края"
        assert run["organisation"] == "Центр"
        assert "found_secondary_confirmed_by_data" in run["scale_statuses"]
    assert len(asked) == 1


@pytest.mark.parametrize("folder", [".", "data"])
def test_what_was_read_is_not_taken_for_files(folder: str, tmp_path: Path) -> None:
    work = make_workspace(tmp_path / "work")
    made = msoko(work, "start", folder)
    assert made.returncode == 3
    assert "например data/raw" in made.stderr


def test_two_folders_of_one_name_do_not_replace_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "WORK", tmp_path)
    for place in ("a", "b"):
        (tmp_path / place / "raw").mkdir(parents=True)
        (tmp_path / place / "raw/t.csv").write_text("\n".join((HEADER, *ROWS)), encoding="utf-8")
    data = tmp_path / "derived/raw"
    steps._read(tmp_path / "a/raw", data, lambda line: None)
    with pytest.raises(DataError, match=r"другая папка: a/raw"):
        steps._read(tmp_path / "b/raw", data, lambda line: None)


def test_a_file_whose_name_is_in_another_encoding_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "WORK", tmp_path)
    (tmp_path / "raw").mkdir()
    named = os.fsencode(tmp_path / "raw") + "/итоги.csv".encode("cp1251")
    with open(named, "w", encoding="utf-8") as file:
        file.write("\n".join((HEADER, *ROWS)))
    with pytest.raises(DataError, match="имя файла"):
        steps._read(tmp_path / "raw", tmp_path / "derived/raw", lambda line: None)


def test_a_folder_without_results_is_one_clear_answer(tmp_path: Path) -> None:
    (tmp_path / "пусто").mkdir()
    made = msoko(tmp_path, "start", "пусто")
    assert made.returncode == 3
    assert "нет ни одного файла с данными" in made.stderr
    assert "Traceback" not in made.stderr


def test_forms_need_no_scale(tmp_path: Path, shared: Path) -> None:
    """Marks of forms are printed: nobody is asked for a scale, nothing is said to lack one."""
    work = make_workspace(tmp_path / "work")
    for name in ("f3_marks_statistics_ru4_2026.xlsx", "f4_marks_vs_journal_ma4_2024.xlsx"):
        (work / "data/raw" / name).write_bytes((shared / "data/fisoko" / name).read_bytes())
    made = msoko(work, "start", "data/raw")
    assert made.returncode == 0, made.stdout + made.stderr
    assert "шкал" not in made.stdout.replace("2. Шкалы и названия", "").lower()
    assert "Северный муниципальный район, 2026 год" in made.stderr
    districts = (work / "params/runs/raw.districts.yaml").read_text("utf-8")
    assert "genitive: Северного муниципального района" in districts
