#include "priorseg/pipeline/provenance_record.h"

#include <c10/util/hash.h>

#include <fstream>
#include <iterator>
#include <set>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/options.h"
#include "priorseg/core/utf8.h"

namespace priorseg {
namespace {

template <class Model>
std::string hash_of_model(const Model& model, const OutputPaths& folder) {
  const PartialFile place(folder.own() / "model.safetensors");
  model.save(place.temporary());
  std::ifstream file(place.temporary(), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  return "sha1:" + c10::sha1(bytes).str();
}

/// The runs that are noted, each with its images.
nlohmann::json noted_runs(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const auto noted = nlohmann::json::parse(file, nullptr, false);
  auto runs = nlohmann::json::array();
  if (!noted.is_object() || !noted.contains("runs") || !noted["runs"].is_array()) return runs;
  for (const auto& run : noted["runs"])
    if (run.is_object() && run.contains("images") && run["images"].is_array()) runs.push_back(run);
  return runs;
}

/// The runs that are noted, without `images` in their lists, and without those that have no other.
nlohmann::json runs_without(const std::filesystem::path& path, const std::set<std::string>& images) {
  auto runs = nlohmann::json::array();
  for (auto run : noted_runs(path)) {
    auto others = nlohmann::json::array();
    for (const auto& image : run["images"])
      if (image.is_string() && !images.contains(image.get<std::string>())) others.push_back(image);
    if (others.empty()) continue;
    run["images"] = others;
    runs.push_back(run);
  }
  return runs;
}

}  // namespace

Provenance provenance_of(const Detector& detector, const InferenceOptions& inference,
                         const OutputPaths& folder) {
  return {hash_of_model(detector, folder), options_to_json(inference)};
}

Provenance provenance_of(const MaskRcnn& model, const BaselineInferenceOptions& inference,
                         const OutputPaths& folder) {
  return {hash_of_model(model, folder), options_to_json(inference)};
}

void note_provenance(OutputFolder& folder, const std::vector<std::string>& stems,
                     const Provenance& made_with) {
  std::set<std::string> images;
  for (const auto& stem : stems) images.insert(utf8_or_escaped(stem));
  if (images.empty()) return;
  auto run = made_with.to_json();
  auto runs = nlohmann::json::array();
  for (const auto& other : runs_without(folder.provenance(), images)) {
    auto rest = other;
    rest.erase("images");
    if (rest != run)
      runs.push_back(other);
    else  // it goes on
      for (const auto& image : other["images"]) images.insert(image.get<std::string>());
  }
  run["images"] = images;
  runs.push_back(run);
  write_text_atomically(folder.claim(folder.provenance()), nlohmann::json{{"runs", runs}}.dump(1) + "\n");
}

std::map<std::string, Provenance> noted_provenance(const OutputPaths& folder) {
  std::map<std::string, Provenance> noted;
  for (const auto& run : noted_runs(folder.provenance())) {
    const auto model = run.find("model");
    const Provenance made_with{model != run.end() && model->is_string() ? model->get<std::string>() : "",
                               run.value("settings", nlohmann::json())};
    for (const auto& image : run["images"])
      if (image.is_string()) noted[image.get<std::string>()] = made_with;
  }
  return noted;
}

}  // namespace priorseg
