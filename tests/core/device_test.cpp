#include "priorseg/core/device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/cuda.h>

#include "priorseg/core/error.h"
#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::HasSubstr;

TEST(FindDevice, KnowsTheProcessor) { EXPECT_EQ(find_device("cpu").type(), c10::kCPU); }

TEST(FindDevice, UnknownNamesAreErrors) {
  for (const char* name : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cudax", "CPU", "meta"}) {
    EXPECT_THAT(error_message([&] { find_device(name); }), HasSubstr("expected cpu, cuda or cuda:NUMBER"))
        << name;
  }
}

TEST(FindDevice, DevicesThatAreNotThereAreErrors) {
  const char* expected = torch::cuda::is_available() ? "expected a number below" : "leave the device at cpu";
  EXPECT_THAT(error_message([] { find_device("cuda:99"); }), HasSubstr(expected));
}

}  // namespace
}  // namespace priorseg
