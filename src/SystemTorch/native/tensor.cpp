// What a tensor is, and the parts of autograd that belong to one tensor.
#include "value.h"

#include <ATen/core/Tensor.h>

using namespace systemtorch;

// Mirrored by Interop/TensorInfo.cs. The pointers are valid while the tensor lives and keeps its shape.
struct TensorInfo {
  const int64_t* sizes;
  const int64_t* strides;
  int64_t dimensions;
  int64_t elements;
  int64_t element_size;
  int32_t dtype;
  int32_t device_type;
  int32_t device_index;
  int32_t contiguous;
};

ST_API int32_t st_tensor_info(void* handle, TensorInfo* info) {
  return guarded([&] {
    const auto t = borrow(handle);
    *info = {t.sizes().data(), t.strides().data(), t.dim(), t.numel(), static_cast<int64_t>(t.element_size()),
             static_cast<int32_t>(t.scalar_type()), static_cast<int32_t>(t.device().type()), t.device().index(), t.is_contiguous()};
    return 0;
  });
}

ST_API void st_tensor_free(void* handle) {
  c10::raw::intrusive_ptr::decref(static_cast<c10::TensorImpl*>(handle));
}

// A new handle of the same tensor.
ST_API void* st_tensor_alias(void* handle) {
  return own(borrow(handle));
}

ST_API int32_t st_tensor_data(void* handle, void** data) {
  return guarded([&] {
    *data = borrow(handle).data_ptr();
    return 0;
  });
}

ST_API int32_t st_tensor_is_leaf(void* handle) {
  return guarded([&] { return static_cast<int32_t>(borrow(handle).is_leaf()); });
}

ST_API int32_t st_tensor_requires_grad(void* handle) {
  return guarded([&] { return static_cast<int32_t>(borrow(handle).requires_grad()); });
}

ST_API int32_t st_tensor_set_requires_grad(void* handle, int32_t value) {
  return guarded([&] {
    borrow(handle).set_requires_grad(value != 0);
    return 0;
  });
}

ST_API int32_t st_tensor_grad(void* handle, void** grad) {
  return guarded([&] {
    *grad = own(borrow(handle).grad());
    return 0;
  });
}

// A null gradient clears it.
ST_API int32_t st_tensor_set_grad(void* handle, void* grad) {
  return guarded([&] {
    borrow(handle).mutable_grad() = grad == nullptr ? at::Tensor() : borrow(grad);
    return 0;
  });
}
