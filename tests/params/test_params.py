"""Parameters: what is shipped is right, and what is wrong is refused with one useful message."""

from __future__ import annotations

import csv
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from msoko_analysis.errors import ParamsError
from msoko_analysis.params.run import PARAMS, RunParams, load_run, run_schema
from msoko_analysis.params.scales import (
    Paper,
    PaperOfYear,
    Scale,
    ScaleRow,
    Substitution,
    choose_scales,
    read_scales,
)
from msoko_analysis.params.schema import Fault

ALTAI = Path(__file__).parents[1] / "runs" / "altai.yaml"
SUBJECT = {
    **{"РУ": "RU", "МА": "MA", "ОМ": "OM", "БИ": "BI", "ИС": "IS", "ГГ": "GG", "ОБ": "OB"},
    **{"ФИ": "FI", "ХИ": "HI", "ИНФ": "IN", "ИН.ЯЗ": "INYAZ", "ЛИ": "LI"},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of params/ that a test may spoil."""
    return Path(shutil.copytree(PARAMS, tmp_path / "params"))


def spoil(path: Path, old: str, new: str) -> None:
    """Replace one piece of a file, which must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def refusal(folder: Path, run: str = "demo") -> list[str]:
    """The lines of the message with which a run is refused, without the title."""
    with pytest.raises(ParamsError) as caught:
        load_run(folder / "runs" / f"{run}.yaml", params=folder)
    return str(caught.value).splitlines()[1:]


# --- what is shipped ---------------------------------------------------------------------------


def test_demo_run_loads_without_gaps() -> None:
    run = load_run(PARAMS / "runs" / "demo.yaml")
    assert run.missing_scales == ()
    with_marks = {
        PaperOfYear(year, *paper)
        for year in run.years
        for paper in run.papers
        if paper.procedure != "EGE" or paper.subject == "MAB"
    }
    assert with_marks <= set(run.scales)
    # of the two years before each, for dynamics and cohorts, the demo has one
    assert {paper.year for paper in run.scales} == {2024, 2025, 2026}
    assert run.thresholds["spike_q"].value == 0.10
    assert run.data.is_absolute()


def test_altai_run_takes_the_scales_of_2021_for_2020_and_says_so(tmp_path: Path) -> None:
    run = load_run(ALTAI, data=tmp_path)
    assert run.data == tmp_path
    assert list(run.districts) == [f"M{number:02d}" for number in range(1, 71)]
    assert run.districts["M07"].name.genitive == "муниципалитета M07"
    assert run.missing_scales == ()
    spring, autumn = (run.scales[PaperOfYear(year, "VPR", 4, "MA")] for year in (2021, 2020))
    assert spring.cuts == autumn.cuts == (6, 10, 15)
    assert spring.note is None
    assert autumn.note is not None
    assert autumn.note.startswith("шкала 2021 года применена к 2020 году: ")


def test_altai_run_needs_a_data_folder() -> None:
    with pytest.raises(ParamsError, match=r"папка данных не указана .*--data") as caught:
        load_run(ALTAI)
    assert "altai.yaml, ключ «data», строка 9" in str(caught.value)


def test_params_are_frozen_and_travel_between_processes() -> None:
    run = load_run(PARAMS / "runs" / "demo.yaml")
    with pytest.raises(ValueError, match="frozen"):
        run.seed = 1  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(run)) == run
    assert isinstance(run, RunParams)


