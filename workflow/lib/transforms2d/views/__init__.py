"""Views: random changes of whole images, from which contrastive learning makes its pairs.

``Views`` draws the parameters of a group of changes and applies them. ``apply_view`` only applies
them. A crop and the changes of colour here are in no list of ``transforms2d.names``, so no
published seed draws them.
"""

__all__ = ["GROUPS", "Views", "apply_view", "used_settings"]

from transforms2d.views.settings import GROUPS, used_settings


def __getattr__(name):
    if name in ("Views", "apply_view"):
        from transforms2d.views import views

        return getattr(views, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
