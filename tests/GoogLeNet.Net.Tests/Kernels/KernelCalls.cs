using System.Diagnostics.Metrics;

namespace Inception.Tests.Kernels;

/// <summary>
/// How often the library's own kernels run, by the histogram that each of their calls is recorded in. Tests that count belong to <see cref="TorchCollection"/>: nothing else
/// computes meanwhile.
/// </summary>
internal static class KernelCalls
{
    /// <summary>Calls on any thread while <paramref name="action"/> runs.</summary>
    public static int During(Action action)
    {
        var calls = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument is { Meter.Name: "GoogLeNet.Net", Name: "googlenet.kernel.duration" })
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref calls));
        listener.Start();
        action();
        return calls;
    }
}
