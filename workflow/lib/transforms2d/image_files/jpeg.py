"""JPEG: a sequence of segments, of which the pixels need few, and scans between them."""

import re
from collections.abc import Iterator

from PIL import Image

from transforms2d.image_files import NotWhole, Stripped, check_same_pixels
from transforms2d.image_files.orientation import orientation

START, END, SCAN, INTERVAL = 0xD8, 0xD9, 0xDA, 0xDD
JFIF, EXIF, ICC, ADOBE, COMMENT = 0xE0, 0xE1, 0xE2, 0xEE, 0xFE
NOTES = frozenset(range(0xE0, 0xF0)) | {COMMENT}
MARKER = re.compile(rb"\xff+([^\x00\xff])", re.DOTALL)
# The end of a run of a scan: any marker, including the restart markers within a scan.
RUN_END = re.compile(rb"\xff+[^\x00\xff]", re.DOTALL)
ICC_HEAD, EXIF_HEAD = b"ICC_PROFILE\0", b"Exif\0\0"
# A header that says only that three channels are YCbCr, without resolution and preview.
PLAIN_JFIF = b"\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
RUNS = 8  # added to a scan, separated by restart markers
FRAMES = tuple(number for number in range(0xC0, 0xD0) if number not in (0xC4, 0xC8, 0xCC))
PROGRESSIVE = (0xC2, 0xCA)  # frames with scans from coarse to fine
ARITHMETIC = (0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF)  # frames whose scans may leave out their end


def is_one(data: bytes) -> bool:
    """Whether a file starts like a JPEG."""
    return data.startswith(b"\xff\xd8\xff")


def strip(data: bytes) -> Stripped:
    """See ``image_files.strip``. Data after the end of the first picture are ignored."""
    kept, notes = [b"\xff\xd8"], []
    for marker, content in _segments(data):
        if marker == JFIF and content[4:9] == b"JFIF\0" and len(content) >= 18:
            kept.append(PLAIN_JFIF)
        elif marker not in NOTES or _is_adobe(marker, content):
            kept.append(content)
        else:
            notes.append((marker, content[4:]))
    exif = b"".join(one[6:] for kind, one in notes if kind == EXIF and one.startswith(EXIF_HEAD))
    xmp = (one for kind, one in notes if kind == EXIF and one.startswith(XMP_HEAD))
    return Stripped(
        b"".join(kept), orientation=orientation(exif, next(xmp, b"")), profile=_profile(notes)
    )


def check_pixels(data: bytes, image: Image.Image) -> None:
    """See ``image_files.check_pixels``."""
    segments = list(_segments(data))
    _check_runs(segments)
    if not any(marker in ARITHMETIC for marker, _ in segments):
        _check_scans([content for marker, content in segments if marker == SCAN], segments)
        check_same_pixels(image, lambda more: _longer(segments, more))


def _check_runs(segments) -> None:
    """Refuse a picture with a missing run: restart markers are numbered 0..7 in turn."""
    interval = 0
    for marker, content in segments:
        if marker == INTERVAL:
            interval = int.from_bytes(content[4:6])
        elif marker == SCAN and interval:
            start = 2 + int.from_bytes(content[2:4])
            numbers = [match[0][-1] & 7 for match in RUN_END.finditer(content, start)]
            if numbers != [at % 8 for at in range(len(numbers))]:
                raise NotWhole("a part of a scan is missing")


def _check_scans(scans: list[bytes], segments) -> None:
    """Refuse a picture with a missing scan, which holds colours or fine detail."""
    ((kind, frame),) = (segment for segment in segments if segment[0] in FRAMES)
    parts = {frame[10 + 3 * at] for at in range(frame[9])}
    complete = set()
    for content in scans:
        count = content[4]
        first, last, steps = content[5 + 2 * count : 8 + 2 * count]
        if kind not in PROGRESSIVE:  # each scan is complete; some writers put other values here
            first, last, steps = 0, 63, 0
        if steps & 15 == 0:  # includes the last bit
            scan_parts = [content[5 + 2 * at] for at in range(count)]
            complete |= {(part, k) for part in scan_parts for k in range(first, last + 1)}
    if not complete >= {(part, k) for part in parts for k in range(64)}:
        raise NotWhole("some of its scans are missing")


def _longer(segments, more: bytes) -> bytes:
    """The file with bytes added to every run of its scans, and with more runs."""
    file = b"\xff\xd8"
    for marker, content in segments:
        if marker == SCAN:
            start = 2 + int.from_bytes(content[2:4])
            runs = content[start:]
            last = [0xCF, *(match[0][-1] for match in RUN_END.finditer(runs))][-1]
            runs = RUN_END.sub(lambda match: more + match[0], runs) + more
            for at in range(1, 1 + RUNS):
                runs += bytes((0xFF, 0xD0 + (last + at) % 8)) + more
            content = content[:start] + runs
        file += content
    return file


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (marker, its bytes and those of a following scan) up to the end of the picture."""
    at = 2
    while True:
        # Skip bytes between segments, as decoders do.
        match = MARKER.search(data, at)
        if match is None:
            raise NotWhole("it ends before its end marker")
        marker = match[1][0]
        if marker == END:
            yield marker, b"\xff\xd9"
            return
        at = match.end()
        if marker == START:
            raise NotWhole("a preview starts at an impossible place")  # metadata of a wrong length
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:
            continue
        end = at + int.from_bytes(data[at : at + 2])
        if end < at + 2 or end > len(data):
            if marker in NOTES:
                continue  # metadata without a valid length: look for the next marker
            raise NotWhole(f"its segment at byte {at - 2} exceeds the file")
        start = at - 2
        if marker == SCAN:
            end = _scan_end(data, end)
        yield marker, b"\xff" + data[start + 1 : end]
        at = end


def _scan_end(data: bytes, at: int) -> int:
    """The end of a scan: a marker that is neither a stuffed byte nor a restart."""
    while match := RUN_END.search(data, at):
        if not 0xD0 <= match[0][-1] <= 0xD7:
            return match.start()
        at = match.end()
    raise NotWhole("it ends within its pixels")


def _is_adobe(marker: int, content: bytes) -> bool:
    """Whether a segment is Adobe's colour encoding, which decoders read."""
    return marker == ADOBE and content[4:9] == b"Adobe" and len(content) >= 16


def _profile(notes) -> bytes | None:
    """The ICC profile, joined from its numbered parts."""
    parts = {}
    for kind, one in notes:
        if kind == ICC and one.startswith(ICC_HEAD) and len(one) > 14:
            parts[one[12]] = one[14:]
            count = one[13]
    if not parts or sorted(parts) != list(range(1, count + 1)):
        return None
    return b"".join(parts[number] for number in sorted(parts))
