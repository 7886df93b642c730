using Organics;

/// <summary>
/// V1 and V2 of the visual cortex, each a ring of orientations that normalizes itself; V1 drives V2, and V2 feeds back: the equations of Pal, Rawat, Heeger
/// and Martiniani (Hierarchical neural circuit theory of normalization and inter-areal communication, bioRxiv 2025.07.15.664935) with the parameters of the
/// authors' repository Hierarchical-ORGaNICs. Time is in units of τ = 1 ms, which is that of every neuron.
/// </summary>
/// <param name="n">Orientations: an even number of at least 10, or 1.</param>
sealed class TwoAreas(int n)
{
    const int Kinds = 8;
    const double InputGain = 0.5, FeedbackGain = 0.5, Sigma = 0.07, Alpha = 10, Strength = 0.7, Least = 1e-6, Epsilon = 1e-6;

    static readonly Tensor<double> Floor = Tensor.Scalar(Least);

    readonly Tensor<double> _recurrence = Recurrence(n), _pool = Tensor.Full<double>([n, n], 1), _input = Strength * Tuning(n);

    /// <summary>Unknowns, 16n: the eight kinds of V1, n neurons each, then those of V2.</summary>
    public int Dimension => 2 * Kinds * n;

    /// <summary>Where y of V1's neuron for the orientation that is shown lies in the state.</summary>
    public int V1 => n / 2;

    /// <summary>The same of V2.</summary>
    public int V2 => Kinds * n + n / 2;

    /// <summary>Noise of intensity 1 on every membrane potential, and none on firing rates.</summary>
    public double[] Noise => [.. Enumerable.Range(0, Dimension).Select(i => i / n % 2 == 0 ? 1.0 : 0)];

    /// <summary>The circuit that sees a grating.</summary>
    /// <param name="contrast">The grating's contrast, 0 to 1.</param>
    /// <param name="feedback">γ, V1's gain for what V2 feeds back.</param>
    public OdeFunction Sees(double contrast, double feedback)
    {
        var (drive, between) = (contrast * _input, _recurrence.MatMul(_recurrence));
        return OdeFunction.Of(Dimension, state =>
        {
            var x = state.Reshape([state.Shape[0], 2 * Kinds, n]);
            var (r1, r2) = (x[.., 1], x[.., Kinds + 1]);
            var v1 = Area(x, 0, drive, Strength * r2.MatMul(between, transposeOther: true), feedback);
            var v2 = Area(x, Kinds, r1.Square().MatMul(between, transposeOther: true), Tensor.Scalar(0.0), 0);
            return Tensor<double>.Stack(1, [.. v1, .. v2]).Reshape(state.Shape);
        });
    }

    /// <summary>
    /// The rates of change of one area. Every potential has a firing rate that follows it: the response y, whose rate ⌊y⌋² is held by its root r, so that no
    /// derivative is infinite where a neuron is silent, and by |r| once, so that it is the positive one; the pool u and √u; the gate p, which closes the
    /// recurrence; and s, the root of the response's rate.
    /// </summary>
    Tensor<double>[] Area(Tensor<double> x, int first, Tensor<double> drive, Tensor<double> fedBack, double gain)
    {
        var (y, r, u, v) = (x[.., first], x[.., first + 1], x[.., first + 2], x[.., first + 3]);
        var (p, q, s, t) = (x[.., first + 4], x[.., first + 5], x[.., first + 6], x[.., first + 7]);
        var pooled = Math.Pow(Sigma * InputGain, 2) + (r * v).Square().MatMul(_pool, transposeOther: true) - u;
        return
        [
            InputGain * drive + (r.MatMul(_recurrence, transposeOther: true) + gain * FeedbackGain * fedBack) / (1 + q) - y,
            (Rectified(y).Square() / r.Abs() - r) / 2,
            pooled,
            Rectified(u).Sqrt() - v,
            FeedbackGain * fedBack / t + v + p * v + Alpha * pooled - p,
            Rectified(p) - q,
            (r.Square() + Epsilon).Sqrt() - s,
            Rectified(s) - t,
        ];
    }

    static Tensor<double> Rectified(Tensor<double> potential) => Tensor<double>.Max(potential, Floor);

    /// <summary>How the neurons answer the orientation of neuron n/2: raised cosines, of length 1, [n].</summary>
    static Tensor<double> Tuning(int n)
    {
        double[] answers = [.. Enumerable.Range(0, n).Select(i => Math.Pow(Math.Abs(Math.Cos(Math.PI * (i - n / 2) / n)), n / 2 - 1))];
        var length = Math.Sqrt(answers.Sum(v => v * v));
        return Tensor.From<double>([.. answers.Select(v => v / length)], [n]);
    }

    /// <summary>A quadrature mirror filter along the ring, whose eigenvalues of more than 1 are made 1, [n, n].</summary>
    static Tensor<double> Recurrence(int n)
    {
        double[] filter = [0.7973934, 0.41472545, -0.073386624, -0.060944743, 0.02807382];
        // What is alike all along a ring has waves for eigenvectors.
        double Wave(int k, int lag) => Math.Cos(2 * Math.PI * (k * lag % n) / n);
        double[] eigenvalues =
            [.. Enumerable.Range(0, n).Select(k => Math.Clamp(filter[0] + 2 * Enumerable.Range(1, 4).Sum(lag => filter[lag] * Wave(k, lag)), -1, 1))];
        double Weight(int lag) => eigenvalues.Select((value, k) => value * Wave(k, lag)).Average();
        return Tensor.From<double>([.. from i in Enumerable.Range(0, n) from j in Enumerable.Range(0, n) select Weight(i - j)], [n, n]);
    }
}
