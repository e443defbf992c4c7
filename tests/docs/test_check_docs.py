"""Tests of check_docs.py on small made-up documents."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True  # the source tree may be read-only
import check_docs  # noqa: E402


class CheckDocs(unittest.TestCase):
    def check(self, files, sources=False):
        with tempfile.TemporaryDirectory() as name_of_folder:
            root = Path(name_of_folder)
            for name, text in {"docs/README.md": "# Index\n", **files}.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text, encoding="utf-8")
            return check_docs.faults(root, sources)

    def test_accepts_links_to_files_folders_headings_and_other_sites(self):
        found = self.check({
            "docs/README.md": "# Index\n[a](user/a.md#--size-the-one-thing), [b](user/), [c](#index), [d](https://x.org/y)\n",
            "docs/user/a.md": "# A\n\n## `--size`: the one thing\n"})
        self.assertEqual(found, [])

    def test_reports_a_link_to_nothing_with_its_line(self):
        found = self.check({"README.md": "# P\n\nSee [a\nb](docs/none.md).\n"})
        self.assertEqual(found, ["README.md:3: docs/none.md does not exist"])

    def test_reports_a_link_out_of_the_checkout(self):
        self.assertIn("does not exist", self.check({"README.md": "[a](../other.md)\n"})[0])

    def test_reports_an_anchor_without_heading(self):
        self.assertIn("no such heading", self.check({"README.md": "[a](docs/README.md#nothing)\n"})[0])

    def test_reports_a_picture_that_is_not_there(self):
        self.assertIn("x.png does not exist", self.check({"README.md": "![a](x.png)\n"})[0])

    def test_code_is_no_link(self):
        self.assertEqual(self.check({"README.md": "`[a](b)`\n\n```\n[a](b)\n```\n"}), [])

    def test_reports_a_page_that_no_link_reaches(self):
        found = self.check({"docs/user/a.md": "# A\n"})
        self.assertEqual(found, ["docs/user/a.md: no link leads here from docs/README.md"])

    def test_reports_a_long_line_but_not_in_tables_and_code(self):
        long = "word " * 40
        self.assertEqual(len(self.check({"README.md": long + "\n"})), 1)
        self.assertEqual(self.check({"README.md": f"| {long} |\n\n```\n{long}\n```\n"}), [])

    def test_one_link_that_cannot_be_broken_may_be_long(self):
        link = "https://" + "x" * 130
        self.assertEqual(self.check({"README.md": f"- [a b]({link})\n\n{link}\n"}), [])
        self.assertEqual(len(self.check({"README.md": f"- see [a b]({link})\n"})), 1)

    def test_code_of_the_readme_is_that_of_an_example(self):
        files = {"examples/a.cpp": "int main(int argc, char** argv) {\n  const auto a = load(argv[1]);\n}\n"}
        self.assertEqual(self.check({"README.md": '```cpp\nconst auto a = load("x");\n```\n', **files}), [])
        found = self.check({"README.md": '```cpp\nconst auto a = open("x");\n```\n', **files})
        self.assertEqual(found, ["README.md: no example has the line const auto a = open(...);"])

    def test_reports_a_page_that_a_source_names(self):
        files = {"src/a.cpp": '"; see docs/none.md"\n// docs/README.md\n'}
        self.assertEqual(self.check(files, sources=True), ["src/a.cpp:1: docs/none.md does not exist"])
        self.assertEqual(self.check(files), [])


if __name__ == "__main__":
    unittest.main()
