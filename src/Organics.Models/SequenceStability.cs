using System.Text;
using System.Text.Json;

namespace Organics;

/// <summary>A recurrent cell under one constant input.</summary>
/// <param name="Input">x, the same in every channel, as the cell sees it.</param>
/// <param name="Settled">Whether the state came to rest.</param>
/// <param name="Change">The largest change of the last step, relative to the largest state.</param>
/// <param name="Spectrum">
/// There; nothing where it did not come to rest, or where Newton's method finds no fixed point beside the state: what creeps past the place where one has
/// vanished changes little, too.
/// </param>
public sealed record ConstantInput(double Input, bool Settled, double Change, StepSpectrum Spectrum)
{
    /// <summary>The largest real part of an eigenvalue, in 1/Δt; NaN if they were not found.</summary>
    public double MaxRealPart => Spectrum.MaxRealPart;

    /// <summary>Whether steps contract there: it settled, and every |μ| &lt; 1 by more than its error. Where steps are Euler's, the flow itself is stable then,
    /// too.</summary>
    public bool IsStable => Settled && Spectrum.Verdict == StabilityVerdict.Stable;

    /// <summary>Whether it settled where a step neither contracts nor has a |μ| &gt; 1 by more than its error, or where nothing is known of its μ.</summary>
    public bool IsUndecided => Settled && Spectrum.Verdict is not (StabilityVerdict.Stable or StabilityVerdict.Unstable);
}

/// <summary>
/// Local stability of a trained recurrent cell of any kind: it is driven by constant inputs until it rests, and the eigenvalues of its Jacobian, of a circuit
/// with its gains, are taken where it does. No theorem covers the circuit with dynamic gains or other cells; this is what was found. That a fixed point is
/// there is no proof as for <see cref="StabilityReport"/>: two steps of Newton's method must contract.
/// </summary>
/// <param name="Inputs">One for each constant input.</param>
public sealed record SequenceStability(IReadOnlyList<ConstantInput> Inputs)
{
    const int StepsAtATime = 1000;

    /// <summary>Steps that a cell is given to come to rest in, unless fewer are asked for: at the slowest time constants of the paper, Δt/τ = 0.005/2, more
    /// than a hundred of them.</summary>
    public const int MostSteps = 60_000;

    const double RestTolerance = 1e-9;

    // Of Newton's steps from there, relative to the largest state: from a point that rests at the slowest time constants the first is longer by their number of
    // steps, and at the end rounding is left.
    const double LongestMove = 1e-3, RoundingMove = 1e-11;

    /// <summary>How many constant inputs brought the cell to no rest.</summary>
    public int NotSettled => Inputs.Count(i => !i.Settled);

    /// <summary>Under how many it rests where its multipliers do not decide whether that is stable.</summary>
    public int Undecided => Inputs.Count(i => i.IsUndecided);

    /// <summary>The largest real part of any eigenvalue at rest; NaN if none is known.</summary>
    public double MaxRealPart => Inputs.Select(i => i.MaxRealPart).Where(double.IsFinite).DefaultIfEmpty(double.NaN).Max();

    /// <summary>The share of the constant inputs under which the cell settles to a stable fixed point.</summary>
    public double StableFraction => (double)Inputs.Count(i => i.IsStable) / Inputs.Count;

    /// <summary>The key in a checkpoint's metadata under which an examination is kept.</summary>
    public const string MetadataKey = "stability_examination";

    const string OfGains = "No theorem covers dynamic gains; this is what was found at constant inputs.",
        OfCell = "No theorem covers this cell; this is what was found at constant inputs.";

    /// <summary>Why it is no certificate.</summary>
    internal string Reason { get; init; } = OfGains;

    // Eigenvalues of the same weights differ by rounding from machine to machine.
    const double SameEigenvalue = 1e-6;

    /// <summary>
    /// One JSON object: "certified" is false, for no theorem covers it; "inputs" has [x, max Re λ in 1/Δt or null, settled, stable] for each
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

    /// <summary>Whether <see cref="ToJson"/> of the same weights, perhaps on another machine, gave a text: all of it, but for the rounding of eigenvalues, and
    /// for what could not be decided there and is stable here.</summary>
    public bool Agrees(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(Encoding.UTF8.GetBytes(json), new() { AllowDuplicateProperties = false });
            var root = document.RootElement;
            var stored = root.GetProperty("inputs").EnumerateArray().Select(each => each.EnumerateArray().ToArray()).ToArray();
            // ln μ of what a step forgets at once is infinite.
            var scale = Inputs.SelectMany(i => i.Spectrum.Eigenvalues).Select(v => v.Magnitude).Where(double.IsFinite).DefaultIfEmpty(0).Max();
            return root.EnumerateObject().Count() == 3 && !root.GetProperty("certified").GetBoolean() && root.GetProperty("reason").GetString() is OfGains or OfCell
                && stored.Length == Inputs.Count && stored.Zip(Inputs).All(pair => Same(pair.First, pair.Second));

            bool Same(JsonElement[] text, ConstantInput found) => text.Length == 4 && text[0].GetDouble() == found.Input
                && text[2].GetBoolean() == found.Settled && text[3].GetBoolean() is var isStable && (found.IsStable || !isStable)
                && (double.IsFinite(found.MaxRealPart) ? Math.Abs(text[1].GetDouble() - found.MaxRealPart) <= SameEigenvalue * scale
                    : text[1].ValueKind == JsonValueKind.Null);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }

