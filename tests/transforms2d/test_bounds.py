"""Files that strangers wrote, small and meant to fill the memory or to take for ever."""

import gzip
import io
import json
import os
import pickle
import struct
import tarfile
import tracemalloc
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import safetensors.torch  # noqa: F401  # before memory is measured
from support.hub_layouts import image_bytes
from support.image_files import write

from transforms2d.base_images import layouts
from transforms2d.base_images.hub import hub_card, parquet
from transforms2d.errors import UserError
from transforms2d.files.signed import read_json, read_tensors
from transforms2d.natural_images import cifar
from transforms2d.natural_images.unpickle import loads


@pytest.fixture(autouse=True)
def bounded():
    """Python takes little memory in each test."""
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300_000_000


def refused(call, *parts):
    with pytest.raises(UserError) as caught:
        call()
    message = str(caught.value)
    assert message.isprintable() and len(message) < 1000
    for part in parts:
        assert part in message


# -- cards ----------------------------------------------------------------------------------------


def laughs(depth: int, width: int, first: str = "ha") -> str:
    """A text that grows to width ** depth values when its aliases are put in."""
    lines = [f"l0: &l0 [{', '.join([first] * width)}]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * width)}]" for n in range(1, depth)]
    return "\n".join(lines)


HEADS = {
    "aliases in lists": laughs(9, 10),
    "aliases in what is read": f"{laughs(9, 10)}\nconfigs:\n- config_name: *l8\n",
    "aliases of a long text": f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 100)}]",
    "merged mappings": "a0: &a0 {x: y}\n"
    + "\n".join(f"a{n}: &a{n}\n  <<: [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)),
    "an alias of itself": "a: &a [*a]",
    "a mapping of itself": "a: &a {b: *a}",
    "an alias of nothing": "a: *b",
    "lists in lists": "[" * 50_000,
    "mappings in mappings": "{a: " * 50_000,
    "dashes": "- " * 50_000 + "a",
    "a number in sixties": "a: 1" + ":1" * 100_000,
    "a long number": "a: 0x" + "f" * 200_000,
    "a long number of ten": "a: " + "9" * 200_000,
    "a call": "a: !!python/object/apply:os.system ['true']",
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_heads_of_cards_that_grow(tmp_path, head):
    path = tmp_path / "README.md"
    path.write_text(f"---\n{head}\n---\n")
    refused(lambda: hub_card.read(path), str(path), "the card's head is not readable")


def test_a_card_that_is_too_large(tmp_path):
    path = tmp_path / "README.md"
    path.write_text("---\nlicense: mit\n---\n" + "x" * hub_card.LARGEST_CARD)
    refused(lambda: hub_card.read(path), "a card has at most 1000000 bytes")


def test_a_card_of_many_classes_is_read(tmp_path):
    names = "".join(f"\n          '{k}': a class called {k}" for k in range(2000))
    text = "dataset_info:\n  features:\n  - name: label\n    dtype:\n      class_label:\n"
    text += f"        names:{names}"
    (tmp_path / "README.md").write_text(f"---\nx: &x [1, 2]\ny: *x\n{text}\n---\nmore")
    head = hub_card.read(tmp_path / "README.md")
    assert len(hub_card.label_names(head, "foregrounds")) == 2000
    assert head["y"] == [1, 2]


def block(paths):
    return {"configs": [{"config_name": "backgrounds", "data_files": [{"path": paths}]}]}


@pytest.mark.parametrize(
    "pattern",
    ["**/" * 300 + "b", "*a" * 100 + "b", "/".join(["**", "*a*a*a*a*b"] * 40), "[a-z]*" * 90 + "!"],
)
def test_patterns_that_would_take_for_ever(pattern):
    files = ["/".join(["a" * 90] * 9) + f"/{n}" for n in range(20)]
    refused(
        lambda: hub_card.files_of(block([pattern]), "backgrounds", files, "x"), "no file matches"
    )


@pytest.mark.parametrize(
    ("pattern", "covered"),
    [
        ("**", ["a/b/c.jpg", "a/d.jpg", "e.jpg"]),
        ("a", ["a/b/c.jpg", "a/d.jpg"]),
        ("a/", ["a/b/c.jpg", "a/d.jpg"]),
        ("a/**", ["a/b/c.jpg", "a/d.jpg"]),
        ("a/*", ["a/b/c.jpg", "a/d.jpg"]),  # a folder that is covered covers what is in it
        ("a/*.jpg", ["a/d.jpg"]),
        ("**/c.jpg", ["a/b/c.jpg"]),
        ("**/*.jpg", ["a/b/c.jpg", "a/d.jpg", "e.jpg"]),
        ("?.jpg", ["e.jpg"]),
        ("[d-f].jpg", ["e.jpg"]),
        ("*", ["a/b/c.jpg", "a/d.jpg", "e.jpg"]),
        ("./e.jpg", ["e.jpg"]),
    ],
)
def test_what_patterns_cover(pattern, covered):
    files = ["a/b/c.jpg", "a/d.jpg", "e.jpg"]
    assert hub_card.files_of(block([pattern]), "backgrounds", files, "x") == covered


def test_more_patterns_than_any_card_has():
    refused(
        lambda: hub_card.files_of(block(["a"] * 1001), "backgrounds", ["a"], "x"), "more than 1000"
    )


# -- parquet --------------------------------------------------------------------------------------


def read(path):
    return list(parquet.rows(path))


def test_a_row_that_unpacks_to_much(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "LEAST", 1_000_000)
    path = tmp_path / "x.parquet"
    pq.write_table(
        pa.table({"image": [{"bytes": bytes(9_000_000), "path": ""}]}), path, compression="zstd"
    )
    before = pa.total_allocated_bytes()
    for call in (lambda: read(path), lambda: parquet.reader(path)):
        refused(call, str(path), "unpacks to", "10 times its size")
    assert pa.total_allocated_bytes() - before < 1_000_000


def test_a_label_that_unpacks_to_much(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "LEAST", 1_000_000)
    path = tmp_path / "x.parquet"
    made = pa.table({"image": [image_bytes(0)], "label": ["x" * 9_000_000]})
    pq.write_table(made, path, compression="zstd")
    refused(lambda: read(path), "unpacks to")


def test_one_image_that_is_there_often(tmp_path, monkeypatch):
    """A dictionary holds it once."""
    monkeypatch.setattr(parquet, "LARGEST_TOTAL", 100_000_000)
    image = np.random.default_rng(0).bytes(5_000_000)
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 90_000, pa.int32()), [image])
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"image": column}), path)
    assert path.stat().st_size < 6_000_000
    for call in (lambda: read(path), lambda: parquet.reader(path)):
        refused(call, str(path), "105000000 with those before it")


