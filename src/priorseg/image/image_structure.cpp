#include "priorseg/image/image_structure.h"

namespace priorseg {
namespace {

std::string counted_axis(int64_t count, const char* name) { return std::to_string(count) + " " + name + "s"; }

}  // namespace

std::string ImageStructure::channel_name(int64_t channel) const {
  const auto place = static_cast<size_t>(channel);
  const bool named = place < channel_names.size() && !channel_names[place].empty();
  return named ? channel_names[place] : std::to_string(channel + 1);
}

std::string ImageStructure::text() const {
  std::vector<std::string> parts;
  if (frames > 1) parts.push_back(counted_axis(frames, "frame"));
  if (slices > 1) parts.push_back(counted_axis(slices, "slice"));
  if (channels > 1) {
    std::string names;
    for (const auto& name : channel_names) names += (names.empty() ? "" : ", ") + name;
    parts.push_back(counted_axis(channels, "channel") + (names.empty() ? "" : " (" + names + ")"));
  }
  if (parts.empty()) return "one plane";
  std::string text = parts.front();
  for (size_t i = 1; i < parts.size(); ++i) text += (i + 1 == parts.size() ? " and " : ", ") + parts[i];
  return text;
}

}  // namespace priorseg
