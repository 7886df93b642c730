namespace Organics.Tests;

public sealed class FixedPointTests
{
    const int Batch = 5, N = 4;

    static readonly double[] W = [0.3, -0.5, 0.2, 0.1, 0.4, 0.1, -0.3, 0.2, -0.1, 0.6, 0.2, -0.4, 0.5, 0.0, 0.3, -0.2];
    static readonly double[] X = [.. Enumerable.Range(0, Batch * N).Select(i => Math.Sin(1 + 1.7 * i))];

    // y = tanh(y·Wᵀ + x): a contraction, for ‖W‖ < 1.
    static Tensor<T> Recurrent<T>(Tensor<T>[] p, Tensor<T> y) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
        => (y.MatMul(p[0], transposeOther: true) + p[1]).Tanh();

    public static TheoryData<FixedPointMethod> Methods => [new Picard(), new Picard(0.7), new Anderson(), new Anderson(2, 0.5), new Newton(),
        new Newton(LargestDense: 0)];

    static FixedPointOptions By(FixedPointMethod method) => new() { Methods = [method] };

    [Theory]
    [MemberData(nameof(Methods))]
    public void Every_method_finds_the_point_and_the_implicit_gradient_is_that_of_differences(FixedPointMethod method)
    {
        foreach (var dense in (int[])[64, 0])
        {
            var error = GradientCheck.Run(p => FixedPoint.Solve(Recurrent, p, Tensor.Zeros<double>([Batch, N]),
                new() { Methods = [method], LargestDense = dense, RelativeTolerance = 1e-13, AbsoluteTolerance = 1e-14 }, out _),
                    [Tensor.From(W, [N, N]), Tensor.From(X, [Batch, N])]);
            Assert.True(error.Error < 1e-8, $"{method}: {error}");
        }
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void The_gradient_is_that_of_the_iteration_unrolled(FixedPointMethod method)
    {
        using var tape = new Tape<double>();
        var p = new[] { tape.Watch(Tensor.From(W, [N, N])), tape.Watch(Tensor.From(X, [Batch, N])) };
        var y = FixedPoint.Solve(Recurrent, p, Tensor.Zeros<double>([Batch, N]), By(method), out var report);
        report.OrThrow();
        var gradients = tape.Backward(y.Square().Sum());
        var (w, x) = (gradients[p[0]].ToArray(), gradients[p[1]].ToArray());
        var unrolled = tape.Constant(new double[Batch * N], [Batch, N]);
        for (var k = 0; k < 400; k++) unrolled = Recurrent(p, unrolled);
        Assert.All(y.ToArray().Zip(unrolled.ToArray()), v => Assert.Equal(v.Second, v.First, 1e-9));
        gradients = tape.Backward(unrolled.Square().Sum());
        Assert.All(w.Zip(gradients[p[0]].ToArray()), v => Assert.Equal(v.Second, v.First, 1e-8));
        Assert.All(x.Zip(gradients[p[1]].ToArray()), v => Assert.Equal(v.Second, v.First, 1e-8));
        Assert.All(report.Gradients, g => Assert.True(g.Exists && g.Residual < 1e-14 && g.Method == "lu"));
    }

    [Fact]
    public void Float_and_double_agree_to_the_rounding_of_float()
    {
        var wide = FixedPoint.Solve(Recurrent, [Tensor.From(W, [N, N]), Tensor.From(X, [Batch, N])], Tensor.Zeros<double>([Batch, N]), null, out _).ToArray();
        using var tape = new Tape<float>();
        Tensor<float>[] p = [tape.Watch(Tensor.From([.. W.Select(v => (float)v)], [N, N])), tape.Watch(Tensor.From([.. X.Select(v => (float)v)], [Batch, N]))];
        var y = FixedPoint.Solve(Recurrent, p, Tensor.Zeros<float>([Batch, N]), null, out var report);
        report.OrThrow();
        Assert.All(y.ToArray().Zip(wide), v => Assert.Equal(v.Second, v.First, 1e-5));
        tape.Backward(y.Sum());
        Assert.All(report.Gradients, g => Assert.True(g.Exists && g.Residual < 1e-6));
    }

    [Fact]
    public void The_iterations_never_reach_the_tape()
    {
        using var tape = new Tape<double>();
        var p = new[] { tape.Watch(Tensor.From(W, [N, N])), tape.Watch(Tensor.From(X, [Batch, N])) };
        FixedPoint.Solve(Recurrent, p, Tensor.Zeros<double>([Batch, N]), By(new Picard()), out var report);
        Assert.True(report.Samples.Min(s => s.Iterations) > 10);
        Assert.Equal(3, tape.Count);
    }

    [Theory]
    [InlineData(1e-2, 0)]
    [InlineData(1e-6, 0)]
    [InlineData(0, 1e-3)]
    [InlineData(0, 1e-11)]
    public void Tolerances_are_honoured_and_no_more_is_done(double relative, double absolute)
    {
        // y = y/2 + θ/2 halves the distance to θ: the residual at iteration k is θ/2ᵏ⁺¹.
        double[] theta = [1e-3, 1, 1e3];
        var y = FixedPoint.Solve((p, y) => 0.5 * y + 0.5 * p[0], [Tensor.From(theta, [3, 1])], Tensor.Zeros<double>([3, 1]),
            new() { Methods = [new Picard()], RelativeTolerance = relative, AbsoluteTolerance = absolute }, out var report).ToArray();
        for (var i = 0; i < 3; i++)
        {
            var expected = 0;
            while (theta[i] * Math.Pow(0.5, expected + 1) > absolute + relative * theta[i] * (1 - Math.Pow(0.5, expected))) expected++;
            Assert.Equal(FixedPointStatus.Converged, report.Samples[i].Status);
            Assert.Equal(expected, report.Samples[i].Iterations);
            Assert.Equal(theta[i] * (1 - Math.Pow(0.5, expected)), y[i], 1e-12);
            Assert.Equal(theta[i] * Math.Pow(0.5, expected + 1), report.Samples[i].Residual, 1e-12);
            Assert.True(report.Samples[i].RelativeResidual <= 1);
        }
    }

    [Fact]
    public void What_a_method_leaves_the_next_one_takes_up_and_the_report_names_it()
    {
        // Slope −3 at the fixed point 1/2: plain iteration leaves it, Newton's method does not; with slope 1/2 plain iteration suffices.
        var slopes = Tensor.From<double>([-3, 0.5], [2, 1]);
        var y = FixedPoint.Solve((p, y) => p[0] * (y + -0.5) + 0.5 + (y + -0.5).Square(), [slopes], Tensor.Full([2, 1], 0.6),
            new() { Methods = [new Picard(), new Newton()], MaxIterations = 60 }, out var report);
        Assert.Equal(["newton", "picard"], report.Samples.Select(s => s.Method));
        Assert.Equal(2, report.Converged);
        Assert.Equal(0.5, y.ToArray()[0], 1e-9);
        Assert.Equal(0.5, y.ToArray()[1], 1e-9);
    }

    [Fact]
    public void Each_sample_fares_by_itself()
    {
        // Heron's iteration for √θ: 4 and 9 have one, −1 has none, and NaN is no number. Their neighbours change no bit.
        double[] theta = [4, -1, double.NaN, 9];
        var together = FixedPoint.Solve((p, y) => 0.5 * (y + p[0] / y), [Tensor.From(theta, [4, 1])], Tensor.Full([4, 1], 1.0), null, out var report).ToArray();
        Assert.Equal([1, 2], report.Failed);
        Assert.Equal(FixedPointStatus.NotFinite, report.Samples[2].Status);
        Assert.NotEqual(FixedPointStatus.Converged, report.Samples[1].Status);
        Assert.Equal(2, together[0], 1e-10);
        Assert.Equal(3, together[3], 1e-10);
        foreach (var i in (int[])[0, 3])
        {
            var alone = FixedPoint.Solve((p, y) => 0.5 * (y + p[0] / y), [Tensor.Full([1, 1], theta[i])], Tensor.Full([1, 1], 1.0), null, out var one);
            Assert.Equal(together[i], alone.Item());
            Assert.Equal(one.Samples[0], report.Samples[i]);
        }
        Assert.Throws<ArithmeticException>(() => report.OrThrow());
    }

    [Theory]
    [InlineData(64)]
    [InlineData(0)]
    public void At_a_fold_there_is_no_gradient_and_beside_it_the_closed_form(int dense)
    {
        // y = y + θ − y²: y = √θ, with a fold at θ = 0 and gradient 1/(2√θ).
        foreach (var theta in (double[])[1, 1e-4, 1e-8])
        {
            var (y, gradient, report) = Root(theta, 1);
            Assert.Equal(Math.Sqrt(theta), y, 1e-8);
            Assert.True(report.Gradients[0].Exists, $"{theta}: {report.Gradients[0]}");
            Assert.Equal(1, gradient * 2 * y, 1e-9);
        }
        foreach (var y0 in (double[])[0, 0.5, 1e-3])
        {
            var (_, gradient, report) = Root(0, y0);
            Assert.Equal(FixedPointStatus.Converged, report.Samples[0].Status);
            Assert.True(double.IsNaN(gradient), $"from {y0}: {gradient}");
            Assert.False(report.Gradients[0].Exists);
            Assert.Contains("fold", report.Gradients[0].Advice, StringComparison.Ordinal);
        }

        (double Y, double Gradient, FixedPointReport Report) Root(double theta, double y0)
        {
            using var tape = new Tape<double>();
            var p = tape.Watch(Tensor.Full([1, 1], theta));
            var y = FixedPoint.Solve((t, v) => v + t[0] - v.Square(), [p], Tensor.Full([1, 1], y0),
                new() { LargestDense = dense, Methods = [new Newton()], RelativeTolerance = 1e-14, AbsoluteTolerance = 1e-20 }, out var report);
            return (y.Item(), tape.Backward(y.Sum())[p].Item(), report);
        }
    }

    [Theory]
    [InlineData(64)]
    [InlineData(0)]
    public void Who_asks_for_it_gets_the_gradient_of_the_samples_that_have_one(int dense)
    {
        // y = y + pθ − y² at θ = 4, at a fold, without a fixed point, and at 9: ∂y/∂p = θ/(2√(pθ)) at p = 1.
        using var tape = new Tape<double>();
        var p = tape.Watch(Tensor.From<double>([1], [1]));
        var theta = Tensor.From<double>([4, 0, -1, 9], [4, 1]);
        var y = FixedPoint.Solve((t, v) => v + t[0] * t[1] - v.Square(), [p, theta], Tensor.Full<double>([4, 1], 0.5),
            new() { LargestDense = dense, LeavesOut = true }, out var report);
        Assert.Equal([2], report.Failed);
        Assert.Equal(2.0 / 2 + 3.0 / 2, tape.Backward(y.Sum())[p].Item(), 1e-9);
        Assert.Equal([true, false, false, true], report.Gradients.Select(g => g.Exists));
    }

    [Fact]
    public void A_fold_is_seen_in_whatever_direction_it_lies_and_however_its_terms_cancel()
    {
        // y₁ = y₁ + θ − (y₁ − y₂)², y₂ = 1 − y₁, at θ = 0: the null vector is (1, −1).
        // y = y + θ − (1 − cos y): terms of size 1 cancel.
        foreach (var start in (double[][])[[1, 0], [0, 1]])
        {
            using var tape = new Tape<double>();
            var p = tape.Watch(Tensor.Zeros<double>([1]));
            var y = FixedPoint.Solve((t, v) => Tensor<double>.Stack(1, v[.., 0] + t[0] - (v[.., 0] - v[.., 1]).Square(), 1 - v[.., 0]), [p],
                Tensor.From<double>(start, [1, 2]),
                new() { Methods = [new Newton()] }, out var report);
            // Their sum is 1 whatever θ is.
            Assert.Equal(0, tape.Backward(y.Sum())[p].Item(), 1e-9);
            Assert.True(double.IsNaN(tape.Backward(y[.., 0].Sum())[p].Item()) && !report.Gradients[0].Exists, $"{report.Gradients[0]}");
        }
        using (var tape = new Tape<double>())
        {
            var p = tape.Watch(Tensor.Zeros<double>([1, 1]));
            var y = FixedPoint.Solve((t, v) => v + t[0] - (1 - v.Cos()), [p], Tensor.Full([1, 1], 0.3), new() { Methods = [new Newton()] }, out var report);
            Assert.True(report.Converged == 0 || double.IsNaN(tape.Backward(y.Sum())[p].Item()));
        }
    }

    /// <summary>The gradient of Σ weights·y by θ, both of a sample.</summary>
    static (double[] Gradient, FixedPointGradient Report) Gradient(
        Func<Tensor<double>, Tensor<double>, Tensor<double>> f, double[] theta, double[] y0, double[] weights, FixedPointOptions? options = null)
    {
        using var tape = new Tape<double>();
        var p = tape.Watch(Tensor.From(theta, [1, theta.Length]));
        var y = FixedPoint.Solve((t, v) => f(t[0], v), [p], Tensor.From(y0, [1, y0.Length]), options, out var report);
        report.OrThrow();
        return (tape.Backward((y * Tensor.From(weights, [1, weights.Length])).Sum())[p].ToArray(), report.Gradients[0]);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(0)]
    public void At_a_kink_there_is_no_gradient_in_whatever_direction_it_lies(int dense)
    {
        var options = new FixedPointOptions { LargestDense = dense };
        // Two that inhibit one another: y = relu(±½(y₀ − y₁) + θ), whose derivatives by θ₀ are 2 and 0 from the two sides.
        Tensor<double> Pair(Tensor<double> t, Tensor<double> y)
        {
            var d = 0.5 * (y.Slice(0, 1, 1) - y.Slice(1, 1, 1));
            return Tensor<double>.Concat(1, (d + t.Slice(0, 1, 1)).Relu(), (t.Slice(1, 1, 1) - d).Relu());
        }
        foreach (var weights in (double[][])[[1, 1], [1, -1], [1, 0], [0.3, 0.7]]) Refused(Gradient(Pair, [0, 0], [0, 0], weights, options));
        Refused(Gradient(
            (t, y) => Tensor<double>.Concat(1, 0.9 * (y.Slice(0, 1, 1) - y.Slice(1, 1, 1)).Relu() + t, 0 * y.Slice(1, 1, 1)), [0], [0, 0], [1, 1], options));
        // |y| has its kink in the middle of its slopes, and on one side only what is added shows one.
        Refused(Gradient((t, y) => 0.5 * y.Abs() + t, [0], [0], [1], options));
        // A pair among others whose weights are far larger, and a kink that is not at 0.
        foreach (var n in (int[])[3, 12, 80])
        {
            double[] theta = [.. Enumerable.Range(0, n).Select(i => i < 2 ? 0 : 0.1 * i)];
            Tensor<double> Among(Tensor<double> t, Tensor<double> y)
                => Tensor<double>.Concat(1, Pair(t, y), 0.3 * y.Slice(2, n - 2, 1).Tanh() + t.Slice(2, n - 2, 1));
            double[] weights = [.. Enumerable.Range(0, n).Select(i => i < 2 ? 0.01 : 100.0)];
            Refused(Gradient(Among, theta, new double[n], weights, options));
            // Who does not ask for the pair has a gradient.
            var (gradient, report) = Gradient(Among, theta, new double[n], [.. weights.Select(w => w < 1 ? 0 : 1.0)], options);
            Assert.True(report.Exists && report.Error < 1e-8, $"{report}");
            Assert.All(gradient.Take(2), g => Assert.Equal(0, g));
            Assert.All(gradient.Skip(2), g => Assert.InRange(g, 1, 1.43));
            Refused(Gradient((t, y) => t - 0.5 * (y - 1.0).Relu() - 0.1 * y.Sum(1).Expand(1, n), [.. Enumerable.Repeat(1 + 0.1 * n, n)],
                [.. Enumerable.Repeat(1.0, n)], [.. weights.Select((w, i) => i == n - 1 ? 1 : 0.2)], options));
        }

        static void Refused((double[] Gradient, FixedPointGradient Report) of)
        {
            Assert.False(of.Report.Exists, $"{of.Report}: {string.Join(", ", of.Gradient)}");
            Assert.Contains(of.Gradient, double.IsNaN);
            Assert.Contains("kink", of.Report.Advice, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(64)]
    [InlineData(0)]
    public void Where_a_slope_is_continuous_a_gradient_exists_however_it_bends(int dense)
    {
        var options = new FixedPointOptions { LargestDense = dense };
        // The second element only comes in by its square or another power above 1, and is 0; its gradient is the direct one alone.
        foreach (var bend in (Func<Tensor<double>, Tensor<double>>[])
            [x => x.Square(), x => 1e4 * x.Square(), x => x.Relu().Pow(1.5), x => x.Relu().Square(), x => x.Tanh()])
        {
            var (gradient, report) = Gradient((t, y) => Tensor<double>.Concat(1, 0.5 * y.Slice(0, 1, 1) + bend(y.Slice(1, 1, 1)) + t.Slice(0, 1, 1),
                t.Slice(1, 1, 1) - 0.2 * y.Slice(1, 1, 1)), [1, 0], [0, 0], [1, 0], options);
            Assert.True(report.Exists, $"{report}");
            Assert.Equal(2, gradient[0], 1e-9);
        }
    }

    [Theory]
    [InlineData(64)]
    [InlineData(0)]
    public void The_report_says_how_far_the_error_of_the_point_takes_the_gradient(int dense)
    {
        // y = y + θ − y²: 1/(2y), as far off as y is; turned into n dimensions by a reflection, with n − 1 others that converge at once.
        const double theta = 1e-10;
        Tensor<double> Root(Tensor<double> t, Tensor<double> v) => v + t - v.Square();
        var options = new FixedPointOptions { LargestDense = dense };
        var seen = false;
        foreach (var tolerance in (double?[])[null, 1e-8, 1e-6, 1e-4])
        {
            var (gradient, report) = Gradient(Root, [theta], [1e-3], [1], options with { RelativeTolerance = tolerance });
            var error = Math.Abs(gradient[0] * 2 * Math.Sqrt(theta) - 1);
            if (!report.Exists) continue;
            Assert.True(error <= 2 * report.Error + 1e-12, $"{tolerance}: {error}, {report}");
            Assert.DoesNotContain("Exact", error > 1e-6 ? report.Advice : "", StringComparison.Ordinal);
            seen |= error > 1e-3;
        }
        Assert.True(seen);
        // Nothing is to be changed in a linear map, and hardly anything in a contraction.
        var (_, linear) = Gradient((t, y) => 0.5 * y + t, [1], [0], [1], options);
        Assert.Equal("Exact to the residual.", linear.Advice);
        Assert.Equal(0, linear.Error);
        var (_, bent) = Gradient((t, y) => 0.5 * y.Tanh() + t, [1], [0], [1], options);
        Assert.InRange(bent.Error, 1e-17, 1e-9);
    }

    [Fact]
    public void What_GMRES_leaves_of_the_adjoint_is_no_gradient()
    {
        // I − ∂f/∂y is the shift by one: of its powers it takes n to solve anything, more than are tried.
        const int n = 400;
        var options = new FixedPointOptions { Methods = [new Picard()], AbsoluteTolerance = 1, LargestDense = 64 };
        Tensor<double> Shift(Tensor<double> t, Tensor<double> y) => y - Tensor<double>.Concat(1, y.Slice(1, n - 1, 1), y.Slice(0, 1, 1)) + t;
        double[] weights = [.. Enumerable.Range(0, n).Select(i => i == 0 ? 1.0 : 0)];
        var (gradient, report) = Gradient(Shift, new double[n], new double[n], weights, options);
        Assert.False(report.Exists);
        Assert.Contains("GMRES", report.Advice, StringComparison.Ordinal);
        Assert.All(gradient, g => Assert.True(double.IsNaN(g)));
        (gradient, report) = Gradient(Shift, new double[n], new double[n], weights, options with { LargestDense = n });
        Assert.True(report.Exists);
        Assert.Equal(1, gradient.Sum(), 1e-12);
    }

    [Fact]
    public void The_contraction_is_the_mean_factor_of_an_iteration()
    {
        FixedPoint.Solve((_, y) => 0.5 * y, Array.Empty<Tensor<double>>(), Tensor.Full([1, 1], 1.0),
            new() { Methods = [new Picard()], RelativeTolerance = 0, AbsoluteTolerance = 1e-6 }, out var report);
        Assert.Equal(0.5, report.Samples[0].Contraction, 1e-12);
        FixedPoint.Solve((_, y) => 0.5 * y, Array.Empty<Tensor<double>>(), Tensor.Full([1, 1], 1.0),
            new() { Methods = [new Picard()], RelativeTolerance = 0, AbsoluteTolerance = 1e-6, MaxIterations = 2 }, out report);
        Assert.Equal(0.5, report.Samples[0].Contraction, 1e-12);
        // The method that begins anew has no part in the change before it.
        FixedPoint.Solve((_, y) => 0.5 * y, Array.Empty<Tensor<double>>(), Tensor.Full([1, 1], 1.0),
            new() { Methods = [new Picard(), new Picard(0.5)], RelativeTolerance = 0, AbsoluteTolerance = 1e-6, MaxIterations = 2 }, out report);
        Assert.Equal(0.75, report.Samples[0].Contraction, 1e-12);
    }

    [Fact]
    public void Elements_of_other_sizes_do_not_hide_a_gradient()
    {
        // Heron's iteration for both roots: y = √θ.
        using var tape = new Tape<double>();
        var p = tape.Watch(Tensor.From<double>([1e12, 1e-16], [1, 2]));
        var y = FixedPoint.Solve((t, v) => 0.5 * (v + t[0] / v), [p], Tensor.From<double>([1.1e6, 1.1e-8], [1, 2]), new() { AbsoluteTolerance = 1e-20 },
            out var report);
        report.OrThrow();
        var gradient = tape.Backward(y.Sum())[p].ToArray();
        Assert.Equal(0.5e-6, gradient[0], 1e-14);
        Assert.Equal(0.5e8, gradient[1], 1);
    }

    [Fact]
    public void A_sample_without_a_fixed_point_gets_no_gradient_unless_nothing_depends_on_it()
    {
        using var tape = new Tape<double>();
        var p = tape.Watch(Tensor.From<double>([4, -1], [2, 1]));
        var y = FixedPoint.Solve((t, v) => 0.5 * (v + t[0] / v), [p], Tensor.Full([2, 1], 1.0), null, out var report);
        var all = tape.Backward(y.Sum())[p].ToArray();
        Assert.Equal(0.25, all[0], 1e-9);
        Assert.True(double.IsNaN(all[1]));
        Assert.Contains("no fixed point", report.Gradients[1].Advice, StringComparison.Ordinal);
        var first = tape.Backward(y.Slice(0, 1).Sum())[p].ToArray();
        Assert.Equal(0.25, first[0], 1e-9);
        Assert.Equal(0, first[1]);
    }

    [Fact]
    public void A_parameter_or_state_that_is_not_used_has_gradient_zero()
    {
        using var tape = new Tape<double>();
        var (a, b, y0) = (tape.Watch(Tensor.Full([2, 3], 2.0)), tape.Watch(Tensor.Full([2, 3], 5.0)), tape.Watch(Tensor.Full([2, 3], 1.0)));
        var y = FixedPoint.Solve((p, _) => p[0].Square(), [a, b], y0, null, out var report);
        report.OrThrow();
        Assert.All(y.ToArray(), v => Assert.Equal(4, v));
        var gradients = tape.Backward(y.Sum());
        Assert.All(gradients[a].ToArray(), v => Assert.Equal(4, v));
        Assert.All(gradients[b].ToArray(), v => Assert.Equal(0, v));
        Assert.All(gradients[y0].ToArray(), v => Assert.Equal(0, v));
    }

    [Fact]
    public void A_large_sample_is_solved_without_its_Jacobian()
    {
        const int n = 200;
        var random = new Random(3);
        var w = Tensor.From([.. Enumerable.Range(0, n * n).Select(_ => (random.NextDouble() - 0.5) * 1.6 * Math.Sqrt(12.0 / n) / 2)], [n, n]);
        var x = Tensor.From([.. Enumerable.Range(0, 3 * n).Select(_ => random.NextDouble() - 0.5)], [3, n]);
        using var tape = new Tape<double>();
        Tensor<double>[] p = [tape.Watch(w), tape.Watch(x)];
        var y = FixedPoint.Solve(Recurrent, p, Tensor.Zeros<double>([3, n]), By(new Newton()), out var report);
        report.OrThrow();
        Assert.All(report.Samples, s => Assert.True(s.Method == "newton" && s.Iterations < 20));
        var gradient = tape.Backward(y.Sum())[p[1]].ToArray();
        Assert.All(report.Gradients, g => Assert.True(g.Exists && g.Method == "gmres" && g.Residual < 1e-12));
        var byLu = FixedPoint.Solve(Recurrent, p, Tensor.Zeros<double>([3, n]), new() { LargestDense = n }, out _);
        Assert.All(gradient.Zip(tape.Backward(byLu.Sum())[p[1]].ToArray()), v => Assert.Equal(v.Second, v.First, 1e-8));
    }

    [Fact]
    public void A_pole_is_left_out_of_sight_and_a_minimum_that_is_no_zero_says_so()
    {
        // y = y + 1 + y²: no real fixed point.
        FixedPoint.Solve((_, y) => y + 1.0 + y.Square(), Array.Empty<Tensor<double>>(), Tensor.Full([1, 1], 0.7), By(new Newton()), out var report);
        Assert.Contains(report.Samples[0].Status, (FixedPointStatus[])[FixedPointStatus.NoDescent, FixedPointStatus.SingularJacobian,
            FixedPointStatus.IterationCap]);
        Assert.InRange(report.Samples[0].Residual, 1, 1.49);
        Assert.False(string.IsNullOrEmpty(report.Samples[0].Advice));
    }

    [Fact]
    public void What_makes_no_sense_is_refused_in_a_sentence()
    {
        var y0 = Tensor.Zeros<double>([2, 1]);
        Tensor<double> F(Tensor<double>[] p, Tensor<double> y) => y;
        Assert.Contains("Methods is empty", Assert.Throws<ArgumentException>(() => FixedPoint.Solve(F, [], y0, new() { Methods = [] }, out _)).Message,
            StringComparison.Ordinal);
        Assert.Contains("RelativeTolerance is -1",
            Assert.Throws<ArgumentException>(() => FixedPoint.Solve(F, [], y0, new() { RelativeTolerance = -1 }, out _)).Message, StringComparison.Ordinal);
        Assert.Contains("Both tolerances are 0",
            Assert.Throws<ArgumentException>(() => FixedPoint.Solve(F, [], y0, new() { RelativeTolerance = 0, AbsoluteTolerance = 0 }, out _)).Message,
            StringComparison.Ordinal);
        Assert.Contains("MaxIterations is 0", Assert.Throws<ArgumentException>(() => FixedPoint.Solve(F, [], y0, new() { MaxIterations = 0 }, out _)).Message,
            StringComparison.Ordinal);
        Assert.Contains("f gave [2]", Assert.Throws<ShapeException>(() => FixedPoint.Solve((_, y) => y.Sum(1), [], y0, null, out _)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Picard(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Anderson(0));
        // A tensor of a tape that f captures would get no gradient: an error, and no silent zero.
        using var tape = new Tape<double>();
        var captured = tape.Watch(Tensor.Full([2, 1], 0.5));
        Assert.Throws<DeviceMismatchException>(() => FixedPoint.Solve((_, y) => 0.5 * y + captured, [], y0, null, out _));
    }

    [Fact]
    public void An_empty_batch_is_an_empty_batch()
    {
        var y = FixedPoint.Solve((_, y) => 0.5 * y, [], Tensor.Zeros<double>([0, 3]), null, out var report);
        Assert.Equal([0, 3], y.Shape);
        Assert.Empty(report.Samples);
    }

    // y = a·y + 1 moves away from its fixed point by a factor a; what is returned is no worse than the start, whatever the size of y.
    [Theory]
    [InlineData(2, 20)]
    [InlineData(-1.5, 7)]
    [InlineData(3, 2000)]
    public void An_iteration_that_runs_off_returns_the_best_state_and_says_so(double a, int iterations)
    {
        Tensor<double> F(Tensor<double>[] p, Tensor<double> y) => p[0] * y + 1.0;
        var y = FixedPoint.Solve(F, [Tensor.From([a], Shape.Scalar)], Tensor.Zeros<double>([1, 1]),
            new() { Methods = [new Picard()], MaxIterations = iterations }, out var report);
        var sample = report.Samples[0];
        Assert.Equal(0, y.Item());
        Assert.Equal(("start", 1.0), (sample.Method, sample.Residual));
        Assert.Equal(iterations > 1000 ? FixedPointStatus.NotFinite : FixedPointStatus.IterationCap, sample.Status);
        Assert.Equal(Math.Abs(a), sample.Contraction, 1e-9);
        Assert.Contains(iterations > 1000 ? "ran off" : "moves away", sample.Advice, StringComparison.Ordinal);
    }

    // Elements of different units: the state with the least residual in every one is the best, of one far off in one alone too.
    [Fact]
    public void The_method_after_one_that_ran_off_begins_where_the_search_began()
    {
        Tensor<double> F(Tensor<double>[] p, Tensor<double> y) => p[0] * (y - 1.0) + 1.0 + 0.01 * (y - 1.0).Square();
        foreach (var start in (double[])[0.9, 0.5, 1.5])
        {
            var y = FixedPoint.Solve(F, [Tensor.From([5.0], Shape.Scalar)], Tensor.From([start], [1, 1]),
                new() { Methods = [new Picard(), new Newton()], MaxIterations = 4 }, out var report);
            report.OrThrow();
            Assert.Equal(1, y.Item(), 1e-9);
        }
    }

    // f(y) − y = 1 + y² is least at 0; beside |y| it is least at ±1.
    [Theory]
    [InlineData(0.5)]
    [InlineData(-3)]
    public void Newton_takes_no_step_for_the_growth_of_the_state_alone(double start)
    {
        var y = FixedPoint.Solve((_, y) => y + 1.0 + y.Square(), [Tensor.From([0.0], Shape.Scalar)], Tensor.From([start], [1, 1]),
            new() { Methods = [new Newton()] }, out var report);
        Assert.Equal(FixedPointStatus.NoDescent, report.Samples[0].Status);
        Assert.True(report.Samples[0].Residual < 1.01, $"{report.Samples[0]} at {y.Item()}");
    }

    public static TheoryData<string, Func<Tensor<double>, Tensor<double>>, Shape> Coupled => new()
    {
        { "a product of one state taken for samples", y => 0.1 * y.Reshape([1, 4]).MatMul(Tensor.From(W, [4, 4])).Reshape([4]), [4] },
        { "a sum over everything", y => 0.1 * y + 0.1 * y.Square().Sum(), [3, 2] },
        { "the mean of the batch", y => y * 0.5 - 0.3 * y.Mean(0), [5, 2] },
        { "the next sample", y => 0.5 * Tensor<double>.Concat(0, [y.Slice(1, 3), y.Slice(0, 1)]).Tanh(), [4, 1] },
        { "the second next", y => 0.5 * Tensor<double>.Concat(0, [y.Slice(2, 6), y.Slice(0, 2)]).Tanh(), [8, 1] },
        { "the first alone", y => 0.5 * y + y.Slice(0, 1).Tanh(), [2, 1] },
        { "the last alone", y => 0.5 * y + y.Slice(1, 1).Tanh(), [2, 1] },
    };

    [Theory]
    [MemberData(nameof(Coupled))]
    public void Samples_that_depend_on_one_another_are_refused(string what, Func<Tensor<double>, Tensor<double>> f, Shape shape)
    {
        var error = Assert.Throws<ArgumentException>(
            () => FixedPoint.Solve((_, y) => f(y), [Tensor.From([0.0], Shape.Scalar)], Tensor.Zeros<double>(shape), null, out _));
        Assert.True(error.Message.Contains("must not depend on one another", StringComparison.Ordinal)
            && error.Message.Contains("[1, n]", StringComparison.Ordinal), what);
    }

    [Fact]
    public void A_value_read_inside_f_is_refused_where_its_derivative_would_be_lost()
    {
        Tensor<double> Reads(Tensor<double>[] p, Tensor<double> y) => y.Item() > 0 ? p[0] * y.Tanh() + 0.3 : y * 0.5 + 0.3;
        Tensor<double> Selects(Tensor<double>[] p, Tensor<double> y) => Tensor<double>.Select(y, p[0] * y.Tanh(), y * 0.5) + 0.3;
        Tensor<double> Logs(Tensor<double>[] p, Tensor<double> y)
        {
            Assert.True(double.IsFinite(y.StopGradient().Item()));
            return Selects(p, y);
        }
        double Gradient(Func<Tensor<double>[], Tensor<double>, Tensor<double>> f)
        {
            using var tape = new Tape<double>();
            var p = tape.Watch(Tensor.From([0.5], Shape.Scalar));
            return tape.Backward(FixedPoint.Solve(f, [p], Tensor.From([0.2], [1, 1]), null, out _).Sum())[p].Item();
        }
        Assert.Contains("Select", Assert.Throws<InvalidOperationException>(() => Gradient(Reads)).Message, StringComparison.Ordinal);
        Assert.Equal(Gradient(Selects), Gradient(Logs));
        Assert.True(Gradient(Selects) > 0);
        Assert.Throws<InvalidOperationException>(() => Jacobian.Of(x => x * x.Sum().Item(), Tensor.From([1.0, 2.0], [2])));
    }
}
