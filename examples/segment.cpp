// Outlines the objects of one image with a trained model: segment MODEL IMAGE LABEL_MAP
#include <priorseg/priorseg.h>

#include <iostream>

int main(int argc, char** argv) try {
  if (argc != 4) return 2;
  const auto detector = priorseg::Detector::load(argv[1]);
  const auto image = priorseg::read_image(argv[2]);
  const auto found = detector.find(image);
  const auto map = priorseg::compose_label_map(found.objects, image.height, image.width);
  priorseg::write_label_map(argv[3], map.labels, image.pixel_size);
  std::cout << map.object_of_label.size() << " objects\n";
} catch (const priorseg::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
