#include <ATen/Parallel.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <torch/version.h>

#include "bindings.h"
#include "priorseg/core/error.h"
#include "priorseg/core/processor.h"
#include "priorseg/core/version.h"

namespace nb = nanobind;

NB_MODULE(_native, module) {
  nb::exception<priorseg::Error>(module, "Error");
  // LibTorch's own errors carry a backtrace; its first line is what a user can read.
  nb::register_exception_translator([](const std::exception_ptr& failure, void*) {
    try {
      std::rethrow_exception(failure);
    } catch (const c10::Error& error) {
      PyErr_SetString(PyExc_RuntimeError, error.what_without_backtrace());
    }
  });
  module.def("version", &priorseg::version);
  module.def("torch_version", [] { return TORCH_VERSION; });
  module.def("num_threads", &at::get_num_threads);
  module.def("set_num_threads", &at::set_num_threads, nb::arg("count"));
  // Before anything computes: without /proc LibTorch would end the whole process.
  priorseg::check_processor_is_described();
  at::set_num_threads(priorseg::available_cores());
  priorseg::python::bind_inputs(module);
  priorseg::python::bind_settings(module);
  priorseg::python::bind_prior(module);
  priorseg::python::bind_model(module);
  priorseg::python::bind_evaluation(module);
  priorseg::python::bind_objects(module);
}
