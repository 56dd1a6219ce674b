"""Files of JSON and of tensors that detect damage."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from transforms2d.errors import DamagedFileError, UserError
from transforms2d.files.atomic import atomic_path

# Placeholder for the digest while the digest is computed.
UNSIGNED = "0" * 64
MISSING = "missing"
SHOWN = 60  # characters of a value in an error
LARGEST_JSON = 500_000_000  # bytes; a list of a million images has 200 MB
LARGEST_HEADER = 100_000_000  # bytes; the limit of the safetensors format


def write_json(path, value) -> None:
    """Write plain values as sorted, indented JSON, atomically; NaN is refused."""
    text = json.dumps(value, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False)
    with atomic_path(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def read_json(path):
    """Read a JSON file of this project; errors name the file."""
    if (file := Path(path)).exists() and not (file.is_file() or file.is_dir()):
        raise UserError(f"{path}: a pipe or device, not a file; give a file")
    try:
        if file.is_file() and file.stat().st_size > LARGEST_JSON:
            raise ValueError(f"more than {LARGEST_JSON} bytes")
        text = file.read_text(encoding="utf-8")
        return json.loads(text, object_pairs_hook=_unique_keys)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; make it with the workflow") from None
    except IsADirectoryError:
        raise UserError(f"{path}: a folder, not a file; give a file") from None
    except ValueError as error:
        raise _damaged(path, f"not readable as JSON ({error})") from None
    except RecursionError:
        raise _damaged(path, "not readable as JSON (nested too deeply)") from None


def _unique_keys(pairs: list[tuple]) -> dict:
    """A mapping without repeated keys: a digest of the mapping covers only the last of them."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key occurs twice")
    return value


def write_signed_json(path, value: Mapping) -> None:
    """Write a mapping as ``write_json`` does, with the SHA-256 of its content as another key."""
    plain = json.loads(json.dumps(value))  # same form as when read: text keys, lists for tuples
    write_json(path, {**plain, "sha256": _signature(plain)})


def read_signed_json(path) -> dict:
    """Read a file of ``write_signed_json``, without its SHA-256.

    Raises
    ------
    DamagedFileError
        If the file was truncated, or a value in it was changed.
    UserError
        If the file is missing.
    """
    value = read_json(path)
    if not isinstance(value, dict) or "sha256" not in value:
        raise _damaged(path, "it has no SHA-256 of its content")
    if value.pop("sha256") != _signature(value):
        raise _damaged(path, "its content does not match its SHA-256")
    return value


def check_same(path, actual, expected: Mapping) -> None:
    """Refuse an intact file that was made with other values than expected.

    Parameters
    ----------
    path : path
        The file's name in the error.
    actual, expected : plain JSON values
        The values in the file (None if it has none), and the required ones. Additional keys are
        allowed at the top level only.

    Raises
    ------
    UserError
        With the key of the first value that differs.
    """
    expected = json.loads(json.dumps(expected))  # same form as when read: text keys, lists
    actual = actual if isinstance(actual, Mapping) else {}
    difference = _difference({key: actual[key] for key in expected if key in actual}, expected)
    if difference:
        key, actual_text, expected_text = difference
        raise UserError(
            f"{path}: made for something else: {key} is {actual_text}, not {expected_text}; "
            "delete it and run the workflow again"
        )


def _difference(actual, expected, key: str = "") -> tuple[str, str, str] | None:
    """The first dotted key in which two values differ, and both values as short texts."""
    if actual == expected:
        return None
    if isinstance(actual, dict) and isinstance(expected, dict):
        for inner in [*expected, *actual]:
            pair = actual.get(inner, MISSING), expected.get(inner, MISSING)
            if difference := _difference(*pair, f"{key}.{inner}".removeprefix(".")):
                return difference
    texts = (json.dumps(value) if value is not MISSING else value for value in (actual, expected))
    return key, *(text if len(text) <= SHOWN else f"{text[:SHOWN]}..." for text in texts)


def _signature(value: Mapping) -> str:
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def write_tensors(path, tensors: Mapping, metadata: Mapping | None = None) -> None:
    """Write named tensors and plain metadata as one self-verifying safetensors file, atomically.

    The same content gives the same bytes: names are sorted, and the manifest is one JSON string
    (safetensors has no fixed order of several metadata keys). The manifest contains the metadata,
    the number of rows of each tensor, and the SHA-256 of the whole file, computed with zeros in the
    place of the digest.

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
    """SHA-256 in hex of named tensors with their types and shapes, and of additional texts."""
    shapes = {name: [str(tensor.dtype), *tensor.shape] for name, tensor in tensors.items()}
    total = hashlib.sha256(json.dumps([shapes, texts], sort_keys=True).encode())
    for name in sorted(tensors):
        total.update(tensors[name].detach().cpu().contiguous().numpy().data)
    return total.hexdigest()


def read_tensors(path) -> tuple[dict, dict]:
    """Read a file of ``write_tensors``; return (tensors by name, metadata).

    Raises
    ------
    DamagedFileError
        If the file was truncated or any of its bytes was changed.
    UserError
        If the file is missing.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such file; make it with the workflow")
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
        # Copy each tensor, so that it starts on a cache line: the rounding of matrix products
        # depends on the alignment of the factors, and tensors in a file have any alignment.
        tensors = {name: tensor.clone() for name, tensor in load_file(path).items()}
        return tensors, manifest["metadata"]
    except (
        *(SafetensorError, ValueError, KeyError, TypeError, AttributeError, RecursionError),
    ) as error:
        if isinstance(error, UserError):
            raise
        raise _damaged(path, f"not readable as safetensors ({type(error).__name__})") from None


def read_metadata(path) -> dict:
    """The metadata in a file of ``write_tensors``; the tensors and the digest are not checked.

    Errors are those of ``read_tensors``.
    """
    try:
        with Path(path).open("rb") as file:
            manifest = json.loads(json.loads(_header(file)[8:])["__metadata__"]["manifest"])
        return dict(manifest["metadata"])
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; make it with the workflow") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(path, f"not readable as safetensors ({type(error).__name__})") from None


def _header(file) -> bytes:
    """The length and the JSON at the start of a safetensors file."""
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
