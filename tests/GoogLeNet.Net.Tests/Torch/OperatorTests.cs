using FluentAssertions;
using TorchSharp;
using Xunit;
using static Inception.Tests.Torch.Tensors;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Inception.Tests.Torch;

/// <summary>Every operator against numbers worked out by hand.</summary>
[Collection(TorchCollection.Name)]
public sealed class OperatorTests
{
    private const double NaN = double.NaN;

    private static readonly double E = Math.E;

    private static readonly Dictionary<string, (Func<Tensor> Compute, double[] Expected)> Cases = new()
    {
        ["add"] = (() => Vector(1, 2).add(Vector(3, 5)), [4, 7]),
        ["add alpha"] = (() => Vector(1, 2).add(Vector(3, 5), 10), [31, 52]),
        ["add scalar"] = (() => Vector(1, 2).add(0.5), [1.5, 2.5]),
        ["add scalar alpha"] = (() => Vector(1, 2).add(3, 2), [7, 8]),
        ["add_"] = (() => Changed(t => t.add_(Vector(3, 5))), [4, 7]),
        ["add_ alpha"] = (() => Changed(t => t.add_(Vector(3, 5), -1)), [-2, -3]),
        ["add_ scalar"] = (() => Changed(t => t.add_(1)), [2, 3]),
        ["add_ scalar alpha"] = (() => Changed(t => t.add_(1, 4)), [5, 6]),
        ["sub"] = (() => Vector(1, 2).sub(Vector(3, 5)), [-2, -3]),
        ["sub scalar"] = (() => Vector(1, 2).sub(1.5), [-0.5, 0.5]),
        ["sub_"] = (() => Changed(t => t.sub_(Vector(3, 5))), [-2, -3]),
        ["sub_ scalar"] = (() => Changed(t => t.sub_(1)), [0, 1]),
        ["mul"] = (() => Vector(1, 2).mul(Vector(3, 5)), [3, 10]),
        ["mul scalar"] = (() => Vector(1, 2).mul(0.5), [0.5, 1]),
        ["mul_"] = (() => Changed(t => t.mul_(Vector(3, 5))), [3, 10]),
        ["mul_ scalar"] = (() => Changed(t => t.mul_(4)), [4, 8]),
        ["div"] = (() => Vector(1, -3).div(Vector(2, 2)), [0.5, -1.5]),
        ["div trunc"] = (() => Vector(1, -3).div(Vector(2, 2), RoundingMode.trunc), [0, -1]),
        ["div floor"] = (() => Vector(1, -3).div(2, RoundingMode.floor), [0, -2]),
        ["div scalar"] = (() => Vector(1, 2).div(4), [0.25, 0.5]),
        ["div_"] = (() => Changed(t => t.div_(Vector(4, 4))), [0.25, 0.5]),
        ["div_ scalar"] = (() => Changed(t => t.div_(2, RoundingMode.floor)), [0, 1]),
        ["addcmul_"] = (() => Changed(t => t.addcmul_(Vector(3, 5), Vector(2, 2), 0.5)), [4, 7]),
        ["lerp_"] = (() => Changed(t => t.lerp_(Vector(3, 6), Vector(0.5, 0.25))), [2, 3]),
        ["+ -"] = (() => 1 + Vector(1, 2) + 2L + 0.5f + 0.25 - 1 + Vector(0, 1) + (Scalar)1, [4.75, 6.75]),
        ["- from a number"] = (() => 10 - Vector(1, 2) - Vector(1, 1), [8, 7]),
        ["* /"] = (() => 6 / (2 * Vector(1, 3) * 0.5) / 2L * Vector(1, 2), [3, 2]),
        ["unary -"] = (() => -Vector(1, -2), [-1, 2]),
        ["=="] = (() => Vector(1, 2) == Vector(1, 3), [1, 0]),
        ["== scalar"] = (() => Vector(1, 2) == (Scalar)2, [0, 1]),
        ["!="] = (() => Vector(1, 2) != Vector(1, 3), [0, 1]),
        ["!= scalar"] = (() => Vector(1, 2) != (Scalar)2, [1, 0]),
        ["neg"] = (() => Vector(1, -2).neg(), [-1, 2]),
        ["reciprocal"] = (() => Vector(4, -2).reciprocal(), [0.25, -0.5]),
        ["abs"] = (() => Vector(1, -2).abs(), [1, 2]),
        ["sqrt"] = (() => Vector(4, 9).sqrt(), [2, 3]),
        ["rsqrt"] = (() => Vector(4, 16).rsqrt(), [0.5, 0.25]),
        ["pow"] = (() => Vector(2, 3).pow(3), [8, 27]),
        ["square"] = (() => Vector(2, -3).square(), [4, 9]),
        ["exp"] = (() => Vector(0, 1).exp(), [1, E]),
        ["log"] = (() => Vector(1, E).log(), [0, 1]),
        ["clamp"] = (() => Vector(-1, 0.5, 2).clamp(0, 1), [0, 0.5, 1]),
        ["clamp below"] = (() => Vector(-1, 2).clamp(max: 1), [-1, 1]),
        ["clamp_"] = (() => Changed(t => t.clamp_(1.5)), [1.5, 2]),
        ["maximum"] = (() => Vector(1, 5).maximum(Vector(2, 3)), [2, 5]),
        ["minimum"] = (() => Vector(1, 5).minimum(Vector(2, 3)), [1, 3]),
        ["torch.maximum"] = (() => torch.maximum(Vector(1, 5), Vector(2, 3)), [2, 5]),
        ["torch.minimum"] = (() => torch.minimum(Vector(1, 5), Vector(2, 3)), [1, 3]),
        ["torch.where"] = (() => torch.where(Vector(1, 5).gt(2), Vector(7, 7), Vector(0, 0)), [0, 7]),
        ["matmul"] = (() => Matrix(2, 2, 1, 2, 3, 4).matmul(Vector(1, 10)), [21, 43]),
        ["mm"] = (() => Matrix(2, 2, 1, 2, 3, 4).mm(Matrix(2, 1, 1, 10)), [21, 43]),
        ["matmul of batches"] = (() => Counted(1, 2, 2).matmul(Counted(1, 2, 2)), [7, 10, 15, 22]),
        ["fill_"] = (() => Changed(t => t.fill_(7)), [7, 7]),
        ["zero_"] = (() => Vector(1, 2).zero_(), [0, 0]),
        ["copy_"] = (() => Changed(t => t.copy_(torch.tensor(9))), [9, 9]),
        ["set_"] = (() => Changed(t => t.set_(Vector(5, 6, 7))), [5, 6, 7]),
        ["relu_"] = (() => Changed(t => t.sub_(1.5).relu_()), [0, 0.5]),

        ["eq"] = (() => Vector(1, 2).eq(Vector(1, 3)), [1, 0]),
        ["equal"] = (() => Vector(1, 2).equal(Vector(1, 3)), [1, 0]),
        ["eq scalar"] = (() => Vector(1, 2).eq(2), [0, 1]),
        ["ne"] = (() => Vector(1, 2).ne(Vector(1, 3)), [0, 1]),
        ["ne scalar"] = (() => Vector(1, 2).ne(2), [1, 0]),
        ["lt"] = (() => Vector(1, 2).lt(Vector(2, 2)), [1, 0]),
        ["lt scalar"] = (() => Vector(1, 2).lt(1.5), [1, 0]),
        ["le"] = (() => Vector(1, 2).le(Vector(1, 1)), [1, 0]),
        ["le scalar"] = (() => Vector(1, 2).le(1), [1, 0]),
        ["gt"] = (() => Vector(1, 2).gt(Vector(1, 1)), [0, 1]),
        ["gt scalar"] = (() => Vector(1, 2).gt(1), [0, 1]),
        ["ge"] = (() => Vector(1, 2).ge(Vector(1, 3)), [1, 0]),
        ["ge scalar"] = (() => Vector(1, 2).ge(2), [0, 1]),
        ["isfinite"] = (() => Vector(1, NaN, double.PositiveInfinity).isfinite(), [1, 0, 0]),
        ["all"] = (() => torch.stack([Vector(1, 2).all(), Vector(0, 2).all()]), [1, 0]),
        ["any"] = (() => torch.stack([Vector(0, 2).any(), Vector(0, 0).any()]), [1, 0]),

        ["sum"] = (() => Counted(2, 3).sum(), [21]),
        ["sum as integers"] = (() => Vector(1.5, 2.5).sum(torch.int64), [3]),
        ["sum of a dimension"] = (() => Counted(2, 3).sum(1), [6, 15]),
        ["sum of dimensions"] = (() => Counted(2, 3).sum([0, 1], keepdim: true), [21]),
        ["mean"] = (() => Counted(2, 3).mean(), [3.5]),
        ["mean of dimensions"] = (() => Counted(2, 3).mean([0]), [2.5, 3.5, 4.5]),
        ["max"] = (() => Vector(1, 3, 2).max(), [3]),
        ["max of a dimension"] = (() => Matrix(2, 2, 1, 2, 4, 3).max(1).values, [2, 4]),
        ["max of a dimension, where"] = (() => Matrix(2, 2, 1, 2, 4, 3).max(1).indexes, [1, 0]),
        ["min"] = (() => Vector(1, 3, -2).min(), [-2]),
        ["min of a dimension"] = (() => Matrix(2, 2, 1, 2, 4, 3).min(0).values, [1, 2]),
        ["min of a dimension, where"] = (() => Matrix(2, 2, 1, 2, 4, 3).min(0).indexes, [0, 0]),
        ["argmax"] = (() => Matrix(2, 2, 1, 2, 4, 3).argmax(), [2]),
        ["argmax of a dimension"] = (() => Matrix(2, 2, 1, 2, 4, 3).argmax(1, true), [1, 0]),
        ["topk"] = (() => Vector(3, 1, 4, 1, 5).topk(2).values, [5, 4]),
        ["topk, where"] = (() => Vector(3, 1, 4, 1, 5).topk(2).indexes, [4, 2]),
        ["topk, smallest"] = (() => Matrix(2, 2, 3, 1, 4, 6).topk(1, 0, largest: false).values, [3, 1]),
        ["norm"] = (() => Vector(3, 4).norm(), [5]),
        ["norm of order 1"] = (() => Vector(3, -4).norm(1f), [7]),
        ["norm of a dimension"] = (() => Matrix(2, 2, 3, 4, 6, 8).norm(1), [5, 10]),
        ["softmax"] = (() => Vector(0, Math.Log(3)).softmax(0), [0.25, 0.75]),
        ["log_softmax"] = (() => Vector(0, Math.Log(3)).log_softmax(0), [Math.Log(0.25), Math.Log(0.75)]),

        ["view"] = (() => Counted(2, 3).view(3, -1).select(0, 1), [3, 4]),
        ["view_as"] = (() => Counted(2, 3).view_as(Counted(3, 2)).select(1, 0), [1, 3, 5]),
        ["reshape"] = (() => Counted(2, 3).transpose(0, 1).reshape(2, 3).select(0, 0), [1, 4, 2]),
        ["flatten"] = (() => Counted(2, 3).flatten(), [1, 2, 3, 4, 5, 6]),
        ["permute"] = (() => Counted(1, 2, 3).permute(2, 0, 1).select(0, 1), [2, 5]),
        ["transpose"] = (() => Counted(2, 3).transpose(0, 1), [1, 4, 2, 5, 3, 6]),
        ["unsqueeze"] = (() => Vector(1, 2).unsqueeze(1).add(Vector(10, 20)), [11, 21, 12, 22]),
        ["squeeze"] = (() => Counted(1, 2, 1).squeeze().add(Matrix(1, 2, 1, 1)), [2, 3]),
        ["squeeze one"] = (() => Counted(1, 2, 1).squeeze(2).select(0, 0), [1, 2]),
        ["expand"] = (() => Vector(1, 2).expand(2, 2), [1, 2, 1, 2]),
        ["narrow"] = (() => Vector(1, 2, 3, 4).narrow(0, 1, 2), [2, 3]),
        ["select"] = (() => Counted(2, 3).select(1, -1), [3, 6]),
        ["split"] = (() => Counted(2, 3).split([1, 2], 1)[1], [2, 3, 5, 6]),
        ["split, its last dimension counted from the end"] = (() => Counted(2, 3).split([2, 1], -1)[1], [3, 6]),
        ["linalg.eigh"] = (() => torch.linalg.eigh(Matrix(2, 2, 2, 1, 1, 2)).Item1, [1, 3]),
        ["linalg.eigh, vectors"] = (() => torch.linalg.eigh(Matrix(2, 2, 2, 1, 1, 2)).Item2.abs(), [.. Enumerable.Repeat(Math.Sqrt(0.5), 4)]),
        ["linalg.eigh reads the lower triangle"] = (() => torch.linalg.eigh(Matrix(2, 2, 2, 9, 1, 2)).Item1, [1, 3]),
        ["linalg.eigh reads the upper triangle"] = (() => torch.linalg.eigh(Matrix(2, 2, 2, 1, 9, 2), 'U').Item1, [1, 3]),
        ["index_select"] = (() => Counted(2, 3).index_select(1, torch.tensor(new long[] { 2, 0 })), [3, 1, 6, 4]),
        ["gather"] = (() => Counted(2, 3).gather(1, torch.tensor(new long[] { 2, 0 }, [2, 1])), [3, 4]),
        ["as_strided"] = (() => Counted(6).as_strided([2, 2], [3, 1], 1), [2, 3, 5, 6]),
        ["flip"] = (() => Counted(2, 2).flip(0), [3, 4, 1, 2]),
        ["contiguous"] = (() => Counted(2, 2).transpose(0, 1).contiguous(), [1, 3, 2, 4]),
        ["clone"] = (() => Counted(2).clone().zero_().add(Counted(2).clone()), [1, 2]),
        ["cat"] = (() => torch.cat([Vector(1, 2), Vector(3)]), [1, 2, 3]),
        ["cat of a list"] = (() => torch.cat(new List<Tensor> { Matrix(1, 1, 1), Matrix(1, 1, 2) }, 1), [1, 2]),
        ["stack"] = (() => torch.stack([Vector(1, 2), Vector(3, 4)], 1), [1, 3, 2, 4]),

        ["zeros"] = (() => torch.zeros(2, torch.float64), [0, 0]),
        ["ones"] = (() => torch.ones(1, 1, 1, 2), [1, 1]),
        ["full"] = (() => torch.full(1, 2, 2.5), [2.5, 2.5]),
        ["full of a shape"] = (() => torch.full([2], 3), [3, 3]),
        ["arange"] = (() => torch.arange(3), [0, 1, 2]),
        ["arange from"] = (() => torch.arange(1, 3), [1, 2]),
        ["arange by"] = (() => torch.arange(1, 2.25, 0.5), [1, 1.5, 2]),
        ["zeros_like"] = (() => torch.zeros_like(Vector(1, 2)), [0, 0]),
        ["ones_like"] = (() => torch.ones_like(Vector(1, 2)), [1, 1]),
        ["empty_like"] = (() => torch.empty_like(Vector(1, 2)).fill_(3), [3, 3]),
        ["empty"] = (() => torch.empty(2, torch.int64).fill_(3), [3, 3]),

        ["F.relu"] = (() => F.relu(Vector(-1, 2)), [0, 2]),
        ["F.conv2d"] = (() => F.conv2d(Counted(1, 1, 3, 3), Matrix(2, 2, 1, 0, 0, 1).view(1, 1, 2, 2), Vector(0.5)), [6.5, 8.5, 12.5, 14.5]),
        ["F.conv2d, stride, padding"] = (() => F.conv2d(Counted(1, 1, 3, 3), torch.ones([1, 1, 3, 3], torch.float64), strides: [2, 2], padding: [1]), [12, 16, 24, 28]),
        ["F.conv2d, dilation, groups"] = (() => F.conv2d(Counted(1, 2, 1, 3), Counted(2, 1, 1, 2), dilation: [1, 2], groups: 2), [1 + 2 * 3, 3 * 4 + 4 * 6]),
        ["F.conv2d_padding"] = (() => F.conv2d_padding(Counted(1, 1, 1, 3), torch.ones([1, 1, 1, 3], torch.float64), padding: Padding.Same), [3, 6, 5]),
        ["F.batch_norm of a batch"] = (() => F.batch_norm(Matrix(2, 1, 1, 3), null!, null!, Vector(2), Vector(1), training: true, eps: 0), [-1, 3]),
        ["F.batch_norm by statistics"] = (() => F.batch_norm(Matrix(2, 1, 1, 3), Vector(1), Vector(4), eps: 0), [0, 1]),
        ["F.linear"] = (() => F.linear(Vector(1, 2), Matrix(2, 2, 1, 2, 3, 4), Vector(10, 20)), [15, 31]),
        ["F.dropout, not training"] = (() => F.dropout(Vector(1, 2), 0.5, training: false), [1, 2]),
        ["F.dropout of everything"] = (() => F.dropout(Vector(1, 2), 1), [0, 0]),
        ["F.max_pool2d"] = (() => F.max_pool2d(Counted(1, 1, 4, 4), 2), [6, 8, 14, 16]),
        ["F.max_pool2d, ceil"] = (() => F.max_pool2d(Counted(1, 1, 3, 3), 2, ceil_mode: true), [5, 6, 8, 9]),
        ["F.max_pool2d, padding"] = (() => F.max_pool2d(Counted(1, 1, 2, 2), 3, 1, 1), [4, 4, 4, 4]),
        ["F.max_pool2d, pairs"] = (() => F.max_pool2d(Counted(1, 1, 2, 4), (2, 1), dilation: (1, 1)), [5, 6, 7, 8]),
        ["F.max_pool2d, arrays"] = (() => F.max_pool2d(Counted(1, 1, 2, 4), [1, 2]), [2, 4, 6, 8]),
        ["F.avg_pool2d"] = (() => F.avg_pool2d(Counted(1, 1, 2, 4), 2), [3.5, 5.5]),
        ["F.avg_pool2d, padding counts"] = (() => F.avg_pool2d(Counted(1, 1, 1, 1), 3, 1, 1), [1.0 / 9]),
        ["F.avg_pool2d, padding does not count"] = (() => F.avg_pool2d(Counted(1, 1, 1, 1), (3, 3), (1, 1), (1, 1), count_include_pad: false), [1]),
        ["F.avg_pool2d, divisor"] = (() => F.avg_pool2d(Counted(1, 1, 2, 2), [2, 2], divisor_override: 2), [5]),
        ["F.adaptive_avg_pool2d"] = (() => F.adaptive_avg_pool2d(Counted(1, 1, 2, 4), 1), [4.5]),
        ["F.adaptive_avg_pool2d, pair"] = (() => F.adaptive_avg_pool2d(Counted(1, 1, 2, 4), (1, 2)), [3.5, 5.5]),
        ["F.adaptive_avg_pool2d, array"] = (() => F.adaptive_avg_pool2d(Counted(1, 1, 2, 4), [2, 1]), [2.5, 6.5]),
        ["F.pad"] = (() => F.pad(Vector(1, 2), [1, 2], value: 9), [9, 1, 2, 9, 9]),
        ["F.pad, pair, reflect"] = (() => F.pad(Counted(1, 3), (2, 0), PaddingModes.Reflect), [3, 2, 1, 2, 3]),
        ["F.pad, four, replicate"] = (() => F.pad(Counted(1, 1, 1, 2), (1, 0, 1, 0), PaddingModes.Replicate), [1, 1, 2, 1, 1, 2]),
        ["F.pad, one"] = (() => F.pad(Vector(1), 1), [0, 1, 0]),
        ["F.pad, circular"] = (() => F.pad(Counted(1, 1, 3), (1, 0), PaddingModes.Circular), [3, 1, 2, 3]),
        ["F.local_response_norm"] = (() => F.local_response_norm(Counted(1, 3, 1, 1), 3, 3, 1, 1), [1.0 / (1 + 5), 2.0 / (1 + 14), 3.0 / (1 + 13)]),
        ["F.local_response_norm, 3 dimensions"] = (() => F.local_response_norm(Counted(1, 2, 1), 2, 2, 1, 0), [1.0 / 1, 2.0 / 5]),
        ["F.cross_entropy"] = (() => F.cross_entropy(Matrix(2, 2, 0, Math.Log(3), 0, 0), torch.tensor(new long[] { 1, 0 })), [(Math.Log(4.0 / 3) + Math.Log(2)) / 2]),
        ["F.cross_entropy, smoothed"] = (() => F.cross_entropy(Matrix(1, 2, 0, Math.Log(3)), torch.tensor(new long[] { 1 }), label_smoothing: 0.2), [0.9 * Math.Log(4.0 / 3) + 0.1 * Math.Log(4)]),
        ["F.cross_entropy, one by one"] = (() => F.cross_entropy(torch.zeros([2, 4]), torch.tensor(new long[] { 1, -100 }), reduction: nn.Reduction.None), [Math.Log(4), 0]),
        ["F.cross_entropy, probabilities"] = (() => F.cross_entropy(Matrix(1, 2, 0, 0), Matrix(1, 2, 0.5, 0.5), reduction: nn.Reduction.Sum), [Math.Log(2)]),
        ["F.softmax"] = (() => F.softmax(Vector(0, Math.Log(3)), 0), [0.25, 0.75]),
        ["F.log_softmax"] = (() => F.log_softmax(Vector(0, 0), 0), [-Math.Log(2), -Math.Log(2)]),
        ["F.one_hot"] = (() => F.one_hot(torch.tensor(new long[] { 2, 0 }), 3), [0, 0, 1, 1, 0, 0]),
        ["F.interpolate, images"] = (() => F.interpolate(Counted(1, 1, 1, 2), [2, 4]), [1, 1, 2, 2, 1, 1, 2, 2]),
        ["F.interpolate, bilinear by size"] = (() => F.interpolate(Counted(1, 1, 1, 2), [1, 4], mode: InterpolationMode.Bilinear), [1, 1.25, 1.75, 2]),
        ["F.interpolate, corners"] = (() => F.interpolate(Counted(1, 1, 1, 2), [1, 3], mode: InterpolationMode.Bilinear, align_corners: true), [1, 1.5, 2]),
        ["F.interpolate, bilinear by scale"] = (() => F.interpolate(Counted(1, 1, 1, 2), null, [1, 2], InterpolationMode.Bilinear), [1, 1.25, 1.75, 2]),
        ["F.interpolate, area"] = (() => F.interpolate(Counted(1, 1, 2, 2), [1, 1], mode: InterpolationMode.Area), [2.5]),
        ["F.interpolate, linear"] = (() => F.interpolate(Counted(1, 1, 2), [4], mode: InterpolationMode.Linear), [1, 1.25, 1.75, 2]),
        ["F.interpolate, nearest, older rounding"] = (() => F.interpolate(Counted(1, 1, 3), [2]), [1, 2]),
        ["F.interpolate, nearest"] = (() => F.interpolate(Counted(1, 1, 3), [2], mode: InterpolationMode.NearestExact), [1, 3]),
        ["F.interpolate, bicubic of a constant"] = (() => F.interpolate(torch.full([1, 1, 2, 2], 3.0), [1, 4], mode: InterpolationMode.Bicubic), [3, 3, 3, 3]),
        ["F.interpolate, smoothed"] = (() => F.interpolate(torch.tensor(new[] { 1f, 1, 3, 3 }, 1, 1, 1, 4), [1, 1], mode: InterpolationMode.Bilinear, antialias: true), [2]),
        ["F.interpolate, trilinear"] = (() => F.interpolate(Counted(1, 1, 1, 1, 2), [1, 1, 3], mode: InterpolationMode.Trilinear, align_corners: true), [1, 1.5, 2]),
        ["F.grid_sample, nearest"] = (() => F.grid_sample(Counted(1, 1, 1, 3), Vector(0.8, 0).view(1, 1, 1, 2), GridSampleMode.Nearest, align_corners: true), [3]),
        ["F.grid_sample"] = (() => F.grid_sample(Counted(1, 1, 1, 3), Vector(0, 0, -1, 0).view(1, 1, 2, 2), align_corners: true), [2, 1]),
        ["F.grid_sample beyond the edge"] = (() => F.grid_sample(Counted(1, 1, 1, 3), Vector(5, 0).view(1, 1, 1, 2), padding_mode: GridSamplePaddingMode.Border), [3]),
    };

    public static TheoryData<string> Names => new(Cases.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public void Gives_the_numbers_worked_out_by_hand(string name)
    {
        using var scope = torch.NewDisposeScope();

        var values = Cases[name].Compute().Values();

        values.Should().HaveSameCount(Cases[name].Expected);
        values.Zip(Cases[name].Expected).Should().AllSatisfy(p => p.First.Should().BeApproximately(p.Second, 1e-6));
    }

    /// <summary>What an operation makes of the vector (1, 2) in its place.</summary>
    private static Tensor Changed(Func<Tensor, Tensor> change)
    {
        var tensor = Vector(1, 2);
        change(tensor).Should().BeSameAs(tensor);
        return tensor;
    }
}
