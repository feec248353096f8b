// A stand-in for a GPU where there is none: the device "cuda:0", computed by the processor's kernels, for libtorch built without CUDA.
// It is as strict as a GPU: addresses of its memory fault when the host reads them, operators refuse tensors of two devices. It counts the operators
// that a GPU would have been asked for and the bytes that they would have read and written, and as "wait" those for which the host would have had to wait
// until the GPU had done all before. Load it before anything uses libtorch (LD_PRELOAD); at the end of the process a line for each, name, count and bytes,
// goes to the file that STANDIN_COUNTS names, and STANDIN_STOP_AT=NAME:N makes the N-th of that name fail, which shows where it comes from. For libtorch 1.13.

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr c10::DispatchKeySet processor{c10::DispatchKey::CPU};
const c10::Device host{c10::DeviceType::CPU};
const c10::Device device{c10::DeviceType::CUDA, 0};

// No address of a process: whoever reads device memory without a kernel is stopped.
constexpr std::uintptr_t Elsewhere = std::uintptr_t{1} << 62;

void* on_device(void* address) { return address ? reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(address) | Elsewhere) : nullptr; }

void* on_host(void* address) { return reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(address) & ~Elsewhere); }

const at::Generator& generator() {
  static const at::Generator instance = at::detail::createCPUGenerator();
  return instance;
}

// What was asked of the device, by operator.
class Counts {
 public:
  ~Counts() {
    if (const char* file = std::getenv("STANDIN_COUNTS")) {
      std::ofstream out(file);
      for (const auto& [name, asked] : all) out << name << ' ' << asked.count << ' ' << asked.bytes << '\n';
    }
  }

  void add(const std::string& name) {
    const std::lock_guard<std::mutex> lock(mutex);
    const auto call = name + ':' + std::to_string(++all[name].count);
    const char* stop = std::getenv("STANDIN_STOP_AT");
    TORCH_CHECK(!stop || call != stop, "stopped at ", call);
  }

  void moved(const std::string& name, int64_t bytes) {
    const std::lock_guard<std::mutex> lock(mutex);
    all[name].bytes += bytes;
  }

 private:
  struct Asked {
    int64_t count = 0;
    int64_t bytes = 0;
  };

  std::mutex mutex;
  std::map<std::string, Asked> all;
};

Counts& counts() {
  static Counts instance;
  return instance;
}

at::Tensor of_shape(at::Tensor tensor, const at::Tensor& like) {
  tensor.unsafeGetTensorImpl()->set_sizes_and_strides(like.sizes(), like.strides(), like.storage_offset());
  return tensor;
}

at::Tensor with_storage(c10::Storage storage, const at::Tensor& like, c10::DispatchKey key) {
  return of_shape(at::detail::make_tensor<c10::TensorImpl>(std::move(storage), c10::DispatchKeySet(key), like.dtype()), like);
}

// One call of an operator: its device tensors as the processor's, and back.
class Call {
 public:
  Call(const c10::OperatorHandle& op, torch::jit::Stack* stack) : schema(op.schema()), stack(stack) {}

  void run(const c10::OperatorHandle& op) {
    const auto arguments = torch::jit::last(*stack, schema.arguments().size()).vec();
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const bool wants_generator = arguments[i].isNone() && schema.arguments()[i].name() == "generator";
      from_end(arguments.size(), i) = wants_generator ? c10::IValue(generator()) : to_host(arguments[i]);
    }
    check_devices();
    op.redispatchBoxed(processor, stack);
    for (const auto& [original, alias] : aliases) write_back(original, alias);

