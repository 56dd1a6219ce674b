"""Base images from a data set on the Hugging Face Hub, downloaded, checked and kept in its cache.

The data set has the configurations ``foregrounds`` (image, label) and ``backgrounds`` (image).
"""

import hashlib
import sys
import time
from pathlib import Path

from transforms2d.base_images import card, index, layouts, whole
from transforms2d.errors import UserError
from transforms2d.offline import is_offline

PAUSES = (1.0, 4.0, 10.0)  # seconds before each further attempt
TIMEOUT = 20.0  # seconds without an answer
LONGEST_REASON = 240  # letters of another program's message


class _Mismatch(OSError):
    pass


def fetch(used: dict, *, cache_dir=None, offline: bool = False) -> dict:
    """Download the data set, unless the cache has it, and list its images; see ``sources.fetch``.

    Every file is compared with the digest that the Hub gave for it. ``HF_HUB_OFFLINE`` and
    ``HF_ENDPOINT`` are honoured as the Hub's client does.
    """
    offline = offline or is_offline()
    root = _snapshot(used, cache_dir, offline)
    if not offline or whole.is_listed(used["repository"], root):
        return _index(used, root)
    return _index_of_unlisted(used, root)


def _index_of_unlisted(used, root) -> dict:
    """The index of what the cache holds, refused where that may be a part."""
    remedy = f"fetch {used['repository']} once with a network"
    if lacks := whole.missing(root):
        raise UserError(f"{root}: the cache lacks {lacks}; {remedy}")
    if None in (used["objects"], used["backgrounds"]):
        raise UserError(
            f"{root}: whether the cache holds all of it cannot be told; {remedy}, or say how many "
            "base_images.objects and backgrounds there are"
        )
    try:
        return _index(used, root)
    except UserError as error:
        what = str(error).split(";")[0]
        raise UserError(f"{what}; the cache may hold a part alone: {remedy}") from None


def _index(used, root) -> dict:
    where = f"{used['repository']} at {used['revision']}"
    head = card.read(root / "README.md")
    files = sorted(path.relative_to(root).as_posix() for path in _files(root))
    found = {}
    for config in ("foregrounds", "backgrounds"):
        found[config] = layouts.items(
            root,
            card.files_of(head, config, files, where),
            card.label_names(head, config),
            labelled=config == "foregrounds",
        )
    return index.build(
        used,
        found["foregrounds"],
        [entry for _, entry in found["backgrounds"]],
        root=str(root),
        origin={"repository": used["repository"], "commit": root.name},
    )


def _snapshot(used, cache_dir, offline) -> Path:
    """The folder of a whole and checked snapshot; it is named after its commit."""
    from huggingface_hub import errors
    from huggingface_hub.utils import disable_progress_bars

    if not sys.stderr.isatty():
        disable_progress_bars()
    lasting = (
        errors.RepositoryNotFoundError,  # also where access is refused
        errors.RevisionNotFoundError,
        errors.HFValidationError,
        *([errors.LocalEntryNotFoundError] if offline else []),
    )
    where = f"{used['repository']} at {used['revision']}"
    for pause in (*PAUSES, None):
        try:
            root = _download(used, cache_dir, offline)
            _verify(root, offline)
            return root
        except UserError:
            raise
        except Exception as error:  # the client's errors have no common base
            if isinstance(error, lasting) or pause is None:
                hint = "fetch it once with a network" if offline else "nothing is used"
                raise UserError(f"{where}: not to be had ({_reason(error)}); {hint}") from None
        time.sleep(pause)


def _download(used, cache_dir, offline) -> Path:
    from huggingface_hub import HfApi, errors, snapshot_download

    repository, revision = used["repository"], used["revision"]
    lasting = (errors.RepositoryNotFoundError, errors.RevisionNotFoundError)
    failure = None
    if not offline:
        # The client waits for ever for a listing from a hub that is silent: ask it with a limit.
        try:
            HfApi().repo_info(repository, repo_type="dataset", revision=revision, timeout=TIMEOUT)
        except Exception as error:
            if isinstance(error, lasting):
                raise
            failure = error
    try:
        return Path(
            snapshot_download(
                repository,
                repo_type="dataset",
                revision=revision,
                cache_dir=cache_dir,
                local_files_only=offline or failure is not None,
            )
        )
    except errors.LocalEntryNotFoundError as error:
        raise failure or error from None


def _reason(error: Exception) -> str:
    """The kind of an error and the beginning of its message, on one line."""
    text = " ".join(str(error).split()).rstrip(".")
    text = text if len(text) <= LONGEST_REASON else text[:LONGEST_REASON] + " ..."
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _verify(root: Path, offline: bool) -> None:
    """Compare every file with its digest; one that differs is removed, if it can come again.

    The cache names the content of a file by the digest that the Hub announced: SHA-256 for large
    files, that of git for the others.
    """
    for path in _files(root):
        content = path.resolve()
        expected = content.name
        if len(expected) == 64:
            digest = hashlib.sha256()
        elif len(expected) == 40:
            digest = hashlib.sha1(b"blob %d\0" % content.stat().st_size, usedforsecurity=False)
        else:
            continue  # a file system without links keeps no digest; the client checked the size
        with content.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        if digest.hexdigest() != expected and offline:
            raise UserError(f"{path}: does not match its checksum; fetch it with a network")
        if digest.hexdigest() != expected:
            content.unlink()
            path.unlink(missing_ok=True)
            raise _Mismatch(f"{path.relative_to(root)} does not match its checksum; removed")


def _files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())