def test_an_image_that_is_too_large(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "LARGEST", 1000)
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"image": [image_bytes(0)]}), path)
    refused(lambda: read(path), "row 0: an image of")


def test_more_rows_than_any_dataset_has(tmp_path):
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"image": pa.nulls(100_001, pa.binary())}), path)
    refused(lambda: read(path), "100001 rows")


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("image", pa.array([[b"x"] * 1_000_000])),
        ("image", pa.array([{"bytes": [b"x"] * 1_000_000}])),
        ("image", pa.array([{"a": 1}])),
        ("label", pa.array([[0] * 1_000_000])),
        ("label", pa.array([{"a": 1}])),
        ("label", pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int8()))),
    ],
)
def test_columns_of_any_length(tmp_path, column, values):
    columns = {"image": pa.array([image_bytes(0)]), "label": pa.array([0]), column: values}
    pq.write_table(pa.table(columns), tmp_path / "x.parquet")
    refused(lambda: read(tmp_path / "x.parquet"), f"column '{column}", "is of the type")


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_the_usual_columns_are_read(tmp_path, kind):
    images = [image_bytes(k) for k in range(3)]
    labels = pa.array(["b", "a", "b"]).dictionary_encode()
    for column in (pa.array(images, kind), [{"bytes": data, "path": "x"} for data in images]):
        pq.write_table(pa.table({"image": column, "label": labels}), tmp_path / "x.parquet")
        assert read(tmp_path / "x.parquet") == list(zip("bab", images, strict=True))
        assert parquet.reader(tmp_path / "x.parquet")(2) == images[2]


def test_a_note_of_classes_that_is_too_large_or_deep(tmp_path):
    for note in (b"[" * 100_000, b'{"info":' * 50_000, b'"' + b"x" * 11_000_000 + b'"'):
        made = pa.table({"image": [b"x"]}).replace_schema_metadata({"huggingface": note})
        pq.write_table(made, tmp_path / "x.parquet")
        assert parquet.label_names(tmp_path / "x.parquet") is None


# -- archives and metadata ------------------------------------------------------------------------


