using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Organics;

/// <summary>The recurrent circuit under one constant input.</summary>
/// <param name="Input">x, the same in every channel, as the cell sees it.</param>
/// <param name="Settled">Whether the state came to rest.</param>
/// <param name="Change">The largest change of the last step, relative to the largest state.</param>
/// <param name="Eigenvalues">
/// λ of the flow's Jacobian there, in units of 1/Δt; 4n of them, none where it did not come to rest, or where Newton's method finds no fixed point beside the
/// state: what creeps past the place where one has vanished changes little, too.
/// </param>
/// <param name="Uncertainty">
/// An estimate of the error of max |1 + λΔt| (<see cref="SpectralBound"/>); infinite where a rectifier of the recurrent input stands at its kink, where the
/// step has several Jacobians, and no norm in which all of them contract was found.
/// </param>
public sealed record ConstantInput(double Input, bool Settled, double Change, Complex[] Eigenvalues, double Uncertainty = 0)
{
    /// <summary>The largest real part of an eigenvalue; NaN if they were not found.</summary>
    public double MaxRealPart => Eigenvalues.Length == 0 ? double.NaN : Eigenvalues.Max(v => v.Real);

    /// <summary>Whether Euler's steps contract there: it settled, and |1 + λ·Δt| &lt; 1 for every eigenvalue, by more than their error. The flow itself is
    /// stable then, too.</summary>
    public bool IsStable => Settled && Eigenvalues.Length > 0 && Eigenvalues.All(v => (1 + v).Magnitude + Uncertainty < 1);
}

/// <summary>
/// Local stability of a trained recurrent circuit: it is driven by constant inputs until it rests, and the eigenvalues of its Jacobian, gains included, are
/// taken where it does. No theorem covers the circuit with dynamic gains; this is what was found. That a fixed point is there is no proof as for
/// <see cref="StabilityReport"/>: two steps of Newton's method must contract.
/// </summary>
/// <param name="Inputs">One for each constant input.</param>
public sealed record SequenceStability(IReadOnlyList<ConstantInput> Inputs)
{
    const int StepsAtATime = 1000;

    /// <summary>Steps that a circuit is given to come to rest in, unless fewer are asked for: at the slowest time constants of the paper, Δt/τ = 0.005/2, more
    /// than a hundred of them.</summary>
    public const int MostSteps = 60_000;

    const double RestTolerance = 1e-9;

    // Of Newton's steps from there, relative to the largest state: from a point that rests at the slowest time constants the first is longer by their number of
    // steps, and at the end rounding is left.
    const double LongestMove = 1e-3, RoundingMove = 1e-11;

    /// <summary>How many constant inputs brought the circuit to no rest.</summary>
    public int NotSettled => Inputs.Count(i => !i.Settled);

    /// <summary>The largest real part of any eigenvalue at rest; NaN if none is known.</summary>
    public double MaxRealPart => Inputs.Select(i => i.MaxRealPart).Where(double.IsFinite).DefaultIfEmpty(double.NaN).Max();

    /// <summary>The share of the constant inputs under which the circuit settles to a stable fixed point.</summary>
    public double StableFraction => (double)Inputs.Count(i => i.IsStable) / Inputs.Count;

    /// <summary>The key in a checkpoint's metadata under which an examination is kept.</summary>
    public const string MetadataKey = "stability_examination";

    const string Reason = "No theorem covers dynamic gains; this is what was found at constant inputs.";

    // Eigenvalues of the same weights differ by rounding from machine to machine.
    const double SameEigenvalue = 1e-6;

