#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

#include "priorseg/studio/label_editor.h"

namespace priorseg {

/// Thrown where an action was meant for another state of the label map than the one it is in.
struct OtherRevision {};

/// The corrections of one label map and the journal that keeps them.
///
/// The journal is a text file: its first line tells the label map that it belongs to, each further one is an
/// action (LabelEditor). A line is on the disk before its action counts, so that a process that is killed
/// loses at most the action in hand; what is left of a line that was cut short is removed when the journal is
/// opened again. The label map itself stays as it was found.
class Corrections {
 public:
  /// Replays the journal, if there is one.
  /// @param labels        [H,W] int32: the label map that was found.
  /// @param journal       is made with the first action; missing folders too.
  /// @param highest_used  label that is in use elsewhere: new ones are above.
  /// @throws Error where the journal is in use by another program, or cannot be read.
  Corrections(const torch::Tensor& labels, std::filesystem::path journal, int32_t highest_used = 0);
  ~Corrections();
  Corrections(const Corrections&) = delete;
  Corrections& operator=(const Corrections&) = delete;

  /// How many actions have been taken, undoing and redoing included.
  int64_t revision() const { return revision_; }
  /// Takes an action and writes it down.
  /// @param revision  that whoever sends it has seen.
  /// @throws OtherRevision where that is not the present one; Error as LabelEditor::apply, or where the
  /// journal
  ///         cannot be written; nothing has changed then.
  void apply(const nlohmann::json& action, int64_t revision);

  const LabelEditor& editor() const { return editor_; }
  /// What is to be told: corrections of another label map were put aside. Empty = nothing.
  const std::string& remark() const { return remark_; }

 private:
  void open_journal();
  void replay();
  void write_line(const nlohmann::json& line);

  LabelEditor editor_;
  std::filesystem::path journal_;
  std::string identity_;
  int descriptor_ = -1;
  int64_t revision_ = 0;
  std::string remark_;
};

}  // namespace priorseg
