// libsystemtorch.so with a clock: the functions that a training step calls are timed and passed on, all others are found in the library behind
// this one. Built by Overhead.cs. libtorch calls back managed functions for their gradients: what passes there counts only as far as it is in libtorch again.
#include <chrono>
#include <cstdint>
#include <dlfcn.h>

namespace {

thread_local int64_t nanoseconds = 0, calls = 0;

using Clock = std::chrono::steady_clock;

int64_t since(Clock::time_point began) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - began).count();
}

// function.cpp's, and the wrapped one.
struct Callbacks {
  char* (*backward)(void*, void*, void*, void*);
  void (*release)(void*);
} real_callbacks, timed_callbacks;

char* timed_backward(void* node, void* context, void* gradient, void* results) {
  const auto began = Clock::now();
  const auto error = real_callbacks.backward(node, context, gradient, results);
  nanoseconds -= since(began);
  return error;
}

template <class... Arguments>
auto timed(const char* name, void*& real, Arguments... arguments) {
  if (real == nullptr) real = dlsym(RTLD_NEXT, name);
  const auto function = reinterpret_cast<intptr_t (*)(Arguments...)>(real);
  const auto began = Clock::now();
  const auto result = function(arguments...);
  nanoseconds += since(began);
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

TIMED st_tensor_data(void* tensor, void** data) {
  static void* real;
  return timed("st_tensor_data", real, tensor, data);
}

TIMED st_function_record(void* const* inputs, int32_t input_count, void* output, void* const* saved, int32_t saved_count, void* node,
                         const Callbacks* callbacks, void** recorded) {
  static void* real;
  real_callbacks = *callbacks;
  timed_callbacks = {timed_backward, real_callbacks.release};
  return timed("st_function_record", real, inputs, input_count, output, saved, saved_count, node, &timed_callbacks, recorded);
}

TIMED st_function_saved(const void* context, void** handles, int32_t capacity) {
  static void* real;
  return timed("st_function_saved", real, context, handles, capacity);
}

TIMED st_function_give(void* results, void* gradient) {
  static void* real;
  return timed("st_function_give", real, results, gradient);
}
