namespace Organics.Tests;

public sealed class IntervalTests
{
    [Fact]
    public void Every_operation_encloses_what_rounding_to_nearest_gives()
    {
        Interval a = 0.1, b = 0.3;
        foreach (var (found, nearest) in ((Interval, double)[])[(a + b, 0.1 + 0.3), (a - b, 0.1 - 0.3), (a * b, 0.1 * 0.3), (a / b, 0.1 / 0.3), (Interval.Sqrt(a), Math.Sqrt(0.1))])
        {
            Assert.Equal(Math.BitDecrement(nearest), found.Low);
            Assert.Equal(Math.BitIncrement(nearest), found.High);
        }
    }

    [Fact]
    public void What_is_exact_is_enclosed_through_long_sums()
    {
        // A thousand times the double nearest to 0.1, exactly, in decimal: rounding to nearest misses it.
        var exact = 1000 * 0.1000000000000000055511151231m;
        Interval sum = 0.0;
        for (var i = 0; i < 1000; i++) sum += 0.1;
        Assert.True((decimal)sum.Low < exact && exact < (decimal)sum.High);
        Assert.True(sum.Low < 100 && 100 < sum.High && sum.High - sum.Low < 1e-10);
    }

    [Fact]
    public void Signs_are_kept_and_what_has_no_bound_is_everything()
    {
        var mixed = new Interval(-2, 3) * new Interval(-5, 1);
        Assert.Equal(new(Math.BitDecrement(-15.0), Math.BitIncrement(10.0)), mixed);
        Assert.Equal(new(double.NegativeInfinity, double.PositiveInfinity), (Interval)1 / new Interval(-1, 1));
        Assert.Equal(0, Math.Max(0, Interval.Sqrt(new(-1, 0)).Low));
    }

    /// <summary>Ends that are whole, so that every result but a quotient is exact before it is rounded outward.</summary>
    [Fact]
    public void Every_operation_has_the_least_and_the_largest_of_its_points_one_step_outward()
    {
        static Interval Outward(double low, double high) => new(Math.BitDecrement(low), Math.BitIncrement(high));
        double[] ends = [-7, -3, -2, -1, 0, 1, 2, 5];
        Interval[] all = [.. from low in ends from high in ends where low <= high select new Interval(low, high)];
        foreach (var a in all)
        {
            Assert.Equal(new(-a.High, -a.Low), -a);
            Assert.Equal(Math.Max(Math.Abs(a.Low), Math.Abs(a.High)), a.Magnitude);
            Assert.Equal((a.Low + a.High) / 2, a.Middle);
            Assert.Equal(Math.BitIncrement((a.High - a.Low) / 2), a.Radius);
            var squares = Outward(a.Low <= 0 && a.High >= 0 ? 0 : Math.Min(a.Low * a.Low, a.High * a.High), Math.Max(a.Low * a.Low, a.High * a.High));
            Assert.Equal(squares with { Low = Math.Max(0, squares.Low) }, Interval.Square(a));
            Assert.Equal(Outward(Math.Sqrt(Math.Max(a.Low, 0)), Math.Sqrt(Math.Max(a.High, 0))), Interval.Sqrt(a));
            foreach (var b in all)
            {
                double[] Corners(Func<double, double, double> f) => [f(a.Low, b.Low), f(a.Low, b.High), f(a.High, b.Low), f(a.High, b.High)];
                void Is(Func<double, double, double> f, Interval found) => Assert.Equal(Outward(Corners(f).Min(), Corners(f).Max()), found);
                Is((x, y) => x + y, a + b);
                Is((x, y) => x - y, a - b);
                Is((x, y) => x * y, a * b);
                if (b.Low <= 0 && b.High >= 0) Assert.Equal(new(double.NegativeInfinity, double.PositiveInfinity), a / b);
                else Is((x, y) => x / y, a / b);
            }
        }
        Assert.Equal(Outward(2, 6), Interval.Around(4, 2));
        // Neither end is a number: ∞ − ∞ and 0·∞.
        Assert.Equal(new(double.NegativeInfinity, double.PositiveInfinity), new Interval(0, double.PositiveInfinity) * 0);
        Assert.Equal(new(double.NegativeInfinity, double.PositiveInfinity), new Interval(1, double.PositiveInfinity) - new Interval(1, double.PositiveInfinity));
        Assert.Equal(new(double.NegativeInfinity, double.PositiveInfinity), new Interval(double.NegativeInfinity, 5) + new Interval(double.PositiveInfinity, double.PositiveInfinity));
        // A middle of what is as large as numbers are.
        Assert.Equal(0, new Interval(-double.MaxValue, double.MaxValue).Middle);
        Assert.Equal(double.MaxValue, new Interval(double.MaxValue, double.MaxValue).Middle);
        // The farther end counts where the middle was rounded.
        var narrow = new Interval(1, Math.BitIncrement(1));
        Assert.True(narrow.Radius >= narrow.High - narrow.Middle && narrow.Radius >= narrow.Middle - narrow.Low);
    }
}
