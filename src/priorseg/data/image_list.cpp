#include "priorseg/data/image_list.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>

#include "priorseg/core/error.h"

namespace priorseg {
namespace fs = std::filesystem;
namespace {

constexpr std::array kEndings = {".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp"};
constexpr const char* kEndingsText = "tif, tiff, png, jpg, jpeg or bmp";

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

bool has_image_ending(const fs::path& path) {
  std::string ending = path.extension().string();
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

std::vector<fs::path> images_in_folder(const fs::path& folder) {
  std::vector<fs::path> images;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  if (error) throw Error("cannot read the folder " + folder.string() + ": " + error.message());
  for (const auto& entry : entries) {
    const std::string name = entry.path().filename().string();
    if (name.front() != '.' && entry.is_regular_file(error) && has_image_ending(name))
      images.push_back(entry.path());
  }
  if (images.empty()) {
    throw Error("the folder " + folder.string() + " holds no image, expected files that end in " +
                kEndingsText + "; images in folders below it are not read");
  }
  std::sort(images.begin(), images.end(), [](const fs::path& a, const fs::path& b) {
    return natural_less(a.filename().string(), b.filename().string());
  });
  return images;
}

std::vector<fs::path> images_of_input(const fs::path& input) {
  std::error_code error;
  const fs::file_status status = fs::status(input, error);
  if (!fs::exists(status)) {
    throw Error(input.string() +
                " does not exist, expected an image file or a folder of images; check the spelling");
  }
  if (fs::is_directory(status)) return images_in_folder(input);
  if (!has_image_ending(input)) {
    throw Error(input.string() + " is no image by its name, expected a file that ends in " + kEndingsText +
                "; export the image as TIFF");
  }
  return {input};
}

}  // namespace

bool natural_less(const std::string& a, const std::string& b) {
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (!is_digit(a[i]) || !is_digit(b[j])) {
      if (a[i] != b[j]) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
      ++i;
      ++j;
      continue;
    }
    // Without leading zeros the longer number is the larger one, so that no number is too long to compare.
    while (i < a.size() && a[i] == '0') ++i;
    while (j < b.size() && b[j] == '0') ++j;
    size_t end_a = i;
    size_t end_b = j;
    while (end_a < a.size() && is_digit(a[end_a])) ++end_a;
    while (end_b < b.size() && is_digit(b[end_b])) ++end_b;
    if (end_a - i != end_b - j) return end_a - i < end_b - j;
    const int order = a.compare(i, end_a - i, b, j, end_b - j);
    if (order != 0) return order < 0;
    i = end_a;
    j = end_b;
  }
  if (a.size() - i != b.size() - j) return a.size() - i < b.size() - j;
  return a < b;  // "t01" and "t1": any fixed order
}

std::vector<fs::path> list_images(const std::vector<fs::path>& inputs) {
  if (inputs.empty()) throw Error("found no input, expected image files or folders of images");
  std::vector<fs::path> images;
  std::set<fs::path> seen;
  for (const fs::path& input : inputs) {
    for (const fs::path& image : images_of_input(input)) {
      if (seen.insert(fs::weakly_canonical(image)).second) images.push_back(image);
    }
  }
  return images;
}

std::vector<std::string> output_stems(const std::vector<fs::path>& images) {
  std::vector<std::string> stems;
  std::map<std::string, fs::path> image_of_stem;
  for (const fs::path& image : images) {
    const std::string stem = image.stem().string();
    const auto [found, is_new] = image_of_stem.emplace(stem, image);
    if (!is_new) {
      throw Error(found->second.string() + " and " + image.string() + " would both write results named '" +
                  stem + "', expected different file names; rename one or process them one after the other");
    }
    stems.push_back(stem);
  }
  return stems;
}

std::vector<size_t> spread_indices(size_t count, int64_t most) {
  const auto chosen = std::min(count, static_cast<size_t>(std::max<int64_t>(1, most)));
  std::vector<size_t> indices;
  for (size_t i = 0; i < chosen; ++i) indices.push_back(i * count / chosen);
  return indices;
}

std::vector<fs::path> spread_images(const std::vector<fs::path>& images, int64_t most) {
  std::vector<fs::path> chosen;
  for (const size_t index : spread_indices(images.size(), most)) chosen.push_back(images[index]);
  return chosen;
}

}  // namespace priorseg
