namespace TorchSharp;

public static partial class torch
{
    /// <summary>Seeds the processor's default generator; a GPU's has <see cref="cuda.manual_seed_all"/>.</summary>
    /// <returns>The default generator.</returns>
    public static Generator manual_seed(long seed) => Generator.Default.manual_seed(seed);

    /// <summary>The state of the processor's default generator, a tensor of bytes.</summary>
    public static Tensor get_rng_state()
    {
        using var generator = Generator.Default;
        return generator.get_state();
    }

    /// <summary>Puts the processor's default generator into a state of <see cref="get_rng_state"/>.</summary>
    public static void set_rng_state(Tensor new_state)
    {
        using var generator = Generator.Default;
        generator.set_state(new_state);
    }
}
