using System.Diagnostics;
using System.Runtime.InteropServices;
using Inception.Runtime;

namespace Inception.Training;

/// <summary>What handles and constants of an MPI library are.</summary>
internal enum MpiAbi
{
    /// <summary>Open MPI: addresses of objects in the library.</summary>
    OpenMpi,

    /// <summary>MPICH, Intel MPI, MVAPICH: 32-bit numbers.</summary>
    Mpich,

    /// <summary>The ABI of MPI 5: small numbers.</summary>
    Standard,
}

/// <summary>The handles and constants that are used here, as MPI's functions take them.</summary>
internal sealed record MpiHandles(nint World, nint Float, nint Double, nint Sum, nint Max, nint InPlace)
{
    /// <summary>Which kind a library's are.</summary>
    /// <param name="abiVersion">What it says of MPI 5's ABI: its version, less than 1 where its handles are of another kind; null where it is older than that.</param>
    /// <param name="hasSymbol">Whether it has a symbol.</param>
    public static MpiAbi KindOf(int? abiVersion, Func<string, bool> hasSymbol) =>
        abiVersion >= 1 ? MpiAbi.Standard : hasSymbol("ompi_mpi_comm_self") ? MpiAbi.OpenMpi : MpiAbi.Mpich;

    /// <summary>The handles of a kind; <paramref name="address"/> gives a symbol's.</summary>
    public static MpiHandles Of(MpiAbi kind, Func<string, nint> address) => kind switch
    {
        MpiAbi.OpenMpi => new(address("ompi_mpi_comm_world"), address("ompi_mpi_float"), address("ompi_mpi_double"), address("ompi_mpi_op_sum"), address("ompi_mpi_op_max"), InPlace: 1),
        MpiAbi.Mpich => new(0x44000000, 0x4c00040a, 0x4c00080b, 0x58000003, 0x58000001, InPlace: -1),
        _ => new(0x101, 0x210, 0x214, 0x21, 0x23, InPlace: 1),
    };
}

/// <summary>The functions of a libmpi that is loaded while the program runs.</summary>
/// <remarks>Handles are passed as pointers: a library whose handles are 32-bit numbers reads the lower half of the register.</remarks>
internal sealed class MpiLibrary
{
    /// <summary>Values in a call: of 4 MiB the libraries' algorithms for one machine are many times as fast as of 40, and networks are busy all the same.</summary>
    public const int MaxCount = 1 << 20;

    private const int ThreadSerialized = 2;

    // More than any library's MPI_Status has.
    private const int StatusBytes = 256;

    private readonly nint library;
    private readonly MpiHandles handles;
    private readonly AllReduceFunction allReduce;
    private readonly BroadcastFunction broadcast;

    private MpiLibrary(nint library, string name)
    {
        this.library = library;
        Name = name;
        handles = MpiHandles.Of(MpiHandles.KindOf(AbiVersion(), symbol => NativeLibrary.TryGetExport(library, symbol, out _)), symbol => NativeLibrary.GetExport(library, symbol));
        allReduce = Function<AllReduceFunction>("MPI_Allreduce");
        broadcast = Function<BroadcastFunction>("MPI_Bcast");
    }

    private delegate int AbiFunction(out int major, out int minor);

    private delegate int InitFunction(nint argc, nint argv, int required, out int provided);

    private delegate int FlagFunction(out int flag);

    private delegate int NumberFunction(nint communicator, out int number);

    private delegate int PlainFunction();

    private delegate int AbortFunction(nint communicator, int code);

    private delegate int AllReduceFunction(nint from, nint to, int count, nint type, nint operation, nint communicator);

    private delegate int BroadcastFunction(nint buffer, int count, nint type, int root, nint communicator);

    private delegate int ExchangeFunction(nint from, int fromCount, nint fromType, nint to, int toCount, nint toType, nint communicator);

    private delegate int BarrierFunction(nint communicator, ref nint request);

    private delegate int TestFunction(ref nint request, out int isDone, nint status);

    /// <summary>The file that was loaded.</summary>
    public string Name { get; }

    /// <summary>This process's number.</summary>
    public int Rank => Number("MPI_Comm_rank");

    /// <summary>Processes in all.</summary>
    public int Size => Number("MPI_Comm_size");

