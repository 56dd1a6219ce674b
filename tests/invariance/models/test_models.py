"""The networks: published sizes, representations, seeds, files."""

import pytest
import torch

from invariance import models
from transforms2d.errors import UserError

# As published: parameters with 30 and with 10 classes, length of the representation.
PUBLISHED = [
    ("resnet-18", {}, 11_184_222, 11_173_962, 512),
    # Not published: 2,724 w^2 + 177 w without its head, for a width w of 192 in place of 64.
    ("resnet-18-w3", {}, 100_497_630, 100_466_890, 1536),
    ("resnet-50", {}, 23_561_822, 23_520_842, 2048),
    ("densenet-121", {"densenet_growth": 12}, 1_008_318, 1_000_618, 384),
    # The usual DenseNet-121; 20 classes fewer are 20 * (1024 + 1) weights fewer.
    ("densenet-121", {}, 6_976_798, 6_956_298, 1024),
    (
        "densenet-121",
        {"densenet_growth": 12, "densenet_representation": "final_norm"},
        1_008_318,
        1_000_618,
        6144,
    ),
    ("vgg-11", {}, 9_241_374, 9_231_114, 512),
    ("vit", {"vit": "released_code"}, 12_477_726, 12_470_026, 384),
    # 30 classes published; 20 classes fewer are 20 * (384 + 1) weights fewer.
    ("vit", {"vit": "paper"}, 6_276_510, 6_268_810, 384),
]
SMALL = {"width": 8, "blocks_per_stage": 1}


@pytest.mark.parametrize(("name", "options", "with_30", "with_10", "dim"), PUBLISHED)
def test_published_sizes(name, options, with_30, with_10, dim):
    model = models.build(name, 30, seed=0, **options)
    assert models.parameter_count(model) == with_30
    assert models.parameter_count(models.build(name, 10, seed=0, **options)) == with_10
    assert model.representation_dim == dim
    assert model.eval().represent(torch.zeros(2, 3, 32, 32)).shape == (2, dim)


@pytest.mark.parametrize("name", models.BUILDERS)
@pytest.mark.parametrize("size", [8, 16, 24, 64])
def test_other_image_sizes_and_small_networks(name, size):
    options = SMALL | {"image_size": size, "densenet_representation": "final_norm"}
    model = models.build(name, 5, seed=0, **options).eval()
    x = torch.randn(3, 3, size, size)
    assert model(x).shape == (3, 5)
    assert model.represent(x).shape == (3, model.representation_dim)
    assert model.head_input(x).shape == (3, model.head.in_features)
    torch.testing.assert_close(model.head(model.head_input(x)), model(x))


@pytest.mark.parametrize("name", models.BUILDERS)
def test_every_parameter_is_trained(name):
    model = models.build(name, 5, seed=0, **SMALL)
    model(torch.randn(4, 3, 32, 32)).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in _not_dead(model))


def _not_dead(model):
    """All but the biases that cannot matter: a normalisation or a softmax takes them out."""
    for name, parameter in model.named_parameters():
        before_norm = name.startswith("features.") and name.endswith(".bias")
        if not before_norm and not name.endswith("key.bias"):
            yield parameter


def test_the_representation_is_the_published_layer():
    x = torch.randn(2, 3, 32, 32)
    model = models.build("densenet-121", 5, seed=0, width=4, blocks_per_stage=1).eval()
    full = models.build(
        "densenet-121",
        5,
        seed=0,
        width=4,
        blocks_per_stage=1,
        densenet_representation="final_norm",
    ).eval()
    torch.testing.assert_close(model.represent(x), model.head_input(x))
    before_relu = full.represent(x).view(2, -1, 4, 4)
    assert (before_relu < 0).any()
    torch.testing.assert_close(before_relu.relu().mean((2, 3)), full.head_input(x))


def test_attention_is_scaled_by_the_full_dimension():
    model = models.build("vit", 5, seed=0, width=16, blocks_per_stage=1).eval()
    block = model.blocks[0]
    x = torch.randn(2, 65, 16)
    query, key, value = (
        project(x).view(2, 65, 8, 2).transpose(1, 2)
        for project in (block.query, block.key, block.value)
    )
    weights = (query @ key.transpose(2, 3) / 16**0.5).softmax(dim=-1)
    expected = block.output((weights @ value).transpose(1, 2).reshape(2, 65, 16))
    torch.testing.assert_close(block._attend(x), expected)


