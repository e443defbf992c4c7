#include "priorseg/image/ome_xml_writer.h"

#include <pugixml.hpp>
#include <sstream>

namespace priorseg {
namespace {

void add_notes(pugi::xml_node ome, const std::string& notes) {
  if (notes.empty()) return;
  auto annotation = ome.append_child("StructuredAnnotations").append_child("MapAnnotation");
  annotation.append_attribute("ID") = "Annotation:0";
  auto values = annotation.append_child("Value");
  std::istringstream lines(notes);
  for (std::string line; std::getline(lines, line);) {
    const size_t equals = line.find('=');
    if (equals == std::string::npos) continue;
    auto value = values.append_child("M");
    value.append_attribute("K") = line.substr(0, equals).c_str();
    value.text() = line.substr(equals + 1).c_str();
  }
}

}  // namespace

std::string ome_xml_of_labels(const OmeLabels& labels) {
  pugi::xml_document document;
  auto declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version") = "1.0";
  declaration.append_attribute("encoding") = "UTF-8";
  auto ome = document.append_child("OME");
  ome.append_attribute("xmlns") = "http://www.openmicroscopy.org/Schemas/OME/2016-06";
  auto image = ome.append_child("Image");
  image.append_attribute("ID") = "Image:0";
  auto pixels = image.append_child("Pixels");
  pixels.append_attribute("ID") = "Pixels:0";
  pixels.append_attribute("DimensionOrder") = "XYZCT";
  pixels.append_attribute("Type") = labels.bits == 16 ? "uint16" : "uint32";
  pixels.append_attribute("SizeX") = static_cast<long long>(labels.width);
  pixels.append_attribute("SizeY") = static_cast<long long>(labels.height);
  pixels.append_attribute("SizeZ") = static_cast<long long>(labels.shape.slices);
  pixels.append_attribute("SizeC") = 1;
  pixels.append_attribute("SizeT") = static_cast<long long>(labels.shape.frames);
  if (labels.um_x > 0 && labels.um_y > 0) {
    pixels.append_attribute("PhysicalSizeX") = labels.um_x;
    pixels.append_attribute("PhysicalSizeY") = labels.um_y;
  }
  auto channel = pixels.append_child("Channel");
  channel.append_attribute("ID") = "Channel:0:0";
  channel.append_attribute("Name") = "objects";
  channel.append_attribute("SamplesPerPixel") = 1;
  pixels.append_child("TiffData");
  add_notes(ome, labels.notes);
  std::ostringstream text;
  document.save(text, "", pugi::format_raw);
  return text.str();
}

}  // namespace priorseg
