using System.Numerics;

namespace Organics;

/// <summary>Local stability of one layer over a set of inputs.</summary>
/// <param name="MaxRealPart">The largest real part of any eigenvalue, in units of 1/τ (of a supralinear network 1/τE); NaN if none is known.</param>
/// <param name="Stable">How many inputs have a stable fixed point.</param>
/// <param name="Undecided">How many inputs have a fixed point whose eigenvalues lie nearer to the axis than they are known.</param>
/// <param name="NotConverged">How many inputs have no fixed point that could be proven to be one.</param>
/// <param name="MaxResidual">The largest relative residual of the fixed points, as in <see cref="SteadyStateResult.Residual"/>.</param>
/// <param name="Spectra">All eigenvalues for some of the inputs, evenly spaced, for drawing.</param>
/// <param name="Global">Of how many inputs the fixed point attracts every start, by <see cref="GlobalStability"/>; null where Wr is not the identity.</param>
/// <param name="BasinFactors">For the inputs of <see cref="Spectra"/>, <see cref="CertifiedBasin.Factor"/> in rising order; empty where Wr is not the
/// identity.</param>
public sealed record LayerStability(
    double MaxRealPart, int Stable, int Undecided, int NotConverged, double MaxResidual, IReadOnlyList<Complex[]> Spectra, int? Global,
    IReadOnlyList<double> BasinFactors);

/// <summary>
/// Local stability of every layer of a static classifier at the fixed point of every input: the eigenvalues of the Jacobian (Eq. 6, or its general form for
/// learned recurrence) with τ_y = τ_a = 1, and of a supralinear network with τE = 1, τI = ½. The fixed points do not depend on the time constants; the
/// eigenvalues do. A circuit's verdict is of a fixed point that is proven to exist; a network's that of any system
/// (<see cref="EquilibriumEquations"/>). A convolutional layer's circuits
/// are too large for QR: theorems give their verdict, and the eigenvalues are those that <see cref="CommonPoolSpectrum"/> computes, or
/// <see cref="RightmostSpectrum"/> finds at the inputs whose spectra are kept.
/// </summary>
/// <param name="Inputs">How many inputs were examined.</param>
/// <param name="StableInputs">How many of them settle to a stable fixed point in every layer.</param>
/// <param name="Layers">Each layer on its own.</param>
public sealed record StaticStability(int Inputs, int StableInputs, IReadOnlyList<LayerStability> Layers)
{
    const int Batch = 256, Together = StabilityReport.GroupSize;

    /// <summary>How many fixed points, counted over inputs and layers, lie too near to the margin to decide.</summary>
    public int Undecided => Layers.Sum(layer => layer.Undecided);

    /// <summary>Fraction of the inputs that settle to a stable fixed point in every layer.</summary>
    public double StableFraction => (double)StableInputs / Inputs;

    /// <summary>The largest real part of any eigenvalue of any layer; NaN if none is known.</summary>
    public double MaxRealPart => Layers.Select(layer => layer.MaxRealPart).Where(double.IsFinite).DefaultIfEmpty(double.NaN).Max();

    /// <summary>The largest residual of any layer; NaN if one is.</summary>
    public double MaxResidual => Layers.Aggregate(0.0, (largest, layer) => Math.Max(largest, layer.MaxResidual));

    /// <summary>How many fixed points, counted over inputs and layers, were not found.</summary>
    public int NotConverged => Layers.Sum(layer => layer.NotConverged);

    /// <summary>Examines a model whose layers all have steady states, in double whatever precision it was trained in. The number of threads changes no
    /// result.</summary>
    /// <param name="model">The model.</param>
    /// <param name="samples">The inputs.</param>
    /// <param name="threads">How many threads compute eigenvalues, 1 or more.</param>
    /// <param name="spectra">For how many inputs the eigenvalues are kept.</param>
    /// <param name="onProgress">Hears how many inputs are done.</param>
    /// <param name="cancellation">Gives up.</param>
    public static StaticStability Of(
        StaticClassifier<double> model, SampleSet samples, int threads, int spectra = 100, Action<int>? onProgress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(samples);
        var parameters = model.Parameters;
        // Input by input and layer by layer; null where no circuit exists.
        var inputs = new InputStability?[parameters.Layers.Count][];
        foreach (ref var layer in inputs.AsSpan()) layer = new InputStability?[samples.Count];
        var every = Math.Max(1, (samples.Count + spectra - 1) / Math.Max(1, spectra));
        using var workspace = new Workspace<double>(parameters.Head.Weight.Device);
        var done = 0;
        foreach (var batch in samples.Batches<double>(Batch))
        {
            var (first, count) = (done, batch.Count);
            var states = model.Settle(
                parameters, StaticClassifier<double>.Encode(parameters, workspace.From(batch.Inputs, [count, samples.Format.Width])));
            for (var l = 0; l < states.Count; l++)
            {
                Func<int, int, Func<int, bool>, IEnumerable<(int Sample, InputStability Stability)>> examine = states[l] switch
                {
                    StaticLayerState<double> circuits => new LayerCircuits(circuits, model.Sigma).Examine,
                    ConvolutionLayerState<double> channels => new LayerChannels(channels, (ConvolutionLayer<double>)parameters.Layers[l]).Examine,
                    SsnLayerState<double> networks => new LayerNetworks(networks).Examine,
                    _ => throw new ArgumentException($"Layer {l + 1} has no steady state to examine; give a model of circuits or networks.", nameof(model)),
                };
                var layer = inputs[l];
                bool IsDrawn(int sample) => (first + sample) % every == 0;
                Parallel.For(0, (count + Together - 1) / Together, new() { MaxDegreeOfParallelism = threads, CancellationToken = cancellation }, group =>
                {
                    var from = group * Together;
                    foreach (var (i, found) in examine(from, Math.Min(Together, count - from), IsDrawn))
                        layer[first + i] = IsDrawn(i) ? found : found with { Report = found.Report with { Eigenvalues = [] } };
                });
            }
            workspace.Reset();
            onProgress?.Invoke(done += count);
        }
        var stable = Enumerable.Range(0, samples.Count).Count(i => inputs.All(layer => layer[i] is { Report.IsStable: true }));
        return new(samples.Count, stable, [.. inputs.Select(Summary)]);
    }

