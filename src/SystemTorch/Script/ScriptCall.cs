using static TorchSharp.torch;

namespace TorchSharp.Interop;

/// <summary>Turns objects into TorchScript values and back.</summary>
internal static class ScriptCall
{
    public static unsafe object? Invoke(nint unit, string name, object?[] objects)
    {
        var args = Array.ConvertAll(objects, ToArg);
        var values = new NativeValue[args.Length];
        var scratch = new long[args.Sum(a => a.Words)];
        NativeValue result;
        fixed (NativeValue* arguments = values)
        fixed (long* start = scratch)
        {
            var room = start;
            for (var i = 0; i < args.Length; i++)
            {
                args[i].Write(ref values[i], ref room);
            }

            Native.Check(Native.st_script_call(unit, name, arguments, args.Length, &result));
        }
        GC.KeepAlive(objects);
        return ToObject(result);
    }

    private static Arg ToArg(object? value) => value switch
    {
        null => default,
        Tensor t => t,
        Tensor[] list => list,
        Scalar s => s,
        float f => f,
        double d => d,
        bool b => b,
        int i => i,
        long l => l,
        _ => throw new NotImplementedException($"Passing arguments of type {value.GetType().Name} to TorchScript."),
    };

    private static object? ToObject(NativeValue value) => value.Kind switch
    {
        Kind.None => null,
        Kind.Tensor => value.ToTensor(),
        Kind.List => Collect(value.TakeElements()),
        Kind.Tuple => ToTuple(value.TakeElements()),
        _ => value.ToScalar(),
    };

    private static object Collect(NativeValue[] items) =>
        items.All(v => v.Kind == Kind.Tensor) ? Array.ConvertAll(items, v => v.ToTensor())
        : items.All(v => v.Kind is Kind.Int or Kind.Double or Kind.Bool) ? Array.ConvertAll(items, v => v.ToScalar())
        : Array.ConvertAll(items, ToObject);

    private static object ToTuple(NativeValue[] items) => Collect(items) switch
    {
        Tensor[] t => ToTuple(t),
        Scalar[] s => ToTuple(s),
        var mixed => mixed,
    };

    private static object ToTuple<T>(T[] v) where T : class => v.Length switch
    {
        1 => v[0],
        2 => (v[0], v[1]),
        3 => (v[0], v[1], v[2]),
        4 => (v[0], v[1], v[2], v[3]),
        5 => (v[0], v[1], v[2], v[3], v[4]),
        _ => v,
    };
}
