"""Checks of files that were asked for: a wrong path is one line that says what would be right."""

from transforms2d.errors import UserError

STAGES = ("data", "pretrain", "features", "probe", "finetune", "sensitivity")


def check_targets(arguments: list[str], results: str, studies: dict) -> None:
    """Refuse paths below ``results`` of a study that name what does not exist in it.

    Arguments that are no such path are left alone.

    Raises
    ------
    UserError
        One line: the path, the part that is wrong, and the values it may take.
    """
    for argument in arguments:
        parts = argument.removeprefix("./").removeprefix(f"{results}/").split("/")
        if not argument.removeprefix("./").startswith(f"{results}/") or parts[0] not in studies:
            continue
        study = studies[parts[0]]
        seeds = [f"seed{seed}" for seed in study.seeds]
        for part, valid in zip(parts[1:], (study.domains, seeds, STAGES), strict=False):
            if "." not in part and part not in valid:
                raise UserError(f"{argument}: unknown {part!r}; valid here: {', '.join(valid)}")
        inside = parts[4:-1]
        target = any(f"{'/'.join(inside)}/".startswith(f"{name}/") for name in study.targets)
        if inside and not (parts[3] == "data" and target):
            try:
                study.check_name(parts[1], inside)
            except UserError as error:
                raise UserError(f"{argument}: {error}") from None
