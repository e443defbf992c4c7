#include "priorseg/experiment/time_spent.h"

#include <fstream>
#include <string>
#include <utility>

#include "priorseg/core/atomic_file.h"

namespace priorseg {
namespace {
constexpr double kSecondsBetweenSaves = 5;
}  // namespace

TimeSpent::TimeSpent(std::filesystem::path file, bool restart, Observer& observer)
    : file_(std::move(file)), observer_(observer) {
  std::ifstream saved(file_);
  if (restart || !(saved >> before_)) before_ = 0;
}

void TimeSpent::progress(const Progress& state) {
  observer_.progress(state);
  if (std::chrono::duration<double>(Clock::now() - saved_).count() > kSecondsBetweenSaves) save();
}

void TimeSpent::save() {
  saved_ = Clock::now();
  saved_seconds_ = before_ + std::chrono::duration<double>(saved_ - start_).count();
  write_text_atomically(file_, std::to_string(saved_seconds_) + "\n");
}

}  // namespace priorseg
