using TorchSharp.Modules;
using TorchSharp.Utils;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class optim
        {
            /// <summary>The Adam algorithm.</summary>
            public static Adam Adam(IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false) =>
                new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>Adam (arXiv 1412.6980), with weight decay as an L2 penalty.</summary>
    public class Adam : OptimizerHelper
    {
        private readonly State[] states;
        private double beta1;
        private double beta2;
        private double eps;
        private double weightDecay;
        private bool amsgrad;
        private bool maximize;

        /// <summary>An optimizer of one group of parameters.</summary>
        /// <exception cref="ArgumentException">A setting is negative, or a beta is not below 1.</exception>
        public Adam(IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false)
        {
            if (lr < 0 || eps < 0 || weight_decay < 0 || beta1 is < 0 or >= 1 || beta2 is < 0 or >= 1)
            {
                throw new ArgumentException(FormattableString.Invariant($"Invalid lr, eps, weight_decay, beta1 or beta2: {lr}, {eps}, {weight_decay}, {beta1}, {beta2}"));
            }

            (this.beta1, this.beta2, this.eps, weightDecay, this.amsgrad, this.maximize) = (beta1, beta2, eps, weight_decay, amsgrad, maximize);
            states = [.. Take(parameters, lr).Select(parameter => new State
            {
                Mean = torch.zeros_like(parameter).DetachFromDisposeScope(),
                Square = torch.zeros_like(parameter).DetachFromDisposeScope(),
                Largest = amsgrad ? torch.zeros_like(parameter).DetachFromDisposeScope() : null,
            })];
        }

        /// <inheritdoc/>
        public override torch.Tensor? step(Func<torch.Tensor>? closure = null) => Step(closure, Move);

        /// <inheritdoc/>
        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            foreach (var state in states)
            {
                state.Mean.Dispose();
                state.Square.Dispose();
                state.Largest?.Dispose();
            }
        }

        private protected override void SaveOptions(BinaryWriter writer)
        {
            writer.Write(beta1);
            writer.Write(beta2);
            writer.Write(eps);
            writer.Write(weightDecay);
            writer.Write(amsgrad);
            writer.Write(maximize);
        }

        private protected override void LoadOptions(BinaryReader reader)
        {
            (beta1, beta2, eps, weightDecay) = (reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
            (amsgrad, maximize) = (reader.ReadBoolean(), reader.ReadBoolean());
        }

        private protected override void SaveState(int index, BinaryWriter writer)
        {
            writer.Write(states[index].Steps);
            states[index].Mean.Save(writer);
            states[index].Square.Save(writer);
            states[index].Largest.SaveOptional(writer);
        }

        private protected override void LoadState(int index, BinaryReader reader)
        {
            var (old, device) = (states[index], states[index].Mean.device);
            states[index] = new State
            {
                Steps = reader.ReadInt64(),
                Mean = TensorStream.Load(reader, device),
                Square = TensorStream.Load(reader, device),
                Largest = TensorStream.LoadOptional(reader, device),
            };
            old.Mean.Dispose();
            old.Square.Dispose();
            old.Largest?.Dispose();
        }

        private void Move(int index, Parameter parameter, torch.Tensor grad, double lr)
        {
            var state = states[index];
            state.Steps++;
            grad = maximize ? grad.neg() : grad;
            grad = weightDecay != 0 ? grad.add(parameter, weightDecay) : grad;
            state.Mean.mul_(beta1).add_(grad, 1 - beta1);
            state.Square.mul_(beta2).addcmul_(grad, grad, 1 - beta2);
            state.Largest?.copy_(state.Largest.maximum(state.Square));
            var root = (state.Largest ?? state.Square).sqrt().div_(Math.Sqrt(1 - Math.Pow(beta2, state.Steps))).add_(eps);
            parameter.addcdiv_(state.Mean, root, -lr / (1 - Math.Pow(beta1, state.Steps)));
        }

        private sealed class State
        {
            public long Steps { get; set; }

            public required torch.Tensor Mean { get; init; }

            public required torch.Tensor Square { get; init; }

            public torch.Tensor? Largest { get; init; }
        }
    }
}
