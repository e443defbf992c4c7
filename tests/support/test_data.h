#pragma once

#include <cstdlib>
#include <filesystem>

namespace priorseg::test {

/// Folder of real images with labels, or an empty path where there is none: PRIORSEG_TEST_DATA, else a folder
/// beside the checkout. Tests that need it call GTEST_SKIP with a reason.
inline std::filesystem::path test_data() {
  if (const char* named = std::getenv("PRIORSEG_TEST_DATA"))
    return std::filesystem::exists(named) ? named : "";
  const std::filesystem::path beside = std::filesystem::path(PRIORSEG_SOURCE_DIR) / ".." / "shared" / "data";
  return std::filesystem::exists(beside) ? beside : std::filesystem::path();
}

}  // namespace priorseg::test
