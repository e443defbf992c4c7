#include "priorseg/experiment/paper_results.h"

namespace priorseg {
namespace {

using Rows = std::vector<PaperResult>;

const Rows& bbbc() {
  static const Rows rows = {
      {"ours-annotation", {.8345, .8260, .7977, .7632, .7083, .6100, .2660}, .6865},
      {"ours-synthetic", {.8171, .8012, .7641, .7170, .6525, .5247, .2042}, .6401},
      {"mrcnn-scratch-one", {.6386, .5934, .5459, .4769, .3543, .1759, .0294}, .4020},
      {"mrcnn-scratch-full", {.7901, .7851, .7708, .7473, .7128, .6296, .3374}, .6817},
      {"mrcnn-finetune-one", {.7672, .7524, .7277, .7020, .6608, .5492, .1250}, .6121},
      {"mrcnn-finetune-full", {.7997, .7949, .7851, .7720, .7521, .6923, .3485}, .7064}};
  return rows;
}

const Rows& fluo() {
  static const Rows rows = {
      {"ours-annotation", {.9605, .9538, .9312, .8999, .8228, .6777, .1332}, .7685},
      {"ours-synthetic", {.9600, .9497, .9336, .8986, .8324, .6768, .1378}, .7698},
      {"mrcnn-scratch-one", {.0458, .0324, .0156, .0018, .0000, .0000, .0000}, .0014},
      {"mrcnn-scratch-full", {.9333, .9144, .8703, .7605, .5765, .2556, .0107}, .6173},
      {"mrcnn-finetune-one", {.8224, .8133, .7905, .7389, .5909, .2404, .0049}, .5716},
      {"mrcnn-finetune-full", {.9361, .9252, .8955, .8467, .7265, .4115, .0197}, .6802}};
  return rows;
}

const Rows& phc() {
  static const Rows rows = {
      {"ours-annotation", {.6840, .6034, .4035, .1468, .0233, .0028, .0000}, .2662},
      {"ours-synthetic", {.6471, .5611, .3605, .1326, .0219, .0027, .0000}, .2466},
      {"mrcnn-scratch-one", {.1124, .0991, .0847, .0668, .0353, .0049, .0000}, .0576},
      {"mrcnn-scratch-full", {.6332, .6001, .5226, .4467, .2981, .1079, .0023}, .3730},
      {"mrcnn-finetune-one", {.1647, .1602, .1460, .1146, .0633, .0108, .0000}, .0942},
      {"mrcnn-finetune-full", {.6551, .6380, .5855, .5014, .3425, .1144, .0007}, .4053}};
  return rows;
}

}  // namespace

const std::vector<PaperResult>& paper_results(const std::string& benchmark) {
  static const Rows none;
  if (benchmark == "bbbc006" || benchmark == "bbbc039") return bbbc();
  if (benchmark == "fluo-n2dh-sim+" || benchmark == "simulated-hl60") return fluo();
  if (benchmark == "phc-c2dl-psc") return phc();
  return none;
}

}  // namespace priorseg
