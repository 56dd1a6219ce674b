"""Files that appear whole or not at all, and that notice when they were damaged."""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path

from transforms2d.errors import DamagedFileError, UserError


@contextmanager
def atomic_path(path):
    """Give a temporary path beside ``path``; on success it is synced and renamed to ``path``.

    On any error the temporary file is removed and nothing appears under the final name.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp{path.suffix}")
    try:
        yield temporary
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path, value) -> None:
    """Write plain values as sorted, indented JSON, atomically; NaN is refused."""
    text = json.dumps(value, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False)
    with atomic_path(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def read_json(path):
    """Read a JSON file of ours; a broken one is named in the error."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; ask the workflow to make it") from None
    except ValueError as error:
        raise _damaged(path, f"not readable as JSON ({error})") from None


def write_tensors(path, tensors: Mapping, metadata: Mapping | None = None) -> None:
    """Write named tensors and plain metadata as one self-verifying safetensors file, atomically.

    The same content gives the same bytes: names are sorted and the manifest is one JSON string
    (safetensors keeps several metadata keys in no fixed order). The manifest holds the metadata,
    the number of rows and a SHA-256 over names, types, shapes, bytes and metadata.

    Parameters
    ----------
    tensors : mapping of str to torch.Tensor
    metadata : mapping of str to plain JSON values
    """
    from safetensors.torch import save_file

    tensors = {name: tensors[name].detach().cpu().contiguous() for name in sorted(tensors)}
    metadata = dict(metadata or {})
    manifest = {
        "metadata": metadata,
        "rows": {name: (t.shape[0] if t.ndim else 1) for name, t in tensors.items()},
        "sha256": _digest(tensors, metadata),
    }
    text = json.dumps(manifest, sort_keys=True, allow_nan=False)
    with atomic_path(path) as temporary:
        save_file(tensors, str(temporary), metadata={"manifest": text})


def read_tensors(path) -> tuple[dict, dict]:
    """Read what ``write_tensors`` wrote; return (tensors by name, metadata).

    Raises
    ------
    DamagedFileError
        If the file is missing, cut short, or any of its content changed.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such file; ask the workflow to make it")
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            if "manifest" not in header:
                raise _damaged(path, "it has no manifest")
            manifest = json.loads(header["manifest"])
            tensors = {name: file.get_tensor(name) for name in sorted(file.keys())}
        metadata, expected = manifest["metadata"], manifest["sha256"]
    except (SafetensorError, ValueError, KeyError, TypeError, OSError, RuntimeError) as error:
        if isinstance(error, UserError):
            raise
        raise _damaged(path, f"not readable as safetensors ({type(error).__name__})") from None
    rows = {name: (t.shape[0] if t.ndim else 1) for name, t in tensors.items()}
    if _digest(tensors, metadata) != expected or rows != manifest.get("rows"):
        raise _damaged(path, "its content does not match its SHA-256")
    return tensors, metadata


def _digest(tensors: Mapping, metadata: Mapping) -> str:
    import torch

    digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for name, tensor in tensors.items():
        digest.update(f"{name}:{tensor.dtype}:{tuple(tensor.shape)};".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def _damaged(path, what: str) -> DamagedFileError:
    return DamagedFileError(f"{path}: damaged: {what}; delete it and run the workflow again")