    /// <summary>What is known of one layer for one input: the verdict and, of identity recurrence, whether the fixed point attracts every start, and from how
    /// far, where that was asked.</summary>
    readonly record struct InputStability(StabilityReport Report, bool? IsGlobal = null, double? BasinFactor = null);

    static LayerStability Summary(InputStability?[] inputs)
    {
        var examined = inputs.OfType<InputStability>().ToArray();
        var known = examined.Select(i => i.Report).ToArray();
        return new(
            known.Select(r => r.MaxRealPart).Where(double.IsFinite).DefaultIfEmpty(double.NaN).Max(),
            known.Count(r => r.IsStable),
            known.Count(r => r.Verdict == StabilityVerdict.Undecided),
            inputs.Count(r => r is null or { Report.Verdict: StabilityVerdict.Unknown }),
            known.Select(r => r.Residual).DefaultIfEmpty(double.NaN).Aggregate(0.0, Math.Max),
            [.. known.Select(r => r.Eigenvalues).Where(e => e.Length > 0)],
            examined.Any(i => i.IsGlobal is not null) ? examined.Count(i => i.IsGlobal == true) : null,
            [.. examined.Select(i => i.BasinFactor).OfType<double>().Order()]);
    }

    /// <summary>A batch of one layer's supralinear networks, out of the workspace.</summary>
    sealed class LayerNetworks(SsnLayerState<double> state)
    {
        readonly int _n = state.U.Shape[1], _excitatory = state.Response.Shape[1];
        readonly double[] _k = state.K.ToArray(), _h = state.H.ToArray(), _u = state.U.ToArray();
        readonly IReadOnlyList<FixedPointSample> _samples = state.Report.Samples;

        /// <summary>The stability of samples at their steady states, without those that have none.</summary>
        public IEnumerable<(int Sample, InputStability Stability)> Examine(int first, int count, Func<int, bool> isDrawn)
        {
            for (var i = first; i < first + count; i++)
            {
                if (_samples[i].Status != FixedPointStatus.Converged) continue;
                var here = (i * _n)..((i + 1) * _n);
                var found = EquilibriumEquations.Of(new SsnSystem(_k, _h[here], _excitatory)).Examine(_u[here]);
                yield return (i, new(new(found.Eigenvalues, found.MaxRealPart, found.Uncertainty, found.Verdict, found.Residual, double.NaN)));
            }
        }
    }

    /// <summary>A batch of one convolutional layer's circuits, out of the workspace: one for each channel, of as many units as an image has places.</summary>
    sealed class LayerChannels(ConvolutionLayerState<double> state, ConvolutionLayer<double> layer)
    {
        readonly int _channels = layer.Channels, _n = layer.Places;
        readonly double[] _g = state.G.ToArray(), _a = state.A.ToArray(), _c = state.C.ToArray();
        readonly double[]? _pools = state.Pool?.ToArray();

        // Of each sample, how far a is from what it asks of itself.
        readonly double[] _residuals = ((layer.Pool(state.A * state.Y.Square()) + state.C) / state.A - 1)
            .Abs().Reshape([state.A.Shape[0], layer.Channels * layer.Places]).Max(1).ToArray();

