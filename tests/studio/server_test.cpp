#include "priorseg/studio/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <torch/types.h>

#include <atomic>
#include <thread>

#include "priorseg/core/error.h"
#include "priorseg/image/image_file.h"
#include "priorseg/output/result_sink.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

namespace priorseg::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

/// A stack of label maps.
void write_label_stack(const fs::path& path, const std::vector<torch::Tensor>& maps) {
  ImageInfo info;
  info.height = maps.front().size(0), info.width = maps.front().size(1);
  info.channels = 1;
  StackShape shape;
  shape.frames = std::ssize(maps);
  LabelMapSink sink(info, path, {}, shape);
  for (int64_t frame = 1; const auto& map : maps) {
    sink.begin_picture({{}, frame++, 1, 1, false});
    sink.add({{0, info.height}, {}, map, map.max().item<int64_t>()});
  }
  sink.finish({});
}

/// A studio on a folder with one image and its label map: objects 1 and 2.
class Studio : public testing::Test {
 protected:
  Studio() {
    fs::create_directories(images());
    write_grey_tiff(images() / "a.tif", torch::arange(40 * 60).view({40, 60}), 16);
    labels_.slice(0, 4, 14).slice(1, 5, 25).fill_(1);
    labels_.slice(0, 20, 34).slice(1, 30, 44).fill_(2);
    fs::create_directories(output() / "labels");
    write_label_map(output() / "labels/a.tif", labels_);
    write_text(output() / "objects.csv",
               "image,label,score,quality\na,1,0.9,0.8\na,2,0.4,0.3\nb,1,0.1,0.1\n");
    start();
  }
  ~Studio() override { end(); }

  fs::path images() const { return folder_ / "images"; }
  fs::path output() const { return images() / "priorseg-output"; }

  void start() {
    StudioOptions options;
    options.settings = make_settings("default");
    options.roots = {fs::canonical(images())};
    session_ = std::make_unique<Session>(options);
    server_ = std::make_unique<StudioServer>(*session_, ServerOptions{});
    ends_ = false;
    thread_ = std::thread([this] { server_->serve([this] { return ends_.load(); }); });
    const auto& url = server_->url();
    const auto slash = url.find('/', 7);
    prefix_ = url.substr(slash);
    client_ = std::make_unique<httplib::Client>(url.substr(0, slash));
    client_->set_read_timeout(60);
    session_->open(images().string());
    session_->board().wait();
  }
  void end() {
    ends_ = true;
    thread_.join();
    server_.reset();
    session_.reset();
  }

  int status(const std::string& path, const httplib::Headers& headers = {}) {
    const auto answer = client_->Get(path, headers);
    return answer ? answer->status : -1;
  }
  json get(const std::string& path) {
    const auto answer = client_->Get(prefix_ + path);
    return answer ? json::parse(answer->body, nullptr, false) : json();
  }
  std::pair<int, json> post(const std::string& path, const json& body) {
    const auto answer = client_->Post(prefix_ + path, body.dump(), "application/json");
    return answer ? std::pair(answer->status, json::parse(answer->body, nullptr, false))
                  : std::pair(-1, json());
  }
  std::pair<int, json> correct(const json& action, int64_t revision) {
    return post("api/correct", {{"image", 0}, {"action", action}, {"revision", revision}});
  }

  TemporaryFolder folder_;
  torch::Tensor labels_ = torch::zeros({40, 60}, torch::kInt32);
  std::unique_ptr<Session> session_;
  std::unique_ptr<StudioServer> server_;
  std::unique_ptr<httplib::Client> client_;
  std::string prefix_;
  std::thread thread_;
  std::atomic<bool> ends_ = false;
};

TEST_F(Studio, AnswersToItsTokenAlone) {
  EXPECT_EQ(status(prefix_), 200);
  EXPECT_EQ(status(prefix_ + "api/state"), 200);
  for (const char* path :
       {"/", "/api/state", "/00000000000000000000000000000000/api/state", "/../etc/passwd"})
    EXPECT_EQ(status(path), 404) << path;
}

TEST_F(Studio, AnswersToItsOwnNameAndOriginAlone) {
  EXPECT_EQ(status(prefix_ + "api/state", {{"Host", "evil.example"}}), 403);
  EXPECT_EQ(status(prefix_ + "api/state", {{"Origin", "http://evil.example"}}), 403);
  EXPECT_EQ(status(prefix_ + "api/state", {{"Sec-Fetch-Site", "cross-site"}}), 403);
  const auto form = client_->Post(prefix_ + "api/learn", "{}", "text/plain");
  ASSERT_TRUE(form);
  EXPECT_EQ(form->status, 403);
}

