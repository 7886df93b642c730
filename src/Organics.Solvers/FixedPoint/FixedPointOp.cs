using System.Numerics;

namespace Organics;

/// <summary>y = f(θ, y) as one op with inputs θ and y0: searched by f's values, differentiated by VJPs of f on a tape of its own.</summary>
sealed class FixedPointOp<T>(Func<Tensor<T>[], Tensor<T>, Tensor<T>> f, FixedPointOptions options, FixedPointReport report) : Op<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // A gradient that the error of the point changes by more than this part is none.
    const double Steadiness = 0.1;

    // How much farther it is looked whether a change is a kink's; and how well the error of a gradient is known where that takes iterations.
    const double Farther = 4, RoughTolerance = 0.1;

    static readonly double Epsilon = double.CreateTruncating(T.BitIncrement(T.One) - T.One);

    Device _device = Device.Cpu;

    public override string Name => "FixedPoint";

    public override Shape Infer(ReadOnlySpan<Tensor<T>> inputs)
    {
        _device = inputs[0].Device;
        return inputs[^1].Shape;
    }

    public override void Forward(in ForwardContext<T> c)
    {
        var start = c.Count - 1;
        var (shape, theta) = (c.Shape(start), new (View<T>, Shape)[start]);
        for (var i = 0; i < start; i++) theta[i] = (c.Input(i), c.Shape(i));
        var (count, width) = Extents(shape);
        var (relative, absolute) = options.Tolerances(typeof(T) == typeof(double));
        using var workspace = new Workspace<T>(_device);
        void Map(double[] y, double[] image)
        {
            Values(Evaluate(workspace, theta, Rounded(workspace, y, shape)), image);
            workspace.Reset();
        }
        var y0 = new double[shape.Length];
        Values(workspace.Borrow(c.Input(start), shape), y0);
        var batch = new FixedPointBatch(count, width, y0, Map, y => Jacobian(theta, y, shape), relative, absolute, Epsilon);
        if (count > 0) batch.Run(options.Methods, options.MaxIterations);
        report.Samples = [.. Enumerable.Range(0, count).Select(batch.Outcome)];
        c.On.Upload(Array.ConvertAll(batch.Best, T.CreateTruncating), c.Output);
    }

    public override void Vjp(in VjpContext<T> c)
    {
        var (shape, theta) = (c.OutputShape, new (View<T> View, Shape Shape)[c.Count - 1]);
        for (var i = 0; i < theta.Length; i++) theta[i] = (c.Input(i), c.Shape(i));
        var (y, cotangent) = (new double[shape.Length], new double[shape.Length]);
        using (var workspace = new Workspace<T>(_device))
        {
            Values(workspace.Borrow(c.Output, shape), y);
            Values(workspace.Borrow(c.OutputGrad, shape), cotangent);
        }
        var adjoint = Adjoint(theta, y, cotangent, shape);
        using var tape = new Tape<T>(_device);
        var own = new Tensor<T>[theta.Length];
        for (var i = 0; i < own.Length; i++)
        {
            own[i] = tape.Workspace.Borrow(theta[i].View, theta[i].Shape);
            if (c.Needs(i)) own[i] = tape.Watch(own[i]);
        }
        var image = Checked(tape.Trace(() => f(own, Rounded(tape.Workspace, y, shape))), shape);
        // Where f does not use θ, its gradient is 0.
        if (!image.IsTracked) return;
        var gradients = tape.Backward(image, Rounded(tape.Workspace, adjoint, shape));
        for (var i = 0; i < own.Length; i++)
            if (c.Needs(i)) c.On.Add(gradients[own[i]].View, c.Grad(i));
    }

    /// <summary>w of (I − ∂f/∂y)ᵀw = ȳ for every sample; NaN where there is no gradient.</summary>
    double[] Adjoint((View<T>, Shape)[] theta, double[] y, double[] cotangent, Shape shape)
    {
        var (count, width) = Extents(shape);
        using var tape = new Tape<T>(_device);
        var products = new Products(this, tape, theta, y, shape);
        var (w, methods, isOpen) = (new double[shape.Length], new string[count], new bool[count]);
        for (var s = 0; s < count; s++)
        {
            isOpen[s] = report.Samples[s].Status == FixedPointStatus.Converged
                && Vectors.Largest(cotangent.AsSpan(s * width, width)) is var size && size > 0 && double.IsFinite(size);
            methods[s] = !isOpen[s] ? "none" : width <= options.LargestDense ? "lu" : "gmres";
        }
        // By sample; null altogether where the Jacobian is not formed.
        (double[] Factors, int[] Pivots)?[]? factored = null;
        if (width <= options.LargestDense)
        {
            var rows = products.Rows();
            factored = [.. isOpen.Select((open, s) => open ? FixedPointBatch.Factored(rows.AsSpan(s * width * width, width * width), width) : null)];
            for (var s = 0; s < count; s++)
            {
                if (!isOpen[s]) continue;
                var x = w.AsSpan(s * width, width);
                x.Fill(double.NaN);
                if (factored[s] is not var (factors, pivots)) continue;
                cotangent.AsSpan(s * width, width).CopyTo(x);
                Lu.SolveTransposed<double>(factors, width, pivots, x);
            }
        }
        // Working precision, or as near to it as the condition allows.
        else Iterate(products, cotangent, w, isOpen, width, 16 * Epsilon);

        // What is left of the equation, here and where the fixed point may as well be: a solution that the error of the point changes is none.
        var here = products.Transposed(w);
        var doubt = Doubt(factored is not null, y, products.Image(), cotangent, w, isOpen, width);
        var (worst, moved, kinks) = (new double[shape.Length], new double[count], new bool[count]);
        foreach (var direction in isOpen.Contains(true) ? Directions(w, count, width) : [])
        {
            var reach = Reach(factored, doubt, direction, y, width);
            foreach (var side in (double[])[1, -1])
            {
                var change = Change(side, reach);
                double[]? farther = null;
                for (var s = 0; s < count; s++)
                {
                    if (!isOpen[s]) continue;
                    var part = change.AsSpan(s * width, width);
                    // What is no number stays.
                    var largest = Vectors.Largest(part);
                    if (largest > moved[s] || double.IsNaN(largest))
                    {
                        moved[s] = largest;
                        part.CopyTo(worst.AsSpan(s * width));
                    }
                    // Besides the terms of its equation, what rounding and a slope may leave where they are 0.
                    var terms = Math.Sqrt(Epsilon) * (Vectors.Largest(cotangent.AsSpan(s * width, width)) + Vectors.Largest(w.AsSpan(s * width, width)));
                    for (var i = s * width; i < (s + 1) * width && !kinks[s]; i++)
                    {
                        if (!(Math.Abs(change[i]) > Steadiness * (Math.Abs(cotangent[i]) + Math.Abs(w[i]) + Math.Abs(here[i]) + terms))) continue;
                        // A slope that is continuous changes more, farther away.
                        farther ??= Change(Farther * side, reach);
                        kinks[s] = Math.Abs(farther[i]) < 1.5 * Math.Abs(change[i]);
                    }
                }
            }
        }
        double[] Change(double side, double[] reach)
        {
            using var besideTape = new Tape<T>(_device);
            var beside = new Products(this, besideTape, theta, [.. y.Zip(reach, (v, r) => v + side * r)], shape).Transposed(w);
            Vectors.Add(-1, here, beside);
            return beside;
        }

        // What that takes w off by: (I − ∂f/∂y)ᵀδ = the largest change.
        double[] off = [.. worst];
        if (factored is null) Iterate(products, worst, off, isOpen, width, RoughTolerance);
        for (var s = 0; s < count; s++)
            if (factored?[s] is var (factors, pivots)) Lu.SolveTransposed<double>(factors, width, pivots, off.AsSpan(s * width, width));

        var outcomes = new FixedPointGradient[count];
        for (var s = 0; s < count; s++)
        {
            var x = w.AsSpan(s * width, width);
            double size = Vectors.Largest(cotangent.AsSpan(s * width, width)), residual = 0;
            for (var i = s * width; i < (s + 1) * width; i++) residual = Math.Max(residual, Math.Abs(cotangent[i] - w[i] + here[i]) / size);
            // The change itself says more where a rough solution of a nearly singular equation is small.
            var error = Math.Max(
                moved[s] / size, Vectors.Largest(x) is var reached && reached == 0 ? 0 : Vectors.Largest(off.AsSpan(s * width, width)) / reached);
            outcomes[s] = Judge(s, size, residual, error, kinks[s], methods[s]);
            if (!outcomes[s].Exists) x.Fill(options.LeavesOut ? 0 : double.NaN);
        }
        report.Gradients = outcomes;
        return w;
    }

    /// <summary>
    /// How far each equation y_i = f_i may be off: what is left of it and the rounding of f. Where the Jacobian was not formed its inverse is known by its size
    /// alone, ‖w‖/‖ȳ‖, which is taken in.
    /// </summary>
    double[] Doubt(bool isFormed, double[] y, double[] image, double[] cotangent, double[] w, bool[] isOpen, int n)
    {
        var (relative, absolute) = options.Tolerances(typeof(T) == typeof(double));
        // Below it the caller does not look at y, and terms of f may be as large.
        var size = relative > 0 ? absolute / relative : 0;
        var doubt = new double[y.Length];
        for (var i = 0; i < y.Length; i++)
        {
            var s = i / n;
            if (!isOpen[s]) continue;
            var growth = isFormed ? 1 : Vectors.Largest(w.AsSpan(s * n, n)) / Vectors.Largest(cotangent.AsSpan(s * n, n));
            doubt[i] = Math.Max(1, growth) * (Math.Abs(image[i] - y[i]) + Epsilon * (4 * (Math.Abs(y[i]) + Math.Abs(image[i])) + 8 * size));
        }
        return doubt;
    }

    /// <summary>
    /// Where to look beside a fixed point. The signs of w, which near a fold is the left null vector, so that the error has as much of it as it can; and, as a
    /// kink is a surface that one direction may lie in, the axes, where they are few, and directions at random.
    /// </summary>
    static IEnumerable<double[]> Directions(double[] w, int count, int n)
    {
        const int MostAxes = 4, AtRandom = 3;
        yield return Array.ConvertAll(w, v => Math.CopySign(1, v));
        // In one dimension there is no other.
        if (n == 1) yield break;
        for (var k = 0; k < (n <= MostAxes ? n : 0); k++) yield return [.. Enumerable.Range(0, count * n).Select(i => i % n == k ? 1.0 : 0)];
        for (var k = 0; k < AtRandom; k++)
        {
            var random = new CounterRandom((ulong)k);
            yield return [.. Enumerable.Range(0, count * n).Select(i => 2 * random.Uniform((ulong)i) - 1)
                .Select(v => v + Math.CopySign(1, v)).Select(v => v / 2)];
        }
    }

    /// <summary>How far a fixed point may be off in a direction: (I − ∂f/∂y)⁻¹ of the doubt in its equation.</summary>
    static double[] Reach((double[] Factors, int[] Pivots)?[]? factored, double[] doubt, double[] direction, double[] y, int n)
    {
        double[] reach = [.. doubt.Zip(direction, (d, u) => d * u)];
        for (var s = 0; s < reach.Length / n; s++)
        {
            var part = reach.AsSpan(s * n, n);
            // Where it is singular w is no number, and nothing is asked of the reach.
            if (factored?[s] is var (factors, pivots)) Lu.Solve<double>(factors, n, pivots, part);
            // No farther than y is large: beyond, f may not be defined.
            for (var i = 0; i < n; i++)
                part[i] = Math.Clamp(part[i], -Math.Sqrt(Epsilon) - Math.Abs(y[s * n + i]), Math.Sqrt(Epsilon) + Math.Abs(y[s * n + i]));
        }
        return reach;
    }

    FixedPointGradient Judge(int sample, double size, double residual, double error, bool isKink, string method)
    {
        if (size == 0) return new(true, 0, 0, "none", "The result does not depend on this sample.");
        if (!double.IsFinite(size)) return None("none", "The cotangent is not finite; look for an overflow behind the fixed point.");
        if (report.Samples[sample].Status != FixedPointStatus.Converged)
            return None("none", "The sample is at no fixed point, so it has no gradient; see its own advice, or leave it out of the loss.");
        if (isKink)
            return None(method, "f has a kink at the fixed point as far as that is known, so its derivative, and the gradient, depend on the side; move θ away "
                + "from it, or smooth f.");
        if (!double.IsFinite(residual) || !(error <= Steadiness))
            return None(
                method, "I − ∂f/∂y is singular as far as the point is known, as at a fold, so there is no gradient; move θ away from it, or tighten the "
                + "tolerances.");
        if (!(residual <= Math.Sqrt(Epsilon)))
            return None(method, $"GMRES has left {residual:g3} of the adjoint equation; raise LargestDense for a factorisation.");
        return new(true, residual, error, method, error <= Math.Max(residual, 16 * Epsilon)
            ? "Exact to the residual."
            : $"The error of the fixed point may change it by {error:g2} of its size; tighten the tolerances if that is too much.");

        FixedPointGradient None(string by, string advice) => new(false, by == "none" ? double.NaN : residual, double.NaN, by, advice);
    }

    static void Iterate(Products products, double[] cotangent, double[] w, bool[] isOpen, int n, double tolerance)
    {
        const int MostProducts = 300;
        var systems = new Gmres?[isOpen.Length];
        for (var s = 0; s < systems.Length; s++)
            if (isOpen[s]) systems[s] = new(cotangent.AsSpan(s * n, n), tolerance, Math.Min(2 * n, MostProducts));
        var directions = new double[w.Length];
        while (systems.Any(g => g is { IsDone: false }))
        {
            for (var s = 0; s < systems.Length; s++)
                if (systems[s] is { IsDone: false } open) open.Direction.CopyTo(directions.AsSpan(s * n, n));
            var images = products.Transposed(directions);
            for (var s = 0; s < systems.Length; s++)
            {
                if (systems[s] is not { IsDone: false } open) continue;
                var product = open.Direction.ToArray();
                Vectors.Add(-1, images.AsSpan(s * n, n), product);
                open.Advance(product);
            }
        }
        for (var s = 0; s < systems.Length; s++) systems[s]?.Solution().CopyTo(w, s * n);
    }

    double[] Jacobian((View<T>, Shape)[] theta, double[] y, Shape shape)
    {
        using var tape = new Tape<T>(_device);
        return new Products(this, tape, theta, y, shape).Rows();
    }

    /// <summary>f linearised at a state: its products with cotangents, for all samples at once.</summary>
    sealed class Products
    {
        readonly Tape<T> _tape;
        readonly Tensor<T> _y, _image;
        readonly Shape _shape;

        public Products(FixedPointOp<T> op, Tape<T> tape, (View<T> View, Shape Shape)[] theta, double[] y, Shape shape)
        {
            (_tape, _shape) = (tape, shape);
            _y = tape.Watch(Rounded(tape.Workspace, y, shape));
            _image = tape.Trace(() => op.Evaluate(tape.Workspace, theta, _y));
        }

        /// <summary>(∂f/∂y)ᵀv of every sample.</summary>
        public double[] Transposed(double[] v)
        {
            var product = new double[v.Length];
            // f does not use y: its derivative is 0.
            if (_image.IsTracked) Values(_tape.Backward(_image, Rounded(_tape.Workspace, [.. v], _shape))[_y], product);
            return product;
        }

        /// <summary>∂f/∂y of every sample, n × n, row-major: row i of all samples in one pass.</summary>
        public double[] Rows()
        {
            var (count, n) = Extents(_shape);
            var (rows, unit) = (new double[count * n * n], new double[count * n]);
            for (var i = 0; i < n; i++)
            {
                for (var s = 0; s < count; s++) unit[s * n + i] = 1;
                var row = Transposed(unit);
                for (var s = 0; s < count; s++)
                {
                    row.AsSpan(s * n, n).CopyTo(rows.AsSpan((s * n + i) * n));
                    unit[s * n + i] = 0;
                }
            }
            return rows;
        }

        /// <summary>f(y).</summary>
        public double[] Image()
        {
            var image = new double[_shape.Length];
            Values(_image, image);
            return image;
        }
    }

    Tensor<T> Evaluate(Workspace<T> workspace, (View<T> View, Shape Shape)[] theta, Tensor<T> y)
        => Checked(f(Array.ConvertAll(theta, t => workspace.Borrow(t.View, t.Shape)), y), y.Shape);

    static Tensor<T> Checked(Tensor<T> image, Shape shape)
        => image is null ? throw new ArgumentException("FixedPoint: f gave null; return a tensor of y's shape.")
            : image.Shape == shape ? image : throw new ShapeException($"FixedPoint: f gave {image.Shape} for y {shape}; return a tensor of y's shape.");

    static (int Count, int Width) Extents(Shape shape)
    {
        var count = shape.Rank == 0 ? 1 : shape[0];
        return (count, count == 0 ? 0 : shape.Length / count);
    }

    /// <summary>Rounds values to T in place, into a tensor.</summary>
    static Tensor<T> Rounded(Workspace<T> workspace, double[] values, Shape shape)
    {
        var rounded = Array.ConvertAll(values, T.CreateTruncating);
        for (var i = 0; i < values.Length; i++) values[i] = double.CreateTruncating(rounded[i]);
        return workspace.From(rounded, shape);
    }

    static void Values(Tensor<T> tensor, double[] values)
    {
        var own = tensor.ToArray();
        for (var i = 0; i < own.Length; i++) values[i] = double.CreateTruncating(own[i]);
    }
}
