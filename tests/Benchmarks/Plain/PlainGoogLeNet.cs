using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Benchmarks.Plain;

/// <summary>torchvision's GoogLeNet with both heads and 1000 classes, as one writes it with TorchSharp alone. Nothing here is of GoogLeNet.Net.</summary>
internal sealed class PlainGoogLeNet : Module<Tensor, PlainOutput>
{
    private readonly ConvBnRelu conv1;
    private readonly MaxPool2d maxpool1 = Pool(kernel: 3);
    private readonly ConvBnRelu conv2;
    private readonly ConvBnRelu conv3;
    private readonly MaxPool2d maxpool2 = Pool(kernel: 3);
    private readonly InceptionBlock inception3a;
    private readonly InceptionBlock inception3b;
    private readonly MaxPool2d maxpool3 = Pool(kernel: 3);
    private readonly InceptionBlock inception4a;
    private readonly InceptionBlock inception4b;
    private readonly InceptionBlock inception4c;
    private readonly InceptionBlock inception4d;
    private readonly InceptionBlock inception4e;
    private readonly MaxPool2d maxpool4 = Pool(kernel: 2);
    private readonly InceptionBlock inception5a;
    private readonly InceptionBlock inception5b;
    private readonly AuxiliaryHead aux1;
    private readonly AuxiliaryHead aux2;
    private readonly AdaptiveAvgPool2d avgpool = AdaptiveAvgPool2d(1);
    private readonly Dropout dropout = Dropout(0.2);
    private readonly Linear fc;

    /// <param name="width">What the widths of the trunk and of the heads' convolutions are multiplied by, rounded to a multiple of 8, at least 8.</param>
    /// <param name="classes">Classes to tell apart.</param>
    public PlainGoogLeNet(double width = 1, int classes = 1000)
        : base(nameof(PlainGoogLeNet))
    {
        int Wide(int channels) => width == 1 ? channels : Math.Max(8, (int)((channels * width / 8) + 0.5) * 8);
        InceptionBlock Block(long inputs, int conv1x1, int reduce3x3, int conv3x3, int reduce5x5, int conv5x5, int projection) =>
            new(inputs, Wide(conv1x1), Wide(reduce3x3), Wide(conv3x3), Wide(reduce5x5), Wide(conv5x5), Wide(projection));

        conv1 = new ConvBnRelu(3, Wide(64), kernel: 7, stride: 2);
        conv2 = new ConvBnRelu(Wide(64), Wide(64), kernel: 1);
        conv3 = new ConvBnRelu(Wide(64), Wide(192), kernel: 3);
        inception3a = Block(Wide(192), 64, 96, 128, 16, 32, 32);
        inception3b = Block(inception3a.Outputs, 128, 128, 192, 32, 96, 64);
        inception4a = Block(inception3b.Outputs, 192, 96, 208, 16, 48, 64);
        inception4b = Block(inception4a.Outputs, 160, 112, 224, 24, 64, 64);
        inception4c = Block(inception4b.Outputs, 128, 128, 256, 24, 64, 64);
        inception4d = Block(inception4c.Outputs, 112, 144, 288, 32, 64, 64);
        inception4e = Block(inception4d.Outputs, 256, 160, 320, 32, 128, 128);
        inception5a = Block(inception4e.Outputs, 256, 160, 320, 32, 128, 128);
        inception5b = Block(inception5a.Outputs, 384, 192, 384, 48, 128, 128);
        aux1 = new AuxiliaryHead(inception4a.Outputs, Wide(128), classes);
        aux2 = new AuxiliaryHead(inception4d.Outputs, Wide(128), classes);
        fc = Linear(inception5b.Outputs, classes);
        RegisterComponents();
    }

