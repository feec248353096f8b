using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;
using static TorchSharp.torch;

namespace Inception.Interop;

/// <summary>
/// Reads pickles that hold tensors in dictionaries, lists and tuples, as PyTorch writes state dicts, and refuses all others. A pickle is a program for a stack machine; of its
/// instructions those that state dicts need are here, and of the names that it may call those of the <see cref="Callable"/>: nothing is looked up, and nothing runs.
/// </summary>
/// <remarks>
/// Values: <see cref="string"/>, <see cref="long"/>, <see cref="BigInteger"/>, <see cref="double"/>, <see cref="bool"/>, null, tuples as arrays, lists, dictionaries by text,
/// <see cref="TorchStorage"/> and <see cref="TorchTensor"/>. Nothing here is recursive, so nesting costs no stack; instructions are counted, which bounds the memory.
/// </remarks>
/// <param name="bytes">The file, or its beginning.</param>
/// <param name="path">What messages call it.</param>
internal sealed class PickleReader(ReadOnlyMemory<byte> bytes, string path)
{
    // A state dict of a thousand tensors takes about 50,000.
    private const int MaxInstructions = 1_000_000;

    private const string Remedy = "save the state dict alone: torch.save(model.state_dict(), path)";

    private readonly List<object?> stack = [];
    private readonly Stack<int> marks = new();
    private readonly Dictionary<long, object?> memo = [];
    private int instructions;

    private enum Callable
    {
        OrderedDict,
        Size,
        RebuildTensor,
        RebuildParameter,
    }

    /// <summary>Where the next pickle begins.</summary>
    public int Position { get; private set; }

    /// <summary>The storages that were named so far, by key.</summary>
    public Dictionary<string, TorchStorage> Storages { get; } = [];

    /// <summary>Reads one pickle.</summary>
    /// <exception cref="ModelFileException">It ends too early, or is something else than tensors in dictionaries.</exception>
    public object? Read()
    {
        stack.Clear();
        marks.Clear();
        memo.Clear();
        while (Step())
        {
            if (++instructions > MaxInstructions)
            {
                throw Refusal($"its pickle has more than {MaxInstructions:N0} instructions, which no state dict has; {Remedy}");
            }
        }

        return stack is [var result] ? result : throw Malformed();
    }

