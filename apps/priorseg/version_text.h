#pragma once

#include <torch/version.h>  // numbers only, nothing of LibTorch

#include <string>

namespace priorseg::program {

/// Those features of this processor that LibTorch and its libraries choose faster code by.
inline std::string processor_features() {
  std::string names;
#if defined(__x86_64__) && defined(__GNUC__)
  const auto add = [&names](int has_it, const char* name) {
    if (has_it) names += std::string(" ") + name;
  };
  add(__builtin_cpu_supports("avx2"), "avx2");
  add(__builtin_cpu_supports("fma"), "fma");
  add(__builtin_cpu_supports("avx512f"), "avx512f");
  add(__builtin_cpu_supports("avx512vnni"), "avx512_vnni");
  add(__builtin_cpu_supports("avx512bf16"), "avx512_bf16");
#ifndef __clang__  // clang 14 knows no name of it
  add(__builtin_cpu_supports("amx-bf16"), "amx_bf16");
#endif
#endif
  return names.empty() ? " none of those that LibTorch has faster code for" : names;
}

/// What `priorseg --version` prints, without its last line end: the version alone on the first line.
inline std::string version_text(const std::string& version) {
  return version + "\nLibTorch " TORCH_VERSION "\nprocessor" + processor_features();
}

}  // namespace priorseg::program
