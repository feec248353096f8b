using FluentAssertions;
using Inception.Tests.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Models;

[Collection(TorchCollection.Name)]
public sealed class InputDeviceTests
{
    [Fact]
    public void Images_on_another_device_are_refused_with_both_devices()
    {
        // The meta device, shapes without data, stands for a GPU that the machine may not have.
        using var scope = NewDisposeScope();
        using var network = GoogLeNet.Create(3, Tiny.Spec());
        var images = empty([1, 3, 8, 8], device: new Device(DeviceType.META));

        network.Invoking(n => n.call(images)).Should().Throw<ArgumentException>().WithMessage("The input is on meta; the network is on cpu.*")
            .WithParameterName("images");
    }
}
