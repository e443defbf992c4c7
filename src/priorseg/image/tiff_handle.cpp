#include "priorseg/image/tiff_handle.h"

#include <tiffio.h>

#include <cstdarg>
#include <cstdio>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

// libtiff reports the cause first and its consequences after it: the first message is the one to show.
int keep_first_message(TIFF*, void* first_message, const char* /*module*/, const char* format,
                       va_list arguments) {
  auto& message = *static_cast<std::string*>(first_message);
  if (message.empty()) {
    char text[512];
    std::vsnprintf(text, sizeof text, format, arguments);
    message = text;
  }
  return 1;  // handled: the printing default is not called
}

int drop_warning(TIFF*, void*, const char*, const char*, va_list) { return 1; }

}  // namespace

TiffHandle::TiffHandle(const std::filesystem::path& path, const char* mode, const std::filesystem::path& name)
    : name_(name.string()), writing_(mode[0] == 'w'), first_message_(std::make_unique<std::string>()) {
  std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(TIFFOpenOptionsAlloc(),
                                                                           TIFFOpenOptionsFree);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), keep_first_message, first_message_.get());
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), drop_warning, nullptr);
  tiff_ = TIFFOpenExt(path.c_str(), mode, options.get());
  if (!tiff_) fail(writing_ ? "cannot open it for writing" : "not a readable TIFF file");
}

TiffHandle::~TiffHandle() {
  if (tiff_) TIFFClose(tiff_);
}

void TiffHandle::fail(const std::string& what) const {
  std::string text = std::string(writing_ ? "cannot write " : "cannot read ") + name_ + ": " + what;
  if (!first_message_->empty()) text += " (libtiff: " + *first_message_ + ")";
  throw Error(text);
}

}  // namespace priorseg
