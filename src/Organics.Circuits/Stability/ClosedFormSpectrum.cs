using System.Numerics;

namespace Organics;

/// <summary>
/// The spectrum of a circuit whose neurons all weigh the same in the normalization: Wr = I, W = α·11ᵀ, one τ_y, one τ_a and one b0·σ (Theorem 4.4; the
/// formulas were derived for this project). With a = c + α‖g‖², s = √a, β = s/τ_y + c/(aτ_a) and κ = s/(τ_yτ_a) the eigenvalues are
/// −s/τ_y and −1/τ_a, n − 1 times each, and the roots of λ² + βλ + κ.
/// </summary>
/// <param name="A">The modulator's activity a, the same for all neurons.</param>
/// <param name="Beta">β, the damping of the collective mode.</param>
/// <param name="Kappa">κ, its stiffness.</param>
/// <param name="PrincipalEigenvalue">−s/τ_y.</param>
/// <param name="ModulatorEigenvalue">−1/τ_a.</param>
/// <param name="Multiplicity">n − 1, of both.</param>
/// <param name="Pair">The collective mode: a conjugate pair, or two real numbers.</param>
public sealed record ClosedFormSpectrum(
    double A, double Beta, double Kappa, double PrincipalEigenvalue, double ModulatorEigenvalue, int Multiplicity, (Complex First, Complex Second) Pair)
{
    /// <summary>Whether the collective mode oscillates, β² &lt; 4κ.</summary>
    public bool IsOscillatory => Pair.First.Imaginary != 0;

    /// <summary>All 2n eigenvalues.</summary>
    public Complex[] Eigenvalues
        => [.. Enumerable.Repeat(new Complex(PrincipalEigenvalue, 0), Multiplicity), .. Enumerable.Repeat(new Complex(ModulatorEigenvalue, 0), Multiplicity),
            Pair.First, Pair.Second];

    /// <summary>The spectrum of a circuit at its fixed point, or null where the theorem does not apply to it.</summary>
    public static ClosedFormSpectrum? Of(Circuit circuit)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        var n = circuit.N;
        if (!circuit.IsIdentityRecurrence || !Uniform(circuit.W) || !Uniform(circuit.TauY) || !Uniform(circuit.TauA) || !Uniform(circuit.C)) return null;
        var (alpha, c, tauY, tauA) = (circuit.W[0], circuit.C[0], circuit.TauY[0], circuit.TauA[0]);
        double a = c;
        foreach (var g in circuit.Drive) a += alpha * g * g;
        var s = Math.Sqrt(a);
        var (beta, kappa) = (s / tauY + c / a / tauA, s / tauY / tauA);
        // √((β/2)² − κ) by the roots of its two factors: neither κ nor a square may overflow.
        var (half, root) = (beta / 2, Math.Sqrt(s / tauY) * Math.Sqrt(1 / tauA));
        var apart = Math.Sqrt(Math.Abs(half - root)) * Math.Sqrt(half + root);
        // The root of larger modulus has no cancellation, and their product is κ.
        var large = -(half + apart);
        return new(
            a, beta, kappa, -s / tauY, -1 / tauA, n - 1, half < root ? (new Complex(-half, -apart), new Complex(-half, apart)) : (large, root / large * root));
    }

    static bool Uniform(ReadOnlySpan<double> values) => !values.ContainsAnyExcept(values[0]);
}
