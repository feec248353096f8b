using FluentAssertions;
using Inception.Graph;
using Inception.Kernels;
using Xunit;

namespace Inception.Tests.Graph;

public sealed class MemoryPlanTests
{
    public static TheoryData<string> Presets => [.. GoogLeNetSpec.Presets.Select(spec => spec.Name)];

    [Theory]
    [MemberData(nameof(Presets))]
    public void Activations_that_are_alive_at_once_do_not_share_memory_and_others_do(string preset)
    {
        var spec = GoogLeNetSpec.FromName(preset);
        using var memory = new FilterMemory();
        var (steps, _) = GraphBuilder.Compile(spec, Zeros(new(10, spec)), withAuxiliaries: true, memory);
        var plan = new MemoryPlan(steps, spec.InputSize, spec.InputSize);
        var activations = steps.Select(step => step.Output.Root).Distinct().ToList();

        foreach (var (one, i) in activations.Select((activation, i) => (activation, i)))
        {
            foreach (var other in activations.Skip(i + 1).Where(other => one.FirstLevel <= other.LastLevel && other.FirstLevel <= one.LastLevel))
            {
                (plan[one].Start + plan[one].Length <= plan[other].Start || plan[other].Start + plan[other].Length <= plan[one].Start).Should().BeTrue();
            }
        }

        plan.Size.Should().BeLessThan(activations.Sum(activation => plan[activation].Length) / 2);
    }

    [Fact]
    public void A_step_runs_after_all_those_that_write_what_it_reads()
    {
        var spec = GoogLeNetSpec.Cifar;
        using var memory = new FilterMemory();
        var (steps, _) = GraphBuilder.Compile(spec, Zeros(new(10, spec)), withAuxiliaries: true, memory);

        foreach (var step in steps.Skip(1))
        {
            steps.Where(other => other != step && other.Output.Root == step.Input.Root).Should().NotBeEmpty().And.OnlyContain(writer => writer.Level < step.Level);
        }

        steps.Max(step => step.Level).Should().BeLessThan(9 * 4 + 8, "the branches of a block run side by side");
    }

    private static Dictionary<string, SafeTensor> Zeros(ModelDescription description) => NetworkState.Shapes(description).ToDictionary(
        entry => entry.Key,
        entry => new SafeTensor(entry.Key, SafeTensorsType.F32, entry.Value, new byte[sizeof(float) * entry.Value.Aggregate(1L, (product, size) => product * size)]));
}
