// TorchScript source, compiled and called by name.
#include "value.h"

#include <torch/jit.h>

using namespace systemtorch;
using Unit = std::shared_ptr<torch::jit::CompilationUnit>;

ST_API Unit* st_script_compile(const char* source) {
  const auto unit = guarded([&] { return reinterpret_cast<intptr_t>(new Unit(torch::jit::compile(source))); });
  return unit == -1 ? nullptr : reinterpret_cast<Unit*>(unit);
}

ST_API void st_script_free(Unit* unit) {
  delete unit;
}

ST_API int32_t st_script_call(const Unit* unit, const char* name, const Value* arguments, int32_t count, Value* result) {
  return guarded([&] {
    auto* function = (*unit)->find_function(name);
    TORCH_CHECK(function != nullptr, "the script defines no function '", name, "'");
    torch::jit::Stack stack;
    for (int32_t i = 0; i < count; i++)
      stack.push_back(to_ivalue(arguments[i]));
    *result = to_value((*function)(std::move(stack)));
    return 0;
  });
}
