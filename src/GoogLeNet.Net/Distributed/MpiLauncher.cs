using System.Globalization;

namespace Inception.Training;

/// <summary>What started this process together with others, by the variables that it sets.</summary>
/// <param name="Name">Its name in messages.</param>
/// <param name="Size">Processes that it started.</param>
/// <param name="Libraries">MPI libraries that may go with it, the likeliest first.</param>
/// <param name="Advice">What to do where MPI does not see the other processes.</param>
internal sealed record MpiLauncher(string Name, int Size, IReadOnlyList<string> Libraries, string Advice)
{
    /// <summary>The path of an MPI library that is to be loaded in place of those that are looked for.</summary>
    public const string LibraryVariable = "GOOGLENET_MPI_LIBRARY";

    private static readonly string[] OpenMpi = ["libmpi.so.40", "libmpi.40.dylib"];
    private static readonly string[] Mpich = ["libmpi.so.12", "libmpich.so.12", "libmpi.12.dylib"];
    private static readonly string[] Abi = ["libmpi_abi.so.1", "libmpi_abi.so.0", "libmpi_abi.1.dylib"];

    // In this order: under Slurm, mpirun sets its own variables beside Slurm's.
    private static readonly (string Name, string Size, string[] Libraries, string Advice)[] Known =
    [
        ("Open MPI's mpirun", "OMPI_COMM_WORLD_SIZE", [.. OpenMpi, .. Abi, .. Mpich], "Start with the mpirun of that library, or install Open MPI"),
        ("MPICH's mpirun", "PMI_SIZE", [.. Mpich, .. Abi, .. OpenMpi], "Start with the mpirun of that library, or install MPICH"),
        ("srun", "SLURM_STEP_NUM_TASKS", [.. OpenMpi, .. Mpich, .. Abi], "Start with srun --mpi=pmix for Open MPI, --mpi=pmi2 for MPICH"),
    ];

    /// <summary>The launcher of this process; null where it was started alone.</summary>
    /// <param name="variable">Reads an environment variable.</param>
    public static MpiLauncher? Find(Func<string, string?> variable)
    {
        foreach (var (name, size, libraries, advice) in Known)
        {
            if (Number(variable(size)) is { } processes)
            {
                var chosen = variable(LibraryVariable) is { Length: > 0 } path ? [path] : libraries;
                return processes > 1 ? new MpiLauncher(name, processes, chosen, advice) : null;
            }
        }

        return null;
    }

    private static int? Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
