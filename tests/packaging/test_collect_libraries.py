"""Tests packaging/collect_libraries.py on a program and libraries that are compiled for it."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

COLLECT = pathlib.Path(__file__).parents[2] / "packaging/collect_libraries.py"
COMPILER = os.environ.get("CXX", "c++")

# A static member of a template is one in the whole process.
USED = "template <class T> struct One { static int value; }; template <class T> int One<T>::value = 41;" \
       "int used() { return ++One<int>::value; }"
IDLE = "int idle() { return 1; }"
TAKES_IDLE = "int idle(); int leaning() { return idle(); }"
MAIN = "#include <cstdio>\nint used(); int main() { std::printf(\"%d\\n\", used()); }"


@unittest.skipIf(shutil.which("patchelf") is None, "patchelf is not installed")
class CollectLibraries(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.there, self.into = self.folder / "there", self.folder / "into"
        self.there.mkdir()

    def compile(self, source, output, *options):
        command = [COMPILER, "-x", "c++", "-", "-o", str(output), f"-L{self.there}", "-Wl,--no-as-needed", *options]
        subprocess.run(command, input=source, text=True, check=True)
        return output

    def library(self, name, source, *options):
        self.compile(source, self.there / f"lib{name}.so.1", "-shared", "-fPIC", f"-Wl,-soname,lib{name}.so.1", *options)
        (self.there / f"lib{name}.so").symlink_to(f"lib{name}.so.1")

    def program(self, *libraries):
        self.library("used", USED)
        self.library("idle", IDLE)
        return self.compile(MAIN, self.folder / "program", *libraries)

    def collect(self, program, *options):
        return subprocess.run([sys.executable, str(COLLECT), "--into", str(self.into), *options, str(program)],
                              env=os.environ | {"LD_LIBRARY_PATH": str(self.there)}, capture_output=True, text=True)

    def collected(self, program, *options):
        result = self.collect(program, *options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return sorted(path.name for path in self.into.iterdir())

    def test_leaves_out_what_no_symbol_is_taken_from(self):
        program = self.program("-lused", "-lidle")
        self.assertEqual(self.collected(program), ["libused.so.1"])
        shutil.rmtree(self.there)
        output = subprocess.run([program], env={"LD_LIBRARY_PATH": str(self.into)}, capture_output=True, text=True)
        self.assertEqual(output.stdout, "42\n", output.stderr)

    def test_own_names_are_found_beside_the_program(self):
        program = self.program("-lused")
        names = self.collected(program, "--own-names")
        self.assertEqual(len(names), 1)
        self.assertRegex(names[0], r"^libused-[0-9a-f]{8}\.so\.1$")
        shutil.rmtree(self.there)
        self.assertEqual(subprocess.run([program], capture_output=True, text=True).stdout, "42\n")

    def test_unique_symbols_become_weak(self):
        program = self.program("-lused")
        self.collected(program, "--weak-unique")
        symbols = subprocess.run(["readelf", "--wide", "--dyn-syms", self.into / "libused.so.1"], capture_output=True, text=True)
        self.assertNotIn("UNIQUE", symbols.stdout)
        self.assertRegex(symbols.stdout, r"WEAK .*One")
        output = subprocess.run([program], env={"LD_LIBRARY_PATH": str(self.into)}, capture_output=True, text=True)
        self.assertEqual(output.stdout, "42\n")

    def test_with_the_c_library_the_loader_comes_too(self):
        program = self.program("-lused")
        names = self.collected(program, "--with-c-library")
        self.assertIn("libc.so.6", names)
        self.assertTrue(any(name.startswith("ld-linux") for name in names), names)

    def test_a_library_that_counts_on_one_it_does_not_name_is_told(self):
        self.library("idle", IDLE)
        self.library("leaning", TAKES_IDLE)
        main = "int leaning(); int main() { return leaning(); }"
        program = self.compile(main, self.folder / "program", "-lleaning", "-lidle")
        result = self.collect(program)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertIn("libleaning.so", result.stderr)

    def test_a_library_that_is_nowhere_is_told(self):
        program = self.program("-lused")
        shutil.rmtree(self.there)
        result = self.collect(program)
        self.assertEqual(result.returncode, 1)
        self.assertIn("libused.so.1", result.stderr)


if __name__ == "__main__":
    unittest.main()
