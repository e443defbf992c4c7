#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "priorseg/core/error.h"
#include "priorseg/core/tensor_file.h"
#include "verbs.h"

namespace priorseg::program {
namespace {

void info(const std::filesystem::path& path) {
  const TensorFile file = read_tensor_file(path);
  const auto format = file.metadata.find("format");
  if (format == file.metadata.end() || !format->second.starts_with("priorseg ")) {
    throw Error(path.string() + " was not written by priorseg, expected a prior, a model or a checkpoint");
  }
  int64_t numbers = 0;
  for (const auto& [name, tensor] : file.tensors) numbers += tensor.numel();
  std::printf("format    %s\ntensors   %zu with %lld numbers\n", format->second.c_str(), file.tensors.size(),
              static_cast<long long>(numbers));
  const auto settings = file.metadata.find("settings");
  if (settings == file.metadata.end()) return;
  const auto json = nlohmann::json::parse(settings->second, nullptr, false);
  if (json.is_discarded()) throw Error(path.string() + " has damaged settings");
  std::printf("settings  %s\n", json.dump(2).c_str());
}

}  // namespace

void add_info(CLI::App& program, Shared&) {
  CLI::App* verb = program.add_subcommand("info", "Shows what is in a prior, model or checkpoint file");
  const auto path = std::make_shared<std::string>();
  verb->add_option("FILE", *path, "a .safetensors file of priorseg")->required()->type_name("FILE");
  verb->footer("Example:\n  priorseg info out/model.safetensors");
  verb->callback([=] { info(*path); });
}

}  // namespace priorseg::program
