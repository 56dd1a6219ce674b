"""JSON and tensors that notice when they were damaged."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from transforms2d.errors import DamagedFileError, UserError
from transforms2d.files.atomic import atomic_path

# What stands where the digest goes while the digest is computed.
UNSIGNED = "0" * 64
MISSING = "missing"
SHOWN = 60  # characters of a value in an error
LARGEST_JSON = 500_000_000  # bytes; the list of a million images has 200 MB
LARGEST_HEADER = 100_000_000  # bytes; the format of safetensors allows no more


def write_json(path, value) -> None:
    """Write plain values as sorted, indented JSON, atomically; NaN is refused."""
    text = json.dumps(value, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False)
    with atomic_path(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def read_json(path):
    """Read a JSON file of ours; a broken one is named in the error."""
    if (place := Path(path)).exists() and not (place.is_file() or place.is_dir()):
        raise UserError(f"{path}: a pipe or device, not a file; name the file")
    try:
        if place.is_file() and place.stat().st_size > LARGEST_JSON:
            raise ValueError(f"more than {LARGEST_JSON} bytes")
        text = place.read_text(encoding="utf-8")
        return json.loads(text, object_pairs_hook=_each_key_once)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; ask the workflow to make it") from None
    except IsADirectoryError:
        raise UserError(f"{path}: a folder, not a file; name the file") from None
    except ValueError as error:
        raise _damaged(path, f"not readable as JSON ({error})") from None
    except RecursionError:
        raise _damaged(path, "not readable as JSON (nested too deeply)") from None


def _each_key_once(pairs: list[tuple]) -> dict:
    """A mapping; of a key that is there twice, no digest of the mapping would show the first."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key is there twice")
    return value


def write_signed_json(path, value: Mapping) -> None:
    """Write a mapping as ``write_json``, with the SHA-256 of its content as a key of its own."""
    plain = json.loads(json.dumps(value))  # as it will be read: keys are texts, tuples are lists
    write_json(path, {**plain, "sha256": _signature(plain)})


def read_signed_json(path) -> dict:
    """Read what ``write_signed_json`` wrote, without its SHA-256.

    Raises
    ------
    DamagedFileError
        If the file was cut short, or a value in it is not the one that was written.
    UserError
        If there is no such file.
    """
    value = read_json(path)
    if not isinstance(value, dict) or "sha256" not in value:
        raise _damaged(path, "it has no SHA-256 of its content")
    if value.pop("sha256") != _signature(value):
        raise _damaged(path, "its content does not match its SHA-256")
    return value


def check_same(path, found, wanted: Mapping) -> None:
    """Refuse an intact file that was made for something else than what is asked for.

    Parameters
    ----------
    path : path
        Named in the error.
    found, wanted : plain JSON values
        What the file says it is of, None where it does not say, and what it has to say; keys that
        are not wanted are left alone at the top, and nowhere else.

    Raises
    ------
    UserError
        With the first value that differs, by its key.
    """
    wanted = json.loads(json.dumps(wanted))  # as it is read: keys are texts, tuples are lists
    found = found if isinstance(found, Mapping) else {}
    difference = _difference({key: found[key] for key in wanted if key in found}, wanted)
    if difference:
        key, is_, not_ = difference
        raise UserError(
            f"{path}: made for something else: {key} is {is_}, not {not_}; "
            "delete it and run the workflow again"
        )


def _difference(found, wanted, key: str = "") -> tuple[str, str, str] | None:
    """The first key, dotted, in which two values differ, and both values there, shortened."""
    if found == wanted:
        return None
    if isinstance(found, dict) and isinstance(wanted, dict):
        for inner in [*wanted, *found]:
            pair = found.get(inner, MISSING), wanted.get(inner, MISSING)
            if difference := _difference(*pair, f"{key}.{inner}".removeprefix(".")):
                return difference
    shown = (json.dumps(value) if value is not MISSING else value for value in (found, wanted))
    return key, *(text if len(text) <= SHOWN else f"{text[:SHOWN]}..." for text in shown)


