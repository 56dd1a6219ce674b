"""What is kept of a dataset of the hub, in the folders that the hub's own client uses.

``blobs/<digest>`` holds contents, ``snapshots/<commit>/<path>`` links to them,
``refs/<revision>`` names a commit and ``trees/<commit>.json`` lists its files. Whoever writes to
the cache could put anything there: names are checked as a hub's are, links may not leave it.
"""

import os
import secrets
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from transforms2d.base_images.hub.hub import COMMIT, SHA256, Hub, Listed, checked
from transforms2d.errors import UserError
from transforms2d.files.atomic import atomic_path
from transforms2d.files.signed import read_json, write_json
from transforms2d.image_files.reading import in_a_circle
from transforms2d.web import download
from transforms2d.web.download import Content

AT_ONCE = 8  # files; each is mostly waited for
FORM = 1  # of the list of files, as the client numbers it


class Cache:
    """The part of a cache that is of one dataset.

    Parameters
    ----------
    folder : path
        The cache of the hub's client, of all datasets.
    repository : str
        As ``somebody/some_images``.
    """

    def __init__(self, folder, repository: str):
        all_of_it = Path(folder).expanduser().resolve()
        self.folder = all_of_it / f"datasets--{repository.replace('/', '--')}"
        self.inside = all_of_it, self.folder.resolve()  # a link to another disk is the owner's

    def snapshot(self, commit: str) -> Path:
        """The folder of the files of a commit."""
        return self.folder / "snapshots" / commit

    def is_listed(self, commit: str) -> bool:
        """Whether the cache knows which files a commit has, so that a part is told from all."""
        return self._list(commit).is_file()

    def _list(self, commit: str) -> Path:
        return self.folder / "trees" / f"{commit}.json"

    def commit(self, revision: str) -> str | None:
        """The commit that a revision was when it was fetched, if the cache knows it."""
        if COMMIT.fullmatch(revision):
            return revision
        path = self.folder / "refs" / revision
        if not path.is_file():
            return None
        with path.open("rb") as file:
            commit = file.read(100).decode("utf-8", "replace").strip()
        return commit if COMMIT.fullmatch(commit) else None

    def fill(self, hub: Hub, commit: str, files: dict[str, Listed]) -> None:
        """Fetch every file of a commit that is not there, or is damaged.

        Raises
        ------
        UserError
            If one cannot be had as it is listed, or kept.
        """
        root, named = self.snapshot(commit), self.folder / "refs" / hub.revision
        for folder in (self._list(commit).parent, self.folder / "blobs", named.parent, root):
            self._check_inside(folder)
        missing = {p: file.content for p, file in files.items() if not self._right(root / p, file)}
        try:
            self._keep(self._list(commit), _listed(files))
            self._fetch(hub, commit, missing)
            for path, content in missing.items():
                self._link(root / path, content)
            if self.commit(hub.revision) != commit:
                with atomic_path(named) as temporary:
                    temporary.write_text(commit, encoding="utf-8")
        except OSError as error:
            place = error.filename or self.folder
            raise UserError(
                f"{place}: cannot be written ({error.strerror or error}); make room, or correct "
                "the rights of its folder"
            ) from None

    def files(self, commit: str) -> dict[str, Content | None]:
        """The files that make up a snapshot, and what each must hold, where that is known.

        Raises
        ------
        UserError
            If the list of them is damaged, or a link among them leads out of the cache.
        """
        path = self._list(commit)
        kept = read_json(path) if path.is_file() else {}
        try:
            if kept.get("format_version") != FORM:
                return self._found(self.snapshot(commit))
            entries = [_entry(name, said) for name, said in kept["files"].items()]
        except (KeyError, TypeError, AttributeError):
            raise UserError(f"{path}: not a list of files; delete it") from None
        return {name: file.content for name, file in checked(entries, str(path)).items()}

    def check(self, commit: str, files: dict[str, Content | None], where: str) -> None:
        """Refuse a snapshot that is not whole, or holds something else than it must.

        Raises
        ------
        UserError
            Nothing is removed.
        """
        root = self.snapshot(commit)
        for path in files:
            self._check_inside(root / path)
        absent = [path for path in files if not (root / path).is_file()]
        if absent:
            some = ", ".join(absent[:3]) + (", ..." if absent[3:] else "")
            raise UserError(
                f"{where}: the cache holds a part of it: {len(absent)} file(s) are missing "
                f"({some}); fetch it once with a network"
            )
        for path, content in files.items():
            if content is not None and not content.is_in(root / path):
                raise UserError(
                    f"{root / path}: does not match its checksum; fetch it with a network"
                )

    def _found(self, root: Path) -> dict[str, Content | None]:
        """The files of a snapshot of which no list was kept.

        The client names contents by the digests that the hub announced.
        """
        found = {}
        for folder, folders, names in os.walk(root):
            links = [name for name in folders if Path(folder, name).is_symlink()]
            for path in (Path(folder, name) for name in (*names, *links)):
                self._check_inside(path)
                digest = Path(path.readlink()).name if path.is_symlink() else ""
                form = "git" if COMMIT.fullmatch(digest) else "sha256"
                known = path.is_file() and (form == "git" or SHA256.fullmatch(digest))
                content = Content(form, digest, path.stat().st_size) if known else None
                found[path.relative_to(root).as_posix()] = content
        return found

    def _check_inside(self, path: Path) -> None:
        if not self._is_inside(path):
            raise UserError(f"{path}: a link that leads out of {self.inside[0]}; delete it")

    def _is_inside(self, path: Path) -> bool:
        if in_a_circle(path):
            return False
        found = path.resolve()
        return any(found.is_relative_to(folder) for folder in self.inside)

    def _right(self, path: Path, file: Listed) -> bool:
        return self._is_inside(path) and file.content.is_in(path)

    def _blob(self, content: Content) -> Path:
        return self.folder / "blobs" / content.digest

    def _fetch(self, hub: Hub, commit: str, missing: dict[str, Content]) -> None:
        """Fetch the contents that are not there, each once."""
        wanted = {self._blob(content): (path, content) for path, content in missing.items()}
        for blob, (_, content) in list(wanted.items()):
            if self._is_inside(blob) and content.is_in(blob):
                del wanted[blob]
        size, free = (sum(c.size for _, c in wanted.values()), shutil.disk_usage(self.folder).free)
        if size > free:
            raise UserError(f"{self.folder}: {size} bytes to fetch and {free} free; make room")
        stopped = threading.Event()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            fetched = [
                pool.submit(
                    *(download.save, hub.address(commit, path), blob, content),
                    headers=hub.headers(),
                    stopped=stopped,
                )
                for blob, (path, content) in wanted.items()
            ]
            try:
                for one in fetched:
                    one.result()
            except UserError as error:
                raise UserError(f"{hub.name}: not to be had: {error}") from None
            finally:
                stopped.set()
                pool.shutdown(cancel_futures=True)

    def _link(self, place: Path, content: Content) -> None:
        self._check_inside(place.parent)
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = place.with_name(f".{secrets.token_hex(8)}.tmp")
        try:
            temporary.symlink_to(os.path.relpath(self._blob(content), place.parent))
        except OSError:  # a file system without links
            shutil.copyfile(self._blob(content), temporary)
        temporary.replace(place)

    def _keep(self, path: Path, listed: dict) -> None:
        try:
            if path.is_file() and read_json(path) == listed:
                return
        except UserError:
            pass  # damaged, and written again
        write_json(path, listed)


def _listed(files: dict[str, Listed]) -> dict:
    """The list of files as the client keeps it."""
    listed = {}
    for path, file in files.items():
        large = {"lfs_sha256": file.sha256, "lfs_size": file.size} if file.sha256 else {}
        listed[path] = {"size": file.size, "blob_id": file.git, **large}
    return {"format_version": FORM, "files": listed}


def _entry(path, said) -> tuple:
    return "file", path, said["size"], said["blob_id"], said.get("lfs_sha256")
