using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Inception.Kernels;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>
/// The processes that <c>mpirun</c> or Slurm's <c>srun</c> started, over the machine's MPI: Open MPI, MPICH and its relatives, or any with MPI 5's ABI.
/// <code>using var mpi = MpiCollective.Start();</code>
/// A program that was started alone is one process, for which no MPI is needed.
/// </summary>
/// <remarks>
/// A process that fails must not leave the others waiting. An exception that nothing catches, an exception in the trainer of one process alone, and a process that ends while the others
/// go on end all processes, with one line on the error stream. What else ends a process, <c>mpirun</c> and <c>srun</c> notice. The environment variable <c>GOOGLENET_MPI_LIBRARY</c> names an MPI
/// library that is to be loaded in place of those that are looked for.
/// </remarks>
public sealed class MpiCollective : Collective
{
    private static readonly TimeSpan AbortTime = TimeSpan.FromSeconds(2);

    // How long one waits for the others who leaves with an error, and how new an error is that it leaves with.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private const int Word = sizeof(float);
    private static int isStarted;

    private readonly MpiLibrary? library;
    private readonly bool endsMpi;
    private Exception? lastError;
    private long lastErrorAt;
    private volatile bool isOver;
    private volatile bool isWaiting;

    private MpiCollective(MpiLibrary? library, bool endsMpi)
        : base(library?.Rank ?? 0, library?.Size ?? 1)
    {
        this.library = library;
        this.endsMpi = endsMpi;
        (LocalRank, LocalSize) = Neighbors();
        if (library is not null)
        {
            AppDomain.CurrentDomain.FirstChanceException += (_, e) => Note(e.Exception);
            AppDomain.CurrentDomain.UnhandledException += (_, e) => Abort((e.ExceptionObject as Exception)?.Message ?? "it failed.");
            AppDomain.CurrentDomain.ProcessExit += (_, _) => Exit();
        }
    }

    /// <inheritdoc/>
    public override int LocalRank { get; }

    /// <summary>Processes on the same machine, this one included.</summary>
    public int LocalSize { get; }

    /// <summary>Starts MPI where a launcher started this process together with others. Once in a process; dispose the result at its end.</summary>
    /// <exception cref="CollectiveException">There is no MPI library, or it does not see the launcher's processes: it is another MPI than the launcher's.</exception>
    /// <exception cref="InvalidOperationException">It was started before.</exception>
    public static MpiCollective Start()
    {
        if (Interlocked.Exchange(ref isStarted, 1) != 0)
        {
            throw new InvalidOperationException("MPI was started in this process before; it can be started once. Pass the MpiCollective on.");
        }

        if (MpiLauncher.Find(Environment.GetEnvironmentVariable) is not { } launcher)
        {
            return new MpiCollective(library: null, endsMpi: false);
        }

        var library = MpiLibrary.Load(launcher.Libraries) ?? throw new CollectiveException(
            $"{launcher.Name} started {launcher.Size} processes, but there is no MPI library to be loaded: {string.Join(", ", launcher.Libraries)}. "
            + $"Install Open MPI or MPICH on this machine, or name its library in {MpiLauncher.LibraryVariable}.");
        var endsMpi = library.Init();
        return library.Size == launcher.Size ? new MpiCollective(library, endsMpi) : throw new CollectiveException(
            $"{launcher.Name} started {launcher.Size} processes, but {library.Name} sees {library.Size}: it is another MPI than the launcher's. {launcher.Advice}.");
    }

    /// <inheritdoc/>
    public override void Barrier() => Meet(isLeaving: false);

    /// <inheritdoc/>
    public override void Abort(string message)
    {
        isOver = true;
        Console.Error.WriteLine(string.Create(null, $"GoogLeNet.Net: process {Rank} of {Size} ({Environment.MachineName}, {Environment.ProcessId}) ended the run: {OneLine(message)}"));
        Console.Error.Flush();

        // Where MPI itself is stuck.
        new Thread(() =>
        {
            Thread.Sleep(AbortTime);
            Process.GetCurrentProcess().Kill();
        })
        { IsBackground = true }.Start();
        library?.Abort(1);
        Environment.Exit(1);
    }

    /// <inheritdoc/>
    protected override void Reduce(Tensor values, bool takesMaximum)
    {
        ArgumentNullException.ThrowIfNull(values);
        isWaiting = true;
        library!.AllReduce(AddressOf(values), values.numel(), values.dtype == ScalarType.Float64, takesMaximum);
        isWaiting = false;
    }

