using FluentAssertions;
using Inception.Data;
using Inception.Evaluation;
using Inception.Tests.Torch;
using Inception.Tests.Training;
using Inception.Tests.Transforms;
using Xunit;
using static TorchSharp.torch;

namespace Inception.Tests.Evaluation;

[Collection(TorchCollection.Name)]
public sealed class PredictorTests
{
    [Fact]
    public void Views_and_networks_are_averaged_by_their_softmax()
    {
        using var scope = NewDisposeScope();
        var images = Images.Batch(2, 4, 3, 8, 8);
        using GoogLeNet first = Network(1), second = Network(2);
        var unit = images.to(ScalarType.Float32).div(255);
        var padded = nn.functional.pad(unit, (1, 1, 1, 1), TorchSharp.PaddingModes.Reflect);
        (Tensor Image, double Weight)[] views =
        [
            (unit, 0.5),
            (padded.narrow(2, 0, 8).narrow(3, 0, 8), 0.25),
            (padded.narrow(2, 2, 8).narrow(3, 2, 8), 0.25),
        ];
        var expected = new double[12];
        foreach (var model in new[] { first, second })
        {
            foreach (var (image, weight) in views)
            {
                foreach (var seen in new[] { image, image.flip(3) })
                {
                    var logits = model.Logits(seen).Floats();
                    for (var i = 0; i < 12; i++)
                    {
                        var row = logits[(i / 3 * 3)..((i / 3 * 3) + 3)];
                        expected[i] += weight / 4 * Math.Exp(logits[i]) / row.Sum(value => Math.Exp(value));
                    }
                }
            }
        }

        var predicted = new Predictor([new(first), new(second)], Views.Translations()).Predict(images);

        predicted.shape.Should().Equal(4, 3);
        predicted.dtype.Should().Be(ScalarType.Float64);
        Arrays.RelativeError(predicted.to(ScalarType.Float32).Floats(), expected).Should().BeLessThan(1e-5);
        predicted.sum(1).data<double>().ToArray().Should().AllSatisfy(sum => sum.Should().BeApproximately(1, 1e-9));
    }

    [Fact]
    public void An_ensemble_of_a_network_with_itself_is_the_network()
    {
        using var scope = NewDisposeScope();
        var images = Images.Batch(2, 4, 3, 8, 8);
        using var model = Network(1);

        var twice = new Predictor([new(model), new(model)]).Predict(images).data<double>().ToArray();

        twice.Should().Equal(new Predictor(model).Predict(images).data<double>().ToArray(), (found, alone) => Math.Abs(found - alone) < 1e-15 + (1e-14 * alone));
    }

    [Fact]
    public void Each_network_of_an_ensemble_sees_its_own_transforms()
    {
        using var scope = NewDisposeScope();
        var images = Images.Batch(2, 4, 3, 8, 8);
        using var model = Network(1);
        var standardize = new Normalize([100, 110, 120], [60, 50, 40]);
        double[] Alone(params IBatchTransform[] transforms) => new Predictor(model, new Preprocessing(transforms)).Predict(images).data<double>().ToArray();

        var both = new Predictor([new(model, new Preprocessing([new ScaleToUnit()])), new(model, new Preprocessing([standardize]))]).Predict(images).data<double>().ToArray();

        both.Should().BeEquivalentTo(Alone(new ScaleToUnit()).Zip(Alone(standardize), (a, b) => (a + b) / 2), options => options
            .Using<double>(c => c.Subject.Should().BeApproximately(c.Expectation, 1e-12)).WhenTypeIs<double>().WithStrictOrdering());
    }

    [Fact]
    public void Without_transforms_images_become_what_the_network_takes()
    {
        using var scope = NewDisposeScope();
        var images = Images.Batch(2, 2, 3, 12, 15);
        using var model = Network(1);

        var predicted = new Predictor(model).Predict(images).data<double>().ToArray();

        predicted.Should().Equal(new Predictor(model, new Preprocessing([new Resize(8), new ScaleToUnit()])).Predict(images).data<double>().ToArray());
    }

    [Fact]
    public void A_crop_takes_the_place_of_transforms_that_resize()
    {
        using var scope = NewDisposeScope();
        var images = Images.Batch(2, 2, 3, 12, 15);
        using var model = Network(1);

        var predicted = new Predictor(model, new Preprocessing([new Resize(8), new Resize(9), new ScaleToUnit()]), Views.TenCrops).Predict(images).data<double>().ToArray();

        predicted.Should().Equal(new Predictor(model, new Preprocessing([new ScaleToUnit()]), Views.TenCrops).Predict(images).data<double>().ToArray());
    }

