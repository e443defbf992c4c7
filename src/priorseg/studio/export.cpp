#include <torch/types.h>

#include <iterator>
#include <utility>

#include "priorseg/core/error.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/output/coco.h"
#include "priorseg/output/markup.h"
#include "priorseg/output/objects_csv.h"
#include "priorseg/pipeline/further_results.h"
#include "priorseg/pipeline/output_folder.h"
#include "priorseg/studio/session.h"

namespace priorseg {
namespace {

/// Gives the present state of a picture.
using GivePresent = std::function<ImageResult::Present(int64_t picture)>;

/// The picture that a reader is at.
PicturePosition position_in_file(const ImageReader& reader) {
  const auto& picture = reader.picture();
  return {reader.structure(), picture.frame + 1, picture.first_slice + 1, picture.channel + 1,
          picture.num_slices > 1};
}

/// Hands the pictures of an image to its sinks. Labels go on from picture to picture: those of later ones
/// make room for what was added to earlier ones.
/// @param overlay  shows the picture in the middle.
std::vector<ObjectMeasurements> hand_over(ImageReader& reader, const GivePresent& present_of,
                                          const std::vector<ResultSink*>& sinks, ResultSink& overlay) {
  std::vector<ObjectMeasurements> objects;
  int32_t added = 0;
  int64_t highest = 0;
  for (int64_t picture = 0; picture < reader.num_pictures(); ++picture) {
    reader.go_to(picture);
    auto present = present_of(picture);
    if (added > 0) present.labels += present.labels.gt(0).to(torch::kInt32) * added;
    for (auto& object : present.objects) {
      object.label += added;
      highest = std::max<int64_t>(highest, object.label);
    }
    added += present.labels_added;
    const Image image = reader.read();
    const LabelledRows rows{{0, image.height}, image.pixels, present.labels, highest};
    for (ResultSink* sink : sinks) {
      sink->begin_picture(position_in_file(reader));
      sink->add(rows);
    }
    if (picture == reader.num_pictures() / 2) overlay.add(rows);
    std::move(present.objects.begin(), present.objects.end(), std::back_inserter(objects));
  }
  return objects;
}

/// Writes the present state of one image in all forms of the folder.
void export_image(ImageReader& reader, const std::filesystem::path& file, const std::string& stem,
                  const GivePresent& present_of, const Provenance& made_with, OutputFolder& folder,
                  ObjectsCsv& csv) {
  LabelMapSink label_map(reader.info(), folder.claim(folder.label_map(stem)), made_with,
                         reader.stack_shape());
  OverlaySink overlay(reader.info(), folder.claim(folder.overlay(stem)));
  std::vector<ResultSink*> sinks = {&label_map};
  const auto further = further_results(file, reader, stem, made_with, folder);
  for (const auto& result : further) {
    folder.claim(result.file);
    sinks.push_back(result.sink.get());
  }
  const auto objects = hand_over(reader, present_of, sinks, overlay);
  overlay.finish(objects);
  for (const auto& result : further) result.sink->finish(objects);
  csv.add(stem, objects, reader.channel_names());
  try {
    label_map.finish(objects);
  } catch (...) {
    csv.take_back();
    throw;
  }
  folder.finish_image(stem, std::ssize(objects));
}

}  // namespace

void Session::export_now(const Gallery& gallery, const Choices& choices) {
  const OutputPaths found = output();
  FolderPlan plan;
  plan.inputs = gallery.files();
  plan.forms = parse_further_forms(choices.save);
  std::vector<size_t> indices;
  for (size_t i = 0; i < gallery.files().size(); ++i)
    if (std::filesystem::exists(found.label_map(gallery.stems()[i]))) indices.push_back(i);
  if (indices.empty()) throw Error("there are no results to export yet; learn first");
  for (const size_t i : indices) plan.images.push_back(gallery.files()[i]);
  OutputFolder folder(found.root / "corrected", plan, board_);
  folder.begin_images();
  ObjectsCsv csv(folder.claim(folder.objects()));
  // COCO's file is made of parts that name the images of its folder.
  const Provenance made_with{"", nlohmann::json::object({{"corrected", true}})};
  const auto looked_at = planes();
  int64_t failed = 0;
  for (size_t i = 0; i < indices.size(); ++i) {
    board_.check_stop();
    const auto& file = gallery.files()[indices[i]];
    const auto& stem = gallery.stems()[indices[i]];
    try {
      ImageReader reader(ImageInput(file).with_planes(looked_at));
      const auto present_of = [&](int64_t picture) {
        board_.check_stop();
        return result(static_cast<int64_t>(indices[i]), picture)->present(true);
      };
      export_image(reader, file, stem, present_of, made_with, folder, csv);
    } catch (const Error& error) {
      folder.drop_image(stem);
      board_.error(error.what());
      ++failed;
    }
    board_.progress({"export", static_cast<int64_t>(i) + 1, std::ssize(indices), {}});
  }
  if (folder.forms().contains(ResultForm::kCoco)) {
    std::vector<std::filesystem::path> parts;
    for (const auto& stem : folder.images_of_coco()) parts.push_back(folder.coco_part(stem));
    join_coco_parts(folder.claim(folder.coco()), parts, made_with);
  }
  board_.info("wrote " + counted(std::ssize(indices) - failed, "image", "images") + " to " +
              folder.root.string());
}

}  // namespace priorseg
