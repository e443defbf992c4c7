#include "priorseg/core/control_group.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace priorseg {
namespace fs = std::filesystem;
namespace {

constexpr const char* kProcessorController = "cpu";
constexpr const char* kUnified = "";  // /proc/self/cgroup names no controller for version 2

std::vector<std::string> split_list(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

bool names_processors(const std::string& list) {
  const auto names = split_list(list, ',');
  return std::find(names.begin(), names.end(), kProcessorController) != names.end();
}

/// The groups of this process that can limit processors: "cpu" of version 1 and "" of version 2, with their
/// paths.
std::map<std::string, fs::path> groups_of_process(const fs::path& root) {
  std::map<std::string, fs::path> groups;
  std::ifstream file(root / "proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {  // number:controllers:path
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (controllers == kUnified) groups[kUnified] = line.substr(second + 1);
    if (names_processors(controllers)) groups[kProcessorController] = line.substr(second + 1);
  }
  return groups;
}

/// A tree of groups, as it is mounted here.
struct GroupMount {
  bool is_unified = false;
  fs::path top;    ///< the group that is seen at `place`: a container sees only its own
  fs::path place;  ///< folder
};

std::vector<GroupMount> mounted_groups(const fs::path& root) {
  std::vector<GroupMount> mounts;
  std::ifstream file(root / "proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream stream(line);
    const std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (dash - words.begin() < 5 || words.end() - dash < 4) continue;
    const bool is_unified = dash[1] == "cgroup2";
    if (is_unified || (dash[1] == "cgroup" && names_processors(dash[3])))
      mounts.push_back({is_unified, words[3], words[4]});
  }
  return mounts;
}

std::optional<double> share(double quota, double period) {
  if (quota > 0 && period > 0) return quota / period;
  return std::nullopt;  // version 1 writes -1 where there is no limit
}

std::optional<double> limit_of_group(const fs::path& folder, bool is_unified) {
  double quota = 0, period = 0;
  if (is_unified) {  // "max 100000" or "150000 100000"
    std::ifstream file(folder / "cpu.max");
    return file >> quota >> period ? share(quota, period) : std::nullopt;
  }
  std::ifstream quota_file(folder / "cpu.cfs_quota_us"), period_file(folder / "cpu.cfs_period_us");
  return quota_file >> quota && period_file >> period ? share(quota, period) : std::nullopt;
}

/// `group` as it is named below the top of a mount; the top itself where it lies elsewhere (a container that
/// is told its name outside).
fs::path below_top(const fs::path& group, const fs::path& top) {
  const fs::path relative = group.lexically_relative(top);
  const bool lies_below = !relative.empty() && *relative.begin() != "..";
  return lies_below ? relative : fs::path(".");
}

}  // namespace

std::optional<double> processors_of_control_group(const fs::path& root) {
  std::optional<double> least;
  const auto groups = groups_of_process(root);
  for (const GroupMount& mount : mounted_groups(root)) {
    const auto group = groups.find(mount.is_unified ? kUnified : kProcessorController);
    if (group == groups.end()) continue;
    const fs::path place = root / mount.place.relative_path();
    fs::path step = place;
    std::vector<fs::path> folders = {place};
    for (const fs::path& part : below_top(group->second, mount.top)) {
      if (part == ".") continue;
      folders.push_back(step /= part);
    }
    for (const fs::path& folder : folders) {
      const auto limit = limit_of_group(folder, mount.is_unified);
      if (limit) least = std::min(least.value_or(*limit), *limit);
    }
  }
  return least;
}

}  // namespace priorseg
