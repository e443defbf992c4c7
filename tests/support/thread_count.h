#pragma once

#include <torch/torch.h>

namespace priorseg::test {

/// The threads of LibTorch for the length of a scope.
class ThreadCount {
 public:
  explicit ThreadCount(int count) : before_(torch::get_num_threads()) { torch::set_num_threads(count); }
  ~ThreadCount() { torch::set_num_threads(before_); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;

 private:
  int before_;
};

}  // namespace priorseg::test
