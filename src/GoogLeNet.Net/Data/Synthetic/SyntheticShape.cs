namespace Inception.Data;

/// <summary>A figure at a place, of a size, turned a little, in a picture that reaches from −1 to 1 both ways.</summary>
/// <param name="Figure">The class, 0 to 9, in the order of <see cref="SyntheticImages.ClassNames"/>.</param>
/// <param name="X">Centre; of a pattern, its phase.</param>
/// <param name="Y">Centre; of a pattern, its phase.</param>
/// <param name="Radius">Half the figure's extent; of a pattern, half its period.</param>
/// <param name="Turn">Angle in radians, up to 0.26 (15 degrees) either way; of the gradient, its direction.</param>
internal readonly record struct SyntheticShape(int Figure, double X, double Y, double Radius, double Turn)
{
    private const double LargestTurn = Math.PI / 12;
    private const int FirstPattern = 6;
    private const int Gradient = 9;

    /// <summary>One of that class; counters 0 to 3 of the stream.</summary>
    public static SyntheticShape Random(CounterRandom random, int figure)
    {
        double Between(double low, double high, int counter) => low + ((high - low) * random.Uniform(counter));
        return new SyntheticShape(
            figure,
            Between(-0.3, 0.3, 0),
            Between(-0.3, 0.3, 1),
            figure < FirstPattern ? Between(0.45, 0.8, 2) : Between(0.2, 0.4, 2),
            figure == Gradient ? Between(0, 2 * Math.PI, 3) : Between(-LargestTurn, LargestTurn, 3));
    }

    /// <summary>How much of the figure's colour there is at a point, 0 to 1.</summary>
    public double Ink(double x, double y)
    {
        var (sin, cos) = Math.SinCos(Turn);
        var (u, v) = (((cos * (x - X)) + (sin * (y - Y))) / Radius, ((cos * (y - Y)) - (sin * (x - X))) / Radius);
        var (round, square) = (Math.Sqrt((u * u) + (v * v)), Math.Max(Math.Abs(u), Math.Abs(v)));
        return Figure switch
        {
            0 => Inside(round < 1),
            1 => Inside(round is < 1 and > 0.6),
            2 => Inside(square < 0.9),
            3 => Inside(square is < 0.9 and > 0.5),
            4 => Inside(v < 0.8 && v > (2 * Math.Abs(u)) - 1),
            5 => Inside(square < 1 && Math.Min(Math.Abs(u), Math.Abs(v)) < 0.28),
            6 => Inside(Odd(v)),
            7 => Inside(Odd(u)),
            8 => Inside(Odd(u) != Odd(v)),
            _ => Math.Clamp(0.5 + (u * Radius / 2), 0, 1),
        };
    }

    private static double Inside(bool inside) => inside ? 1 : 0;

    private static bool Odd(double t) => ((long)Math.Floor(t) & 1) != 0;
}
