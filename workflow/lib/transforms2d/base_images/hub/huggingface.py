"""Base images from a dataset on the Hugging Face Hub, downloaded, checked and kept in its cache.

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
LONGEST_NAME = 200  # letters of a repository or revision
REVISION = re.compile(r"[A-Za-z0-9_]+([./+@-][A-Za-z0-9_]+)*")  # a path of its own in the cache

REFUSED = (401, 403, 404)  # statuses of what is not there, or not for this user


def fetch(used: dict, *, cache_dir=None, offline: bool = False) -> dict:
    """Download the dataset, unless the cache has it, and list its images; see ``sources.fetch``.

    Every file is compared with the digest that the Hub lists for it. ``HF_HUB_OFFLINE``,
    ``HF_ENDPOINT``, the cache's place and the token are those of the Hub's client.
    """
    root, files, is_whole = _snapshot(used, cache_dir, offline or is_offline())
    if not is_whole and None in (used["objects"], used["backgrounds"]):
        raise UserError(
            f"{root}: whether the cache holds all of it cannot be told; fetch it once with a "
            "network, or say how many base_images.objects and backgrounds there are"
        )
    try:
        return _index(used, root, files)
    except UserError as error:
        if is_whole:
            raise
        what = str(error).split(";")[0]
        raise UserError(
            f"{what}; the cache may hold a part alone: fetch it once with a network"
        ) from None


def _index(used, root: Path, files: list[str]) -> dict:
    where = f"{used['repository']} at {used['revision']}"
    head = hub_card.read(root / "README.md")
    found = {}
    for config in ("foregrounds", "backgrounds"):
        found[config] = layouts.items(
            root,
            hub_card.files_of(head, config, files, where),
            hub_card.label_names(head, config),
            labelled=config == "foregrounds",
        )
    return index.build(
        used,
        found["foregrounds"],
        [entry for _, entry in found["backgrounds"]],
        root=str(root),
        origin={"repository": used["repository"], "commit": root.name},
    )


def _snapshot(used, cache_dir, offline) -> tuple[Path, list[str], bool]:
    """The folder of a checked snapshot, its files, and whether it is known to be whole.

    The folder is named after the commit. A cache without a list of its files may hold a part.
    """
    from huggingface_hub import constants

    for key, pattern in (("repository", REPOSITORY), ("revision", REVISION)):
        if not pattern.fullmatch(used[key]) or len(used[key]) > LONGEST_NAME:
            raise UserError(f"base_images.{key}: {used[key]!r} is none; correct it")
    repository, revision = used["repository"], used["revision"]
    cache = Cache(cache_dir or constants.HF_HUB_CACHE, repository)
    hub = Hub(constants.ENDPOINT.rstrip("/"), repository, revision, _token())
    known = cache.commit(revision)
    kept = known is not None and cache.snapshot(known).is_dir()
    failure = ""
    if not offline:
        try:
            commit = hub.commit(again=not kept)
            files = hub.files(commit, again=not kept)
        except answers.Failure as error:
            failure = f"{hub.name}: not to be had ({error}); "
            if error.code in REFUSED or not kept:
                raise UserError(failure + _hint(error)) from None
        else:
            cache.fill(hub, commit, files)
            return cache.snapshot(commit), sorted(files), True
    if not kept:
        raise UserError(f"{hub.name}: not in the cache; fetch it once with a network")
    root, is_whole = cache.snapshot(known), cache.is_listed(known)
    try:
        files = cache.files(known)
        cache.check(known, files, hub.name)
        if not is_whole and (lacks := unlisted.missing(root)):
            raise UserError(f"{root}: the cache lacks {lacks}; fetch it once with a network")
    except UserError as error:
        raise UserError(f"{failure}{error}") from None
    return root, sorted(files), is_whole


def _token() -> str | None:
    """What the user logged in to the hub with."""
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
