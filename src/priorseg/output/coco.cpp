#include "priorseg/output/coco.h"

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/error.h"
#include "priorseg/core/utf8.h"
#include "priorseg/output/markup.h"

namespace priorseg {
namespace {

/// Lengths of background and object in turn over all pixels of the image, column by column.
std::vector<int64_t> column_runs(const ObjectPixels& object, int64_t height, int64_t width) {
  std::vector<int64_t> lengths;
  int64_t end = 0;  // of the last run of the object
  for (int64_t x = 0; x < object.width; ++x) {
    for (int64_t y = 0; y < object.height; ++y) {
      if (object.bits[y * object.width + x] == 0) continue;
      const int64_t start = (object.x0 + x) * height + object.y0 + y;
      if (start > end || lengths.empty()) {
        lengths.push_back(start - end);
        lengths.push_back(0);
      }
      ++lengths.back();  // also on from the lower border to the upper one of the next column
      end = start + 1;
    }
  }
  if (end < height * width) lengths.push_back(height * width - end);
  return lengths;
}

void append_number_of_counts(std::string& text, int64_t value) {
  constexpr int64_t kLowBits = 31, kSignBit = 16, kMoreBit = 32;
  for (bool more = true; more;) {
    int64_t character = value & kLowBits;
    value >>= 5;
    more = (character & kSignBit) != 0 ? value != -1 : value != 0;
    if (more) character |= kMoreBit;
    text += static_cast<char>(character + 48);
  }
}

/// A JSON object without its braces.
std::string members_of(const nlohmann::json& object) {
  const std::string text = object.dump();
  return text.substr(1, text.size() - 2);
}

[[noreturn]] void fail_to_write_coco(const std::filesystem::path& path) {
  throw Error("cannot write " + path.string() + ": check the folder's permissions and free space");
}

/// Calls use(line) for each line of a part but the first, which is returned.
template <class Use>
std::string read_coco_part(const std::filesystem::path& path, const Use& use) {
  std::ifstream file(path, std::ios::binary);
  std::string image, line;
  std::getline(file, image);
  if (image.empty())
    throw Error("cannot read " + path.string() + "; segment its image again without --resume");
  while (std::getline(file, line)) use(line);
  return image;
}

}  // namespace

std::string encode_coco_counts(const ObjectPixels& object, int64_t height, int64_t width) {
  const auto lengths = column_runs(object, height, width);
  std::string text;
  for (size_t i = 0; i < lengths.size(); ++i)
    append_number_of_counts(text, i > 2 ? lengths[i] - lengths[i - 2] : lengths[i]);
  return text;
}

CocoPartSink::CocoPartSink(const ImageInfo& info, const std::filesystem::path& path,
                           const std::string& file_name, const Provenance& made_with)
    : ObjectwiseSink(info, path),
      image_(members_of({{"file_name", utf8_or_escaped(file_name)},
                         {"height", info.height},
                         {"width", info.width},
                         {"made_with", made_with.to_json()}})) {}

std::string CocoPartSink::encode(int32_t, const ObjectPixels& object) const {
  return nlohmann::json(encode_coco_counts(object, info().height, info().width)).dump();
}

void CocoPartSink::write(const std::vector<ObjectMeasurements>& objects, ObjectSpool& encoded) {
  write_atomically(path(), [&](const auto& temporary) {
    std::ofstream file(temporary, std::ios::binary);
    file << image_ << '\n';
    for (const auto& object : objects) {
      file << R"("category_id":1,"iscrowd":0,"label":)" << object.label << R"(,"area":)" << object.area
           << R"(,"bbox":[)" << object.x0 << ',' << object.y0 << ',' << object.x1 - object.x0 << ','
           << object.y1 - object.y0 << ']';
      if (std::isfinite(object.score)) file << R"(,"score":)" << plain_number(object.score);
      if (std::isfinite(object.quality)) file << R"(,"quality":)" << plain_number(object.quality);
      file << R"(,"segmentation":{"size":[)" << info().height << ',' << info().width << R"(],"counts":)"
           << encoded.get(object.label) << "}\n";
    }
    file.close();
    if (!file) fail_to_write_coco(path());
  });
}

void join_coco_parts(const std::filesystem::path& path, const std::vector<std::filesystem::path>& parts,
                     const Provenance& made_with) {
  auto info = made_with.to_json();
  info["description"] = "objects found by " + program_name();
  write_atomically(path, [&](const auto& temporary) {
    std::ofstream file(temporary, std::ios::binary);
    file << R"({"info":)" << info.dump() << R"(,"licenses":[],"categories":[{"id":1,"name":"object"}],)"
         << R"("annotations":[)";
    std::vector<std::string> images;
    int64_t num_annotations = 0;
    for (const auto& part : parts) {
      const auto image_id = std::to_string(images.size() + 1);
      const auto image = read_coco_part(part, [&](const std::string& line) {
        ++num_annotations;
        file << (num_annotations == 1 ? "\n" : ",\n") << R"({"id":)" << num_annotations << R"(,"image_id":)"
             << image_id << ',' << line << '}';
      });
      images.push_back(R"({"id":)" + image_id + "," + image + "}");
    }
    file << "\n],\"images\":[";
    for (size_t i = 0; i < images.size(); ++i) file << (i == 0 ? "\n" : ",\n") << images[i];
    file << "\n]}\n";
    file.close();
    if (!file) fail_to_write_coco(path);
  });
}

}  // namespace priorseg