def test_loading_needs_no_data_library() -> None:
    code = (
        "import sys; import msoko_analysis.params.run; "
        "print(sorted({'numpy', 'pandas', 'polars', 'scipy', 'pandera'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def scale_rows(*names: str) -> list[ScaleRow]:
    problems: list = []
    rows = read_scales([PARAMS / "scales" / f"{name}.csv" for name in names], problems)
    assert not problems
    return [row for row, _, _ in rows]


def test_vpr_scales_are_those_of_the_sources(shared: Path) -> None:
    with (shared / "tables" / "vpr_scales.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    numbers = ("year_from", "year_to", "grade", "max_primary", "min_3", "min_4", "min_5")
    # Five grade-11 rows have no maximum: left out, docs/decisions/0004-status-of-scales.md.
    complete = [row for row in rows if row["max_primary"]]
    assert len(rows) - len(complete) == 5
    wanted = {
        (SUBJECT[row["subject"]], row["status"], *(int(row[name]) for name in numbers))
        for row in complete
    }
    with (shared / "tables/2026/vpr_scales.csv").open(encoding="utf-8") as file:
        later = list(csv.DictReader(file, delimiter=";"))
    # the language is English in both its sources; the row of history disputes one that is there
    english = {"ИН.ЯЗ": "AYA"}
    wanted |= {
        ((SUBJECT | english)[row["subject"]], row["status"], *(int(row[name]) for name in numbers))
        for row in later
        if row["status"] != "unconfirmed"
    }
    ours = {
        (row.subject, row.status, *(getattr(row, name) for name in numbers))
        for row in scale_rows("vpr")
    }
    assert ours == wanted
    assert len(ours) == len(complete) + 3


def test_oge_scales_are_those_of_the_sources(shared: Path) -> None:
    with (shared / "tables" / "oge_scales.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    complete = [row for row in rows if row["years"] != "2026"]
    with (shared / "tables/2026/oge_scales.csv").open(encoding="utf-8") as file:
        later = list(csv.DictReader(file, delimiter=";"))
    assert len(later) == 22
    # of languages the last column lists which, and Spanish has the same scale as the others
    of_languages = [row | {"extra_condition": ""} for row in later if row["subject"] == "ИН.ЯЗ"]
    complete += [row for row in later if row["subject"] != "ИН.ЯЗ"]
    complete += of_languages + [row | {"subject": "ИСП"} for row in of_languages]
    numbers = ("max_primary", "min_3", "min_4", "min_5")
    wanted = {
        (
            *map(int, (row["years"][:4], row["years"][-4:])),
            (SUBJECT | {"ИСП": "ISP"})[row["subject"]],
            *(int(row[name]) for name in numbers),
            bool(row["extra_condition"]),
        )
        for row in complete
    }
    ours = {
        (
            row.year_from,
            row.year_to,
            row.subject,
            *(getattr(row, name) for name in numbers),
            bool(row.condition),
        )
        for row in scale_rows("oge")
    }
    assert ours == wanted
    status = {2025: "inferred", 2026: "found_recommended"}
    assert all(
        row.status == status.get(row.year_from, "found_secondary") for row in scale_rows("oge")
    )


def test_catalogue_uses_no_filler_and_accuses_nobody() -> None:
    text = (PARAMS / "recommendations.yaml").read_text(encoding="utf-8").lower()
    for filler in (
        "необходимо повысить",
        "необходимо улучшить",
        "продолжить работу",
        "нарушени",
        "фальсифик",
        "виновн",
    ):
        assert filler not in text


def test_every_concern_has_a_measure_for_each_level() -> None:
    entries = load_run(PARAMS / "runs" / "demo.yaml").recommendations
    for code in {entry.finding for entry in entries if entry.verdict == "CONCERN"}:
        levels = {entry.level for entry in entries if entry.finding == code}
        assert levels == {"municipality", "school", "teachers"}


# --- the choice of scales ----------------------------------------------------------------------

MA4 = Paper("VPR", 4, "MA")
RU4 = Paper("VPR", 4, "RU")


def row(paper: Paper, year: int, status: str = "found_official", **more: object) -> ScaleRow:
    numbers = {"max_primary": 20, "min_3": 6, "min_4": 10, "min_5": 15}
    fields = {"year_from": year, "year_to": year, "status": status, "source": "источник"}
    return ScaleRow(**paper._asdict(), **{**numbers, **fields, **more})  # type: ignore[arg-type]


def test_a_scale_of_an_unaccepted_status_is_missing_with_the_reason() -> None:
    choice = choose_scales(
        [row(MA4, 2026, "found_secondary")], [2026], [MA4, RU4], ["found_official"]
    )
    assert choice.scales == {}
    assert [reason for _, reason in choice.missing] == [
        "статус шкалы «found_secondary» (вторичный источник) не принят запуском (scale_statuses)",
        "шкалы этого года нет в params/scales; её печатают опубликованные ФИОКО «образец и описание» "
        "этой работы",
    ]


def test_an_accepted_unofficial_scale_is_marked() -> None:
    rows = [row(MA4, 2026, "unconfirmed", condition="2 балла за геометрию")]
    choice = choose_scales(rows, [2026], [MA4], ["found_official", "unconfirmed"])
    assert choice.missing == ()
    note = choice.scales[PaperOfYear(2026, *MA4)].note
    assert note is not None
    assert "статус шкалы: не подтверждена" in note
    assert "2 балла за геометрию" in note


def test_a_substitution_fills_only_what_has_no_scale_of_its_own() -> None:
    rows = [row(MA4, 2020, min_3=7), row(MA4, 2021), row(RU4, 2021)]
    swap = Substitution(year=2020, use_year=2021, reason="границы не менялись")
    choice = choose_scales(rows, [2020], [MA4, RU4], ["found_official"], [swap])
    own, borrowed = (choice.scales[PaperOfYear(2020, *paper)] for paper in (MA4, RU4))
    assert (own.min_3, own.note) == (7, None)
    assert borrowed.note == "шкала 2021 года применена к 2020 году: границы не менялись"


def test_languages_share_a_scale_until_one_has_its_own() -> None:
    """2026: of the three the first has a row of its own; an unknown language has none at all."""
    common, *own = (Paper("VPR", 7, code) for code in ("INYAZ", "AYA", "NYA", "KIT"))
    rows = [row(common, 2026, min_3=7), row(own[0], 2026, min_3=8)]
    shared = {"AYA": "INYAZ", "NYA": "INYAZ"}
    choice = choose_scales(rows, [2026], own, ["found_official"], (), shared)
    assert {key.subject: scale.min_3 for key, scale in choice.scales.items()} == {
        "AYA": 8,
        "NYA": 7,
    }
    assert [key.subject for key, _ in choice.missing] == ["KIT"]


def scales_of(folder: Path, *lines: str) -> dict[PaperOfYear, Scale]:
    """The scales of 2026 that a run beside its own file of them has."""
    own = folder / "runs" / "own.csv"
    own.write_text("\n".join(lines), encoding="utf-8")
    spoil(folder / "runs" / "demo.yaml", "[2025, 2026]", "[2026]")
    spoil(folder / "runs" / "demo.yaml", "seed: 2026", "seed: 2026\nscales: [own.csv]")
    spoil(folder / "runs" / "demo.yaml", "VPR-4-RU,", "VPR-4-RU, DIAG-4-RU, DIAG-4-MA,")
    return load_run(folder / "runs" / "demo.yaml", params=folder).scales


def test_a_scale_may_have_one_cut_others_and_a_step(folder: Path) -> None:
    found = scales_of(
        folder,
        "year_from,year_to,procedure,grade,subject,max_primary,min_3,other_cuts,step,status,source",
        "2026,2026,DIAG,4,RU,200,100,140 190,10,synthetic,выдумано",
        "2026,2026,DIAG,4,MA,20,9,,,synthetic,выдумано",
    )
    fine = found[PaperOfYear(2026, "DIAG", 4, "RU")]
    assert (fine.cuts, fine.every_cut, fine.step, fine.full) == ((100,), (100, 140, 190), 10, False)
    one = found[PaperOfYear(2026, "DIAG", 4, "MA")]
    assert (one.cuts, one.every_cut, one.step) == ((9,), (9,), 1)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("140 много,10", "столбец «other_cuts»: нужно целое число"),
        ("140 201,10", "граница из other_cuts не на шкале"),
        ("140,0", "столбец «step»: число меньше 1"),
        ("140,201", "шаг больше максимального балла"),
        ("140,0.5", "столбец «step»: нужно целое число"),
    ],
)
def test_a_wrong_step_or_cut_is_named(folder: Path, cells: str, said: str) -> None:
    header = (
        "year_from,year_to,procedure,grade,subject,max_primary,min_3,other_cuts,step,status,source"
    )
    with pytest.raises(ParamsError, match=said):
        scales_of(folder, header, f"2026,2026,DIAG,4,RU,200,100,{cells},synthetic,выдумано")


def test_real_and_made_up_scales_do_not_mix() -> None:
    rows = [row(RU4, 2026, "synthetic"), row(RU4, 2026, "found_official")]
    assert len(choose_scales(rows, [2026], [RU4], ["synthetic"]).scales) == 1
    with pytest.raises(Fault, match="и настоящую, и учебную"):
        choose_scales(rows, [2026], [RU4], ["synthetic", "found_official"])


# --- what is refused ---------------------------------------------------------------------------


def test_faults_of_all_files_come_in_one_message(folder: Path) -> None:
    spoil(folder / "runs" / "demo.yaml", "organisation:", "organization:")
    spoil(folder / "runs" / "demo.yaml", "VPR-4-RU", "VPR-44-RU")
    spoil(folder / "districts" / "demo.yaml", "  genitive: Северного района\n", "")
    spoil(folder / "thresholds.yaml", "value: 0.10", "value: много")
    spoil(folder / "scales" / "demo.csv", "20,6,10,15", "20,10,10,15")
    spoil(folder / "recommendations.yaml", "verdict: CONCERN", "verdict: CONCERNED")
    spoil(folder / "subjects.yaml", "short: РУ, ", "")
    text = "\n".join(lines := refusal(folder))
    assert len(lines) == 8
    assert "неизвестный ключ — возможно, имелось в виду «organisation»" in text
    assert "ключ «organisation», строка 1: нет обязательного ключа — добавьте его" in text
    assert "ключ «papers.№1», строка 12: «VPR-44-RU» — не код работы" in text
    assert "districts/demo.yaml, ключ «№2.genitive», строка 6: нет обязательного ключа" in text
    assert "thresholds.yaml, ключ «№1.value», строка 8: нужно число" in text
    assert "scales/demo.csv, строка 3: границы отметок не возрастают" in text
    assert "недопустимое значение — возможно, имелось в виду «CONCERN»" in text
    assert "subjects.yaml, ключ «№1.short», строка 5: нет обязательного ключа" in text


def drop_sources(folder: Path) -> int:
    """Remove the source of every threshold; returns how many there were."""
    file = folder / "thresholds.yaml"
    entries = yaml.safe_load(file.read_text(encoding="utf-8"))
    for number, entry in enumerate(entries):
        if number % 2:
            del entry["source"]
        else:
            entry["source"] = " "
    file.write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")
    return len(entries)


def test_a_limit_without_a_source_does_not_load(folder: Path) -> None:
    count = drop_sources(folder)
    lines = refusal(folder)
    assert len(lines) == count
    assert all(".source»" in line for line in lines)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("runs/demo.yaml", "seed: 2026", "seed: 2026\nseeed: 1", "имелось в виду «seed»"),
        ("runs/demo.yaml", "seed: 2026", "seed: '2026'", "нужно целое число"),
        ("runs/demo.yaml", "seed: 2026", "seed: 1\nseed: 2", "уже задан в строке 21"),
        ("runs/demo.yaml", "[2025, 2026]", "[2026, 2026]", "повторяется: 2026"),
        ("runs/demo.yaml", "[2025, 2026]", "[]", "список пуст"),
        ("runs/demo.yaml", "VPR-5-RU", "VPR-5-RUS", "имелось в виду «RU»"),
        ("runs/demo.yaml", "[synthetic]", "[synthetics]", "имелось в виду «synthetic»"),
        ("runs/demo.yaml", "districts: demo", "districts: dema", "dema.yaml: файла нет"),
        ("runs/demo.yaml", "run: demo", "run: [demo", "это не YAML"),
        ("districts/demo.yaml", "code: M02", "code: M01", "«M01» уже есть выше"),
        ("districts/demo.yaml", "code: M02", "code: 02", "коды и числа-коды — в кавычках"),
        ("thresholds.yaml", "date: 2026-11-22", "date: давно", "нужна дата"),
        ("thresholds.yaml", "unit: share", "unit: shares", "имелось в виду «share»"),
        ("scales/demo.csv", "20,6,10,15", "12,6,10,15", "больше максимального балла"),
        ("scales/demo.csv", "20,6,10,15", "20,,10,15", "столбец «min_3»: ячейка пуста"),
        ("scales/demo.csv", "20,6,10,15", "20,6;,10,15", "столбец «min_3»: нужно целое число"),
        ("scales/demo.csv", "20,6,10,15", "20,6,10,15,16", "ячеек больше, чем столбцов"),
        ("scales/demo.csv", "min_3,", "min3,", "нет столбца min_3; лишний min3"),
        ("scales/demo.csv", "20,6,10,15", "20,6,,15", "граница «5» есть, а границы «4» нет"),
        ("scales/demo.csv", "20,6,10,15", "5,6,,", "граница «3» больше максимального балла"),
        ("scales/demo.csv", "5,MA", "4,MA", "пересекаются со строкой 3"),
        ("scales/demo.csv", "5,MA", "5,MAT", "имелось в виду «MA»"),
    ],
)
def test_one_fault_gives_one_line(folder: Path, file: str, old: str, new: str, said: str) -> None:
    spoil(folder / file, old, new)
    (line,) = refusal(folder)
    assert Path(file).name in line or said.endswith("файла нет")
    assert said in line


