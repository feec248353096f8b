using FluentAssertions;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using Xunit;
using static Inception.Tests.Torch.Tensors;
using static TorchSharp.torch;

namespace Inception.Tests.Torch;

[Collection(TorchCollection.Name)]
public sealed class ModuleTests
{
    private sealed class Block : nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d conv = nn.Conv2d(2, 3, 1, bias: false);
        private readonly BatchNorm2d norm = nn.BatchNorm2d(3);

        [ComponentName(Name = "scale")]
        private readonly Parameter _scale = nn.Parameter(torch.ones(1));

        private readonly Tensor offset = torch.zeros(1);

        public Block() : base("Block") => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            using var scope = torch.NewDisposeScope();
            return norm.call(conv.call(input)).mul(_scale).add(offset).MoveToOuterDisposeScope();
        }
    }

    private sealed class Network : nn.Module<Tensor, Tensor>
    {
        private readonly Block block = new();
        private readonly Sequential head = nn.Sequential(nn.ReLU(), nn.Dropout(0.9), nn.Linear(4, 2));

        public Network() : base(nameof(Network)) => RegisterComponents();

        public override Tensor forward(Tensor input) => head.call(block.call(input));
    }

    [Fact]
    public void Components_are_found_in_fields_by_name()
    {
        using var network = new Network();

        network.named_parameters().Select(p => p.name).Should().Equal(
            "block.scale", "block.conv.weight", "block.norm.weight", "block.norm.bias", "head.2.weight", "head.2.bias");
        network.named_buffers().Select(b => b.name).Should().Equal(
            "block.offset", "block.norm.running_mean", "block.norm.running_var", "block.norm.num_batches_tracked");
        network.named_children().Select(m => m.name).Should().Equal("block", "head");
        network.named_modules().Select(m => m.name).Should().Equal("block", "head", "block.conv", "block.norm", "head.0", "head.1", "head.2");
        network.state_dict().Keys.Should().BeEquivalentTo(network.named_parameters().Select(p => p.name).Concat(network.named_buffers().Select(b => b.name)));
        network.parameters(false).Should().BeEmpty();
        network.GetName().Should().Be("Network");
    }

    [Fact]
    public void What_a_module_lists_can_be_gone_through_twice()
    {
        using var network = new Network();
        var (parameters, buffers) = (network.parameters(), network.named_buffers());

        parameters.Should().HaveCount(6);
        parameters.Should().HaveCount(6, "optimizers keep what they are given, and go through it at every step");
        buffers.Should().HaveCount(4);
        buffers.Should().HaveCount(4);
    }

    [Fact]
    public void An_optimizer_of_what_a_module_lists_moves_it()
    {
        using var scope = torch.NewDisposeScope();
        using var network = new Network();
        using var optimizer = optim.SGD(network.parameters(), 0.1, momentum: 0.9);
        var before = network.parameters().Select(p => p.Values()).ToArray();

        network.call(Scattered(2, 2, 3, 4).to(float32)).square().sum().backward();
        optimizer.step();

        network.parameters().Where(p => p.grad is not null).Should().NotBeEmpty();
        network.parameters().Zip(before).Where(p => p.First.grad is not null)
            .Should().OnlyContain(p => !p.First.Values().SequenceEqual(p.Second));
    }

    [Fact]
    public void A_shared_parameter_counts_once()
    {
        using var first = nn.Linear(2, 2);
        using var second = nn.Linear(first.weight);
        using var both = nn.Sequential(first, second);

        both.named_parameters().Select(p => p.name).Should().Equal("0.weight", "0.bias");
    }

    [Fact]
    public void Modes_reach_every_module()
    {
        using var network = new Network();
        network.training.Should().BeTrue();

        network.eval();
        network.modules().Should().AllSatisfy(m => m.training.Should().BeFalse());
        network.train();
        network.modules().Should().AllSatisfy(m => m.training.Should().BeTrue());
    }

    [Fact]
    public void Apply_goes_from_the_inside_out()
    {
        using var network = new Network();
        var names = new List<string>();

        network.apply(m => names.Add(m.GetName()));

        names.Should().HaveCount(8).And.EndWith("Network");
        names.Should().ContainInOrder("Conv2d", "Block", "ReLU", "Dropout", "Linear");
    }

    [Fact]
    public void Registration_refuses_what_does_not_fit()
    {
        using var linear = nn.Linear(1, 1);
        using var other = nn.Linear(1, 1);
        linear.register_module("inner", other);

        linear.Invoking(m => m.register_module("inner", other)).Should().Throw<InvalidOperationException>();
        linear.Invoking(m => m.register_module("a.b", other)).Should().Throw<ArgumentException>();
        linear.Invoking(m => m.register_parameter("weight", nn.Parameter(torch.ones(1)))).Should().Throw<InvalidOperationException>();
        linear.Invoking(m => m.register_buffer("none", null!)).Should().Throw<ArgumentNullException>();
        nn.ReLU().Invoking(m => m.register_parameter("p", nn.Parameter(torch.ones(1)))).Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public void Buffers_that_are_not_persistent_stay_out()
    {
        using var linear = nn.Linear(1, 1);
        linear.register_buffer("kept", torch.ones(1));
        linear.register_buffer("passing", torch.ones(1), persistent: false);

        linear.state_dict().Keys.Should().Equal("weight", "bias", "kept");
    }

    [Fact]
    public void A_state_is_copied_by_name()
    {
        using var from = nn.Linear(2, 1);
        using var to = nn.Linear(2, 1);

        to.load_state_dict(from.state_dict());

        to.weight.Equals(from.weight).Should().BeTrue();
        to.weight.Should().NotBeSameAs(from.weight);
        to.Invoking(m => m.load_state_dict([])).Should().Throw<InvalidOperationException>();
        to.load_state_dict(new() { ["other"] = torch.ones(1) }, strict: false).missing_keys.Should().Equal("weight", "bias");
    }

    [Fact]
    public void Gradients_can_be_dropped_or_zeroed()
    {
        using var linear = nn.Linear(1, 1);
        linear.call(torch.ones(1, 1)).sum().backward();

        linear.zero_grad(set_to_none: false);
        linear.weight.grad!.Values().Should().Equal(0);
        linear.zero_grad();
        linear.weight.grad.Should().BeNull();
    }

    [Fact]
    public void Disposing_releases_parameters_buffers_and_modules()
    {
        var network = new Network();
        var tensors = network.state_dict().Values.ToArray();

        network.Dispose();

        tensors.Should().HaveCount(10).And.AllSatisfy(t => t.IsInvalid.Should().BeTrue());
    }

    [Fact]
    public void Parameters_made_in_a_scope_outlive_it()
    {
        Network network;
        using (torch.NewDisposeScope())
        {
            network = new Network();
        }

        network.named_parameters().Should().Contain(p => p.name == "block.conv.weight" && !p.parameter.IsInvalid);
        network.named_parameters().Should().NotContain(p => p.name == "block.scale", "a field's own parameter belongs to the scope");
        network.Dispose();
    }

    [Fact]
    public void Conversion_spares_integers_and_keeps_gradients()
    {
        using var network = new Network();
        network.call(torch.ones(2, 2, 1, 4)).sum().backward();

        network.to(torch.float64);

        network.parameters().Should().AllSatisfy(p => p.dtype.Should().Be(ScalarType.Float64));
        network.state_dict()["block.norm.num_batches_tracked"].dtype.Should().Be(ScalarType.Int64);
        network.parameters().Should().AllSatisfy(p => (p.is_leaf, p.requires_grad, p.grad!.dtype).Should().Be((true, true, ScalarType.Float64)));
        network.eval();
        network.call(torch.ones([1, 2, 1, 4], torch.float64)).dtype.Should().Be(ScalarType.Float64);
        network.cpu().Should().BeSameAs(network);
        network.Invoking(n => n.to(torch.int64)).Should().Throw<ArgumentException>();
    }
}
