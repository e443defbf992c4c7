#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace priorseg {

/// What speaks for and against the objects that were found in one image, without a label. Shares are in
/// [0,1], NaN where they are not known: of an image that is worked on in bands, or where there is nothing to
/// take a share of.
struct ImageEvidence {
  double mean_score = std::numeric_limits<double>::quiet_NaN();    ///< of the objects
  double mean_quality = std::numeric_limits<double>::quiet_NaN();  ///< of the objects: the share of good
                                                                   ///< outlines that is to be expected
  double standing_out =
      std::numeric_limits<double>::quiet_NaN();                 ///< share of the image that could be objects
  double explained = std::numeric_limits<double>::quiet_NaN();  ///< share of that which lies in an object
  double supported = std::numeric_limits<double>::quiet_NaN();  ///< share of the objects' px that stand out
  double agreement =
      std::numeric_limits<double>::quiet_NaN();  ///< share of what stands alone and has the
                                                 ///< shape of one object that is outlined as one
  /// The mean quality, or the mean score where no quality is known.
  double confidence() const { return std::isnan(mean_quality) ? mean_score : mean_quality; }

  bool is_unexplained = false;  ///< much stands out, and hardly any of it lies in an object
  bool looks_opposite = false;  ///< what stands out has the other polarity than what is looked for
  bool is_inverted = false;     ///< it was looked at in the other polarity
};

/// How far results can be trusted.
enum class Trust { kGood, kLook, kDoNotTrust };
/// "good", "look at these" or "do not trust".
std::string name_of(Trust trust);

struct Verdict {
  Trust trust = Trust::kGood;
  std::vector<std::string>
      reasons;  ///< plain words, the weightiest first; those against it, or why nothing was found
};

/// The verdict on the objects of one image: to be looked at where any part of the evidence is low, not to be
/// trusted where the scores and the image both speak against it, or one of them all too loudly. The limits
/// are those between which the images of many data sets lie (docs/notebook/verdict.md). An image of which
/// nothing stands out and in which nothing was found is good.
Verdict judge_image(int64_t objects, const ImageEvidence& evidence);

/// For lists that begin with what looks worst: the lower, the worse. NaN for a good image of which
/// neither quality nor score is known.
double order_of_doubt(const Verdict& verdict, const ImageEvidence& evidence);

/// An image of a set that was judged.
struct JudgedImage {
  std::string name;
  int64_t objects = 0;
  Verdict verdict;
};

/// The verdict on a set: good where three quarters of its images are, not to be trusted where more than half
/// are not, or where no object was found in images that were learned from; to be looked at where none was
/// found in others, because what is buried in noise does not stand out either.
/// @param images  those that did not fail; none = good.
Verdict judge_set(const std::vector<JudgedImage>& images, bool were_learned_from);

}  // namespace priorseg