    /// <summary>
    /// One JSON object: "certified" is false, for no theorem covers dynamic gains; "inputs" has [x, max Re λ in 1/Δt or null, settled, stable] for each
    /// constant input.
    /// </summary>
    public string ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteBoolean("certified", false);
            json.WriteString("reason", Reason);
            json.WriteStartArray("inputs");
            foreach (var each in Inputs)
            {
                json.WriteStartArray();
                json.WriteNumberValue(each.Input);
                if (double.IsFinite(each.MaxRealPart)) json.WriteNumberValue(each.MaxRealPart);
                else json.WriteNullValue();
                json.WriteBooleanValue(each.Settled);
                json.WriteBooleanValue(each.IsStable);
                json.WriteEndArray();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Whether <see cref="ToJson"/> of the same weights, perhaps on another machine, gave a text: all of it, but for the rounding of
    /// eigenvalues.</summary>
    public bool Agrees(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(Encoding.UTF8.GetBytes(json), new() { AllowDuplicateProperties = false });
            var root = document.RootElement;
            var stored = root.GetProperty("inputs").EnumerateArray().Select(each => each.EnumerateArray().ToArray()).ToArray();
            var scale = Inputs.SelectMany(i => i.Eigenvalues).Select(v => v.Magnitude).DefaultIfEmpty(0).Max();
            return root.EnumerateObject().Count() == 3 && !root.GetProperty("certified").GetBoolean() && root.GetProperty("reason").ValueEquals(Reason)
                && stored.Length == Inputs.Count && stored.Zip(Inputs).All(pair => Same(pair.First, pair.Second));

            bool Same(JsonElement[] text, ConstantInput found) => text.Length == 4 && text[0].GetDouble() == found.Input
                && text[2].GetBoolean() == found.Settled && text[3].GetBoolean() == found.IsStable
                && (double.IsFinite(found.MaxRealPart) ? Math.Abs(text[1].GetDouble() - found.MaxRealPart) <= SameEigenvalue * scale
                    : text[1].ValueKind == JsonValueKind.Null);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }

    /// <summary>Examines a circuit at inputs spread evenly over the range that it was shown in training.</summary>
    /// <param name="model">The model, in double whatever precision it was trained in.</param>
    /// <param name="count">How many inputs, 2 or more.</param>
    /// <param name="mostSteps">Steps to come to rest in.</param>
    /// <param name="cancellation">Gives up.</param>
    public static SequenceStability Of(
        SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double> model, int count, int mostSteps = MostSteps,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 2);
        var device = model.Parameters.Head.Weight.Device;
        var coefficients = model.Cell.Prepare(model.Parameters.Cell);
        var ((least, most), channels) = (model.Options.Range, model.Options.Format.Channels);
        double[] inputs = [.. Enumerable.Range(0, count).Select(i => least + (most - least) * i / (count - 1))];
        double[] shown = [.. inputs.SelectMany(v => Enumerable.Repeat(v, channels))];
        IReadOnlyList<Tensor<double>> state = [.. model.Initial.Select(s => s.Expand(0, count))];
        var x = Tensor.From(shown, [1, count, channels], device);
        var many = Tensor.From([.. Enumerable.Repeat(shown, StepsAtATime).SelectMany(v => v)], [StepsAtATime, count, channels], device);
        var changes = new double[count];
        for (var steps = 0; steps < mostSteps; steps += StepsAtATime)
        {
            cancellation.ThrowIfCancellationRequested();
            var before = model.Cell.Run(coefficients, many, state, SequenceMemory.Sqrt);
            state = model.Cell.Run(coefficients, x, before, SequenceMemory.Sqrt);
            changes = Changes(before, state, count);
            if (changes.All(c => c <= RestTolerance)) break;
        }
        var found = new ConstantInput[count];
        for (var i = 0; i < count; i++)
        {
            if (changes[i] > RestTolerance)
            {
                found[i] = new(inputs[i], false, changes[i], []);
                continue;
            }
            var (spectrum, uncertainty) = AtRest(model, coefficients, inputs[i], [.. state.SelectMany(s => s[i].ToArray())]);
            found[i] = new(inputs[i], true, changes[i], spectrum, uncertainty);
        }
        return new(found);
    }

    /// <summary>The spectrum at the fixed point that Newton's method reaches in two steps from where the state rests, and its error by that of the point and of
    /// QR; none where the steps do not contract.</summary>
    static (Complex[] Eigenvalues, double Uncertainty) AtRest(SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double> model,
        CircuitCoefficients<double> coefficients, double input, double[] state)
    {
        var (n, size) = (model.Options.Units, state.Length);
        var (jacobian, before, factors, pivots) = (Array.Empty<double>(), Array.Empty<double>(), new double[size * size], new int[size]);
        var scale = Math.Max(1, state.Max(Math.Abs));
        var last = double.NaN;
        for (var iteration = 0; iteration < 2; iteration++)
        {
            var parts = Enumerable.Range(0, 4).Select(k => Tensor.From<double>(state.AsSpan(k * n, n), [1, n], model.Parameters.Head.Weight.Device)).ToArray();
            (before, jacobian) = (jacobian, StepJacobian(model, coefficients, input, [.. parts.Select(p => p[0])]));
            // The step is x + Δt·ẋ: its Jacobian without the identity is the flow's, times Δt.
            for (var k = 0; k < size; k++) jacobian[k * size + k] -= 1;
            if (!jacobian.All(double.IsFinite)) return ([], double.NaN);
            var after = model.Cell.Step(coefficients, Tensor.Full([1, model.Options.Format.Channels], input, model.Parameters.Head.Weight.Device), parts);
            double[] move = [.. after.SelectMany(s => s.ToArray()).Zip(state, (x, y) => y - x)];
            jacobian.CopyTo(factors, 0);
            if (Lu.Factor<double>(factors, size, pivots).IsSingular) return ([], double.NaN);
            Lu.Solve<double>(factors, size, pivots, move);
            var length = move.Max(Math.Abs) / scale;
            // The second step must show that the first one was good.
            if (!(length <= (iteration == 0 ? LongestMove : Math.Max(last / 4, RoundingMove)))) return ([], double.NaN);
            last = length;
            if (iteration == 0) state = [.. state.Zip(move, (x, m) => x + m)];
        }
        var spectrum = Eigenvalues.Of(jacobian, size);
        if (spectrum.Summary.Status != EigenvalueStatus.Converged) return ([], double.NaN);
        // What the first step changed bounds what the second one leaves.
        double[] spread = [.. jacobian.Zip(before, (x, y) => Math.Abs(x - y) + 1e-15 * Math.Abs(x))];
        return (spectrum.Values, IsAtKink(model, coefficients, state.AsSpan(0, n), scale) && !ContractsBesideKinks() ? double.PositiveInfinity
            : SpectralBound.Largest(jacobian, spread, size, spectrum.Values, StabilityRegion.EulerDisc).Uncertainty);

        // Beside a kink the step is one matrix or another, and that each of them has its eigenvalues in the disc does not make their products small. One norm
        // in which all contract does: the largest of their elements bound |I + J| whichever units are on, and where that bound has a spectral radius below 1,
        // its Perron vector weighs the maximum norm.
        bool ContractsBesideKinks()
        {
            if (((RecurrentCircuit<double>)model.Cell).Variant.Recurrence != RecurrentRectifier.Inside) return false;
            double[] On(double at) => [.. state.Select((v, i) => i < n && Math.Abs(v) <= RoundingMove * scale ? at : v)];
            double[] Beside(double at)
            {
                var y = On(at);
                return StepJacobian(model, coefficients, input,
                    [.. Enumerable.Range(0, 4).Select(k => Tensor.From<double>(y.AsSpan(k * n, n), [n], model.Parameters.Head.Weight.Device))]);
            }
            double[] bound = [.. Beside(1e-100).Zip(Beside(-1e-100), (x, y) => Math.Max(Math.Abs(x), Math.Abs(y)))];
            for (var k = 0; k < spread.Length; k++) bound[k] += spread[k];
            return bound.All(double.IsFinite) && Eigenvalues.Of(bound, size).SpectralRadius < 1 - 1e-9;
        }
    }