    [Fact]
    public void A_transform_that_would_change_the_size_of_a_cropped_view_is_refused_and_not_left_out()
    {
        using var scope = NewDisposeScope();
        using var model = GoogLeNet.Create(3, Tiny.Spec());

        var predict = () => new Predictor(model, new Preprocessing([new RandomCrop(padding: 0, size: 6), new ScaleToUnit()]), Views.TenCrops).Predict(zeros([2, 3, 12, 12], ScalarType.Byte));

        predict.Should().Throw<ArgumentException>().WithMessage("The transform RandomCrop changes the size of images that a view has already cropped to 8×8 pixels.*");
    }

    [Fact]
    public void Networks_predict_in_evaluation_mode_and_stay_in_the_mode_they_were_in()
    {
        using var scope = NewDisposeScope();
        var images = Images.Batch(2, 4, 3, 8, 8);
        using var model = Network(1);
        var expected = new Predictor(model).Predict(images).data<double>().ToArray();
        model.train();
        var frozen = model.named_modules().First(named => named.name.EndsWith("bn", StringComparison.Ordinal)).module;
        frozen.eval();

        var predicted = new Predictor(model).Predict(images).data<double>().ToArray();

        predicted.Should().Equal(expected);
        model.training.Should().BeTrue();
        frozen.training.Should().BeFalse("it was in evaluation mode before");
        model.named_modules().Count(named => !named.module.training).Should().Be(1);
    }

    [Fact]
    public void A_prediction_leaves_nothing_behind_and_asks_for_no_gradients()
    {
        using var images = Images.Batch(2, 4, 3, 8, 8);
        using var model = Network(1);
        var predictor = new Predictor([new(model), new(model)], Views.Flip);
        predictor.Predict(images).Dispose();
        LiveTensors.Settle();
        var before = Tensor.TotalCount;

        using (var predicted = predictor.Predict(images))
        {
            predicted.requires_grad.Should().BeFalse();
            Tensor.TotalCount.Should().Be(before + 1);
        }

        Tensor.TotalCount.Should().Be(before);
    }

    [Fact]
    public void Auxiliary_heads_are_not_computed_and_images_come_channels_last()
    {
        using var scope = NewDisposeScope();
        using var model = new TableModel([[1, 2], [3, 4]]);
        var strides = new List<long[]>();
        model.Seen = images => strides.Add(images.stride());

        new Predictor(model, new Preprocessing([new ScaleToUnit()])).Predict(zeros(2, 3, 4, 5, dtype: ScalarType.Byte));

        strides.Should().ContainSingle().Which.Should().Equal(60, 1, 15, 3);
    }

    [Fact]
    public void What_cannot_be_an_ensemble_is_refused()
    {
        using var two = new TableModel([[1, 2]]);
        using var three = new TableModel([[1, 2, 3]]);

        FluentActions.Invoking(() => new Predictor([])).Should().Throw<ArgumentException>().WithMessage("An ensemble needs at least one network.*");
        FluentActions.Invoking(() => new Predictor([new(two), new(three)])).Should().Throw<ArgumentException>()
            .WithMessage("The networks of an ensemble must have the same classes; these have 2, 3.*");
        FluentActions.Invoking(() => new Predictor(two, new Preprocessing([])).Predict(zeros(1, 1, 1, 1, dtype: ScalarType.Byte))).Should().Throw<InvalidOperationException>()
            .WithMessage("After all transforms the images are Byte*");
        FluentActions.Invoking(() => new Predictor(two).Predict(zeros(1, 1))).Should().Throw<ArgumentException>()
            .WithMessage("Images must be (N, C, H, W), or (C, H, W) for one, and not empty; they are (1, 1).*");
    }

    [Fact]
    public void A_cancelled_prediction_ends_before_the_next_view()
    {
        using var images = zeros(48, 1, 1, 1, dtype: ScalarType.Byte);
        using var model = new TableModel([[1, 2]]);
        using var cancellation = new CancellationTokenSource();
        var passes = 0;
        model.Seen = _ =>
        {
            passes++;
            cancellation.Cancel();
        };

        FluentActions.Invoking(() => new Predictor(model, views: Views.Flip).Predict(images, cancellation.Token)).Should().Throw<OperationCanceledException>();

        passes.Should().Be(1);
    }

    private static GoogLeNet Network(int seed)
    {
        var model = GoogLeNet.Create(3, Tiny.Spec(), seed);
        model.eval();
        return model;
    }
}
