#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace priorseg::test {

/// All bytes of a file; empty where there is none.
inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void write_text(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// A file of which only the name matters, and its folder.
inline void make_file(const std::filesystem::path& path) {
  std::filesystem::create_directories(path.parent_path());
  write_text(path, "content");
}

/// The number of lines of `text`; a last line without a line end counts.
inline int count_lines(const std::string& text) {
  std::istringstream stream(text);
  int lines = 0;
  for (std::string line; std::getline(stream, line);) ++lines;
  return lines;
}

}  // namespace priorseg::test
