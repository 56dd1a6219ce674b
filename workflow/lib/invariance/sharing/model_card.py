"""The card of an exported model: YAML for the hub, and information for readers."""

import json
from collections.abc import Mapping

from invariance.records.accuracy import accuracy
from invariance.records.results import FIRST
from transforms2d.storage.dataset_card import describe, literal

BODY = """
# {title}

{architecture}, pretrained from scratch for the study *Understanding the Role of Invariance in
Transfer Learning* (TMLR 2024, [arXiv:2407.04325](https://arxiv.org/abs/2407.04325)): a network to
measure invariance on, too small and too narrowly trained for any other use.

| | |
|---|---|
{facts}

{images} The images are {size} x {size} px.

## Load it

The weights alone, with safetensors:

```python
import json
from safetensors import safe_open

with safe_open("model.safetensors", framework="pt") as file:
    weights = {{name: file.get_tensor(name) for name in file.keys()}}
    settings = json.loads(file.metadata()["manifest"])["metadata"]["settings"]
```

The network, with the libraries of the workflow that trained it (`pip install .` in its folder);
`images` are uint8 [n, 3, {size}, {size}]:

```python
from invariance import models
from transforms2d import normalise

model, settings = models.load("model.safetensors")
inputs = normalise(images, settings["mean"], settings["std"])
logits, representation = model(inputs), model.represent(inputs)
```

`config.json` holds the settings, the names of the classes in label order and the dataset.

## Settings

```json
{settings}
```

## Terms

The weights are under the Apache License 2.0. The images they were trained on keep their own terms.

```bibtex
@article{{speicher2024invariance,
  title = {{Understanding the Role of Invariance in Transfer Learning}},
  author = {{Speicher, Till and Nanda, Vedant and Gummadi, Krishna P.}},
  journal = {{Transactions on Machine Learning Research}},
  year = {{2024}}
}}
```
"""


def model_card(record: Mapping, spec, class_names: list[str], representation_dim: int) -> str:
    """A ``README.md`` with YAML front matter.

    Parameters
    ----------
    record : mapping
        The record of the pretraining: ``cell``, ``details``, ``evaluations``, ``provenance``.
    spec : DatasetSpec
        The data it was pretrained on, any split.
    class_names : list of str
        In label order.
    representation_dim : int
        Length of the representation.
    """
    from huggingface_hub import EvalResult, ModelCardData

    cell, details = record["cell"], record["details"]
    counts = record["evaluations"][0]["counts"]
    title = " ".join(f"{cell['study']} {cell['domain']} seed{cell['seed']} {cell['model']}".split())
    front = ModelCardData(
        license="apache-2.0",
        library_name="pytorch",
        pipeline_tag="image-classification",
        tags=["transforms-2d", "invariance", "transfer-learning", "arxiv:2407.04325"],
        model_name=title,
        eval_results=[
            EvalResult(
                task_type="image-classification",
                dataset_type="transforms-2d",
                dataset_name=f"the pretraining data, {cell['domain']}",
                dataset_split="test",
                metric_type="accuracy",
                metric_value=round(accuracy(counts, "test"), 4),
            )
        ],
    )
    facts = {
        **{name: cell[name] for name in FIRST},
        **cell,
        "transformations": ", ".join(spec.all_transforms()) or "none",
        "classes": len(class_names),
        "training images": f"{sum(counts['train']['total']):,}",
        "parameters": f"{details['parameters']:,}",
        "representation": f"{representation_dim} values",
        "kept epoch": f"{details['kept_epoch']} of {details['epochs_run']}",
        "training accuracy": f"{accuracy(counts, 'train'):.4f}",
        "validation accuracy": f"{accuracy(counts, 'val'):.4f}",
        "test accuracy": f"{accuracy(counts, 'test'):.4f} "
        f"(top-1, {sum(counts['test']['total']):,} images)",
        "made with": f"torch {record['provenance']['versions']['torch']} "
        f"on {record['provenance']['device']}",
    }
    body = BODY.format(
        title=literal(title),
        architecture=literal(cell["architecture"]),
        facts="\n".join(
            f"| {literal(name.replace('_', ' '))} | {literal(value)} |"
            for name, value in facts.items()
        ),
        images=describe(spec, class_names),
        size=spec.image_size,
        settings=json.dumps(details["settings"], sort_keys=True),
    )
    return f"---\n{front.to_yaml()}\n---\n{body}"
