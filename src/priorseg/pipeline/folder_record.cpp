#include "priorseg/pipeline/folder_record.h"

#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "priorseg/core/error.h"
#include "priorseg/core/utf8.h"

namespace priorseg {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kHeader = "priorseg record 1\n";

std::string line_text(const std::string& name) { return utf8_or_escaped(name, "\r\n"); }

std::string finished_line(const std::string& stem, const FinishedImage& image) {
  return "finished " + std::to_string(image.objects) + " " + std::to_string(image.label_map_bytes) + " " +
         line_text(stem) + "\n";
}

}  // namespace

FolderRecord::FolderRecord(fs::path file) : file_(std::move(file)) {
  std::error_code error;
  if (!fs::exists(file_, error)) return;
  std::ifstream stream(file_, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!stream) throw Error("cannot read " + file_.string() + "; check its permissions");
  if (text.size() < kHeader.size() && kHeader.starts_with(text)) return;  // killed in its first line
  if (!text.starts_with(kHeader)) {
    throw Error(
        file_.string() +
        " is no list of files that this version of priorseg wrote, expected 'priorseg record 1'; give "
        "another output folder, or a newer version");
  }
  size_ = text.rfind('\n') + 1;
  std::string_view rest = std::string_view(text).substr(kHeader.size());
  for (size_t end; (end = rest.find('\n')) != std::string_view::npos; rest.remove_prefix(end + 1))
    read_line(std::string(rest.substr(0, end)));
}

void FolderRecord::read_line(const std::string& line) {
  std::istringstream words(line);
  std::string kind, name;
  words >> kind;
  FinishedImage image;
  if (kind == "finished") words >> image.objects >> image.label_map_bytes;
  words.get();
  std::getline(words, name);
  if (name.empty()) return;
  name = bytes_of_escaped(name);
  if (kind == "wrote") written_.insert(name);
  if (kind == "finished") finished_[name] = image;
  if (kind == "open") finished_.erase(name);
}

void FolderRecord::add_written(const std::vector<fs::path>& paths) {
  std::string lines;
  for (const auto& path : paths)
    if (!wrote(path)) lines += "wrote " + line_text(path.string()) + "\n";
  append(lines);
  for (const auto& path : paths) written_.insert(path.string());
}

void FolderRecord::add_finished(const std::map<std::string, FinishedImage>& images) {
  std::string lines;
  for (const auto& [stem, image] : images) lines += finished_line(stem, image);
  append(lines);
  for (const auto& [stem, image] : images) finished_[stem] = image;
}

void FolderRecord::add_open(const std::vector<std::string>& stems) {
  std::string lines;
  for (const auto& stem : stems)
    if (finished_.contains(stem)) lines += "open " + line_text(stem) + "\n";
  append(lines);
  for (const auto& stem : stems) finished_.erase(stem);
}

void FolderRecord::append(const std::string& lines) {
  if (lines.empty()) return;
  const std::string text = (size_ == 0 ? std::string(kHeader) : "") + lines;
  std::error_code error;
  // What was cut short when a process was killed must not become a part of the next line.
  if (fs::exists(file_, error)) fs::resize_file(file_, size_, error);
  std::ofstream file(file_, std::ios::binary | std::ios::app);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  if (error || !file)
    throw Error("cannot write " + file_.string() + ": check the folder's permissions and free space");
  size_ += text.size();
}

}  // namespace priorseg
