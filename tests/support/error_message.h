#pragma once

#include <string>

#include "priorseg/core/error.h"

namespace priorseg::test {

/// The message of the priorseg::Error that `call` throws, or "no error". Another exception passes through,
/// and fails the test.
template <class Call>
std::string error_message(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace priorseg::test
