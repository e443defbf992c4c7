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

constexpr const char* kStartOfImage = "\"file_name\":";

/// Calls use_image(line) or use_object(line) for each line of a part.
template <class UseImage, class UseObject>
void read_coco_part(const std::filesystem::path& path, const UseImage& use_image,
                    const UseObject& use_object) {
  std::ifstream file(path, std::ios::binary);
  std::string line;
  bool is_empty = true;
  for (; std::getline(file, line); is_empty = false)
    line.starts_with(kStartOfImage) ? use_image(line) : use_object(line);
  if (is_empty) throw Error("cannot read " + path.string() + "; segment its image again without --resume");
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
    : ObjectwiseSink(info, path), file_name_(utf8_or_escaped(file_name)), made_with_(made_with) {}

/// It begins with kStartOfImage: members are in the order of the alphabet.
std::string CocoPartSink::line_of_image(const PicturePosition& position) const {
  nlohmann::json image = {{"file_name", file_name_},
                          {"height", info().height},
                          {"width", info().width},
                          {"made_with", made_with_.to_json()}};
  if (position.file.frames > 1) image["frame"] = position.frame;
  if (position.file.slices > 1) image["slice"] = position.slice;
  return members_of(image);
}

std::string CocoPartSink::line_of_object(const ObjectMeasurements& object, const std::string& counts) const {
  const auto number = [](int64_t value) { return std::to_string(value); };
  std::string line = R"("category_id":1,"iscrowd":0,"label":)" + number(object.label) + R"(,"area":)" +
                     number(object.area) + R"(,"bbox":[)" + number(object.x0) + ',' + number(object.y0) +
                     ',' + number(object.x1 - object.x0) + ',' + number(object.y1 - object.y0) + ']';
  if (std::isfinite(object.score)) line += R"(,"score":)" + plain_number(object.score);
  if (std::isfinite(object.quality)) line += R"(,"quality":)" + plain_number(object.quality);
  return line + R"(,"segmentation":{"size":[)" + number(info().height) + ',' + number(info().width) +
         R"(],"counts":)" + counts + "}";
}

std::string CocoPartSink::encode(int32_t, const ObjectPixels& object) const {
  return nlohmann::json(encode_coco_counts(object, info().height, info().width)).dump();
}

void CocoPartSink::write(const std::vector<ObjectMeasurements>& objects, ObjectSpool& encoded) {
  write_atomically(path(), [&](const auto& temporary) {
    std::ofstream file(temporary, std::ios::binary);
    auto object = objects.begin();
    for (const auto& position : positions()) {
      file << line_of_image(position) << '\n';
      const auto is_here = [&] {
        return positions().size() == 1 ||
               (object->frame == position.frame && object->slice == position.slice);
      };
      for (; object != objects.end() && is_here(); ++object)
        file << line_of_object(*object, encoded.get(object->label)) << '\n';
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
    const auto use_image = [&](const std::string& line) {
      images.push_back(R"({"id":)" + std::to_string(images.size() + 1) + "," + line + "}");
    };
    const auto use_object = [&](const std::string& line) {
      ++num_annotations;
      file << (num_annotations == 1 ? "\n" : ",\n") << R"({"id":)" << num_annotations << R"(,"image_id":)"
           << images.size() << ',' << line << '}';
    };
    for (const auto& part : parts) read_coco_part(part, use_image, use_object);
    file << "\n],\"images\":[";
    for (size_t i = 0; i < images.size(); ++i) file << (i == 0 ? "\n" : ",\n") << images[i];
    file << "\n]}\n";
    file.close();
    if (!file) fail_to_write_coco(path);
  });
}

}  // namespace priorseg
