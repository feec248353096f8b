using FluentAssertions;
using Inception.Training;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Distributed;

/// <summary>Which MPI is looked for, and what its handles are. Runs over a real one: eng/mpi.sh.</summary>
public sealed class MpiTests
{
    [Theory]
    [InlineData("OMPI_COMM_WORLD_SIZE=4", "Open MPI's mpirun", 4, "libmpi.so.40")]
    [InlineData("PMI_SIZE=8", "MPICH's mpirun", 8, "libmpi.so.12")]
    [InlineData("SLURM_STEP_NUM_TASKS=16", "srun", 16, "libmpi.so.40")]
    [InlineData("SLURM_STEP_NUM_TASKS=1 OMPI_COMM_WORLD_SIZE=2", "Open MPI's mpirun", 2, "libmpi.so.40")]
    [InlineData("PMI_SIZE=2 GOOGLENET_MPI_LIBRARY=/opt/libmpi.so", "MPICH's mpirun", 2, "/opt/libmpi.so")]
    public void The_launcher_says_how_many_there_are_and_which_library_to_try_first(string environment, string name, int size, string library)
    {
        var launcher = Find(environment);

        launcher.Should().NotBeNull();
        (launcher!.Name, launcher.Size, launcher.Libraries[0]).Should().Be((name, size, library));
    }

    [Theory]
    [InlineData("")]
    [InlineData("OMPI_COMM_WORLD_SIZE=1")]
    [InlineData("SLURM_NTASKS=4")] // Of the allocation; this process is its script.
    [InlineData("PMI_SIZE=many")]
    public void A_program_that_was_started_alone_has_no_launcher(string environment) => Find(environment).Should().BeNull();

    [Theory]
    [InlineData(null, "ompi_mpi_comm_self ompi_mpi_comm_world", nameof(MpiAbi.OpenMpi))]
    [InlineData(null, "MPIR_Dup_fn", nameof(MpiAbi.Mpich))]
    [InlineData(1, "ompi_mpi_comm_self", nameof(MpiAbi.Standard))]
    [InlineData(-1, "ompi_mpi_comm_self", nameof(MpiAbi.OpenMpi))]
    [InlineData(-1, "MPIR_Dup_fn", nameof(MpiAbi.Mpich))] // MPICH 5's libmpi.so.12
    public void The_kind_of_a_library_is_told_by_its_ABI_and_its_symbols(int? abiVersion, string symbols, string kind) =>
        MpiHandles.KindOf(abiVersion, symbol => symbols.Split(' ').Contains(symbol)).ToString().Should().Be(kind);

    [Fact]
    public void Handles_are_addresses_or_numbers()
    {
        MpiHandles.Of(MpiAbi.OpenMpi, symbol => symbol.Length).Should().Be(new MpiHandles("ompi_mpi_comm_world".Length, "ompi_mpi_float".Length, "ompi_mpi_double".Length, 15, 15, 1));
        MpiHandles.Of(MpiAbi.Mpich, _ => 0).InPlace.Should().Be(-1);
        MpiHandles.Of(MpiAbi.Standard, _ => 0).World.Should().Be(0x101);
    }

    [Fact]
    public void Alone_it_is_one_process_without_MPI_and_starts_once()
    {
        using var mpi = MpiCollective.Start();
        using var values = tensor([1f, 2f]);

        mpi.Sum(values);
        mpi.Barrier();

        (mpi.Rank, mpi.Size, mpi.LocalRank, mpi.LocalSize).Should().Be((0, 1, 0, 1));
        values.data<float>().ToArray().Should().Equal(1, 2);
        FluentActions.Invoking(MpiCollective.Start).Should().Throw<InvalidOperationException>().WithMessage("MPI was started in this process before*");
    }

    [Fact]
    public void Tensors_of_any_layout_are_shared()
    {
        var (each, _) = ThreadCollective.Run(3, collective =>
        {
            using var transposed = zeros(2, 3).t();
            transposed.add_(collective.Rank + 1);
            collective.Sum(transposed);
            using var flags = full(5, collective.Rank == 2, dtype: ScalarType.Bool);
            collective.Broadcast(flags, root: 2);
            using var largest = tensor([-1.0, collective.Rank]);
            collective.Max(largest);
            return transposed.sum().item<float>() + largest.sum().item<double>() + (flags.all().item<bool>() ? 100 : 0);
        });

        each.Select(outcome => outcome.Value).Should().AllBeEquivalentTo((6 * 6) + 1 + 100.0);
    }

    [Fact]
    public void Sums_are_of_floating_point_numbers()
    {
        var (each, _) = ThreadCollective.Run(1, collective => collective.Invoking(c => c.Sum(zeros(1, dtype: ScalarType.Int64))).Should().Throw<ArgumentException>().WithMessage("*Int64*Float32*").And);

        each[0].Error.Should().BeNull();
    }

    private static MpiLauncher? Find(string environment)
    {
        var variables = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        return MpiLauncher.Find(variables.GetValueOrDefault);
    }
}
