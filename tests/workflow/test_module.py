"""Another workflow, in another folder, uses this one as a module."""

import shutil

import pytest
import yaml
from snakemake.utils import update_config
from support.documents import blocks
from support.hosted_workflow import HOSTED, TAG, clone, head, snakemake
from support.tiny_config import TINY

# Laid behind the statements of docs/deploying.md.
OWN = """
rule mine:
    default_target: True
    input: "results/tiny/figures/fig2.png"
    output: "mine.txt"
    shell: "touch {output}"
"""
BY_GIT = f"""
configfile: "config.yaml"

module invariance:
    snakefile: github("{HOSTED}", path="workflow/Snakefile", tag="{TAG}")
    config: config

use rule * from invariance
"""


def write(folder, snakefile, name, settings):
    (folder / "Snakefile").write_text(snakefile, encoding="utf-8")
    (folder / name).write_text(yaml.safe_dump(settings), encoding="utf-8")


def local(repository) -> str:
    """The Snakefile of docs/deploying.md, and a rule of the user's own."""
    (block,) = [b for b in blocks() if b.page == "docs/deploying.md" and b.language == "python"]
    return block.text.replace("/path/to/clone", str(repository)) + OWN


def jobs(said: str) -> dict[str, int]:
    """How often each rule would run, by its name."""
    table = said.split("Job stats:")[-1].split("\n\n")[0].splitlines()[3:]
    return {name: int(count) for name, count in map(str.split, table)}


@pytest.fixture
def settings(config):
    update_config(config, TINY)
    return config


def test_its_rules_under_other_names_and_beside_others(tmp_path, repository, settings):
    # Of long lists of files the first ones are printed: few enough figures that captions are seen.
    settings["studies"] |= {"influence": None, "contrastive": None}
    write(tmp_path, local(repository), "mine.yaml", {"invariance": settings})
    asked = ("-n", "mine", "invariance_tab1", "results/tiny/figures/index.html")
    said = snakemake(tmp_path, *asked)
    plan = jobs(said)
    assert plan["mine"] == 1 and plan["invariance_draw_factors"] == 2
    assert {"invariance_tab1", "invariance_figures_page", "invariance_pretrain"} <= set(plan)
    # Files of the workflow that lie in no folder of the other's.
    assert f"{repository}/workflow/report/factors.rst" in said
    assert f"{repository}/config/paper_values.csv" in said
    assert not (tmp_path / "workflow").exists()


def test_from_a_host_of_git(tmp_path, settings):
    if shutil.which("git") is None:
        pytest.skip("git is not here")
    commit = head(clone(tmp_path / "hosts"))
    folder = tmp_path / "here"
    folder.mkdir()
    write(folder, BY_GIT, "config.yaml", settings)
    plan = jobs(snakemake(folder, "-n", "--quiet", "rules", hosts=tmp_path / "hosts"))
    assert plan["all"] == plan["overview"] == 1 and plan["pretrain"] > 5
    assert [path.name for path in (folder / ".snakemake/modules").iterdir()] == [commit]


def test_a_prefix_is_refused(tmp_path, repository, settings):
    snakefile = local(repository).replace("\n\nuse", '    prefix: "other"\n\nuse')
    write(tmp_path, snakefile, "mine.yaml", {"invariance": settings})
    with pytest.raises(AssertionError, match=r"error: module prefix: .* set results: "):
        snakemake(tmp_path, "-n", "mine")
