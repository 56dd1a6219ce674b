"""Groups of views as tensors, and their file."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from transforms2d.errors import DamagedFileError
from transforms2d.files.signed import check_same, read_tensors, write_tensors

KIND = "view_groups"


@dataclass(frozen=True)
class ViewGroups:
    """Views of one factor.

    Attributes
    ----------
    images : uint8 [n, 3, S, S]
    group : int64 [n]
        Number of each view's group, from 0; each group has two or more views.
    names : list of str
        Of the groups.
    """

    images: Tensor
    group: Tensor
    names: list[str]


def write_views(path, views: Mapping[str, ViewGroups], identity: Mapping | None = None) -> None:
    """Write groups of views, by factor, as one self-verifying file, atomically.

    ``identity``: plain JSON values on their source, such as the digest of a table; stored under the
    key ``of``.
    """
    factors = list(views)
    tensors = {}
    for number, one in enumerate(views.values()):
        tensors |= {f"{number}.images": one.images, f"{number}.group": one.group}
    names = [views[factor].names for factor in factors]
    metadata = {"kind": KIND, "factors": factors, "names": names, "of": identity}
    write_tensors(path, tensors, metadata)


def read_views(path, expect: Mapping | None = None) -> dict[str, ViewGroups]:
    """Read a file of ``write_views``: groups of views by factor.

    Raises
    ------
    DamagedFileError
        If the file was changed or truncated, or has other content.
    UserError
        If the file is missing, or ``expect`` differs from the identity that it was written with.
    """
    tensors, metadata = read_tensors(path)
    if metadata.get("kind") != KIND:
        raise DamagedFileError(f"{path}: holds no groups of views; make it with the workflow")
    if expect is not None:
        check_same(path, metadata.get("of"), expect)
    return {
        factor: ViewGroups(tensors[f"{number}.images"], tensors[f"{number}.group"], names)
        for number, (factor, names) in enumerate(
            zip(metadata["factors"], metadata["names"], strict=True)
        )
    }
