#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "priorseg/core/option_list.h"
#include "support/error_message.h"

namespace priorseg::test {

/// Sets every setting, one at a time, to something that its range does not hold. Expects an Error that names
/// it in full, and that nothing is changed.
template <class Options>
void expect_refused_beyond_range(const Options& options) {
  for (const auto& entry : list_options(options)) {
    if (entry.type == "boolean" || entry.allowed == "any text") continue;
    const std::string beyond = entry.type == "array"    ? "[]"
                               : entry.type == "string" ? "no such name"
                                                        : "-1e300";
    Options changed = options;
    EXPECT_THAT(error_message([&] { set_option(changed, entry.name, beyond); }),
                testing::AllOf(testing::HasSubstr(entry.name), testing::HasSubstr("expected")));
    EXPECT_EQ(options_to_json(changed), options_to_json(options)) << entry.name;
  }
}

}  // namespace priorseg::test