    /// <summary>Loads the first library that is there; null where none is.</summary>
    public static MpiLibrary? Load(IEnumerable<string> names)
    {
        // UCX, which MPICH and Open MPI may bring, would take the signal that .NET makes a NullReferenceException of. It reads this when it is loaded.
        NativeEnvironment.SetDefault("UCX_ERROR_SIGNALS", "SIGILL,SIGBUS,SIGFPE");
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, out var library))
            {
                return new MpiLibrary(library, name);
            }
        }

        return null;
    }

    /// <summary>Starts MPI, for calls of several threads, one at a time.</summary>
    /// <returns>Whether it was not running before.</returns>
    public bool Init()
    {
        Require(Function<FlagFunction>("MPI_Initialized")(out var isRunning), "MPI_Initialized");
        if (isRunning == 0)
        {
            Require(Function<InitFunction>("MPI_Init_thread")(0, 0, ThreadSerialized, out _), "MPI_Init_thread");
        }

        return isRunning == 0;
    }

    /// <summary>Ends MPI.</summary>
    public void EndAll() => Function<PlainFunction>("MPI_Finalize")();

    /// <summary>Ends all processes.</summary>
    public void Abort(int code) => Function<AbortFunction>("MPI_Abort")(handles.World, code);

    /// <summary>The sums, or the largest values, over all processes in place.</summary>
    /// <param name="address">Of the first value.</param>
    /// <param name="count">How many.</param>
    /// <param name="isDouble">Whether they are float64; otherwise float32.</param>
    /// <param name="takesMaximum">Whether to take the largest.</param>
    public void AllReduce(nint address, long count, bool isDouble, bool takesMaximum) => InParts(address, count, isDouble ? sizeof(double) : sizeof(float), (part, length) =>
        Require(allReduce(handles.InPlace, part, length, isDouble ? handles.Double : handles.Float, takesMaximum ? handles.Max : handles.Sum, handles.World), "MPI_Allreduce"));

    /// <summary>Copies memory of one process to all.</summary>
    /// <param name="address">Of the memory.</param>
    /// <param name="words">How many words of 32 bits.</param>
    /// <param name="root">Whose memory.</param>
    public void Broadcast(nint address, long words, int root) => InParts(address, words, sizeof(float), (part, length) =>
        Require(broadcast(part, length, handles.Float, root, handles.World), "MPI_Bcast"));

    /// <summary>Sends a part to each process, and puts those of all together in the order of their numbers.</summary>
    /// <param name="from">Address of the parts to be sent.</param>
    /// <param name="to">Address of the parts that come.</param>
    /// <param name="words">How many words of 32 bits a part has.</param>
    public void AllToAll(nint from, nint to, int words) => Exchange("MPI_Alltoall", from, to, words);

    /// <summary>Puts the parts of all processes together in the order of their numbers.</summary>
    /// <param name="from">Address of this one's part.</param>
    /// <param name="to">Address of all parts.</param>
    /// <param name="words">How many words of 32 bits a part has.</param>
    public void AllGather(nint from, nint to, int words) => Exchange("MPI_Allgather", from, to, words);

    /// <summary>Waits until every process has come here, without keeping a core busy meanwhile.</summary>
    /// <param name="patience">How long at most; null for as long as it takes.</param>
    /// <returns>Whether all have come.</returns>
    public bool Barrier(TimeSpan? patience = null)
    {
        var began = Stopwatch.GetTimestamp();
        var test = Function<TestFunction>("MPI_Test");
        var status = Marshal.AllocHGlobal(StatusBytes);
        try
        {
            nint request = 0;
            Require(Function<BarrierFunction>("MPI_Ibarrier")(handles.World, ref request), "MPI_Ibarrier");
            Require(test(ref request, out var isDone, status), "MPI_Test");
            while (isDone == 0 && !(Stopwatch.GetElapsedTime(began) > patience))
            {
                Thread.Sleep(1);
                Require(test(ref request, out isDone, status), "MPI_Test");
            }

            return isDone != 0;
        }
        finally
        {
            Marshal.FreeHGlobal(status);
        }
    }

    private static void InParts(nint address, long count, int size, Action<nint, int> work)
    {
        for (var first = 0L; first < count; first += MaxCount)
        {
            work(address + (nint)(first * size), (int)Math.Min(MaxCount, count - first));
        }
    }

    private static void Require(int code, string function)
    {
        if (code != 0)
        {
            throw new CollectiveException($"{function} failed with MPI's error code {code}.");
        }
    }

    private void Exchange(string function, nint from, nint to, int words) =>
        Require(Function<ExchangeFunction>(function)(from, words, handles.Float, to, words, handles.Float, handles.World), function);

    // MPICH 5 and Open MPI 6 have the function in both of their libraries, of which only one has the ABI.
    private int? AbiVersion() =>
        NativeLibrary.TryGetExport(library, "MPI_Abi_get_version", out _) && Function<AbiFunction>("MPI_Abi_get_version")(out var major, out _) == 0 ? major : null;

    private int Number(string function)
    {
        Require(Function<NumberFunction>(function)(handles.World, out var number), function);
        return number;
    }

    private T Function<T>(string name)
        where T : Delegate => Marshal.GetDelegateForFunctionPointer<T>(NativeLibrary.GetExport(library, name));
}
