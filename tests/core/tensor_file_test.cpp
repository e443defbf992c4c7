#include "priorseg/core/tensor_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>

#include "support/error_message.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

namespace priorseg {
namespace {

using test::error_message;
using test::read_text;
using test::TemporaryFolder;
using test::write_text;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

/// A file with any header length, header and data: what a broken or hostile writer could produce.
std::string raw_file(uint64_t header_bytes, const std::string& header, const std::string& data) {
  std::string text;
  for (int i = 0; i < 8; ++i) text += static_cast<char>(header_bytes >> (8 * i));
  return text + header + data;
}

std::string raw_file(const std::string& header, const std::string& data) {
  return raw_file(header.size(), header, data);
}

TensorFile example() {
  return {{{"weights", torch::arange(6, torch::kFloat32).reshape({2, 3})},
           {"half", torch::tensor({0.5, -0.25}, torch::kFloat64)},
           {"count", torch::tensor({1, 2, 3}, torch::kInt32)},
           {"step", torch::tensor(int64_t{1} << 40, torch::kInt64)},
           {"bytes", torch::tensor({0, 255}, torch::kUInt8)},
           {"flags", torch::tensor({true, false, true}, torch::kBool)},
           {"none", torch::empty({0, 4}, torch::kFloat32)}},
          {{"priorseg", R"({"a": "b"})"}, {"empty", ""}}};
}

TEST(TensorFile, ReadsBackWhatWasWritten) {
  const TemporaryFolder folder;
  const TensorFile written = example();
  write_tensor_file(folder / "a.safetensors", written);
  const TensorFile read = read_tensor_file(folder / "a.safetensors");
  EXPECT_EQ(read.metadata, written.metadata);
  ASSERT_EQ(read.tensors.size(), written.tensors.size());
  for (const auto& [name, tensor] : written.tensors) {
    ASSERT_TRUE(read.tensors.contains(name)) << name;
    EXPECT_EQ(read.tensors.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_EQ(read.tensors.at(name).sizes(), tensor.sizes()) << name;
    EXPECT_TRUE(read.tensors.at(name).equal(tensor)) << name;
    EXPECT_TRUE(read.tensors.at(name).is_contiguous()) << name;
  }
  EXPECT_THAT(folder.files(), ElementsAre("a.safetensors"));
}

TEST(TensorFile, WritesNonContiguousTensorsInTheirOwnOrder) {
  const TemporaryFolder folder;
  const torch::Tensor transposed = torch::arange(6, torch::kFloat32).reshape({2, 3}).t();
  const torch::Tensor learned = torch::ones({2}).requires_grad_();
  write_tensor_file(folder / "a.safetensors", {{{"t", transposed}, {"learned", learned}}, {}});
  const TensorFile read = read_tensor_file(folder / "a.safetensors");
  EXPECT_TRUE(read.tensors.at("t").equal(transposed));
  EXPECT_TRUE(read.tensors.at("learned").equal(learned));
  EXPECT_FALSE(read.tensors.at("learned").requires_grad());
}

TEST(TensorFile, SameContentGivesTheSameBytes) {
  const TemporaryFolder folder;
  write_tensor_file(folder / "a.safetensors", example());
  write_tensor_file(folder / "b.safetensors", example());
  EXPECT_EQ(read_text(folder / "a.safetensors"), read_text(folder / "b.safetensors"));
}

// Byte for byte the layout of the safetensors format, so that other programs read the file.
TEST(TensorFile, LaysBytesOutAsTheFormatSays) {
  const TemporaryFolder folder;
  write_tensor_file(folder / "a.safetensors", {{{"a", torch::tensor({1, 2}, torch::kUInt8)}}, {}});
  std::string header = R"({"a":{"data_offsets":[0,2],"dtype":"U8","shape":[2]}})";
  header.append((8 - header.size() % 8) % 8, ' ');
  EXPECT_EQ(read_text(folder / "a.safetensors"), raw_file(header, "\x01\x02"));
}

TEST(TensorFile, ReadsTensorsInAnyOrderOfTheirOffsets) {
  const TemporaryFolder folder;
  write_text(folder / "a", raw_file(R"({"z": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]},
                                        "a": {"dtype": "U8", "shape": [2], "data_offsets": [1, 3]}})",
                                    "\x07\x08\x09"));
  const TensorFile read = read_tensor_file(folder / "a");
  EXPECT_TRUE(read.tensors.at("a").equal(torch::tensor({8, 9}, torch::kUInt8)));
  EXPECT_TRUE(read.tensors.at("z").equal(torch::tensor({7}, torch::kUInt8)));
}

TEST(TensorFile, CutAnywhereIsAnError) {
  const TemporaryFolder folder;
  write_tensor_file(folder / "whole", example());
  const std::string whole = read_text(folder / "whole");
  for (size_t length = 0; length < whole.size(); ++length) {
    write_text(folder / "cut", std::string_view(whole).substr(0, length));
    ASSERT_THAT(error_message([&] { read_tensor_file(folder / "cut"); }),
                HasSubstr("not a whole safetensors file"))
        << length << " of " << whole.size() << " bytes";
  }
}

struct HostileFile {
  const char* what;
  std::string bytes;
  const char* message;
};
void PrintTo(const HostileFile& file, std::ostream* out) { *out << file.what; }

std::string one_tensor(const std::string& entry, const std::string& data = "12345678") {
  return raw_file(R"({"a": )" + entry + "}", data);
}

class HostileFiles : public testing::TestWithParam<HostileFile> {};

constexpr uint64_t kHuge = ~uint64_t{0};

INSTANTIATE_TEST_SUITE_P(
    HeaderLength, HostileFiles,
    testing::Values(HostileFile{"2^64-1", raw_file(kHuge, "{}", ""), "header is too long"},
                    HostileFile{"wraps to a small number", raw_file(kHuge - 7, "{}", ""),
                                "header is too long"},
                    HostileFile{"one more than there is", raw_file(3, "{}", ""), "header is too long"},
                    HostileFile{"zero", raw_file(0, "", "{}"), "not the expected JSON"}));

INSTANTIATE_TEST_SUITE_P(
    Json, HostileFiles,
    testing::Values(
        HostileFile{"no JSON", raw_file("hello", ""), "not the expected JSON"},
        HostileFile{"a list", raw_file("[]", ""), "not the expected JSON"},
        HostileFile{"null", raw_file("null", ""), "not the expected JSON"},
        HostileFile{"a number", raw_file("3", ""), "not the expected JSON"},
        HostileFile{"nested a million deep", raw_file(std::string(1000000, '['), ""), "not the expected"},
        HostileFile{"metadata that is no text", raw_file(R"({"__metadata__": {"a": 1}})", ""), "JSON"},
        HostileFile{"tensor that is a list", one_tensor("[]"), "not the expected JSON"},
        HostileFile{"tensor without fields", one_tensor("{}"), "not the expected JSON"}));

INSTANTIATE_TEST_SUITE_P(
    Tensor, HostileFiles,
    testing::Values(
        HostileFile{"unknown dtype", one_tensor(R"({"dtype": "F8", "shape": [8], "data_offsets": [0, 8]})"),
                    "F8"},
        HostileFile{"shape of texts",
                    one_tensor(R"({"dtype": "U8", "shape": ["8"], "data_offsets": [0, 8]})"), "JSON"},
        HostileFile{"fractional length",
                    one_tensor(R"({"dtype": "U8", "shape": [8.5], "data_offsets": [0, 8]})"),
                    "not the expected JSON"},
        HostileFile{"negative length",
                    one_tensor(R"({"dtype": "U8", "shape": [-8], "data_offsets": [0, 8]})"),
                    "larger than the file"},
        HostileFile{"two negative lengths",
                    one_tensor(R"({"dtype": "U8", "shape": [-2, -4], "data_offsets": [0, 8]})"),
                    "larger than the file"},
        HostileFile{
            "product wraps to the right size",
            one_tensor(R"({"dtype": "U8", "shape": [4294967297, 4294967296, 8], "data_offsets": [0, 8]})"),
            "larger than the file"},
        HostileFile{"empty with huge other lengths",
                    one_tensor(R"({"dtype": "U8", "shape": [0, 9223372036854775807, 9223372036854775807],
                                   "data_offsets": [0, 0]})",
                               ""),
                    "larger than the file"},
        HostileFile{"more dimensions than any tensor",
                    one_tensor(R"({"dtype": "U8", "data_offsets": [0, 1], "shape": [1)" +
                                   [] {
                                     std::string ones;
                                     for (int i = 0; i < 100000; ++i) ones += ",1";
                                     return ones;
                                   }() +
                                   "]}",
                               "1"),
                    "100001 dimensions"}));

