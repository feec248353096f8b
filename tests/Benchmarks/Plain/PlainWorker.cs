using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace Benchmarks.Plain;

/// <summary>The side of who uses TorchSharp alone: its modules, its optimizer, and nothing of GoogLeNet.Net that computes or keeps memory.</summary>
internal sealed class PlainWorker : TorchWorker
{
    /// <summary>The layouts that it may be told, as peers/worker.py.</summary>
    public static readonly string[] Layouts = ["channels_last", "contiguous"];

    private readonly PlainGoogLeNet network;
    private readonly optim.Optimizer? optimizer;

    private PlainWorker(Work work, bool channelsLast)
        : base(work, channelsLast)
    {
        network = new PlainGoogLeNet(work.Width, Classes).to(Device);
        network.train(work.Kind == "training");
        if (channelsLast)
        {
            LayChannelsLast();
        }

        optimizer = work.Kind == "training" ? optim.SGD(network.parameters(), 0.001, momentum: 0.9) : null;
        if (channelsLast)
        {
            CheckLayout();
        }
    }

    /// <summary>Takes part until its input ends.</summary>
    /// <exception cref="ArgumentException">The work or the layout is not one of its own.</exception>
    /// <exception cref="InvalidOperationException">A layer left the layout.</exception>
    public static void Run(string json, string layout)
    {
        var work = Work.Parse(json);
        if (!Takes(work) || !Layouts.Contains(layout))
        {
            throw new ArgumentException($"the plain program takes torchvision's network in fp32, {string.Join(" or ", Layouts)}; this is {work.Title}, {layout}.");
        }

        using var worker = new PlainWorker(work, channelsLast: layout == "channels_last");
        worker.Follow("plain program");
    }

    /// <summary>Whether it does such a work.</summary>
    public static bool Takes(Work work) => work is { Spec: "torchvision", Precision: "fp32" };

    public override void Dispose()
    {
        optimizer?.Dispose();
        network.Dispose();
        base.Dispose();
    }

    protected override void Train()
    {
        var output = network.call(Images);
        var loss = cross_entropy(output.Main, Labels) + 0.3 * (cross_entropy(output.Aux1!, Labels) + cross_entropy(output.Aux2!, Labels));
        optimizer!.zero_grad();
        loss.backward();
        optimizer.step();
    }

    protected override void Predict() => network.call(Images);

    // TorchSharp has no memory formats; libtorch goes by the strides.
    private void LayChannelsLast()
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        foreach (var convolution in network.modules().OfType<Conv2d>())
        {
            convolution.weight.set_(ChannelsLast(convolution.weight));
        }
    }

    // One step, in which the output of each layer is looked at.
    private void CheckLayout()
    {
        var watches = network.modules().OfType<nn.Module<Tensor, Tensor>>()
            .Select(layer => layer.register_forward_hook((_, _, output) => Checked(layer, output))).ToList();
        Step();
        watches.ForEach(watch => watch.remove());
    }

    private static Tensor Checked(nn.Module layer, Tensor output)
    {
        using var pixels = output.dim() == 4 ? output.permute(0, 2, 3, 1) : null;
        return pixels is null || pixels.is_contiguous() ? output
            : throw new InvalidOperationException($"the output of a layer of type {layer.GetName()} does not have its channels last: strides {string.Join(", ", output.stride())}.");
    }
}
