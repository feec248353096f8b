using Inception;
using Inception.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Benchmarks;

/// <summary>Our side of a race.</summary>
internal sealed class Worker : TorchWorker
{
    private readonly MultiHeadModel network;
    private readonly IClassifier? classifier;
    private readonly FlatParameters? parameters;
    private readonly FlatOptimizer? optimizer;

    private Worker(Work work)
        : base(work, channelsLast: true)
    {
        var spec = GoogLeNetSpec.FromName(work.Spec).WithWidth(work.Width);
        var created = GoogLeNet.Create(Classes, spec).to(Device);
        network = created;
        if (work.Kind == "training")
        {
            network.train();
            var options = new SgdOptions { Momentum = 0.9 };
            parameters = new FlatParameters(network, options.Groups, Format);
            optimizer = options.Create(parameters);
        }
        else
        {
            network.eval();
            classifier = work.Kind == "inference" ? created.Compile() : created;
        }
    }

    private Precision Format => Work.Precision == "bf16" ? Precision.BFloat16 : Precision.Float32;

    /// <summary>Takes part until its input ends.</summary>
    public static void Run(string json)
    {
        using var memory = HostMemory.Keep();
        using var worker = new Worker(Work.Parse(json));
        worker.Follow("GoogLeNet.Net");
    }

    public override void Dispose()
    {
        optimizer?.Dispose();
        parameters?.Dispose();
        classifier?.Dispose();
        network.Dispose();
        base.Dispose();
    }

    // What MultiHeadTrainer does in a step, on one batch.
    protected override void Train()
    {
        var input = Work.Precision == "bf16" ? Images.to(ScalarType.BFloat16) : Images;
        var output = network.AllHeads(input);
        Tensor? total = null;
        foreach (var (head, logits) in network.Heads.Zip(output.Heads, (head, result) => (head, result.Logits)))
        {
            var loss = nn.functional.cross_entropy(logits.to(ScalarType.Float32), Labels) * head.Weight;
            total = total is null ? loss : total + loss;
        }

        total!.backward();
        parameters!.CollectGradients();
        optimizer!.Step(0.001);
    }

    protected override void Predict() => classifier!.Logits(Images);
}
