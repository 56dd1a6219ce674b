"""A planted angle is found, chance is not, and what objects explain is no enrichment."""

import numpy as np
import pytest

from invariance.analysis.influence.enrichment import enrichment
from transforms2d.errors import UserError

IMAGES, OBJECTS = 240, 8


def images(rng):
    """Labels and latents of a target's images, which do not depend on each other."""
    labels = rng.integers(0, OBJECTS, IMAGES)
    latents = {
        "rotate.angle": rng.uniform(0, 360, IMAGES),
        "hue.shift": rng.uniform(-0.5, 0.5, IMAGES),
        "v_flip.flip": rng.integers(0, 2, IMAGES).astype(bool),
        "scale.used": np.ones(IMAGES, bool),
    }
    return labels, latents


def test_chance_is_called_an_enrichment_as_often_as_the_level_says():
    """Influences differ by object, and else by chance; 150 runs of three latents."""
    rng, chances = np.random.default_rng(0), []
    for run in range(150):
        labels, latents = images(rng)
        influence = rng.normal(size=OBJECTS)[labels] + rng.normal(size=IMAGES)
        table = enrichment(influence, latents, labels, 199, run)
        chances += [*table.drop_duplicates("latent").p]
    assert len(chances) == 450
    for level in (0.05, 0.25):
        assert np.mean(np.array(chances) <= level) == pytest.approx(level, abs=0.035)


def test_a_planted_angle_is_found_and_told_where_it_is():
    rng = np.random.default_rng(1)
    labels, latents = images(rng)
    angle = latents["rotate.angle"]
    influence = rng.normal(size=IMAGES) + 2 * ((angle > 120) & (angle < 180))
    table = enrichment(influence, latents, labels, 499, 0)
    assert table.latent.iloc[0] == "rotate.angle" and table.q.iloc[0] < 0.02
    assert (table[table.latent != "rotate.angle"].p > 0.02).all()
    found = table[table.latent == "rotate.angle"]
    strongest = found.loc[(found.helped / found["all"]).idxmax()]
    assert 100 < strongest.low < strongest.high < 200
    for _, part in table.groupby("latent"):
        assert part.helped.sum() == pytest.approx(1) and part["all"].sum() == pytest.approx(1)
        assert part.p.nunique() == part.q.nunique() == 1 and (part.p <= part.q).all()


def test_an_object_that_has_other_angles_and_is_helped_is_no_enrichment():
    rng = np.random.default_rng(2)
    labels, latents = images(rng)
    latents["rotate.angle"] = 10 * labels + rng.uniform(0, 10, IMAGES)
    influence = 5 * (labels == 3) + 0.1 * rng.normal(size=IMAGES)
    table = enrichment(influence, latents, labels, 499, 0)
    found = table[table.latent == "rotate.angle"]
    assert (found.helped / found["all"]).max() > 2
    assert found.p.iloc[0] > 0.02


def test_values_have_bins_of_their_own_and_missing_ones_have_none():
    rng = np.random.default_rng(3)
    labels, latents = images(rng)
    latents["rotate.angle"][::2] = np.nan
    table = enrichment(rng.normal(size=IMAGES), latents, labels, 19, 0, bins=4)
    assert "scale.used" not in set(table.latent)
    by_latent = {name: part.sort_values("low") for name, part in table.groupby("latent")}
    assert [*by_latent["v_flip.flip"].bin] == ["0", "1"]
    angles = by_latent["rotate.angle"]
    assert len(angles) == 4 and angles["all"].to_numpy() == pytest.approx([0.25] * 4, abs=0.02)
    assert (angles.low.to_numpy()[1:] == angles.high.to_numpy()[:-1]).all()
    again = enrichment(rng.normal(size=IMAGES), {"scale.used": latents["scale.used"]}, labels, 9, 0)
    assert again.empty and [*again.columns] == [*table.columns]


def test_latents_of_other_images_are_refused():
    rng = np.random.default_rng(4)
    labels, latents = images(rng)
    with pytest.raises(UserError, match="5 influences for 240 labels"):
        enrichment(np.ones(5), latents, labels, 9, 0)
    with pytest.raises(UserError, match=r"latent a has shape \[3\], not \[240\]"):
        enrichment(np.ones(IMAGES), {"a": np.ones(3)}, labels, 9, 0)
