"""What a hub says of a dataset: its commit and its files. Nothing of it is believed unchecked.

A name from a hub becomes a path on this machine, so each is checked before anything is written.
"""

import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from transforms2d.base_images.index import check_relative
from transforms2d.errors import UserError
from transforms2d.web import answers
from transforms2d.web.download import Content

COMMIT = re.compile("[0-9a-f]{40}")
SHA256 = re.compile("[0-9a-f]{64}")
LARGEST_PAGE = 16_000_000  # bytes; the hub's pages list 1,000 files in 0.4 MB
MOST_PAGES = 1_000
MOST_FILES = 100_000  # the published dataset has under 1,000
LONGEST_LISTING = 600.0  # seconds for all its pages
LARGEST_FILE = 10_000_000_000  # bytes
LARGEST_DATASET = 20_000_000_000  # bytes; the published one has far under 1 GB
LONGEST_PATH, LONGEST_NAME = 1_000, 200  # bytes; file systems bear 255 a name


@dataclass(frozen=True)
class Listed:
    """A file as it is listed: its size in bytes, SHA-1 of git, and SHA-256 where it is large."""

    size: int
    git: str
    sha256: str | None

    @property
    def content(self) -> Content:
        """The digest that the hub lists for the file, and its bytes."""
        if self.sha256 is None:
            return Content("git", self.git, self.size)
        return Content("sha256", self.sha256, self.size)


@dataclass(frozen=True)
class Hub:
    """A hub, a dataset there and the token it is asked with.

    Attributes
    ----------
    endpoint, repository, revision : str
        As ``https://huggingface.co``, ``somebody/some_images``, ``main``.
    token : str or None
        Given to the endpoint alone.
    """

    endpoint: str
    repository: str
    revision: str
    token: str | None = None

    @property
    def name(self) -> str:
        """The dataset and its revision, as errors call it."""
        return f"{self.repository} at {self.revision}"

    def headers(self) -> dict[str, str]:
        """The headers of every request: who asks, and the token where there is one."""
        token = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {"User-Agent": "transforms2d", **token}

    def address(self, commit: str, path: str) -> str:
        """Where the content of a file is."""
        return f"{self.endpoint}/datasets/{self.repository}/resolve/{commit}/{quote(path)}"

    def commit(self, again: bool = True) -> str:
        """The commit that the revision names.

        Raises
        ------
        answers.Failure
            If the hub does not say, which is asked once unless ``again``.
        UserError
            If what it says is no commit.
        """
        if COMMIT.fullmatch(self.revision):
            return self.revision
        revision = quote(self.revision, safe="")
        url = f"{self._api()}/revision/{revision}"
        said, _ = answers.patiently(lambda: self._ask(url), again=again)
        commit = said.get("sha") if isinstance(said, dict) else None
        if not isinstance(commit, str) or not COMMIT.fullmatch(commit):
            raise UserError(
                f"{self.name}: the hub names the commit {answers.line(repr(commit))}, "
                "which is none; "
                "use another hub"
            )
        return commit

    def files(self, commit: str, again: bool = True) -> dict[str, Listed]:
        """The files of a commit by their paths.

        Raises
        ------
        answers.Failure
            If the hub does not say.
        UserError
            If it lists what could not be kept safely.
        """
        found = checked(self._entries(f"{self._api()}/tree/{commit}", again), self.name)
        total = sum(file.size for file in found.values())
        if total > LARGEST_DATASET:
            raise UserError(
                f"{self.name}: the hub lists {total} bytes; a dataset of base images has at most "
                f"{LARGEST_DATASET // 10**9} GB"
            )
        return found

    def _api(self) -> str:
        return f"{self.endpoint}/api/datasets/{self.repository}"

    def _entries(self, url, again) -> Iterator[tuple]:
        began, asked, query = time.monotonic(), set(), "recursive=True&expand=False"
        while query is not None:
            asked.add(query)
            page, headers = answers.patiently(
                lambda query=query: self._ask(f"{url}?{query}"), again=again
            )
            if not isinstance(page, list):
                raise UserError(f"{answers.shown(url)}: not a list of files; use another hub")
            yield from map(_entry, page)
            query = _next_page(headers)
            late = time.monotonic() - began > LONGEST_LISTING
            if query is not None and (late or query in asked or len(asked) >= MOST_PAGES):
                raise UserError(
                    f"{self.name}: its list of files has no end in {len(asked)} pages; "
                    "use another hub"
                )

    def _ask(self, url):
        data, headers = answers.read(url, largest=LARGEST_PAGE, headers=self.headers())
        try:
            return json.loads(data), headers
        except (ValueError, RecursionError):
            raise answers.Failure("the answer is no JSON") from None