def test_a_file_in_another_encoding_is_named(folder: Path) -> None:
    file = folder / "subjects.yaml"
    file.write_bytes(file.read_text(encoding="utf-8").encode("cp1251"))
    (line,) = refusal(folder)
    assert "subjects.yaml: файл не в кодировке UTF-8" in line


def test_an_absent_threshold_names_the_nearest() -> None:
    thresholds = load_run(PARAMS / "runs" / "demo.yaml").thresholds
    with pytest.raises(ParamsError, match=r"«spike_qq» — верните его; .*«spike_q»"):
        thresholds["spike_qq"]


# --- limits a run sets for itself ----------------------------------------------------------------


def run_with(folder: Path, text: str) -> Path:
    """The demo's run file with a section added."""
    path = folder / "runs" / "demo.yaml"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    return path


def test_a_run_may_set_a_limit_of_its_own_and_the_source_says_so(folder: Path) -> None:
    path = run_with(folder, "thresholds: {spike_min_pupils: 5, spike_q: 0.10}\n")
    usual = load_run(PARAMS / "runs" / "demo.yaml").thresholds
    mine = load_run(path, params=folder).thresholds
    assert mine["spike_min_pupils"].value == 5
    assert mine["spike_min_pupils"].kind == "own"
    assert mine["spike_min_pupils"].source.startswith("Изменён в файле запуска: 5 вместо 3. ")
    assert mine["spike_q"] == usual["spike_q"], "the usual value changes nothing"


