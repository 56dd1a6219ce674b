"""Whether a person wants no server to be asked."""


def is_offline() -> bool:
    """Read ``HF_HUB_OFFLINE`` as the Hub's client does: 1, ON, YES or TRUE, in any case."""
    from huggingface_hub import constants

    return constants.HF_HUB_OFFLINE
