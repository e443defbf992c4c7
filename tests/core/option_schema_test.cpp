#include "priorseg/core/option_schema.h"

#include <gtest/gtest.h>

#include <array>

namespace priorseg {
namespace {

using namespace nlohmann::literals;

enum class Kind { kRound, kLong };
constexpr auto option_names(Kind) {
  return std::array{std::pair{Kind::kRound, "round"}, std::pair{Kind::kLong, "long"}};
}

struct Drawing {
  Kind kind = Kind::kLong;
  bool filled = true;

  template <class Visitor>
  void visit(Visitor& v) {
    v("kind", kind, "shape");
    v("filled", filled, "not only its outline");
  }
};

struct Page {
  int64_t steps = 7;
  double share = 0.5;
  int64_t depth = 8, side = 64;
  std::vector<int64_t> channels = {4, 8};
  std::string title = "a";
  Drawing drawing;

  template <class Visitor>
  void visit(Visitor& v) {
    v("steps", steps, at_least(1), "how many");
    v("share", share, inside(0, 1), "of the whole");
    v("depth", depth, one_of(8, 16), "bits");
    v("side", side, multiple_of(32, 32, 128), "px");
    v("channels", channels, list_of(1, 3, between(1, 16)), "of each stage");
    v("title", title, "of the page");
    v("drawing", drawing, "what is drawn");
  }
};

nlohmann::json schema_of(const char* name) {
  return nlohmann::json::parse(option_schema(Page{}).dump()).at("properties").at(name);
}

TEST(OptionSchema, NamesItsDraftAndRefusesUnknownSettings) {
  const auto schema = option_schema(Page{});
  EXPECT_EQ(schema.at("$schema"), "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema.at("type"), "object");
  EXPECT_EQ(schema.at("additionalProperties"), false);
}

TEST(OptionSchema, NumbersHaveTypeDefaultLimitsAndDescription) {
  EXPECT_EQ(schema_of("steps"),
            R"({"type": "integer", "default": 7, "minimum": 1, "description": "how many"})"_json);
  EXPECT_EQ(schema_of("share"), R"({"type": "number", "default": 0.5, "exclusiveMinimum": 0,
                                         "exclusiveMaximum": 1, "description": "of the whole"})"_json);
  EXPECT_EQ(schema_of("depth"),
            R"({"type": "integer", "default": 8, "enum": [8, 16], "description": "bits"})"_json);
  EXPECT_EQ(schema_of("side"), R"({"type": "integer", "default": 64, "minimum": 32, "maximum": 128,
                                        "multipleOf": 32, "description": "px"})"_json);
}

TEST(OptionSchema, ListsAreArraysWithItems) {
  EXPECT_EQ(schema_of("channels"), R"({"type": "array", "default": [4, 8], "minItems": 1, "maxItems": 3,
                      "items": {"type": "integer", "minimum": 1, "maximum": 16},
                      "description": "of each stage"})"_json);
}

TEST(OptionSchema, NestedStructsAreObjectsAndNamedValuesAreListed) {
  EXPECT_EQ(schema_of("drawing"),
            R"({"type": "object", "additionalProperties": false, "description": "what is drawn",
                      "properties": {
                        "kind": {"type": "string", "default": "long", "enum": ["round", "long"],
                                 "description": "shape"},
                        "filled": {"type": "boolean", "default": true,
                                   "description": "not only its outline"}}})"_json);
}

TEST(OptionSchema, KeepsTheOrderOfTheList) {
  const auto schema = option_schema(Page{});
  std::vector<std::string> names;
  for (const auto& [name, property] : schema.at("properties").items()) names.push_back(name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"steps", "share", "depth", "side", "channels", "title", "drawing"}));
}

}  // namespace
}  // namespace priorseg
