#include "priorseg/pipeline/link_frames.h"

#include <torch/types.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/error.h"
#include "priorseg/core/image_name.h"
#include "priorseg/core/utf8.h"
#include "priorseg/data/frame_linker.h"
#include "priorseg/data/image_list.h"
#include "priorseg/image/image_file.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/output/markup.h"
#include "priorseg/pipeline/provenance_record.h"

namespace priorseg {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMostTracks = 65535;  // that masks of 16 bits number
constexpr int kFewestDigits = 3;       // of the Cell Tracking Challenge

std::string numbered_file(const char* start, int64_t number, int digits, const char* end) {
  char text[64];
  std::snprintf(text, sizeof(text), "%s%0*lld%s", start, digits, static_cast<long long>(number), end);
  return text;
}

/// "mitosis_t" as "mitosis"; "t" as nothing.
std::string film_name(std::string common) {
  if (common.ends_with("t") && (common.size() == 1 || common[common.size() - 2] == '_')) common.pop_back();
  while (!common.empty() && (common.back() == '_' || common.back() == '-')) common.pop_back();
  return common;
}

/// One frame after the other, each with the image it is of.
class LinkedFilm {
 public:
  LinkedFilm(const FilmOfFiles& film, OutputFolder& folder)
      : film_(film),
        folder_(folder),
        place_(folder.tracks_of(film.name)),
        made_with_(noted_provenance(folder)) {}

  /// Links the frames and writes all but the table.
  void link() {
    folder_.remove_own_files(place_);  // masks of frames that are not there any more
    if (film_.stems.size() == 1) {
      link_pages();
    } else {
      for (size_t i = 0; i < film_.stems.size(); ++i)
        if (fs::exists(folder_.label_map(film_.stems[i])))  // else the image failed, which was told
          add(film_.stems[i], read_label_map(folder_.label_map(film_.stems[i])), film_.frames[i]);
    }
    if (linker_.tracks().size() > kMostTracks)
      throw Error("more than " + std::to_string(kMostTracks) + " tracks, and masks have 16 bits");
    write_tracks();
  }

  /// Of the table of tracks.
  std::string rows() const {
    std::string text;
    for (const auto& object : objects_) {
      const auto& track = linker_.tracks()[static_cast<size_t>(object.track) - 1];
      text += csv_field(utf8_or_escaped(object.stem)) + "," + std::to_string(object.label) + "," +
              csv_field(utf8_or_escaped(film_.name)) + "," + std::to_string(object.frame) + "," +
              std::to_string(object.track) + "," + std::to_string(track.parent) + "\n";
    }
    return text;
  }

  std::string told() const {
    const auto& tracks = linker_.tracks();
    const auto daughters =
        std::count_if(tracks.begin(), tracks.end(), [](const Track& t) { return t.parent != 0; });
    return film_.name + ": " + std::to_string(num_frames_) + " frames, " + std::to_string(tracks.size()) +
           " tracks, " + std::to_string(daughters) + " of them daughters; " + place_.string() + gaps_;
  }
  bool has_gaps() const { return !gaps_.empty(); }

 private:
  struct LinkedObject {
    std::string stem;
    int32_t label, track;
    int64_t frame;
  };

  void link_pages() {
    const auto file = folder_.label_map(film_.stems.front());
    const auto maps = read_label_maps(file);
    const auto shape = ImageReader(file).stack_shape();
    if (shape.slices > 1)
      throw Error("it has several slices, expected one of each frame; choose with --z or --project");
    for (size_t i = 0; i < maps.size(); ++i) add(film_.stems.front(), maps[i], static_cast<int64_t>(i));
  }

