namespace Organics;

/// <summary>A closed interval that holds a real number: every operation rounds its ends outward (Moore, Methods and Applications of Interval Analysis,
/// §2.1).</summary>
readonly record struct Interval(double Low, double High)
{
    public static implicit operator Interval(double exact) => new(exact, exact);

    /// <summary>Midpoint, as a double.</summary>
    public double Middle => Low / 2 + High / 2;

    /// <summary>A bound of the distance from <see cref="Middle"/> to any point.</summary>
    public double Radius => Math.BitIncrement(Math.Max(High - Middle, Middle - Low));

    /// <summary>The largest modulus of a point.</summary>
    public double Magnitude => Math.Max(Math.Abs(Low), Math.Abs(High));

    /// <summary>All points within a distance.</summary>
    public static Interval Around(double middle, double radius) => Outward(middle - radius, middle + radius);

    public static Interval operator +(Interval a, Interval b) => Outward(a.Low + b.Low, a.High + b.High);

    public static Interval operator -(Interval a, Interval b) => Outward(a.Low - b.High, a.High - b.Low);

    public static Interval operator -(Interval a) => new(-a.High, -a.Low);

    public static Interval operator *(Interval a, Interval b)
    {
        var (p, q, r, s) = (a.Low * b.Low, a.Low * b.High, a.High * b.Low, a.High * b.High);
        return Outward(Math.Min(Math.Min(p, q), Math.Min(r, s)), Math.Max(Math.Max(p, q), Math.Max(r, s)));
    }

    /// <summary>a/b where b does not hold 0; everything otherwise.</summary>
    public static Interval operator /(Interval a, Interval b)
    {
        if (b.Low <= 0 && b.High >= 0) return new(double.NegativeInfinity, double.PositiveInfinity);
        var (p, q, r, s) = (a.Low / b.Low, a.Low / b.High, a.High / b.Low, a.High / b.High);
        return Outward(Math.Min(Math.Min(p, q), Math.Min(r, s)), Math.Max(Math.Max(p, q), Math.Max(r, s)));
    }

    /// <summary>The root of what is not negative in the interval.</summary>
    public static Interval Sqrt(Interval a) => Outward(Math.Sqrt(Math.Max(a.Low, 0)), Math.Sqrt(Math.Max(a.High, 0)));

    /// <summary>a², never below 0.</summary>
    public static Interval Square(Interval a)
    {
        var (p, q) = (a.Low * a.Low, a.High * a.High);
        var square = Outward(a.Low <= 0 && a.High >= 0 ? 0 : Math.Min(p, q), Math.Max(p, q));
        return square with { Low = Math.Max(square.Low, 0) };
    }

    // Rounding to nearest errs by less than one step either way.
    static Interval Outward(double low, double high)
        => double.IsNaN(low) || double.IsNaN(high)
            ? new(double.NegativeInfinity, double.PositiveInfinity)
            : new(Math.BitDecrement(low), Math.BitIncrement(high));
}
