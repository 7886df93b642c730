namespace Organics.Tests;

public sealed class StabilitySweepTests
{
    static Circuit Expansive(int seed) => RandomCircuits.Recurrent(2, 3, RecurrenceHypothesis.Any, new(seed));

    [Fact]
    public void A_stable_fixed_point_is_searched_for_where_the_iteration_finds_none()
    {
        var found = 0;
        for (var seed = 0; seed < 200; seed++)
        {
            var isStable = StabilitySweep.HasStableFixedPoint(Expansive(seed), out var abscissa);
            if (isStable) Assert.InRange(abscissa, double.NegativeInfinity, 0);
            if (isStable && !StabilityReport.Of(Expansive(seed)).IsStable) found++;
        }
        Assert.InRange(found, 3, 100);
    }

    [Fact]
    public void Every_trial_is_counted_once_and_every_one_without_a_stable_fixed_point_kept()
    {
        var result = StabilitySweep.Run(r => RandomCircuits.Recurrent(2, 3, RecurrenceHypothesis.Any, r), 150, 1, 2);
        Assert.Equal((150, 150), (result.Circuits, result.Stable + result.Unstable + result.NotConverged));
        Assert.Equal(result.Unstable + result.NotConverged, result.CounterExamples.Count);
        Assert.InRange(result.CounterExamples.Count, 1, 30);
        Assert.All(result.CounterExamples, e => Assert.False(StabilitySweep.HasStableFixedPoint(e.Circuit, out _)));
        Assert.InRange(result.MaxRealPart, double.NegativeInfinity, 0);
    }

    [Fact]
    public void No_counter_example_is_left_out_however_many_there_are()
    {
        // One pair with negative recurrence beyond the astroid's edge, drawn 300 times.
        var result = StabilitySweep.Run(_ => new([0.9], [0.9], [1], [1], [1], [1], [1], [-1]), 300, 0, 2);
        Assert.Equal((300, 300), (result.Unstable, result.CounterExamples.Count));
    }
}