@pytest.mark.parametrize(
    ("name", "value", "floor"),
    [
        ("small_cell", "-5", 3),
        ("small_cell", "0", 3),
        ("small_cell", "2.999", 3),
        ("share_min_n", "0", 5),
        ("share_min_n", "4", 5),
    ],
)
def test_a_run_can_not_open_the_gate(folder: Path, name: str, value: str, floor: int) -> None:
    path = run_with(folder, f"thresholds:\n  {name}: {value}\n")
    (said,) = refusal(folder)
    line = path.read_text(encoding="utf-8").splitlines().index(f"  {name}: {value}") + 1
    assert f"ключ «thresholds.{name}», строка {line}: порог «{name}» меньше {floor}" in said
    assert f"впишите не меньше {floor}" in said


def test_a_run_may_open_the_gate_as_far_as_its_floor_and_close_it(folder: Path) -> None:
    path = run_with(folder, "thresholds: {small_cell: 3, share_min_n: 30}\n")
    mine = load_run(path, params=folder).thresholds
    assert (mine["small_cell"].value, mine["share_min_n"].value) == (3, 30)


def test_the_project_s_own_limits_are_not_below_their_floors(folder: Path) -> None:
    spoil(folder / "thresholds.yaml", "value: 5\n  floor: 3", "value: 2\n  floor: 3")
    (said,) = refusal(folder)
    assert "thresholds.yaml" in said
    assert "порог меньше 3" in said


def test_words_of_a_run_have_no_signs_that_word_and_excel_refuse(folder: Path) -> None:
    spoil(
        folder / "districts" / "demo.yaml",
        "genitive: Северного района",
        'genitive: "Северного\\vрайона"',
    )
    (said,) = refusal(folder)
    assert "непечатаемый знак" in said
    assert "genitive" in said


def test_a_run_can_not_set_a_limit_that_does_not_exist(folder: Path) -> None:
    run_with(folder, "thresholds:\n  spike_min_pupil: 5\n  spike_q: много\n")
    assert any("нужно число" in line for line in refusal(folder))
    path = folder / "runs" / "demo.yaml"
    spoil(path, "  spike_q: много\n", "")
    (said,) = refusal(folder)
    assert "порога «spike_min_pupil» нет в params/thresholds.yaml" in said
    assert "ключ «thresholds.spike_min_pupil», строка" in said
    assert "имелось в виду «spike_min_pupils»" in said


def test_the_schema_for_editors_is_that_of_the_code(project: Path) -> None:
    assert (project / "params/run.schema.json").read_text("utf-8") == run_schema()
    first = (project / "params/runs/demo.yaml").read_text("utf-8").splitlines()[0]
    assert first.endswith("$schema=../run.schema.json")