def _next_page(headers) -> str | None:
    """What to ask for the next page, from a header as ``<https://...?cursor=...>; rel="next"``.

    Only the question is taken: the server asked stays the same, whatever the header names.
    """
    for link in headers.get_all("Link") or []:
        if found := re.search(r'<[^<>?]*\?([^<>#]*)>\s*;[^<>]*\brel="?next\b', link):
            return found[1]
    return None


def _entry(said) -> tuple:
    """(kind, path, size, SHA-1 of git, SHA-256 or None) of an entry, as the hub gives it."""
    said = said if isinstance(said, dict) else {}
    large = said.get("lfs")
    digest = (large.get("oid") or large.get("sha256")) if isinstance(large, dict) else None
    size = large.get("size", said.get("size")) if isinstance(large, dict) else said.get("size")
    return said.get("type"), said.get("path"), size, said.get("oid"), digest


def checked(entries: Iterable[tuple], where: str) -> dict[str, Listed]:
    """The files among entries as (kind, path, size, SHA-1 of git, SHA-256 or None).

    Raises
    ------
    UserError
        If a path could lead out of its folder or is there twice, or a size or digest is none.
    """
    found: dict[str, Listed] = {}
    folders: set[str] = set()
    for kind, path, size, git, sha256 in entries:
        if kind == "directory":
            continue
        _check_path(kind, path, where)
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= LARGEST_FILE:
            raise UserError(
                f"{where}: {path} has {answers.line(repr(size))} bytes; a file has at most "
                f"{LARGEST_FILE // 10**9} GB"
            )
        for digest, form in ((git, COMMIT), (sha256, SHA256)):
            if digest is not None and not (isinstance(digest, str) and form.fullmatch(digest)):
                raise UserError(
                    f"{where}: {path} has the checksum {answers.line(repr(digest))}, "
                    "which is none; "
                    "use another hub"
                )
        if git is None or path in found:
            what = "twice" if path in found else "without a checksum"
            raise UserError(f"{where}: {path} is listed {what}; use another hub")
        found[path] = Listed(size, git, sha256)
        folders.update(_above(path))
        if len(found) > MOST_FILES:
            raise UserError(f"{where}: more than {MOST_FILES} files; use another repository")
    for path in found.keys() & folders:
        raise UserError(f"{where}: {path} is listed as a file and as a folder; use another hub")
    return found


def _check_path(kind, path, where):
    if kind != "file" or not isinstance(path, str) or not path:
        raise UserError(
            f"{where}: the hub lists {answers.line(repr(path))} "
            f"of the kind {answers.line(repr(kind))}, "
            "which is no file; use another hub"
        )
    parts = path.split("/")
    try:
        longest = max(len(part.encode()) for part in parts)
    except UnicodeEncodeError:  # half a pair of UTF-16, which no file may be called
        raise UserError(f"{where}: path {path!a} is no text; rename it") from None
    if longest > LONGEST_NAME or len(path) > LONGEST_PATH:
        raise UserError(f"{where}: path {path[:60]!r}... is too long; rename it")
    check_relative(path, where)
    if (
        any(part.rstrip(". ").lower() in ("", ".git", "git~1") for part in parts)
        or not path.isprintable()
    ):
        raise UserError(
            f"{where}: path {answers.line(repr(path))} is none for a dataset; rename it"
        )


def _above(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