def test_seeds_decide_the_weights_and_nothing_else_moves():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, again, other = (models.build("vgg-11", 5, seed=s, width=8) for s in (3, 3, 4))
    assert torch.equal(torch.get_rng_state(), before)
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name])
    assert not torch.equal(first.head.weight, other.head.weight)
    torch.manual_seed(3)
    reference = torch.nn.Conv2d(3, 8, 3, padding=1)
    assert torch.equal(first.features[0].weight, reference.weight)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"architecture": "resnet-19"}, "architecture: 'resnet-19' is not one of resnet-18"),
        ({"width": 0}, "width: 0 is not a whole number >= 1"),
        ({"blocks_per_stage": 1.5}, "blocks_per_stage: 1.5 is not a whole number"),
        ({"image_size": 4}, "image_size: 4 is not a whole number >= 8"),
        ({"seed": -1}, "seed: -1 is not"),
        ({"architecture": "vit", "width": 12}, "width: 12 does not divide"),
        ({"architecture": "vit", "image_size": 36}, "image_size: 36 does not divide"),
        ({"vit": "large"}, "vit: 'large' is not one of paper, released_code"),
        ({"densenet_representation": "relu"}, "densenet_representation: 'relu'"),
        ({"densenet_growth": 24}, "densenet_growth: 24 is not one of 32, 12"),
    ],
)
def test_refusals(change, message):
    asked = {"architecture": "resnet-18", "num_classes": 5, "seed": 0} | change
    with pytest.raises(UserError, match=message) as caught:
        models.build(**asked)
    assert "\n" not in str(caught.value)


def _settings(**change):
    return {
        "architecture": "resnet-18",
        "num_classes": 5,
        "init_seed": 0,
        "width": 4,
        "blocks_per_stage": 1,
        "image_size": 32,
        "vit": "paper",
        "densenet_representation": "pooled",
        "densenet_growth": 32,
    } | change


def test_a_file_that_names_no_growth_has_the_released_one(tmp_path):
    settings = _settings(architecture="densenet-121", width=None, densenet_growth=12)
    model = models.from_settings(settings)
    del settings["densenet_growth"]
    models.save(tmp_path / "model.safetensors", model, settings)
    loaded, _ = models.load(tmp_path / "model.safetensors")
    assert loaded.representation_dim == model.representation_dim
    x = torch.randn(2, 3, 32, 32)
    assert torch.equal(loaded(x), model.eval()(x))


def test_save_and_load(tmp_path):
    model = models.from_settings(_settings())
    with torch.no_grad():
        model.head.bias.fill_(0.5)
    models.save(tmp_path / "model.safetensors", model, _settings())
    loaded, settings = models.load(tmp_path / "model.safetensors")
    assert settings == _settings() and not loaded.training
    x = torch.randn(2, 3, 32, 32)
    assert torch.equal(loaded(x), model.eval()(x))


def test_weights_of_another_network_are_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    models.save(path, models.from_settings(_settings()), _settings(width=8))
    with pytest.raises(UserError, match="do not fit the network") as caught:
        models.load(path)
    assert str(path) in str(caught.value)


def test_a_new_architecture_is_one_function(monkeypatch):
    class Flat(models.Network):
        def __init__(self, options):
            super().__init__()
            self.representation_dim = 3 * options.image_size**2
            self.head = torch.nn.Linear(self.representation_dim, options.num_classes)

        def head_input(self, x):
            return x.flatten(1)

    monkeypatch.setitem(models.BUILDERS, "flat", Flat)
    assert models.build("flat", 7, seed=0)(torch.zeros(2, 3, 32, 32)).shape == (2, 7)


def test_three_times_the_width_is_a_width():
    wide = models.build("resnet-18-w3", 5, seed=2, width=8)
    same = models.build("resnet-18", 5, seed=2, width=24)
    assert wide.state_dict().keys() == same.state_dict().keys()
    assert all(torch.equal(t, same.state_dict()[n]) for n, t in wide.state_dict().items())
