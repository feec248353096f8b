namespace Inception.Training;

/// <summary>Ways from one rate to another; as weighted means, so that rounding cannot take them below 0.</summary>
internal static class Curves
{
    /// <summary>Half a cosine, flat at both ends. <paramref name="share"/> of the way in [0, 1].</summary>
    public static double Cosine(double from, double to, double share)
    {
        var left = (1 + Math.Cos(Math.PI * share)) / 2;
        return (left * from) + ((1 - left) * to);
    }

    /// <summary>A straight line. <paramref name="share"/> of the way in [0, 1].</summary>
    public static double Line(double from, double to, double share) => ((1 - share) * from) + (share * to);
}
