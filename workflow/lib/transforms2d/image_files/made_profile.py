"""ICC profiles from primaries and a curve, for PNG files that give these without a profile."""

import struct

import numpy as np

# A curve of ICC: (number of its kind, parameters). Kind 0 is x^g; kind 3 is (ax + b)^g for x >= d
# and cx for x < d.
SRGB = (3, (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
BT709 = (3, (1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081))
D50 = (0.9642, 1.0, 0.8249)
BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


def power(exponent: float):
    """The curve x^exponent."""
    return 0, (exponent,)


def make_profile(primaries, curve, gray: bool) -> bytes | None:
    """An ICC profile; None for impossible primaries.

    Parameters
    ----------
    primaries : 8 floats
        x and y of white, red, green and blue; not used for gray.
    curve : tuple
        Maps pixel values in 0..1 to light.
    gray : bool
        Whether the profile is for gray pixels, else for RGB.
    """
    tags = {b"wtpt": _xyz(D50)}
    if gray:
        tags[b"kTRC"] = _curve(*curve)
    else:
        columns = _columns(np.array(primaries, dtype=float).reshape(4, 2))
        if columns is None:
            return None
        for name, column in zip(b"rgb", columns.T, strict=True):
            tags[bytes([name]) + b"XYZ"] = _xyz(column)
            tags[bytes([name]) + b"TRC"] = _curve(*curve)
    return _file(b"GRAY" if gray else b"RGB ", tags)


def _columns(places: np.ndarray) -> np.ndarray | None:
    """XYZ of red, green and blue as columns, adapted to the white of ICC."""
    x, y = places.T
    if (y <= 0).any() or (places < 0).any() or (x + y > 1).any():
        return None
    white, *others = np.stack([x / y, np.ones(4), (1 - x - y) / y], -1)
    columns = np.stack(others, -1)
    if abs(np.linalg.det(columns)) < 1e-3:
        return None
    shares = np.linalg.solve(columns, white)
    if (shares <= 0).any():
        return None
    scale = (BRADFORD @ np.array(D50)) / (BRADFORD @ white)
    return np.linalg.solve(BRADFORD, scale[:, None] * (BRADFORD @ (columns * shares)))


def _xyz(values) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(map(_fixed, values))


def _curve(kind: int, values) -> bytes:
    return b"para\0\0\0\0" + struct.pack(">HH", kind, 0) + b"".join(map(_fixed, values))


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(float(value) * 65536))


def _file(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    at, table, body = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += name + struct.pack(">II", at + len(body), len(content))
        body += content
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"", 0x04300000, b"mntr", space, b"XYZ ")
    head += struct.pack(">6H4s", 2000, 1, 1, 0, 0, 0, b"acsp").ljust(68 - len(head), b"\0")
    return (head + b"".join(map(_fixed, D50))).ljust(128, b"\0") + table + body