INSTANTIATE_TEST_SUITE_P(
    Offsets, HostileFiles,
    testing::Values(
        HostileFile{"behind the end", one_tensor(R"({"dtype": "U8", "shape": [8], "data_offsets": [1, 9]})"),
                    "outside the file"},
        HostileFile{"far behind the end", one_tensor(R"({"dtype": "U8", "shape": [8],
                                   "data_offsets": [18446744073709551600, 18446744073709551608]})"),
                    "outside the file"},
        HostileFile{"negative", one_tensor(R"({"dtype": "U8", "shape": [8], "data_offsets": [-8, 0]})"),
                    "outside the file"},
        HostileFile{"backwards", one_tensor(R"({"dtype": "U8", "shape": [8], "data_offsets": [8, 0]})"),
                    "outside the file"},
        HostileFile{"shorter than the shape",
                    one_tensor(R"({"dtype": "U8", "shape": [8], "data_offsets": [0, 7]})"),
                    "outside the file"},
        HostileFile{"only one", one_tensor(R"({"dtype": "U8", "shape": [8], "data_offsets": [0]})"),
                    "outside the file"},
        HostileFile{"overlapping",
                    raw_file(R"({"a": {"dtype": "U8", "shape": [6], "data_offsets": [0, 6]},
                                 "b": {"dtype": "U8", "shape": [4], "data_offsets": [4, 8]}})",
                             "12345678"),
                    "overlap or leave a gap"},
        HostileFile{"the same bytes twice",
                    raw_file(R"({"a": {"dtype": "U8", "shape": [8], "data_offsets": [0, 8]},
                                 "b": {"dtype": "U8", "shape": [8], "data_offsets": [0, 8]}})",
                             "12345678"),
                    "overlap or leave a gap"},
        HostileFile{"a gap between tensors",
                    raw_file(R"({"a": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]},
                                 "b": {"dtype": "U8", "shape": [4], "data_offsets": [4, 8]}})",
                             "12345678"),
                    "overlap or leave a gap"},
        HostileFile{"bytes behind the last tensor",
                    one_tensor(R"({"dtype": "U8", "shape": [8], "data_offsets": [0, 8]})", "123456789"),
                    "overlap or leave a gap"}));