    /// <summary>Examines a model's cell at inputs spread evenly over the range that it was shown in training.</summary>
    /// <param name="model">The model, in double whatever precision it was trained in.</param>
    /// <param name="count">How many inputs, 2 or more.</param>
    /// <param name="mostSteps">Steps to come to rest in.</param>
    /// <param name="cancellation">Gives up.</param>
    public static SequenceStability Of(SequenceModel<double> model, int count, int mostSteps = MostSteps, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 2);
        var cell = model.PreparedCell();
        var ((least, most), channels) = (model.Options.Range, model.Options.Format.Channels);
        double[] inputs = [.. Enumerable.Range(0, count).Select(i => least + (most - least) * i / (count - 1))];
        double[] shown = [.. inputs.SelectMany(v => Enumerable.Repeat(v, channels))];
        IReadOnlyList<Tensor<double>> state = [.. model.Initial.Select(s => s.Expand(0, count))];
        var x = Tensor.From(shown, [1, count, channels]);
        var many = Tensor.From([.. Enumerable.Repeat(shown, StepsAtATime).SelectMany(v => v)], [StepsAtATime, count, channels]);
        var changes = new double[count];
        for (var steps = 0; steps < mostSteps; steps += StepsAtATime)
        {
            cancellation.ThrowIfCancellationRequested();
            var before = cell.Run(many, state);
            state = cell.Run(x, before);
            changes = Changes(before, state, count);
            if (changes.All(c => c <= RestTolerance)) break;
        }
        var found = new ConstantInput[count];
        for (var i = 0; i < count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var settled = changes[i] <= RestTolerance;
            found[i] = new(inputs[i], settled, changes[i], settled
                ? AtRest(cell, [.. Enumerable.Repeat(inputs[i], channels)], [.. state.SelectMany(s => s[i].ToArray())]) : StepSpectrum.Unknown);
        }
        return new(found) { Reason = model is SequenceModel<RecurrentCircuitParameters<double>, CircuitCoefficients<double>, double> ? OfGains : OfCell };
    }

    /// <summary>The spectrum at the fixed point that Newton's method reaches in two steps from where the state rests, and its error by that of the point and of
    /// QR; none where the steps do not contract.</summary>
    static StepSpectrum AtRest(PreparedCell<double> cell, double[] x, double[] state)
    {
        var (size, parts) = (state.Length, cell.States.Count);
        var n = size / parts;
        var (jacobian, before, factors, pivots) = (Array.Empty<double>(), Array.Empty<double>(), new double[size * size], new int[size]);
        var scale = Math.Max(1, state.Max(Math.Abs));
        var last = double.NaN;
        for (var iteration = 0; iteration < 2; iteration++)
        {
            (before, jacobian) = (jacobian, StepSpectrum.Jacobian(cell, x, state));
            if (!jacobian.All(double.IsFinite)) return StepSpectrum.Unknown;
            Tensor<double>[] now = [.. Enumerable.Range(0, parts).Select(k => Tensor.From<double>(state.AsSpan(k * n, n), [1, n]))];
            double[] move = [.. cell.Run(Tensor.From(x, [1, 1, x.Length]), now).SelectMany(s => s.ToArray()).Zip(state, (after, s) => s - after)];
            StepSpectrum.LessIdentity(jacobian, size).CopyTo(factors, 0);
            if (Lu.Factor<double>(factors, size, pivots).IsSingular) return StepSpectrum.Unknown;
            Lu.Solve<double>(factors, size, pivots, move);
            var length = move.Max(Math.Abs) / scale;
            // The second step must show that the first one was good.
            if (!(length <= (iteration == 0 ? LongestMove : Math.Max(last / 4, RoundingMove)))) return StepSpectrum.Unknown;
            last = length;
            if (iteration == 0) state = [.. state.Zip(move, (s, m) => s + m)];
        }
        // What the first step changed bounds what the second one leaves.
        double[] spread = [.. jacobian.Zip(before, (a, b) => Math.Abs(a - b) + 1e-15 * Math.Abs(a))];
        return StepSpectrum.Of(cell, x, state, jacobian, spread, 4 * RoundingMove * scale);
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
}
