// Learns from a folder of raw images without labels, and outlines their objects: train IMAGES OUTPUT [STEPS]
#include <priorseg/priorseg.h>

#include <iostream>
#include <string>

namespace {

/// Shows how far the work is. A window would draw a bar, and let its stop button answer stop_requested().
class Console : public priorseg::Observer {
 public:
  void progress(const priorseg::Progress& state) override {
    std::cout << state.stage << " " << state.done << " of " << state.total << '\n';
  }
  void message(priorseg::MessageLevel, const std::string& text) override { std::cout << text << '\n'; }
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) return 2;
  priorseg::RunInput input;
  input.segmented = priorseg::list_images({argv[1]});
  input.images.assign(input.segmented.begin(), input.segmented.end());
  input.estimate_sizes = true;  // or settings.detector.size.min and max, in px
  priorseg::Settings settings = priorseg::make_settings("default");
  if (argc > 3) {  // few steps, to try it out
    settings.detector.training.steps = settings.prior.steps = std::stol(argv[3]);
    settings.detector.self_training.steps = 0;
  }
  Console console;
  const auto result = priorseg::run(input, settings, {argv[2]}, console);
  std::cout << result.batch->object_diameters.size() << " objects in " << result.batch->images.size()
            << " images\n";
} catch (const priorseg::Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
