namespace Organics;

/// <summary>
/// A·x = b by the generalized minimal residual method (Saad &amp; Schultz, SIAM J. Sci. Stat. Comput. 7, 1986), of which only products A·v are asked: multiply
/// <see cref="Direction"/> by A and hand the product to <see cref="Advance"/> until <see cref="IsDone"/>. So several systems can share one evaluation of their
/// products.
/// </summary>
public sealed class Gmres
{
    const double Rounding = 1e-15;

    readonly List<double[]> _basis = [];
    readonly List<double[]> _columns = [];
    readonly List<(double Cosine, double Sine)> _rotations = [];
    readonly List<double> _rhs = [];
    readonly double _norm, _tolerance;
    readonly int _most;
    double _largest;

    /// <summary>A system before its first product; the first guess is x = 0.</summary>
    /// <param name="b">The right-hand side, n elements.</param>
    /// <param name="tolerance">Done when ‖b − A·x‖₂ is at most this part of ‖b‖₂.</param>
    /// <param name="most">The most products; the memory is as many vectors. n of them solve any regular system, but for rounding.</param>
    public Gmres(ReadOnlySpan<double> b, double tolerance, int most)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        (_tolerance, _most) = (tolerance, most);
        var first = b.ToArray();
        _norm = Normalize(first);
        _basis.Add(first);
        _rhs.Add(_norm);
        IsDone = !(_norm > 0 && double.IsFinite(_norm));
        Residual = _norm == 0 ? 0 : IsDone ? double.NaN : 1;
    }

    /// <summary>What A is to be multiplied by next: n elements, of norm 1.</summary>
    public ReadOnlySpan<double> Direction => _basis[^1];

    /// <summary>Whether no further product helps: the tolerance is met, the products are used up, or a product was not finite.</summary>
    public bool IsDone { get; private set; }

    /// <summary>‖b − A·x‖₂/‖b‖₂ by the method's own recurrence; 0 for b = 0, NaN where a number was not finite.</summary>
    public double Residual { get; private set; }

    /// <summary>How many products were taken.</summary>
    public int Products => _columns.Count;

    /// <summary>Takes the product of A and <see cref="Direction"/>.</summary>
    /// <param name="product">n elements.</param>
    /// <exception cref="InvalidOperationException">The system is done.</exception>
    public void Advance(ReadOnlySpan<double> product)
    {
        if (IsDone) throw new InvalidOperationException("This system is done; take its Solution.");
        var k = _columns.Count;
        var (next, column) = (product.ToArray(), new double[k + 2]);
        var size = Vectors.Norm(next);
        // Twice: once leaves rounding errors of what is taken away.
        for (var pass = 0; pass < 2; pass++)
            for (var i = 0; i <= k; i++)
            {
                var along = Vectors.Dot(_basis[i], next);
                column[i] += along;
                Vectors.Add(-along, _basis[i], next);
            }
        column[k + 1] = Normalize(next);
        if (!double.IsFinite(size) || !Array.TrueForAll(column, double.IsFinite))
        {
            (IsDone, Residual) = (true, double.NaN);
            return;
        }
        // What rounding has left of the product is no direction.
        var isExhausted = column[k + 1] <= Rounding * size;
        if (isExhausted) column[k + 1] = 0;
        _largest = Math.Max(_largest, size);
        for (var i = 0; i < k; i++)
        {
            var (cosine, sine) = _rotations[i];
            (column[i], column[i + 1]) = (cosine * column[i] + sine * column[i + 1], cosine * column[i + 1] - sine * column[i]);
        }
        var diagonal = double.Hypot(column[k], column[k + 1]);
        // Where no direction is left, what rounding has left of a column is no pivot.
        if (isExhausted && diagonal <= Rounding * _largest) diagonal = 0;
        var rotation = diagonal == 0 ? (1, 0) : (Cosine: column[k] / diagonal, Sine: column[k + 1] / diagonal);
        column[k] = diagonal;
        _rotations.Add(rotation);
        _columns.Add(column);
        _rhs.Add(-rotation.Sine * _rhs[k]);
        _rhs[k] *= rotation.Cosine;
        // A column of zeros: A is singular on this space, and no solution lies in it.
        Residual = diagonal == 0 ? 1 : Math.Abs(_rhs[k + 1]) / _norm;
        IsDone = Residual <= _tolerance || isExhausted || _columns.Count == _most || diagonal == 0;
        if (!IsDone) _basis.Add(next);
    }

    /// <summary>The x of least residual so far, n elements; not finite where A is singular on the space searched.</summary>
    public double[] Solution()
    {
        var k = _columns.Count;
        var weights = new double[k];
        for (var i = k - 1; i >= 0; i--)
        {
            var sum = _rhs[i];
            for (var j = i + 1; j < k; j++) sum -= _columns[j][i] * weights[j];
            weights[i] = sum / _columns[i][i];
        }
        var x = new double[_basis[0].Length];
        for (var i = 0; i < k; i++) Vectors.Add(weights[i], _basis[i], x);
        return x;
    }

    static double Normalize(double[] v)
    {
        var norm = Vectors.Norm(v);
        if (norm > 0 && double.IsFinite(norm))
            for (var i = 0; i < v.Length; i++) v[i] /= norm;
        return norm;
    }
}
