#include "priorseg/output/object_spool.h"

#include <algorithm>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

std::filesystem::path spool_of(std::filesystem::path result) { return result += ".objects"; }

[[noreturn]] void fail_to_spool(const std::filesystem::path& result) {
  throw Error("cannot write " + result.string() + ": check the folder's permissions and free space");
}

}  // namespace

ObjectSpool::ObjectSpool(const std::filesystem::path& result) : result_(result), file_(spool_of(result)) {
  stream_.open(file_.temporary(), std::ios::binary | std::ios::in | std::ios::out | std::ios::trunc);
  if (!stream_) fail_to_spool(result_);
}

void ObjectSpool::add(int32_t label, std::string_view bytes) {
  const auto index = static_cast<size_t>(label - 1);
  if (index >= places_.size()) places_.resize(std::max(index + 1, 2 * places_.size()));
  places_[index] = {size_, bytes.size(), true};
  stream_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!stream_) fail_to_spool(result_);
  size_ += bytes.size();
}

std::string ObjectSpool::get(int32_t label) {
  const auto index = static_cast<size_t>(label - 1);
  if (index >= places_.size() || !places_[index].is_there)
    throw Error("cannot write " + result_.string() + ": label " + std::to_string(label) + " has no pixel");
  std::string bytes(places_[index].size, '\0');
  stream_.seekg(static_cast<std::streamoff>(places_[index].offset));
  stream_.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!stream_) fail_to_spool(result_);
  return bytes;
}

}  // namespace priorseg
