"""The setting that forbids requests to servers."""


def is_offline() -> bool:
    """Whether ``HF_HUB_OFFLINE`` is 1, ON, YES or TRUE in any case, as for the Hub's client."""
    from huggingface_hub import constants

    return constants.HF_HUB_OFFLINE
