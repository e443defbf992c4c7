#include "priorseg/maskrcnn/mask_rcnn.h"

#include <torch/torch.h>

#include <cmath>

#include "priorseg/core/error.h"
#include "priorseg/core/tensor_file.h"
#include "priorseg/image/background.h"
#include "priorseg/image/resample.h"
#include "priorseg/maskrcnn/corner_boxes.h"
#include "priorseg/nn/mixed_precision.h"
#include "priorseg/nn/state.h"
#include "priorseg/ops/mask_nms.h"

namespace priorseg {
namespace {

constexpr const char* kModelFormat = "priorseg baseline 1";

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

MaskRcnn::MaskRcnn(MaskRcnnOptions options, uint64_t seed) : options_(std::move(options)) {
  options_.validate();
  torch::manual_seed(seed);
  network_ = MaskRcnnNetwork(options_.network());
  set_training(false);
}

void MaskRcnn::set_inference(const BaselineInferenceOptions& inference) {
  inference.validate();
  options_.inference = inference;
}

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

torch::Tensor MaskRcnn::prepare(const torch::Tensor& pixels, double quantum) const {
  const double scale = options_.network_from_image();
  check_size(pixels.size(1), pixels.size(2));
  const double largest = options_.size.max * scale;
  const auto grey = resize_image(grey_from_pixels(pixels),
                                 {rescaled(pixels.size(1), scale), rescaled(pixels.size(2), scale)});
  const auto flat = flatten_image(grey, quantum, options_.intensity, largest);
  return map_intensity(flat.grey, flat.statistics, options_.intensity, largest);
}

/// Objects in px of the network image.
Instances MaskRcnn::find_instances(const torch::Tensor& mapped) {
  const int64_t height = mapped.size(0), width = mapped.size(1), tile = options_.inference.tile;
  const double largest = options_.size.max * options_.network_from_image() * options_.size.slack;
  const auto margin = static_cast<int64_t>(std::ceil(1.5 * largest));
  const auto places = [&](int64_t length) { return length <= tile + margin ? length : tile; };
  const int64_t rows = places(height), columns = places(width);
  const auto arithmetic = arithmetic_of(options_.inference.precision, network_->device());
  std::vector<torch::Tensor> boxes, scores, masks;
  for (int64_t row = 0; row < height; row += rows) {
    for (int64_t column = 0; column < width; column += columns) {
      const int64_t top = std::max<int64_t>(0, row - margin), left = std::max<int64_t>(0, column - margin);
      const auto window = mapped.slice(0, top, std::min(height, row + rows + margin))
                              .slice(1, left, std::min(width, column + columns + margin));
      const auto found = network_->find({window.unsqueeze(0)}, options_.inference.score, arithmetic).front();
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

Detections MaskRcnn::find(const torch::Tensor& pixels, double quantum) {
  torch::NoGradGuard no_grad;
  const auto mapped = prepare(pixels, quantum);
  Detections result;
  auto found = find_instances(mapped);
  found.height = pixels.size(1);
  found.width = pixels.size(2);
  const double y = static_cast<double>(found.height) / static_cast<double>(mapped.size(0));
  const double x = static_cast<double>(found.width) / static_cast<double>(mapped.size(1));
  found.boxes = found.boxes * torch::tensor({x, y, y, x}, torch::kFloat32);
  auto objects = rasterize(found, options_.inference.mask_threshold);
  const auto scores = found.scores.contiguous();
  const std::vector<float> score_list(scores.data_ptr<float>(), scores.data_ptr<float>() + scores.numel());
  const auto kept = mask_nms(objects, score_list, options_.inference.max_overlap, NmsRule::kGreedy);
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
  MaskRcnn model(options, 0);
  restore_state(*model.network_, "", tensors);
  model.trained_steps_ = settings.value("trained_steps", int64_t{0});
  model.origin_ = settings.value("origin", std::string());
  return model;
}

void MaskRcnn::save(const std::filesystem::path& path) const {
  TensorFile file;
  nlohmann::json settings;
  collect(file.tensors, settings);
  file.metadata = {{"format", kModelFormat},
                   {"settings", settings.dump()},
                   {"norm_epsilon", std::to_string(options_.backbone.norm_epsilon)}};
  write_tensor_file(path, file);
}

MaskRcnn MaskRcnn::load(const std::filesystem::path& path) {
  const TensorFile file = read_tensor_file(path);
  const auto format = file.metadata.find("format");
  if (format == file.metadata.end() || format->second != kModelFormat) {
    throw Error(path.string() + " is " +
                (format == file.metadata.end() ? "no file of priorseg" : "a '" + format->second + "'") +
                ", expected a '" + kModelFormat + "' as written by 'priorseg baseline train'");
  }
  try {
    return restore(file.tensors, nlohmann::json::parse(file.metadata.at("settings")));
  } catch (const Error& error) {
    throw Error(path.string() + ": " + error.what());
  } catch (const nlohmann::json::exception&) {
    throw Error(path.string() + " has damaged settings; train it again with 'priorseg baseline train'");
  } catch (const std::out_of_range&) {
    throw Error(path.string() + " has no settings; train it again with 'priorseg baseline train'");
  }
}

}  // namespace priorseg