  void add(const std::string& stem, const torch::Tensor& labels, int64_t frame) {
    if (num_frames_++ > 0 && frame != last_frame_ + 1)
      gaps_ += "; no track goes over the missing frames before " + std::to_string(frame);
    last_frame_ = frame;
    const auto tracks = linker_.add(labels, frame);
    for (size_t label = 1; label < tracks.size(); ++label)
      if (tracks[label] != 0) objects_.push_back({stem, static_cast<int32_t>(label), tracks[label], frame});
    if (linker_.tracks().size() > kMostTracks) return;  // told at the end
    const auto track_of_label = torch::tensor(tracks, torch::kInt32);
    const auto numbers = track_of_label.index_select(0, labels.flatten().to(torch::kInt64)).view_as(labels);
    const ImageReader source(folder_.label_map(stem));
    LabelMapWriter writer(folder_.claim(place_ / numbered_file("mask", frame, film_.digits, ".tif")),
                          labels.size(0), labels.size(1), kMostTracks, source.info().pixel_size,
                          made_with_[utf8_or_escaped(stem)].to_lines());
    writer.append(numbers);
    writer.finish();
  }

  void write_tracks() const {
    std::string text;
    for (const auto& track : linker_.tracks())
      text += std::to_string(track.number) + " " + std::to_string(track.first) + " " +
              std::to_string(track.last) + " " + std::to_string(track.parent) + "\n";
    write_text_atomically(folder_.claim(place_ / "res_track.txt"), text);
  }

  const FilmOfFiles& film_;
  OutputFolder& folder_;
  fs::path place_;
  std::map<std::string, Provenance> made_with_;  // by name of the image in tables
  FrameLinker linker_;
  std::vector<LinkedObject> objects_;
  int64_t num_frames_ = 0, last_frame_ = 0;
  std::string gaps_;
};

}  // namespace

std::vector<FilmOfFiles> find_films(const std::vector<fs::path>& images) {
  const auto stems = output_stems(images);
  struct Frame {
    int64_t number;
    std::string stem;
    int digits;
  };
  std::map<std::pair<fs::path, std::string>, std::vector<Frame>>
      series;  // by folder and what names have in common
  std::vector<FilmOfFiles> films;
  for (size_t i = 0; i < images.size(); ++i) {
    const std::string stem = image_stem(images[i]), digits = frame_digits(stem);
    if (digits.empty() || digits.size() > 9) {
      films.push_back({stems[i], {stems[i]}, {0}});
      continue;
    }
    const auto common = stem.substr(0, stem.size() - digits.size());
    series[{fs::absolute(images[i]).lexically_normal().parent_path(), common}].push_back(
        {std::stoll(digits), stems[i], static_cast<int>(digits.size())});
  }
  for (auto& [key, frames] : series) {
    if (frames.size() == 1) {
      films.push_back({frames.front().stem, {frames.front().stem}, {0}});
      continue;
    }
    std::sort(frames.begin(), frames.end(),
              [](const Frame& a, const Frame& b) { return a.number < b.number; });
    FilmOfFiles film;
    film.name = film_name(key.second);
    if (film.name.empty()) film.name = key.first.filename().string();
    film.digits = std::max(kFewestDigits, frames.front().digits);
    for (const auto& frame : frames) {
      film.stems.push_back(frame.stem);
      film.frames.push_back(frame.number);
    }
    films.push_back(film);
  }
  return films;
}

int64_t link_films(const std::vector<fs::path>& images, OutputFolder& folder, Observer& observer) {
  std::string rows;
  int64_t failures = 0, single = 0;
  for (const auto& film : find_films(images)) {
    observer.check_stop();
    const auto first = folder.label_map(film.stems.front());
    if (film.stems.size() == 1 && (!fs::exists(first) || ImageReader(first).num_pictures() == 1)) {
      ++single;
      continue;
    }
    LinkedFilm linked(film, folder);
    try {
      linked.link();
      rows += linked.rows();
      observer.message(linked.has_gaps() ? MessageLevel::kWarning : MessageLevel::kInfo, linked.told());
    } catch (const std::exception& error) {
      ++failures;
      observer.error("cannot link " + film.name + ": " + error.what());
    }
  }
  if (single > 0)
    observer.warn(std::to_string(single) +
                  " images are not linked: neither films nor files of one folder that end in a number");
  write_text_atomically(folder.claim(folder.tracks_table()), "image,label,film,frame,track,parent\n" + rows);
  return failures;
}

}  // namespace priorseg
