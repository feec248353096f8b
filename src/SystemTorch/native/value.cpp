#include "value.h"

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <string>

namespace systemtorch {

static thread_local std::string last_error;

void remember(const char* text) noexcept {
  const std::string all(text == nullptr ? "" : text);
  const auto start = all.find_first_not_of(" \t\r\n");
  last_error = start == std::string::npos ? "libtorch gave no reason" : all.substr(start, all.find('\n', start) - start);
}

at::Tensor borrow(void* handle) {
  auto* impl = static_cast<c10::TensorImpl*>(handle);
  TORCH_CHECK(impl != nullptr, "a tensor handle is null");
  c10::raw::intrusive_ptr::incref(impl);
  return at::Tensor(c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim(impl));
}

void* own(at::Tensor tensor) {
  return tensor.defined() ? tensor.unsafeReleaseTensorImpl() : nullptr;
}

static at::Generator borrow_generator(void* handle) {
  auto* impl = static_cast<c10::GeneratorImpl*>(handle);
  c10::raw::intrusive_ptr::incref(impl);
  return at::Generator(c10::intrusive_ptr<c10::GeneratorImpl>::reclaim(impl));
}

static c10::IValue tensors(void* const* handles, int32_t count) {
  c10::List<at::Tensor> list;
  list.reserve(count);
  for (int32_t i = 0; i < count; i++)
    list.push_back(borrow(handles[i]));
  return list;
}

c10::IValue to_ivalue(const Value& v) {
  const auto count = static_cast<size_t>(v.count);
  switch (v.kind) {
    case Kind::None: return {};
    case Kind::Tensor: return borrow(v.pointer);
    case Kind::Int: return v.integer;
    case Kind::Double: return v.real;
    case Kind::Bool: return v.integer != 0;
    case Kind::Ints: return c10::IValue(c10::ArrayRef<int64_t>(static_cast<int64_t*>(v.pointer), count));
    case Kind::Doubles: return c10::IValue(c10::ArrayRef<double>(static_cast<double*>(v.pointer), count));
    case Kind::Tensors: return tensors(static_cast<void* const*>(v.pointer), v.count);
    case Kind::String: return std::string(static_cast<const char*>(v.pointer), count);
    case Kind::Device: return c10::Device(static_cast<c10::DeviceType>(v.count), static_cast<c10::DeviceIndex>(v.integer));
    case Kind::Generator: return borrow_generator(v.pointer);
    default: TORCH_CHECK(false, "an argument of kind ", static_cast<int32_t>(v.kind), " cannot be passed to libtorch");
  }
}

template <class Elements>
static Value sequence(Kind kind, const Elements& elements) {
  Value v{kind, static_cast<int32_t>(elements.size()), {}};
  auto* items = new Value[elements.size()];
  for (size_t i = 0; i < elements.size(); i++)
    items[i] = to_value(elements[i]);
  v.pointer = items;
  return v;
}

Value to_value(c10::IValue i) {
  Value v{Kind::None, 0, {0}};
  if (i.isTensor()) {
    v.kind = Kind::Tensor;
    v.pointer = own(std::move(i).toTensor());
  } else if (i.isInt()) {
    v.kind = Kind::Int;
    v.integer = i.toInt();
  } else if (i.isDouble()) {
    v.kind = Kind::Double;
    v.real = i.toDouble();
  } else if (i.isBool()) {
    v.kind = Kind::Bool;
    v.integer = i.toBool();
  } else if (i.isTuple()) {
    v = sequence(Kind::Tuple, i.toTupleRef().elements().vec());
  } else if (i.isList()) {
    v = sequence(Kind::List, i.toListRef());
  } else {
    TORCH_CHECK(i.isNone(), "a result of type ", i.tagKind(), " cannot be returned");
  }
  return v;
}

}  // namespace systemtorch

using namespace systemtorch;

// The text stays valid until the next failure on this thread.
ST_API const char* st_last_error() {
  return last_error.c_str();
}

// Frees the array of a List or Tuple result, not the tensors in it.
ST_API void st_value_free(const Value* items) {
  delete[] items;
}