TEST_F(Studio, GuardsEveryAnswer) {
  for (const auto& path : {prefix_, prefix_ + "api/state", std::string("/nothing")}) {
    const auto answer = client_->Get(path);
    ASSERT_TRUE(answer);
    const auto policy = answer->get_header_value("Content-Security-Policy");
    EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
    EXPECT_EQ(policy.find("unsafe"), std::string::npos);
    EXPECT_EQ(answer->get_header_value("Access-Control-Allow-Origin"), "");
    EXPECT_EQ(answer->get_header_value("X-Content-Type-Options"), "nosniff");
  }
}

TEST_F(Studio, LeadsToNoOtherFiles) {
  for (const char* path : {"api/preview/..%2f..%2fa.tif", "api/preview/step_1.png%2f..", "..%2f..%2f",
                           "api/tile/1/9/0/0/0_0", "assets/../index.html"})
    EXPECT_GE(status(prefix_ + path), 404) << path;
  for (const auto& other :
       {folder_.path().string(), images().string() + "/../..", std::string("/"), std::string("/etc")}) {
    EXPECT_EQ(post("api/open", {{"folder", other}}).first, 422) << other;
    EXPECT_TRUE(get("api/browse?folder=" + other).contains("error")) << other;
  }
  fs::create_directory_symlink("/", images() / "out");
  EXPECT_EQ(post("api/open", {{"folder", (images() / "out/etc").string()}}).first, 422);
}

TEST_F(Studio, BoundsWhatItTakes) {
  const auto answer = client_->Post(prefix_ + "api/choose", std::string(3 << 20, 'x'), "application/json");
  EXPECT_TRUE(!answer || answer->status == 413);
  EXPECT_EQ(post("api/choose", json::array()).first, 422);
  json points;
  for (int i = 0; i < 50000; ++i) points.push_back(i % 40);
  EXPECT_EQ(correct({{"do", "draw"}, {"polygon", points}}, 0).first, 422);
}

TEST_F(Studio, TellsOutlinesMeasurementsAndScores) {
  const auto objects = get("api/objects/0");
  ASSERT_EQ(objects["rows"].size(), 2U);
  const auto& columns = objects["columns"];
  const auto at = [&](const char* name) {
    return static_cast<size_t>(std::find(columns.begin(), columns.end(), name) - columns.begin());
  };
  EXPECT_EQ(objects["rows"][0][at("AreaShape_Area")], 200);
  EXPECT_NEAR(objects["rows"][1][at("score")].get<double>(), .4, 1e-6);
  EXPECT_NEAR(objects["rows"][1][at("quality")].get<double>(), .3, 1e-6);
  EXPECT_NEAR(objects["rows"][0][at("Intensity_MeanIntensity")].get<double>(), 8.5 * 60 + 14.5, 1e-3);
  EXPECT_EQ(objects["outlines"][0].dump(), "[[25,4,25,14,5,14,5,4]]");
}

TEST_F(Studio, CorrectsKeepsAndTakesBack) {
  EXPECT_EQ(correct({{"do", "delete"}, {"labels", {1}}}, 0).first, 200);
  EXPECT_EQ(get("api/objects/0")["rows"].size(), 1U);
  EXPECT_EQ(correct({{"do", "delete"}, {"labels", {2}}}, 0).first,
            409);  // by a page that has not seen the first
  EXPECT_EQ(correct({{"do", "split"}, {"label", 2}, {"line", {37, 10, 37, 39}}}, 1).first, 200);
  end();
  start();
  auto objects = get("api/objects/0");
  EXPECT_EQ(objects["rows"].size(), 2U);
  EXPECT_EQ(objects["revision"], 2);
  EXPECT_TRUE(objects["rows"][0][1].is_null());  // no score of an object that was divided
  EXPECT_EQ(correct({{"do", "undo"}}, 2).first, 200);
  EXPECT_EQ(correct({{"do", "undo"}}, 3).first, 200);
  objects = get("api/objects/0");
  EXPECT_FALSE(objects["can_undo"].get<bool>());
  EXPECT_TRUE(objects["changed"].empty());
  EXPECT_TRUE(read_label_map(output() / "labels/a.tif").equal(labels_));
}

