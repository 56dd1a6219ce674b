from invariance.studies.examples import examples

PREPARED_IMAGES = {
    "base": "<results>/base_images/images.safetensors",
    "natural_test": "<results>/natural_images/cifar10/test.safetensors",
}


# One job renders all small datasets of a figure: each takes less time than a start of Python.
for figure, specs in examples(config).items():

    rule:
        name:
            f"render_{figure}"
        input:
            **{
                kind: path
                for kind, path in PREPARED_IMAGES.items()
                if kind == "base" or any(spec.background == "natural" for spec in specs.values())
            },
        output:
            **{name: f"<results>/examples/{figure}/{name}.safetensors" for name in specs},
        log:
            f"<logs>/examples/{figure}.log",
        localrule: True
        conda:
            "../../envs/torch.yaml"
        resources:
            **resources("rendering"),
        params:
            specs={name: spec.to_dict() for name, spec in specs.items()},
            recipe=RECIPES["dataset"],
        script:
            "../scripts/render_examples.py"

    rule:
        name:
            f"draw_{figure}"
        input:
            **{name: f"<results>/examples/{figure}/{name}.safetensors" for name in specs},
        output:
            report(
                f"<results>/figures/{figure}.png",
                category="Figures",
                caption=f"../report/{figure}.rst",
                labels={"shows": PICTURES[figure].title},
            ),
            f"<results>/figures/{figure}.pdf",
            f"<results>/figures/{figure}.csv",
        log:
            f"<logs>/figures/{figure}.log",
        localrule: True
        conda:
            "../../envs/plot.yaml"
        params:
            **CAPTION_PARAMETERS[figure],
            figure=figure,
            of=source_digests(figure),
            recipe=RECIPES["figures"],
        script:
            "../scripts/draw_gallery.py"
