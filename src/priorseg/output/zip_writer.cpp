#include "priorseg/output/zip_writer.h"

#include <minizip/zip.h>

#include <utility>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

constexpr size_t kLongestComment = 65535;

/// The first time that a zip archive can name: 1 January 1980.
zip_fileinfo without_time() {
  zip_fileinfo info{};
  info.dosDate = 1 << 21 | 1 << 16;  // year 0 stays, month and day count from 1
  return info;
}

}  // namespace

ZipWriter::ZipWriter(const std::filesystem::path& path) : path_(path), file_(path) {
  zip_ = zipOpen64(file_.temporary().c_str(), APPEND_STATUS_CREATE);
  if (zip_ == nullptr) fail();
}

ZipWriter::~ZipWriter() {
  if (zip_ != nullptr) zipClose(zip_, nullptr);
}

void ZipWriter::add(const std::string& name, std::string_view bytes) {
  const zip_fileinfo info = without_time();
  const bool done = zipOpenNewFileInZip64(zip_, name.c_str(), &info, nullptr, 0, nullptr, 0, nullptr,
                                          Z_DEFLATED, Z_DEFAULT_COMPRESSION, 0) == ZIP_OK &&
                    zipWriteInFileInZip(zip_, bytes.data(), static_cast<unsigned>(bytes.size())) == ZIP_OK &&
                    zipCloseFileInZip(zip_) == ZIP_OK;
  if (!done) fail();
}

void ZipWriter::finish(const std::string& comment) {
  const std::string fitting = comment.substr(0, kLongestComment);
  if (zipClose(std::exchange(zip_, nullptr), fitting.c_str()) != ZIP_OK) fail();
  file_.commit();
}

void ZipWriter::fail() const {
  throw Error("cannot write " + path_.string() + ": check the folder's permissions and free space");
}

}  // namespace priorseg
