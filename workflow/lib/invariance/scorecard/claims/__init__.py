"""What the paper and further studies claim, as checks of a run."""

from invariance.scorecard.claims import contrastive, influence, paper

# The paper's in its order, then those of each further study.
CLAIMS = (*paper.CLAIMS, *influence.CLAIMS, *contrastive.CLAIMS)
