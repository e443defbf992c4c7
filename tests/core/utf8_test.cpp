#include "priorseg/core/utf8.h"

#include <gtest/gtest.h>

namespace priorseg {
namespace {

TEST(Utf8, TellsWellFormedTextFromOtherBytes) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("Zelle \xC2\xB5m \xE7\xB4\xB0 \xF0\x9F\x94\xAC"));
  EXPECT_FALSE(is_utf8("caf\xE9"));           // Latin-1
  EXPECT_FALSE(is_utf8("\xC0\xBC"));          // doubled encoding
  EXPECT_FALSE(is_utf8("\xED\xA0\x80"));      // surrogate
  EXPECT_FALSE(is_utf8("\xE2\x82"));          // cut short
  EXPECT_FALSE(is_utf8("\xF4\x90\x80\x80"));  // above U+10FFFF
}

TEST(Utf8, LeavesTextAndEscapesOtherBytes) {
  EXPECT_EQ(utf8_or_escaped("Zelle \xC2\xB5m, \\ and \\x"), "Zelle \xC2\xB5m, \\ and \\x");
  EXPECT_EQ(utf8_or_escaped("caf\xE9.tif"), "caf\\xE9.tif");
  EXPECT_EQ(utf8_or_escaped("\xE2\x82"), "\\xE2\\x82");
  EXPECT_EQ(utf8_or_escaped("two\nlines", "\n"), "two\\x0Alines");
}

TEST(Utf8, EveryNameCanBeHadBack) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  for (const std::string& name :
       {all, std::string("caf\xE9"), std::string("caf\\xE9"), std::string("\\\\xE9\\x5C"),
        std::string("\\xe9 \\x"), std::string("a\nb")}) {
    EXPECT_TRUE(is_utf8(utf8_or_escaped(name)));
    EXPECT_EQ(bytes_of_escaped(utf8_or_escaped(name)), name);
    EXPECT_EQ(bytes_of_escaped(utf8_or_escaped(name, "\n")), name);
  }
  EXPECT_NE(utf8_or_escaped("caf\\xE9"), utf8_or_escaped("caf\xE9"));
}

}  // namespace
}  // namespace priorseg
