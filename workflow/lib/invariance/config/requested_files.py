"""Checks of requested files: for a wrong path, one line with the valid values."""

from invariance.studies.stages import BY_FOLDER, STAGES
from transforms2d.errors import UserError, quote

# The stages whose files an export shares, by its folders.
SHARED = {"datasets": STAGES["dataset"], "models": STAGES["pretrain"]}


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
        stages, end = BY_FOLDER, -1
        if parts[0] == "export":
            stages, end, parts = SHARED, None, parts[1:]
        if not path.startswith(f"{results}/") or not parts or parts[0] not in studies:
            continue
        study = studies[parts[0]]
        seeds = [f"seed{seed}" for seed in study.seeds]
        folders = _folders(study, stages)
        for part, valid in zip(parts[1:], (study.domains, seeds, folders), strict=False):
            if "." not in part and part not in valid:
                raise UserError(
                    f"{argument}: unknown {quote(part)}; valid here: {', '.join(valid)}"
                )
        inside = parts[4:end]
        target = any(f"{'/'.join(inside)}/".startswith(f"{name}/") for name in study.targets)
        is_target = parts[3:4] in (["data"], ["datasets"]) and target
        if inside and parts[3] in stages and not is_target:
            try:
                study.check_name(parts[1], inside, stages[parts[3]].name)
            except UserError as error:
                raise UserError(f"{argument}: {error}") from None


def _folders(study, stages: dict) -> list[str]:
    """The folders of stages that have models, datasets or other units in a study."""
    return [
        folder
        for folder, stage in stages.items()
        if any(study.units(domain, stage.name) for domain in study.domains)
    ]
