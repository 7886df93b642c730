namespace Organics.Tests;

public sealed class GlobalSearchTests
{
    /// <summary>ṙ = −r(1 − r²/4)(1 − r²), turning at a frequency of 5: the origin attracts, and so does the cycle r = 2; r = 1 is between them.</summary>
    sealed class TwoCycles : IStiffOdeSystem
    {
        public const double Frequency = 5;

        public int Dimension => 2;

        public bool IsAutonomous => true;

        public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt)
        {
            var square = x[0] * x[0] + x[1] * x[1];
            var growth = -(1 - square / 4) * (1 - square);
            (dxdt[0], dxdt[1]) = (growth * x[0] - Frequency * x[1], growth * x[1] + Frequency * x[0]);
        }

        public void Jacobian(double t, ReadOnlySpan<double> x, Span<double> jacobian)
        {
            var square = x[0] * x[0] + x[1] * x[1];
            var (growth, slope) = (-(1 - square / 4) * (1 - square), 2.5 - square);
            (jacobian[0], jacobian[1]) = (growth + slope * x[0] * x[0], slope * x[0] * x[1] - Frequency);
            (jacobian[2], jacobian[3]) = (slope * x[0] * x[1] + Frequency, growth + slope * x[1] * x[1]);
        }
    }

    static double FromOrigin(double t, ReadOnlySpan<double> x) => Math.Sqrt(x[0] * x[0] + x[1] * x[1]) / 1e-4 - 1;

    [Theory]
    [InlineData(1.01)]
    [InlineData(1.5)]
    [InlineData(30)]
    public void A_limit_cycle_around_a_stable_fixed_point_is_found(double radius)
    {
        var found = Settling.Of(new TwoCycles(), FromOrigin, 1, [radius, 0]);
        Assert.Equal((SettlingOutcome.Restless, true, double.NaN), (found.Outcome, found.IsLong, found.Time));
        Assert.Equal(2 * Math.PI / TwoCycles.Frequency, found.Period, 1e-6);
        Assert.Equal(2, Math.Sqrt(found.End[0] * found.End[0] + found.End[1] * found.End[1]), 1e-6);
    }

    [Fact]
    public void What_comes_to_rest_is_not_called_restless_however_long_it_takes()
    {
        // The time until r = 1e-4, by quadrature of dr/ṙ.
        double Duration(double from)
        {
            const int Steps = 200_000;
            double sum = 0, h = (Math.Log(from) - Math.Log(1e-4)) / Steps;
            for (var k = 0; k < Steps; k++)
            {
                var square = Math.Exp(2 * (Math.Log(1e-4) + (k + 0.5) * h));
                sum += h / ((1 - square / 4) * (1 - square));
            }
            return sum;
        }
        var quick = Settling.Of(new TwoCycles(), FromOrigin, 1, [0.5, 0]);
        Assert.Equal((SettlingOutcome.AtRest, false), (quick.Outcome, quick.IsLong));
        Assert.Equal(Duration(0.5), quick.Time, 0.4);
        // In a time scale so short that the first limit is not enough.
        var slow = Settling.Of(new TwoCycles(), FromOrigin, 0.01, [0.99, 0]);
        Assert.Equal((SettlingOutcome.AtRest, true), (slow.Outcome, slow.IsLong));
        Assert.Equal(Duration(0.99) / 0.01, slow.Time, 5.0);
        // And not even the last.
        Assert.Equal(SettlingOutcome.Restless, Settling.Of(new TwoCycles(), FromOrigin, 1e-4, [0.99, 0]).Outcome);
        Assert.Equal(0, Settling.Of(new TwoCycles(), FromOrigin, 1, [1e-5, 0]).Time);
    }

    [Fact]
    public void The_coordinates_of_the_search_are_those_of_the_circuit()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var (n, random) = (2 + seed % 5, new Random(seed));
            var circuit = PoolFamilies.Draw(seed % PoolFamilies.Count, n, random);
            var system = new MatchedSystem(circuit);
            double[] x = [.. Sample.Vector(random, n, -2, 2), .. Sample.Vector(random, n, -2, 2)];
            var (state, rate, matched) = (new double[2 * n], new double[2 * n], new double[2 * n]);
            system.Write(x, state.AsSpan(0, n), state.AsSpan(n));
            new CircuitSystem(circuit).Rate(0, state, rate);
            system.Rate(0, x, matched);
            for (var i = 0; i < n; i++)
            {
                // η = √a·y/g and l = ln a by the chain rule.
                var (y, a, root) = (state[i], state[n + i], Math.Sqrt(state[n + i]));
                var eta = (root * rate[i] + y * rate[n + i] / (2 * root)) / circuit.Drive[i];
                var scale = Math.Abs(root * rate[i] / circuit.Drive[i]) + Math.Abs(y * rate[n + i] / (2 * root * circuit.Drive[i]));
                Assert.Equal(eta, matched[i], 1e-12 * scale);
                Assert.Equal(rate[n + i] / a, matched[n + i], 1e-12 * (Math.Abs(rate[n + i] / a) + 1 / circuit.TauA[i]));
            }
            var (jacobian, up, down) = (new double[4 * n * n], new double[2 * n], new double[2 * n]);
            system.Jacobian(0, x, jacobian);
            var largest = jacobian.Max(Math.Abs);
            for (var j = 0; j < 2 * n; j++)
            {
                const double H = 1e-5;
                var at = x[j];
                x[j] = at + H;
                system.Rate(0, x, up);
                x[j] = at - H;
                system.Rate(0, x, down);
                x[j] = at;
                for (var i = 0; i < 2 * n; i++) Assert.Equal((up[i] - down[i]) / (2 * H), jacobian[i * 2 * n + j], 1e-7 * largest);
            }
        }
    }

    [Fact]
    public void Every_family_has_identity_recurrence_and_drives_every_unit()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var circuit = PoolFamilies.Draw(seed % PoolFamilies.Count, 2 + seed % 5, new(seed));
            Assert.True(circuit.IsIdentityRecurrence);
            Assert.DoesNotContain(0, circuit.Drive.ToArray());
        }
    }

    [Fact]
    public void What_the_theorem_covers_is_counted_and_not_followed()
    {
        const int Trials = 90;
        var result = GlobalSearch.Run(3, Trials, 4, 2);
        // Told from the draws alone.
        var covered = Enumerable.Range(0, Trials).Count(
            t => GlobalStability.Of(PoolFamilies.Draw(t % PoolFamilies.Count, 3, StabilitySweep.Generator(4, t))).Holds);
        Assert.Equal((Trials, covered), (result.Circuits, result.Covered));
        Assert.InRange(covered, 10, Trials - 10);
        Assert.True(result.AscentSteps > 0);
        // Each that is not covered, and some on the way of the ascents.
        Assert.InRange(result.Followed, Trials - covered + 1, Trials - covered + result.AscentSteps);
        Assert.Equal(3 * result.Followed, result.Trajectories);
        Assert.Equal(result.Trajectories, result.InBasin + result.Near + result.Unknown + result.CounterExamples.Count);
        Assert.True(result.InBasin > result.Near);
        Assert.InRange(result.Slowest, 1, Settling.LastLimit);

        // One pair: the theorem covers every circuit.
        var single = GlobalSearch.Run(1, 100, 0, 2);
        Assert.Equal((100, 0L, 0L), (single.Covered, single.Followed, single.Trajectories));

        // Or they alone are, and all come to rest.
        var trial = GlobalSearch.Run(3, Trials, 4, 2, covered: true);
        Assert.Equal((covered, covered, 3L * covered, 0L), (trial.Covered, trial.Followed, trial.InBasin + trial.Near, trial.AscentSteps));
    }

    [Fact]
    public void The_ascents_find_less_damped_circuits_than_are_drawn()
    {
        // 6·16 trials between two rounds of ascents: of the first 6 each climbs, of the next 90 none does.
        var (climbing, plain) = (GlobalSearch.Run(4, 6, 2, 2), GlobalSearch.Run(4, 96, 2, 2));
        Assert.True(climbing.AscentSteps > 0);
        Assert.Equal(climbing.AscentSteps, plain.AscentSteps);
        Assert.InRange(climbing.LeastDamping, 0.01, 0.1);
    }

    [Fact]
    public void Threads_change_nothing_and_the_seed_does()
    {
        var (one, two, other) = (GlobalSearch.Run(2, 60, 7, 1), GlobalSearch.Run(2, 60, 7, 2), GlobalSearch.Run(2, 60, 8, 2));
        Assert.Equal(one with { CounterExamples = [] }, two with { CounterExamples = one.CounterExamples.Count == 0 ? [] : two.CounterExamples });
        Assert.NotEqual(one.Slowest, other.Slowest);
    }

    [Fact]
    public void A_search_says_how_far_it_is_and_can_be_given_up()
    {
        List<int> heard = [];
        GlobalSearch.Run(1, 150, 1, 1, onProgress: heard.Add);
        Assert.Equal([64, 128, 150], heard);
        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => GlobalSearch.Run(2, 1_000_000, 1, 1, onProgress: _ => source.Cancel(), cancellation: source.Token));
    }

    [Fact]
    public void A_sweep_counts_what_the_theorem_covers()
    {
        Circuit Draw(Random r) => RandomCircuits.Identity(3, r);
        var covered = Enumerable.Range(0, 100).Count(t => GlobalStability.Of(Draw(StabilitySweep.Generator(5, t))).Holds);
        Assert.Equal((100, covered), (StabilitySweep.Run(Draw, 100, 5, 2).Stable, StabilitySweep.Run(Draw, 100, 5, 2).GloballyStable));
        Assert.InRange(covered, 10, 99);
        Assert.Equal(0, StabilitySweep.Run(r => RandomCircuits.Recurrent(2, 1, RecurrenceHypothesis.NonNegative, r), 20, 1, 2).GloballyStable);
    }
}
