using static TorchSharp.torch;

namespace Inception.Training;

/// <summary>
/// Muon (K. Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks") for convolution filters, Nesterov SGD for everything
/// else. A layer's filters (O, I, kH, kW) are a matrix (O, I·kH·kW); its step, g + m·v with the velocity v ← m·v + g, is replaced by the nearest
/// matrix whose singular values are all about 1, so that a step is equally large in every direction, not only in the few that dominate the gradient.
/// </summary>
/// <remarks>
/// The nearest such matrix is found by iterations of Newton and Schulz, X ← a·X + (b·XXᵀ + c·(XXᵀ)²)·X from X = G / ‖G‖ with (a, b, c) =
/// (3.4445, −4.7750, 2.0315): matrix products alone. As the size of a gradient no longer matters, rates are of the order of 0.1 to 0.3 for a network
/// with batch normalization, for which it is meant.
/// </remarks>
public sealed record MuonOptions : OptimizerOptions
{
    private readonly double momentum = 0.6;
    private readonly double otherMomentum = 0.9;
    private readonly int iterations = 3;
    private readonly double weightDecay;

    /// <summary>Fraction m of the filters' velocity that each step keeps, in [0, 1). Default 0.6.</summary>
    public double Momentum { get => momentum; init => momentum = Check.BelowOne(value, nameof(Momentum)); }

    /// <summary>The same for all other parameters. Default 0.9.</summary>
    public double OtherMomentum { get => otherMomentum; init => otherMomentum = Check.BelowOne(value, nameof(OtherMomentum)); }

    /// <summary>Iterations of Newton and Schulz in a step, at least 1. Default 3; 5 brings small singular values up, too.</summary>
    public int Iterations { get => iterations; init => iterations = Check.AtLeast(1, value, nameof(Iterations)); }

    /// <summary>
    /// Whether each layer's filters are scaled to the norm √O before the step, a mean of 1 for a filter. Batch normalization undoes any scaling, and with a
    /// fixed norm the learning rate alone says how far a step turns the filters. It leaves no room for their decay. Default true.
    /// </summary>
    public bool NormalizesFilters { get; init; } = true;

    /// <summary>Decay λ, 0 or more, times each group's factor: w ← w − lr·λ·w beside the step. Default 0.</summary>
    public double WeightDecay { get => weightDecay; init => weightDecay = Check.NotNegative(value, nameof(WeightDecay)); }

    /// <inheritdoc/>
    public override FlatOptimizer Create(FlatParameters parameters) => new Muon(parameters, this);
}

/// <summary>Muon on the flat buffers: Nesterov SGD whose steps are made orthogonal, layer by layer, where they move convolution filters.</summary>
internal sealed class Muon : FlatOptimizer
{
    private const double A = 3.4445, B = -4.7750, C = 2.0315;

    // Keeps a gradient of zeros at zeros.
    private const double SmallestNorm = 1e-7;

    private readonly MuonOptions options;
    private readonly Tensor velocity;

    // Each parameter's: filters have a momentum of their own.
    private readonly Tensor momentum;

    // Each layer's filters as a matrix (O, kH·kW·I), which is how they lie in memory.
    private readonly List<Tensor> filters;

    // √O of each layer: the norm that its filters keep.
    private readonly Tensor norms;

    // All layers' gradients, grouped by the smaller side of their matrices.
    private readonly List<SameSide> sides;

    public Muon(FlatParameters parameters, MuonOptions options)
        : base(parameters)
    {
        this.options = options;
        velocity = zeros_like(parameters.Values).DetachFromDisposeScope();
        momentum = zeros_like(velocity).Fill_(options.OtherMomentum).DetachFromDisposeScope();
        using var scope = NewDisposeScope();
        foreach (var matrix in Matrices(momentum))
        {
            matrix.Fill_(options.Momentum);
        }

        filters = [.. Matrices(parameters.Values).Select(matrix => matrix.DetachFromDisposeScope())];
        norms = tensor([.. filters.Select(weights => (float)Math.Sqrt(weights.shape[0]))]).SentTo(velocity.device).DetachFromDisposeScope();
        sides = [.. Matrices(parameters.Gradients).GroupBy(matrix => Math.Min(matrix.shape[0], matrix.shape[1])).Select(group => new SameSide([.. group]))];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Key, Tensor Tensor)> State => [("optimizer.velocity", velocity)];

