using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Marks modules that hold no parameters.</summary>
public interface IParameterLessModule
{
}

/// <summary>A module that holds no parameters and no buffers.</summary>
public abstract class ParameterLessModule<T1, TResult> : nn.Module<T1, TResult>, IParameterLessModule
{
    /// <summary>A module without components.</summary>
    protected ParameterLessModule(string name) : base(name)
    {
    }

    /// <summary>Refuses.</summary>
    /// <exception cref="InvalidOperationException">Always.</exception>
    public override void register_buffer(string name, Tensor tensor, bool persistent = true) =>
        throw new InvalidOperationException("Cannot register a buffer on a module that is declared 'parameter-less.'");

    /// <summary>Refuses.</summary>
    /// <exception cref="InvalidOperationException">Always.</exception>
    public override void register_parameter(string name, Parameter param) =>
        throw new InvalidOperationException("Cannot register a parameter on a module that is declared 'parameter-less.'");

    /// <summary>Adds a module that holds no parameters either.</summary>
    /// <exception cref="InvalidOperationException">It may hold some.</exception>
    public override void register_module(string name, nn.Module submodule)
    {
        if (submodule is not IParameterLessModule)
        {
            throw new InvalidOperationException("Submodules of a parameter-less module must also be parameter-less.");
        }

        base.register_module(name, submodule);
    }

    internal override void Move(Device? device, ScalarType? type)
    {
    }
}
