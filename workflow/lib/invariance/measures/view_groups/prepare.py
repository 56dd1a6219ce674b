"""Groups of views to a file: from a table of pictures, or rendered."""

from collections.abc import Mapping

from invariance.measures.view_groups.groups import write_views
from invariance.measures.view_groups.rendered import render_views
from invariance.measures.view_groups.table import views_of_table
from invariance.provenance.input_images import load_images
from transforms2d.spec import DatasetSpec


def prepare(
    path, settings: Mapping, inputs: Mapping, *, image_size: int, identity: Mapping, config: Mapping
) -> None:
    """Write one group of views; see ``groups.write_views``.

    Parameters
    ----------
    settings : mapping
        ``csv``, a table of ``list_views``; or ``vary``, ``views``, ``groups`` and ``spec`` of
        ``rendered.render_views``, whose only factor has the name of what varies.
    inputs : mapping from name to path
        ``base``, the prepared images, of rendered views.

    Raises
    ------
    UserError
        For a table, picture or dataset that does not fit.
    """
    if "csv" in settings:
        views, _ = views_of_table(settings["csv"], image_size)
    else:
        spec, vary = DatasetSpec.from_dict(dict(settings["spec"])), settings["vary"]
        base = load_images(inputs, spec.split, config=config)["base"]
        size = {key: settings[key] for key in ("groups", "views")}
        views = {vary: render_views(spec, base, None, vary, **size)}
    write_views(path, views, identity)
