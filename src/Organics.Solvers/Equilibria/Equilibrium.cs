using System.Numerics;

namespace Organics;

/// <summary>An equilibrium (fixed point, steady state) of ẋ = f(x) with its spectrum.</summary>
/// <param name="State">x, n elements.</param>
/// <param name="Eigenvalues">Of the Jacobian, n, in units of 1/time.</param>
/// <param name="Verdict">What they say. For a circuit the equilibrium is proven to exist; for any other system that is an estimate from the function's own
/// noise.</param>
/// <param name="Uncertainty">An estimate of the error of <see cref="MaxRealPart"/>, that of the point included; NaN where the verdict is Unknown.</param>
/// <param name="Residual">How far f is from 0, dimensionless: as a part of how much it changes over the state's scale.</param>
public sealed record Equilibrium(double[] State, Complex[] Eigenvalues, StabilityVerdict Verdict, double Uncertainty, double Residual)
{
    /// <summary>Whether all eigenvalues surely have negative real parts.</summary>
    public bool IsStable => Verdict == StabilityVerdict.Stable;

    /// <summary>The spectral abscissa, max Re λ.</summary>
    public double MaxRealPart { get; } = Eigenvalues.Aggregate(double.NegativeInfinity, (m, v) => Math.Max(m, v.Real));

    /// <summary>How many eigenvalues have positive real parts.</summary>
    public int Unstable => Eigenvalues.Count(v => v.Real > 0);

    /// <summary>The type that the spectrum and the verdict on it stand for; degenerate where nothing is decided.</summary>
    public EquilibriumType Type
    {
        get
        {
            if (Verdict is StabilityVerdict.Undecided or StabilityVerdict.Unknown) return EquilibriumType.Degenerate;
            var leading = Eigenvalues.MaxBy(v => v.Real);
            if (Verdict == StabilityVerdict.Stable) return leading.Imaginary == 0 ? EquilibriumType.StableNode : EquilibriumType.StableFocus;
            if (Eigenvalues.Any(v => v.Real < 0)) return EquilibriumType.Saddle;
            return leading.Imaginary == 0 ? EquilibriumType.UnstableNode : EquilibriumType.UnstableFocus;
        }
    }

    /// <summary>Verdict, type, state and max Re λ with its error, for people.</summary>
    public override string ToString()
        => $"{Verdict}{(Type == EquilibriumType.Degenerate ? "" : $" ({Type})")} at {Printed.Of(State)}, max Re λ = {Printed.Of(MaxRealPart)}"
            + (double.IsNaN(Uncertainty) ? "" : $" ± {Printed.Rough(Uncertainty)}");
}
