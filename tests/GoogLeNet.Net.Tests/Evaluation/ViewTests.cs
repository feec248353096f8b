using FluentAssertions;
using Inception.Evaluation;
using Inception.Tests.Transforms;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Evaluation;

[Collection(TorchCollection.Name)]
public sealed class ViewTests
{
    public static TheoryData<Window, bool, string> Windows => new()
    {
        { new(0, 0, 5, 6), false, "the whole image" },
        { new(0, 0, 5, 6), true, "mirrored" },
        { new(1, 2, 3, 4), false, "a part" },
        { new(2, 1, 1, 1), true, "one pixel" },
        { new(-1, -1, 5, 6), false, "moved down and right" },
        { new(1, 1, 5, 6), true, "moved up and left" },
        { new(-4, -5, 13, 16), false, "as far beyond all edges as there is something to mirror" },
    };

    [Theory]
    [MemberData(nameof(Windows))]
    public void A_window_shows_the_pixels_at_its_place_and_beyond_the_edge_the_inside_mirrored(Window window, bool mirrored, string reason)
    {
        using var scope = NewDisposeScope();
        var images = Images.Batch(3, 2, 3, 5, 6);
        var x = images.to(ScalarType.Float32).Grid();
        var expected = new List<float>();
        for (var n = 0; n < 2; n++)
        {
            for (var c = 0; c < 3; c++)
            {
                for (var row = 0; row < window.Height; row++)
                {
                    for (var column = 0; column < window.Width; column++)
                    {
                        var from = mirrored ? window.Width - 1 - column : column;
                        expected.Add((float)x[n, c, Reflected(window.Top + row, 5), Reflected(window.Left + from, 6)]);
                    }
                }
            }
        }

        var seen = new View { Weight = 1, Window = window, Mirrored = mirrored }.Apply(images);

        seen.shape.Should().Equal(2, 3, window.Height, window.Width);
        seen.Values().Should().Equal(expected, reason);
    }

    [Fact]
    public void A_window_that_lies_too_far_outside_is_refused()
    {
        using var images = Images.Batch(3, 1, 1, 4, 4);

        new View { Weight = 1, Window = new(-4, 0, 4, 4) }.Invoking(view => view.Apply(images)).Should().Throw<ArgumentException>()
            .WithMessage("*4×4 pixels*");
    }

    [Theory]
    [InlineData(5, 6, 10, 12, 7, "enlarged")]
    [InlineData(24, 30, 8, 10, 3, "shrunk, which averages over all pixels")]
    [InlineData(9, 12, 6, 8, 5, "by a ratio that is no whole number")]
    public void Resizing_is_bilinear_and_antialiased_where_it_shrinks(int height, int width, int scaledHeight, int scaledWidth, int size, string reason)
    {
        using var scope = NewDisposeScope();
        var images = Images.Batch(5, 1, 2, height, width);
        var window = new Window(1, 0, scaledHeight - 1, scaledHeight - 1);
        var x = images.to(ScalarType.Float32).Grid();
        var expected = new List<double>();
        for (var c = 0; c < 2; c++)
        {
            var plane = new double[height, width];
            for (var i = 0; i < plane.Length; i++)
            {
                plane[i / width, i % width] = x[0, c, i / width, i % width];
            }

            var whole = Resize(plane, scaledHeight, scaledWidth);
            var cut = new double[window.Height, window.Width];
            for (var i = 0; i < cut.Length; i++)
            {
                cut[i / window.Width, i % window.Width] = whole[window.Top + (i / window.Width), window.Left + (i % window.Width)];
            }

            expected.AddRange(Resize(cut, size, size).Cast<double>());
        }

        var seen = new View { Weight = 1, Scaled = (scaledHeight, scaledWidth), Window = window, Size = size }.Apply(images);

        seen.dtype.Should().Be(ScalarType.Float32);
        Arrays.RelativeError(seen.Floats(), expected).Should().BeLessThan(1e-5, reason);
    }

    [Fact]
    public void A_view_leaves_the_images_as_they_are_and_nothing_else_behind()
    {
        using var images = Images.Batch(3, 1, 3, 6, 9);
        var before = images.Values();
        foreach (var view in Views.PaperCrops.Create(6, 9, 4).Concat(Views.Translations().Create(6, 9, 4)))
        {
            Torch.LiveTensors.Settle();
            var live = Tensor.TotalCount;
            using (view.Apply(images))
            {
                Tensor.TotalCount.Should().Be(live + 1);
            }
        }

        images.Values().Should().Equal(before);
    }

    private static int Reflected(int index, int length) => index < 0 ? -index : index >= length ? (2 * (length - 1)) - index : index;

    // Pillow's reducing bilinear filter: a triangle as wide as the pixels it stands for, its weights made to add up to 1.
    private static double[,] Resize(double[,] x, int height, int width)
    {
        var rows = Weights(x.GetLength(0), height);
        var columns = Weights(x.GetLength(1), width);
        var y = new double[height, width];
        for (var i = 0; i < height; i++)
        {
            for (var j = 0; j < width; j++)
            {
                for (var a = 0; a < x.GetLength(0); a++)
                {
                    for (var b = 0; b < x.GetLength(1); b++)
                    {
                        y[i, j] += rows[i][a] * columns[j][b] * x[a, b];
                    }
                }
            }
        }

        return y;
    }

    private static double[][] Weights(int from, int to) => [.. Enumerable.Range(0, to).Select(i =>
    {
        var scale = from / (double)to;
        var raw = Enumerable.Range(0, from).Select(a => Math.Max(0, 1 - (Math.Abs(a + 0.5 - ((i + 0.5) * scale)) / Math.Max(1, scale)))).ToArray();
        return raw.Select(weight => weight / raw.Sum()).ToArray();
    })];
}
