namespace Organics.Tests;

/// <summary>The errors of exp, expm1, log, log1p, sin and cos, in units of the last place of the exact result, within what IReal promises.</summary>
public sealed class ElementaryTests
{
    const double Inf = double.PositiveInfinity;

    static double Ulps(double actual, DoubleDouble exact)
    {
        if (Math.Abs(exact.High) is Inf or double.NaN || exact.High == 0) return actual.Equals(exact.High) || actual == exact.High ? 0 : Inf;
        var unit = Math.Max(Math.BitIncrement(Math.Abs(exact.High)) - Math.Abs(exact.High), double.Epsilon);
        return Math.Abs((actual - exact.High - exact.Low) / unit);
    }

    static double Ulps32(float actual, double exact)
    {
        var rounded = (float)exact;
        if (!float.IsFinite(rounded) || rounded == 0) return actual.Equals(rounded) || actual == rounded ? 0 : Math.Abs(actual - exact) / float.Epsilon;
        return Math.Abs(actual - exact) / Math.Max((double)MathF.BitIncrement(MathF.Abs(rounded)) - MathF.Abs(rounded), float.Epsilon);
    }

    static void Within<X>(double bound, IEnumerable<X> points, Func<X, double> ulps)
    {
        var (worst, at) = points.Select(x => (Error: ulps(x), X: x)).MaxBy(p => double.IsNaN(p.Error) ? Inf : p.Error);
        Assert.True(worst <= bound, $"{worst:g4} units in the last place at {at:r}; {bound} are promised.");
    }

    static IEnumerable<double> Evenly(double from, double to, int count = 20_000)
        => Enumerable.Range(0, count + 1).Select(i => from + (to - from) * (i / (double)count));

    // Every magnitude, both near the ends of the range and in between.
    static IEnumerable<double> Magnitudes(double from, double to, int count = 10_000)
        => Evenly(Math.Log(from), Math.Log(to), count).Select(Math.Exp);

    static IEnumerable<double> BothSigns(IEnumerable<double> x) => x.SelectMany(v => (double[])[v, -v]);

    static double Exp(double x) => Lane64.Exp(new(x)).Value;
    static double Expm1(double x) => Lane64.Expm1(new(x)).Value;
    static double Log(double x) => Lane64.Log(new(x)).Value;
    static double Log1p(double x) => Lane64.Log1p(new(x)).Value;

    [Fact]
    public void The_oracle_agrees_with_closed_forms()
    {
        // e − 1 and ln 2 to 32 digits, the second from Σ 1/(k·2ᵏ).
        DoubleDouble ln2 = 0, power = 1, e = 0, factorial = 1;
        for (var k = 1; k <= 110; k++) ln2 += (power *= 0.5) / k;
        for (var k = 1; k <= 30; k++) e += 1 / (factorial *= k);
        Assert.True(Math.Abs((DoubleDouble.Expm1(1) - e).High) < 1e-30);
        Assert.True(Math.Abs((DoubleDouble.Log1p(1) - ln2).High) < 1e-30);
        Assert.True(Math.Abs((DoubleDouble.Log1p(DoubleDouble.Expm1(0.3)) - 0.3).High) < 1e-30);
    }

    [Fact]
    public void Exp_is_within_2_units()
    {
        Within(2, Evenly(-690, 690).Concat(Evenly(-1, 1)).Concat(BothSigns(Magnitudes(1e-300, 1))), x => Ulps(Exp(x), DoubleDouble.Expm1(x) + 1));
        // Beyond the oracle's range, and where results are denormal, System.Math is the oracle: it is itself within 1 unit.
        Within(3, Evenly(690, 709.782712893383).Concat(Evenly(-745.13, -690)), x => Ulps(Exp(x), Math.Exp(x)));
    }

    [Fact]
    public void Exp_has_the_range_of_the_precision()
    {
        Assert.Equal(1, Exp(0));
        Assert.Equal(1, Exp(-0.0));
        Assert.Equal(0, Exp(-Inf));
        Assert.Equal(Inf, Exp(Inf));
        Assert.Equal(double.NaN, Exp(double.NaN));
        Assert.True(double.IsFinite(Exp(709.782712893383)));
        Assert.Equal(Inf, Exp(709.782712893385));
        Assert.Equal(double.Epsilon, Exp(-745.13));
        Assert.Equal(0, Exp(-745.14));
        Assert.Equal(0, Exp(-1e300));
        Assert.Equal(Inf, Exp(1e300));
    }

