#pragma once

#include "priorseg/core/instances.h"
#include "priorseg/core/observer.h"
#include "priorseg/detector/network_image.h"
#include "priorseg/detector/options.h"
#include "priorseg/prior/shape_prior.h"

namespace priorseg {

/// No box moves by more than this share of its side, and its height and width change at most by a factor of
/// exp(kMostShift).
constexpr double kMostShift = 0.25;

/// Descends along the loss of the training for one image: box and latent of every object are moved by `steps`
/// steps of Adam, so that the outlines explain the edges and the foreground of this image better than the
/// networks' first answer does. The networks are left as they are; presence does not change.
///
/// Objects that are dimmer than what counts as foreground (LossOptions::foreground_level) stay as they are:
/// the loss would shrink them.
///
/// Objects are worked on tile by tile. Objects of other tiles that reach into a tile take part as they were
/// before, so that the result depends neither on the order of the tiles nor on the number of threads. Where
/// the tiles lie does make a small difference, and so does the gradient scale, which is that of `image`: an
/// image that is worked on in bands gives nearly, not exactly, the outlines of the whole image.
///
/// @param objects  after suppression, boxes in px of `image`, on the CPU.
/// @param image    of options.size; its gradient map is scaled by its own edges.
/// @param prior    on the CPU.
/// @param steps    0 gives `objects` back.
/// @param observer  asked before every step whether to stop.
/// @return         the same objects in the same order, with boxes, latents and masks changed.
/// @throws Stopped
Instances refine_outlines(const Instances& objects, const NetworkImage& image, const ShapePrior& prior,
                          const DetectorOptions& options, int64_t steps, Observer& observer = nobody());

}  // namespace priorseg
