namespace Inception.Training;

/// <summary>The same rate at every step.</summary>
public sealed record ConstantRate : ILearningRateSchedule
{
    /// <summary>A schedule of one rate.</summary>
    /// <param name="rate">The rate, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is outside its range.</exception>
    public ConstantRate(double rate) => Rate = Check.NotNegative(rate);

    /// <summary>The rate.</summary>
    public double Rate { get; }

    /// <inheritdoc/>
    public double At(TrainingPosition position) => Rate;
}

/// <summary>Multiplies the rate every few epochs: initial · factor^⌊epoch / everyEpochs⌋, epochs counted from 0; PyTorch's StepLR.</summary>
public sealed record StepDecay : ILearningRateSchedule
{
    /// <summary>A schedule of steps.</summary>
    /// <param name="initial">Rate of the first epochs, more than 0.</param>
    /// <param name="factor">What each step multiplies by, more than 0.</param>
    /// <param name="everyEpochs">Epochs between steps, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is outside its range.</exception>
    public StepDecay(double initial, double factor, int everyEpochs)
    {
        Initial = Check.Positive(initial);
        Factor = Check.Positive(factor);
        EveryEpochs = Check.AtLeast(1, everyEpochs);
    }

    /// <summary>Rate of the first epochs.</summary>
    public double Initial { get; }

    /// <summary>What each step multiplies by.</summary>
    public double Factor { get; }

    /// <summary>Epochs between steps.</summary>
    public int EveryEpochs { get; }

    /// <inheritdoc/>
    public double At(TrainingPosition position) => Initial * Math.Pow(Factor, position.Epoch / EveryEpochs);
}

/// <summary>
/// The Keras tutorial's step decay: initial · factor^⌊(1 + epoch) / everyEpochs⌋, epochs counted from 0, which drops one epoch before <see cref="StepDecay"/>. The tutorial uses 0.01, 0.96
/// and every 8 epochs.
/// </summary>
public sealed record TutorialStepDecay : ILearningRateSchedule
{
    private readonly StepDecay plain;

    /// <summary>A schedule of steps.</summary>
    /// <param name="initial">Rate of the first epochs, more than 0.</param>
    /// <param name="factor">What each step multiplies by, more than 0.</param>
    /// <param name="everyEpochs">Epochs between steps, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is outside its range.</exception>
    public TutorialStepDecay(double initial, double factor, int everyEpochs) => plain = new(initial, factor, everyEpochs);

    /// <inheritdoc cref="StepDecay.Initial"/>
    public double Initial => plain.Initial;

    /// <inheritdoc cref="StepDecay.Factor"/>
    public double Factor => plain.Factor;

    /// <inheritdoc cref="StepDecay.EveryEpochs"/>
    public int EveryEpochs => plain.EveryEpochs;

    /// <inheritdoc/>
    public double At(TrainingPosition position) => plain.At(position with { Epoch = position.Epoch + 1 });
}

/// <summary>Multiplies the rate after each epoch: initial · factor^epoch, the epoch counted from 0, constant within it; PyTorch's ExponentialLR.</summary>
public sealed record ExponentialDecay : ILearningRateSchedule
{
    /// <summary>A schedule of a step down in each epoch.</summary>
    /// <param name="initial">Rate of the first epoch, more than 0.</param>
    /// <param name="factorPerEpoch">What each epoch multiplies by, in [0, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is outside its range.</exception>
    public ExponentialDecay(double initial, double factorPerEpoch)
    {
        Initial = Check.Positive(initial);
        FactorPerEpoch = Check.UnitInterval(factorPerEpoch);
    }

    /// <summary>Rate of the first epoch.</summary>
    public double Initial { get; }

    /// <summary>What each epoch multiplies by.</summary>
    public double FactorPerEpoch { get; }

    /// <inheritdoc/>
    public double At(TrainingPosition position) => Initial * Math.Pow(FactorPerEpoch, position.Epoch);
}

/// <summary>
/// Falls to 0 over the run: initial · (1 − t)^power, t the fraction of the run. This is Caffe's "poly" policy (with initial 0.01 and power 0.5 the quick
/// solver of bvlc_googlenet) and PyTorch's PolynomialLR stepped over the whole run.
/// </summary>
public sealed record PolynomialDecay : ILearningRateSchedule
{
    /// <summary>A schedule that ends at 0.</summary>
    /// <param name="initial">First rate, more than 0.</param>
    /// <param name="power">Exponent, more than 0; 1 is a straight line, less stays high for longer. Default 0.5.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is outside its range.</exception>
    public PolynomialDecay(double initial, double power = 0.5)
    {
        Initial = Check.Positive(initial);
        Power = Check.Positive(power);
    }

    /// <summary>First rate.</summary>
    public double Initial { get; }

    /// <summary>Exponent of the fraction of the run that is left.</summary>
    public double Power { get; }

    /// <inheritdoc/>
    public double At(TrainingPosition position) => Initial * Math.Pow(Math.Max(0, 1 - position.Fraction), Power);
}
