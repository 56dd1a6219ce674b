"""Transforms-2D: objects on backgrounds under controlled transformations, as a dataset library.

Public names are imported when they are first used, so that importing the package alone is cheap
and needs no torch.
"""

from importlib import import_module

_PUBLIC = {
    "apply": "transforms2d.transformations",
    "apply_list": "transforms2d.transformations",
    "sample": "transforms2d.transformations",
    "sample_list": "transforms2d.transformations",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name: str):
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(_PUBLIC))