    [Fact]
    public void Expm1_is_within_3_units_also_near_0()
    {
        Within(3, Evenly(-50, 690).Concat(Evenly(-2, 2)).Concat(BothSigns(Magnitudes(1e-290, 1))), x => Ulps(Expm1(x), DoubleDouble.Expm1(x)));
        Within(4, Evenly(690, 709.782712893383), x => Ulps(Expm1(x), Math.Exp(x)));
        Assert.Equal(0, Expm1(0));
        Assert.Equal(-1, Expm1(-Inf));
        Assert.Equal(-1, Expm1(-800));
        Assert.Equal(Inf, Expm1(Inf));
        Assert.Equal(Inf, Expm1(800));
        Assert.Equal(double.NaN, Expm1(double.NaN));
        foreach (var tiny in (double[])[double.Epsilon, 1e-310, -1e-310, 2.3e-308, -1e-20]) Assert.Equal(tiny, Expm1(tiny));
    }

    [Fact]
    public void Log_is_within_2_units()
    {
        Within(2, Evenly(0.5, 2).Concat(Magnitudes(1e-290, 1e300)).Concat(Evenly(0.999, 1.001)), x => Ulps(Log(x), DoubleDouble.Log1p((DoubleDouble)x - 1)));
        // The smallest and denormal arguments: System.Math is within 1 unit.
        Within(3, Magnitudes(5e-324, 1e-290), x => Ulps(Log(x), Math.Log(x)));
        Assert.Equal(0, Log(1));
        Assert.Equal(-Inf, Log(0));
        Assert.Equal(-Inf, Log(-0.0));
        Assert.Equal(Inf, Log(Inf));
        foreach (var bad in (double[])[-double.Epsilon, -1, -Inf, double.NaN]) Assert.Equal(double.NaN, Log(bad));
        Assert.Equal(Math.Log(double.MaxValue), Log(double.MaxValue), 1e-12);
        Assert.Equal(Math.Log(double.Epsilon), Log(double.Epsilon), 1e-12);
    }

    [Fact]
    public void Log1p_is_within_4_units_also_near_0()
    {
        Within(4, Evenly(-0.999999, 3).Concat(BothSigns(Magnitudes(1e-290, 0.9))).Concat(Magnitudes(1, 1e290)), x => Ulps(Log1p(x), DoubleDouble.Log1p(x)));
        Assert.Equal(0, Log1p(0));
        Assert.Equal(-Inf, Log1p(-1));
        Assert.Equal(Inf, Log1p(Inf));
        foreach (var bad in (double[])[-1.5, -Inf, double.NaN]) Assert.Equal(double.NaN, Log1p(bad));
        foreach (var tiny in (double[])[double.Epsilon, 1e-310, -1e-310, -1e-20]) Assert.Equal(tiny, Log1p(tiny));
        Assert.Equal(Math.Log(double.MaxValue), Log1p(double.MaxValue), 1e-12);
    }

    static double Sin(double x) => Lane64.Sin(new(x)).Value;
    static double Cos(double x) => Lane64.Cos(new(x)).Value;

    [Fact]
    public void Sin_and_cos_are_within_1_unit_up_to_the_limit()
    {
        foreach (var x in (IEnumerable<double>[])[Evenly(-10, 10), BothSigns(Magnitudes(1e-300, 1e5)), BothSigns(Magnitudes(1e5, 2.2517e15)), Multiples()])
        {
            Within(1, x, v => Ulps(Sin(v), DoubleDouble.Sin(v)));
            Within(1, x, v => Ulps(Cos(v), DoubleDouble.Sin(v, 1)));
        }

        // The numbers nearest to multiples of π/2, where all but the last parts of it cancel.
        static IEnumerable<double> Multiples() => BothSigns(Magnitudes(1, 1e15)).Select(n => Math.Round(n) * (Math.PI / 2));
    }

    // mpmath with 600 bits; the first four are the numbers below 2⁵¹ that lie nearest to a multiple of π/2.
    [Theory]
    [InlineData(45.553093477052, 1, -6.189806365883577e-19)]
    [InlineData(91.106186954104, -1.2379612731767154e-18, -1)]
    [InlineData(14461176.67027838, -1, -1.6985038298986004e-18)]
    [InlineData(2251799813685247.5, 0.51317984861337402, 0.85828109787945029)]
    [InlineData(1e15, 0.85827279317023584, -0.51319373778697025)]
    [InlineData(1e5, 0.035748797972016509, -0.99936080743821245)]
    public void Sin_and_cos_of_large_numbers_are_those_of_600_bits(double x, double sine, double cosine)
    {
        static void Near(double expected, double actual)
            => Assert.InRange(Math.Abs(actual - expected), 0, 1.2 * (Math.BitIncrement(Math.Abs(expected)) - Math.Abs(expected)));
        Near(sine, Sin(x));
        Near(-sine, Sin(-x));
        Near(cosine, Cos(x));
        Near(cosine, Cos(-x));
    }

