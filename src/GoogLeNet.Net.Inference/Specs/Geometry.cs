namespace Inception;

/// <summary>Sizes of feature maps under the padding and pooling rules, one axis at a time.</summary>
internal static class Geometry
{
    /// <summary>Zeros before and after the axis for a convolution.</summary>
    public static (int Before, int After) ConvolutionPadding(int size, int kernel, int stride, PaddingRule rule) =>
        rule == PaddingRule.Same ? SamePadding(size, kernel, stride) : (kernel / 2, kernel / 2);

    /// <summary>Output size of a convolution; 0 or less where the input is too small.</summary>
    public static int ConvolutionOutput(int size, int kernel, int stride, PaddingRule rule)
    {
        var (before, after) = ConvolutionPadding(size, kernel, stride, rule);
        return FloorDivide(size + before + after - kernel, stride) + 1;
    }

    /// <summary>Output size of a convolution with as many zeros on each side; 0 or less where the input is too small.</summary>
    public static int ConvolutionOutput(int size, int kernel, int stride, int padding) => FloorDivide(size + (2 * padding) - kernel, stride) + 1;

    /// <summary>
    /// Padding and rounding that make libtorch's max pooling follow the rule; for <see cref="PoolingRule.Same"/> with an odd total and
    /// stride 1, where rounding adds nothing, <see cref="SamePadding"/> has to be made explicit.
    /// </summary>
    public static (int Padding, bool Ceil) PoolPadding(int size, int kernel, int stride, PoolingRule rule)
    {
        switch (rule)
        {
            case PoolingRule.Ceil:
                return (stride > 1 ? 0 : kernel / 2, true);
            case PoolingRule.Floor:
                return (kernel / 2, false);
            default:
                // An odd total leaves one more after than before, which is the part of a window that rounding up adds.
                var (before, after) = SamePadding(size, kernel, stride);
                return (before, after > before);
        }
    }

    /// <summary>Output size of a max pooling; 0 or less where the input is too small.</summary>
    public static int PoolOutput(int size, int kernel, int stride, PoolingRule rule)
    {
        if (rule == PoolingRule.Same)
        {
            return (size + stride - 1) / stride;
        }

        var (padding, ceil) = PoolPadding(size, kernel, stride, rule);
        var span = size + (2 * padding) - kernel;
        var output = FloorDivide(span + (ceil ? stride - 1 : 0), stride) + 1;

        // A window that would start beyond the input and its left padding does not exist.
        return ceil && (output - 1) * stride >= size + padding ? output - 1 : output;
    }

    /// <summary>TensorFlow's padding: what ⌈size / stride⌉ windows need, the odd one after.</summary>
    public static (int Before, int After) SamePadding(int size, int kernel, int stride)
    {
        var output = (size + stride - 1) / stride;
        var total = Math.Max(((output - 1) * stride) + kernel - size, 0);
        return (total / 2, total - (total / 2));
    }

    private static int FloorDivide(int dividend, int divisor) => (int)Math.Floor(dividend / (double)divisor);
}
