#!/usr/bin/env python3
"""Puts the shared libraries that programs or modules need into a folder of their own.

usage: collect_libraries.py --into FOLDER [options] FILE...

FILE             programs or shared modules. They are changed in place: give copies
--into FOLDER    where the libraries go; made where it is missing
--with-c-library also takes the C library, its loader and the libraries of GCC. Without it they are left to the system
--own-names      gives each library a name of its own (libx-1a2b3c4d.so.1, from its content), and sets names and
                 search paths in all files, so that they find each other and nobody else's. For modules that live in a
                 foreign program
--weak-unique    makes symbols that are one in the whole process (STB_GNU_UNIQUE) weak ones, so that two copies of a
                 library in one process do not share them
--host-provides REGEX   names of symbols that the program which loads a module has, e.g. '^_?Py'
--licences FOLDER       copies the copyright files of the Debian packages that the libraries come from

A library that is named as needed but that no symbol is taken from is left out, and its name is removed. That is what makes
the difference: Debian 12's LibTorch names OpenCV's windows and videos, FFmpeg, LMDB and ZeroMQ, and uses nothing of them; 233
of 288 libraries fall away with these names. In the end every symbol that a file takes must be there, else this fails.

Libraries are looked for where the loader would: DT_RPATH or DT_RUNPATH, LD_LIBRARY_PATH, the cache of ldconfig.
Needs readelf, strip and patchelf (0.14 or newer), and Python's standard library alone.
"""
import argparse
import collections
import hashlib
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys

# What every system has: a second copy in one process would be worse than an older one.
C_LIBRARY = re.compile(r"^(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util|gcc_s|stdc\+\+))\.so\.\d+$")
LOADER = re.compile(r"^ld-linux.*\.so\.\d+$")

ElfFile = collections.namedtuple("ElfFile", "path needed versioned search_path taken optional defined")


def fail(message):
    sys.exit(f"collect_libraries.py: {message}")


def output_of(*command):
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except FileNotFoundError:
        fail(f"needs {command[0]}, which is not installed")
    except subprocess.CalledProcessError as error:
        fail(f"'{' '.join(map(str, command))}' failed: {error.stderr.strip()}")


def read_elf(path):
    text = output_of("readelf", "--wide", "--dynamic", "--dyn-syms", "--version-info", str(path))
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", text)
    versioned = set(re.findall(r"File: (\S+)", text))
    folders = [folder for paths in re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.*)\]", text) for folder in paths.split(":")]
    taken, optional, defined = set(), set(), set()
    for line in text.splitlines():
        words = line.split()
        if len(words) < 8 or not words[0][:-1].isdigit():
            continue
        bind, section, name = words[4], words[6], words[7].split("@")[0]
        (defined if section != "UND" else optional if bind == "WEAK" else taken).add(name)
    search_path = [folder.replace("$ORIGIN", str(path.parent)).replace("${ORIGIN}", str(path.parent)) for folder in folders]
    return ElfFile(path, needed, versioned, search_path, taken, optional, defined)


class LibraryFinder:
    def __init__(self):
        lines = output_of("/sbin/ldconfig", "-p").splitlines()
        entries = (re.match(r"\s+(\S+) \(libc6,x86-64.*\) => (\S+)", line) for line in lines)
        self.cache = {}
        for entry in filter(None, entries):
            self.cache.setdefault(entry[1], entry[2])
        self.folders = [folder for folder in os.environ.get("LD_LIBRARY_PATH", "").split(":") if folder]

    def find(self, name, user):
        for folder in user.search_path + self.folders:
            if (pathlib.Path(folder) / name).exists():
                return pathlib.Path(folder) / name
        if name not in self.cache:
            fail(f"{user.path} needs {name}, which is not found; install its package, or name its folder in LD_LIBRARY_PATH")
        return pathlib.Path(self.cache[name])


class Collection:
    """The files, all libraries below them by the name that they are needed by, and what was left out."""

    def __init__(self, files, with_c_library):
        self.with_c_library = with_c_library
        self.finder = LibraryFinder()
        self.files = [read_elf(path) for path in files]
        self.libraries, self.system, self.unused = {}, {}, collections.defaultdict(list)
        waiting = list(self.files)
        while waiting:
            waiting += self.look_at(waiting.pop(0))

    def look_at(self, user):
        """Sorts the libraries that `user` names; returns those that were not known."""
        new = []
        for name in user.needed:
            known = self.libraries.get(name) or self.system.get(name)
            library = known or read_elf(self.finder.find(name, user))
            # The loader insists on a library that it is to check versions of symbols in, wherever they moved to.
            is_used = name in user.versioned or (user.taken | user.optional) & library.defined
            if not is_used:
                self.unused[user.path].append(name)
                continue
            if known:
                continue
            is_system = C_LIBRARY.match(name) and not self.with_c_library
            (self.system if is_system else self.libraries)[name] = library
            if not is_system:
                new.append(library)
        return new

    def check_complete(self, host_provides):
        """A library may count on one that it does not name; then removing that name elsewhere would break it."""
        everything = [*self.files, *self.libraries.values(), *self.system.values()]
        defined = set().union(*(file.defined for file in everything))
        for file in [*self.files, *self.libraries.values()]:
            missing = sorted(name for name in file.taken - defined if not (host_provides and host_provides.search(name)))
            if missing:
                fail(f"{file.path} takes {missing[0]} and {len(missing) - 1} more symbols from no library that it or "
                     "the others need")


