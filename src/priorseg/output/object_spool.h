#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "priorseg/core/atomic_file.h"

namespace priorseg {

/// Holds some bytes of each object on disk: a file that lists objects by label, with their measurements, is
/// written when all are known, and an image of millions of them would not fit into memory.
class ObjectSpool {
 public:
  /// @param result  the file that is made from it: the spool is a temporary file beside it.
  /// @throws Error where that cannot be written.
  explicit ObjectSpool(const std::filesystem::path& result);

  /// @param label  > 0, once each.
  /// @throws Error on a full disk.
  void add(int32_t label, std::string_view bytes);
  /// What was added for `label`. @throws Error where nothing was, or it cannot be read.
  std::string get(int32_t label);

 private:
  struct Place {
    uint64_t offset = 0, size = 0;
    bool is_there = false;
  };

  std::filesystem::path result_;
  PartialFile file_;
  std::fstream stream_;
  std::vector<Place> places_;  // of label l at entry l - 1
  uint64_t size_ = 0;
};

}  // namespace priorseg
