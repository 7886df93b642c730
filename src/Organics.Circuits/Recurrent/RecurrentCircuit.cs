using System.Globalization;
using System.Numerics;

namespace Organics;

/// <summary>The trained parameters of the recurrent circuit, under the authors' names.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Wzx">Input weights of the drive. Shape [n, d].</param>
/// <param name="Wr">Recurrent weights, or V where the variant has Wr = I + V/σ₁(V). Shape [n, n].</param>
/// <param name="Wbx0">Input weights of the gain b0. Shape [n, d].</param>
/// <param name="Wby0">Weights of b0 from y. Shape [n, n].</param>
/// <param name="Wba0">Weights of b0 from a. Shape [n, n].</param>
/// <param name="Wbx1">Input weights of the gain b. Shape [n, d].</param>
/// <param name="Wby1">Weights of b from y. Shape [n, n].</param>
/// <param name="Wba1">Weights of b from a. Shape [n, n].</param>
/// <param name="LogWay">Logarithm of the normalization weights W. Shape [n, n].</param>
/// <param name="TimeConstants">What decides Δt/τ of each neuron; null where they are not trained.</param>
public sealed record RecurrentCircuitParameters<T>(
    Tensor<T> Wzx, Tensor<T> Wr, Tensor<T> Wbx0, Tensor<T> Wby0, Tensor<T> Wba0, Tensor<T> Wbx1, Tensor<T> Wby1, Tensor<T> Wba1, Tensor<T> LogWay,
    TimeConstants<T>? TimeConstants) : IParameters<RecurrentCircuitParameters<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public RecurrentCircuitParameters<T> Map(Func<string, Tensor<T>, Tensor<T>> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return new(
            f("Wzx.weight", Wzx), f("Wr.weight", Wr), f("Wbx0", Wbx0), f("Wby0", Wby0), f("Wba0", Wba0), f("Wbx1", Wbx1), f("Wby1", Wby1), f("Wba1", Wba1),
            f("log_Way", LogWay), TimeConstants?.Map(f));
    }
}

/// <summary>What decides the time constants: Δt/τ is the largest value allowed times a logistic function of these. All of shape [n].</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Y">Of the principal cells.</param>
/// <param name="A">Of the normalization pool.</param>
/// <param name="B0">Of the gain b0.</param>
/// <param name="B1">Of the gain b.</param>
public sealed record TimeConstants<T>(Tensor<T> Y, Tensor<T> A, Tensor<T> B0, Tensor<T> B1) : IParameters<TimeConstants<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public TimeConstants<T> Map(Func<string, Tensor<T>, Tensor<T>> f)
    {
        ArgumentNullException.ThrowIfNull(f);
        return new(f("param_dt_tauy", Y), f("param_dt_taua", A), f("param_dt_taub0", B0), f("param_dt_taub1", B1));
    }
}

/// <summary>The largest Δt/τ that a neuron may have: the numerical step in units of its time constant.</summary>
/// <param name="Y">Of the principal cells.</param>
/// <param name="A">Of the normalization pool.</param>
/// <param name="B">Of both gains.</param>
public readonly record struct LargestSteps(double Y, double A, double B)
{
    /// <summary>Reads text such as "y=0.02,a=0.005,b=0.1".</summary>
    /// <exception cref="FormatException">Not each of y, a and b has a number above 0 and at most 1.</exception>
    public static LargestSteps Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var given = new Dictionary<string, double>();
        foreach (var part in text.Split(','))
            if (part.Split('=') is not [var name, var number] || !double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                || !(value is > 0 and <= 1) || !given.TryAdd(name.Trim(), value))
                throw Expected();
        return given.Count == 3 && given.TryGetValue("y", out var y) && given.TryGetValue("a", out var a) && given.TryGetValue("b", out var b)
            ? new(y, a, b) : throw Expected();

        static FormatException Expected() => new("numbers above 0 and at most 1 for y, a and b are expected, as in y=0.02,a=0.005,b=0.1.");
    }

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"y={Y:R},a={A:R},b={B:R}");
}

/// <summary>The recurrent circuit with dynamic gains as a cell: its equations are <see cref="CircuitFormula{T}"/>.</summary>
/// <typeparam name="T">float or double.</typeparam>
public sealed class RecurrentCircuit<T> : FusedCell<RecurrentCircuitParameters<T>, CircuitCoefficients<T>, CircuitFormula<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Where a time constant is not trained, its parameter stands at 1.
    const double FixedParameter = 1;

    readonly LargestSteps _largest;
    readonly Tensor<T> _sigma, _identity, _fixed;

    /// <summary>A circuit with a neuron pair for every element of <paramref name="sigma"/>.</summary>
    /// <param name="variant">Which published form.</param>
    /// <param name="largest">The largest Δt/τ, each in (0, 1].</param>
    /// <param name="sigma">Semisaturation σ, not trained. Shape [n].</param>
    /// <exception cref="ArgumentOutOfRangeException">A largest Δt/τ is not in (0, 1].</exception>
    public RecurrentCircuit(CircuitVariant variant, LargestSteps largest, Tensor<T> sigma) : base(new(variant))
    {
        ArgumentNullException.ThrowIfNull(sigma);
        if (sigma.Shape.Rank != 1)
            throw new ShapeException($"RecurrentCircuit: `sigma` is {sigma.Shape} but must be [n]; give each neuron pair its semisaturation.");
        foreach (var (name, step) in new[] { ("y", largest.Y), ("a", largest.A), ("b", largest.B) })
            if (!(step is > 0 and <= 1))
                throw new ArgumentOutOfRangeException(
                    nameof(largest), $"The largest Δt/τ of {name} is {step}; Euler's method needs a number above 0 and at most 1.");
        var n = sigma.Length;
        (Variant, _largest, _sigma) = (variant, largest, sigma);
        _identity = Tensor.Identity<T>(n, sigma.Device);
        _fixed = Tensor.Full([n], T.CreateTruncating(FixedParameter), sigma.Device);
    }

    /// <summary>Which published form.</summary>
    public CircuitVariant Variant { get; }

    /// <inheritdoc/>
    public override IRecurrentCell<RecurrentCircuitParameters<T>, CircuitCoefficients<T>, T> WithStep(double factor)
        => new RecurrentCircuit<T>(Variant, new(factor * _largest.Y, factor * _largest.A, factor * _largest.B), _sigma);

    /// <inheritdoc/>
    public override CircuitCoefficients<T> Prepare(RecurrentCircuitParameters<T> parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var p = parameters;
        // W = min(exp L, 1), without an exponential that overflows where it is cut off; at L = 0 the gradient passes.
        var w = (Variant.ClampW ? Tensor<T>.Min(Tensor.Scalar(T.Zero, p.LogWay.Device), p.LogWay) : p.LogWay).Exp();
        var tau = p.TimeConstants ?? new(_fixed, _fixed, _fixed, _fixed);
        // Δt/τ = its largest value · sigmoid(parameter)
        static Tensor<T> Kappa(Tensor<T> parameter, double most) => T.CreateTruncating(most) * parameter.Sigmoid();
        return new(
            p.Wzx, Variant.IdentityPlus ? p.Wr.SpectralNormalize() + _identity : p.Wr, w, p.Wbx0, p.Wby0, p.Wba0, p.Wbx1, p.Wby1, p.Wba1, _sigma,
            Kappa(tau.Y, _largest.Y), Kappa(tau.A, _largest.A), Kappa(tau.B0, _largest.B), Kappa(tau.B1, _largest.B));
    }
}