TEST_F(Studio, ExportsWhatWasCorrected) {
  EXPECT_EQ(correct({{"do", "delete"}, {"labels", {1}}}, 0).first, 200);
  EXPECT_EQ(post("api/choose", {{"save", "rois,geojson,coco,cellpose"}}).first, 200);
  EXPECT_EQ(post("api/export", json::object()).first, 200);
  session_->board().wait();
  JobBoard::Cursor seen;
  EXPECT_EQ(session_->board().news(seen, std::chrono::milliseconds(0))["job"]["failure"], "");
  auto corrected = labels_.clone();
  corrected.masked_fill_(corrected == 1, 0);
  EXPECT_TRUE(read_label_map(output() / "corrected/labels/a.tif").equal(corrected));
  EXPECT_THAT(read_text(output() / "corrected/objects.csv"), HasSubstr("\na,2,"));
  EXPECT_EQ(json::parse(read_text(output() / "corrected/geojson/a.geojson"))["features"].size(), 1U);
  EXPECT_EQ(json::parse(read_text(output() / "corrected/coco.json"))["annotations"].size(), 1U);
  EXPECT_TRUE(fs::exists(output() / "corrected/rois/a_rois.zip"));
  // Once more, with one correction less: it replaces what it wrote itself.
  EXPECT_EQ(correct({{"do", "undo"}}, 1).first, 200);
  EXPECT_EQ(post("api/export", json::object()).first, 200);
  session_->board().wait();
  EXPECT_TRUE(read_label_map(output() / "corrected/labels/a.tif").equal(labels_));
}

/// A film of two pictures beside the image: objects 1 and 2, and object 3 in the place of 1.
class StudioWithFilm : public Studio {
 protected:
  StudioWithFilm() {
    write_label_stack(images() / "s1.tif", pages_);
    write_label_stack(output() / "labels/s1.tif", pages_);
    write_text(output() / "objects.csv",
               "image,label,score,quality\ns1,1,0.9,0.8\ns1,2,0.4,0.3\ns1,3,0.7,0.6\n");
    open();
  }
  void open() {
    session_->open(images().string());
    session_->board().wait();
  }
  int correct_film(int64_t picture, const json& action, int64_t revision) {
    return post("api/correct",
                {{"image", 1}, {"picture", picture}, {"action", action}, {"revision", revision}})
        .first;
  }
  json film(int64_t picture) { return get("api/objects/1?picture=" + std::to_string(picture)); }
  void export_now() {
    EXPECT_EQ(post("api/export", json::object()).first, 200);
    session_->board().wait();
    JobBoard::Cursor seen;
    for (const auto& message : session_->board().news(seen, std::chrono::milliseconds(0))["messages"])
      EXPECT_NE(message[0], "error") << message;
  }

  const std::vector<torch::Tensor> pages_ = {labels_, labels_.eq(1).to(torch::kInt32) * 3};
  const json split_second_ = {{"do", "split"}, {"label", 2}, {"line", {37, 10, 37, 39}}};
  const json draw_ = {{"do", "draw"}, {"polygon", {50, 5, 56, 5, 56, 11, 50, 11}}};
};

TEST_F(StudioWithFilm, CorrectsEachPictureByItself) {
  EXPECT_TRUE(film(1)["can_correct"].get<bool>());
  EXPECT_EQ(status(prefix_ + "api/objects/1?picture=2"), 422);
  EXPECT_EQ(correct_film(2, draw_, 0), 422);
  EXPECT_EQ(correct_film(1, draw_, 0), 200);
  EXPECT_EQ(correct_film(1, {{"do", "merge"}, {"labels", {3, 4}}}, 1), 200);
  EXPECT_EQ(correct_film(1, {{"do", "undo"}}, 2), 200);
  EXPECT_EQ(correct_film(0, split_second_, 0), 200);
  EXPECT_EQ(correct_film(0, {{"do", "delete"}, {"labels", {3}}}, 0),
            409);  // by a page that has not seen the split
  EXPECT_EQ(correct_film(1, {{"do", "delete"}, {"labels", {1}}}, 3),
            422);  // object 1 is in the other picture
  EXPECT_TRUE(get("api/state")["results"][1]["corrected"].get<bool>());
  EXPECT_FALSE(get("api/state")["results"][0]["corrected"].get<bool>());
  end();
  start();
  EXPECT_EQ(film(0)["rows"].size(), 3U);
  EXPECT_EQ(film(0)["changed"], json({2, 3}));
  const auto second = film(1);
  ASSERT_EQ(second["rows"].size(), 2U);
  EXPECT_EQ(second["revision"], 3);
  EXPECT_TRUE(second["can_redo"].get<bool>());
  EXPECT_EQ(second["rows"][0][0], 3);
  EXPECT_EQ(second["rows"][1][0], 4);
  EXPECT_NEAR(second["rows"][0][1].get<double>(), .7, 1e-6) << second["columns"];
}

