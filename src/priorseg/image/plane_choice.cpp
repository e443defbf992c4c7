#include "priorseg/image/plane_choice.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <string_view>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

struct PlaneRange {
  int64_t first = 0, last = 0;  // counted from 0, both included
};

std::optional<int64_t> count_from(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1) return std::nullopt;
  return value;
}

PlaneRange parse_range(const std::string& text) {
  const size_t colon = text.find(':');
  const auto first = count_from(std::string_view(text).substr(0, colon));
  const auto last = colon == std::string::npos ? first : count_from(std::string_view(text).substr(colon + 1));
  if (first && last && *last >= *first) return {*first - 1, *last - 1};
  throw Error("'" + text + "' is no plane, expected a number from 1 on, or a range such as 2:5");
}

/// @param what  "slice" or "frame".
PlaneRange range_of(const std::string& text, int64_t count, const std::string& what) {
  if (text.empty()) return {0, count - 1};
  const PlaneRange range = parse_range(text);
  if (range.last < count) return range;
  throw Error(what + " " + std::to_string(range.last + 1) + " is asked for, but there " +
              (count == 1 ? "is one " + what : "are " + std::to_string(count) + " " + what + "s"));
}

bool same_name(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

int64_t channel_of(const ImageStructure& structure, const std::string& wanted) {
  if (wanted.empty() || structure.channels == 1) return 0;  // the only one may have another name
  for (size_t i = 0; i < structure.channel_names.size(); ++i)
    if (same_name(structure.channel_names[i], wanted)) return static_cast<int64_t>(i);
  const auto number = count_from(wanted);
  if (number && *number <= structure.channels) return *number - 1;
  throw Error("channel '" + wanted + "' is asked for, but there are " + structure.text());
}

/// Of a colour picture: red, green or blue by its number, or all.
int64_t colour_of(const std::string& wanted) {
  if (wanted.empty()) return -1;
  const auto number = count_from(wanted);
  if (number && *number <= 3) return *number - 1;
  throw Error("channel '" + wanted +
              "' is asked for, but it is a colour picture; expected 1, 2 or 3, for red, green or blue");
}

const char* name_of_taken(Projection project) {
  switch (project) {
    case Projection::kMax:
      return "the maximum over the slices";
    case Projection::kMean:
      return "the mean of the slices";
    case Projection::kNone:
      return "every slice";
    default:
      return "the slice in best focus";
  }
}

}  // namespace

void check_plane_range(const std::string& text) {
  if (!text.empty()) parse_range(text);
}

std::vector<PictureOfPlanes> choose_planes(const ImageStructure& structure, const PlaneChoice& choice) {
  const int64_t channel = structure.colour ? 0 : channel_of(structure, choice.channel);
  const int64_t colour = structure.colour ? colour_of(choice.channel) : -1;
  const auto slices = range_of(choice.slices, structure.slices, "slice");
  const auto frames = range_of(choice.frames, structure.frames, "frame");
  const bool single = slices.first == slices.last;
  const auto project = choice.project == Projection::kAuto ? Projection::kBestFocus : choice.project;
  std::vector<PictureOfPlanes> pictures;
  for (int64_t frame = frames.first; frame <= frames.last; ++frame) {
    if (single || project == Projection::kNone) {
      for (int64_t slice = slices.first; slice <= slices.last; ++slice)
        pictures.push_back({frame, slice, 1, channel, colour, Projection::kNone});
    } else {
      pictures.push_back({frame, slices.first, slices.last - slices.first + 1, channel, colour, project});
    }
  }
  return pictures;
}

std::string describe_choice(const ImageStructure& structure, const PlaneChoice& choice) {
  const bool other_name = structure.channels == 1 && !structure.colour && !choice.channel.empty() &&
                          !same_name(structure.channel_name(0), choice.channel);
  if (structure.planes() == 1)
    return other_name ? "channel " + choice.channel + " is asked for, and the only one there is is taken"
                      : "";
  std::vector<std::string> taken;
  if (structure.channels > 1)
    taken.push_back("channel " + structure.channel_name(channel_of(structure, choice.channel)) +
                    " (--channel)");
  if (structure.slices > 1)
    taken.push_back((!choice.slices.empty() && choice.slices.find(':') == std::string::npos
                         ? "slice " + choice.slices
                     : choice.slices.empty() ? name_of_taken(choice.project)
                                             : name_of_taken(choice.project) + (" of " + choice.slices)) +
                    " (--z, --project)");
  if (structure.frames > 1)
    taken.push_back((choice.frames.empty() ? "every frame" : "frame " + choice.frames) + " (--t)");
  std::string text = structure.text() + ", says " + structure.source + "; taken: ";
  for (size_t i = 0; i < taken.size(); ++i) text += (i == 0 ? "" : ", ") + taken[i];
  return text;
}

}  // namespace priorseg
