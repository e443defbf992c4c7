#include "priorseg/maskrcnn/network_options.h"

#include "priorseg/core/error.h"

namespace priorseg {

void ProposalOptions::check_rules(const std::string& where) const {
  if (negative_iou > positive_iou)
    throw Error(where + "negative_iou is " + number_text(negative_iou) + ", expected at most " + where +
                "positive_iou, " + number_text(positive_iou));
}

}  // namespace priorseg