    /// <inheritdoc/>
    protected override void ReduceBFloat16(Tensor values)
    {
        ArgumentNullException.ThrowIfNull(values);
        SumParts(
            values, Size, MpiLibrary.MaxCount,
            (from, to) => Exchange(library!.AllToAll, from, to, from.numel() / Size),
            (from, to) => Exchange(library!.AllGather, from, to, from.numel()));
    }

    /// <inheritdoc/>
    protected override void Send(Tensor values, int root)
    {
        ArgumentNullException.ThrowIfNull(values);
        var count = values.numel() * values.ElementSize;
        if (count % Word == 0)
        {
            isWaiting = true;
            library!.Broadcast(AddressOf(values), count / Word, root);
            isWaiting = false;
            return;
        }

#pragma warning disable RS0030 // The host's memory.
        using var whole = zeros(count + Word - (count % Word), dtype: ScalarType.Byte);
        values.bytes.CopyTo(whole.bytes);
        library!.Broadcast(AddressOf(whole), whole.numel() / Word, root);
        whole.bytes[..(int)count].CopyTo(values.bytes);
#pragma warning restore RS0030
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (library is not null && !isOver)
        {
            // An exception that is on its way through a using: the others may be in another call, and wait there.
            var isFailing = lastError is not null && Stopwatch.GetElapsedTime(lastErrorAt) < Patience;
            Meet(isLeaving: true, isFailing ? Patience : null);
            isOver = true;
            if (endsMpi)
            {
                library.EndAll();
            }
        }

        base.Dispose(disposing);
    }

#pragma warning disable RS0030 // The host's memory.
    private static nint AddressOf(Tensor values) => ImageView.AddressOf(values.bytes);
#pragma warning restore RS0030

    private static string OneLine(string message) => string.Join(' ', message.Split((char[])['\r', '\n'], StringSplitOptions.RemoveEmptyEntries));

    private void Exchange(Action<nint, nint, int> exchange, Tensor from, Tensor to, long count)
    {
        isWaiting = true;
        exchange(AddressOf(from), AddressOf(to), (int)(count * from.ElementSize / Word));
        isWaiting = false;
    }

    // Those whose machine has the same name.
    private (int Rank, int Size) Neighbors()
    {
        using var scope = NewDisposeScope();
        var names = zeros(Size, dtype: ScalarType.Float64);
        // 48 bits, which a float64 holds exactly.
        names[Rank] = BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(Environment.MachineName))) >>> 16;
        Sum(names);
#pragma warning disable RS0030 // The host's.
        var all = names.data<double>().ToArray();
#pragma warning restore RS0030
        return (all.Take(Rank).Count(name => name == all[Rank]), all.Count(name => name == all[Rank]));
    }

    // Those that leave and those that go on come to the same call, so that nobody waits for one who has gone.
    private void Meet(bool isLeaving, TimeSpan? patience = null)
    {
        if (library is null)
        {
            return;
        }

        if (!library.Barrier(patience))
        {
            AbortLeaving();
        }

        using var scope = NewDisposeScope();
        var own = tensor([isLeaving ? 1.0 : 0, isLeaving ? 0 : 1.0]);
        Reduce(own, takesMaximum: true);
#pragma warning disable RS0030 // The host's.
        var isTornApart = own.min().item<double>() == 1;
#pragma warning restore RS0030
        if (isTornApart && isLeaving)
        {
            AbortLeaving();
        }
        else if (isTornApart)
        {
            // That process ends this one too, and says why.
            Thread.Sleep(Patience);
            Abort("another process left.");
        }
    }

    private void AbortLeaving() => Abort(lastError is null ? "it left while others went on." : $"it left while others went on, after: {lastError.Message}");

    // What all processes end with is no reason to end the others.
    private void Note(Exception error)
    {
        if (error is not (OperationCanceledException or CollectiveException))
        {
            (lastError, lastErrorAt) = (error, Stopwatch.GetTimestamp());
        }
    }

    // Without Dispose: a program that went well leaves as it should, another one ends all. One that is ended from outside while it waits for others can do neither.
    private void Exit()
    {
        if (!isOver && !isWaiting && Environment.ExitCode == 0)
        {
            Meet(isLeaving: true, Patience);
            isOver = true;
            library!.EndAll();
        }
        else if (!isOver && !isWaiting)
        {
            Abort($"it exited with code {Environment.ExitCode}.");
        }
    }
}