        /// <summary>The stability of samples, without those whose parameters overflowed, with the eigenvalues of all channels. c is positive and W is not
        /// negative, so that Theorem 4.1 gives the verdict. Where the whole channel is a pool the spectrum is computed; of pools of neighbours its edge is
        /// sought, at the samples that are drawn.</summary>
        public IEnumerable<(int Sample, InputStability Stability)> Examine(int first, int count, Func<int, bool> isDrawn)
        {
            for (var i = first; i < first + count; i++)
            {
                if (!_g.AsSpan(i * _channels * _n, _channels * _n).ToArray().All(double.IsFinite) || !double.IsFinite(_residuals[i])) continue;
                Complex[] found = _pools is null || isDrawn(i) ? [.. Enumerable.Range(0, _channels).SelectMany(channel => Spectrum(i, channel))] : [];
                var largest = found.Select(v => v.Real).DefaultIfEmpty(double.NaN).Max();
                yield return (i, new(new(found, largest, double.NaN, StabilityVerdict.Stable, _residuals[i], double.NaN)));
            }
        }

        /// <summary>Units without drive have −1 and −√a, of which the largest is given, and no part in what the others have.</summary>
        IEnumerable<Complex> Spectrum(int sample, int channel)
        {
            var at = (sample * _channels + channel) * _n;
            int[] driven = [.. Enumerable.Range(0, _n).Where(place => _g[at + place] > 0)];
            double[] s = [.. driven.Select(place => Math.Sqrt(_a[at + place]))], y = [.. driven.Select((place, k) => _g[at + place] / s[k])];
            IEnumerable<Complex> own = driven.Length == 0 ? []
                : _pools is null ? CommonPoolSpectrum.Of(s, [.. y.Select(each => each * each)]) : Edge(at, channel, driven, y);
            if (driven.Length == _n) return own;
            var silent = Enumerable.Range(0, _n).Where(place => _g[at + place] == 0).Min(place => Math.Sqrt(_a[at + place]));
            return [.. own, -1, -silent];
        }

        Complex[] Edge(int at, int channel, int[] driven, double[] y)
        {
            var (m, p) = (driven.Length, layer.LogPool!.Shape[2]);
            double[] Driven(double[] from, int first) => [.. driven.Select(place => from[first + place])];
            double[] ones = [.. Enumerable.Repeat(1.0, m)], w = layer.Weights(_pools![(channel * p * p)..((channel + 1) * p * p)]);
            double[] between = [.. driven.SelectMany(row => driven.Select(column => w[row * _n + column]))];
            var b0 = Driven(_c, channel * _n).Select(Math.Sqrt);
            var circuit = new Circuit(Driven(_g, at), ones, [.. b0], ones, ones, ones, between, Tensor.Identity<double>(m).ToArray());
            return [.. RightmostSpectrum.Of(circuit, y, Driven(_a, at)).Eigenvalues];
        }
    }

    /// <summary>A batch of one layer's circuits, out of the workspace.</summary>
    sealed class LayerCircuits(StaticLayerState<double> state, double sigma)
    {
        readonly int _n = state.B0.Length;
        readonly double[] _z = state.Z.ToArray(), _b = state.B.ToArray(), _b0 = state.B0.ToArray(), _w = state.W.ToArray();
        readonly double[] _wr = state.Wr?.ToArray() ?? Identity(state.B0.Length);
        readonly double[] _y = state.Y.ToArray(), _a = state.A.ToArray();
        readonly IReadOnlyList<SteadyStateResult>? _results = state.Report?.Samples;

        /// <summary>The stability of samples at their fixed points, without those whose parameters overflowed.</summary>
        public IEnumerable<(int Sample, InputStability Stability)> Examine(int first, int count, Func<int, bool> isDrawn)
        {
            var (samples, circuits, points) = (new List<int>(), new List<Circuit>(), new List<SteadyStateSolution>());
            var ones = Constant(1);
            for (var i = first; i < first + count; i++)
            {
                double[] b = _b[Of(i)], y = _y[Of(i)], a = _a[Of(i)];
                // A logistic function is positive, though it rounds to 0 far out.
                for (var j = 0; j < _n; j++) b[j] = Math.Max(b[j], double.Epsilon);
                try
                {
                    circuits.Add(new(_z.AsSpan(Of(i)), b, _b0, Constant(sigma), ones, ones, _w, _wr));
                }
                catch (ArgumentException)
                {
                    continue;
                }
                samples.Add(i);
                points.Add(
                    new(y, a, _results?[i] ?? new(SteadyStateStatus.Converged, 0, SteadyState.Residual(circuits[^1], y, a), 0, SteadyStateMethod.ClosedForm)));
            }
            var reports = StabilityReport.OfEach(circuits, points);
            return samples.Select((sample, k) => (sample, circuits[k].IsIdentityRecurrence
                ? new InputStability(reports[k], GlobalStability.Of(circuits[k]).Holds, isDrawn(sample) ? CertifiedBasin.Of(circuits[k])?.Factor ?? 1 : null)
                : new(reports[k])));
        }

        Range Of(int sample) => (sample * _n)..((sample + 1) * _n);

        double[] Constant(double value)
        {
            var values = new double[_n];
            Array.Fill(values, value);
            return values;
        }

        static double[] Identity(int n)
        {
            var identity = new double[n * n];
            for (var i = 0; i < n; i++) identity[i * n + i] = 1;
            return identity;
        }
    }
}
