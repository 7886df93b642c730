namespace Organics;

/// <summary>How <see cref="FixedPoint"/> searches, and when a sample is done.</summary>
public sealed record FixedPointOptions
{
    /// <summary>The methods in the order in which they are tried; each takes up the samples that those before it have left, from the best state so far.
    /// Anderson's and then Newton's by default.</summary>
    public IReadOnlyList<FixedPointMethod> Methods { get; init; } = [new Anderson(), new Newton()];

    /// <summary>
    /// A sample is done when |f(y)_i − y_i| ≤ AbsoluteTolerance + RelativeTolerance·|y_i| for every element i. Not negative; null, the default, stands for
    /// 1e-10 in double and 1e-5 in float. Where f contracts by a factor ρ, the error of y is up to 1/(1 − ρ) times as large.
    /// </summary>
    public double? RelativeTolerance { get; init; }

    /// <summary>See <see cref="RelativeTolerance"/>; in the units of y, not negative. Null, the default, stands for 1e-12 in double and 1e-6 in
    /// float.</summary>
    public double? AbsoluteTolerance { get; init; }

    /// <summary>The most iterations of each method, at least 1.</summary>
    public int MaxIterations { get; init; } = 200;

    /// <summary>The most elements of a sample for which the adjoint system is solved by a factorisation; beyond, by GMRES.</summary>
    public int LargestDense { get; init; } = 64;

    /// <summary>Whether a sample without a gradient adds 0, as if it were left out of what is differentiated, instead of NaN; the report says which have none.
    /// False by default.</summary>
    public bool LeavesOut { get; init; }

    internal (double Relative, double Absolute) Tolerances(bool isDouble)
        => (RelativeTolerance ?? (isDouble ? 1e-10 : 1e-5), AbsoluteTolerance ?? (isDouble ? 1e-12 : 1e-6));

    internal void Check()
    {
        if (Methods is null || Methods.Count == 0) throw new ArgumentException("Methods is empty; give at least one, such as new Anderson().", nameof(Methods));
        foreach (var (value, name) in ((double?, string)[])[(RelativeTolerance, nameof(RelativeTolerance)), (AbsoluteTolerance, nameof(AbsoluteTolerance))])
            if (value is { } v && !(v >= 0 && double.IsFinite(v)))
                throw new ArgumentException($"{name} is {v}; give a finite number that is not negative, or null for the default.", name);
        if (RelativeTolerance == 0 && AbsoluteTolerance == 0)
            throw new ArgumentException("Both tolerances are 0, which rounding never meets; give one of them.", nameof(RelativeTolerance));
        if (MaxIterations < 1) throw new ArgumentException($"MaxIterations is {MaxIterations}; give at least 1.", nameof(MaxIterations));
    }
}
