using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Records nothing for gradients on this thread until it is disposed.</summary>
    public static IDisposable no_grad() => new GradMode(false);

    /// <summary>Records for gradients on this thread, or does not, until it is disposed.</summary>
    public static IDisposable enable_grad(bool enabled = true) => new GradMode(enabled);

    /// <summary>Records for gradients on this thread, or does not, until it is disposed.</summary>
    public static IDisposable set_grad_enabled(bool mode = true) => new GradMode(mode);

    /// <summary>Whether this thread records for gradients.</summary>
    public static bool is_grad_enabled() => Native.st_grad_enabled() != 0;

    /// <summary>Like <see cref="no_grad"/>, and the tensors made meanwhile can never take part in autograd.</summary>
    public static IDisposable inference_mode(bool mode = true) => new InferenceMode(mode);

    /// <summary>Whether this thread is in inference mode.</summary>
    public static bool is_inference_mode_enabled() => Native.st_inference_enabled() != 0;

    private sealed class GradMode : IDisposable
    {
        private readonly bool before = is_grad_enabled();

        public GradMode(bool enabled) => Native.st_set_grad_enabled(enabled ? 1 : 0);

        public void Dispose() => Native.st_set_grad_enabled(before ? 1 : 0);
    }

    private sealed class InferenceMode(bool enabled) : IDisposable
    {
        private nint guard = Native.st_inference_enter(enabled ? 1 : 0);

        public void Dispose()
        {
            if (guard != 0)
            {
                Native.st_inference_leave(guard);
            }

            guard = 0;
        }
    }
}
