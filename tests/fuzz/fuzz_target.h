#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace priorseg::fuzz {

/// One reader of bytes that come from outside.
struct FuzzTarget {
  const char* name;
  /// Gives the bytes to the reader. Throws what the reader throws: an Error is its answer to bad input,
  /// anything else a finding.
  std::function<void(const std::string& bytes)> read;
  /// Good inputs, made by our own writers where there are some.
  std::function<std::vector<std::string>()> seeds;
};

/// All of them, by the file that they stand in.
std::vector<FuzzTarget> text_targets();
std::vector<FuzzTarget> image_targets();
std::vector<FuzzTarget> store_targets();
std::vector<FuzzTarget> model_targets();
std::vector<FuzzTarget> result_targets();

inline std::vector<FuzzTarget> all_targets() {
  std::vector<FuzzTarget> all;
  for (const auto& some :
       {text_targets(), image_targets(), store_targets(), model_targets(), result_targets()})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

/// Gives the bytes to a target. Nothing happens where they are read or refused with an Error of one line.
/// @throws std::logic_error  where the message has no text or several lines.
/// @throws whatever else the reader throws.
void read_or_refuse(const FuzzTarget& target, const std::string& bytes);

/// The bytes as a file of that name, in a folder that this process keeps for itself.
std::filesystem::path as_file(const std::string& name, const std::string& bytes);
/// What `write` puts into the file that it is given.
std::string bytes_written(const std::string& name,
                          const std::function<void(const std::filesystem::path&)>& write);
/// The bytes, cut at `separator`: files that belong together come as one input.
std::vector<std::string> parts_of(const std::string& bytes, char separator);

}  // namespace priorseg::fuzz
