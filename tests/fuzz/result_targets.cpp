// Files of an output folder that are read again, what the studio's page sends, and outlines that are written.
#include <torch/types.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "fuzz_target.h"
#include "priorseg/output/geojson.h"
#include "priorseg/output/imagej_rois.h"
#include "priorseg/output/label_outline.h"
#include "priorseg/output/objects_csv.h"
#include "priorseg/output/summary_csv.h"
#include "priorseg/pipeline/folder_record.h"
#include "priorseg/pipeline/own_files.h"
#ifdef PRIORSEG_STUDIO
#include "priorseg/studio/access.h"
#include "priorseg/studio/choices.h"
#include "priorseg/studio/corrections.h"
#include "priorseg/studio/csv_rows.h"
#include "priorseg/studio/label_editor.h"
#endif

namespace priorseg::fuzz {
namespace {

namespace fs = std::filesystem;

void read_table(const std::string& bytes) {
  const fs::path file = as_file("objects.csv", bytes);
  const auto rows = count_rows_of_images(file);
  is_own_by_content(file);
  std::set<std::string> kept;
  for (const auto& [image, count] : rows) kept.insert(image);
  write_summary_csv(as_file("summary.csv", ""), file, rows, PlatePattern());
  const ObjectsCsv continued(file, kept);
  if (count_rows_of_images(file) != rows) throw std::logic_error("rows that were whole are lost");
}

std::vector<std::string> table_seeds() {
  return {bytes_written("objects.csv", [](const fs::path& file) {
    ObjectsCsv table(file);
    std::vector<ObjectMeasurements> objects(2);
    objects[0].label = 1, objects[1].label = 2;
    table.add("a01", objects);
    table.add("b,\"02\"", objects);
  })};
}

void read_record(const std::string& bytes) {
  FolderRecord record(as_file("files", bytes));
  record.add_written({"labels/a.tif"});
  if (!record.wrote("labels/a.tif")) throw std::logic_error("what was written is not known");
}

void read_own_files(const std::string& bytes) {
  for (const char* name : {"settings.json", "objects.csv", "images.csv", "summary.csv", "report.html",
                           "provenance.json", "losses.csv", "model.safetensors"})
    is_own_by_content(as_file(name, bytes));
}

/// The first byte is the width, the others are pixels.
ObjectPixels object_of(const std::string& bytes) {
  ObjectPixels object;
  object.width = 1 + static_cast<unsigned char>(bytes[0]) % 24;
  object.height = static_cast<int64_t>(bytes.size() - 1) / object.width;
  for (int64_t i = 0; i < object.height * object.width; ++i) {
    object.bits.push_back(static_cast<uint8_t>(bytes[static_cast<size_t>(i) + 1] & 1));
    object.area += object.bits.back();
  }
  return object;
}

/// The pixels inside of rings along pixel edges, by the edges to their left.
void fill_ring(const nlohmann::json& ring, ObjectPixels& filled) {
  for (size_t i = 0; i + 1 < ring.size(); ++i) {
    const auto x = ring[i][0].get<int64_t>(), next_x = ring[i + 1][0].get<int64_t>();
    const auto y = ring[i][1].get<int64_t>(), next_y = ring[i + 1][1].get<int64_t>();
    if (x != next_x) continue;
    for (int64_t row = std::min(y, next_y); row < std::max(y, next_y); ++row)
      for (int64_t column = x; column < filled.width; ++column)
        filled.bits[static_cast<size_t>(row * filled.width + column)] ^= 1;
  }
}

void write_outline(const std::string& bytes) {
  if (bytes.size() < 2) return;
  const ObjectPixels object = object_of(bytes);
  if (object.area == 0) return;
  const auto parts = trace_outline(object);
  encode_imagej_roi(parts, "1", {});
  const auto json = nlohmann::json::parse(geojson_geometry(parts));
  ObjectPixels filled = object;
  std::fill(filled.bits.begin(), filled.bits.end(), uint8_t{0});
  const auto& coordinates = json.at("coordinates");
  const bool is_single = json.at("type") == "Polygon";
  for (const auto& polygon : is_single ? nlohmann::json::array({coordinates}) : coordinates)
    for (const auto& ring : polygon) fill_ring(ring, filled);
  if (filled.bits != object.bits) throw std::logic_error("an outline does not hold its pixels");
}

#ifdef PRIORSEG_STUDIO

torch::Tensor three_blocks() {
  auto labels = torch::zeros({12, 16}, torch::kInt32);
  labels.slice(0, 1, 6).slice(1, 1, 6).fill_(1);
  labels.slice(0, 1, 6).slice(1, 6, 11).fill_(2);
  labels.slice(0, 8, 11).slice(1, 2, 14).fill_(3);
  return labels;
}

/// What the page sends: actions, one a line. Taking all back gives the label map that was there.
void apply_actions(const std::string& bytes) {
  LabelEditor editor(three_blocks());
  for (const auto& line : parts_of(bytes, '\n')) {
    const auto action = nlohmann::json::parse(line, nullptr, false);
    if (action.is_discarded()) continue;
    const auto before = editor.labels().clone();
    try {
      editor.apply(action);
    } catch (const Error&) {
      if (!editor.labels().equal(before)) throw std::logic_error("a refused action changed something");
    }
  }
  while (editor.can_undo()) editor.apply({{"do", "undo"}});
  if (!editor.labels().equal(three_blocks())) throw std::logic_error("undoing does not lead back");
}

const std::string kActions =
    "{\"do\":\"delete\",\"labels\":[3,1]}\n{\"do\":\"undo\"}\n{\"do\":\"redo\"}\n"
    "{\"do\":\"merge\",\"labels\":[1,2]}\n{\"do\":\"split\",\"label\":2,\"line\":[8.5,0,8.5,12]}\n"
    "{\"do\":\"draw\",\"polygon\":[1,1,5,1,5,5]}\n{\"do\":\"add\",\"label\":3,\"polygon\":[0,7,3,7,3,12,0,12]"
    "}\n"
    "{\"do\":\"cut\",\"label\":2,\"polygon\":[6,1,9,1,9,3]}\n{\"do\":\"fill\",\"label\":2}\n";

void read_journal(const std::string& bytes) {
  Corrections corrections(three_blocks(), as_file("journal.jsonl", bytes));
  corrections.apply({{"do", "draw"}, {"polygon", {14, 0, 16, 0, 16, 5, 14, 5}}}, corrections.revision());
}

std::vector<std::string> journal_seeds() {
  return {bytes_written("a.jsonl",
                        [](const fs::path& file) {
                          Corrections corrections(three_blocks(), file);
                          for (const auto& line : parts_of(kActions, '\n')) {
                            try {
                              corrections.apply(nlohmann::json::parse(line), corrections.revision());
                            } catch (const Error&) {  // it does not fit this label map any more
                            }
                          }
                        }),
          ""};
}

void take_choices(const std::string& bytes) {
  const auto wanted = nlohmann::json::parse(bytes, nullptr, false);
  if (wanted.is_discarded()) return;
  Choices choices;
  choices.take(wanted);
  with_choices(make_settings("default"), choices);
  const JobNames names{"images", "out", {}};
  command_for(names, choices);
  python_for(names, choices);
}

/// Seven lines: the facts of a request. Nobody without the token gets in.
void judge_request(const std::string& bytes) {
  auto line = parts_of(bytes, '\n');
  line.resize(7);
  const Access own("0123456789abcdef0123456789abcdef", 8000);
  const Access shared("0123456789abcdef0123456789abcdef", 8000, "correct horse");
  const RequestFacts facts{line[0], line[1], line[2], line[3], line[4], line[5], line[6]};
  for (const Access& access : {own, shared})
    if (access.judge(facts) == Access::Answer::kAllowed && !line[1].starts_with(access.prefix()))
      throw std::logic_error("a request without the token is let in");
}

std::vector<FuzzTarget> studio_targets() {
  return {{"action", apply_actions, [] { return std::vector<std::string>{kActions}; }},
          {"journal", read_journal, journal_seeds},
          {"choices", take_choices,
           [] {
             return std::vector<std::string>{
                 R"({"channel":"DAPI","polarity":"bright","size":{"min":8,"max":30},"save":"labels,rois"})",
                 R"({"size":null,"polarity":""})"};
           }},
          {"request", judge_request,
           [] {
             return std::vector<std::string>{
                 "GET\n/0123456789abcdef0123456789abcdef/\n127.0.0.1:8000\n\nsame-origin\n\n",
                 "POST\n/0123456789abcdef0123456789abcdef/choices\nlocalhost:8000\nhttp://localhost:8000\n"
                 "same-origin\napplication/json\nBasic dXNlcjpjb3JyZWN0IGhvcnNl"};
           }},
          {"csv_rows",
           [](const std::string& bytes) {
             for (const auto& row : read_csv_rows(as_file("rows.csv", bytes))) number_in(row, "ObjectNumber");
           },
           table_seeds}};
}

#else
std::vector<FuzzTarget> studio_targets() { return {}; }
#endif

}  // namespace

std::vector<FuzzTarget> result_targets() {
  std::vector<FuzzTarget> targets = {
      {"table", read_table, table_seeds},
      {"record", read_record,
       [] {
         return std::vector<std::string>{
             "priorseg record 1\nwrote labels/a.tif\nfinished 3 1234 a\nopen a\nfinished 0 99 b\\x0A\nwrote "
             "obj"};
       }},
      {"own_files", read_own_files,
       [] {
         return std::vector<std::string>{"{\"preset\":\"default\"}", "step,stage,loss\n1,a,2\n",
                                         "<!DOCTYPE html>\n<html><head><title>priorseg</title>"};
       }},
      {"outline", write_outline,
       [] {
         return std::vector<std::string>{"\x03\x01\x01\x01\x01\x01 \x01\x01\x01\x01\x01",
                                         "\x02\x01 \x01 \x01 "};
       }},
  };
  for (auto& target : studio_targets()) targets.push_back(std::move(target));
  return targets;
}

}  // namespace priorseg::fuzz
