using System.Text.Json;
using FluentAssertions;
using Inception.Evaluation;
using Xunit;

namespace Inception.Tests.Evaluation;

public sealed class ViewsTests
{
    public static TheoryData<IViews, int> All => new()
    {
        { Views.Identity, 1 }, { Views.Flip, 2 }, { Views.Translations(2), 6 },
        { Views.CenterCrop, 1 }, { Views.TenCrops, 10 }, { Views.PaperCrops, 144 },
    };

    [Theory]
    [MemberData(nameof(All))]
    public void Views_are_as_many_as_they_say_different_within_the_image_and_their_weights_add_up_to_1(IViews views, int count)
    {
        foreach (var (height, width) in new[] { (375, 500), (500, 375) })
        {
            var all = views.Create(height, width, 224);

            all.Should().HaveCount(count).And.OnlyHaveUniqueItems();
            all.Sum(view => view.Weight).Should().BeApproximately(1, 1e-12);
            all.Should().AllSatisfy(view => view.Weight.Should().BePositive());
            foreach (var view in all.Where(view => view.Size is not null))
            {
                var whole = view.Scaled!.Value;
                view.Window.Should().Match<Window>(w => w.Top >= 0 && w.Left >= 0 && w.Top + w.Height <= whole.Height && w.Left + w.Width <= whole.Width);
                view.Size.Should().Be(224);
            }
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Views_survive_JSON(IViews views, int count)
    {
        var json = JsonSerializer.Serialize(views, SpecJson.Options);

        JsonSerializer.Deserialize<IViews>(json, SpecJson.Options).Should().Be(views, $"{count} views");
    }

    [Fact]
    public void The_papers_crops_of_a_landscape_are_those_of_section_7()
    {
        var views = Views.PaperCrops.Create(375, 500, 224);

        // Written out from the paper: four scales, three squares, six windows, two mirror images.
        var expected = new List<((int, int), Window, bool)>();
        foreach (var (side, length) in new[] { (256, 341), (288, 384), (320, 427), (352, 469) })
        {
            foreach (var left in new[] { 0, (length - side) / 2, length - side })
            {
                var room = side - 224;
                foreach (var (down, right) in new[] { (0, 0), (0, room), (room, 0), (room, room), (room / 2, room / 2) })
                {
                    expected.Add(((side, length), new(down, left + right, 224, 224), false));
                    expected.Add(((side, length), new(down, left + right, 224, 224), true));
                }

                expected.Add(((side, length), new(0, left, side, side), false));
                expected.Add(((side, length), new(0, left, side, side), true));
            }
        }

        expected.Should().HaveCount(144);
        views.Select(view => (view.Scaled!.Value, view.Window, view.Mirrored)).Should().Equal(expected);
        views.Should().AllSatisfy(view => view.Weight.Should().BeApproximately(1 / 144.0, 1e-15));
    }

    [Fact]
    public void The_squares_of_a_portrait_lie_above_each_other()
    {
        var squares = Views.PaperCrops.Create(500, 375, 224).Where(view => view is { Mirrored: false, Window.Height: 256 }).Select(view => view.Window);

        squares.Should().Equal(new Window(0, 0, 256, 256), new Window(42, 0, 256, 256), new Window(85, 0, 256, 256));
    }

    [Fact]
    public void Of_a_square_image_each_of_the_papers_crops_stands_for_three()
    {
        var views = Views.PaperCrops.Create(300, 300, 224);

        views.Should().HaveCount(48);
        views.Should().AllSatisfy(view => view.Weight.Should().BeApproximately(3 / 144.0, 1e-15));
    }

    [Fact]
    public void AlexNets_crops_are_those_of_the_middle_square()
    {
        var views = Views.TenCrops.Create(256, 300, 224);

        views.Where(view => !view.Mirrored).Select(view => view.Window).Should().Equal(
            new Window(0, 22, 224, 224), new Window(0, 54, 224, 224), new Window(32, 22, 224, 224), new Window(32, 54, 224, 224), new Window(16, 38, 224, 224));
        views.Count(view => view.Mirrored).Should().Be(5);
        views.Should().AllSatisfy(view => view.Weight.Should().BeApproximately(0.1, 1e-15));
    }

    [Theory]
    [InlineData(224, 256, 352, "the published sizes")]
    [InlineData(32, 37, 50, "256 · 32 / 224 = 36.57 and 352 · 32 / 224 = 50.29")]
    [InlineData(299, 342, 470, "341.7 and 469.9")]
    public void For_another_input_size_the_scales_are_in_proportion(int size, int smallest, int largest, string reason)
    {
        var sides = Views.PaperCrops.Create(100, 100, size).Select(view => view.Scaled!.Value.Height).ToList();

        (sides.Min(), sides.Max()).Should().Be((smallest, largest), reason);
        Views.TenCrops.Create(100, 100, size)[0].Scaled.Should().Be((smallest, smallest), reason);
    }

    [Fact]
    public void Crops_of_a_network_that_has_no_room_for_them_are_one()
    {
        // 256 · 3 / 224 is 3.4, rounded 3: corners and middle are the same.
        Views.TenCrops.Create(5, 5, 3).Should().HaveCount(2).And.AllSatisfy(view => view.Weight.Should().BeApproximately(0.5, 1e-15));
    }

    [Fact]
    public void Translations_move_along_the_diagonal_with_half_of_the_weight_in_the_middle()
    {
        var views = Views.Translations(1).Create(32, 32, 32);

        views.Where(view => !view.Mirrored).Select(view => (view.Window, view.Weight)).Should().Equal(
            (new(0, 0, 32, 32), 0.25), (new(-1, -1, 32, 32), 0.125), (new(1, 1, 32, 32), 0.125));
    }

    [Fact]
    public void Translations_by_less_than_1_or_as_far_as_the_image_is_wide_are_refused()
    {
        FluentActions.Invoking(() => Views.Translations(0)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("pixels is 0; it must be at least 1.*");
        FluentActions.Invoking(() => Views.Translations(8).Create(9, 8, 8)).Should().Throw<ArgumentException>().WithMessage("Images of 9×8 pixels cannot be moved by 8*");
    }

    [Theory]
    [InlineData(300, 400, 224, 299, 0, 37, "a landscape: 400 · 224 / 300 = 298.67")]
    [InlineData(400, 300, 299, 224, 37, 0, "a portrait")]
    [InlineData(50, 50, 224, 224, 0, 0, "a square is seen whole")]
    public void The_centre_crop_is_the_middle_of_the_image_brought_to_size(int height, int width, int scaledHeight, int scaledWidth, int top, int left, string reason) =>
        Views.CenterCrop.Create(height, width, 224).Should().ContainSingle(reason).Which.Should().Be(
            new View { Weight = 1, Scaled = (scaledHeight, scaledWidth), Window = new(top, left, 224, 224), Size = 224 });

    [Theory]
    [InlineData(0, 5, 3, "height")]
    [InlineData(5, 0, 3, "width")]
    [InlineData(5, 5, 0, "side")]
    public void A_side_without_pixels_is_refused_by_its_name(int height, int width, int side, string name) =>
        FluentActions.Invoking(() => CropGeometry.ShortSide(height, width, side)).Should().Throw<ArgumentOutOfRangeException>().WithMessage($"{name} is 0; it must be at least 1.*");
}
