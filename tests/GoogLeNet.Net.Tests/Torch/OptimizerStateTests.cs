using FluentAssertions;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Torch;

/// <summary>TorchSharp's binary form of an optimizer's state, byte for byte.</summary>
[Collection(TorchCollection.Name)]
public sealed class OptimizerStateTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_state_of_SGD_is_its_settings_and_then_each_velocity_if_there_is_one(bool stepped)
    {
        using var parameter = Vector(1, 2);
        using var sgd = optim.SGD([parameter], 0.5, momentum: 0.9, weight_decay: 0.25);
        if (stepped)
        {
            sgd.step();
        }

        Written(sgd.save_state_dict).Should().Equal(Written(writer =>
        {
            writer.Write("SGD");
            writer.Write((byte)1);
            writer.Write((byte)1);
            Settings(writer, 0.5, 0.5, 0.9, 0, 0.25);
            writer.Write(false);
            writer.Write(false);
            writer.Write(stepped);
            if (stepped)
            {
                Tensor(writer, 3.25f, 3.5f);
            }
        }));
    }

    [Fact]
    public void The_state_of_Adam_is_its_settings_and_then_steps_mean_and_square()
    {
        using var parameter = Vector(1, 2);
        using var adam = optim.Adam([parameter], 0.5, beta1: 0.5, beta2: 0.75, amsgrad: false);
        adam.step();

        Written(adam.save_state_dict).Should().Equal(Written(writer =>
        {
            writer.Write("Adam");
            writer.Write((byte)1);
            writer.Write((byte)1);
            Settings(writer, 0.5, 0.5, 0.5, 0.75, 1e-8, 0);
            writer.Write(false);
            writer.Write(false);
            writer.Write(1L);
            Tensor(writer, 1.5f, 1.5f);
            Tensor(writer, 2.25f, 2.25f);
            writer.Write(false);
        }));
    }

    [Fact]
    public void Another_optimizers_state_is_refused()
    {
        using var parameter = Vector(1, 2);
        using var adam = optim.Adam([parameter]);
        using var sgd = optim.SGD([parameter], 1);
        using var reader = new BinaryReader(new MemoryStream(Written(adam.save_state_dict)));

        sgd.Invoking(o => o.load_state_dict(reader)).Should().Throw<InvalidDataException>().WithMessage("*'SGD'*'Adam'*");
    }

    [Fact]
    public void Gradients_are_set_to_zero_in_place()
    {
        using var parameter = Vector(1, 2);
        using var sgd = optim.SGD([parameter], 1);
        using var gradient = parameter.grad!;

        sgd.zero_grad();

        gradient.Values().Should().Equal(0, 0);
        sgd.parameters().Should().ContainSingle().Which.Should().BeSameAs(parameter);
        sgd.ParamGroups.Should().ContainSingle().Which.InitialLearningRate.Should().Be(1);
    }

    [Fact]
    public void A_state_of_another_shape_is_refused()
    {
        using var small = Vector(1, 2);
        using var large = Vector(1, 2, 3);
        using var written = optim.Adam([small]);
        using var read = optim.Adam([large]);
        var bytes = Written(written.save_state_dict);

        FluentActions.Invoking(() => read.load_state_dict(new BinaryReader(new MemoryStream(bytes))))
            .Should().Throw<ArgumentException>().WithMessage("Mismatched tensor shape while loading.*");
    }

    [Theory]
    [InlineData(-1, 0, 0, "Invalid learning rate: -1")]
    [InlineData(1, -1, 0, "Invalid momentum value: -1")]
    [InlineData(1, 0, -1, "Invalid weight_decay value: -1")]
    public void Impossible_settings_are_refused_one_by_one(double lr, double momentum, double decay, string message)
    {
        using var parameter = Vector(1, 2);

        FluentActions.Invoking(() => optim.SGD([parameter], lr, momentum: momentum, weight_decay: decay)).Should().Throw<ArgumentException>().WithMessage(message);
    }

    [Fact]
    public void An_optimizer_of_ones_own_may_derive_from_the_base_class()
    {
        using var parameter = Vector(1, 2);
        using var own = new Halving(parameter);

        own.step();

        parameter.Values().Should().Equal(0.5, 1);
        own.ParamGroups.Should().ContainSingle().Which.LearningRate.Should().Be(0.5);
    }

    [Fact]
    public void A_parameter_that_was_exchanged_behind_the_optimizer_has_no_state()
    {
        using var first = Vector(1, 2);
        using var second = Vector(1, 2);
        List<Parameter> parameters = [first];
        using var sgd = optim.SGD(parameters.Select(parameter => parameter), 1);
        parameters[0] = second;

        sgd.Invoking(optimizer => optimizer.step()).Should().Throw<KeyNotFoundException>();
    }

    private sealed class Halving : OptimizerHelper
    {
        public Halving(Parameter parameter) => _parameter_groups =
            [new ParamGroup { Parameters = [parameter], Options = new TorchSharp.Modules.OptimizerOptions { LearningRate = 0.5, InitialLearningRate = 0.5 } }];

        public override Tensor step(Func<Tensor>? closure = null)
        {
            using var frozen = no_grad();
            foreach (var parameter in parameters())
            {
                parameter.mul_(ParamGroups!.Single().LearningRate);
            }

            return null!;
        }
    }

    // Gradients are 3.
    private static Parameter Vector(params float[] values)
    {
        using var scope = NewDisposeScope();
        var parameter = new Parameter(tensor(values)) { grad = full(values.Length, 3f) };
        parameter.DetachFromDisposeScope();
        return parameter;
    }

    private static byte[] Written(Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        write(writer);
        writer.Flush();
        return stream.ToArray();
    }

    private static void Settings(BinaryWriter writer, params double[] values) => Array.ForEach(values, writer.Write);

    // Type 6 is Float32; one dimension of two.
    private static void Tensor(BinaryWriter writer, params float[] values)
    {
        writer.Write(new byte[] { 6, 1, 2 });
        Array.ForEach(values, writer.Write);
    }
}
