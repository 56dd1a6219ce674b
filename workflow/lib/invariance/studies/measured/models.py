"""What ``snakemake measures`` asks of a study."""

from invariance.studies.measured.settings import settings
from invariance.studies.stages import ON_REQUEST


class Measured:
    """The part of ``base.Study`` that is about measures of its pretrained models."""

    @property
    def on_request(self) -> tuple[str, ...]:
        """The stages that only a request makes, of its pretrained models; none without such."""
        return ON_REQUEST if "pretrain" in self.recorded else ()

    def measured_on(self, name: str) -> str:
        """The dataset whose test images, without transformations, the model is measured on."""
        return self.targets[0] if self.targets else self.data(name)

    def measures(self, domain: str, seed: int, name: str) -> dict:
        """Settings of the measures of invariance of the model ``name``."""
        return settings(self, domain, seed, name)
