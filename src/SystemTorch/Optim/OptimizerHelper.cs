using TorchSharp.Utils;

namespace TorchSharp.Modules;

/// <summary>An update rule in managed code, with a state for each parameter that can be saved.</summary>
public abstract class OptimizerHelper : torch.optim.Optimizer
{
    /// <summary>An optimizer without parameters yet.</summary>
    public OptimizerHelper() : base(0)
    {
    }

    private IEnumerable<ParamGroup> Groups => _parameter_groups ?? [];

    /// <summary>Sets the gradients to zero, in place.</summary>
    public override void zero_grad()
    {
        foreach (var parameter in parameters())
        {
            using var grad = parameter.grad;
            grad?.fill_(0);
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<Parameter> parameters() => Groups.SelectMany(group => group.Parameters);

    /// <summary>Writes settings and state of every parameter, in TorchSharp's format.</summary>
    /// <exception cref="InvalidOperationException">A tensor of the state is not contiguous.</exception>
    public void save_state_dict(BinaryWriter writer)
    {
        writer.Write(GetType().Name);
        writer.Encode(Groups.Count());
        writer.Encode(parameters().Count());
        foreach (var group in Groups)
        {
            writer.Write(group.InitialLearningRate);
            writer.Write(group.LearningRate);
            SaveOptions(writer);
        }

        foreach (var index in Enumerable.Range(0, parameters().Count()))
        {
            SaveState(index, writer);
        }
    }

    /// <summary>Takes over settings and state that an optimizer of the same type and parameters has written.</summary>
    /// <exception cref="InvalidDataException">Another type of optimizer wrote them.</exception>
    /// <exception cref="ArgumentException">The optimizer had other groups or parameters.</exception>
    public void load_state_dict(BinaryReader reader)
    {
        var name = reader.ReadString();
        if (name != GetType().Name)
        {
            throw new InvalidDataException($"Mismatched optimizer type: expected '{GetType().Name}', but found '{name}' in the loaded stream.");
        }

        Require(reader.Decode() == Groups.Count(), "parameter groups");
        Require(reader.Decode() == parameters().Count(), "states");
        foreach (var group in Groups)
        {
            group.InitialLearningRate = reader.ReadDouble();
            group.LearningRate = reader.ReadDouble();
            LoadOptions(reader);
        }

        foreach (var index in Enumerable.Range(0, parameters().Count()))
        {
            LoadState(index, reader);
        }
    }

    /// <summary>Makes one group of all parameters.</summary>
    private protected Parameter[] Take(IEnumerable<Parameter> parameters, double lr)
    {
        Parameter[] taken = [.. parameters];
        _parameter_groups = [new ParamGroup { Parameters = taken, Options = new OptimizerOptions { LearningRate = lr, InitialLearningRate = lr } }];
        return taken;
    }

    /// <summary>Calls back with each parameter that has a gradient, its index, its gradient and its rate.</summary>
    private protected torch.Tensor? Step(Func<torch.Tensor>? closure, Action<int, Parameter, torch.Tensor, double> move)
    {
        torch.Tensor? loss = null;
        if (closure is not null)
        {
            using var recorded = torch.enable_grad();
            loss = closure();
        }

        using var frozen = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var index = 0;
        foreach (var group in Groups)
        {
            foreach (var parameter in group.Parameters)
            {
                if (parameter.grad is { } grad)
                {
                    move(index, parameter, grad, group.LearningRate);
                }

                index++;
            }
        }

        return loss;
    }

    private protected abstract void SaveOptions(BinaryWriter writer);

    private protected abstract void LoadOptions(BinaryReader reader);

    private protected abstract void SaveState(int index, BinaryWriter writer);

    private protected abstract void LoadState(int index, BinaryReader reader);

    private static void Require(bool same, string what)
    {
        if (!same)
        {
            throw new ArgumentException($"Invalid optimizer state -- different number of {what}.");
        }
    }
}
