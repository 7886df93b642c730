using System.Globalization;
using System.Numerics;

namespace Organics;

/// <summary>The recurrent circuit with dynamic gains by its name, and its initial values.</summary>
public sealed class OrganicsKind : CellKind
{
    const string Variant = "variant", DtTauMax = "dt_tau_max", TimeConstants = "time_constants", Sigma = "sigma", Learned = "learned", Fixed = "fixed";

    // The largest Δt/τ of the paper suit the 784 steps of its sequences.
    const int PublishedSteps = 784;
    static readonly LargestSteps Published = new(0.02, 0.005, 0.1);

    /// <inheritdoc/>
    public override string Name => "organics";

    /// <inheritdoc/>
    public override string Prefix => "org.";

    /// <inheritdoc/>
    public override string Description => "ORGaNICs with dynamic gains (Rawat, Heeger and Martiniani, NeurIPS 2024).";

    /// <inheritdoc/>
    public override double LearningRate => 0.01;

    /// <summary>
    /// Which published form, the largest Δt/τ, whether time constants are trained, and the semisaturation σ. Shorter sequences get faster neurons, so that as many time constants pass
    /// as in the paper's 784 steps, but not above a half, where Euler's steps are no longer those of the flow.
    /// </summary>
    public override IReadOnlyDictionary<string, string> Settings(int steps) => Text(CircuitVariant.Paper, LargestFor(steps), learnTimeConstants: true);

    // Files of versions that knew no other σ than the paper's lack it.
    internal override string? Unsaid(string setting) => setting == Sigma ? "1" : null;

    /// <summary>Settings as text.</summary>
    /// <param name="variant">Which published form of the circuit.</param>
    /// <param name="largest">The largest Δt/τ.</param>
    /// <param name="learnTimeConstants">Whether each neuron's time constants are trained.</param>
    /// <param name="sigma">Semisaturation σ of all units; 1 in the paper.</param>
    public static IReadOnlyDictionary<string, string> Text(CircuitVariant variant, LargestSteps largest, bool learnTimeConstants, double sigma = 1) => new Dictionary<string, string>
    {
        [Variant] = $"{variant}",
        [DtTauMax] = $"{largest}",
        [TimeConstants] = learnTimeConstants ? Learned : Fixed,
        [Sigma] = sigma.ToString("R", CultureInfo.InvariantCulture),
    };

    /// <summary>The largest Δt/τ that suit sequences of so many steps: the paper's for its 784, faster neurons for fewer.</summary>
    public static LargestSteps LargestFor(int steps)
    {
        var faster = Math.Max(1, (double)PublishedSteps / steps);
        static double Rounded(double x) => Math.Round(Math.Min(x, 0.5), 3);
        return new(Rounded(Published.Y * faster), Rounded(Published.A * faster), Rounded(Published.B * faster));
    }

    /// <inheritdoc/>
    public override void Check(IReadOnlyDictionary<string, string> settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        CircuitVariant.Parse(settings[Variant]);
        LargestSteps.Parse(settings[DtTauMax]);
        if (settings[TimeConstants] is not (Learned or Fixed)) throw new FormatException($"{TimeConstants} is '{settings[TimeConstants]}', not {Learned} or {Fixed}.");
        SigmaOf(settings);
    }

    /// <summary>Semisaturation σ of all units.</summary>
    /// <exception cref="FormatException">It is no number whose square is above 0, as a numeric type has it.</exception>
    internal static double SigmaOf(IReadOnlyDictionary<string, string> settings)
        => double.TryParse(settings[Sigma], NumberStyles.Float, CultureInfo.InvariantCulture, out var sigma) && sigma > 0 && (float)(sigma * sigma) > 0
            && float.IsFinite((float)(sigma * sigma))
            ? sigma : throw new FormatException($"{Sigma} is '{settings[Sigma]}', not a number above 0 whose square single precision holds.");

    /// <inheritdoc/>
    public override IEnumerable<(string Name, int[] Shape)> Sizes(CellSize size) => [("Wzx.weight", [size.Units, size.Channels]), ("Wr.weight", [size.Units, size.Units])];

    /// <inheritdoc/>
    public override R Open<T, R>(ICellProgram<T, R> program)
    {
        ArgumentNullException.ThrowIfNull(program);
        return program.Run<RecurrentCircuitParameters<T>, CircuitCoefficients<T>>(Create);
    }

