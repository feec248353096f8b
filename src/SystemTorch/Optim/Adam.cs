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
        private readonly Dictionary<nint, State> states;
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
            Refuse(lr < 0, $"Invalid learning rate: {lr}");
            Refuse(eps < 0, $"Invalid ε: {eps}");
            Refuse(beta1 is < 0 or >= 1, $"Invalid beta1: {beta1}");
            Refuse(beta2 is < 0 or >= 1, $"Invalid beta2: {beta2}");
            Refuse(weight_decay < 0, $"Invalid weight_decay value: {weight_decay}");
            (this.beta1, this.beta2, this.eps, weightDecay, this.amsgrad, this.maximize) = (beta1, beta2, eps, weight_decay, amsgrad, maximize);
            Take(parameters, lr);
            states = parameters.DistinctBy(parameter => parameter.Handle).ToDictionary(parameter => parameter.Handle, parameter => new State
            {
                Mean = torch.zeros_like(parameter).DetachFromDisposeScope(),
                Square = torch.zeros_like(parameter).DetachFromDisposeScope(),
                Largest = amsgrad ? torch.zeros_like(parameter).DetachFromDisposeScope() : null,
            });
        }

        /// <inheritdoc/>
        public override torch.Tensor? step(Func<torch.Tensor>? closure = null) => Step(closure, Move);

        /// <inheritdoc/>
        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            foreach (var state in states.Values)
            {
                state.Mean.Dispose();
                state.Square.Dispose();
                state.Largest?.Dispose();
            }

            states.Clear();
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

        private protected override void SaveState(Parameter parameter, BinaryWriter writer)
        {
            var state = states[parameter.Handle];
            writer.Write(state.Steps);
            state.Mean.Save(writer);
            state.Square.Save(writer);
            state.Largest.SaveOptional(writer);
        }

        private protected override void LoadState(Parameter parameter, BinaryReader reader)
        {
            var state = states[parameter.Handle];
            state.Steps = reader.ReadInt64();
            state.Mean.Load(reader);
            state.Square.Load(reader);
            state.Largest = state.Largest.LoadOptional(reader, parameter.device);
        }

        private void Move(Parameter parameter, torch.Tensor grad, double lr)
        {
            var state = states[parameter.Handle];
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

            public torch.Tensor? Largest { get; set; }
        }
    }
}
