// Functions whose gradients a managed program computes: their node calls it back.
#include "value.h"

#include <torch/csrc/autograd/custom_function.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <utility>

using namespace systemtorch;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Mirrored by Interop/FunctionNode.cs.
struct Callbacks {
  // Takes the gradient's handle and gives one result for each input by st_function_give. Returns null, or what went wrong, to be freed.
  char* (*backward)(void* node, AutogradContext* context, void* gradient, variable_list* results);
  void (*release)(void* node);
};

namespace {

constexpr auto managed_node = "node";

struct ManagedNode : torch::CustomClassHolder {
  ManagedNode(void* node, const Callbacks& callbacks) : node(node), callbacks(callbacks) {}
  ~ManagedNode() override { callbacks.release(node); }

  void* node;
  Callbacks callbacks;
};

struct Computed {
  at::Tensor output;
  variable_list saved;
  c10::intrusive_ptr<ManagedNode> node;
};

// Its forward pass has run already, on the managed side.
struct ManagedFunction : torch::autograd::Function<ManagedFunction> {
  static at::Tensor forward(AutogradContext* context, at::TensorList /*inputs*/, const Computed& computed) {
    context->save_for_backward(computed.saved);
    context->saved_data[managed_node] = c10::IValue::make_capsule(computed.node);
    return computed.output;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto capsule = context->saved_data[managed_node].toCapsule();
    const auto& managed = static_cast<const ManagedNode&>(*capsule);
    variable_list results;
    const std::unique_ptr<char, decltype(&std::free)> error(
        managed.callbacks.backward(managed.node, context, own(gradients[0]), &results), &std::free);
    if (error != nullptr)
      throw std::runtime_error(error.get());
    results.emplace_back();  // of the argument that is no tensor
    return results;
  }
};

variable_list list(void* const* handles, int32_t count) {
  variable_list tensors;
  for (int32_t i = 0; i < count; i++)
    tensors.push_back(handles[i] == nullptr ? at::Tensor() : borrow(handles[i]));
  return tensors;
}

}  // namespace

// Records that the output was computed from the inputs, if one of them requires gradients. The node belongs to libtorch from here on, whatever happens.
ST_API int32_t st_function_record(void* const* inputs, int32_t input_count, void* output, void* const* saved, int32_t saved_count,
                                  void* node, const Callbacks* callbacks, void** recorded) {
  return guarded([&] {
    auto owner = c10::make_intrusive<ManagedNode>(node, *callbacks);
    const Computed computed{borrow(output), list(saved, saved_count), std::move(owner)};
    const auto variables = list(inputs, input_count);
    *recorded = own(ManagedFunction::apply(at::TensorList(variables), computed));
    return 0;
  });
}

// The saved tensors, null for those that were null, during the backward pass: writes at most capacity handles and returns how many there are.
ST_API int32_t st_function_saved(const AutogradContext* context, void** handles, int32_t capacity) {
  return guarded([&] {
    const auto saved = context->get_saved_variables();
    for (size_t i = 0; i < saved.size() && i < static_cast<size_t>(capacity); i++)
      handles[i] = own(saved[i]);
    return static_cast<int32_t>(saved.size());
  });
}

// The next input's gradient; null for none.
ST_API void st_function_give(variable_list* results, void* gradient) {
  results->push_back(gradient == nullptr ? at::Tensor() : borrow(gradient));
}