    /// <summary>
    /// Wzx uniform and scaled to σ₁ = 1; Wr orthogonal, or V = I where Wr = I + V/σ₁(V); the gains' weights uniform within ±1/√(their inputs); log W uniform in
    /// (−1, 0), or the logarithm of uniform numbers where W is clamped, with diagonal 0; the time constants' parameters normal; y of norm 1, a and b uniform in
    /// (0, 1), b0 = 1.
    /// </summary>
    static NewCell<RecurrentCircuitParameters<T>, CircuitCoefficients<T>, T> Create<T>(
        CellSize size, IReadOnlyDictionary<string, string> settings, Initializer<T> init, Initializer<T> state) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (n, channels) = (size.Units, size.Channels);
        var variant = CircuitVariant.Parse(settings[Variant]);
        var learned = settings[TimeConstants] == Learned;
        var (own, outer) = (1 / Math.Sqrt(n), 1 / Math.Sqrt(channels));
        Tensor<T> Square() => init.Uniform([n, n], -own, own);
        Tensor<T> Input() => init.Uniform([n, channels], -outer, outer);
        var wzx = Input();
        wzx = channels == 1 ? wzx / wzx.Square().Sum().Sqrt() : wzx.SpectralNormalize();
        var wr = Orthogonal(init.Normal([n, n], 1), identity: variant.IdentityPlus);
        var drawn = init.Uniform([n, n], 0, 1);
        var logW = (variant.ClampW ? drawn.Clamp(T.CreateTruncating(1e-8), T.One).Log() : drawn.Affine(T.One, -T.One)).ToArray();
        for (var i = 0; i < n; i++) logW[i * (n + 1)] = T.Zero;
        var (bx0, by0, ba0, bx1, by1, ba1) = (Input(), Square(), Square(), Input(), Square(), Square());
        TimeConstants<T>? tau = learned ? new(init.Normal([n], 1), init.Normal([n], 1), init.Normal([n], 1), init.Normal([n], 1)) : null;
        var y = state.Uniform([n], 0, 1);
        return new(
            new RecurrentCircuit<T>(variant, LargestSteps.Parse(settings[DtTauMax]), Tensor.Full([n], T.CreateTruncating(SigmaOf(settings)), init.Device)),
            new(wzx, wr, bx0, by0, ba0, bx1, by1, ba1, Tensor.From<T>(logW, [n, n], init.Device), tau),
            [y / y.Square().Sum().Sqrt(), state.Uniform([n], 0, 1), Tensor.Full([n], T.One, init.Device), state.Uniform([n], 0, 1)])
        {
            // The authors' names.
            StateNames = ["y0", "a0", "b00", "b10"],
        };
    }

    // The orthogonal factor of a normal matrix is uniformly distributed (Stewart, SIAM J. Numer. Anal. 17, 1980); rows by Gram and Schmidt, twice for
    // orthogonality.
    static Tensor<T> Orthogonal<T>(Tensor<T> normal, bool identity) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var n = normal.Shape[0];
        var q = normal.ToArray();
        for (var i = 0; i < n; i++)
        {
            var row = q.AsSpan(i * n, n);
            if (identity)
            {
                row.Clear();
                row[i] = T.One;
                continue;
            }
            for (var pass = 0; pass < 2; pass++)
                for (var k = 0; k < i; k++)
                {
                    var before = q.AsSpan(k * n, n);
                    var along = T.Zero;
                    for (var j = 0; j < n; j++) along += row[j] * before[j];
                    for (var j = 0; j < n; j++) row[j] -= along * before[j];
                }
            var norm = T.Zero;
            foreach (var v in row) norm += v * v;
            for (var j = 0; j < n; j++) row[j] /= T.Sqrt(norm);
        }
        return Tensor.From<T>(q, [n, n], normal.Device);
    }
}

/// <summary>Sequence models of circuits, by their own types: the paper's sequence classifier (Table 2) is one.</summary>
public static class CircuitModels
{
    /// <summary>What a classifier of circuits is made of.</summary>
    /// <param name="units">Neuron pairs.</param>
    /// <param name="steps">Steps of a sequence of one channel.</param>
    /// <param name="classes">Classes to tell apart.</param>
    /// <param name="variant">Which published form; the paper's if not given.</param>
    /// <param name="largest">The largest Δt/τ; what suits so many steps if not given.</param>
    /// <param name="learnTimeConstants">Whether each neuron's time constants are trained.</param>
    /// <param name="order">The step of the sample that each step shows; their own order if not given.</param>
    /// <param name="sigma">Semisaturation σ of all units.</param>
    public static SequenceOptions Options(
        int units = 64, int steps = 784, int classes = 10, CircuitVariant? variant = null, LargestSteps? largest = null, bool learnTimeConstants = true,
        IReadOnlyList<int>? order = null, double sigma = 1)
        => new()
        {
            Units = units,
            Format = new(steps, 1, TargetKind.Class, PerStep: false, classes),
            Settings = OrganicsKind.Text(variant ?? CircuitVariant.Paper, largest ?? OrganicsKind.LargestFor(steps), learnTimeConstants, sigma),
            Order = order,
        };

    /// <summary>A model with initial values drawn from a seed.</summary>
    /// <inheritdoc cref="SequenceModel{T}.Create"/>
    public static SequenceModel<RecurrentCircuitParameters<T>, CircuitCoefficients<T>, T> Create<T>(SequenceOptions options, ulong seed, Device? device = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(options);
        return (SequenceModel<RecurrentCircuitParameters<T>, CircuitCoefficients<T>, T>)SequenceModel<T>.Create(options with { Cell = "organics" }, seed, device);
    }

    /// <summary>The model in a file that a training has left.</summary>
    /// <exception cref="CheckpointException">The file is damaged or of another model.</exception>
    /// <inheritdoc cref="SequenceModel{T}.Load"/>
    public static SequenceModel<RecurrentCircuitParameters<T>, CircuitCoefficients<T>, T> Load<T>(string path, Device? device = null) where T : unmanaged, IFloatingPointIeee754<T>
        => SequenceModel<T>.Load(path, device) as SequenceModel<RecurrentCircuitParameters<T>, CircuitCoefficients<T>, T>
            ?? throw new CheckpointException($"The checkpoint '{path}' is of another cell than ORGaNICs; load it by SequenceModel<T>.Load.");
}
