namespace Organics;

/// <summary>How two branches cross.</summary>
public enum CrossingType
{
    /// <summary>Both go on in the parameter, and exchange stability.</summary>
    Transcritical,

    /// <summary>One turns in the parameter where it meets the other, as symmetry has it.</summary>
    Pitchfork,

    /// <summary>More than two branches meet, or the derivatives do not tell.</summary>
    Multiple,
}

/// <summary>The two branches through a branch point.</summary>
/// <param name="Type">How they cross.</param>
/// <param name="Other">The direction of the branch that was not followed, in (x, parameter), of norm 1; empty where more than two meet.</param>
sealed record BranchCrossing(CrossingType Type, double[] Other)
{
    static readonly BranchCrossing Unknown = new(CrossingType.Multiple, []);

    // Of a direction: a part along the parameter below it is none.
    const double Upright = 1e-4;

    // Second derivatives of F by differences; of its first, this part is their noise.
    const double Step = 1e-4, Noise = 1e-4;

    /// <summary>
    /// From the algebraic bifurcation equation (Keller 1977; Allgower &amp; Georg, §8.3): with null vectors t (the tangent) and n of ∂F and ψ of its transpose,
    /// u = αt + βn is tangent to a branch where ψᵀ·D²F[u, u] = 0; t itself is one.
    /// </summary>
    /// <param name="f">F at (x, parameter), m elements; null where it cannot be evaluated.</param>
    /// <param name="matrix">∂F, m × (m + 1), and t for a last row.</param>
    /// <param name="x">The branch point, m + 1 elements.</param>
    /// <param name="tangent">t, of norm 1.</param>
    public static BranchCrossing Of(Func<double[], double[]?> f, double[] matrix, double[] x, double[] tangent)
    {
        var n = x.Length;
        if (Null(matrix, n) is not { } other || Null(Transposed(matrix, n), n) is not { } left) return Unknown;
        // Normal to t.
        var along = Vectors.Dot(tangent, other);
        Vectors.Add(-along, tangent, other);
        var norm = Vectors.Norm(other);
        for (var i = 0; i < n; i++) other[i] /= norm;
        if (f(x) is not { } at) return Unknown;
        double[] Combined(double a, double b) => [.. tangent.Zip(other, (t, v) => a * t + b * v)];
        var (diagonal, sum) = (Curvature(Combined(0, 1)), Curvature(Combined(Math.Sqrt(0.5), Math.Sqrt(0.5))));
        var own = Curvature(tangent);
        // D²F[(t + n)/√2]² = (D²F[t, t] + 2D²F[t, n] + D²F[n, n])/2
        var mixed = sum - (own + diagonal) / 2;
        var size = Math.Max(Math.Abs(mixed), Math.Abs(diagonal));
        if (!(Math.Abs(mixed) > Noise * size) || !(Math.Abs(own) <= 0.05 * size)) return Unknown;
        // α : β from 2αβ·mixed + β²·diagonal = 0.
        var direction = Combined(-diagonal, 2 * mixed);
        var length = Vectors.Norm(direction);
        for (var i = 0; i < n; i++) direction[i] /= length;
        // The one or the other turns.
        var isPitchfork = Math.Abs(direction[^1]) < Upright || Math.Abs(tangent[^1]) < Upright;
        return new(isPitchfork ? CrossingType.Pitchfork : CrossingType.Transcritical, direction);

        double Curvature(double[] u)
        {
            double[] up = [.. x], down = [.. x];
            Vectors.Add(Step, u, up);
            Vectors.Add(-Step, u, down);
            if (f(up) is not { } high || f(down) is not { } low) return double.NaN;
            double value = 0;
            for (var i = 0; i < n - 1; i++) value += left[i] * (high[i] - 2 * at[i] + low[i]) / (Step * Step);
            return value;
        }
    }

    /// <summary>A null vector of a matrix that has one, to rounding; null where it seems to have more.</summary>
    static double[]? Null(double[] matrix, int n)
    {
        var (factors, pivots) = ((double[])matrix.Clone(), new int[n]);
        // At an exact branch point no pivot is left: a rounding error in its place changes nothing that counts.
        if (Lu.Factor<double>(factors, n, pivots).IsSingular)
        {
            factors = (double[])matrix.Clone();
            var size = Vectors.Largest(matrix) * 1e-14;
            for (var i = 0; i < n; i++) factors[i * (n + 1)] += size * (1 + 0.37 * Math.Cos(1.7 * i));
            if (Lu.Factor<double>(factors, n, pivots).IsSingular) return null;
        }
        double[][] found = new double[2][];
        for (var start = 0; start < 2; start++)
        {
            double[] v = [.. Enumerable.Range(0, n).Select(i => start == 0 ? 1 + 0.37 * Math.Cos(1.7 * i) : Math.Sin(2.3 * i + 0.4))];
            for (var step = 0; step < 4; step++)
            {
                Lu.Solve<double>(factors, n, pivots, v);
                var norm = Vectors.Norm(v);
                if (!(norm > 0 && double.IsFinite(norm))) return null;
                for (var i = 0; i < n; i++) v[i] /= norm;
            }
            found[start] = v;
        }
        // From two starts to two vectors: the null space has more than one dimension.
        return Math.Abs(Vectors.Dot(found[0], found[1])) > 0.99 ? found[0] : null;
    }

    static double[] Transposed(double[] matrix, int n)
    {
        var transposed = new double[n * n];
        for (var i = 0; i < n; i++)
            for (var j = 0; j < n; j++) transposed[j * n + i] = matrix[i * n + j];
        return transposed;
    }
}