    const auto results = schema.returns().size();
    for (std::size_t i = 0; i < results; ++i) {
      auto& result = from_end(results, i);
      result = to_device(result);
    }
    counts().moved(schema.name(), moved(arguments));
  }

 private:
  // Bytes that a GPU would have read and written: none for a view or new memory, twice its size for what is changed in place.
  int64_t moved(const std::vector<c10::IValue>& arguments) {
    static const std::set<std::string> overwriting{"aten::copy_", "aten::fill_", "aten::zero_"};
    if (schema.name().rfind("aten::empty", 0) == 0) return 0;
    int64_t bytes = 0;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const auto& argument = schema.arguments()[i];
      const bool written = argument.alias_info() && argument.alias_info()->isWrite();
      bytes += (written && !argument.kwarg_only() && !overwriting.count(schema.name()) ? 2 : 1) * bytes_of(arguments[i]);
    }
    for (std::size_t i = 0; i < schema.returns().size(); ++i) {
      const auto* alias = schema.returns()[i].alias_info();
      if (alias && !alias->isWrite()) return 0;
      if (!alias) bytes += bytes_of(from_end(schema.returns().size(), i));
    }
    return bytes;
  }

  static int64_t bytes_of(const c10::IValue& value) {
    if (value.isTensorList()) {
      int64_t bytes = 0;
      for (const at::Tensor& part : value.toTensorVector()) bytes += bytes_of(part);
      return bytes;
    }
    if (!value.isTensor() || !value.toTensor().defined()) return 0;
    const auto& tensor = value.toTensor();
    auto bytes = static_cast<int64_t>(tensor.element_size());
    for (int64_t i = 0; i < tensor.dim(); ++i) bytes *= tensor.stride(i) == 0 ? std::min<int64_t>(tensor.size(i), 1) : tensor.size(i);
    return bytes;
  }

  c10::IValue& from_end(std::size_t count, std::size_t i) { return (*stack)[stack->size() - count + i]; }

  c10::IValue to_host(const c10::IValue& value) {
    if (value.isTensor()) return alias(value.toTensor());
    if (value.isDevice()) return value.toDevice().is_cuda() ? c10::IValue(host) : value;
    if (value.isTensorList()) {
      c10::List<at::Tensor> list;
      for (const auto& part : value.toTensorVector()) list.push_back(alias(part));
      return list;
    }
    if (value.isList() && value.toList().elementType()->kind() == c10::TypeKind::OptionalType) {
      c10::List<c10::optional<at::Tensor>> list;
      for (const c10::IValue& part : value.toList()) list.push_back(part.isNone() ? c10::nullopt : c10::optional<at::Tensor>(alias(part.toTensor())));
      return list;
    }
    return value;
  }

  at::Tensor alias(const at::Tensor& tensor) {
    if (!tensor.defined()) return tensor;
    if (!tensor.is_cuda()) {
      has_host_tensor |= tensor.dim() > 0;
      return tensor;
    }
    has_device_tensor = true;
    for (const auto& [original, known] : aliases) {
      if (original.is_same(tensor)) return known;
    }
    const auto& storage = tensor.storage();
    // An output still to be sized needs memory that can grow.
    auto alias = storage.nbytes() == 0
        ? at::empty(tensor.sizes(), tensor.options().device(host))
        : with_storage(c10::Storage(c10::Storage::use_byte_size_t(), storage.nbytes(), c10::DataPtr(on_host(storage.data()), host)), tensor, c10::DispatchKey::CPU);
    aliases.emplace_back(tensor, alias);
    return alias;
  }

  c10::IValue to_device(const c10::IValue& value) {
    if (value.isTensor()) return on_device_too(value.toTensor());
    if (value.isTensorList()) {
      c10::List<at::Tensor> list;
      for (const auto& part : value.toTensorVector()) list.push_back(on_device_too(part));
      return list;
    }
    return value;
  }

  at::Tensor on_device_too(const at::Tensor& result) {
    if (!result.defined()) return result;
    for (const auto& [original, alias] : aliases) {
      if (alias.is_same(result)) return original;
    }
    if (const auto* original = sharing_memory_with(result)) {
      return of_shape(at::detail::make_tensor<c10::TensorImpl>(c10::TensorImpl::VIEW, c10::Storage(original->storage()), original->key_set(), result.dtype()), result);
    }
    return with_storage(adopted(result.storage()), result, c10::DispatchKey::CUDA);
  }

  const at::Tensor* sharing_memory_with(const at::Tensor& result) const {
    const auto same = std::find_if(aliases.begin(), aliases.end(), [&](const auto& pair) {
      return result.storage().data() != nullptr && on_host(pair.first.storage().data()) == result.storage().data();
    });
    return same == aliases.end() ? nullptr : &same->first;
  }

  // Memory that the processor's kernel made is the device's from now on.
  static c10::Storage adopted(const c10::Storage& made) {
    c10::DataPtr data(on_device(made.data()), new c10::Storage(made), [](void* p) { delete static_cast<c10::Storage*>(p); }, device);
    return c10::Storage(c10::Storage::use_byte_size_t(), made.nbytes(), std::move(data));
  }

  // An operator may have given an output another size or other memory.
  void write_back(const at::Tensor& original, const at::Tensor& alias) const {
    auto* const impl = original.unsafeGetTensorImpl();
    if (on_host(original.storage().data()) != alias.storage().data()) {
      const auto* other = sharing_memory_with(alias);
      impl->set_storage_keep_dtype(other ? other->storage() : adopted(alias.storage()));
    }
    if (original.sizes() != alias.sizes() || original.strides() != alias.strides() || original.storage_offset() != alias.storage_offset()) {
      impl->set_sizes_and_strides(alias.sizes(), alias.strides(), alias.storage_offset());
    }
  }

  void check_devices() const {
    // Copies are what crosses; indexing takes the host's indices on a GPU, too.
    static const std::set<std::string> crossing{"aten::copy_", "aten::index", "aten::index_put_", "aten::_index_put_impl_"};
    TORCH_CHECK(!has_host_tensor || !has_device_tensor || crossing.count(schema.name()),
        "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu! (", schema.name(), ")");
  }

  const c10::FunctionSchema& schema;
  torch::jit::Stack* stack;
  std::vector<std::pair<at::Tensor, at::Tensor>> aliases;
  bool has_host_tensor = false;
  bool has_device_tensor = false;
};

