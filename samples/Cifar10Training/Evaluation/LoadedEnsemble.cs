using Cifar10Training.Commands;
using Inception;
using Inception.Data;
using Inception.Evaluation;
using TorchSharp;

namespace Cifar10Training.Evaluation;

/// <summary>The networks of one or several checkpoints, compiled for their device, each with the transforms of its training.</summary>
internal sealed class LoadedEnsemble : IDisposable
{
    private LoadedEnsemble(IReadOnlyList<EnsembleMember> members) => Members = members;

    public IReadOnlyList<EnsembleMember> Members { get; }

    public int NumClasses => Members[0].Model.NumClasses;

    /// <summary>CIFAR-10's for ten classes, numbers for another count.</summary>
    public IReadOnlyList<string> ClassNames =>
        NumClasses == Cifar10.ClassNames.Count ? Cifar10.ClassNames : [.. Enumerable.Range(0, NumClasses).Select(k => $"class {k}")];

    /// <summary>The networks' names, for example <c>cifar-small</c>.</summary>
    public string Description => string.Join(" + ", Members.Select(member => ((CompiledGoogLeNet)member.Model).Spec.Name));

    /// <summary>Reads the checkpoints.</summary>
    /// <exception cref="UsageException">One does not exist.</exception>
    /// <exception cref="RunException">They do not make an ensemble.</exception>
    /// <exception cref="IOException">One cannot be read or used.</exception>
    public static LoadedEnsemble Load(IReadOnlyList<string> checkpoints, string device)
    {
        if (checkpoints.FirstOrDefault(path => !File.Exists(path)) is { } missing)
        {
            throw new UsageException($"There is no checkpoint {missing}.");
        }

        var members = new List<EnsembleMember>();
        var ensemble = new LoadedEnsemble(members);
        try
        {
            foreach (var path in checkpoints)
            {
                var member = EnsembleMember.Load(path);
                using var network = ((GoogLeNet)member.Model).to(torch.device(device));
                members.Add(member with { Model = network.Compile() });
                RefuseOtherClasses(members[^1].Model.NumClasses, ensemble.NumClasses, path, checkpoints[0]);
            }

            return ensemble;
        }
        catch
        {
            ensemble.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var member in Members)
        {
            member.Model.Dispose();
        }
    }

    private static void RefuseOtherClasses(int classes, int expected, string path, string first)
    {
        if (classes != expected)
        {
            throw new RunException($"{path} tells {classes} classes apart and {first} {expected}; an ensemble needs the same.");
        }
    }
}