    /// <summary>Whether a rectifier of the recurrent input stands at 0, where its derivative is another on either side, by as much as the state is
    /// known.</summary>
    static bool IsAtKink(SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double> model,
        CircuitCoefficients<double> coefficients, ReadOnlySpan<double> y, double scale)
    {
        double[] rectified = ((RecurrentCircuit<double>)model.Cell).Variant.Recurrence switch
        {
            RecurrentRectifier.Inside => y.ToArray(),
            RecurrentRectifier.Outside => Tensor.From(y, [1, y.Length], coefficients.Wr.Device).MatMul(coefficients.Wr, transposeOther: true).ToArray(),
            _ => [],
        };
        return rectified.Any(v => Math.Abs(v) <= RoundingMove * scale);
    }

    static double[] Changes(IReadOnlyList<Tensor<double>> before, IReadOnlyList<Tensor<double>> after, int count)
    {
        var changes = new double[count];
        for (var k = 0; k < before.Count; k++)
        {
            double[] from = before[k].ToArray(), to = after[k].ToArray();
            var n = from.Length / count;
            for (var i = 0; i < count; i++)
            {
                var scale = 1.0;
                for (var j = i * n; j < (i + 1) * n; j++) scale = Math.Max(scale, Math.Abs(to[j]));
                for (var j = i * n; j < (i + 1) * n; j++) changes[i] = Math.Max(changes[i], Math.Abs(to[j] - from[j]) / scale) is var c && double.IsNaN(c)
                    ? double.PositiveInfinity : c;
            }
        }
        return changes;
    }

    /// <summary>The Jacobian of one step, (y, a, b0, b) by (y, a, b0, b): row r is the VJP with the r-th unit vector, all of them in one batch.</summary>
    static double[] StepJacobian(SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double> model,
        CircuitCoefficients<double> coefficients, double input, Tensor<double>[] state)
    {
        var n = model.Options.Units;
        var size = 4 * n;
        using var tape = new Tape<double>(model.Parameters.Head.Weight.Device);
        var own = coefficients.Map((_, t) => tape.Workspace.From(t));
        var copies = state.Select(s => tape.Watch(tape.Workspace.From(s).Expand(0, size))).ToArray();
        var after = model.Cell.Step(own, tape.Constant([.. Enumerable.Repeat(input, size * model.Options.Format.Channels)],
            [size, model.Options.Format.Channels]), copies);
        var total = Tensor.Scalar(0.0, tape.Device);
        for (var k = 0; k < 4; k++)
        {
            var unit = new double[size * n];
            for (var j = 0; j < n; j++) unit[(k * n + j) * n + j] = 1;
            total += (after[k] * tape.Constant(unit, [size, n])).Sum();
        }
        var gradients = tape.Backward(total);
        var jacobian = new double[size * size];
        for (var k = 0; k < 4; k++)
        {
            var g = gradients[copies[k]].ToArray();
            for (var r = 0; r < size; r++) g.AsSpan(r * n, n).CopyTo(jacobian.AsSpan(r * size + k * n));
        }
        return jacobian;
    }
}