def listed(root, *files):
    return list(layouts.items(root, list(files), None, labelled=True))


def test_an_archive_of_many_members(tmp_path, monkeypatch):
    monkeypatch.setattr(layouts, "MOST_MEMBERS", 50)
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as made:
        for n in range(51):
            made.writestr(f"a/{n}.txt", b"")
    refused(lambda: listed(tmp_path, "x.zip"), str(tmp_path / "x.zip"), "51 members")


def test_an_archive_whose_members_unpack_to_much(tmp_path):
    """Each is as large as an image may be, and there are many."""
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for n in range(3):
            made.writestr(f"a/{n}.png", bytes(60_000_000))
    data = (tmp_path / "x.zip").read_bytes()
    claims = data.replace((60_000_000).to_bytes(4, "little"), (4_000_000_000).to_bytes(4, "little"))
    (tmp_path / "x.zip").write_bytes(claims * 1)
    refused(lambda: listed(tmp_path, "x.zip"), "4000000000 bytes; an image file has at most")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layouts, "LARGEST_ARCHIVE", 10_000_000_000)
        refused(lambda: listed(tmp_path, "x.zip"), "3 members of 12000000000 bytes")


@pytest.mark.parametrize("name", ["metadata.csv", "metadata.jsonl"])
def test_metadata_that_is_too_large(tmp_path, monkeypatch, name):
    monkeypatch.setattr(layouts, "LARGEST_METADATA", 1000)
    write(tmp_path, "fg/a.png")
    write(tmp_path, f"fg/{name}", b"\n" * 1001)
    refused(lambda: listed(tmp_path, "fg/a.png", f"fg/{name}"), "more than 1000 bytes")


# -- files of ours --------------------------------------------------------------------------------


def test_a_header_of_tensors_that_is_too_long(tmp_path):
    """Three GB of a file with a hole: nothing of it is read."""
    path = tmp_path / "x.safetensors"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", 3_000_000_000) + b"{}")
        file.truncate(3_000_001_000)
    refused(lambda: read_tensors(path), str(path), "not readable as safetensors")


@pytest.mark.parametrize("size", [0, 8, (1 << 64) - 1, 1 << 63, 200_000_000])
def test_headers_that_are_no_length_of_one(tmp_path, size):
    path = tmp_path / "x.safetensors"
    path.write_bytes(struct.pack("<Q", size) + b'{"a": 1}')
    refused(lambda: read_tensors(path), "not readable as safetensors")


def test_json_that_is_too_large(tmp_path):
    path = tmp_path / "x.json"
    with path.open("wb") as file:
        file.truncate(3_000_000_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("transforms2d.files.signed.LARGEST_JSON", 100_000)
        refused(lambda: read_json(path), str(path), "more than 100000 bytes")


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 200_000, "9" * 5000, "[1e999999999]x"])
def test_json_that_is_too_deep_or_long(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text)
    refused(lambda: read_json(path), "not readable as JSON")


def test_a_pipe_in_the_place_of_json(tmp_path):
    os.mkfifo(tmp_path / "x.json")
    refused(lambda: read_json(tmp_path / "x.json"), "a pipe or device, not a file")


# -- CIFAR ----------------------------------------------------------------------------------------

RECONSTRUCT = b"cnumpy.core.multiarray\n_reconstruct\n"
PICKLES = {
    "an array as long as it claims": RECONSTRUCT
    + b"(cnumpy\nndarray\n(L1000000000000L\ntS'b'\ntR.",
    "an array that is called": b"cnumpy\nndarray\n((L1000000000L\ntS'u1'\ntR.",
    "an array of another kind": RECONSTRUCT + b"(cnumpy\ndtype\n(I0\ntS'b'\ntR.",
    "bytes as long as they claim": b"\x80\x04\x8e" + struct.pack("<Q", 1 << 40) + b"x.",
    "a type of objects": b"cnumpy\ndtype\n(S'O8'\nI0\nI1\ntR.",
    "a type that is changed": b"cnumpy\ndtype\n(S'S8'\nI0\nI1\ntR(K\x03S'|'\nNNN"
    b"L999999999L\nK\x01K\x00tb.",
    "a function that is changed": RECONSTRUCT + b"(N}S'__defaults__'\nNstb.",
    "a class that is changed": b"cnumpy\nndarray\n(N}S'x'\nNstb.",
    "lists in lists": b"(" * 100_000 + b"l" * 99_999,
    "a number without an end": b"L" + b"9" * 100_000 + b"L\n.",
}


