// Draws masks, writes them to a file and reads them back: shapes, core, LibTorch and OpenCV are all linked.
#include <filesystem>
#include <iostream>

#include "priorseg/core/error.h"
#include "priorseg/core/random.h"
#include "priorseg/core/tensor_file.h"
#include "priorseg/shapes/synthetic_shapes.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path file = argv[1];
  try {
    priorseg::Random random(1);
    const torch::Tensor masks = priorseg::draw_synthetic_masks(3, {}, random);
    priorseg::write_tensor_file(file, {{{"masks", masks}}, {{"made_by", "uses_priorseg"}}});
    const priorseg::TensorFile content = priorseg::read_tensor_file(file);
    if (!content.tensors.at("masks").equal(masks) || masks.sum().item<float>() <= 0) return 1;
  } catch (const priorseg::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  std::cout << "masks written and read\n";
}
