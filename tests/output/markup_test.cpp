#include "priorseg/output/markup.h"

#include <gtest/gtest.h>

#include <cmath>

namespace priorseg {
namespace {

constexpr const char* kMark = "\xEF\xBF\xBD";  // U+FFFD

TEST(EscapeMarkup, ReplacesTheFiveMarkupCharacters) {
  EXPECT_EQ(escape_markup("<a href=\"x\">'&'</a>"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
}

TEST(EscapeMarkup, KeepsUnicodeAndShowsOtherBytesAsHexadecimalDigits) {
  EXPECT_EQ(escape_markup("Zelle \xC2\xB5m \xE7\xB4\xB0 \xF0\x9F\x94\xAC"),
            "Zelle \xC2\xB5m \xE7\xB4\xB0 \xF0\x9F\x94\xAC");
  EXPECT_EQ(escape_markup("M\xFCller.tif"), "M\\xFCller.tif");  // Latin-1
  EXPECT_EQ(escape_markup("\xC0\xBC"), "\\xC0\\xBC");           // '<' in a doubled encoding
}

TEST(EscapeMarkup, ReplacesWhatXmlForbids) {
  EXPECT_EQ(escape_markup(std::string("a\0b\x1B\n", 5)), std::string("a") + kMark + "b" + kMark + "\n");
  EXPECT_EQ(escape_markup("\xEF\xBF\xBE"), kMark);
}

TEST(Base64, AgreesWithTheExamplesOfRfc4648) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xFF\xFE\xFD"), "//79");
}

TEST(CsvField, QuotesWhatWouldBreakTheTable) {
  EXPECT_EQ(csv_field("plain text"), "plain text");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("say \"a\""), "\"say \"\"a\"\"\"");
  EXPECT_EQ(csv_field("a\nb"), "\"a\nb\"");
}

TEST(Numbers, AreReadableForPeople) {
  EXPECT_EQ(fixed_number(1234567, 0), "1,234,567");
  EXPECT_EQ(fixed_number(123, 0), "123");
  EXPECT_EQ(fixed_number(-1234.5, 1),
            "\xE2\x88\x92"
            "1,234.5");
  EXPECT_EQ(fixed_number(-0.001, 1), "0.0");
  EXPECT_EQ(fixed_number(std::nan(""), 1), "\xE2\x80\x93");
  EXPECT_EQ(short_number(4123), "4,123");
  EXPECT_EQ(short_number(17.26), "17.3");
  EXPECT_EQ(short_number(12), "12");
  EXPECT_EQ(short_number(0.0523), "0.0523");
  EXPECT_EQ(short_number(0), "0");
  EXPECT_EQ(short_number(1.234e-5), "1.23e-05");
  EXPECT_EQ(counted(1, "image", "images"), "1 image");
  EXPECT_EQ(counted(2000, "image", "images"), "2,000 images");
}

TEST(Durations, AreReadableForPeople) {
  EXPECT_EQ(duration_text(0.04), "0.04 s");
  EXPECT_EQ(duration_text(0.44), "0.4 s");
  EXPECT_EQ(duration_text(59.4), "59 s");
  EXPECT_EQ(duration_text(59.6), "1 min 0 s");
  EXPECT_EQ(duration_text(185), "3 min 5 s");
  EXPECT_EQ(duration_text(7800), "2 h 10 min");
  EXPECT_EQ(duration_text(-1), "\xE2\x80\x93");
}

}  // namespace
}  // namespace priorseg
