"""One claim of a study."""

from collections.abc import Callable
from dataclasses import dataclass

from invariance.analysis.seed_means import Means
from invariance.scorecard.checks import Check

# Which accuracies a claim is judged on: those that the run shows, or pooled ones whatever it shows,
# as thresholds on them were chosen on published accuracies, which are pooled. Accuracies on the own
# task, sensitivities and influences have no such choice.
RUN, POOLED, OWN, NONE = "run", "pooled_macro", "own task", ""


@dataclass(frozen=True)
class Claim:
    """A claim. ``checks`` returns its checks; the first one defines the effect.

    ``accuracy`` is one of ``RUN``, ``POOLED``, ``OWN`` and ``NONE``.
    """

    name: str
    artefact: str
    study: str
    says: str
    checks: Callable[[Means], list[Check]]
    accuracy: str
