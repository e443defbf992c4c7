#include "priorseg/output/verdict.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "priorseg/output/markup.h"

namespace priorseg {
namespace {

constexpr double kMuchStandsOut = 0.01;  // of the image
constexpr size_t kMostExamples = 3;
constexpr double kShareOfGood = 0.75, kShareOfBad = 0.5;  // of the images of a set

/// Below `low` a figure speaks against a result, below `very_low` loudly.
struct Limits {
  double very_low, low;
};
constexpr Limits kExplained{0.45, 0.65}, kSupported{0.5, 0.75}, kAgreement{0.5, 0.8}, kScore{0.35, 0.5};
constexpr double kNoScore = 0.25;  // a mean score below it needs no other witness

/// One part of the evidence that is against an image.
struct Doubt {
  double weight;  // how far below the limit
  bool is_loud;
  std::string reason;
};

std::string in_percent(double share) { return fixed_number(100 * share, 0) + " %"; }

void weigh(double value, const Limits& limits, const std::string& reason, std::vector<Doubt>& doubts) {
  if (std::isnan(value) || value >= limits.low) return;
  doubts.push_back({limits.low - value, value < limits.very_low, reason});
}

/// What the image itself says against its objects, beside their scores.
std::vector<Doubt> doubts_of_image(const ImageEvidence& evidence) {
  std::vector<Doubt> doubts;
  weigh(evidence.explained, kExplained,
        "only " + in_percent(evidence.explained) + " of what stands out lies in an object", doubts);
  weigh(evidence.supported, kSupported,
        "only " + in_percent(evidence.supported) + " of what was outlined stands out", doubts);
  weigh(evidence.agreement, kAgreement,
        "of what stands alone in the shape of one object only " + in_percent(evidence.agreement) +
            " is outlined as one",
        doubts);
  return doubts;
}

/// One figure alone may err: objects that are dim beside others do not stand out, those of a crowd have low
/// scores. So two witnesses have to agree: the scores and the image, or what is left over and what stands
/// alone.
bool is_not_to_be_trusted(const ImageEvidence& evidence, const std::vector<Doubt>& of_image) {
  const bool any_loud =
      std::any_of(of_image.begin(), of_image.end(), [](const Doubt& doubt) { return doubt.is_loud; });
  const double score = evidence.mean_score;
  return evidence.is_unexplained || score < kNoScore || (score < kScore.low && any_loud) ||
         (score < kScore.very_low && !of_image.empty()) ||
         (evidence.explained < kExplained.very_low && evidence.agreement < kAgreement.very_low);
}

Verdict judge_objects(const ImageEvidence& evidence) {
  auto doubts = doubts_of_image(evidence);
  Verdict verdict;
  if (is_not_to_be_trusted(evidence, doubts)) verdict.trust = Trust::kDoNotTrust;
  weigh(evidence.mean_score, kScore, "the mean score is " + fixed_number(evidence.mean_score, 2), doubts);
  if (evidence.looks_opposite && evidence.is_unexplained)
    doubts.push_back({2, true, "it is dark where bright is looked for, or the other way round"});
  if (evidence.is_inverted)
    doubts.push_back({0, false, "it was inverted, because its objects have the other polarity"});
  std::stable_sort(doubts.begin(), doubts.end(),
                   [](const Doubt& a, const Doubt& b) { return a.weight > b.weight; });
  if (!doubts.empty()) verdict.trust = std::max(verdict.trust, Trust::kLook);
  for (auto& doubt : doubts) verdict.reasons.push_back(std::move(doubt.reason));
  return verdict;
}

/// "1 of 18 images is to be looked at".
std::string count_text(int64_t count, size_t total, const char* what) {
  return std::to_string(count) + " of " + std::to_string(total) + " images " + (count == 1 ? "is " : "are ") +
         what;
}

}  // namespace

std::string name_of(Trust trust) {
  constexpr std::array kNames = {"good", "look at these", "do not trust"};
  return kNames[static_cast<size_t>(trust)];
}

Verdict judge_image(int64_t objects, const ImageEvidence& evidence) {
  if (objects > 0) return judge_objects(evidence);
  if (std::isnan(evidence.standing_out)) return {Trust::kLook, {"nothing was found"}};
  if (evidence.standing_out < kMuchStandsOut)
    return {Trust::kGood, {"nothing stands out of it, and nothing was found"}};
  return {Trust::kDoNotTrust,
          {in_percent(evidence.standing_out) + " of the image stands out, and nothing was found"}};
}

double order_of_doubt(const Verdict& verdict, const ImageEvidence& evidence) {
  const double confidence = evidence.confidence();
  if (verdict.trust == Trust::kGood) return confidence;
  // It goes from 0 to 1: no verdict overlaps with another one.
  const double within = std::isnan(confidence) ? 0 : confidence;
  return (verdict.trust == Trust::kDoNotTrust ? -4 : -2) + within;
}

Verdict judge_set(const std::vector<JudgedImage>& images, bool were_learned_from) {
  if (images.empty()) return {};
  std::array<int64_t, 3> counts{};
  int64_t objects = 0;
  for (const auto& image : images) {
    ++counts[static_cast<size_t>(image.verdict.trust)];
    objects += image.objects;
  }
  const auto total = static_cast<double>(images.size());
  const auto [good, look, bad] = counts;
  Verdict verdict;
  if (static_cast<double>(bad) > kShareOfBad * total)
    verdict.trust = Trust::kDoNotTrust;
  else if (static_cast<double>(good) < kShareOfGood * total)
    verdict.trust = Trust::kLook;
  if (objects == 0) {
    verdict.trust = std::max(verdict.trust, were_learned_from ? Trust::kDoNotTrust : Trust::kLook);
    verdict.reasons.push_back("no object was found in any image");
  }
  if (look > 0) verdict.reasons.push_back(count_text(look, images.size(), "to be looked at"));
  if (bad > 0) verdict.reasons.push_back(count_text(bad, images.size(), "not to be trusted"));
  std::vector<const JudgedImage*> worst;
  for (const auto& image : images)
    if (image.verdict.trust != Trust::kGood) worst.push_back(&image);
  std::stable_sort(worst.begin(), worst.end(), [](const JudgedImage* a, const JudgedImage* b) {
    return a->verdict.trust > b->verdict.trust;
  });
  for (size_t i = 0; i < std::min(kMostExamples, worst.size()); ++i)
    verdict.reasons.push_back(worst[i]->name + ": " + worst[i]->verdict.reasons.front());
  return verdict;
}

}  // namespace priorseg
