#include "priorseg/studio/corrections.h"

#include <fcntl.h>
#include <sys/file.h>
#include <torch/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFormat = "priorseg corrections 1";

/// Size and a checksum (FNV-1a, 64 bits) of a label map.
std::string identity_of(const torch::Tensor& labels) {
  const auto whole = labels.contiguous();
  uint64_t hash = 14695981039346656037ULL;
  const int32_t* data = whole.data_ptr<int32_t>();
  for (int64_t i = 0; i < whole.numel(); ++i)
    hash = (hash ^ static_cast<uint32_t>(data[i])) * 1099511628211ULL;
  char text[64];
  std::snprintf(text, sizeof(text), "%lldx%lld-%016llx", static_cast<long long>(labels.size(0)),
                static_cast<long long>(labels.size(1)), static_cast<unsigned long long>(hash));
  return text;
}

[[noreturn]] void fail_with_journal(const fs::path& path, const std::string& what) {
  throw Error(path.string() + ": " + what + ": " + std::strerror(errno));
}

/// The lines of a journal; what follows the last line end was cut short.
std::vector<std::string> whole_lines(const fs::path& path, uintmax_t& whole_bytes) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  const std::string text = content.str();
  std::vector<std::string> lines;
  size_t first = 0;
  for (size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', first)) {
    lines.push_back(text.substr(first, end - first));
    first = end + 1;
  }
  whole_bytes = first;
  return lines;
}

/// A free name beside a journal that belongs to another label map.
fs::path name_aside(const fs::path& journal) {
  for (int number = 1;; ++number) {
    fs::path aside = journal;
    aside.replace_extension("." + std::to_string(number) + ".old");
    if (!fs::exists(aside)) return aside;
  }
}

}  // namespace

Corrections::Corrections(const torch::Tensor& labels, fs::path journal, int32_t highest_used)
    : editor_(labels, highest_used), journal_(std::move(journal)), identity_(identity_of(labels)) {
  if (!fs::exists(journal_)) return;
  open_journal();
  replay();
}

Corrections::~Corrections() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void Corrections::open_journal() {
  if (descriptor_ >= 0) return;
  std::error_code failed;
  fs::create_directories(journal_.parent_path(), failed);
  const int opened = ::open(journal_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (opened < 0) fail_with_journal(journal_, "cannot keep corrections");
  if (::flock(opened, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(opened);
    throw Error(journal_.string() + ": another program is correcting this image; close that first");
  }
  descriptor_ = opened;
}

void Corrections::replay() {
  uintmax_t whole_bytes = 0;
  const auto lines = whole_lines(journal_, whole_bytes);
  if (lines.empty()) {
    if (::ftruncate(descriptor_, 0) != 0) fail_with_journal(journal_, "cannot keep corrections");
    return;
  }
  const auto head = nlohmann::json::parse(lines.front(), nullptr, false);
  if (!head.is_object() || head.value("format", "") != kFormat)
    throw Error(journal_.string() + " is no journal of corrections; move it away to correct this image");
  if (head.value("label_map", "") != identity_) {
    const auto aside = name_aside(journal_);
    fs::rename(journal_, aside);
    ::close(std::exchange(descriptor_, -1));
    remark_ = "corrections of an earlier segmentation were put aside as " + aside.filename().string();
    return;
  }
  if (::ftruncate(descriptor_, static_cast<off_t>(whole_bytes)) != 0)
    fail_with_journal(journal_, "cannot keep corrections");
  for (size_t i = 1; i < lines.size(); ++i) {
    const auto action = nlohmann::json::parse(lines[i], nullptr, false);
    try {
      editor_.apply(action);
    } catch (const Error& error) {
      throw Error(journal_.string() + ", line " + std::to_string(i + 1) + ": " + error.what());
    }
    ++revision_;
  }
}

void Corrections::write_line(const nlohmann::json& line) {
  const std::string text = line.dump() + "\n";
  const off_t before = ::lseek(descriptor_, 0, SEEK_END);
  size_t written = 0;
  while (written < text.size()) {
    const auto count = ::write(descriptor_, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int why = errno;
      [[maybe_unused]] const int cut_back = ::ftruncate(descriptor_, before);
      errno = why;
      fail_with_journal(journal_, "cannot keep corrections");
    }
    written += static_cast<size_t>(count);
  }
  if (::fdatasync(descriptor_) != 0) fail_with_journal(journal_, "cannot keep corrections");
}

void Corrections::apply(const nlohmann::json& action, int64_t revision) {
  if (revision != revision_) throw OtherRevision();
  open_journal();
  if (::lseek(descriptor_, 0, SEEK_END) == 0) write_line({{"format", kFormat}, {"label_map", identity_}});
  editor_.apply(action);
  try {
    write_line(action);
  } catch (...) {
    const auto kind = action.value("do", std::string());
    editor_.apply({{"do", kind == "undo" ? "redo" : "undo"}});
    throw;
  }
  ++revision_;
}

}  // namespace priorseg
