using Inception;
using Inception.Data;
using Inception.Training;
using TorchSharp;

namespace Cifar10Training.Doctor;

/// <summary>
/// The same networks, weights and images on the CPU and on another device: logits, gradients and the losses of some training steps. In float32 throughout: on a GPU the
/// comparison turns TF32 off, which training leaves as it is.
/// </summary>
internal static class DeviceComparison
{
    private const int Steps = 20;
    private const int BatchSize = 8;

    // No dropout, whose draws differ from device to device. Of batch normalization few layers over many pixels: through the whole CifarSmall rounding grows a
    // hundred thousand times within five steps.
    private static readonly (GoogLeNetSpec Spec, double Rate)[] Networks =
    [
        (WithoutDropout(GoogLeNetSpec.CifarSmall.WithWidth(0.25) with
        {
            Name = "batch norm",
            Layers = [.. GoogLeNetSpec.CifarSmall.WithWidth(0.25).Layers.Where(layer => layer.Name is "conv1" or "maxpool1" or "conv3" or "3a" or "3b" or "maxpool3" or "4a")],
            Auxiliaries = [new("aux1", After: "3a"), new("aux2", After: "3b")],
        }), 0.01),
        (WithoutDropout(GoogLeNetSpec.Paper.WithWidth(0.125) with { Name = "paper", InputSize = 64 }), 0.01),
    ];

    /// <summary>Compares a device with the CPU.</summary>
    /// <param name="device">The device.</param>
    /// <param name="fault">Damages the network on the device, for tests of the comparison.</param>
    /// <param name="cancellationToken">Stops between steps.</param>
    public static IEnumerable<Difference> Compare(torch.Device device, Action<GoogLeNet>? fault = null, CancellationToken cancellationToken = default)
    {
        if (device.type == DeviceType.CUDA)
        {
            torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = false;
        }

        // Weights that differ by a millionth bring 3e-6, 4e-3 (a few ReLUs switch) and 6e-4.
        foreach (var (spec, rate) in Networks)
        {
            var expected = Measure(spec, rate, torch.CPU, fault: null, cancellationToken);
            var actual = Measure(spec, rate, device, fault, cancellationToken);
            yield return new(spec.Name, "outputs", Largest(expected.Outputs, actual.Outputs), 1e-4);
            yield return new(spec.Name, "gradients", Largest(expected.Gradients, actual.Gradients), 2e-2);
            yield return new(spec.Name, $"losses of {Steps} steps", Largest([[.. expected.Losses]], [[.. actual.Losses]]), 1e-2);
        }
    }

    private static Trace Measure(GoogLeNetSpec spec, double rate, torch.Device device, Action<GoogLeNet>? fault, CancellationToken cancellationToken)
    {
        using var scope = torch.NewDisposeScope();
        using var pictures = SyntheticImages.Create(BatchSize, seed: 1, spec.InputSize);
        var images = (pictures.Images.to(torch.float32) / 128 - 1).to(device);
        var labels = pictures.Labels.to(device);
        using var model = GoogLeNet.Create(pictures.ClassNames.Count, spec, seed: 1);
        model.to(device);
        fault?.Invoke(model);
        using var parameters = new FlatParameters(model);
        using var optimizer = new SgdOptions { Momentum = 0.9 }.Create(parameters);
        var trace = new Trace([], [], []);
        for (var step = 0; step < Steps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var inner = torch.NewDisposeScope();
            var output = model.AllHeads(images);
            var loss = output.Heads.Zip(model.Heads, (head, weighted) => torch.nn.functional.cross_entropy(head.Logits, labels) * weighted.Weight).Aggregate((sum, next) => sum + next);
            loss.backward();
            parameters.CollectGradients();
            if (step == 0)
            {
                trace.Outputs.AddRange(output.Heads.Select(head => Numbers(head.Logits)));
                trace.Gradients.AddRange(parameters.Views(parameters.Gradients).Select(gradient => Numbers(gradient.View)));
            }

            trace.Losses.Add(Numbers(loss)[0]);
            optimizer.Step(rate);
        }

        return trace;
    }

    // The norm of a tensor's difference by the norm of the tensor, whose least is a thousandth of the largest: some gradients are all rounding. Not a number is as far off as can be.
    private static double Largest(List<float[]> expected, List<float[]> actual)
    {
        var least = expected.Max(Norm) / 1000;
        var relative = expected.Zip(actual, (one, other) => Norm([.. one.Zip(other, (x, y) => x - y)]) / Math.Max(Norm(one), least));
        return relative.Max(difference => double.IsNaN(difference) ? double.PositiveInfinity : difference);
    }

    private static double Norm(float[] numbers) => Math.Sqrt(numbers.Sum(number => (double)number * number));

    private static float[] Numbers(torch.Tensor tensor) => tensor.detach().cpu().contiguous().data<float>().ToArray();

    private static GoogLeNetSpec WithoutDropout(GoogLeNetSpec spec) => spec with
    {
        Dropout = 0,
        Auxiliaries = [.. spec.Auxiliaries.Select(head => head with { Dropout = 0, Hidden = 64, Pooling = new AdaptiveAveragePooling(2) })],
    };

    private sealed record Trace(List<float[]> Outputs, List<float[]> Gradients, List<float> Losses);
}

/// <summary>How far a device's numbers are from the CPU's.</summary>
/// <param name="Network">The network.</param>
/// <param name="What">Which numbers.</param>
/// <param name="Relative">The largest difference, relative to the numbers' size.</param>
/// <param name="Tolerance">What rounding may bring.</param>
internal sealed record Difference(string Network, string What, double Relative, double Tolerance)
{
    public bool IsRounding => Relative <= Tolerance;
}
