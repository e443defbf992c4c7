#include "priorseg/image/axes_text.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

struct NamedAxis {
  char letter;
  int64_t length;  // 0: not said
};

[[noreturn]] void fail_axes(const std::string& text, const std::string& why) {
  throw Error(
      "axes '" + text + "' " + why +
      ", expected letters from T, Z and C before YX, slowest first, such as ZYX, CYX, T10C2YX, or YXS for "
      "a colour picture");
}

std::vector<NamedAxis> split_axes(const std::string& text) {
  std::vector<NamedAxis> axes;
  for (const char c : text) {
    if (std::isdigit(static_cast<unsigned char>(c))) {
      if (axes.empty() || axes.back().length > 10'000'000) fail_axes(text, "have a number out of place");
      axes.back().length = 10 * axes.back().length + (c - '0');
      continue;
    }
    const char letter = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (std::string("TZCYXS").find(letter) == std::string::npos)
      fail_axes(text, std::string("have the letter ") + c);
    const bool twice =
        std::any_of(axes.begin(), axes.end(), [&](auto axis) { return axis.letter == letter; });
    if (twice) fail_axes(text, std::string("have ") + letter + " twice");
    axes.push_back({letter, 0});
  }
  return axes;
}

/// The pages' axes, those before YX.
std::vector<NamedAxis> axes_of_pages(const std::string& text, const std::vector<NamedAxis>& axes) {
  const auto y = std::find_if(axes.begin(), axes.end(), [](auto axis) { return axis.letter == 'Y'; });
  if (y == axes.end() || y + 1 == axes.end() || (y + 1)->letter != 'X') fail_axes(text, "do not hold YX");
  for (auto behind = y + 2; behind != axes.end(); ++behind)
    if (behind->letter != 'S' && behind->letter != 'C')
      fail_axes(text, "have something else than S or C behind YX");
  return {axes.begin(), y};
}

/// The axis without a length gets the one that makes all of them `count`.
void fill_in_length(const std::string& text, std::vector<NamedAxis>& axes, int64_t count) {
  int64_t known = 1;
  NamedAxis* open = nullptr;
  for (auto& axis : axes) {
    if (axis.length == 0 && open) fail_axes(text, "leave more than one length open");
    if (axis.length == 0) open = &axis;
    if (axis.length > 0) known *= std::min<int64_t>(axis.length, 10'000'000);
    if (known > 10'000'000) fail_axes(text, "are too long");
  }
  if (open && count % known == 0) open->length = count / known, known = count;
  if (known != count)
    throw Error("axes '" + text + "' do not fit: the file holds " + std::to_string(count) + " planes");
}

}  // namespace

void check_axes(const std::string& text) {
  if (!text.empty()) axes_of_pages(text, split_axes(text));
}

NamedAxes parse_axes(const std::string& text, const PlanesOfFile& planes) {
  const auto all = split_axes(text);
  auto pages = axes_of_pages(text, all);
  NamedAxes named;
  named.structure.source = kSaidByUser;
  named.samples_are_colours =
      std::any_of(all.begin(), all.end(), [](auto axis) { return axis.letter == 'S'; });
  if (named.samples_are_colours && planes.samples != 3)
    throw Error("axes '" + text + "' do not fit: a pixel has " + std::to_string(planes.samples) +
                " samples, expected 3 colours");
  std::erase_if(pages, [&](auto axis) {
    return axis.letter == 'S' || (axis.letter == 'C' && planes.pages == 1 && planes.samples > 1);
  });
  fill_in_length(text, pages, planes.pages);
  for (const auto& axis : pages) {
    named.order += axis.letter;
    (axis.letter == 'T'   ? named.structure.frames
     : axis.letter == 'Z' ? named.structure.slices
                          : named.structure.channels) = axis.length;
  }
  return named;
}

}  // namespace priorseg
