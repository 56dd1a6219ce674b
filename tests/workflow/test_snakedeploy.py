"""The workflow deployed by snakedeploy: planned and run in a folder that holds its settings."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support.hosted_workflow import TAG, clone, head, snakemake
from support.small_run import SMALL

SNAKEDEPLOY = shutil.which("snakedeploy") or shutil.which(
    "snakedeploy", path=Path(sys.executable).parent
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not SNAKEDEPLOY or not shutil.which("git"),
        reason="snakedeploy is not installed (pip install -e '.[deploy]'), or git is not",
    ),
]
RECORD = "results/small/invariance_transfer/t2d/seed0/pretrain/image/rotate/resnet-18/record.json"


def deploy(source, folder) -> Path:
    command = [SNAKEDEPLOY, "deploy-workflow", source, folder, "--tag", TAG]
    subprocess.run(command, check=True)
    (folder / "small.yaml").write_text(yaml.safe_dump(SMALL), encoding="utf-8")
    return folder / "workflow" / "Snakefile"


def test_it_plans_runs_and_reports(tmp_path):
    source = clone(tmp_path / "hosts")
    folder = tmp_path / "deployed"
    snakefile = deploy(source, folder)
    assert "github(" in snakefile.read_text()
    hosts = tmp_path / "hosts"
    whole = snakemake(folder, "-n", "--quiet", "rules", hosts=hosts)
    assert "all " in whole and "pretrain " in whole, "the whole paper"
    snakemake(folder, "-n", "--quiet", "rules", "--profile", "profiles/slurm", hosts=hosts)
    small = ("--configfile", "small.yaml")
    wanted = (RECORD, "results/small/figures/fig5.png", "results/small/figures/fig5.csv")
    snakemake(folder, *wanted, "--cores", "2", *small, hosts=hosts)
    record = json.loads((folder / RECORD).read_text())
    told = {"commit": head(source), "clean": True}
    assert record["provenance"]["workflow"] == told, "of the deployed code"
    assert (folder / wanted[-1]).read_text().startswith("example,")
    again = (*wanted, *small)
    assert "Nothing to be done" in snakemake(folder, *again, "--cores", "2", hosts=hosts)
    report = ("--report", "report.html")
    snakemake(folder, "results/small/figures/fig5.png", *report, *small, hosts=hosts)
    # Without Snakemake's records, and under other names of the rules, files tell what they are of.
    shutil.rmtree(folder / ".snakemake/metadata")
    statement = snakefile.read_text().rstrip()
    snakefile.write_text(f"{statement} as other_*\n")
    assert "Nothing to be done" in snakemake(folder, *again, "-n", hosts=hosts)


def test_from_a_local_clone_its_path_has_to_be_put_in(tmp_path):
    """As docs/deploying.md tells: what snakedeploy writes for a local clone leads nowhere."""
    source = clone(tmp_path).rename(tmp_path / "clone")
    folder = tmp_path / "deployed"
    snakefile = deploy(source, folder)
    written = snakefile.read_text()
    assert '"workflow/Snakefile"' in written
    snakefile.write_text(written.replace('"workflow/Snakefile"', f'"{source}/workflow/Snakefile"'))
    assert "fig5 " in snakemake(folder, "-n", "fig5", "--configfile", "small.yaml")
