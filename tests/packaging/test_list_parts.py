"""What packaging/list_parts.py says a package is made of."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).parents[2] / "packaging" / "list_parts.py"


class ListParts(unittest.TestCase):
    def setUp(self):
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.folder = pathlib.Path(self._folder.name)
        self.licences = self.folder / "licences"
        self.licences.mkdir()

    def list(self, *words):
        return subprocess.run([sys.executable, SCRIPT, "--version", "1.2.3", "--date", "86400", "--licences", self.licences,
                               *map(str, words)], capture_output=True, text=True)

    def parts(self, *words):
        result = self.list(*words)
        self.assertEqual(result.returncode, 0, result.stderr)
        return {part["name"]: part for part in json.loads(result.stdout)["packages"]}

    def put_copyright(self, package, text):
        (self.licences / f"{package}.copyright").write_text(text)

    def test_versions_are_those_that_are_installed(self):
        self.put_copyright("dpkg", "License: GPL-2+\n")
        version = subprocess.run(["dpkg-query", "--show", "--showformat", "${Version}", "dpkg"], capture_output=True,
                                 text=True, check=True).stdout
        part = self.parts()["dpkg"]
        self.assertEqual(part["versionInfo"], version)
        self.assertEqual(part["licenseDeclared"], "GPL-2.0-or-later")
        self.assertTrue(part["externalRefs"][0]["referenceLocator"].startswith("pkg:deb/debian/dpkg@"))

    def test_one_licence_of_many_is_not_picked(self):
        self.put_copyright("dpkg", "Files: *\nLicense: Expat\n\nFiles: tests\nLicense:  GPL-3+ \n text\n")
        part = self.parts()["dpkg"]
        self.assertEqual(part["licenseDeclared"], "NOASSERTION")
        self.assertEqual(part["licenseComments"], "Debian's copyright file names: Expat; GPL-3+")

    def test_headers_that_are_compiled_in_are_parts_with_their_licence(self):
        parts = self.parts("--compiled-in", "dpkg", "tar")
        self.assertLessEqual({"dpkg", "tar"}, set(parts))
        self.assertTrue((self.licences / "tar.copyright").stat().st_size > 0)

    def test_the_page_s_parts_and_their_licences(self):
        (self.folder / "package.json").write_text('{"dependencies": {"plot": "1"}, "devDependencies": {"lint": "2"}}')
        plot = self.folder / "modules" / "plot"
        plot.mkdir(parents=True)
        (plot / "package.json").write_text('{"version": "1.0.9", "license": "MIT"}')
        (plot / "LICENSE.md").write_text("as it is")
        parts = self.parts("--compiled-in", "dpkg", "--page", self.folder / "package.json", self.folder / "modules")
        self.assertEqual(parts["npm-plot"]["versionInfo"], "1.0.9")
        self.assertNotIn("npm-lint", parts)
        self.assertEqual((self.licences / "plot.licence").read_text(), "as it is")
        (plot / "LICENSE.md").unlink()
        self.assertIn("the licence of plot is not found",
                      self.list("--compiled-in", "dpkg", "--page", self.folder / "package.json", self.folder / "modules").stderr)

    def test_the_same_parts_give_the_same_bytes(self):
        self.put_copyright("dpkg", "License: GPL-2+\n")
        first = self.list()
        self.assertEqual(first.stdout, self.list().stdout)
        self.assertEqual(json.loads(first.stdout)["creationInfo"]["created"], "1970-01-02T00:00:00Z")

    def test_what_is_missing_is_told(self):
        self.assertIn("has no PACKAGE.copyright", self.list().stderr)
        self.put_copyright("no-such-package", "License: Expat\n")
        self.assertIn("dpkg knows no package no-such-package", self.list().stderr)
        self.assertEqual(self.list().returncode, 1)


if __name__ == "__main__":
    unittest.main()
