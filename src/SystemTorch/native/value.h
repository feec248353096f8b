// The one type that crosses the C boundary, and the trap that keeps C++ exceptions on this side of it.
#pragma once

#include <ATen/core/ivalue.h>

#include <cstdint>
#include <exception>

#define ST_API extern "C" __attribute__((visibility("default")))

namespace systemtorch {

// Mirrored by Interop/NativeValue.cs.
enum class Kind : int32_t { None, Default, Tensor, Int, Double, Bool, Ints, Doubles, Tensors, String, Device, Generator, List, Tuple };

struct Value {
  Kind kind;
  int32_t count;
  union {
    int64_t integer;
    double real;
    void* pointer;
  };
};

// A tensor handle is a TensorImpl* that owns one reference. Reading one takes a reference of its own.
at::Tensor borrow(void* handle);
// Gives the reference away; an undefined tensor is a null handle.
void* own(at::Tensor tensor);

c10::IValue to_ivalue(const Value& value);
// Whatever the result points to belongs to the caller; see st_value_free.
Value to_value(c10::IValue ivalue);

// Keeps the first line of the text for st_last_error.
void remember(const char* text) noexcept;

// Runs body and returns what it returns, or -1 once the error is remembered.
template <class Body>
auto guarded(Body&& body) noexcept -> decltype(body()) {
  try {
    return body();
  } catch (const std::exception& error) {
    remember(error.what());
  } catch (...) {
    remember("libtorch threw something that is no std::exception");
  }
  return decltype(body())(-1);
}

}  // namespace systemtorch
