// libsystemtorch.so with a clock: the functions that a training step calls are timed and passed on, all others are found in the library behind
// this one. Built by Overhead.cs.
#include <chrono>
#include <cstdint>
#include <dlfcn.h>

namespace {

thread_local int64_t nanoseconds = 0, calls = 0;

template <class... Arguments>
auto timed(const char* name, void*& real, Arguments... arguments) {
  if (real == nullptr) real = dlsym(RTLD_NEXT, name);
  const auto function = reinterpret_cast<intptr_t (*)(Arguments...)>(real);
  const auto began = std::chrono::steady_clock::now();
  const auto result = function(arguments...);
  nanoseconds += std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - began).count();
  calls++;
  return result;
}

}  // namespace

#define TIMED extern "C" __attribute__((visibility("default"))) intptr_t

// Since the last call of this function: this thread's time in libtorch, and how often it was there.
TIMED st_timed(int64_t* spent, int64_t* count) {
  *spent = nanoseconds;
  *count = calls;
  nanoseconds = calls = 0;
  return 0;
}

TIMED st_operator_call(const void* op, const void* arguments, int32_t count, void* results, int32_t capacity) {
  static void* real;
  return timed("st_operator_call", real, op, arguments, count, results, capacity);
}

TIMED st_tensor_free(void* tensor) {
  static void* real;
  return timed("st_tensor_free", real, tensor);
}

TIMED st_tensor_info(void* tensor, void* info) {
  static void* real;
  return timed("st_tensor_info", real, tensor, info);
}

TIMED st_tensor_alias(void* tensor) {
  static void* real;
  return timed("st_tensor_alias", real, tensor);
}

TIMED st_value_free(void* items) {
  static void* real;
  return timed("st_value_free", real, items);
}
