"""What results took: every record once in its study, and in each figure that is made of it."""

from dataclasses import replace

import pytest

from invariance.artefacts import ARTEFACTS, available
from invariance.records.cost import TOTAL, ledger
from invariance.records.results import write_record
from invariance.report.ledger import ledger_page
from invariance.report.ledger_words import in_words, read_ledger, uniform
from invariance.studies import load_studies
from invariance.studies.stages import STAGES
from transforms2d.errors import UserError

FIG = replace(ARTEFACTS["fig2"], study="a")
TUNED = replace(ARTEFACTS["fig9"], study="a", domains=(), architectures=("vit",))
SENSED = replace(ARTEFACTS["tab2"], study="b", domains=(), architectures=())


def record(folder, study, method, seconds, *, domain="t2d", net="resnet-18", gpu=False, **more):
    path = folder / f"{len(list(folder.iterdir()))}.json"
    provenance = {
        "wall_seconds": seconds,
        "device": "NVIDIA <H100>" if gpu else "cpu (x86_64)",
        "peak_memory_mb": int(seconds),
        "peak_gpu_memory_mb": 7 if gpu else 0,
        **more.pop("provenance", {}),
    }
    cell = {"study": study, "domain": domain, "seed": 0, "model": "m", "architecture": net}
    write_record(path, method=method, cell=cell, evaluations=[], provenance=provenance, **more)
    return path


@pytest.fixture
def paths(tmp_path):
    features = {
        "features": {
            "wall_seconds": 36,
            "device": "NVIDIA <H100>",
            "peak_memory_mb": 9000,
            "peak_gpu_memory_mb": 11,
        }
    }
    return [
        record(tmp_path, "a", "pretraining", 3600, gpu=True),
        # Killed once: the epochs of both tries together took longer than the last one.
        record(tmp_path, "a", "pretraining", 60, net="vit", details={"training_seconds": 7200}),
        record(tmp_path, "a", "pretraining", 1800, domain="cifar10", gpu=True),
        record(tmp_path, "a", "linear_probe", 360, provenance=features),
        record(tmp_path, "a", "fine_tuning", 720, net="vit"),
        record(tmp_path, "b", "pretraining", 36),
        record(tmp_path, "b", "sensitivity", 72, gpu=True),
    ]


def rows(paths):
    return ledger(paths, [FIG, TUNED, SENSED]).set_index("name")


def test_sums_by_study_figure_and_table(paths):
    table = rows(paths)
    assert list(table.index) == [TOTAL, "a", "b", "fig2", "fig9", "tab2"]
    assert table.models.to_dict() == {TOTAL: 4, "a": 3, "b": 1, "fig2": 2, "fig9": 1, "tab2": 1}
    # Extraction of features is a job of its own.
    assert table.jobs.to_dict() == {TOTAL: 8, "a": 6, "b": 2, "fig2": 4, "fig9": 2, "tab2": 2}
    assert table.hours["a"] == pytest.approx(1 + 2 + 0.5 + 0.11 + 0.2)
    assert table.gpu_hours["a"] == pytest.approx(1 + 0.5 + 0.01)
    assert table.hours["fig2"] == pytest.approx(1 + 2 + 0.11)
    assert table.hours["fig9"] == pytest.approx(2 + 0.2)
    assert table.gpu_hours["fig9"] == 0
    assert table.sensitivity_hours["b"] == table.gpu_hours["tab2"] == pytest.approx(0.02)
    assert table.linear_probe_hours["a"] == pytest.approx(0.11)


def test_studies_add_up_to_the_total(paths):
    table = rows(paths)
    for column in (
        "models",
        "jobs",
        "hours",
        "gpu_hours",
        "pretraining_hours",
        "fine_tuning_hours",
    ):
        assert table[column]["a"] + table[column]["b"] == pytest.approx(table[column][TOTAL])
    assert table.peak_memory_mb[TOTAL] == 9000 and table.peak_gpu_memory_mb["a"] == 11


def test_the_order_of_records_changes_nothing(paths):
    assert rows(paths).equals(rows([*paths[:5][::-1], *paths[5:]]))


def test_the_page_escapes_what_it_shows(paths):
    page = ledger_page(rows(paths).reset_index(), "results/<i>", ["fig2", "tab2"])
    assert "NVIDIA &lt;H100&gt;" in page and "<H100>" not in page and "results/<i>" not in page
    assert page.count("<tr") == 2 + 6


def test_people_read_words_and_units_and_no_names_of_columns(paths):
    table = rows(paths).reset_index()
    words = in_words(table)
    assert words.Time.to_dict() == {
        **{TOTAL: "3.8 h", "a": "3.8 h", "b": "1.8 min"},
        **{"fig2": "3.1 h", "fig9": "2.2 h", "tab2": "1.8 min"},
    }
    assert words["On GPUs"]["fig9"] == "-" and words["On GPUs"]["tab2"] == "1.2 min"
    assert words.Memory[TOTAL] == "8.8 GiB" and words["GPU memory"][TOTAL] == "11 MiB"
    page = ledger_page(table, "results/a", ["fig2"])
    for name in table.columns[1:]:
        assert "_" not in name or name not in page
    assert "<title>Time and memory of results/a</title>" in page
    assert 'href="figures/index.html#fig2"' in page and "#fig9" not in page


def test_what_all_was_made_with_is_said_once(paths, tmp_path):
    table = rows(paths).reset_index()
    assert "Devices" in in_words(table) and uniform(table) == ""
    for path in paths:
        path.unlink()
    one = [record(tmp_path, "a", "pretraining", 60), record(tmp_path, "a", "linear_probe", 6)]
    table = rows(one).reset_index()
    assert uniform(table) == "All results were made on cpu (x86_64)."
    # Nothing ran on a GPU, nothing was fine-tuned or scored.
    columns = ["Models", "Jobs", "Time", "Pretraining", "Linear probes", "Memory"]
    assert list(in_words(table)) == columns


def test_the_table_is_read_as_it_was_written(paths, tmp_path):
    table = rows(paths).reset_index().assign(commits="0012345678")
    table.to_csv(tmp_path / "ledger.csv", index=False)
    again = read_ledger(tmp_path / "ledger.csv")
    assert again.equals(table) and again.commits[0] == "0012345678"


def test_a_damaged_record_is_named(paths):
    paths[3].write_text(paths[3].read_text().replace("360", "36"))
    with pytest.raises(UserError, match=r"3\.json: damaged"):
        rows(paths)


def test_the_catalogue_knows_what_is_made_of_what(config):
    found = {n: one for n, one in available(load_studies(config)).items() if one.methods}
    assert found["fig2"].methods == ("linear_probe",) and found["fig2"].domains == ("t2d",)
    assert found["fig9"].methods == ("fine_tuning",)
    assert found["fig18"].architectures == ("vgg-11", "densenet-121", "vit")
    assert found["tab1"].methods == ("linear_probe", "sensitivity")
    studies = load_studies(config).items()
    methods = {name: {STAGES[one].method for one in study.stages} for name, study in studies}
    for one in found.values():
        assert set(one.methods) <= methods[one.study], one