TEST_F(StudioWithFilm, LosesOnlyTheCorrectionThatWasCutShort) {
  EXPECT_EQ(correct_film(1, draw_, 0), 200);
  EXPECT_EQ(correct_film(1, {{"do", "delete"}, {"labels", {3}}}, 1), 200);
  end();
  const auto journal = output() / "corrections/s1.pictures/2.jsonl";
  const auto whole = read_text(journal);
  write_text(journal, whole.substr(0, whole.size() - 3));
  start();
  EXPECT_EQ(film(1)["revision"], 1);
  EXPECT_EQ(film(1)["rows"].size(), 2U);
  EXPECT_EQ(film(0)["revision"], 0);
}

TEST_F(StudioWithFilm, ExportsAllPicturesWithTheirCorrections) {
  fs::remove(output() / "labels/a.tif");
  EXPECT_EQ(correct_film(0, split_second_, 0), 200);
  EXPECT_EQ(correct_film(0, {{"do", "delete"}, {"labels", {1}}}, 1), 200);
  EXPECT_EQ(correct_film(1, draw_, 0), 200);
  const auto forms = "rois,geojson,coco,ctc,cellpose,ome-tiff,ome-zarr";
  EXPECT_EQ(post("api/choose", {{"save", forms}}).first, 200);
  export_now();
  // Object 3 of the second picture makes room for the part of object 2 of the first.
  const auto maps = read_label_maps(output() / "corrected/labels/s1.tif");
  ASSERT_EQ(maps.size(), 2U);
  EXPECT_EQ(maps[0].gt(0).sum().item<int64_t>(), labels_.eq(2).sum().item<int64_t>());
  EXPECT_EQ(maps[0].max().item<int32_t>(), 3);
  EXPECT_TRUE(maps[1].eq(4).equal(pages_[1].gt(0)));
  EXPECT_EQ(maps[1].eq(5).sum().item<int64_t>(), 36);
  const auto table = read_text(output() / "corrected/objects.csv");
  for (const auto* row : {"\ns1,2,,", "\ns1,3,,", "\ns1,4,0.", "\ns1,5,,"})
    EXPECT_THAT(table, HasSubstr(row));
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 5);
  EXPECT_EQ(json::parse(read_text(output() / "corrected/geojson/s1.geojson"))["features"].size(), 4U);
  EXPECT_EQ(json::parse(read_text(output() / "corrected/coco.json"))["annotations"].size(), 4U);
  const auto masks = output() / "corrected/s1_RES";
  EXPECT_TRUE(read_label_map(masks / "mask000.tif").equal(maps[0]));
  EXPECT_EQ(read_label_map(masks / "mask001.tif").max().item<int32_t>(), 2);
  for (const auto* file : {"rois/s1_rois.zip", "ome-tiff/s1.ome.tif", "ome-zarr/s1.zarr", "overlays/s1.png"})
    EXPECT_TRUE(fs::exists(output() / "corrected" / file)) << file;
  EXPECT_EQ(read_label_maps(output() / "corrected/cellpose/s1_cp_masks.tif").size(), 2U);
  EXPECT_TRUE(read_label_maps(output() / "labels/s1.tif")[0].equal(labels_));  // what was found stays
}

TEST_F(StudioWithFilm, ExportsWhatIsUncorrectedAsItWasFound) {
  export_now();
  const auto maps = read_label_maps(output() / "corrected/labels/s1.tif");
  ASSERT_EQ(maps.size(), 2U);
  EXPECT_TRUE(maps[0].equal(pages_[0]));
  EXPECT_TRUE(maps[1].equal(pages_[1]));
  EXPECT_TRUE(read_label_map(output() / "corrected/labels/a.tif").equal(labels_));
}

TEST_F(StudioWithFilm, RefusesLabelsThatDoNotGoOnFromPictureToPicture) {
  write_label_stack(output() / "labels/s1.tif", {labels_, labels_});
  open();
  EXPECT_THAT(film(0)["error"].get<std::string>(), HasSubstr("do not go on"));
}

