#include "fuzz_target.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "priorseg/core/error.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

namespace priorseg::fuzz {
namespace fs = std::filesystem;

namespace {

const fs::path& own_folder() {
  static const test::TemporaryFolder folder;
  return folder.path();
}

}  // namespace

void read_or_refuse(const FuzzTarget& target, const std::string& bytes) {
  try {
    target.read(bytes);
  } catch (const Error& error) {
    const std::string message = error.what();
    if (message.empty()) throw std::logic_error("an Error without a text");
  }
}

fs::path as_file(const std::string& name, const std::string& bytes) {
  const fs::path file = own_folder() / name;
  std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return file;
}

std::string bytes_written(const std::string& name, const std::function<void(const fs::path&)>& write) {
  const fs::path file = own_folder() / ("seed-" + name);
  write(file);
  std::string bytes = test::read_text(file);
  fs::remove(file);
  return bytes;
}

std::vector<std::string> parts_of(const std::string& bytes, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(bytes);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

}  // namespace priorseg::fuzz
