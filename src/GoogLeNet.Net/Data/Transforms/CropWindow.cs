namespace Inception.Data;

/// <summary>A part of an image in whole pixels.</summary>
internal readonly record struct CropWindow(int Top, int Left, int Height, int Width)
{
    private const int Attempts = 10;

    /// <summary>
    /// Draws a window by torchvision's rule (<c>RandomResizedCrop.get_params</c>): ten attempts at a uniform share of the area and a log-uniform
    /// aspect, the first that fits at a uniform place; else the largest one in the middle whose aspect is in range.
    /// </summary>
    public static CropWindow Draw(SampleDraws draws, int height, int width, RandomResizedCrop crop)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var area = (double)height * width * draws.Uniform(crop.MinArea, crop.MaxArea);
            var aspect = Math.Exp(draws.Uniform(Math.Log(crop.MinAspect), Math.Log(crop.MaxAspect)));
            double w = Math.Round(Math.Sqrt(area * aspect)), h = Math.Round(Math.Sqrt(area / aspect));
            if (w >= 1 && w <= width && h >= 1 && h <= height)
            {
                return new(draws.Below(height - (int)h + 1), draws.Below(width - (int)w + 1), (int)h, (int)w);
            }
        }

        var inRange = Math.Clamp((double)width / height, crop.MinAspect, crop.MaxAspect);
        var middleHeight = Math.Clamp((int)Math.Round(width / inRange), 1, height);
        var middleWidth = Math.Clamp((int)Math.Round(height * inRange), 1, width);
        return new((height - middleHeight) / 2, (width - middleWidth) / 2, middleHeight, middleWidth);
    }
}
