namespace Organics;

/// <summary>
/// Anderson's acceleration: of the last steps, the combination whose residual is least, and from there a damped step (Anderson, J. ACM 12, 1965; Walker &amp;
/// Ni, SIAM J. Numer. Anal. 49, 2011): y ← y + β·r − (ΔY + β·ΔR)·γ with γ = argmin ‖r − ΔR·γ‖₂ and r = f(y) − y.
/// </summary>
/// <param name="Memory">m, the most earlier steps that are kept, at least 1.</param>
/// <param name="Damping">β, above 0 and up to 1; 1 does not damp.</param>
public sealed record Anderson(int Memory = 5, double Damping = 1) : FixedPointMethod
{
    // A column of ΔR that the others explain up to this part of itself only adds rounding.
    const double Independent = 1e-10;

    readonly int _memory = Memory >= 1 ? Memory : throw new ArgumentOutOfRangeException(nameof(Memory), $"The memory is {Memory}; give at least 1 step.");
    readonly double _damping = Positive(Damping);

    /// <inheritdoc/>
    public override string Name => "anderson";

    internal override void Run(FixedPointBatch batch, int maxIterations)
    {
        var histories = new History?[batch.Count];
        for (var k = 0; k < maxIterations && batch.AnyBusy; k++)
        {
            for (var s = 0; s < batch.Count; s++)
                if (batch.IsBusy(s)) (histories[s] ??= new(_memory)).Advance(batch.State(s), batch.Residual(s), _damping, batch.Next(s));
            batch.Step();
        }
    }

    /// <summary>The last steps of one sample, newest first.</summary>
    sealed class History(int memory)
    {
        readonly LinkedList<(double[] State, double[] Residual)> _steps = [];
        double[]? _state, _residual;

        public void Advance(ReadOnlySpan<double> state, ReadOnlySpan<double> residual, double damping, Span<double> next)
        {
            double[] y = state.ToArray(), r = residual.ToArray();
            if (_state is not null)
            {
                _steps.AddFirst(([.. y.Zip(_state, (a, b) => a - b)], [.. r.Zip(_residual!, (a, b) => a - b)]));
                if (_steps.Count > memory) _steps.RemoveLast();
            }
            (_state, _residual) = (y, r);
            Vectors.Add(damping, r, next);
            // ΔR = QU by Gram and Schmidt, newest first, so that what is dropped is old; what Qᵀr takes from r it takes from y and r by the same combination of
            // steps.
            List<(double[] Q, double[] StateStep)> basis = [];
            foreach (var (dy, dr) in _steps)
            {
                double[] q = [.. dr], step = [.. dy];
                var size = Vectors.Norm(q);
                for (var pass = 0; pass < 2; pass++)
                    foreach (var (other, otherStep) in basis)
                    {
                        var along = Vectors.Dot(other, q);
                        Vectors.Add(-along, other, q);
                        Vectors.Add(-along, otherStep, step);
                    }
                var left = Vectors.Norm(q);
                if (!(left > Independent * size)) continue;
                for (var i = 0; i < q.Length; i++)
                {
                    q[i] /= left;
                    step[i] /= left;
                }
                basis.Add((q, step));
                var weight = Vectors.Dot(q, r);
                Vectors.Add(-weight, step, next);
                Vectors.Add(-weight * damping, q, next);
            }
        }
    }
}
