namespace Organics.Tests;

/// <summary>Boxes that are said to hold a fixed point, against the fixed point in 132 digits.</summary>
public sealed class FixedPointEnclosureTests
{
    const double Reach = 1e-3;

    static IEnumerable<(Circuit Circuit, SteadyStateSolution Point)> Points()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var circuit = Sample.Draw(seed, 1 + seed % 4, seed % 3 == 0 ? 0 : 0.4 + 0.6 * (seed % 5));
            // Every third with weights that are 0.
            if (seed % 3 == 1) circuit = new(circuit.Z, circuit.B, circuit.B0, circuit.Sigma, circuit.TauY, circuit.TauA, Thinned(circuit.W), Thinned(circuit.Wr));
            var point = SteadyState.StableOf(circuit);
            if (point.Result.Status == SteadyStateStatus.Converged) yield return (circuit, point);
        }

        static double[] Thinned(ReadOnlySpan<double> weights)
        {
            var thinned = weights.ToArray();
            for (var i = 0; i < thinned.Length; i += 2) thinned[i] = 0;
            return thinned;
        }
    }

    [Fact]
    public void The_box_holds_the_fixed_point_and_is_as_small_as_rounding_errors()
    {
        var examined = 0;
        foreach (var (circuit, point) in Points())
        {
            var box = FixedPointEnclosure.Of(circuit, point.Y, point.A, Reach);
            Assert.True(box is not null, CircuitFile.ToJson(circuit));
            var (state, jacobian) = PreciseCircuit.At(circuit, point.Y, point.A, Reach)!.Value;
            var n = circuit.N;
            double scale = 0, farthest = 0, ofA = 0;
            for (var i = 0; i < n; i++)
            {
                foreach (var (interval, exact) in new[] { (box.Y[i], state[i]), (box.A[i], state[n + i]), (box.S[i], Precise.Sqrt(state[n + i])) })
                {
                    Assert.False(exact < interval.Low || exact > interval.High, $"{(double)exact:R} is not in {interval}: {CircuitFile.ToJson(circuit)}");
                    Assert.True(interval.Radius <= 1e-12 * (1 + interval.Magnitude), $"{interval}");
                }
                scale = Math.Max(scale, Math.Abs(point.Y[i]));
                farthest = Math.Max(farthest, box.Y[i].Radius);
                ofA = Math.Max(ofA, box.A[i].Radius / box.A[i].Low);
            }
            Assert.Equal(Math.Max(farthest / scale, ofA), box.RelativeRadius, 1e-6 * box.RelativeRadius);
            var (middle, spread) = (new double[4 * n * n], new double[4 * n * n]);
            box.Jacobian(middle, spread);
            var largest = middle.Max(Math.Abs);
            for (var k = 0; k < middle.Length; k++)
            {
                var off = Precise.Abs(jacobian[k / (2 * n), k % (2 * n)] - middle[k]);
                Assert.False(off > spread[k], $"element {k} is off by {(double)off:G3}, more than {spread[k]:G3}: {CircuitFile.ToJson(circuit)}");
                Assert.InRange(spread[k], 0, 1e-11 * largest);
            }
            examined++;
        }
        Assert.InRange(examined, 40, 60);
    }

    /// <summary>Where the state is moved by less than the reach the point is found, and beyond it is another's.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(0.8)]
    public void A_fixed_point_counts_within_reach_of_the_state_only(double size)
    {
        var circuit = Sample.Draw(3, 3, size);
        var point = SteadyState.Of(circuit);
        var scale = point.Y.Max(Math.Abs);
        for (var i = 0; i < 3; i++)
            foreach (var side in (int[])[-1, 1])
                foreach (var (part, isNear) in new[] { (0.95, true), (1.05, false) })
                {
                    double[] y = [.. point.Y], a = [.. point.A];
                    y[i] += side * part * Reach * scale;
                    Assert.Equal(isNear, FixedPointEnclosure.Of(circuit, y, point.A, Reach) is not null);
                    a[i] /= 1 + side * part * Reach;
                    Assert.Equal(isNear, FixedPointEnclosure.Of(circuit, point.Y, a, Reach) is not null);
                }
    }

    [Fact]
    public void Newtons_method_brings_a_state_to_the_point_and_the_box_is_the_same()
    {
        var circuit = Sample.Draw(4, 3, 0.9);
        var point = SteadyState.Of(circuit);
        var near = FixedPointEnclosure.Of(circuit, point.Y, point.A, 0.5)!;
        var far = FixedPointEnclosure.Of(circuit, [.. point.Y.Select(v => 1.2 * v)], [.. point.A.Select(v => 0.9 * v)], 0.5)!;
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(near.Y[i].Middle, far.Y[i].Middle, 1e-14);
            Assert.InRange(far.Y[i].Radius, 0, 4 * near.Y[i].Radius);
        }
    }

    [Fact]
    public void Where_two_fixed_points_have_met_or_none_is_near_nothing_is_proven()
    {
        // Without drive y = 0, and with wr = 1/(1 − b0σ) the slope there is 0: a pitchfork.
        Assert.Null(FixedPointEnclosure.Of(new([0], [1], [1], [0.5], [1], [1], [1], [2]), [0], [0.25], Reach));
        // Beside it on either side y = 0 is a fixed point, the only one near.
        foreach (var wr in (double[])[1.9, 2.1])
        {
            var box = FixedPointEnclosure.Of(new([0], [1], [1], [0.5], [1], [1], [1], [wr]), [0], [0.25], Reach)!;
            Assert.True(box.Y[0] is { Low: <= 0, High: >= 0 } && box.Y[0].Magnitude < 1e-280);
        }
        // No numbers at all.
        Assert.Null(FixedPointEnclosure.Of(Sample.Draw(3, 2, 1), [double.NaN, 1], [1, 1], Reach));
        Assert.Null(FixedPointEnclosure.Of(Sample.Draw(3, 2, 0), [double.NaN, 1], [1, 1], Reach));
        Assert.Null(FixedPointEnclosure.Of(Sample.Draw(3, 2, 1), [1e200, 1], [1e200, 1], Reach));
    }

    static Circuit Three(double wr) => new(
        [0.5, -0.25, 1], [1, 0.75, 0.5], [0.5, 1, 2], [1, 0.5, 0.375], [3, 4, 1], [0.75, 1, 2], [0.5, 0.25, 0, 0.125, 1, 0.375, 0.25, 0.5, 0.625],
        [wr, 0.25, -0.5, -0.75, 0.5, 0, 0.125, 0.25, wr]);

    /// <summary>Every rounding that the proof allows for is in its bounds: less of it would be a box that proves less than it says, and more is never needed.</summary>
    [Fact]
    public void A_box_is_the_same_to_the_last_bit_on_every_machine()
    {
        List<string> bounds = [];
        foreach (var (circuit, y, a) in new (Circuit, double[], double[])[] { (Three(0.5), [0.5, -0.25, 0.5], [0.5, 0.5, 1]), (Three(-1), [0.5, -0.25, 0.5], [0.5, 0.5, 1]), (new([0.5], [0.5], [0.5], [0.5], [2], [3], [0.75], [1.5]), [0.5], [0.25]) })
        {
            var box = FixedPointEnclosure.Of(circuit, y, a, 10)!;
            var n = circuit.N;
            var (middle, spread) = (new double[4 * n * n], new double[4 * n * n]);
            box.Jacobian(middle, spread);
            bounds.Add(FormattableString.Invariant($"{box.RelativeRadius:R} {box.Y.Sum(v => v.Radius):R} {box.A.Sum(v => v.Radius):R} {spread.Sum():R} {middle.Sum():R}"));
        }
        Assert.Equal([], bounds);
    }
}