def own_name(name, path):
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    stem, dot, rest = name.partition(".so")
    return f"{stem}-{digest}{dot}{rest}"


def weaken_unique_symbols(path):
    """Binding 10 (unique) becomes 2 (weak) in the table of dynamic symbols; ELF-64, least significant byte first."""
    table_of_dynamic_symbols, unique, weak = 11, 10, 2
    data = bytearray(path.read_bytes())
    if data[:6] != b"\x7fELF\x02\x01":
        fail(f"{path} is no 64-bit ELF file of this kind of processor")
    sections, = struct.unpack_from("<Q", data, 40)
    entry_size, count = struct.unpack_from("<HH", data, 58)
    for header in range(sections, sections + entry_size * count, entry_size):
        kind, = struct.unpack_from("<I", data, header + 4)
        if kind != table_of_dynamic_symbols:
            continue
        start, size = struct.unpack_from("<QQ", data, header + 24)
        for info in range(start + 4, start + size, 24):
            if data[info] >> 4 == unique:
                data[info] = weak << 4 | data[info] & 15
    path.write_bytes(data)


def copy_libraries(collection, folder, with_own_names):
    """Copies every library; returns its old name -> its copy."""
    folder.mkdir(parents=True, exist_ok=True)
    copies = {}
    for name, library in collection.libraries.items():
        copy = folder / (own_name(name, library.path) if with_own_names and not C_LIBRARY.match(name) else name)
        shutil.copyfile(library.path, copy)
        copy.chmod(0o755)
        copies[name] = copy
    return copies


def change_names(copy, original, collection, copies, with_own_names, folder):
    """One call of patchelf a kind of change: version 0.14 mixes names up where it makes several at once."""
    unused = collection.unused[original.path]
    changes = [[word for name in unused for word in ("--remove-needed", name)]]
    if with_own_names:
        renamed = [name for name in original.needed if name in copies and name not in unused and copies[name].name != name]
        relative = os.path.relpath(folder, copy.parent)
        changes += [[word for name in renamed for word in ("--replace-needed", name, copies[name].name)],
                    ["--set-soname", copy.name] if copy.parent == folder else [],
                    ["--set-rpath", "$ORIGIN" if relative == "." else f"$ORIGIN/{relative}"]]
    elif original.search_path:
        changes.append(["--remove-rpath"])
    for change in filter(None, changes):
        output_of("patchelf", *change, str(copy))


def package_of(path):
    """The Debian package that a file comes from. dpkg may know it by its name from before /lib moved into /usr."""
    path = path.resolve()
    for name in (str(path), re.sub(r"^/usr(?=/lib)", "", str(path)), "/usr" + str(path)):
        found = subprocess.run(["dpkg", "--search", name], capture_output=True, text=True)
        if found.returncode == 0:
            return found.stdout.split(":")[0]
    return None


def copy_licences(collection, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, library in collection.libraries.items():
        package = package_of(library.path)
        text = pathlib.Path(f"/usr/share/doc/{package}/copyright")
        if package is None or not text.exists():
            fail(f"the licence of {library.path} is not found; expected a Debian package with its copyright file")
        shutil.copyfile(text, folder / f"{package}.copyright")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=pathlib.Path, required=True)
    parser.add_argument("--with-c-library", action="store_true")
    parser.add_argument("--own-names", action="store_true")
    parser.add_argument("--weak-unique", action="store_true")
    parser.add_argument("--host-provides", type=re.compile)
    parser.add_argument("--licences", type=pathlib.Path)
    parser.add_argument("files", metavar="FILE", type=pathlib.Path, nargs="+")
    options = parser.parse_args()
    folder = options.into.resolve()
    collection = Collection([path.resolve() for path in options.files], options.with_c_library)
    collection.check_complete(options.host_provides)
    if options.licences:
        copy_licences(collection, options.licences)
    copies = copy_libraries(collection, folder, options.own_names)
    originals = [(copies[name], library) for name, library in collection.libraries.items()]
    for copy, original in originals + [(file.path, file) for file in collection.files]:
        if LOADER.match(copy.name):
            continue  # finds nothing and is found by its path
        output_of("strip", "--strip-unneeded", str(copy))
        change_names(copy, original, collection, copies, options.own_names, folder)
        if options.weak_unique:
            weaken_unique_symbols(copy)
    size = sum(copy.stat().st_size for copy in copies.values())
    left_out = {name for names in collection.unused.values() for name in names} - set(copies)
    print(f"{folder}: {len(copies)} libraries, {size / 1e6:.0f} MB; named but not used and left out: {len(left_out)}")


if __name__ == "__main__":
    main()
