using System.Globalization;
using Inception;

using var network = CompiledNetwork.Load(args[0]);
var side = network.Spec.InputSize;
var image = Enumerable.Range(0, network.Spec.InputChannels * side * side).Select(i => i % 7 / 7f).ToArray();
var logits = network.Logits(image);
for (var k = 0; k < logits.Length; k++)
{
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{network.ClassNames[k]} {logits[k]:F3}"));
}
