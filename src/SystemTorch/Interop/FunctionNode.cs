using System.Runtime.InteropServices;
using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace TorchSharp.Interop;

/// <summary>What libtorch calls back for the gradients of a managed function; it lives as long as the recorded graph.</summary>
internal sealed unsafe class FunctionNode(AutogradContext context, Func<Tensor, IReadOnlyList<Tensor?>> backward)
{
    private static readonly Callbacks Calls = new() { Backward = &Backward, Release = &Release };

    /// <summary>Records that the output was computed from the inputs, if one of them requires gradients and the thread records.</summary>
    /// <returns>The output, as part of the graph: a second handle, or a view where it is one of the inputs.</returns>
    public Tensor Record(Tensor[] inputs, Tensor output, IReadOnlyList<Tensor?> saved)
    {
        var inputHandles = Array.ConvertAll(inputs, tensor => tensor.Handle);
        var savedHandles = saved.Select(tensor => tensor is null || tensor.IsInvalid ? 0 : tensor.Handle).ToArray();
        var node = GCHandle.ToIntPtr(GCHandle.Alloc(this));
        nint recorded;
        fixed (nint* input = inputHandles)
        fixed (nint* kept = savedHandles)
        fixed (Callbacks* calls = &Calls)
        {
            Native.Check(Native.st_function_record(input, inputHandles.Length, output.Handle, kept, savedHandles.Length, node, calls, &recorded));
        }

        GC.KeepAlive(inputs);
        GC.KeepAlive(output);
        GC.KeepAlive(saved);
        return new Tensor(recorded);
    }

    private void Give(nint nativeContext, Tensor gradient, nint results)
    {
        IReadOnlyList<Tensor?> gradients;
        context.Native = nativeContext;
        try
        {
            gradients = backward(gradient);
        }
        finally
        {
            context.Native = 0;
        }

        foreach (var given in gradients)
        {
            Native.st_function_give(results, given is null || given.IsInvalid ? 0 : given.Handle);
            GC.KeepAlive(given);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(System.Runtime.CompilerServices.CallConvCdecl)])]
    private static byte* Backward(nint node, nint context, nint gradient, nint results)
    {
        try
        {
            ((FunctionNode)GCHandle.FromIntPtr(node).Target!).Give(context, new Tensor(gradient), results);
            return null;
        }
        catch (Exception error)
        {
            // libtorch's own frames lie between here and whoever called backward: the text goes through them.
            return (byte*)Marshal.StringToCoTaskMemUTF8(error is ExternalException ? error.Message : $"{error.GetType().Name}: {error.Message}");
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(System.Runtime.CompilerServices.CallConvCdecl)])]
    private static void Release(nint node) => GCHandle.FromIntPtr(node).Free();

    /// <summary>Mirrors function.cpp's.</summary>
    public struct Callbacks
    {
        public delegate* unmanaged[Cdecl]<nint, nint, nint, nint, byte*> Backward;
        public delegate* unmanaged[Cdecl]<nint, void> Release;
    }
}
