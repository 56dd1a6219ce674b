"""Base images from a dataset on the Hugging Face Hub, downloaded, checked and stored in its cache.

The dataset has the configurations ``foregrounds`` (image, label) and ``backgrounds`` (image).
"""

import os
import re
from pathlib import Path

from transforms2d.base_images import index, layouts
from transforms2d.base_images.hub import hub_card, unlisted
from transforms2d.base_images.hub.hub import Hub
from transforms2d.base_images.hub.hub_cache import Cache
from transforms2d.errors import UserError
from transforms2d.web import answers
from transforms2d.web.offline import is_offline

NAME = r"[A-Za-z0-9_]+([.-][A-Za-z0-9_]+)*"
REPOSITORY = re.compile(f"{NAME}/{NAME}|{NAME}")
LONGEST_NAME = 200  # characters of a repository or revision
REVISION = re.compile(r"[A-Za-z0-9_]+([./+@-][A-Za-z0-9_]+)*")  # becomes a path in the cache

REFUSED = (401, 403, 404)  # statuses for missing content, or content this user may not read


def fetch(used: dict, *, cache_dir=None, offline: bool = False) -> dict:
    """Download the dataset, unless the cache has it, and list its images; see ``sources.fetch``.

    Every file is compared with the digest in the Hub's list. ``HF_HUB_OFFLINE``, ``HF_ENDPOINT``,
    the cache's path and the token are those of the Hub's client.
    """
    root, files, is_whole = _snapshot(used, cache_dir, offline or is_offline())
    if not is_whole and None in (used["objects"], used["backgrounds"]):
        raise UserError(
            f"{root}: the cache may be incomplete; fetch it once with a network, or set the "
            "numbers base_images.objects and backgrounds"
        )
    try:
        return _index(used, root, files)
    except UserError as error:
        if is_whole:
            raise
        fault = str(error).split(";")[0]
        raise UserError(
            f"{fault}; the cache may be incomplete: fetch it once with a network"
        ) from None


def _index(used, root: Path, files: list[str]) -> dict:
    where = f"{used['repository']} at {used['revision']}"
    head = hub_card.read(root / "README.md")
    items = {}
    for config in ("foregrounds", "backgrounds"):
        items[config] = layouts.items(
            root,
            hub_card.files_of(head, config, files, where),
            hub_card.label_names(head, config),
            labelled=config == "foregrounds",
        )
    return index.build(
        used,
        items["foregrounds"],
        [entry for _, entry in items["backgrounds"]],
        root=str(root),
        origin={"repository": used["repository"], "commit": root.name},
    )


def _snapshot(used, cache_dir, offline) -> tuple[Path, list[str], bool]:
    """The folder of a checked snapshot, its files, and whether it is surely complete.

    The folder has the name of the commit. A cache without a list of its files may be incomplete.
    """
    from huggingface_hub import constants

    for key, pattern in (("repository", REPOSITORY), ("revision", REVISION)):
        if not pattern.fullmatch(used[key]) or len(used[key]) > LONGEST_NAME:
            raise UserError(f"base_images.{key}: {used[key]!r} is not valid; correct it")
    repository, revision = used["repository"], used["revision"]
    cache = Cache(cache_dir or constants.HF_HUB_CACHE, repository)
    hub = Hub(constants.ENDPOINT.rstrip("/"), repository, revision, _token())
    cached = cache.commit(revision)
    is_cached = cached is not None and cache.snapshot(cached).is_dir()
    failure = ""
    if not offline:
        try:
            commit = hub.commit(retry=not is_cached)
            files = hub.files(commit, retry=not is_cached)
        except answers.Failure as error:
            failure = f"{hub.name}: could not be downloaded ({error}); "
            if error.code in REFUSED or not is_cached:
                raise UserError(failure + _hint(error)) from None
        else:
            cache.fill(hub, commit, files)
            return cache.snapshot(commit), sorted(files), True
    if not is_cached:
        raise UserError(f"{hub.name}: not in the cache; fetch it once with a network")
    root, is_whole = cache.snapshot(cached), cache.is_listed(cached)
    try:
        files = cache.files(cached)
        cache.check(cached, files, hub.name)
        if not is_whole and (part := unlisted.missing_part(root)):
            raise UserError(f"{root}: the cache lacks {part}; fetch it once with a network")
    except UserError as error:
        raise UserError(f"{failure}{error}") from None
    return root, sorted(files), is_whole


def _token() -> str | None:
    """The user's token for the hub."""
    from huggingface_hub import constants, get_token

    token = None if constants.HF_HUB_DISABLE_IMPLICIT_TOKEN else get_token()
    if token and not re.fullmatch("[!-~]+", token):
        raise UserError("HF_TOKEN, or its file: not a token of the hub; log in again")
    return token


def _hint(error: answers.Failure) -> str:
    if error.code in REFUSED:
        return "correct base_images.repository or base_images.revision, or log in to the hub"
    other = ", or correct HF_ENDPOINT" if "HF_ENDPOINT" in os.environ else ""
    return f"nothing is used: try later{other}"
