from snakemake.utils import min_version

min_version("9.27")


include: "workflow/rules/root.smk"
include: "workflow/rules/stopping.smk"
include: "workflow/rules/printing.smk"
include: "workflow/rules/place.smk"


configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/inputs.smk"
include: "workflow/rules/inputs_contrastive.smk"
include: "workflow/rules/artefacts.smk"
include: "workflow/rules/base_images.smk"
include: "workflow/rules/datasets.smk"
include: "workflow/rules/pretrain.smk"
include: "workflow/rules/transfer.smk"
include: "workflow/rules/sensitivity.smk"
include: "workflow/rules/influence.smk"
include: "workflow/rules/contrastive.smk"
include: "workflow/rules/measures.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/scorecard.smk"
include: "workflow/rules/gallery.smk"
include: "workflow/rules/subpopulations.smk"
include: "workflow/rules/export.smk"
include: "workflow/rules/targets.smk"
include: "workflow/rules/ledger.smk"
include: "workflow/rules/overview.smk"
include: "workflow/rules/progress.smk"
include: "workflow/rules/failures.smk"
include: "workflow/rules/scheduling.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/existing_files.smk"


report: "workflow/report/workflow.rst"


rule all:
    input:
        [main_file(artefact) for artefact in ARTEFACTS],
        rules.scorecard.output,
        "<results>/config.yaml",
        "<results>/ledger.html",
        rules.overview.output,
        rules.figures_page.output,
    localrule: True


include: "workflow/rules/requests.smk"
