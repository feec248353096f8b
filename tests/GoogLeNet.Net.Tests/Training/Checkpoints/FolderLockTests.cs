using FluentAssertions;
using Inception.Training;
using Xunit;

namespace Inception.Tests.Training.Checkpoints;

/// <summary>Two runs never write to one folder.</summary>
[Collection(TorchCollection.Name)]
public sealed class FolderLockTests : InterruptedRun
{
    [Fact]
    public void A_second_run_on_a_folder_is_refused_while_the_first_one_goes_on_and_disturbs_nothing()
    {
        Run(Folder, seed: 1);
        var expected = Weights();
        IOException? refused = null;
        var second = new OnFirstStep(() => refused ??= FluentActions.Invoking(() => Run(Folder, seed: 2)).Should().Throw<IOException>().Which);

        Run(Folder, seed: 1, progress: second);

        refused!.Message.Should().Be($"Another run writes its checkpoints to {Folder.Path}. Wait for its end, or give this one a folder of its own.");
        Weights().Should().Equal(expected);
        Directory.GetFiles(Folder.Path).Select(Path.GetFileName).Should().NotContain(".lock");
    }

    [Fact]
    public void A_run_that_failed_lets_go_of_its_folder()
    {
        var failing = new OnFirstStep(() => throw new InvalidOperationException("stop here"));
        FluentActions.Invoking(() => Run(Folder, seed: 1, progress: failing)).Should().Throw<InvalidOperationException>();

        FluentActions.Invoking(() => Run(Folder, seed: 1)).Should().NotThrow();
    }

    private string[] Weights() => [.. SafeTensorsFile.Read(Folder.Last).Tensors.Values.OrderBy(tensor => tensor.Name, StringComparer.Ordinal).Select(tensor => Convert.ToBase64String(tensor.Data.Span))];

    private sealed class OnFirstStep(Action action) : ITrainingCallback
    {
        public TrainingRequests Observe(TrainingEvent value)
        {
            if (value is StepEvent)
            {
                action();
            }

            return TrainingRequests.None;
        }
    }
}