def _signature(value: Mapping) -> str:
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def write_tensors(path, tensors: Mapping, metadata: Mapping | None = None) -> None:
    """Write named tensors and plain metadata as one self-verifying safetensors file, atomically.

    The same content gives the same bytes: names are sorted and the manifest is one JSON string
    (safetensors keeps several metadata keys in no fixed order). The manifest holds the metadata,
    the number of rows of each tensor, and the SHA-256 of the whole file as it was before the
    digest took the place of as many zeros.

    Parameters
    ----------
    tensors : mapping of str to torch.Tensor
    metadata : mapping of str to plain JSON values
    """
    from safetensors.torch import save

    tensors = {name: tensors[name].detach().cpu().contiguous() for name in sorted(tensors)}
    rows = {name: (tensor.shape[0] if tensor.ndim else 1) for name, tensor in tensors.items()}
    manifest = {"metadata": dict(metadata or {}), "rows": rows, "sha256": UNSIGNED}
    text = json.dumps(manifest, sort_keys=True, allow_nan=False)
    content = memoryview(save(tensors, metadata={"manifest": text}))
    header = bytes(content[: 8 + int.from_bytes(content[:8], "little")])
    place = header.rindex(UNSIGNED.encode())
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        file.write(content[:place])
        file.write(hashlib.sha256(content).hexdigest().encode())
        file.write(content[place + len(UNSIGNED) :])


def digest(tensors: Mapping, *texts: str) -> str:
    """SHA-256 in hex of named tensors, their types and shapes, and of texts that belong to them."""
    shapes = {name: [str(each.dtype), *each.shape] for name, each in tensors.items()}
    found = hashlib.sha256(json.dumps([shapes, texts], sort_keys=True).encode())
    for name in sorted(tensors):
        found.update(tensors[name].detach().cpu().contiguous().numpy().data)
    return found.hexdigest()


def read_tensors(path) -> tuple[dict, dict]:
    """Read what ``write_tensors`` wrote; return (tensors by name, metadata).

    Raises
    ------
    DamagedFileError
        If the file was cut short or any of its bytes changed.
    UserError
        If there is no such file.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such file; ask the workflow to make it")
    try:
        with path.open("rb") as file:
            header = _header(file)
            manifest = json.loads(json.loads(header[8:])["__metadata__"]["manifest"])
            expected = manifest["sha256"].encode()
            place = header.rindex(expected)
            zeros = UNSIGNED.encode()
            unsigned = header[:place] + zeros + header[place + len(zeros) :]
            intact = len(expected) == len(zeros) and _digest(file, unsigned).encode() == expected
        if not intact:
            raise _damaged(path, "its content does not match its SHA-256")
        # Copies begin on a cache line: how a product of matrices is rounded depends on where its
        # factors lie, and a file's tensors lie anywhere.
        tensors = {name: tensor.clone() for name, tensor in load_file(path).items()}
        return tensors, manifest["metadata"]
    except (
        *(SafetensorError, ValueError, KeyError, TypeError, AttributeError, RecursionError),
    ) as error:
        if isinstance(error, UserError):
            raise
        raise _damaged(path, f"not readable as safetensors ({type(error).__name__})") from None


def read_metadata(path) -> dict:
    """The metadata of what ``write_tensors`` wrote; the tensors are not read, nor their digest.

    Errors are those of ``read_tensors``.
    """
    try:
        with Path(path).open("rb") as file:
            manifest = json.loads(json.loads(_header(file)[8:])["__metadata__"]["manifest"])
        return dict(manifest["metadata"])
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; ask the workflow to make it") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(path, f"not readable as safetensors ({type(error).__name__})") from None


def _header(file) -> bytes:
    """The length and the JSON that start a safetensors file."""
    file.seek(0)
    start = file.read(8)
    size = int.from_bytes(start, "little")
    left = os.fstat(file.fileno()).st_size - len(start)
    if len(start) < 8 or size > left:
        raise ValueError("the header is longer than the file")
    if size > LARGEST_HEADER:
        raise ValueError("the header is longer than the format allows")
    return start + file.read(size)


def _digest(file, header: bytes) -> str:
    digest = hashlib.sha256(header)
    file.seek(len(header))
    while block := file.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


def _damaged(path, what: str) -> DamagedFileError:
    return DamagedFileError(f"{path}: damaged: {what}; delete it and run the workflow again")
