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

        foreach (var parameter in parameters())
        {
            SaveState(parameter, writer);
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

        foreach (var parameter in parameters())
        {
            LoadState(parameter, reader);
        }
    }

    /// <summary>Makes one group of all parameters.</summary>
    private protected void Take(IEnumerable<Parameter> parameters, double lr) =>
        _parameter_groups = [new ParamGroup { Parameters = parameters, Options = new OptimizerOptions { LearningRate = lr, InitialLearningRate = lr } }];

    /// <summary>Calls back with each parameter that has a gradient, its gradient and its rate.</summary>
    private protected torch.Tensor? Step(Func<torch.Tensor>? closure, Action<Parameter, torch.Tensor, double> move)
    {
        torch.Tensor? loss = null;
        if (closure is not null)
        {
            using var recorded = torch.enable_grad();
            loss = closure();
        }

        using var frozen = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        foreach (var group in Groups)
        {
            foreach (var parameter in group.Parameters)
            {
                if (parameter.grad is { } grad)
                {
                    move(parameter, grad, group.LearningRate);
                }
            }
        }

        return loss;
    }

    private protected virtual void SaveOptions(BinaryWriter writer)
    {
    }

    private protected virtual void LoadOptions(BinaryReader reader)
    {
    }

    private protected virtual void SaveState(Parameter parameter, BinaryWriter writer) => throw Stateless();

    private protected virtual void LoadState(Parameter parameter, BinaryReader reader) => throw Stateless();

    private KeyNotFoundException Stateless() => new($"{GetType().Name} keeps no state for its parameters.");

    /// <summary>Throws where a setting is impossible.</summary>
    private protected static void Refuse(bool impossible, string message)
    {
        if (impossible)
        {
            throw new ArgumentException(message);
        }
    }

    private static void Require(bool same, string what)
    {
        if (!same)
        {
            throw new ArgumentException($"Invalid optimizer state -- different number of {what}.");
        }
    }
}
