#include "priorseg/core/error.h"
#include "priorseg/image/image_file.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/output/coco.h"
#include "priorseg/output/markup.h"
#include "priorseg/output/objects_csv.h"
#include "priorseg/output/overlay.h"
#include "priorseg/output/write_objects.h"
#include "priorseg/pipeline/output_folder.h"
#include "priorseg/studio/session.h"

namespace priorseg {
namespace {

/// Writes the present state of one image in all forms of the folder.
void export_image(const std::filesystem::path& file, const PlaneChoice& planes, const std::string& stem,
                  const ImageResult::Present& present, const Provenance& made_with, OutputFolder& folder,
                  ObjectsCsv& csv) {
  ImageReader reader(ImageInput(file).with_planes(planes));
  const Image image = reader.read();
  const int64_t highest = present.objects.empty() ? 0 : present.objects.back().label;
  write_png(folder.claim(folder.overlay(stem)), draw_overlay(image.pixels, present.labels));
  for (const auto form : folder.forms()) {
    const auto sink = make_sink(form, folder.claim(folder.image_file(form, stem)), file.filename().string(),
                                image, made_with);
    sink->begin_picture({reader.structure()});
    sink->add({{0, image.height}, image.pixels, present.labels, highest});
    sink->finish(present.objects);
  }
  folder.claim(folder.label_map(stem));
  csv.add(stem, present.objects);
  write_label_map(folder.label_map(stem), present.labels, image.pixel_size);
  folder.finish_image(stem, std::ssize(present.objects));
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
      export_image(file, looked_at, stem, result(static_cast<int64_t>(indices[i]), 0)->present(), made_with,
                   folder, csv);
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
