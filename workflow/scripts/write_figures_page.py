"""Put all figures on one page, with their captions."""

from pathlib import Path

from invariance.jobs.context import job
from invariance.provenance import notes
from invariance.records.made_with import sentence
from invariance.report.figures import figures_page
from transforms2d.files.atomic import atomic_path

with job(snakemake.log[0], snakemake.threads, None):
    folder, parameters = snakemake.config["results"], dict(snakemake.params.items())
    figures, made_with = [], {}
    pairs = zip(snakemake.input.pictures, snakemake.input.captions, strict=True)
    for (picture, caption), params in zip(pairs, parameters["caption_parameters"], strict=True):
        name = Path(picture).stem
        note = notes.check(folder, picture, {"of": parameters["of"][name]})
        made_with[name] = sentence(note.get("provenance"))
        figures.append({"picture": picture, "caption": caption, "params": params})
    text = figures_page(figures, {**snakemake.config, "made_with": made_with})
    with atomic_path(snakemake.output[0]) as temporary:
        temporary.write_text(text, encoding="utf-8")
    notes.write(folder, snakemake.output, parameters)
