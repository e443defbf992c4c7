// Words of the command line, settings, and descriptions that files carry.
#include <nlohmann/json.hpp>

#include "fuzz_target.h"
#include "priorseg/core/device.h"
#include "priorseg/core/image_name.h"
#include "priorseg/core/min_max.h"
#include "priorseg/core/options.h"
#include "priorseg/core/plate_names.h"
#include "priorseg/core/result_form.h"
#include "priorseg/core/utf8.h"
#include "priorseg/detector/settings.h"
#include "priorseg/image/axes_text.h"
#include "priorseg/image/image_level.h"
#include "priorseg/image/imagej_description.h"
#include "priorseg/image/ome_xml.h"
#include "priorseg/image/pixel_region.h"
#include "priorseg/image/plane_choice.h"

namespace priorseg::fuzz {
namespace {

/// The first byte chooses the grammar: one corpus serves all of these short words.
void read_argument(const std::string& bytes) {
  if (bytes.empty()) return;
  const std::string text = bytes.substr(1);
  switch (bytes[0]) {
    case 's':
      parse_size_range(text);
      break;
    case 'm':
      parse_min_max(text);
      break;
    case 'r':
      parse_region(text);
      break;
    case 'l':
      parse_level(text);
      break;
    case 'p':
      check_plane_range(text);
      break;
    case 'f':
      parse_further_forms(text);
      break;
    case 'd':
      find_device(text);
      break;
    case 'a':
      parse_axes(text, {12, 3});
      break;
    case 'c':
      check_axes(text);
      break;
    default:
      break;
  }
}

void read_name(const std::string& bytes) {
  static const PlatePattern known;
  constexpr size_t kLongestName = 255;  // of a file
  const std::string name = bytes.substr(0, kLongestName);
  without_label_ending(image_stem(name));
  known.place_of(name);
  if (bytes_of_escaped(utf8_or_escaped(name)) != name) throw std::logic_error("the name does not come back");
}

void read_settings(const std::string& bytes) {
  const auto json = nlohmann::json::parse(bytes, nullptr, false);
  if (json.is_discarded()) return;
  Settings settings = make_settings("default");
  options_from_json(settings, json);
  settings.validate();
  const auto written = options_to_json(settings);
  Settings again = make_settings("default");
  options_from_json(again, written);
  if (options_to_json(again) != written) throw std::logic_error("the settings do not come back");
}

void read_override(const std::string& bytes) {
  Settings settings = make_settings("default");
  set_option(settings, bytes);
  settings.validate();
}

std::vector<std::string> settings_seeds() {
  auto json = options_to_json(make_settings("paper"));
  return {"{}", R"({"detector":{"size":{"min":3,"max":9}}})",
          options_to_json(make_settings("default")).dump(), json["detector"].dump(), json.dump()};
}

void read_ome_xml_text(const std::string& bytes) {
  for (const auto& image : parse_ome_xml(bytes, 1).images) choose_planes(image.structure, {});
}

std::vector<std::string> ome_xml_seeds() {
  return {
      R"(<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:1">
<Image ID="Image:0"><Pixels DimensionOrder="XYZCT" Type="uint16" SizeX="5" SizeY="4" SizeZ="3" SizeC="2" SizeT="1"
PhysicalSizeX="0.5" PhysicalSizeXUnit="nm" PhysicalSizeY="1"><Channel ID="Channel:0" Name="DAPI" SamplesPerPixel="1"/>
<Channel ID="Channel:1"/><TiffData IFD="0" FirstZ="1" FirstC="0" FirstT="0" PlaneCount="2"><UUID FileName="a.tif">
urn:uuid:2</UUID></TiffData><TiffData/></Pixels></Image></OME>)",
      R"(<OME><BinaryOnly MetadataFile="a.companion.ome" UUID="urn:uuid:3"/></OME>)",
      "<OME><Image><Pixels SizeX='1' SizeY='1' SizeZ='1' SizeC='3' SizeT='1' DimensionOrder='XYCZT'>"
      "<Channel SamplesPerPixel='3'/></Pixels></Image></OME>"};
}

std::vector<std::string> argument_seeds() {
  return {"s18:56",  "s8um:25um", "s8:25um", "m0.5:2e3", "r0,18000,100000,3000",
          "l2",      "l0.5um",    "p3",      "p2:5",     "flabels,csv, rois",
          "dcuda:1", "aZYX",      "aT4C3YX", "aZYXS",    "cYXC",
          "aT2ZYX"};
}

}  // namespace

std::vector<FuzzTarget> text_targets() {
  return {
      {"argument", read_argument, argument_seeds},
      {"name", read_name,
       [] {
         return std::vector<std::string>{"plate_A01_s1_w2.tif",
                                         "r01c02f03p01-ch1sk1fk1fl1.tiff",
                                         "a.ome.tif",
                                         "A - 01(fld 2 wv DAPI - DAPI).tif",
                                         "Well_A01_Site_2_Ch_1_masks.png",
                                         "\xff\\xE9"};
       }},
      {"settings", read_settings, settings_seeds},
      {"override", read_override,
       [] {
         return std::vector<std::string>{"detector.size.min=3", "seed=7",
                                         "save=labels,rois",    "detector.localizer.channels=[8,12]",
                                         "prior.latent_size=5", "detector.inference.nms=greedy"};
       }},
      {"ome_xml", read_ome_xml_text, ome_xml_seeds},
      {"imagej",
       [](const std::string& bytes) { choose_planes(parse_imagej_description(bytes).structure, {}); },
       [] {
         return std::vector<std::string>{
             "ImageJ=1.53t\nimages=12\nchannels=2\nslices=3\nframes=2\nhyperstack=true\nmode=composite\nunit="
             "um\n"
             "spacing=0.5\nloop=false\nmin=0\nmax=255\n",
             "ImageJ=1.11a\nimages=4\nslices=4\nunit=\\u00B5m\n"};
       }},
  };
}

}  // namespace priorseg::fuzz
