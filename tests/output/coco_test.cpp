#include "priorseg/output/coco.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <nlohmann/json.hpp>
#include <random>

#include "support/error_message.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

namespace priorseg {
namespace {

using testing::HasSubstr;

/// Reads counts as the COCO API does.
std::vector<int64_t> decoded_counts(const std::string& text) {
  std::vector<int64_t> counts;
  for (size_t i = 0; i < text.size();) {
    int64_t value = 0, shift = 0;
    for (bool more = true; more; ++i) {
      const int64_t character = text[i] - 48;
      value |= (character & 31) << shift;
      more = (character & 32) != 0;
      shift += 5;
      if (!more && (character & 16) != 0) value |= -1L << shift;
    }
    if (counts.size() > 2) value += counts[counts.size() - 2];
    counts.push_back(value);
  }
  return counts;
}

/// Row by row.
std::vector<uint8_t> drawn(const std::vector<int64_t>& counts, int64_t height, int64_t width) {
  std::vector<uint8_t> bits(static_cast<size_t>(height * width), 0);
  int64_t position = 0;
  for (size_t i = 0; i < counts.size(); ++i)
    for (int64_t j = 0; j < counts[i]; ++j, ++position)
      bits[position % height * width + position / height] = i % 2;
  EXPECT_EQ(position, height * width);
  return bits;
}

TEST(CocoCounts, AreThoseOfTheCocoApi) {
  // One pixel in the middle of 3 x 3: 4 of background, 1, 4.
  EXPECT_EQ(encode_coco_counts({1, 1, 1, 1, 1, {1}}, 3, 3), "414");
  // All of the image: no background before.
  EXPECT_EQ(encode_coco_counts({0, 0, 2, 2, 4, {1, 1, 1, 1}}, 2, 2), "04");
}

TEST(CocoCounts, GiveBackAnyPixels) {
  std::mt19937 random(3);
  for (int i = 0; i < 200; ++i) {
    const int64_t height = 1 + static_cast<int64_t>(random() % 40),
                  width = 1 + static_cast<int64_t>(random() % 40);
    ObjectPixels object;
    object.x0 = static_cast<int64_t>(random()) % width;
    object.y0 = static_cast<int64_t>(random()) % height;
    object.width = 1 + static_cast<int64_t>(random()) % (width - object.x0);
    object.height = 1 + static_cast<int64_t>(random()) % (height - object.y0);
    std::vector<uint8_t> expected(static_cast<size_t>(height * width), 0);
    for (int64_t y = 0; y < object.height; ++y) {
      for (int64_t x = 0; x < object.width; ++x) {
        object.bits.push_back(random() % 8 != 0);
        expected[(object.y0 + y) * width + object.x0 + x] = object.bits.back();
      }
    }
    EXPECT_EQ(drawn(decoded_counts(encode_coco_counts(object, height, width)), height, width), expected);
  }
}

TEST(Coco, JoinsImagesAndNumbersThem) {
  const test::TemporaryFolder folder;
  ImageInfo info;
  info.height = 2;
  info.width = 3;
  const Provenance made_with{"sha1:abc", {{"presence", 0.5}}};
  for (const char* name : {"a", "b"}) {
    CocoPartSink sink(info, folder / (name + std::string(".txt")), name + std::string("\xE9.tif"), made_with);
    auto labels = torch::zeros({2, 3}, torch::kInt32);
    labels[0][1] = 1;
    labels[1][1] = 1;
    if (*name == 'b') labels[1][2] = 2;
    sink.add({{0, 2}, torch::zeros({1, 2, 3}), labels, *name == 'b' ? 2 : 1});
    sink.finish(measure_objects(labels, torch::zeros({1, 2, 3}), {0.5F, 0.25F}));
  }
  join_coco_parts(folder / "coco.json", {folder / "a.txt", folder / "b.txt"}, made_with);
  const auto json = nlohmann::json::parse(test::read_text(folder / "coco.json"));
  EXPECT_EQ(json["images"].size(), 2u);
  EXPECT_EQ(json["images"][1]["file_name"], "b\\xE9.tif");
  EXPECT_EQ(json["images"][1]["made_with"]["model"], "sha1:abc");
  ASSERT_EQ(json["annotations"].size(), 3u);
  const auto& last = json["annotations"][2];
  EXPECT_EQ(last["id"], 3);
  EXPECT_EQ(last["image_id"], 2);
  EXPECT_EQ(last["score"], 0.25);
  EXPECT_EQ(last["area"], 1);
  EXPECT_EQ(last["bbox"], (nlohmann::json{2, 1, 1, 1}));
  EXPECT_EQ(last["segmentation"]["size"], (nlohmann::json{2, 3}));
  EXPECT_EQ(json["info"]["settings"]["presence"], 0.5);
  EXPECT_EQ(json["categories"][0]["id"], last["category_id"]);
  EXPECT_THAT(test::error_message([&] { join_coco_parts(folder / "c.json", {folder / "c.txt"}, {}); }),
              HasSubstr("c.txt"));
}

}  // namespace
}  // namespace priorseg