    /// <summary>Images (N, 3, H, W) → logits (N, classes); those of the heads in training mode only.</summary>
    public override PlainOutput forward(Tensor input)
    {
        var x = maxpool1.call(conv1.call(input));       // (N, 64, 56, 56)
        x = maxpool2.call(conv3.call(conv2.call(x)));   // (N, 192, 28, 28)
        x = inception3b.call(inception3a.call(x));      // (N, 480, 28, 28)
        x = inception4a.call(maxpool3.call(x));         // (N, 512, 14, 14)
        var head1 = training ? aux1.call(x) : null;
        x = inception4c.call(inception4b.call(x));
        x = inception4d.call(x);                        // (N, 528, 14, 14)
        var head2 = training ? aux2.call(x) : null;
        x = maxpool4.call(inception4e.call(x));         // (N, 832, 7, 7)
        x = inception5b.call(inception5a.call(x));      // (N, 1024, 7, 7)
        x = avgpool.call(x).flatten(1);                 // (N, 1024)
        return new PlainOutput(fc.call(dropout.call(x)), head1, head2);
    }

    private static MaxPool2d Pool(long kernel) => MaxPool2d(kernel, stride: 2, ceil_mode: true);
}

/// <summary>Logits of the classifier, and in training mode of both heads.</summary>
internal sealed record PlainOutput(Tensor Main, Tensor? Aux1, Tensor? Aux2);

/// <summary>Convolution without bias, batch normalization, ReLU; the image keeps its size where the stride is 1.</summary>
internal sealed class ConvBnRelu : Module<Tensor, Tensor>
{
    private readonly Conv2d conv;
    private readonly BatchNorm2d bn;

    public ConvBnRelu(long inputs, long outputs, long kernel, long stride = 1)
        : base(nameof(ConvBnRelu))
    {
        conv = Conv2d(inputs, outputs, kernel, stride, padding: kernel / 2, bias: false);
        bn = BatchNorm2d(outputs, eps: 1e-3);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => functional.relu(bn.call(conv.call(input)), inplace: true);
}

/// <summary>Four branches side by side. The one that the paper calls 5×5 is 3×3 in torchvision.</summary>
internal sealed class InceptionBlock : Module<Tensor, Tensor>
{
    private readonly ConvBnRelu branch1;
    private readonly Sequential branch2;
    private readonly Sequential branch3;
    private readonly Sequential branch4;

    public InceptionBlock(long inputs, long conv1x1, long reduce3x3, long conv3x3, long reduce5x5, long conv5x5, long projection)
        : base(nameof(InceptionBlock))
    {
        branch1 = new ConvBnRelu(inputs, conv1x1, kernel: 1);
        branch2 = Sequential(new ConvBnRelu(inputs, reduce3x3, kernel: 1), new ConvBnRelu(reduce3x3, conv3x3, kernel: 3));
        branch3 = Sequential(new ConvBnRelu(inputs, reduce5x5, kernel: 1), new ConvBnRelu(reduce5x5, conv5x5, kernel: 3));
        branch4 = Sequential(MaxPool2d(3, stride: 1, padding: 1, ceil_mode: true), new ConvBnRelu(inputs, projection, kernel: 1));
        Outputs = conv1x1 + conv3x3 + conv5x5 + projection;
        RegisterComponents();
    }

    public long Outputs { get; }

    public override Tensor forward(Tensor input) => cat([branch1.call(input), branch2.call(input), branch3.call(input), branch4.call(input)], dim: 1);
}

/// <summary>An auxiliary classifier.</summary>
internal sealed class AuxiliaryHead : Module<Tensor, Tensor>
{
    private readonly AdaptiveAvgPool2d pool = AdaptiveAvgPool2d(4);
    private readonly ConvBnRelu conv;
    private readonly Linear fc1;
    private readonly Linear fc2;
    private readonly Dropout dropout = Dropout(0.7);

    public AuxiliaryHead(long inputs, long channels, long classes)
        : base(nameof(AuxiliaryHead))
    {
        conv = new ConvBnRelu(inputs, channels, kernel: 1);
        fc1 = Linear(channels * 4 * 4, 1024);
        fc2 = Linear(1024, classes);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        var x = conv.call(pool.call(input)).flatten(1);                     // (N, 2048)
        x = functional.relu(fc1.call(x), inplace: true);                    // (N, 1024)
        return fc2.call(dropout.call(x));
    }
}