    /// <inheritdoc/>
    public override void Dispose()
    {
        velocity.Dispose();
        momentum.Dispose();
        norms.Dispose();
        filters.ForEach(weights => weights.Dispose());
        sides.ForEach(side => side.Dispose());
    }

    /// <inheritdoc/>
    protected override void Update(double learningRate)
    {
        // The gradients' memory takes the step.
        velocity.mul_(momentum).Add_(Parameters.Gradients);
        Parameters.Gradients.addcmul_(velocity, momentum, Arithmetic.One);
        sides.ForEach(side => side.MakeOrthogonal(options.Iterations));
        if (options.NormalizesFilters && filters.Count > 0)
        {
            Normalize();
        }

        foreach (var group in Parameters.TrainableGroups)
        {
            var (w, step) = (group.Slice(Parameters.Values), group.Slice(Parameters.Gradients));
            var rate = learningRate * group.Options.LearningRateFactor;
            if (options.WeightDecay * group.Options.WeightDecayFactor is > 0 and var decay)
            {
                w.Multiply_(1 - (rate * decay));
            }

            w.Add_(step, -rate);
        }
    }

    // On a GPU launching operators costs more than this work, so all layers share one chain of them.
    private void Normalize()
    {
        using var scope = NewDisposeScope();
        var scales = stack(filters.Select(weights => weights.norm())).Plus(SmallestNorm).reciprocal().mul_(norms);
        for (var i = 0; i < filters.Count; i++)
        {
            filters[i].mul_(scales.select(0, i));
        }
    }

    private IEnumerable<Tensor> Matrices(Tensor buffer) =>
        from named in Parameters.Views(buffer)
        where named.View.ndim == 4 && !Parameters.IsFrozen(named.Key)
        select named.View.permute(0, 2, 3, 1).reshape(named.View.shape[0], -1);

    /// <summary>
    /// Matrices whose smaller side is the same, m. Each iteration multiplies X from the left by a·I + R with R = b·G + c·G² and G = XXᵀ, (m, m), which it
    /// turns into (a·I + R)·G·(a·I + R): all of them are done on these small matrices, of all layers at once, and their product alone meets the large ones.
    /// </summary>
    private sealed class SameSide : IDisposable
    {
        // (m, n) with m ≤ n, and the same memory transposed.
        private readonly List<(Tensor Wide, Tensor Tall)> matrices = [];

        // a·I.
        private readonly Tensor start;

        public SameSide(IReadOnlyList<Tensor> steps)
        {
            foreach (var step in steps)
            {
                var (wide, tall) = (step.DetachFromDisposeScope(), step.transpose(0, 1).DetachFromDisposeScope());
                matrices.Add(step.shape[0] <= step.shape[1] ? (wide, tall) : (tall, wide));
            }

            using var scope = NewDisposeScope();
            var index = Arithmetic.Range(matrices[0].Wide.size(0), steps[0].device);
            start = index.unsqueeze(0).eq(index.unsqueeze(1)).to(ScalarType.Float32).Multiply_(A).DetachFromDisposeScope();
        }

        /// <summary>Replaces each matrix by approximately the nearest one with singular values of 1.</summary>
        public void MakeOrthogonal(int iterations)
        {
            using var scope = NewDisposeScope();
            var factors = Factors(stack(matrices.Select(matrix => matrix.Wide.mm(matrix.Tall))), iterations);
            for (var i = 0; i < matrices.Count; i++)
            {
                using var factor = factors.select(0, i);
                using var product = factor.mm(matrices[i].Wide);
                matrices[i].Wide.copy_(product);
            }
        }

        public void Dispose()
        {
            foreach (var (wide, tall) in matrices)
            {
                wide.Dispose();
                tall.Dispose();
            }

            start.Dispose();
        }

        // The factor (m, m) for each matrix, from its product with its own transpose; (count, m, m).
        private Tensor Factors(Tensor products, int iterations)
        {
            var squares = (products * start).sum([1, 2], keepdim: true).Over(A).Plus(SmallestNorm * SmallestNorm); // of its norm
            var g = products / squares;
            Tensor? factors = null;
            for (var i = 1; ; i++)
            {
                var r = g.matmul(g).Multiply_(C).Add_(g, B);
                factors = factors is null ? r.Plus(start) : r.matmul(factors).Add_(factors, A);
                if (i == iterations)
                {
                    return factors * squares.rsqrt();
                }

                var half = r.matmul(g).Add_(g, A);
                g = half.matmul(r).Add_(half, A);
            }
        }
    }
}
