using TorchSharp.Modules;
using TorchSharp.Utils;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class optim
        {
            /// <summary>Stochastic gradient descent.</summary>
            public static SGD SGD(IEnumerable<Parameter> parameters, double learningRate, double momentum = 0, double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false) =>
                new(parameters, learningRate, momentum, dampening, weight_decay, nesterov, maximize);
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>Stochastic gradient descent: g ← g + weight_decay · p, v ← momentum · v + (1 − dampening) · g (v ← g at first), p ← p − lr · v.</summary>
    public class SGD : OptimizerHelper
    {
        private readonly Dictionary<nint, torch.Tensor?> momenta;
        private double momentum;
        private double dampening;
        private double weightDecay;
        private bool nesterov;
        private bool maximize;

        /// <summary>An optimizer of one group of parameters.</summary>
        /// <exception cref="ArgumentException">A setting is negative, or Nesterov's momentum has no momentum or a dampening.</exception>
        public SGD(IEnumerable<Parameter> parameters, double lr, double momentum = 0.0, double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false)
        {
            Refuse(lr < 0, $"Invalid learning rate: {lr}");
            Refuse(momentum < 0, $"Invalid momentum value: {momentum}");
            Refuse(weight_decay < 0, $"Invalid weight_decay value: {weight_decay}");
            Refuse(nesterov && (momentum <= 0 || dampening != 0), "Nesterov momentum requires a momentum and zero dampening");

            (this.momentum, this.dampening, weightDecay, this.nesterov, this.maximize) = (momentum, dampening, weight_decay, nesterov, maximize);
            Take(parameters, lr);
            momenta = parameters.DistinctBy(parameter => parameter.Handle).ToDictionary(parameter => parameter.Handle, _ => (torch.Tensor?)null);
        }

        /// <inheritdoc/>
        public override torch.Tensor? step(Func<torch.Tensor>? closure = null) => Step(closure, Move);

        /// <inheritdoc/>
        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            foreach (var velocity in momenta.Values)
            {
                velocity?.Dispose();
            }

            momenta.Clear();
        }

        private protected override void SaveOptions(BinaryWriter writer)
        {
            writer.Write(momentum);
            writer.Write(dampening);
            writer.Write(weightDecay);
            writer.Write(nesterov);
            writer.Write(maximize);
        }

        private protected override void LoadOptions(BinaryReader reader)
        {
            (momentum, dampening, weightDecay) = (reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
            (nesterov, maximize) = (reader.ReadBoolean(), reader.ReadBoolean());
        }

        private protected override void SaveState(Parameter parameter, BinaryWriter writer) => momenta[parameter.Handle].SaveOptional(writer);

        private protected override void LoadState(Parameter parameter, BinaryReader reader) =>
            momenta[parameter.Handle] = momenta[parameter.Handle].LoadOptional(reader, parameter.device);

        private void Move(Parameter parameter, torch.Tensor grad, double lr)
        {
            var kept = momenta[parameter.Handle];
            grad = weightDecay != 0 ? grad.add(parameter, weightDecay) : grad;
            if (momentum != 0)
            {
                var velocity = kept?.mul_(momentum).add_(grad, 1 - dampening) ?? grad.clone().DetachFromDisposeScope();
                momenta[parameter.Handle] = velocity;
                grad = nesterov ? grad.add(velocity, momentum) : velocity;
            }

            parameter.add_(grad, maximize ? lr : -lr);
        }
    }
}
