using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>The C functions of native/*.cpp. Where they return an int, a negative one is a failure that <see cref="Error"/> describes.</summary>
internal static unsafe partial class Native
{
    private const string Library = NativeLocation.Name;

    static Native() => NativeLibrary.SetDllImportResolver(typeof(Native).Assembly, NativeLocation.Resolve);

    /// <summary>The exception for this thread's last failure: libtorch's first line, in the type that TorchSharp throws.</summary>
    public static ExternalException Error() => new(Marshal.PtrToStringUTF8(st_last_error()));

    /// <summary>Passes a result on, or throws.</summary>
    public static int Check(int result) => result >= 0 ? result : throw Error();

    [LibraryImport(Library)] private static partial nint st_last_error();
    [LibraryImport(Library)] public static partial void st_value_free(NativeValue* items);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] public static partial nint st_operator_find(string name, string overload);
    [LibraryImport(Library)] public static partial int st_operator_call(nint op, NativeValue* arguments, int count, NativeValue* results, int capacity);

    [LibraryImport(Library)] public static partial int st_tensor_info(nint tensor, TensorInfo* info);
    [LibraryImport(Library)] public static partial void st_tensor_free(nint tensor);
    [LibraryImport(Library)] public static partial nint st_tensor_alias(nint tensor);
    [LibraryImport(Library)] public static partial int st_tensor_data(nint tensor, void** data);
    [LibraryImport(Library)] public static partial int st_tensor_is_leaf(nint tensor);
    [LibraryImport(Library)] public static partial int st_tensor_requires_grad(nint tensor);
    [LibraryImport(Library)] public static partial int st_tensor_set_requires_grad(nint tensor, int value);
    [LibraryImport(Library)] public static partial int st_tensor_grad(nint tensor, nint* grad);
    [LibraryImport(Library)] public static partial int st_tensor_set_grad(nint tensor, nint grad);

    [LibraryImport(Library)] public static partial int st_grad_enabled();
    [LibraryImport(Library)] public static partial void st_set_grad_enabled(int enabled);
    [LibraryImport(Library)] public static partial int st_inference_enabled();
    [LibraryImport(Library)] public static partial nint st_inference_enter(int enabled);
    [LibraryImport(Library)] public static partial void st_inference_leave(nint guard);
    [LibraryImport(Library)] public static partial int st_threads();
    [LibraryImport(Library)] public static partial int st_set_threads(int count);

    [LibraryImport(Library)] public static partial int st_generator_default(int deviceType, int deviceIndex, nint* generator);
    [LibraryImport(Library)] public static partial int st_generator_new(ulong seed, nint* generator);
    [LibraryImport(Library)] public static partial void st_generator_free(nint generator);
    [LibraryImport(Library)] public static partial int st_generator_seed(nint generator, ulong seed);
    [LibraryImport(Library)] public static partial int st_generator_get_state(nint generator, nint* state);
    [LibraryImport(Library)] public static partial int st_generator_set_state(nint generator, nint state);

    [LibraryImport(Library)] public static partial int st_cuda_devices();
    [LibraryImport(Library)] public static partial int st_cuda_synchronize(int deviceIndex);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] public static partial nint st_script_compile(string source);
    [LibraryImport(Library)] public static partial void st_script_free(nint unit);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int st_script_call(nint unit, string name, NativeValue* arguments, int count, NativeValue* result);

    [LibraryImport(Library)]
    public static partial int st_function_record(
        nint* inputs, int inputCount, nint output, nint* saved, int savedCount, nint node, FunctionNode.Callbacks* callbacks, nint* recorded);
    [LibraryImport(Library)] public static partial int st_function_saved(nint context, nint* handles, int capacity);
    [LibraryImport(Library)] public static partial void st_function_give(nint results, nint gradient);
}
