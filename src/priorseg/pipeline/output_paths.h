#pragma once

#include <filesystem>
#include <string>

#include "priorseg/core/result_form.h"

namespace priorseg {

/// Names inside an output folder: the same whatever job made it.
struct OutputPaths {
  std::filesystem::path root;

  std::filesystem::path labels() const { return root / "labels"; }
  std::filesystem::path overlays() const { return root / "overlays"; }
  std::filesystem::path previews() const { return root / "previews"; }
  std::filesystem::path label_map(const std::string& stem) const { return labels() / (stem + ".tif"); }
  std::filesystem::path overlay(const std::string& stem) const { return overlays() / (stem + ".png"); }
  std::filesystem::path rois(const std::string& stem) const { return root / "rois" / (stem + "_rois.zip"); }
  std::filesystem::path geojson(const std::string& stem) const {
    return root / "geojson" / (stem + ".geojson");
  }
  /// Of the frame whose number `stem` ends in, with as many digits. Empty where it ends in none.
  std::filesystem::path ctc_mask(const std::string& stem) const;
  /// Of a film or a stack: a folder with a mask a frame.
  std::filesystem::path ctc_sequence(const std::string& stem) const { return root / (stem + "_RES"); }
  std::filesystem::path ome_tiff(const std::string& stem) const {
    return root / "ome-tiff" / (stem + ".ome.tif");
  }
  /// Stores, which are folders, of version 0.4 and 0.5.
  std::filesystem::path ome_zarr(const std::string& stem) const {
    return root / "ome-zarr" / (stem + ".zarr");
  }
  std::filesystem::path ome_zarr_05(const std::string& stem) const {
    return root / "ome-zarr-0.5" / (stem + ".zarr");
  }
  std::filesystem::path cellpose_masks(const std::string& stem) const {
    return root / "cellpose" / (stem + "_cp_masks.tif");
  }
  std::filesystem::path coco() const { return root / "coco.json"; }
  /// What coco() says of one image.
  std::filesystem::path coco_part(const std::string& stem) const { return own() / "coco" / (stem + ".txt"); }
  /// The file that holds an image in this form. Empty where there is none.
  std::filesystem::path image_file(ResultForm form, const std::string& stem) const;
  std::filesystem::path provenance() const { return root / "provenance.json"; }
  std::filesystem::path objects() const { return root / "objects.csv"; }
  std::filesystem::path images_table() const { return root / "images.csv"; }
  std::filesystem::path manifest() const { return root / "manifest.jsonl"; }
  std::filesystem::path summary() const { return root / "summary.csv"; }
  /// Of a film whose objects are linked.
  std::filesystem::path tracks_of(const std::string& film) const { return root / "tracks" / (film + "_RES"); }
  std::filesystem::path tracks_table() const { return root / "tracks.csv"; }
  std::filesystem::path prior() const { return root / "prior.safetensors"; }
  std::filesystem::path model() const { return root / "model.safetensors"; }
  std::filesystem::path checkpoint() const { return root / "checkpoint.safetensors"; }
  std::filesystem::path teacher() const { return root / "teacher.safetensors"; }
  /// The model whose outlines were fitted to images that a person corrected.
  std::filesystem::path calibrated_model() const { return root / "calibrated.safetensors"; }
  /// What a training that was stopped has learned so far.
  std::filesystem::path unfinished_model() const { return root / "unfinished_model.safetensors"; }
  std::filesystem::path losses() const { return root / "losses.csv"; }
  std::filesystem::path settings() const { return root / "settings.json"; }
  std::filesystem::path report() const { return root / "report.html"; }
  /// What priorseg keeps for itself: lock and record.
  std::filesystem::path own() const { return root / ".priorseg"; }
  /// Which share of which images a folder holds, if not all of them.
  std::filesystem::path shard_record() const { return own() / "shard.json"; }
};

}  // namespace priorseg
