"""Checks the includes of src/priorseg against the list of rooms in its CMakeLists.txt.

usage: check_layers.py FOLDER        (FOLDER is src/priorseg)

A file of a room may include that room, the rooms its priorseg_add_room(... USES ...) names, and what those use.
Headers are public, so they include no library of pictures. Prints one line a violation, returns 1 if there is any.
"""

import re
import sys
from pathlib import Path

ROOM = re.compile(r"^priorseg_add_room\((\w+)(.*?)\)", re.MULTILINE | re.DOTALL)
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
KEYWORDS = {"USES", "PRIVATE_LIBRARIES"}
KEPT_INSIDE_SOURCES = re.compile(r"^(opencv2?/|opencv|tiff|tiffio|png\.h|jpeglib)")


def read_rooms(cmake_text):
    """Room -> all rooms it may include. A room must stand below (after) everything it uses."""
    allowed = {}
    for name, arguments in ROOM.findall(cmake_text):
        uses, keyword = [], None
        for word in arguments.split():
            if word in KEYWORDS:
                keyword = word
            elif keyword == "USES":
                uses.append(word)
        unknown = [room for room in uses if room not in allowed]
        if unknown:
            raise SystemExit(f"CMakeLists.txt: room {name} uses {unknown[0]}, which is not listed before it")
        allowed[name] = {name}.union(*(allowed[room] for room in uses))
    return allowed


def violations(folder):
    allowed = read_rooms((folder / "CMakeLists.txt").read_text())
    found = []
    for room in sorted(path.name for path in folder.iterdir() if path.is_dir()):
        files = sorted(path for path in (folder / room).rglob("*") if path.suffix in {".h", ".cpp"})
        if files and room not in allowed:
            found.append(f"{room}/: not a room of CMakeLists.txt")
            continue
        for file in files:
            found += file_violations(file, f"{room}/{file.name}", room, allowed)
    return found


def file_violations(file, shown, room, allowed):
    found = []
    for delimiter, included in INCLUDE.findall(file.read_text()):
        parts = included.split("/")
        if parts[0] == "priorseg":
            if len(parts) < 3 or parts[1] not in allowed[room]:
                found.append(f"{shown}: includes {included}; room {room} may include {', '.join(sorted(allowed[room]))}")
        elif delimiter == '"':
            found.append(f'{shown}: includes "{included}"; write the path from src/, "priorseg/{room}/..."')
        elif file.suffix == ".h" and KEPT_INSIDE_SOURCES.match(included):
            found.append(f"{shown}: a header includes <{included}>; OpenCV and libtiff stay inside .cpp files")
    return found


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    problems = violations(Path(sys.argv[1]))
    print("\n".join(problems) if problems else "every include points down the list of rooms")
    sys.exit(1 if problems else 0)