@pytest.mark.parametrize("data", PICKLES.values(), ids=PICKLES)
def test_pickles_that_claim_or_change_much(data):
    refused(lambda: loads(data, "x"), "x: not a plain pickle of arrays")


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x02K\x01r\xff\xff\xff\x7f.",  # the place 2**31 of what is kept by number
        b"I1\np2000000000\n.",
        b"\x80\x04\x95" + struct.pack("<Q", 1 << 40) + b"K\x01.",  # a frame of 2**40 bytes
    ],
)
def test_pickles_whose_claims_cost_nothing(data):
    assert loads(data, "x") == 1


@pytest.mark.parametrize("protocol", [3, 4])
def test_plain_pickles_are_read(protocol):
    values = {
        "data": np.arange(12, dtype=np.uint8).reshape(3, 4),
        "more": [np.array([1.5, -2.0]), np.array(["a", "bc"]), np.array([True])],
        "labels": [1, 2, 3],
        "names": ["a", "é", None],
    }
    made = loads(pickle.dumps(values, protocol), "x")
    assert (made["data"] == values["data"]).all() and made["data"].dtype == np.uint8
    assert [(a == b).all() for a, b in zip(made["more"], values["more"], strict=True)]
    assert (made["labels"], made["names"]) == (values["labels"], values["names"])


def archive(root, *members) -> str:
    """Of (name, size that is claimed, content, kind)."""
    path = root / "x.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for name, size, content, kind in members:
            entry = tarfile.TarInfo(name)
            entry.size, entry.type = size, kind
            file.write(entry.tobuf(tarfile.GNU_FORMAT))
            file.write(content + bytes(-len(content) % 512))
        file.write(bytes(1024))
    return path


class Facts:
    base_folder = "f"


@pytest.mark.parametrize(
    "member",
    [
        ("f/a", 40_000_000, bytes(40_000_000), tarfile.REGTYPE),
        ("g/other", 40_000_000, bytes(40_000_000), tarfile.REGTYPE),
        ("f/a", 1 << 40, b"", tarfile.REGTYPE),
        ("f/a", 1 << 40, b"", tarfile.GNUTYPE_SPARSE),
        ("long", 40_000_000, b"x" * 40_000_000, tarfile.GNUTYPE_LONGNAME),
        ("pax", 40_000_000, b"30 path=" + b"x" * 40_000_000, tarfile.XHDTYPE),
    ],
)
def test_archives_that_unpack_to_much(tmp_path, monkeypatch, member):
    monkeypatch.setattr(cifar, "LARGEST_UNPACKED", 10_000_000)
    path = archive(tmp_path, member)
    assert path.stat().st_size < 1_000_000
    refused(lambda: cifar._members(path, Facts, ["a"]), str(path))


def test_a_file_with_a_hole_in_an_archive(tmp_path, monkeypatch):
    """Its size is that of what it would be, not of what is in the archive."""
    monkeypatch.setattr(cifar, "LARGEST_UNPACKED", 10_000_000)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as made:
        entry = tarfile.TarInfo("f/a")
        entry.pax_headers = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1",
                             "GNU.sparse.size": str(1 << 40), "GNU.sparse.name": "f/a",
                             "GNU.sparse.map": "0,0"}  # fmt: skip
        made.addfile(entry, io.BytesIO())
    path = tmp_path / "x.tar.gz"
    path.write_bytes(gzip.compress(out.getvalue()))
    refused(lambda: cifar._members(path, Facts, ["a"]), str(path))


def test_names_of_classes_that_are_no_texts(tmp_path, monkeypatch):
    """A list that holds itself twice, often, would be long as a text."""
    names = ["x"]
    for _ in range(50):
        names = [names, names]
    content = pickle.dumps({"names": names, "more": json.dumps({})}, 2)

    class CIFAR(Facts):
        url, filename, tgz_md5 = "http://h/x.tar.gz", "x.tar.gz", ""
        train_list, test_list, meta = [], [], {"filename": "a", "key": "names"}

    path = archive(tmp_path, ("f/a", len(content), content, tarfile.REGTYPE))
    monkeypatch.setattr(CIFAR, "tgz_md5", cifar.md5_of(path))
    monkeypatch.setattr(cifar, "_facts", lambda name: CIFAR)
    refused(
        lambda: cifar.read("cifar10", {}, "train", cache_dir=tmp_path, image_size=32, offline=True),
        "its class names are not a list of texts",
    )