// Memory of the host that a GPU may read by itself, at any time.
class Pinned {
 public:
  static bool holds(const void* address) {
    const std::lock_guard<std::mutex> lock(mutex());
    return addresses().count(address) != 0;
  }

  static at::Tensor copy_of(const at::Tensor& tensor, c10::optional<at::Device>) {
    const auto copy = tensor.clone();
    const auto& storage = copy.storage();
    const std::lock_guard<std::mutex> lock(mutex());
    addresses().insert(storage.data());
    c10::DataPtr data(storage.data(), new c10::Storage(storage), &release, host);
    return with_storage(c10::Storage(c10::Storage::use_byte_size_t(), storage.nbytes(), std::move(data)), copy, c10::DispatchKey::CPU);
  }

 private:
  static void release(void* owner) {
    const std::unique_ptr<c10::Storage> storage(static_cast<c10::Storage*>(owner));
    const std::lock_guard<std::mutex> lock(mutex());
    addresses().erase(storage->data());
  }

  static std::mutex& mutex() {
    static std::mutex instance;
    return instance;
  }

  static std::set<const void*>& addresses() {
    static std::set<const void*> instance;
    return instance;
  }
};

bool is_pinned(const at::Tensor& tensor, c10::optional<at::Device>) { return Pinned::holds(tensor.storage().data()); }

// Between host and device a copy waits, unless it is told not to and the host's memory is pinned.
bool waits(const at::Tensor& to, const at::Tensor& from, bool non_blocking) {
  return to.is_cuda() != from.is_cuda() && !(non_blocking && Pinned::holds((to.is_cuda() ? from : to).storage().data()));
}

void compute(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  // What these give depends on values, or is one.
  static const std::set<std::string> reading{"aten::_local_scalar_dense", "aten::equal", "aten::nonzero", "aten::masked_select"};
  const auto& schema = op.schema();
  const auto argument = [&](std::size_t i) { return torch::jit::peek(*stack, i, schema.arguments().size()); };
  if (reading.count(schema.name()) || (schema.name() == "aten::copy_" && waits(argument(0).toTensor(), argument(1).toTensor(), argument(2).toBool()))) {
    counts().add("wait");
  }
  counts().add(schema.name());
  Call(op, stack).run(op);
}

struct Guard final : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return device.type(); }
  c10::Device exchangeDevice(c10::Device) const override { return device; }
  c10::Device getDevice() const override { return device; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device on) const noexcept override { return c10::Stream(c10::Stream::DEFAULT, on); }
  c10::Stream getDefaultStream(c10::Device on) const override { return getStream(on); }
  c10::Stream exchangeStream(c10::Stream stream) const noexcept override { return stream; }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
  void destroyEvent(void*, const c10::DeviceIndex) const noexcept override {}
  void record(void**, const c10::Stream&, const c10::DeviceIndex, const c10::EventFlag) const override {}
  void block(void*, const c10::Stream&) const override {}
  bool queryEvent(void*) const override { return true; }
  bool queryStream(const c10::Stream&) const override { return true; }
  void synchronizeStream(const c10::Stream&) const override { counts().add("wait"); }
};

struct CUDAHooks final : at::CUDAHooksInterface {
  explicit CUDAHooks(at::CUDAHooksArgs) {}
  void initCUDA() const override {}
  const at::Generator& getDefaultCUDAGenerator(at::DeviceIndex) const override { return generator(); }
  at::Device getDeviceFromPtr(void*) const override { return device; }
  bool hasCUDA() const override { return true; }
  bool hasPrimaryContext(int64_t) const override { return true; }
  int64_t current_device() const override { return 0; }
  int getNumGPUs() const override { return 1; }
  void deviceSynchronize(int64_t) const override { counts().add("wait"); }
};

}  // namespace

namespace at {
using ::CUDAHooks;
REGISTER_CUDA_HOOKS(CUDAHooks)
}  // namespace at

C10_REGISTER_GUARD_IMPL(CUDA, Guard)

TORCH_LIBRARY_IMPL(_, CUDA, m) { m.fallback(torch::CppFunction::makeFromBoxedFunction<&compute>()); }

// What libtorch computes out of other operators for every device asks, for these, for kernels that only a library with CUDA has.
TORCH_LIBRARY_IMPL(aten, CUDA, m) {
  for (const char* name : {"copy_", "convolution", "convolution_backward"}) m.impl(name, torch::CppFunction::makeFromBoxedFunction<&compute>());
  m.impl("_pin_memory", &Pinned::copy_of);
  m.impl("is_pinned", &is_pinned);
}