TEST_F(Studio, TellsOutlinesOfAPartAlone) {
  const auto part = get("api/outlines_in/0?x0=26&y0=0&x1=60&y1=40");
  EXPECT_EQ(part["labels"], json({2}));
  EXPECT_EQ(part["outlines"][0], get("api/objects/0")["outlines"][1]);
  EXPECT_EQ(part["revision"], 0);
  EXPECT_EQ(get("api/outlines_in/0?x0=24&y0=13&x1=31&y1=21")["labels"], json({1, 2}));
  EXPECT_TRUE(get("api/outlines_in/0?x0=25&y0=0&x1=30&y1=40")["labels"].empty());
  EXPECT_EQ(correct({{"do", "delete"}, {"labels", {2}}}, 0).first, 200);
  const auto all = get("api/outlines_in/0?x0=-9&y0=-9&x1=999&y1=999");
  EXPECT_EQ(all["labels"], json({1}));
  EXPECT_EQ(all["revision"], 1);
  EXPECT_EQ(status(prefix_ + "api/outlines_in/0?x0=1&y0=1&x1=9&y1=b"), 422);
}

TEST_F(Studio, TellsNoOutlinesOfVeryManyObjectsAtOnce) {
  auto dots = torch::zeros({200, 200}, torch::kInt32);
  dots.slice(0, 0, 200, 4).slice(1, 0, 200, 4).copy_(torch::arange(1, 2501, torch::kInt32).view({50, 50}));
  write_grey_tiff(images() / "b.tif", dots, 16);
  write_label_map(output() / "labels/b.tif", dots);
  session_->open(images().string());
  session_->board().wait();
  const auto objects = get("api/objects/1");
  EXPECT_EQ(objects["rows"].size(), 2500U);
  EXPECT_TRUE(objects["outlines"].is_null());
  const auto part = get("api/outlines_in/1?x0=4&y0=0&x1=9&y1=4");
  EXPECT_EQ(part["labels"], json({2, 3}));
  EXPECT_EQ(part["outlines"][0].dump(), "[[5,0,5,1,4,1,4,0]]");
}

TEST_F(Studio, TakesFilesThatAreDropped) {
  const auto [made, drop] = post("api/drop", json::object());
  ASSERT_EQ(made, 200);
  const auto name = drop["drop"].get<std::string>();
  const auto send = [&](const std::string& file, int64_t offset, const std::string& bytes) {
    const auto path = "api/dropped?drop=" + name + "&name=" + file + "&offset=" + std::to_string(offset);
    const auto answer = client_->Post(prefix_ + path, bytes, "application/octet-stream");
    return answer ? answer->status : -1;
  };
  EXPECT_EQ(send("b.tif", 0, "first "), 200);
  EXPECT_EQ(send("b.tif", 4, "wrong"), 422);
  EXPECT_EQ(send("b.tif", 6, "second"), 200);
  EXPECT_EQ(post("api/dropped_whole", {{"drop", name}, {"name", "b.tif"}, {"size", 11}}).first, 422);
  EXPECT_EQ(post("api/dropped_whole", {{"drop", name}, {"name", "b.tif"}, {"size", 12}}).first, 200);
  EXPECT_EQ(read_text(images() / name / "b.tif"), "first second");
  EXPECT_EQ(send("b.tif", 0, "again"), 422);
  EXPECT_EQ(send("..%2f..%2fout.tif", 0, "x"), 422);  // begins with a dot
  EXPECT_EQ(send("a%2f..%2fout.tif", 0, "x"), 200);   // a name, not a path
  EXPECT_TRUE(fs::exists(images() / name / "a_.._out.tif.part"));
  EXPECT_EQ(send("run.sh", 0, "x"), 422);
  const auto elsewhere = "api/dropped?drop=..&name=c.tif&offset=0";
  EXPECT_EQ(client_->Post(prefix_ + elsewhere, "x", "application/octet-stream")->status, 422);
  EXPECT_EQ(post("api/drop", json::object()).second["drop"], "dropped-images-2");
}

TEST_F(Studio, NeedsAModelForOutlinesAtOtherLevels) {
  EXPECT_EQ(status(prefix_ + "api/outlines/0?border_level=0.4"), 422);
  EXPECT_EQ(status(prefix_ + "api/outlines/0?border_level=high"), 422);
  EXPECT_EQ(post("api/outline", {{"calibrate", true}}).first, 422);
  EXPECT_EQ(post("api/learn", {{"from", "corrections"}}).first, 422);
}

TEST_F(Studio, NeedsAPasswordToLetOthersIn) {
  EXPECT_THROW(StudioServer(*session_, {"0.0.0.0", 0, ""}), Error);
  EXPECT_THROW(StudioServer(*session_, {"0.0.0.0", 0, "short"}), Error);
}

}  // namespace
}  // namespace priorseg::test
