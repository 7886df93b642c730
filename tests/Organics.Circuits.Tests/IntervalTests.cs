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
}
