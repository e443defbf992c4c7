#include "time_spent.h"

#include <fstream>
#include <string>

#include "priorseg/core/atomic_file.h"

namespace priorseg::program {
namespace {
constexpr double kSecondsBetweenSaves = 5;
}  // namespace

TimeSpent::TimeSpent(std::filesystem::path file, bool restart) : file_(std::move(file)) {
  std::ifstream saved(file_);
  if (restart || !(saved >> before_)) before_ = 0;
}

ProgressCallback TimeSpent::watching(const ProgressCallback& progress) {
  start_ = saved_ = Clock::now();
  return [this, progress](const Progress& state) {
    progress(state);
    if (std::chrono::duration<double>(Clock::now() - saved_).count() > kSecondsBetweenSaves) save();
  };
}

void TimeSpent::save() {
  saved_ = Clock::now();
  saved_seconds_ = before_ + std::chrono::duration<double>(saved_ - start_).count();
  write_text_atomically(file_, std::to_string(saved_seconds_) + "\n");
}

}  // namespace priorseg::program
