using System.Numerics;

namespace Organics;

/// <summary>One mode of the linearised circuit.</summary>
/// <param name="Eigenvalue">λ, in units of 1/τ; real where its imaginary part is no more than rounding.</param>
/// <param name="Frequency">Oscillations per unit of time, |Im λ|/2π.</param>
/// <param name="DampingRatio">ζ = −Re λ/|λ|: 1 for a mode that decays without oscillating, 0 for one that oscillates for ever, negative for one that
/// grows.</param>
public sealed record CircuitMode(Complex Eigenvalue, double Frequency, double DampingRatio)
{
    // Of the largest |λ|: an imaginary part within it is rounding.
    const double Rounding = 1e-12;

    /// <summary>The modes of a spectrum, one for each conjugate pair or real eigenvalue, the slowest to decay first. An eigenvalue whose imaginary
    /// part is within 1e-12 of the largest |λ| is real.</summary>
    public static IReadOnlyList<CircuitMode> Of(IEnumerable<Complex> eigenvalues)
    {
        Complex[] values = [.. eigenvalues];
        var rounding = Rounding * values.Aggregate(0.0, (largest, v) => v.Magnitude > largest ? v.Magnitude : largest);
        return [.. values.Select(v => Math.Abs(v.Imaginary) <= rounding ? v.Real : v).Where(v => v.Imaginary >= 0).OrderByDescending(v => v.Real)
            .Select(v => new CircuitMode(v, v.Imaginary / (2 * Math.PI), v == Complex.Zero ? 0 : -v.Real / v.Magnitude))];
    }
}

/// <summary>The gradient of the spectral abscissa max Re λ of a circuit's Jacobian at its fixed point, with respect to every parameter.</summary>
/// <param name="Value">The spectral abscissa, in units of 1/τ.</param>
/// <param name="Leading">The eigenvalue that attains it, with its eigenvectors.</param>
/// <param name="Z">∂/∂z, n elements.</param>
/// <param name="B">∂/∂b, n elements.</param>
/// <param name="B0">∂/∂b0, n elements.</param>
/// <param name="Sigma">∂/∂σ, n elements.</param>
/// <param name="TauY">∂/∂τ_y, n elements.</param>
/// <param name="TauA">∂/∂τ_a, n elements.</param>
/// <param name="W">∂/∂W, n × n.</param>
/// <param name="Wr">∂/∂Wr, n × n.</param>
public sealed record SpectralAbscissaGradient(
    double Value, EigenPair Leading, double[] Z, double[] B, double[] B0, double[] Sigma, double[] TauY, double[] TauA, double[] W, double[] Wr)
{
    /// <summary>
    /// The gradient at a fixed point: with G = ∂Re λ/∂J from the left and right eigenvectors, that of Σ G⊙J(parameters, y, a), where y and a follow the
    /// parameters by implicit differentiation. It is that of one of them where several eigenvalues or eigenvectors share the largest real part.
    /// </summary>
    /// <param name="circuit">The circuit.</param>
    /// <param name="point">A fixed point that <see cref="SteadyState.Of"/> found for it.</param>
    /// <exception cref="ArithmeticException">The eigenvalues were not found, the leading one is defective, or the Jacobian is singular.</exception>
    public static SpectralAbscissaGradient Of(Circuit circuit, SteadyStateSolution point)
    {
        ArgumentNullException.ThrowIfNull(circuit);
        ArgumentNullException.ThrowIfNull(point);
        var n = circuit.N;
        var jacobian = new double[4 * n * n];
        CircuitJacobian.Write(circuit, point.Y, point.A, jacobian);
        var spectrum = Eigenvalues.Of(jacobian, 2 * n).OrThrow();
        var leading = Eigenvectors.Of(jacobian, 2 * n, spectrum.Values.MaxBy(v => v.Real));
        var G = leading.RealPartGradient();

        using var tape = new Tape<double>();
        Tensor<double> Vector(ReadOnlySpan<double> values) => tape.Watch(Tensor.From<double>(values, [1, n]));
        Tensor<double> Matrix(ReadOnlySpan<double> values) => tape.Watch(Tensor.From<double>(values, [n, n]));
        Tensor<double> Block(int row, int column)
        {
            var block = new double[n * n];
            for (var i = 0; i < n; i++) G.AsSpan((row * n + i) * 2 * n + column * n, n).CopyTo(block.AsSpan(i * n));
            return tape.Constant(block, [n, n]);
        }
        Tensor<double> Diagonal(int row, int column)
        {
            var diagonal = new double[n];
            for (var i = 0; i < n; i++) diagonal[i] = G[(row * n + i) * 2 * n + column * n + i];
            return tape.Constant(diagonal, [1, n]);
        }
        Tensor<double> RowSums(Tensor<double> m) => m.Sum(1).Reshape([1, n]);
        var (w, wr, rateY, rateA) = (Matrix(circuit.W), Matrix(circuit.Wr), Vector(circuit.TauY), Vector(circuit.TauA));
        var (y, a) = (Vector(point.Y), Vector(point.A));
        var s = a.Sqrt();
        var h = y.MatMul(wr, transposeOther: true);
        // The four blocks of J (Eq. 6 and its general form), each weighted by its block of G and summed.
        var phi = (((1 - s) * RowSums(Block(0, 0) * wr) - Diagonal(0, 0)) / rateY).Sum()
            - (Diagonal(0, 1) * h / (2 * s * rateY)).Sum()
            + (2 * RowSums(Block(1, 0) * w * (a * y).Reshape([n])) / rateA).Sum()
            + ((RowSums(Block(1, 1) * w * y.Square().Reshape([n])) - Diagonal(1, 1)) / rateA).Sum();
        var gradients = tape.Backward(phi);
        double[] Of(Tensor<double> t) => gradients[t].ToArray();
        var (dw, dwr) = (Of(w), Of(wr));

        // Through the fixed point: p = ∂g, q = ∂c, and the factors of ∂W and ∂Wr.
        var (p, q, recurrent, normalization) = (new double[n], new double[n], new double[n], new double[n]);
        SteadyStateAdjoint<double>.Solve(circuit.W, circuit.Wr, point.Y, point.A, Of(y), Of(a), p, q, recurrent, normalization,
            new double[SteadyStateAdjoint<double>.ScratchLength(n)], new int[n]).OrThrow();
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++)
            {
                dw[i * n + j] += q[i] * normalization[j];
                dwr[i * n + j] += recurrent[i] * point.Y[j];
            }
        double[] Each(Func<int, double> f) => [.. Enumerable.Range(0, n).Select(f)];
        return new(spectrum.SpectralAbscissa, leading,
            Each(i => p[i] * circuit.B[i]), Each(i => p[i] * circuit.Z[i]),
            Each(i => 2 * q[i] * circuit.B0[i] * circuit.Sigma[i] * circuit.Sigma[i]), Each(i => 2 * q[i] * circuit.B0[i] * circuit.B0[i] * circuit.Sigma[i]),
            Of(rateY), Of(rateA), dw, dwr);
    }
}
