#include "priorseg/image/imagej_description.h"

#include <charconv>
#include <sstream>
#include <string_view>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

constexpr int64_t kMostImages = 10'000'000;

int64_t imagej_count(std::string_view key, std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < 0 || value > kMostImages)
    throw Error("its ImageJ description says " + std::string(key) + "=" + std::string(text));
  return value > 0 ? value : 1;
}

}  // namespace

bool is_imagej_description(const std::string& text) { return text.starts_with("ImageJ="); }

ImageJDescription parse_imagej_description(const std::string& text) {
  ImageJDescription description;
  auto& structure = description.structure;
  structure.source = "its ImageJ description";
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    const size_t equals = line.find('=');
    if (equals == std::string::npos) continue;
    const std::string_view key = std::string_view(line).substr(0, equals);
    std::string_view value = std::string_view(line).substr(equals + 1);
    if (value.ends_with('\r')) value.remove_suffix(1);
    if (key == "images") description.images = imagej_count(key, value);
    if (key == "channels") structure.channels = imagej_count(key, value);
    if (key == "slices") structure.slices = imagej_count(key, value);
    if (key == "frames") structure.frames = imagej_count(key, value);
  }
  return description;
}

}  // namespace priorseg
