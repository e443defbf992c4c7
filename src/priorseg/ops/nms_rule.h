#pragma once

#include <array>
#include <utility>

namespace priorseg {

/// How suppressed objects take part in non-maximum suppression.
enum class NmsRule {
  kPaper,   ///< to the letter: a suppressed object still suppresses others
  kGreedy,  ///< best first: only kept objects suppress others
};
constexpr auto option_names(NmsRule) {
  return std::array{std::pair{NmsRule::kPaper, "paper"}, std::pair{NmsRule::kGreedy, "greedy"}};
}

}  // namespace priorseg
