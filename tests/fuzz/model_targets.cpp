// Model files: headers, and the settings inside of them.
#include <torch/torch.h>

#include <nlohmann/json.hpp>

#include "detector/tiny_detector.h"
#include "fuzz_target.h"
#include "priorseg/core/model_file.h"
#include "priorseg/detector/training_state.h"

namespace priorseg::fuzz {
namespace {

namespace fs = std::filesystem;

struct ModelParts {
  std::map<std::string, torch::Tensor> tensors;
  nlohmann::json settings;
};

/// A detector of networks that have learned nothing.
Detector empty_detector() {
  auto prior_options = test::tiny_prior_options();
  prior_options.steps = 1;
  return {test::tiny_options(), ShapePrior::train(test::ellipse_masks(8), prior_options, 1), 1};
}

const ModelParts& empty_model() {
  static const ModelParts parts = [] {
    ModelParts made;
    empty_detector().collect(made.tensors, made.settings);
    return made;
  }();
  return parts;
}

/// As `priorseg info` and `priorseg segment` do.
void read_model(const std::string& bytes) {
  const fs::path file = as_file("model.safetensors", bytes);
  const std::string format = read_any_model_file(file).format;
  if (format.find("prior") != std::string::npos) ShapePrior::load(file);
  if (format.find("checkpoint") != std::string::npos) checkpoint_seed(file);
  Detector::load(file);
}

/// The header of a model file whose length fits it, before some bytes of data.
void read_header(const std::string& bytes) {
  std::string file(8, '\0');
  for (size_t i = 0; i < 8; ++i) file[i] = static_cast<char>(bytes.size() >> (8 * i));
  read_any_model_file(as_file("header.safetensors", file + bytes + std::string(64, '\1')));
}

/// Settings beside the weights of a small model.
void read_model_settings(const std::string& bytes) {
  const auto settings = nlohmann::json::parse(bytes, nullptr, false);
  if (!settings.is_object()) return;
  Detector::restore(empty_model().tensors, settings);
}

std::vector<std::string> model_seeds() {
  return {
      bytes_written("model.safetensors", [](const fs::path& file) { empty_detector().save(file); }),
      bytes_written("prior.safetensors", [](const fs::path& file) { empty_detector().prior().save(file); })};
}

std::vector<std::string> header_seeds() {
  return {R"({"__metadata__":{"format":"priorseg model 1","settings":"{}"},)"
          R"("a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
          R"("b":{"dtype":"U8","shape":[40],"data_offsets":[24,64]}})",
          R"({"a":{"dtype":"BOOL","shape":[],"data_offsets":[0,1]},"b":{"dtype":"I64","shape":[0,7],)"
          R"("data_offsets":[1,1]},"c":{"dtype":"U8","shape":[63],"data_offsets":[1,64]}})"};
}

}  // namespace

std::vector<FuzzTarget> model_targets() {
  return {{"model", read_model, model_seeds},
          {"model_header", read_header, header_seeds},
          {"model_settings", read_model_settings,
           [] { return std::vector<std::string>{empty_model().settings.dump()}; }}};
}

}  // namespace priorseg::fuzz
