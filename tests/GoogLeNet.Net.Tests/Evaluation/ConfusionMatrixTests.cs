using System.Collections.Immutable;
using FluentAssertions;
using Inception.Evaluation;
using Xunit;

namespace Inception.Tests.Evaluation;

public sealed class ConfusionMatrixTests
{
    [Fact]
    public void Precision_recall_and_F1_follow_from_the_counts()
    {
        var matrix = new ConfusionMatrix(["a", "b"], [[6, 2], [1, 3]]);

        matrix.Classes[0].Should().Be(new ClassMetrics("a", 6 / 7.0, 6 / 8.0, 12 / 15.0, 8));
        matrix.Classes[1].Should().Be(new ClassMetrics("b", 3 / 5.0, 3 / 4.0, 6 / 9.0, 4));
        matrix[0, 1].Should().Be(2);
    }

    [Fact]
    public void A_class_that_is_neither_there_nor_predicted_has_zeros() =>
        new ConfusionMatrix(["a", "b"], [[5, 0], [0, 0]]).Classes[1].Should().Be(new ClassMetrics("b", 0, 0, 0, 0));

    public static TheoryData<ImmutableArray<string>, ImmutableArray<ImmutableArray<long>>, string> Impossible => new()
    {
        { [], [], "no class" },
        { ["a", "b"], [[1, 2]], "a row is missing" },
        { ["a"], [[1, 2]], "a column too many" },
        { ["a"], [[-1]], "a negative count" },
        { ["a"], [default], "no row at all" },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public void Counts_that_make_no_sense_are_refused(ImmutableArray<string> names, ImmutableArray<ImmutableArray<long>> counts, string reason) =>
        FluentActions.Invoking(() => new ConfusionMatrix(names, counts)).Should().Throw<ArgumentException>(reason);
}
