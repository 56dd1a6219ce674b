"""The commit and the files of a dataset on a hub. Every answer of the hub is checked.

A name from a hub becomes a path on this machine, so each name is checked before anything is
written.
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
LONGEST_PATH, LONGEST_NAME = 1_000, 200  # bytes; file systems allow 255 per name


@dataclass(frozen=True)
class Listed:
    """A listed file: its size in bytes, SHA-1 of git, and for a large file its SHA-256."""

    size: int
    git: str
    sha256: str | None

    @property
    def content(self) -> Content:
        """The listed digest and size of the file."""
        if self.sha256 is None:
            return Content("git", self.git, self.size)
        return Content("sha256", self.sha256, self.size)


@dataclass(frozen=True)
class Hub:
    """A hub, a dataset there, and the token for requests.

    Attributes
    ----------
    endpoint, repository, revision : str
        Such as ``https://huggingface.co``, ``somebody/some_images``, ``main``.
    token : str or None
        Sent only to the endpoint.
    """

    endpoint: str
    repository: str
    revision: str
    token: str | None = None

    @property
    def name(self) -> str:
        """The dataset and its revision, for errors."""
        return f"{self.repository} at {self.revision}"

    def headers(self) -> dict[str, str]:
        """The headers of every request: the user agent, and the token if there is one."""
        token = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {"User-Agent": "transforms2d", **token}

    def address(self, commit: str, path: str) -> str:
        """The address of a file's content."""
        return f"{self.endpoint}/datasets/{self.repository}/resolve/{commit}/{quote(path)}"

    def commit(self, retry: bool = True) -> str:
        """The commit of the revision.

        Raises
        ------
        answers.Failure
            If the hub does not answer; the request is repeated only with ``retry``.
        UserError
            If the answer is not a commit.
        """
        if COMMIT.fullmatch(self.revision):
            return self.revision
        revision = quote(self.revision, safe="")
        url = f"{self._api()}/revision/{revision}"
        answer, _ = answers.with_retries(lambda: self._get(url), retry=retry)
        commit = answer.get("sha") if isinstance(answer, dict) else None
        if not isinstance(commit, str) or not COMMIT.fullmatch(commit):
            raise UserError(
                f"{self.name}: the hub gives the invalid commit {answers.line(repr(commit))}; "
                "use another hub"
            )
        return commit

    def files(self, commit: str, retry: bool = True) -> dict[str, Listed]:
        """The files of a commit by their paths.

        Raises
        ------
        answers.Failure
            If the hub does not answer.
        UserError
            If the list has files that are unsafe to store.
        """
        files = checked(self._entries(f"{self._api()}/tree/{commit}", retry), self.name)
        total = sum(file.size for file in files.values())
        if total > LARGEST_DATASET:
            raise UserError(
                f"{self.name}: the hub lists {total} bytes; a dataset of base images has at most "
                f"{LARGEST_DATASET // 10**9} GB"
            )
        return files

    def _api(self) -> str:
        return f"{self.endpoint}/api/datasets/{self.repository}"

    def _entries(self, url, retry) -> Iterator[tuple]:
        started, queries, query = time.monotonic(), set(), "recursive=True&expand=False"
        while query is not None:
            queries.add(query)
            page, headers = answers.with_retries(
                lambda query=query: self._get(f"{url}?{query}"), retry=retry
            )
            if not isinstance(page, list):
                raise UserError(
                    f"{answers.public_address(url)}: not a list of files; use another hub"
                )
            yield from map(_entry, page)
            query = _next_page(headers)
            late = time.monotonic() - started > LONGEST_LISTING
            if query is not None and (late or query in queries or len(queries) >= MOST_PAGES):
                raise UserError(
                    f"{self.name}: its list of files does not end after {len(queries)} pages; "
                    "use another hub"
                )

    def _get(self, url):
        data, headers = answers.read(url, largest=LARGEST_PAGE, headers=self.headers())
        try:
            return json.loads(data), headers
        except (ValueError, RecursionError):
            raise answers.Failure("the answer is not JSON") from None


def _next_page(headers) -> str | None:
    """The query of the next page, from a header such as ``<https://...?cursor=...>; rel="next"``.

    Only the query is used, so a header cannot change the server.
    """
    for link in headers.get_all("Link") or []:
        if match := re.search(r'<[^<>?]*\?([^<>#]*)>\s*;[^<>]*\brel="?next\b', link):
            return match[1]
    return None


def _entry(item) -> tuple:
    """(kind, path, size, SHA-1 of git, SHA-256 or None) of an entry in the hub's list."""
    item = item if isinstance(item, dict) else {}
    large = item.get("lfs")
    digest = (large.get("oid") or large.get("sha256")) if isinstance(large, dict) else None
    size = large.get("size", item.get("size")) if isinstance(large, dict) else item.get("size")
    return item.get("type"), item.get("path"), size, item.get("oid"), digest


def checked(entries: Iterable[tuple], where: str) -> dict[str, Listed]:
    """The files among entries of the form (kind, path, size, SHA-1 of git, SHA-256 or None).

    Raises
    ------
    UserError
        If a path could lead out of its folder or is repeated, or a size or digest is invalid.
    """
    files: dict[str, Listed] = {}
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
                    f"{where}: {path} has the invalid checksum {answers.line(repr(digest))}; "
                    "use another hub"
                )
        if git is None or path in files:
            what = "twice" if path in files else "without a checksum"
            raise UserError(f"{where}: {path} is listed {what}; use another hub")
        files[path] = Listed(size, git, sha256)
        folders.update(_above(path))
        if len(files) > MOST_FILES:
            raise UserError(f"{where}: more than {MOST_FILES} files; use another repository")
    for path in files.keys() & folders:
        raise UserError(f"{where}: {path} is listed as a file and as a folder; use another hub")
    return files


def _check_path(kind, path, where):
    if kind != "file" or not isinstance(path, str) or not path:
        raise UserError(
            f"{where}: the hub lists {answers.line(repr(path))} "
            f"of the kind {answers.line(repr(kind))}, "
            "which is not a file; use another hub"
        )
    parts = path.split("/")
    try:
        longest = max(len(part.encode()) for part in parts)
    except UnicodeEncodeError:  # half of a UTF-16 pair, which file names cannot contain
        raise UserError(f"{where}: path {path!a} is not text; rename it") from None
    if longest > LONGEST_NAME or len(path) > LONGEST_PATH:
        raise UserError(f"{where}: path {path[:60]!r}... is too long; rename it")
    check_relative(path, where)
    if (
        any(part.rstrip(". ").lower() in ("", ".git", "git~1") for part in parts)
        or not path.isprintable()
    ):
        raise UserError(
            f"{where}: path {answers.line(repr(path))} is not valid in a dataset; rename it"
        )


def _above(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
