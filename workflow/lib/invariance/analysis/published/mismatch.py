"""Study 4: accuracy by the number of transformations in pretraining and in the target task."""


def cells(results, accuracies, study):
    """Yield the lines of figures 4 and 18, see ``cells.measured_cells``."""
    rows = accuracies[accuracies.method == "linear_probe"]
    yield rows.assign(
        x=rows.target.str.removeprefix("target/nested"),
        series="train_" + rows.transformations.astype(str),
        arch=rows.architecture,
        factor="",
        quantity="accuracy",
    )
