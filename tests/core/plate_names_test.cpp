#include "priorseg/core/plate_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error_message.h"

namespace priorseg {
namespace {

using testing::HasSubstr;
using namespace test;

std::string text_of(const std::optional<PlatePlace>& place) {
  return place ? place->plate + "|" + place->well + "|" + place->site + "|" + place->channel : "nothing";
}

struct NamedPlace {
  const char* stem;
  const char* place;  // plate|well|site|channel
};

TEST(PlateNames, OfWellKnownMicroscopesAreRead) {
  const PlatePattern pattern;
  for (const auto& [stem, place] : {
           NamedPlace{"r01c02f03p01-ch1sk1fk1fl1", "|A02|03|1"},
           NamedPlace{"plate7_r16c24f9p02-ch4sk1fk1fl1", "plate7|P24|9|4"},
           NamedPlace{"A01_s1_w1", "|A01|1|1"},
           NamedPlace{"IXMtest_A02_s1_w1051DAA7C-7042-435F-99F0-1E847D9B42CB", "IXMtest|A02|1|1"},
           NamedPlace{"BR00_H12_w2", "BR00|H12||2"},
           NamedPlace{"Well_A01_Site_2_Ch_1", "|A01|2|1"},
           NamedPlace{"exp3_WellB7_Point0002", "exp3|B07|0002|"},
           NamedPlace{"Assay_C03_T0001F002L01A01Z01C02", "Assay|C03|002|02"},
           NamedPlace{"D - 5(fld 2 wv DAPI - DAPI)", "|D05|2|DAPI"},
           NamedPlace{"MFGTMP_150416_A01f00d0", "MFGTMP_150416|A01|00|0"},
           NamedPlace{"A1_02_1_1_DAPI_001", "|A01|1|DAPI"},
           NamedPlace{"plate2_B03", "plate2|B03||"},
           NamedPlace{"B03_12", "|B03|12|"},
       })
    EXPECT_EQ(text_of(pattern.place_of(stem)), place) << stem;
}

TEST(PlateNames, OfOtherImagesTellNothing) {
  const PlatePattern pattern;
  for (const char* stem : {"t000", "sim_012", "mask012", "a01", "Z99", "cells_day3", "image", "man_seg000",
                           "GFAP01", "IMG_2024", "c01f00", "Q01_s1_w1"})
    EXPECT_EQ(text_of(pattern.place_of(stem)), "nothing") << stem;
}

TEST(PlateNames, AreReadByAGivenPattern) {
  const PlatePattern pattern(R"(^(?<plate>P\d)-(?P<row>\d)-(?<column>\d+)-[(](?:f|F)(?<site>\d+)\))");
  EXPECT_EQ(text_of(pattern.place_of("P3-2-11-(F07)")), "P3|B11|07|");
  EXPECT_EQ(text_of(pattern.place_of("A01_s1_w1")), "nothing");
  EXPECT_EQ(pattern.origin_of("P3-2-11-(F07)"), "");
  EXPECT_EQ(text_of(PlatePattern("none").place_of("A01_s1_w1")), "nothing");
  EXPECT_EQ(PlatePattern().origin_of("A01_s1_w1"), "ImageXpress");
}

TEST(PlateNames, PatternsThatAreNoneAreErrors) {
  EXPECT_THAT(error_message([] { check_plate_pattern("(?<well>[A-"); }), HasSubstr("no regular expression"));
  EXPECT_THAT(error_message([] { check_plate_pattern("([A-H])"); }), HasSubstr("no named group"));
  EXPECT_THAT(error_message([] { check_plate_pattern("(?<field>[A-H])"); }),
              HasSubstr("a group 'field', expected some of plate, well"));
}

}  // namespace
}  // namespace priorseg
