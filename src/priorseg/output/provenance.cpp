#include "priorseg/output/provenance.h"

#include "priorseg/core/version.h"

namespace priorseg {

std::string program_name() { return std::string("priorseg ") + version(); }

nlohmann::json Provenance::to_json() const {
  nlohmann::json json = {{"program", program_name()}};
  if (!model.empty()) json["model"] = model;
  if (!settings.is_null()) json["settings"] = settings;
  return json;
}

std::string Provenance::to_lines() const {
  std::string lines;
  if (!model.empty()) lines += "model=" + model + "\n";
  if (!settings.is_null()) lines += "settings=" + settings.dump() + "\n";
  return lines;
}

}  // namespace priorseg
