"""Tests of check_layers.py on small made-up source trees."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True  # the source tree may be read-only
import check_layers  # noqa: E402

ROOMS = """
priorseg_add_room(core)
priorseg_add_room(image USES core PRIVATE_LIBRARIES ${OpenCV_LIBS})
priorseg_add_room(nn USES core)
priorseg_add_room(detector USES image
                  nn)
"""


class CheckLayers(unittest.TestCase):
    def check(self, name, text):
        with tempfile.TemporaryDirectory() as name_of_folder:
            folder = Path(name_of_folder)
            (folder / "CMakeLists.txt").write_text(ROOMS)
            (folder / name).parent.mkdir()
            (folder / name).write_text(text)
            return check_layers.violations(folder)

    def test_accepts_own_room_and_rooms_below_at_any_depth(self):
        text = '#include <torch/types.h>\n#include "priorseg/core/error.h"\n#include "priorseg/detector/loss.h"\n'
        self.assertEqual(self.check("detector/loss.cpp", text), [])

    def test_reports_an_include_that_points_up(self):
        found = self.check("core/error.cpp", '#include "priorseg/nn/decoder.h"\n')
        self.assertEqual(found, ["core/error.cpp: includes priorseg/nn/decoder.h; room core may include core"])

    def test_reports_an_include_of_a_room_beside(self):
        self.assertIn("may include core, nn", self.check("nn/encoder.h", '#include "priorseg/image/tile.h"')[0])

    def test_reports_opencv_in_a_header_only(self):
        text = "#include <opencv2/core.hpp>\n"
        self.assertEqual(self.check("image/read.cpp", text), [])
        self.assertIn("stay inside .cpp files", self.check("image/read.h", text)[0])
        self.assertIn("stay inside .cpp files", self.check("image/read.h", "#include <tiffio.h>\n")[0])

    def test_reports_a_relative_include(self):
        self.assertIn("write the path from src/", self.check("nn/encoder.cpp", '#include "encoder.h"\n')[0])

    def test_reports_a_folder_that_is_no_room(self):
        self.assertEqual(self.check("gui/window.cpp", ""), ["gui/: not a room of CMakeLists.txt"])

    def test_rejects_a_list_out_of_order(self):
        with self.assertRaisesRegex(SystemExit, "room nn uses core, which is not listed before it"):
            check_layers.read_rooms("priorseg_add_room(nn USES core)\npriorseg_add_room(core)")


if __name__ == "__main__":
    unittest.main()