TEST_P(HostileFiles, AreOneLineErrorsThatNameTheFile) {
  const TemporaryFolder folder;
  write_text(folder / "model.safetensors", GetParam().bytes);
  const std::string message = error_message([&] { read_tensor_file(folder / "model.safetensors"); });
  EXPECT_THAT(message,
              AllOf(StartsWith((folder / "model.safetensors").string()), HasSubstr(GetParam().message)));
  EXPECT_EQ(test::count_lines(message), 1);
}

TEST(TensorFile, MissingFileAndFolderAreErrors) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_message([&] { read_tensor_file(folder / "none"); }), HasSubstr("cannot read"));
  EXPECT_THAT(error_message([&] { read_tensor_file(folder.path()); }), HasSubstr("cannot read"));
}

TEST(TensorFile, UnusedTypeIsAnErrorAndLeavesNoFile) {
  const TemporaryFolder folder;
  const TensorFile content{{{"a", torch::zeros({2}, torch::kFloat16)}}, {}};
  EXPECT_THAT(error_message([&] { write_tensor_file(folder / "a.safetensors", content); }),
              HasSubstr("Half"));
  EXPECT_THAT(folder.files(), IsEmpty());
}

TEST(TensorFile, UndefinedTensorIsAnErrorAndLeavesNoFile) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_message([&] {
                write_tensor_file(folder / "a.safetensors", {{{"a", torch::Tensor()}}, {}});
              }),
              HasSubstr("'a'"));
  EXPECT_THAT(folder.files(), IsEmpty());
}

}  // namespace
}  // namespace priorseg
