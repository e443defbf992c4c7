#include "priorseg/core/generator.h"

#include <ATen/CPUGeneratorImpl.h>

namespace priorseg {

at::Generator torch_generator(uint64_t seed) { return at::make_generator<at::CPUGeneratorImpl>(seed); }

}  // namespace priorseg
