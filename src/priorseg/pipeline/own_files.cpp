#include "priorseg/pipeline/own_files.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

#include "priorseg/output/objects_csv.h"

namespace priorseg {
namespace fs = std::filesystem;
namespace {

constexpr size_t kBeginning = 4096;           // of a file, bytes: enough for a header line and a title
constexpr size_t kLongestHeader = 100 << 20;  // of a .safetensors file, bytes

std::string read_beginning(const fs::path& path, size_t bytes) {
  std::ifstream file(path, std::ios::binary);
  std::string text(bytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(bytes));
  text.resize(static_cast<size_t>(file.gcount()));
  return text;
}

bool begins_with(const fs::path& path, std::string_view text) {
  return read_beginning(path, text.size()) == text;
}

/// A .safetensors file that holds a prior, a model or a checkpoint, whatever their version.
bool is_own_tensor_file(const fs::path& path) {
  const std::string length = read_beginning(path, 8);
  if (length.size() < 8) return false;
  uint64_t bytes = 0;
  for (int i = 7; i >= 0; --i)
    bytes = bytes << 8 | static_cast<unsigned char>(length[static_cast<size_t>(i)]);
  if (bytes > kLongestHeader) return false;
  return read_beginning(path, 8 + bytes).find("\"format\":\"priorseg ") != std::string::npos;
}

/// settings.json of a training; that of simulated images has other groups.
bool is_own_settings_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const auto json = nlohmann::json::parse(file, nullptr, false);
  return json.is_object() && json.contains("detector") && json.contains("prior");
}

/// provenance.json, which pipeline/provenance_record writes.
bool is_own_provenance(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const auto json = nlohmann::json::parse(file, nullptr, false);
  if (!json.is_object() || !json.contains("runs") || !json["runs"].is_array()) return false;
  return std::all_of(json["runs"].begin(), json["runs"].end(), [](const auto& run) {
    return run.is_object() && run.contains("program") && run["program"].is_string() &&
           run["program"].template get<std::string>().starts_with("priorseg ");
  });
}

/// "step_000200.png"
bool is_preview_name(const std::string& name) {
  constexpr std::string_view kStart = "step_", kEnd = ".png";
  if (!name.starts_with(kStart) || !name.ends_with(kEnd) || name.size() <= kStart.size() + kEnd.size())
    return false;
  return std::all_of(name.begin() + kStart.size(), name.end() - kEnd.size(),
                     [](unsigned char c) { return std::isdigit(c) != 0; });
}

bool is_regular(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(fs::symlink_status(path, error));
}

constexpr std::array kTopFiles = {"settings.json",
                                  "objects.csv",
                                  "images.csv",
                                  "manifest.jsonl",
                                  "summary.csv",
                                  "report.html",
                                  "provenance.json",
                                  "losses.csv",
                                  "model.safetensors",
                                  "prior.safetensors",
                                  "checkpoint.safetensors",
                                  "teacher.safetensors"};

void add_previews(const fs::path& folder, EarlierResults& results) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder / "previews", error)) {
    const fs::path name = entry.path().filename();
    if (is_regular(entry.path()) && is_preview_name(name.string()))
      results.files.push_back(fs::path("previews") / name);
  }
}

void add_images(const fs::path& folder, EarlierResults& results) {
  const auto rows = count_rows_of_images(folder / "objects.csv");
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder / "labels", error)) {
    const std::string stem = entry.path().stem().string();
    const bool is_own = rows.contains(stem) || is_regular(folder / "overlays" / (stem + ".png"));
    if (!is_regular(entry.path()) || entry.path().extension() != ".tif" || !is_own) continue;
    results.files.push_back(fs::path("labels") / entry.path().filename());
    results.stems.push_back(stem);
  }
  // An overlay is written before its label map, which may be lacking where a run was interrupted.
  for (const auto& entry : fs::directory_iterator(folder / "overlays", error)) {
    const bool is_picture = is_regular(entry.path()) && entry.path().extension() == ".png";
    if (is_picture) results.files.push_back(fs::path("overlays") / entry.path().filename());
  }
}

}  // namespace

bool is_own_by_content(const fs::path& file) {
  const std::string name = file.filename().string();
  if (!is_regular(file)) return false;
  if (file.extension() == ".safetensors") return is_own_tensor_file(file);
  if (name == "settings.json") return is_own_settings_file(file);
  if (name == "provenance.json") return is_own_provenance(file);
  if (name == "objects.csv") {  // tables of versions before 0.2 have no quality
    return begins_with(file, "image,label,score,quality,AreaShape_Area,") ||
           begins_with(file, "image,label,score,AreaShape_Area,");
  }
  if (name == "images.csv") return begins_with(file, "image,objects,verdict,reason,");
  if (name == "manifest.jsonl") return begins_with(file, R"({"index":)");
  if (name == "summary.csv") return begins_with(file, "level,Metadata_Plate,");
  if (name == "report.html")
    return read_beginning(file, kBeginning).find("<title>priorseg") != std::string::npos;
  if (name.ends_with("losses.csv")) return begins_with(file, "step,loss,");
  return false;
}

EarlierResults find_earlier_results(const fs::path& folder) {
  EarlierResults results;
  for (const char* name : kTopFiles)
    if (is_own_by_content(folder / name)) results.files.emplace_back(name);
  if (results.files.empty()) return results;
  add_previews(folder, results);
  const bool segmented =
      is_own_by_content(folder / "objects.csv") || is_own_by_content(folder / "report.html");
  if (segmented) add_images(folder, results);
  return results;
}

}  // namespace priorseg
