using System.Diagnostics;
using FluentAssertions;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Inception.Tests.Torch;

[Collection(LiveTensors.Collection)]
public sealed class MemoryTests
{
    private const int Rounds = 10_000;
    private const long Megabyte = 1 << 20;

    [Fact]
    public void Ten_thousand_training_steps_need_no_more_memory_than_a_few()
    {
        using var conv = nn.Conv2d(3, 8, 3, padding: 1, bias: false);
        using var norm = nn.BatchNorm2d(8);
        using var linear = nn.Linear(8, 4);
        var parameters = conv.parameters().Concat(norm.parameters()).Concat(linear.parameters()).ToArray();
        using var images = torch.randn([8, 3, 8, 8]);
        using var labels = torch.randint(4, [8]);
        Run(Rounds / 10);
        var before = Resident();
        LiveTensors.Settle();
        var tensors = Tensor.TotalCount;

        Run(Rounds);

        Tensor.TotalCount.Should().Be(tensors);
        var grown = Resident() - before;
        grown.Should().BeLessThan(50 * Megabyte);

        void Run(int rounds)
        {
            for (var i = 0; i < rounds; i++)
            {
                using var scope = torch.NewDisposeScope();
                var features = F.relu(norm.call(conv.call(images)), inplace: true);
                F.cross_entropy(linear.call(F.adaptive_avg_pool2d(features, 1).flatten(1)), labels).backward();
                using var none = torch.no_grad();
                foreach (var parameter in parameters)
                {
                    parameter.add_(parameter.grad!, -0.01);
                    parameter.grad!.zero_();
                }
            }
        }
    }

    private static long Resident()
    {
        LiveTensors.Settle();
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
