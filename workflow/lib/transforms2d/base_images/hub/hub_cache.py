"""The cache of a hub's dataset, in the folders of the hub's own client.

``blobs/<digest>`` are contents, ``snapshots/<commit>/<path>`` are links to them,
``refs/<revision>`` contains a commit, and ``trees/<commit>.json`` lists its files. Any program can
write to the cache, so names are checked like those of a hub, and links must not leave the cache.
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

AT_ONCE = 8  # files; most of the time is waiting
FORM = 1  # the client's version of the list of files


class Cache:
    """The part of a cache that belongs to one dataset.

    Parameters
    ----------
    folder : path
        The cache of the hub's client for all datasets.
    repository : str
        Such as ``somebody/some_images``.
    """

    def __init__(self, folder, repository: str):
        whole = Path(folder).expanduser().resolve()
        self.folder = whole / f"datasets--{repository.replace('/', '--')}"
        self.inside = whole, self.folder.resolve()  # the owner may link to another disk

    def snapshot(self, commit: str) -> Path:
        """The folder of the files of a commit."""
        return self.folder / "snapshots" / commit

    def is_listed(self, commit: str) -> bool:
        """Whether the cache has the list of a commit's files, and can detect missing ones."""
        return self._list(commit).is_file()

    def _list(self, commit: str) -> Path:
        return self.folder / "trees" / f"{commit}.json"

    def commit(self, revision: str) -> str | None:
        """The commit of a revision at its last download, if the cache has it."""
        if COMMIT.fullmatch(revision):
            return revision
        path = self.folder / "refs" / revision
        if not path.is_file():
            return None
        with path.open("rb") as file:
            commit = file.read(100).decode("utf-8", "replace").strip()
        return commit if COMMIT.fullmatch(commit) else None

    def fill(self, hub: Hub, commit: str, files: dict[str, Listed]) -> None:
        """Fetch every missing or damaged file of a commit.

        Raises
        ------
        UserError
            If a file differs from its listed digest, or cannot be downloaded or written.
        """
        root, ref = self.snapshot(commit), self.folder / "refs" / hub.revision
        for folder in (self._list(commit).parent, self.folder / "blobs", ref.parent, root):
            self._check_inside(folder)
        missing = {
            p: file.content for p, file in files.items() if not self._is_right(root / p, file)
        }
        try:
            self._write_list(self._list(commit), _as_json(files))
            self._fetch(hub, commit, missing)
            for path, content in missing.items():
                self._link(root / path, content)
            if self.commit(hub.revision) != commit:
                with atomic_path(ref) as temporary:
                    temporary.write_text(commit, encoding="utf-8")
        except OSError as error:
            path = error.filename or self.folder
            raise UserError(
                f"{path}: cannot be written ({error.strerror or error}); make room, or correct "
                "the rights of its folder"
            ) from None

    def files(self, commit: str) -> dict[str, Content | None]:
        """The files of a snapshot, and the required content of each if it is known.

        Raises
        ------
        UserError
            If the list of files is damaged, or a link leads out of the cache.
        """
        path = self._list(commit)
        content = read_json(path) if path.is_file() else {}
        try:
            if content.get("format_version") != FORM:
                return self._unlisted_files(self.snapshot(commit))
            entries = [_entry(name, item) for name, item in content["files"].items()]
        except (KeyError, TypeError, AttributeError):
            raise UserError(f"{path}: not a list of files; delete it") from None
        return {name: file.content for name, file in checked(entries, str(path)).items()}

    def check(self, commit: str, files: dict[str, Content | None], where: str) -> None:
        """Refuse an incomplete snapshot, or one with other content. Nothing is removed.

        Raises
        ------
        UserError
            With the first missing files, or the path of a file with other content.
        """
        root = self.snapshot(commit)
        for path in files:
            self._check_inside(root / path)
        absent = [path for path in files if not (root / path).is_file()]
        if absent:
            some = ", ".join(absent[:3]) + (", ..." if absent[3:] else "")
            raise UserError(
                f"{where}: the cache has only a part of it: {len(absent)} file(s) are missing "
                f"({some}); fetch it once with a network"
            )
        for path, content in files.items():
            if content is not None and not content.is_in(root / path):
                raise UserError(
                    f"{root / path}: does not match its checksum; fetch it with a network"
                )

    def _unlisted_files(self, root: Path) -> dict[str, Content | None]:
        """The files of a snapshot without a list.

        The client names contents by the digests from the hub.
        """
        files = {}
        for folder, folders, names in os.walk(root):
            links = [name for name in folders if Path(folder, name).is_symlink()]
            for path in (Path(folder, name) for name in (*names, *links)):
                self._check_inside(path)
                digest = Path(path.readlink()).name if path.is_symlink() else ""
                form = "git" if COMMIT.fullmatch(digest) else "sha256"
                is_digest = path.is_file() and (form == "git" or SHA256.fullmatch(digest))
                content = Content(form, digest, path.stat().st_size) if is_digest else None
                files[path.relative_to(root).as_posix()] = content
        return files

    def _check_inside(self, path: Path) -> None:
        if not self._is_inside(path):
            raise UserError(f"{path}: a link that leads out of {self.inside[0]}; delete it")

    def _is_inside(self, path: Path) -> bool:
        if in_a_circle(path):
            return False
        resolved = path.resolve()
        return any(resolved.is_relative_to(folder) for folder in self.inside)

    def _is_right(self, path: Path, file: Listed) -> bool:
        return self._is_inside(path) and file.content.is_in(path)

    def _blob(self, content: Content) -> Path:
        return self.folder / "blobs" / content.digest

    def _fetch(self, hub: Hub, commit: str, missing: dict[str, Content]) -> None:
        """Fetch the missing contents, each once."""
        blobs = {self._blob(content): (path, content) for path, content in missing.items()}
        for blob, (_, content) in list(blobs.items()):
            if self._is_inside(blob) and content.is_in(blob):
                del blobs[blob]
        size, free = (sum(c.size for _, c in blobs.values()), shutil.disk_usage(self.folder).free)
        if size > free:
            raise UserError(f"{self.folder}: {size} bytes to fetch and {free} free; make room")
        stopped = threading.Event()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            downloads = [
                pool.submit(
                    *(download.save, hub.address(commit, path), blob, content),
                    headers=hub.headers(),
                    stopped=stopped,
                )
                for blob, (path, content) in blobs.items()
            ]
            try:
                for task in downloads:
                    task.result()
            except UserError as error:
                raise UserError(f"{hub.name}: could not be downloaded: {error}") from None
            finally:
                stopped.set()
                pool.shutdown(cancel_futures=True)

    def _link(self, path: Path, content: Content) -> None:
        self._check_inside(path.parent)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
        try:
            temporary.symlink_to(os.path.relpath(self._blob(content), path.parent))
        except OSError:  # a file system without links
            shutil.copyfile(self._blob(content), temporary)
        temporary.replace(path)

    def _write_list(self, path: Path, content: dict) -> None:
        try:
            if path.is_file() and read_json(path) == content:
                return
        except UserError:
            pass  # damaged: write it again
        write_json(path, content)


def _as_json(files: dict[str, Listed]) -> dict:
    """The list of files in the client's format."""
    items = {}
    for path, file in files.items():
        large = {"lfs_sha256": file.sha256, "lfs_size": file.size} if file.sha256 else {}
        items[path] = {"size": file.size, "blob_id": file.git, **large}
    return {"format_version": FORM, "files": items}


def _entry(path, item) -> tuple:
    return "file", path, item["size"], item["blob_id"], item.get("lfs_sha256")
