using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>
/// All trainable parameters of a module as views of one contiguous float32 buffer, and their gradients as views of a second one, so that
/// an optimizer step is a handful of calls on one tensor. Convolution weights lie in (O, kH, kW, I) order and are seen through strides as
/// (O, I, kH, kW), which makes the network run channels-last.
/// </summary>
/// <remarks>Parameters with two or more axes come first, so that weight decay, which leaves biases and norms alone, acts on one range.</remarks>
internal sealed class FlatParameters : IDisposable
{
    private readonly Parameter[] parameters;

    /// <summary>Moves the parameters of <paramref name="module"/>, which must be on its final device, into the buffers.</summary>
    /// <exception cref="ArgumentException">There are no trainable parameters, or not all are float32 on one device.</exception>
    public FlatParameters(nn.Module module)
    {
        parameters = module.named_parameters().Select(named => named.parameter).Where(parameter => parameter.requires_grad)
            .OrderBy(parameter => parameter.ndim < 2).ToArray();
        if (parameters.Length == 0)
        {
            throw new ArgumentException("The model has no trainable parameters.", nameof(module));
        }

        CheckAlike(module);
        var total = parameters.Sum(parameter => parameter.numel());
        Values = zeros(total, device: parameters[0].device).DetachFromDisposeScope();
        Gradients = zeros(total, device: parameters[0].device).DetachFromDisposeScope();
        DecayedCount = parameters.Where(parameter => parameter.ndim >= 2).Sum(parameter => parameter.numel());

        using var frozen = no_grad();
        var offset = 0L;
        foreach (var parameter in parameters)
        {
            Rebind(parameter, offset);
            offset += parameter.numel();
        }
    }

    /// <summary>Every parameter, float32 (total).</summary>
    public Tensor Values { get; }

    /// <summary>Every gradient, float32 (total), in the order of <see cref="Values"/>.</summary>
    public Tensor Gradients { get; }

    /// <summary>How many elements at the start belong to parameters that weight decay acts on.</summary>
    public long DecayedCount { get; }

    /// <summary>Releases the gradients; the parameters keep their values.</summary>
    public void Dispose()
    {
        foreach (var parameter in parameters)
        {
            parameter.grad = null;
        }

        Values.Dispose();
        Gradients.Dispose();
    }

    private void CheckAlike(nn.Module module)
    {
        var first = parameters[0];
        foreach (var (name, parameter) in module.named_parameters().Where(named => named.parameter.requires_grad))
        {
            if (parameter.dtype != ScalarType.Float32 || parameter.device_type != first.device_type || parameter.device_index != first.device_index)
            {
                throw new ArgumentException(
                    $"The parameter '{name}' is {parameter.dtype} on {parameter.device}; all must be Float32 on one device.", nameof(module));
            }
        }
    }

    private void Rebind(Parameter parameter, long offset)
    {
        using var scope = NewDisposeScope();
        var value = View(Values, offset, parameter.shape);
        value.copy_(parameter);
        parameter.set_(value);
        parameter.grad = View(Gradients, offset, parameter.shape);
    }

    private static Tensor View(Tensor buffer, long offset, long[] shape)
    {
        var range = buffer.narrow(0, offset, shape.Aggregate(1L, (product, size) => product * size));
        return shape is [var o, var i, var h, var w] ? range.view(o, h, w, i).permute(0, 3, 1, 2) : range.view(shape);
    }
}
