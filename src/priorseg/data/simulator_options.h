#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "priorseg/core/option_range.h"
#include "priorseg/shapes/synthetic_shape_options.h"

namespace priorseg {

/// What a simulated image shows and how the camera sees it. The presets are good starting points.
///
/// Counts are grey values of the file. The camera model: light = (background + objects) x illumination;
/// count = offset + gain x Poisson(light / gain) + normal(0, read_noise).
struct SimulatorOptions {
  int64_t height = 520;       ///< px
  int64_t width = 696;        ///< px
  double min_size = 18;       ///< px, longest diameter of an object
  double max_size = 56;       ///< px
  double covered = 0.16;      ///< share of the image under objects, 0 = none; fewer where they do not fit
  int64_t min_objects = 0;    ///< with max_objects: the least number of objects of an image
  int64_t max_objects = 0;    ///< each image has a random number of objects up to this; 0 = as `covered` says
  double touching = 0.3;      ///< share of the objects that are put against another
  double min_axis_ratio = 1;  ///< longest / shortest axis of the roundest objects
  double max_axis_ratio = 2.2;  ///< ... of the longest ones
  double ellipses = 1;          ///< relative frequency of deformed ellipses
  double rods = 0;              ///< ... of rods
  double spindles = 0;          ///< ... of spindles
  double contours = 0.35;       ///< ... of free outlines, kidney shapes among them
  double elastic = 0.03;        ///< amplitude of the elastic deformation as a share of the object's size
  double signal = 450;          ///< counts, typical brightness of an object above the background
  double contrast = 0.35;  ///< spread of the brightness between objects, standard deviation of its logarithm
  double dome = 0.25;      ///< 0: objects are evenly bright; 1: they fade to nothing at their border
  double texture = 0.18;   ///< relative brightness variation inside objects, standard deviation
  double spots = 1.0;      ///< mean number of small bright or dark spots in an object
  double bright_spots = 0.6;     ///< share of the spots that are bright
  double spot_radius = 1.4;      ///< px, mean standard deviation of a spot
  double spot_brightness = 0.5;  ///< what a bright spot adds, mean, in units of the object's own light
  double blur = 1.1;             ///< px, standard deviation of the point spread function
  double surround = 0.05;        ///< light around objects as a share of theirs; negative: a dark halo
  double surround_width = 8;     ///< px, standard deviation of that surround
  double offset = 100;           ///< counts without any light
  double background = 55;        ///< counts of background light
  double unevenness = 0.2;       ///< loss of illumination from the brightest point to the far corner, share
  double gain = 0.2;             ///< counts a photoelectron; 0 = no photon noise
  double read_noise = 2.2;       ///< counts
  bool inverted = false;   ///< objects are dark on a bright ground: the counts are taken from the highest one
  int64_t bit_depth = 16;  ///< 8 or 16

  /// @throws Error naming the setting, what was found and what is expected.
  void validate() const;
  void check_rules(const std::string& where) const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("height", height, between(16, 8192), "image height in px");
    v("width", width, between(16, 8192), "image width in px");
    v("min_size", min_size, between(4, 1000), "longest diameter of the smallest objects in px");
    v("max_size", max_size, between(4, 1000),
      "longest diameter of the largest objects in px, not below min_size");
    v("covered", covered, between(0, 0.6), "share of the image under objects");
    v("min_objects", min_objects, between(0, 1e5), "least number of objects of an image, with max_objects");
    v("max_objects", max_objects, between(0, 1e5),
      "each image has a random number of objects, from min_objects to this, as far as 'covered' allows; 0 = "
      "as "
      "'covered' says");
    v("touching", touching, between(0, 1), "share of the objects that are put against another");
    v("min_axis_ratio", min_axis_ratio, between(1, 10), "longest to shortest axis of the roundest objects");
    v("max_axis_ratio", max_axis_ratio, between(1, 10),
      "longest to shortest axis of the longest objects, not below min_axis_ratio");
    v("ellipses", ellipses, kFamilyFrequency, "relative frequency of deformed ellipses");
    v("rods", rods, kFamilyFrequency, "relative frequency of rods with round caps");
    v("spindles", spindles, kFamilyFrequency, "relative frequency of spindles");
    v("contours", contours, kFamilyFrequency, "relative frequency of free outlines");
    v("elastic", elastic, between(0, 0.3),
      "amplitude of the elastic deformation as a share of the object's size");
    v("signal", signal, between(0, 65535), "typical brightness of an object above the background in counts");
    v("contrast", contrast, between(0, 2), "spread of the brightness between objects (of its logarithm)");
    v("dome", dome, between(0, 1), "0: objects are evenly bright; 1: they fade to nothing at their border");
    v("texture", texture, between(0, 1), "relative brightness variation inside objects");
    v("spots", spots, between(0, 20), "mean number of small bright or dark spots in an object");
    v("bright_spots", bright_spots, between(0, 1), "share of the spots that are bright");
    v("spot_radius", spot_radius, between(0.3, 50), "mean standard deviation of a spot in px");
    v("spot_brightness", spot_brightness, between(0, 10),
      "what a bright spot adds in its middle, mean, in units of the object's own light");
    v("blur", blur, between(0, 20), "standard deviation of the point spread function in px");
    v("surround", surround, between(-1, 1),
      "light around objects as a share of theirs; negative: a dark halo");
    v("surround_width", surround_width, between(0.5, 50), "standard deviation of the surround in px");
    v("offset", offset, between(0, 65535), "counts without any light");
    v("background", background, between(0, 65535), "counts of background light");
    v("unevenness", unevenness, between(0, 0.9), "loss of illumination towards the far corner as a share");
    v("gain", gain, between(0, 1000), "counts a photoelectron; 0 = no photon noise");
    v("inverted", inverted, "objects are dark on a bright ground");
    v("read_noise", read_noise, between(0, 10000), "standard deviation of the camera's noise in counts");
    v("bit_depth", bit_depth, one_of(8, 16), "bits of a grey value");
  }
};

/// A preset by its name:
///   nuclei  fluorescent nuclei, 16 bit: dim beside bright, clusters, kidney shapes
///   phase   elongated cells in phase contrast, 8 bit: bright bodies in a dark halo
///   mixed   fluorescent objects of all shape families and sizes, 16 bit
///   hl60    round nuclei with large bright spots, blurred and noisy, 2 to 70 an image, 16 bit
///   empty   the background and noise of `nuclei` without an object
///   flat    one grey value, no noise, no object
///   black   zeros
/// @throws Error listing the known names.
SimulatorOptions simulator_preset(const std::string& name);

/// The names that simulator_preset knows.
std::vector<std::string> simulator_preset_names();

}  // namespace priorseg
