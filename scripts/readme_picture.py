#!/usr/bin/env python3
"""Makes docs/images/overview.png: simulated images beside the outlines that priorseg found in them.

usage: scripts/readme_picture.py PROGRAM MODEL

PROGRAM is priorseg, MODEL what `make demo` has learned: build/demo/out/model.safetensors. Segments a simulated image that was
not learned from. Needs only Python's standard library.
"""
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

TARGET = pathlib.Path(__file__).resolve().parent.parent / "docs" / "images" / "overview.png"
GAP = 8  # px of white between the two pictures


def read_png(path):
    """Rows of an 8-bit RGB picture without interlacing, as the program writes them."""
    data = path.read_bytes()
    position, packed = 8, b""
    while position < len(data):
        (length,) = struct.unpack(">I", data[position : position + 4])
        kind, content = data[position + 4 : position + 8], data[position + 8 : position + 8 + length]
        position += length + 12
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", content)
            if (depth, colour, interlaced) != (8, 2, 0):
                sys.exit(f"{path} is no 8-bit RGB PNG without interlacing")
        elif kind == b"IDAT":
            packed += content
    raw, stride = zlib.decompress(packed), 3 * width
    rows, above = [], bytearray(stride)
    for y in range(height):
        start = y * (stride + 1)
        above = unfilter(raw[start], bytearray(raw[start + 1 : start + 1 + stride]), above)
        rows.append(bytes(above))
    return rows


def unfilter(kind, row, above):
    """Undoes the filter of one row (PNG specification, chapter 9)."""
    for i in range(len(row)):
        left, up, corner = row[i - 3] if i >= 3 else 0, above[i], above[i - 3] if i >= 3 else 0
        if kind == 4:
            estimate = left + up - corner
            best = min((left, up, corner), key=lambda value: abs(estimate - value))  # the first wins
        else:
            best = (0, left, up, (left + up) // 2)[kind]
        row[i] = (row[i] + best) & 255
    return row


def write_png(path, rows):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", len(rows[0]) // 3, len(rows), 8, 2, 0, 0, 0)
    above, filtered = bytes(len(rows[0])), b""
    for row in rows:  # the "up" filter: what lies above is a fair guess
        filtered += b"\2" + bytes((a - b) & 255 for a, b in zip(row, above))
        above = row
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(filtered, 9)) + chunk(b"IEND", b""))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    program, model = sys.argv[1:]

    def priorseg(*arguments):
        subprocess.run([program, *map(str, arguments)], check=True)

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        priorseg("simulate", "--preset", "nuclei", "-n", 1, "--seed", 3, "--image-size", "360x440", "-o", folder / "new")
        priorseg("segment", folder / "new/images", "--model", model, "-o", folder / "found")
        # No presence reaches 1: the overlay is the plain image, stretched in the same way.
        priorseg("segment", folder / "new/images", "--model", model, "-o", folder / "plain", "--presence", 1)
        left = read_png(folder / "plain/overlays/sim_000.png")
        right = read_png(folder / "found/overlays/sim_000.png")
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    write_png(TARGET, [a + b"\xff" * (3 * GAP) + b for a, b in zip(left, right)])
    print(f"{TARGET}: {TARGET.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
