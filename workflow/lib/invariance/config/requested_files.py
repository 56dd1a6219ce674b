"""Checks of requested files: for a wrong path, one line with the valid values."""

from invariance.studies.stages import BY_FOLDER
from transforms2d.errors import UserError, quote

SHARED = ("datasets", "models")


def check_targets(arguments: list[str], results: str, studies: dict) -> None:
    """Refuse paths of a study, in ``results`` or its ``export``, that the study does not have.

    Other arguments are ignored.

    Raises
    ------
    UserError
        One line: the path, the part that is wrong, and the values it may take.
    """
    for argument in arguments:
        path = argument.removeprefix("./").rstrip("/")
        parts = path.removeprefix(f"{results}/").split("/")
        # An export is requested by its folder, everything else by a file.
        stages, end = tuple(BY_FOLDER), -1
        if parts[0] == "export":
            stages, end, parts = SHARED, None, parts[1:]
        if not path.startswith(f"{results}/") or not parts or parts[0] not in studies:
            continue
        study = studies[parts[0]]
        seeds = [f"seed{seed}" for seed in study.seeds]
        for part, valid in zip(parts[1:], (study.domains, seeds, stages), strict=False):
            if "." not in part and part not in valid:
                raise UserError(
                    f"{argument}: unknown {quote(part)}; valid here: {', '.join(valid)}"
                )
        inside = parts[4:end]
        target = any(f"{'/'.join(inside)}/".startswith(f"{name}/") for name in study.targets)
        if inside and not (parts[3] in ("data", "datasets") and target):
            try:
                study.check_name(parts[1], inside)
            except UserError as error:
                raise UserError(f"{argument}: {error}") from None
