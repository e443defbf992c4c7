#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "priorseg/core/random.h"

namespace priorseg {

/// What a simulated image shows and how the camera sees it. The presets are good starting points.
///
/// Counts are grey values of the file. The camera model: light = (background + objects) x illumination;
/// count = offset + gain x Poisson(light / gain) + normal(0, read_noise).
struct SimulatorOptions {
  int64_t height = 520;         ///< px
  int64_t width = 696;          ///< px
  double min_size = 18;         ///< px, longest diameter of an object
  double max_size = 56;         ///< px
  double covered = 0.16;        ///< share of the image under objects, 0 = none; fewer where they do not fit
  double touching = 0.3;        ///< share of the objects that are put against another
  double min_axis_ratio = 1;    ///< longest / shortest axis of the roundest objects
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
  double blur = 1.1;       ///< px, standard deviation of the point spread function
  double surround = 0.05;  ///< light around objects as a share of theirs; negative: a dark halo
  double surround_width = 8;  ///< px, standard deviation of that surround
  double offset = 100;        ///< counts without any light
  double background = 55;     ///< counts of background light
  double unevenness = 0.2;    ///< loss of illumination from the brightest point to the far corner, share
  double gain = 0.2;          ///< counts a photoelectron; 0 = no photon noise
  double read_noise = 2.2;    ///< counts
  int64_t bit_depth = 16;     ///< 8 or 16

  /// @throws Error naming the field, what was found and what is expected.
  void validate() const;

  template <class Visitor>
  void visit(Visitor& v) {
    v("height", height, "image height in px, 16 to 8192");
    v("width", width, "image width in px, 16 to 8192");
    v("min_size", min_size, "longest diameter of the smallest objects in px, 4 to 1000");
    v("max_size", max_size, "longest diameter of the largest objects in px, min_size to 1000");
    v("covered", covered, "share of the image under objects, 0 to 0.6");
    v("touching", touching, "share of the objects that are put against another, 0 to 1");
    v("min_axis_ratio", min_axis_ratio, "longest to shortest axis of the roundest objects, 1 to 10");
    v("max_axis_ratio", max_axis_ratio,
      "longest to shortest axis of the longest objects, min_axis_ratio to 10");
    v("ellipses", ellipses, "relative frequency of deformed ellipses, >= 0");
    v("rods", rods, "relative frequency of rods with round caps, >= 0");
    v("spindles", spindles, "relative frequency of spindles, >= 0");
    v("contours", contours, "relative frequency of free outlines, >= 0");
    v("elastic", elastic, "amplitude of the elastic deformation as a share of the object's size, 0 to 0.3");
    v("signal", signal, "typical brightness of an object above the background in counts, 0 to 65535");
    v("contrast", contrast, "spread of the brightness between objects (of its logarithm), 0 to 2");
    v("dome", dome, "0: objects are evenly bright; 1: they fade to nothing at their border");
    v("texture", texture, "relative brightness variation inside objects, 0 to 1");
    v("spots", spots, "mean number of small bright or dark spots in an object, 0 to 20");
    v("blur", blur, "standard deviation of the point spread function in px, 0 to 20");
    v("surround", surround, "light around objects as a share of theirs, -1 to 1; negative: a dark halo");
    v("surround_width", surround_width, "standard deviation of the surround in px, 0.5 to 50");
    v("offset", offset, "counts without any light, 0 to 65535");
    v("background", background, "counts of background light, 0 to 65535");
    v("unevenness", unevenness, "loss of illumination towards the far corner as a share, 0 to 0.9");
    v("gain", gain, "counts a photoelectron, 0 to 1000; 0 = no photon noise");
    v("read_noise", read_noise, "standard deviation of the camera's noise in counts, 0 to 10000");
    v("bit_depth", bit_depth, "8 or 16");
  }
};

/// A preset by its name:
///   nuclei  fluorescent nuclei, 16 bit: dim beside bright, clusters, kidney shapes
///   phase   elongated cells in phase contrast, 8 bit: bright bodies in a dark halo
///   mixed   fluorescent objects of all shape families and sizes, 16 bit
///   empty   the background and noise of `nuclei` without an object
///   flat    one grey value, no noise, no object
///   black   zeros
/// @throws Error listing the known names.
SimulatorOptions simulator_preset(const std::string& name);

/// The names that simulator_preset knows.
std::vector<std::string> simulator_preset_names();

/// An image with its truth.
struct SimulatedImage {
  torch::Tensor image;   ///< [H,W] float32, whole counts in [0, 2^bit_depth - 1]
  torch::Tensor labels;  ///< [H,W] int32, 1 to N, 0 = background: the objects' pixels before the blur
};

/// Simulates one image. Each label is one part, connected over pixel sides; a pixel belongs to the object
/// that covers at least half of it. Objects that touch share their border without a gap. Objects at the image
/// border are cut by it.
///
/// @throws Error from validate().
SimulatedImage simulate_image(const SimulatorOptions& options, Random& random);

/// Image `index` of the series that belongs to `seed`. It does not depend on how many images the series has,
/// nor on the order in which they are made.
SimulatedImage simulate_image(const SimulatorOptions& options, uint64_t seed, int64_t index);

}  // namespace priorseg
