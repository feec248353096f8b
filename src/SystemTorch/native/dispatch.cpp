// Any operator of libtorch, by name: found once, then called boxed with a stack of values.
#include "value.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <string>
#include <vector>

using namespace systemtorch;

namespace {

struct Operator {
  c10::OperatorHandle handle;
  std::vector<c10::Argument> arguments;
};

void push(torch::jit::Stack& stack, const Operator& op, size_t index, const Value* value) {
  if (value != nullptr && value->kind != Kind::Default) {
    stack.push_back(to_ivalue(*value));
    return;
  }
  const auto& initial = op.arguments[index].default_value();
  TORCH_CHECK(initial, op.handle.schema().operator_name(), " needs a value for '", op.arguments[index].name(), "'");
  stack.push_back(*initial);
}

}  // namespace

// Operators live as long as the process.
ST_API Operator* st_operator_find(const char* name, const char* overload) {
  const auto found = guarded([&] {
    const auto handle = c10::Dispatcher::singleton().findSchema({std::string("aten::") + name, overload});
    TORCH_CHECK(handle, "this libtorch has no operator aten::", name, *overload == 0 ? "" : ".", overload);
    return reinterpret_cast<intptr_t>(new Operator{*handle, handle->schema().arguments()});
  });
  return found == -1 ? nullptr : reinterpret_cast<Operator*>(found);
}

// Arguments that are not given take the schema's defaults. Writes at most capacity results and
// drops the others; returns how many were written, or -1.
ST_API int32_t st_operator_call(const Operator* op, const Value* arguments, int32_t count, Value* results, int32_t capacity) {
  // An operator may call back a managed function, which calls others meanwhile: each takes the thread's stack, if it is there, and puts it back.
  static thread_local torch::jit::Stack idle;
  auto stack = std::move(idle);
  stack.clear();
  const auto written = guarded([&] {
    TORCH_CHECK(static_cast<size_t>(count) <= op->arguments.size(),
                op->handle.schema().operator_name(), " takes ", op->arguments.size(), " arguments, not ", count);
    for (size_t i = 0; i < op->arguments.size(); i++)
      push(stack, *op, i, i < static_cast<size_t>(count) ? arguments + i : nullptr);
    op->handle.callBoxed(&stack);
    const auto kept = std::min<size_t>(capacity, stack.size());
    for (size_t i = 0; i < kept; i++)
      results[i] = to_value(std::move(stack[i]));
    return static_cast<int32_t>(kept);
  });
  stack.clear();
  idle = std::move(stack);
  return written;
}
