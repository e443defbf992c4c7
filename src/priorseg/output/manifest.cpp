#include "priorseg/output/manifest.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>
#include <utility>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/error.h"
#include "priorseg/core/utf8.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;

/// A figure of an image under the name that it has in the manifest.
struct NamedFigure {
  const char* name;
  double ImageEvidence::*value;
};
constexpr NamedFigure kFigures[] = {
    {"mean_score", &ImageEvidence::mean_score},     {"mean_quality", &ImageEvidence::mean_quality},
    {"standing_out", &ImageEvidence::standing_out}, {"explained", &ImageEvidence::explained},
    {"supported", &ImageEvidence::supported},       {"agreement", &ImageEvidence::agreement}};

struct NamedSign {
  const char* name;
  bool ImageEvidence::*value;
};
constexpr NamedSign kSigns[] = {{"is_unexplained", &ImageEvidence::is_unexplained},
                                {"looks_opposite", &ImageEvidence::looks_opposite},
                                {"is_inverted", &ImageEvidence::is_inverted}};

/// JSON knows no NaN.
nlohmann::ordered_json number_or_null(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json();
}

double number_or_nan(const nlohmann::json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

std::string line_of_entry(const ManifestEntry& entry) {
  const ReportImage& image = entry.image;
  const bool failed = !image.failure.empty();
  nlohmann::ordered_json line = {{"index", entry.index},
                                 {"image", utf8_or_escaped(entry.stem)},
                                 {"file", utf8_or_escaped(image.name)},
                                 {"state", failed ? "failed" : "done"}};
  if (failed) line["failure"] = utf8_or_escaped(image.failure);
  line["finished"] = entry.finished;
  line["warnings"] = entry.warnings;
  for (auto& warning : line["warnings"]) warning = utf8_or_escaped(warning.get<std::string>());
  if (!failed) {
    line["seconds"] = number_or_null(image.seconds);
    line["objects"] = image.objects;
    line["median_area"] = number_or_null(image.median_area);
    line["pixels"] = entry.num_pixels;
    line["artefact_pixels"] = entry.artefacts;
    line["left_out"] = image.left_out;
    for (const auto& [name, value] : kFigures) line[name] = number_or_null(image.evidence.*value);
    for (const auto& [name, value] : kSigns) line[name] = image.evidence.*value;
  }
  return line.dump() + "\n";
}

ManifestEntry entry_of_line(const nlohmann::json& line) {
  ManifestEntry entry;
  entry.index = line.at("index").get<int64_t>();
  entry.stem = bytes_of_escaped(line.at("image").get<std::string>());
  entry.finished = line.at("finished").get<std::string>();
  ReportImage& image = entry.image;
  image.name = bytes_of_escaped(line.at("file").get<std::string>());
  for (const auto& warning : line.at("warnings"))
    entry.warnings.push_back(bytes_of_escaped(warning.get<std::string>()));
  if (line.at("state") == "failed") {
    image.failure = bytes_of_escaped(line.at("failure").get<std::string>());
    return entry;
  }
  image.seconds = number_or_nan(line.at("seconds"));
  image.objects = line.at("objects").get<int64_t>();
  image.median_area = number_or_nan(line.at("median_area"));
  image.left_out = line.at("left_out").get<std::string>();
  entry.num_pixels = line.at("pixels").get<int64_t>();
  entry.artefacts = line.at("artefact_pixels").get<ArtefactCounts>();
  for (const auto& [name, value] : kFigures) image.evidence.*value = number_or_nan(line.at(name));
  for (const auto& [name, value] : kSigns) image.evidence.*value = line.at(name).get<bool>();
  return entry;
}

/// Gives every whole line of a manifest with what it says.
template <class Use>
void for_each_manifest_line(const fs::path& path, const Use& use) {
  std::error_code error;
  if (!fs::exists(path, error)) return;
  std::ifstream file(path, std::ios::binary);
  int64_t number = 0;
  for (std::string line; std::getline(file, line) && !file.eof();) {
    ++number;
    try {
      use(line, entry_of_line(nlohmann::json::parse(line)));
    } catch (const nlohmann::json::exception&) {
      throw Error("line " + std::to_string(number) + " of " + path.string() +
                  " does not tell of an image as this version of priorseg writes it; move the file away and "
                  "segment the images again");
    }
  }
  if (file.bad()) throw Error("cannot read " + path.string() + "; check its permissions");
}

}  // namespace

Manifest::Manifest(fs::path path, const std::set<std::string>& kept_images) : path_(std::move(path)) {
  std::map<std::string, std::pair<int64_t, std::string>> lines;  // by image
  if (!kept_images.empty()) {
    for_each_manifest_line(path_, [&](const std::string& line, const ManifestEntry& entry) {
      if (kept_images.contains(entry.stem)) lines[entry.stem] = {entry.index, line + "\n"};
    });
  }
  std::vector<std::pair<int64_t, std::string>> in_order;
  for (auto& [stem, line] : lines) in_order.push_back(std::move(line));
  std::sort(in_order.begin(), in_order.end());
  std::string text;
  for (const auto& [index, line] : in_order) text += line;
  write_text_atomically(path_, text);
}

void Manifest::add(const ManifestEntry& entry) {
  const std::string line = line_of_entry(entry);
  std::error_code error;
  const auto size = fs::file_size(path_, error);
  std::ofstream file(path_, std::ios::binary | std::ios::app);
  file.write(line.data(), static_cast<std::streamsize>(line.size()));
  file.close();
  if (!error && file) return;
  std::error_code ignored;
  if (!error) fs::resize_file(path_, size, ignored);
  throw Error("cannot write " + path_.string() + ": check the folder's permissions and free space");
}

std::vector<ManifestEntry> read_manifest(const fs::path& path) {
  std::map<std::string, ManifestEntry> last;
  for_each_manifest_line(
      path, [&](const std::string&, ManifestEntry entry) { last[entry.stem] = std::move(entry); });
  std::vector<ManifestEntry> entries;
  for (auto& [stem, entry] : last) entries.push_back(std::move(entry));
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.index < b.index; });
  return entries;
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

}  // namespace priorseg