    [Fact]
    public void Sin_and_cos_have_no_value_from_where_neighbouring_numbers_lie_half_a_radian_apart()
    {
        foreach (var x in (double[])[2251799813685248, -2251799813685248, 1e22, -1e300, double.MaxValue, Inf, -Inf, double.NaN])
        {
            Assert.Equal(double.NaN, Sin(x));
            Assert.Equal(double.NaN, Cos(x));
        }
        foreach (var x in (float[])[4194304, -4194304, 1e10f, float.MaxValue, float.PositiveInfinity, float.NegativeInfinity, float.NaN])
        {
            Assert.Equal(float.NaN, Lane32.Sin(new(x)).Value);
            Assert.Equal(float.NaN, Lane32.Cos(new(x)).Value);
        }
        foreach (var tiny in (double[])[0, -0.0, double.Epsilon, -1e-310, 1e-20])
        {
            Assert.Equal(BitConverter.DoubleToInt64Bits(tiny), BitConverter.DoubleToInt64Bits(Sin(tiny)));
            Assert.Equal(1, Cos(tiny));
        }
    }

    [Fact]
    public void Single_precision_keeps_the_same_bounds()
    {
        static IEnumerable<float> Floats(IEnumerable<double> x) => x.Select(v => (float)v);
        Within(2, Floats(Evenly(-103.97, 88.72).Concat(BothSigns(Magnitudes(1e-40, 1)))), x => Ulps32(Lane32.Exp(new(x)).Value, Math.Exp(x)));
        Within(3, Floats(Evenly(-20, 88.72).Concat(BothSigns(Magnitudes(1e-40, 1)))), x => Ulps32(Lane32.Expm1(new(x)).Value, Expm1(x)));
        Within(2, Floats(Evenly(0.5, 2).Concat(Magnitudes(1e-45, 3e38))), x => Ulps32(Lane32.Log(new(x)).Value, Math.Log(x)));
        var angles = Floats(Evenly(-10, 10).Concat(BothSigns(Magnitudes(1e-40, 4194303)))
            .Concat(Evenly(-1e6, 1e6).Select(n => Math.Round(n) * (Math.PI / 2)))).ToArray();
        Within(1, angles, x => Ulps32(Lane32.Sin(new(x)).Value, DoubleDouble.Sin(x).High));
        Within(1, angles, x => Ulps32(Lane32.Cos(new(x)).Value, DoubleDouble.Sin(x, 1).High));
        Within(1, [252.89820861816406f, 505.7964172363281f, 4.71238899230957f], x => Ulps32(Lane32.Cos(new(x)).Value, DoubleDouble.Sin(x, 1).High));
        Within(4, Floats(Evenly(-0.99999, 3).Concat(BothSigns(Magnitudes(1e-40, 0.9))).Concat(Magnitudes(1, 3e38))), x => Ulps32(Lane32.Log1p(new(x)).Value, Log1p(x)));
    }

    [Fact]
    public void Single_precision_has_its_own_range()
    {
        static float Exp(float x) => Lane32.Exp(new(x)).Value;
        Assert.True(float.IsFinite(Exp(88.722f)));
        Assert.Equal(float.PositiveInfinity, Exp(88.723f + 1e-3f));
        Assert.Equal(float.PositiveInfinity, Exp(float.MaxValue));
        Assert.Equal(float.Epsilon, Exp(-103.9f));
        Assert.Equal(0, Exp(-104f));
        Assert.Equal(0, Exp(float.NegativeInfinity));
        Assert.Equal(float.NaN, Exp(float.NaN));
        Assert.Equal(-1, Lane32.Expm1(new(-200)).Value);
        Assert.Equal(float.PositiveInfinity, Lane32.Expm1(new(89)).Value);
        Assert.Equal(float.NegativeInfinity, Lane32.Log(new(0)).Value);
        Assert.Equal(float.PositiveInfinity, Lane32.Log(new(float.PositiveInfinity)).Value);
        Assert.Equal(float.NaN, Lane32.Log(new(-1)).Value);
        Assert.Equal(float.NegativeInfinity, Lane32.Log1p(new(-1)).Value);
        Assert.Equal(float.PositiveInfinity, Lane32.Log1p(new(float.PositiveInfinity)).Value);
        Assert.Equal(float.NaN, Lane32.Log1p(new(-1.5f)).Value);
    }
}
