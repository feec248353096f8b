// InceptionModule in a network of your own, trained by a plain TorchSharp loop: inception-blocks [IMAGES [EPOCHS]]
using Inception;
using Inception.Data;
using InceptionBlocks;
using TorchSharp;
using static TorchSharp.torch;

if (args.Length > 2 || !args.All(text => int.TryParse(text, out var number) && number > 0))
{
    Console.Error.WriteLine("usage: inception-blocks [IMAGES [EPOCHS]], whole numbers above 0");
    return 2;
}

var images = args.Length > 0 ? int.Parse(args[0]) : 2000;
var epochs = args.Length > 1 ? int.Parse(args[1]) : 5;

using var memory = HostMemory.Keep();                       // tensors' memory is used again, not given back to the system after each step
manual_seed(0);                                             // the first and the last layer draw from TorchSharp's generator
using var pictures = SyntheticImages.Create(images, seed: 1);
using var network = new SmallNetwork(numClasses: 10);
using var optimizer = optim.SGD(network.parameters(), 0.1, momentum: 0.9);
var loader = new BatchLoader(pictures, batchSize: 50, [new HorizontalFlip(), new ScaleToUnit()], device("cpu"), seed: 0);

for (var epoch = 0; epoch < epochs; epoch++)
{
    var (loss, right) = (0.0, 0L);
    foreach (var batch in loader.Epoch(epoch))
    {
        using var scope = NewDisposeScope();                // frees every tensor of the step
        using var loaded = batch;
        var logits = network.call(batch.Images);            // (N, 10)
        var error = nn.functional.cross_entropy(logits, batch.Labels);
        optimizer.zero_grad();
        error.backward();
        optimizer.step();
        loss += error.ToDouble() / loader.Steps;
        right += logits.argmax(1).eq(batch.Labels).sum().ToInt64();
    }

    Console.WriteLine($"epoch {epoch + 1}: loss {loss:F3}, accuracy {(double)right / images:P1}");
}

return 0;
