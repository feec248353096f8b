// The state of a thread or of the process: autograd modes, threads, random generators, CUDA.
#include "value.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#include <mutex>

using namespace systemtorch;

namespace {

template <class Body>
int32_t with_generator(void* handle, Body&& body) {
  return guarded([&] {
    auto* impl = static_cast<c10::GeneratorImpl*>(handle);
    std::lock_guard<std::mutex> lock(impl->mutex_);
    c10::raw::intrusive_ptr::incref(impl);
    body(at::Generator(c10::intrusive_ptr<c10::GeneratorImpl>::reclaim(impl)));
    return 0;
  });
}

}  // namespace

ST_API int32_t st_grad_enabled() { return c10::GradMode::is_enabled(); }
ST_API void st_set_grad_enabled(int32_t enabled) { c10::GradMode::set_enabled(enabled != 0); }

ST_API int32_t st_inference_enabled() { return c10::InferenceMode::is_enabled(); }
// The mode lasts until the guard is freed on the same thread.
ST_API void* st_inference_enter(int32_t enabled) { return new c10::InferenceMode(enabled != 0); }
ST_API void st_inference_leave(void* guard) { delete static_cast<c10::InferenceMode*>(guard); }

ST_API int32_t st_threads() { return at::get_num_threads(); }
ST_API int32_t st_set_threads(int32_t count) {
  return guarded([&] {
    at::set_num_threads(count);
    return 0;
  });
}

// A generator handle owns one reference.
ST_API int32_t st_generator_default(int32_t device_type, int32_t device_index, void** generator) {
  return guarded([&] {
    const c10::Device device(static_cast<c10::DeviceType>(device_type), static_cast<c10::DeviceIndex>(device_index));
    *generator = at::Generator(at::globalContext().defaultGenerator(device)).unsafeReleaseGeneratorImpl();
    return 0;
  });
}

ST_API int32_t st_generator_new(uint64_t seed, void** generator) {
  return guarded([&] {
    *generator = at::detail::createCPUGenerator(seed).unsafeReleaseGeneratorImpl();
    return 0;
  });
}

ST_API void st_generator_free(void* generator) {
  c10::raw::intrusive_ptr::decref(static_cast<c10::GeneratorImpl*>(generator));
}

ST_API int32_t st_generator_seed(void* generator, uint64_t seed) {
  return with_generator(generator, [&](at::Generator g) { g.set_current_seed(seed); });
}

ST_API int32_t st_generator_get_state(void* generator, void** state) {
  return with_generator(generator, [&](at::Generator g) { *state = own(g.get_state()); });
}

ST_API int32_t st_generator_set_state(void* generator, void* state) {
  return with_generator(generator, [&](at::Generator g) { g.set_state(borrow(state)); });
}

ST_API int32_t st_cuda_devices() {
  return guarded([] {
    const bool present = c10::impl::hasDeviceGuardImpl(c10::DeviceType::CUDA);
    return present ? static_cast<int32_t>(c10::impl::getDeviceGuardImpl(c10::DeviceType::CUDA)->deviceCount()) : 0;
  });
}

// -1 is the current device.
ST_API int32_t st_cuda_synchronize(int32_t device_index) {
  return guarded([&] {
    at::detail::getCUDAHooks().deviceSynchronize(device_index);
    return 0;
  });
}
