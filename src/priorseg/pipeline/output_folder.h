#pragma once

#include <filesystem>

namespace priorseg {

/// Names inside an output folder: the same whatever verb made it.
struct OutputFolder {
  std::filesystem::path root;

  std::filesystem::path labels() const { return root / "labels"; }
  std::filesystem::path overlays() const { return root / "overlays"; }
  std::filesystem::path previews() const { return root / "previews"; }
  std::filesystem::path objects() const { return root / "objects.csv"; }
  std::filesystem::path prior() const { return root / "prior.safetensors"; }
  std::filesystem::path model() const { return root / "model.safetensors"; }
  std::filesystem::path checkpoint() const { return root / "checkpoint.safetensors"; }
  std::filesystem::path teacher() const { return root / "teacher.safetensors"; }
  std::filesystem::path losses() const { return root / "losses.csv"; }
  std::filesystem::path settings() const { return root / "settings.json"; }
  std::filesystem::path report() const { return root / "report.html"; }
};

}  // namespace priorseg
