#include "priorseg/maskrcnn/mask_rcnn.h"

#include <torch/torch.h>

#include <cmath>

#include "priorseg/core/error.h"
#include "priorseg/core/generator.h"
#include "priorseg/core/model_file.h"
#include "priorseg/image/background.h"
#include "priorseg/image/clean_image.h"
#include "priorseg/maskrcnn/corner_boxes.h"
#include "priorseg/maskrcnn/network.h"
#include "priorseg/nn/initial_weights.h"
#include "priorseg/nn/mixed_precision.h"
#include "priorseg/nn/state.h"
#include "priorseg/ops/mask_nms.h"

namespace priorseg {
namespace {

constexpr ModelFormat kModelFormat{"priorseg baseline 1", "'priorseg baseline train'",
                                   "train it again with 'priorseg baseline train'"};

int64_t rescaled(int64_t length, double scale) {
  return std::max<int64_t>(1, std::llround(static_cast<double>(length) * scale));
}

void check_pixels(double pixels, const std::string& what) {
  if (pixels <= static_cast<double>(MaskRcnn::kMostPixels)) return;
  throw Error(what + " has " + std::to_string(std::llround(pixels / 1e6)) +
              " megapixels, the baseline takes at most " + std::to_string(MaskRcnn::kMostPixels / 1000000) +
              "; cut the image into parts");
}

/// Objects of a tile whose centre lies inside [0,height) x [0,width) from (top, left) of the tile on.
torch::Tensor centred_in(const torch::Tensor& boxes, double top, double left, double height, double width) {
  const auto x = boxes.select(1, 0), y = boxes.select(1, 1);
  return torch::nonzero((x >= left) & (x < left + width) & (y >= top) & (y < top + height)).view({-1});
}

}  // namespace

MaskRcnn::MaskRcnn(MaskRcnnOptions options) : options_(std::move(options)) {
  options_.validate();
  network_ = make_network<MaskRcnnNetworkImpl>(options_.network());
  set_training(false);
}

MaskRcnn::MaskRcnn(MaskRcnnOptions options, uint64_t seed) : MaskRcnn(std::move(options)) {
  auto generator = torch_generator(seed);
  network_->draw_weights(generator);
}

MaskRcnn MaskRcnn::clone() const {
  MaskRcnn copy(options_);
  copy.to(network_->device());
  copy_state(*network_, *copy.network_);
  copy.trained_steps_ = trained_steps_;
  copy.origin_ = origin_;
  return copy;
}

void MaskRcnn::to(torch::Device device) { network_->to(device); }

void MaskRcnn::set_training(bool training) {
  network_->train(training);
  if (options_.training.heads_only) network_->backbone()->body()->train(false);
}

void MaskRcnn::check_size(int64_t height, int64_t width) const {
  const double scale = options_.network_from_image();
  const auto count = static_cast<double>(height) * static_cast<double>(width);
  check_pixels(count, "the image");
  check_pixels(count * scale * scale, "the rescaled image");
}

torch::Tensor MaskRcnn::prepare(const Image& image) const {
  const double scale = options_.network_from_image();
  check_size(image.height, image.width);
  const double largest = options_.size.max * scale;
  const auto clean = clean_source(image, options_.intensity);
  const auto grey = resize_clean(clean.read(0, image.height),
                                 {rescaled(image.height, scale), rescaled(image.width, scale)});
  const auto flat = flatten_image(grey, clean.quantum, options_.intensity, largest);
  return map_intensity(flat.grey, flat.statistics, options_.intensity, largest);
}

/// Objects in px of the network image.
Instances MaskRcnn::find_instances(const torch::Tensor& mapped,
                                   const BaselineInferenceOptions& inference) const {
  const int64_t height = mapped.size(0), width = mapped.size(1), tile = inference.tile;
  const double largest = options_.size.max * options_.network_from_image() * options_.size.slack;
  const auto margin = static_cast<int64_t>(std::ceil(1.5 * largest));
  const auto places = [&](int64_t length) { return length <= tile + margin ? length : tile; };
  const int64_t rows = places(height), columns = places(width);
  const auto arithmetic = arithmetic_of(inference.precision, network_->device());
  std::vector<torch::Tensor> boxes, scores, masks;
  for (int64_t row = 0; row < height; row += rows) {
    for (int64_t column = 0; column < width; column += columns) {
      const int64_t top = std::max<int64_t>(0, row - margin), left = std::max<int64_t>(0, column - margin);
      const auto window = mapped.slice(0, top, std::min(height, row + rows + margin))
                              .slice(1, left, std::min(width, column + columns + margin));
      const auto found = network_->find({window.unsqueeze(0)}, inference.score, arithmetic).front();
      const auto centres = centres_from_corners(found.corners);
      const auto inside =
          centred_in(centres, static_cast<double>(row - top), static_cast<double>(column - left),
                     static_cast<double>(rows), static_cast<double>(columns));
      const auto shift = torch::tensor({static_cast<float>(left), static_cast<float>(top), 0.0f, 0.0f});
      boxes.push_back(centres.index_select(0, inside) + shift);
      scores.push_back(found.scores.index_select(0, inside));
      masks.push_back(found.masks.index_select(0, inside));
    }
  }
  const auto all = torch::cat(boxes);
  const auto latents = torch::zeros({all.size(0), 0});
  return {all, torch::cat(scores), latents, torch::cat(masks).contiguous(), height, width};
}

Detections MaskRcnn::find(const Image& image) const { return find(image, options_.inference); }

Detections MaskRcnn::find(const Image& image, const BaselineInferenceOptions& inference) const {
  inference.validate();
  torch::NoGradGuard no_grad;
  const auto mapped = prepare(image);
  Detections result;
  auto found = find_instances(mapped, inference);
  found.height = image.height;
  found.width = image.width;
  const double y = static_cast<double>(found.height) / static_cast<double>(mapped.size(0));
  const double x = static_cast<double>(found.width) / static_cast<double>(mapped.size(1));
  found.boxes = found.boxes * torch::tensor({x, y, y, x}, torch::kFloat32);
  auto objects = rasterize(found, inference.mask_threshold);
  const auto scores = found.scores.contiguous();
  const std::vector<float> score_list(scores.data_ptr<float>(), scores.data_ptr<float>() + scores.numel());
  const auto kept = mask_nms(objects, score_list, inference.max_overlap, NmsRule::kGreedy);
  for (const int64_t index : kept) result.objects.push_back(std::move(objects[static_cast<size_t>(index)]));
  result.instances = found.select(torch::tensor(kept, torch::kInt64));
  return result;
}

void MaskRcnn::collect(std::map<std::string, torch::Tensor>& tensors, nlohmann::json& settings) const {
  collect_state(*network_, "", tensors);
  settings["baseline"] = options_to_json(options_);
  settings["trained_steps"] = trained_steps_;
  settings["origin"] = origin_;
}

MaskRcnn MaskRcnn::restore(const std::map<std::string, torch::Tensor>& tensors,
                           const nlohmann::json& settings) {
  MaskRcnnOptions options;
  options_from_json(options, settings.at("baseline"), "baseline.");
  MaskRcnn model(options);
  restore_state(*model.network_, "", tensors);
  model.trained_steps_ = settings.value("trained_steps", int64_t{0});
  model.origin_ = settings.value("origin", std::string());
  return model;
}

void MaskRcnn::save(const std::filesystem::path& path) const {
  std::map<std::string, torch::Tensor> tensors;
  nlohmann::json settings;
  collect(tensors, settings);
  write_model_file(path, kModelFormat, settings, tensors,
                   {{"norm_epsilon", std::to_string(options_.backbone.norm_epsilon)}});
}

MaskRcnn MaskRcnn::load(const std::filesystem::path& path) {
  return load_model_file(path, kModelFormat,
                         [](const ModelFile& file) { return restore(file.tensors, file.settings); });
}

}  // namespace priorseg
