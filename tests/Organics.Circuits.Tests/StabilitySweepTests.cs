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
            var circuit = Expansive(seed);
            var isStable = StabilitySweep.Examine(circuit, out var abscissa) == StabilityVerdict.Stable;
            if (isStable) Assert.InRange(abscissa, double.NegativeInfinity, 0);
            if (isStable && !StabilityReport.Of(circuit, SteadyState.Of(circuit)).IsStable) found++;
        }
        Assert.InRange(found, 3, 100);
    }

    [Fact]
    public void A_circuit_is_reported_stable_wherever_a_sweep_or_any_search_finds_it_so()
    {
        var rescued = 0;
        for (var seed = 0; seed < 300; seed++)
        {
            var n = 1 + seed % 3;
            var circuit = RandomCircuits.Recurrent(n, 2, RecurrenceHypothesis.Any, new(seed));
            var point = SteadyState.StableOf(circuit);
            var report = StabilityReport.Of(circuit, point);
            Assert.Equal(report.Verdict, StabilitySweep.Examine(circuit, out var abscissa));
            if (!report.IsStable)
            {
                Assert.DoesNotContain(CircuitEquilibria.Of(circuit), p => p.IsStable);
                continue;
            }
            Assert.Equal(abscissa, report.MaxRealPart, 1e-9);
            Assert.Equal(SteadyStateStatus.Converged, point.Result.Status);
            Assert.InRange(SteadyState.Residual(circuit, point.Y, point.A), 0, 1e-11);
            if (!StabilityReport.Of(circuit, SteadyState.Of(circuit)).IsStable) rescued++;
        }
        Assert.InRange(rescued, 20, 300);
    }

    [Fact]
    public void The_stable_point_that_Theorem_5_2_certifies_is_found_and_not_the_saddle()
    {
        var circuit = new Circuit([0.01], [0.5], [0.5], [0.1], [2], [2], [1], [2]);
        Assert.Equal(StabilityTheorem.SinglePairExpansive, StabilityCertificate.Of(circuit).Theorem);
        Assert.False(StabilityReport.Of(circuit, SteadyState.Of(circuit)).IsStable);
        var point = SteadyState.StableOf(circuit);
        Assert.True(StabilityReport.Of(circuit, point).IsStable);
        // It has the sign of z.
        Assert.True(point.Y[0] > 0);
        Assert.Equal((SteadyStateStatus.Converged, SteadyStateMethod.Planar), (point.Result.Status, point.Result.Method));
    }

    [Fact]
    public void The_largest_abscissa_is_that_of_the_least_stable_circuit()
    {
        Circuit Draw(Random r) => RandomCircuits.Recurrent(2, 1, RecurrenceHypothesis.NonNegative, r);
        double[] each = [.. Enumerable.Range(0, 20).Select(t => StabilitySweep.Examine(Draw(StabilitySweep.Generator(5, t)), out var abscissa) == StabilityVerdict.Stable ? abscissa : double.NaN)];
        Assert.Equal(each.Where(v => !double.IsNaN(v)).Max(), StabilitySweep.Run(Draw, 20, 5, 2).MaxRealPart);
    }

    [Fact]
    public void Every_trial_is_counted_once_and_every_one_without_a_stable_fixed_point_kept()
    {
        var result = StabilitySweep.Run(r => RandomCircuits.Recurrent(2, 3, RecurrenceHypothesis.Any, r), 150, 1, 2);
        Assert.Equal((150, 150), (result.Circuits, result.Stable + result.Unstable + result.NotConverged));
        Assert.Equal(result.Unstable + result.NotConverged, result.CounterExamples.Count);
        Assert.InRange(result.CounterExamples.Count, 1, 30);
        Assert.Equal(result.CounterExamples.Select(e => e.Trial).Order(), result.CounterExamples.Select(e => e.Trial));
        Assert.All(result.CounterExamples, e => Assert.NotEqual(StabilityVerdict.Stable, StabilitySweep.Examine(e.Circuit, out _)));
        Assert.InRange(result.MaxRealPart, double.NegativeInfinity, 0);
    }

    /// <summary>A part that begins amid a group of trials has the trials of its numbers.</summary>
    [Fact]
    public void A_part_s_trials_are_those_of_the_whole()
    {
        Circuit Draw(Random r) => RandomCircuits.Recurrent(2, 3, RecurrenceHypothesis.Any, r);
        var whole = StabilitySweep.Run(Draw, 150, 1, 2);
        StabilitySweepResult[] parts = [StabilitySweep.Run(Draw, 61, 1, 2), StabilitySweep.Run(Draw, 89, 1, 2, first: 61)];
        Assert.Equal(whole.CounterExamples.Select(e => e.Trial), parts.SelectMany(part => part.CounterExamples.Select(e => e.Trial)));
        Assert.Equal(
            (whole.Circuits, whole.Stable, whole.Unstable, whole.Undecided, whole.NotConverged, whole.MaxRealPart),
            (parts.Sum(p => p.Circuits), parts.Sum(p => p.Stable), parts.Sum(p => p.Unstable), parts.Sum(p => p.Undecided), parts.Sum(p => p.NotConverged),
                parts.Max(p => p.MaxRealPart)));
    }

    [Fact]
    public void No_counter_example_is_left_out_however_many_there_are()
    {
        // One pair with negative recurrence beyond the astroid's edge, drawn 300 times.
        var result = StabilitySweep.Run(_ => new([0.9], [0.9], [1], [1], [1], [1], [1], [-1]), 300, 0, 2);
        Assert.Equal((300, 300), (result.Unstable, result.CounterExamples.Count));
    }

    [Fact]
    public void A_sweep_says_how_far_it_is_and_can_be_given_up()
    {
        Circuit Draw(Random r) => RandomCircuits.Recurrent(1, 1, RecurrenceHypothesis.NonNegative, r);
        List<int> heard = [];
        StabilitySweep.Run(Draw, 150, 1, 1, heard.Add);
        Assert.Equal([64, 128, 150], heard);
        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => StabilitySweep.Run(Draw, 100_000, 1, 1, _ => source.Cancel(), cancellation: source.Token));
        Assert.Throws<ArgumentNullException>(() => StabilitySweep.Run(null!, 1, 1, 1));
        Assert.Equal(double.NaN, StabilitySweep.Run(_ => new([0.9], [0.9], [1], [1], [1], [1], [1], [-1]), 2, 0, 1).MaxRealPart);
    }

    [Fact]
    public void Every_seed_and_trial_has_a_generator_of_its_own()
    {
        HashSet<double> first = [];
        for (var seed = 0; seed < 20; seed++)
            for (var trial = 0; trial < 500; trial++) Assert.True(first.Add(StabilitySweep.Generator(seed, trial).NextDouble()), $"seed {seed}, trial {trial}");
    }
}