    // False at the end.
    private bool Step()
    {
        var code = Take(1)[0];
        switch ((char)code)
        {
            case '\x80': Take(1); break;                                                                // protocol
            case '.': return false;
            case '(': marks.Push(stack.Count); break;
            case 'N': stack.Add(null); break;
            case '\x88': stack.Add(true); break;
            case '\x89': stack.Add(false); break;
            case 'K': stack.Add((long)Take(1)[0]); break;
            case 'M': stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
            case 'J': stack.Add((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
            case '\x8a': AddWhole(Take(Take(1)[0])); break;
            case 'G': stack.Add(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); break;
            case 'X': stack.Add(Encoding.UTF8.GetString(Take(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))))); break;
            case 'U': stack.Add(Encoding.Latin1.GetString(Take(Take(1)[0]))); break;                    // a text of Python 2
            case '}': stack.Add(new Dictionary<string, object?>()); break;
            case ']': stack.Add(new List<object?>()); break;
            case ')': stack.Add(Array.Empty<object?>()); break;
            case 't': stack.Add(PopToMark()); break;
            case '\x85': stack.Add(Pop(1)); break;
            case '\x86': stack.Add(Pop(2)); break;
            case '\x87': stack.Add(Pop(3)); break;
            case 'a': Append(Pop(1)); break;
            case 'e': Append(PopToMark()); break;
            case 's': SetItems(Pop(2)); break;
            case 'u': SetItems(PopToMark()); break;
            case 'h': stack.Add(Recall(Take(1)[0])); break;
            case 'j': stack.Add(Recall(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); break;
            case 'q': memo[Take(1)[0]] = Top(); break;
            case 'r': memo[BinaryPrimitives.ReadUInt32LittleEndian(Take(4))] = Top(); break;
            case 'c': stack.Add(Find(Line(), Line())); break;
            case 'R' or '\x81': stack.Add(Pop(2) is [var callable, object?[] arguments] ? Call(callable, arguments) : throw Malformed()); break;
            case 'b': Build(Pop(1)); break;
            case 'Q': stack.Add(Pop(1) is [object?[] id] ? Storage(id) : throw Malformed()); break;
            default: throw Refusal($"its pickle has the instruction 0x{code:X2} at byte {Position - 1}, which state dicts of pickle protocol 2 do not have; {Remedy}");
        }

        return true;
    }

    // The names that a pickle may call; what else people save has a message of its own.
    private object Find(string module, string name)
    {
        switch (module, name)
        {
            case ("collections", "OrderedDict"): return Callable.OrderedDict;
            case ("torch", "Size"): return Callable.Size;
            case ("torch._utils", "_rebuild_tensor" or "_rebuild_tensor_v2"): return Callable.RebuildTensor;
            case ("torch._utils", "_rebuild_parameter"): return Callable.RebuildParameter;
            case ("torch", _) when TorchStorage.TypeOf(name) is { } type: return type;
        }

        var full = $"{module}.{name}";
        throw Refusal(
            name.Contains("sparse", StringComparison.Ordinal) ? $"it holds sparse tensors ({full}), which are not read; save them after .to_dense()"
            : name.Contains("_rebuild_qtensor", StringComparison.Ordinal) || (module == "torch" && name.StartsWith('Q')) ? $"it holds quantized tensors ({full}), which are not read; save the network as it was before quantization"
            : module == "torch" && name.EndsWith("Storage", StringComparison.Ordinal) ? $"it holds tensors of a type that is not read ({full})"
            : name.Length > 0 && char.IsUpper(name[0]) && !module.StartsWith("torch._", StringComparison.Ordinal) ? $"it holds objects of Python's class {full}, as a whole model that was pickled does, and no state dict; {Remedy}"
            : $"its pickle would call {full}, which no state dict needs; nothing of it was run. If the file is one that you trust, {Remedy}");
    }

    private object? Call(object? callable, object?[] arguments)
    {
        switch (callable, arguments)
        {
            case (Callable.OrderedDict, []):
                return new Dictionary<string, object?>();
            case (Callable.OrderedDict, [List<object?> pairs]):
                var dictionary = new Dictionary<string, object?>();
                foreach (var pair in pairs)
                {
                    var (key, value) = pair is object?[] or List<object?> && (IList<object?>)pair is [var first, var second] ? (first, second) : throw Malformed();
                    dictionary[Key(key)] = value;
                }

                return dictionary;
            case (Callable.Size, [object?[] sizes]):
                return sizes;
            case (Callable.RebuildParameter, [TorchTensor parameter, ..]):
                return parameter;
            case (Callable.RebuildTensor, [TorchStorage storage, long offset, object?[] shape, object?[] strides, .. var rest]):
                // What may follow: whether it needs gradients, hooks, and bits that say to negate or conjugate the elements.
                if (rest is [_, _, Dictionary<string, object?> { Count: > 0 } bits])
                {
                    throw Refusal($"a tensor is marked {string.Join(", ", bits.Keys.Take(4))}, which is not read; save it after .resolve_neg() or .resolve_conj()");
                }

                var tensor = new TorchTensor(storage, offset, Sizes(shape), Sizes(strides));
                return tensor.Problem() is { } problem ? throw Refusal(problem) : tensor;
            default:
                throw Malformed();
        }
    }

    // What an ordered dictionary has beside its entries: the versions of the modules. Everything else that has a state is no state dict's.
    private void Build(object?[] state)
    {
        if (state is not [Dictionary<string, object?> or null] || Top() is not Dictionary<string, object?>)
        {
            throw Malformed();
        }
    }

    private TorchStorage Storage(object?[] id)
    {
        if (id is not ["storage", ScalarType type, string key, _, long count, .. var view])
        {
            throw Malformed();
        }

        if (view is [not null, ..])
        {
            throw Refusal("its storages are views of others, as before PyTorch 0.4; load and save it with a newer PyTorch");
        }

        var storage = new TorchStorage(key, type, count);
        return Storages.TryAdd(key, storage) || Storages[key] == storage ? Storages[key] : throw Refusal($"the storage '{key}' has two sizes or types");
    }

    private void Append(object?[] items)
    {
        if (Top() is not List<object?> list)
        {
            throw Malformed();
        }

        list.AddRange(items);
    }

    private void SetItems(object?[] items)
    {
        if (Top() is not Dictionary<string, object?> dictionary || items.Length % 2 != 0)
        {
            throw Malformed();
        }

        for (var i = 0; i < items.Length; i += 2)
        {
            dictionary[Key(items[i])] = items[i + 1];
        }
    }

    // Optimizers' states have numbers as keys. As text, whose hashes no file can foresee.
    private string Key(object? key) => key switch
    {
        string text => text,
        long number => number.ToString(CultureInfo.InvariantCulture),
        _ => throw Refusal("a dictionary's key is neither text nor a whole number"),
    };

    private long[] Sizes(object?[] numbers) => [.. numbers.Select(number => number is long size ? size : throw Malformed())];

    private object?[] PopToMark() => marks.TryPop(out var mark) && mark <= stack.Count ? Pop(stack.Count - mark) : throw Malformed();

    private object?[] Pop(int count)
    {
        // What stands before a mark is not reached from behind it.
        if (stack.Count - (marks.TryPeek(out var mark) ? mark : 0) < count)
        {
            throw Malformed();
        }

        object?[] items = [.. stack[^count..]];
        stack.RemoveRange(stack.Count - count, count);
        return items;
    }

    private object? Top() => stack.Count > (marks.TryPeek(out var mark) ? mark : 0) ? stack[^1] : throw Malformed();

    private object? Recall(long index) => memo.TryGetValue(index, out var value) ? value : throw Malformed();

    private ReadOnlySpan<byte> Take(long count)
    {
        if (count > bytes.Length - Position)
        {
            throw Refusal("its pickle ends too early: the file is truncated, or no state dict");
        }

        var taken = bytes.Span.Slice(Position, (int)count);
        Position += (int)count;
        return taken;
    }

    private string Line()
    {
        var rest = bytes.Span[Position..];
        var line = Take(rest.IndexOf((byte)'\n') is var end and >= 0 ? end + 1 : (long)rest.Length + 1)[..^1];
        return Encoding.UTF8.GetString(line);
    }

    private void AddWhole(ReadOnlySpan<byte> littleEndian)
    {
        var number = new BigInteger(littleEndian);
        stack.Add(number >= long.MinValue && number <= long.MaxValue ? (object)(long)number : number);
    }

    private ModelFileException Malformed() => Refusal($"its pickle cannot be read at byte {Position}: it is damaged, or no state dict");

    private ModelFileException Refusal(string problem) => new(path, problem);
}
