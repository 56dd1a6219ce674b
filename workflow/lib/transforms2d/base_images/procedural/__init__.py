"""Base images drawn by this library: a source that needs no files and no download."""

from transforms2d.base_images import index
from transforms2d.errors import UserError

RECIPE = 1  # increase it when the drawings change


def fetch(used: dict) -> dict:
    """List the procedural images without drawing them; see ``sources.fetch``.

    Raises
    ------
    UserError
        If more objects are requested than there are drawings.
    """
    from transforms2d.base_images.procedural.objects import NAMES, PROTOTYPES

    number = len(NAMES) if used["objects"] is None else used["objects"]
    if number > len(NAMES):
        raise UserError(f"base_images.objects: {number} is more than the {len(NAMES)} drawings")
    backgrounds = 867 if used["backgrounds"] is None else used["backgrounds"]
    objects = [
        (name, {"name": name, "prototype": prototype})
        for name in NAMES[:number]
        for prototype in range(PROTOTYPES)
    ]
    return index.build(
        used,
        objects,
        [{"item": item} for item in range(backgrounds)],
        root=None,
        origin={"seed": used["seed"], "recipe": RECIPE},
    )


def draw_object(origin: dict, entry: dict):
    """RGBA image of an entry of the index."""
    from transforms2d.base_images.procedural import objects

    return objects.draw(entry["name"], seed=origin["seed"], prototype=entry["prototype"])


def draw_background(origin: dict, entry: dict):
    """RGB image of an entry of the index."""
    from transforms2d.base_images.procedural import backgrounds

    return backgrounds.draw(entry["item"], seed=origin["seed"])
