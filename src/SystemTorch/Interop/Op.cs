using System.Runtime.CompilerServices;

namespace TorchSharp.Interop;

/// <summary>An operator of libtorch, found by name at its first call. The arguments that a call leaves out take the schema's defaults.</summary>
internal sealed unsafe class Op(string name, string overload = "")
{
    private const int ScratchWords = 64;

    private nint handle;

    private nint Handle => handle != 0 ? handle : handle = Find();

    /// <summary>Calls the operator for its one tensor.</summary>
    public torch.Tensor Call(params ReadOnlySpan<Arg> args) => One(args).ToTensor();

    /// <summary>Calls the operator for its one number.</summary>
    public Scalar CallScalar(params ReadOnlySpan<Arg> args) => One(args).ToScalar();

    /// <summary>Calls the operator for its two tensors.</summary>
    public (torch.Tensor, torch.Tensor) CallPair(params ReadOnlySpan<Arg> args)
    {
        var results = stackalloc NativeValue[2];
        Invoke(args, results, 2);
        return (results[0].ToTensor(), results[1].ToTensor());
    }

    /// <summary>Calls the operator for its list of tensors.</summary>
    public torch.Tensor[] CallList(params ReadOnlySpan<Arg> args) => Array.ConvertAll(One(args).TakeElements(), element => element.ToTensor());

    /// <summary>Calls the operator for what it does, and drops what it returns.</summary>
    public void Run(params ReadOnlySpan<Arg> args) => Invoke(args, null, 0);

    private NativeValue One(ReadOnlySpan<Arg> args)
    {
        NativeValue result = default;
        Invoke(args, &result, 1);
        return result;
    }

    [SkipLocalsInit]
    private void Invoke(ReadOnlySpan<Arg> args, NativeValue* results, int capacity)
    {
        var values = stackalloc NativeValue[args.Length];
        var words = 0;
        foreach (ref readonly var arg in args)
        {
            words += arg.Words;
        }

        var scratch = words <= ScratchWords ? stackalloc long[ScratchWords] : new long[words];
        int written;
        fixed (long* start = scratch)
        {
            var room = start;
            for (var i = 0; i < args.Length; i++)
            {
                args[i].Write(ref values[i], ref room);
            }

            written = Native.st_operator_call(Handle, values, args.Length, results, capacity);
        }
        foreach (ref readonly var arg in args)
        {
            arg.KeepAlive();
        }

        Native.Check(written);
    }

    private nint Find()
    {
        var found = Native.st_operator_find(name, overload);
        return found != 0 ? found : throw Native.Error();
    }
}
