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

    static Circuit Three(double wr, double[] z, double w02 = 0, double wr12 = 0) => new(
        z, [1, 0.75, 0.5], [0.5, 1, 2], [1, 0.5, 0.375], [3, 4, 1], [0.75, 1, 2], [0.5, 0.25, w02, 0.125, 1, 0.375, 0.25, 0.5, 0.625],
        [wr, 0.25, -0.5, -0.75, 0.5, wr12, 0.125, 0.25, wr]);

    /// <summary>
    /// Every rounding that the proof allows for is in its bounds: with less of it a box would prove less than it says. Beside a fixed point of 0 the bounds have all their digits; elsewhere the ends are rounded to those of y.
    /// </summary>
    [Fact]
    public void A_box_is_the_same_to_the_last_bit_on_every_machine()
    {
        static Circuit One(double z) => new([z], [0.5], [0.5], [0.5], [2], [3], [0.75], [1.5]);
        double[] z = [0.5, -0.25, 1], none = [0, 0, 0], y = [0.5, -0.25, 0.5], a = [0.5, 0.5, 1], rest = [0.25, 0.25, 0.5625];
        (Circuit, double[], double[])[] each =
        [
            (Three(0.5, z), y, a), (Three(-1, z), y, a), (One(0.5), [0.5], [0.25]), (Three(0.5, none), none, rest), (Three(1.75, none), none, rest),
            (Three(0.5, [0, 0.5, 1], 0.5, 0.25), [0, 0.5, 0.25], a), (One(0), [0], [0.0625]),
        ];
        List<(double, double, double, double)> bounds = [];
        foreach (var (circuit, ofY, ofA) in each)
        {
            var box = FixedPointEnclosure.Of(circuit, ofY, ofA, 10)!;
            var n = circuit.N;
            var (middle, spread) = (new double[4 * n * n], new double[4 * n * n]);
            box.Jacobian(middle, spread);
            bounds.Add((box.RelativeRadius, box.Y.Sum(v => v.Radius), box.A.Sum(v => v.Radius), spread.Sum()));
        }
        Assert.Equal(
        [
            (3.8593728513779E-15, 5.717648576819557E-15, 3.0531133177191813E-15, 2.2346707817533232E-14),
            (4.455477642718257E-15, 4.5796699765787715E-15, 2.4424906541753448E-15, 2.1552204465535854E-14),
            (6.883382752675924E-15, 6.883382752675971E-15, 1.4432899320127037E-15, 1.0630385460785875E-14),
            (1.1842378929335016E-15, 3.2000000000000345E-306, 1.1657341758564146E-15, 7.60155827173037E-15),
            (1.1842378929335016E-15, 3.200000000000079E-306, 1.1657341758564146E-15, 8.441164434103145E-15),
            (4.8571580948499766E-15, 5.356826093816381E-15, 4.218847493575596E-15, 3.025379426147002E-14),
            (6.661338147750943E-16, 8.000000000000085E-307, 4.1633363423443376E-17, 6.730727086790013E-16),
        ], bounds);
    }
}
