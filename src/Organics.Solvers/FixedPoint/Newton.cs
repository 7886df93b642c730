namespace Organics;

/// <summary>
/// Newton's method for f(y) − y = 0 with a line search that halves the step until the residual falls. Up to <paramref name="LargestDense"/> elements a sample
/// the Jacobian is formed, row by row by VJPs that all samples share; beyond, GMRES solves with products by differences (Knoll &amp; Keyes, J. Comput. Phys.
/// 193, 2004).
/// </summary>
/// <param name="LargestDense">The most elements of a sample for which the Jacobian is formed.</param>
public sealed record Newton(int LargestDense = 64) : FixedPointMethod
{
    const int Halvings = 12, MostProducts = 100;

    // How well a step by GMRES solves its system, relative to the residual.
    const double Forcing = 1e-4;

    /// <inheritdoc/>
    public override string Name => "newton";

    internal override void Run(FixedPointBatch batch, int maxIterations)
    {
        for (var k = 0; k < maxIterations && batch.AnyBusy; k++)
        {
            var steps = batch.Width <= LargestDense ? DenseSteps(batch) : KrylovSteps(batch);
            for (var s = 0; s < batch.Count; s++)
                if (batch.IsBusy(s) && (steps[s] is not { } step || !Vectors.IsFinite(step))) batch.Stop(s, FixedPointStatus.SingularJacobian);
            Search(batch, steps);
        }
    }

    static double[]?[] DenseSteps(FixedPointBatch batch)
    {
        var n = batch.Width;
        var jacobians = batch.Jacobian();
        var steps = new double[]?[batch.Count];
        for (var s = 0; s < batch.Count; s++)
        {
            if (!batch.IsBusy(s) || FixedPointBatch.Factored(jacobians.AsSpan(s * n * n, n * n), n) is not var (factors, pivots)) continue;
            // (I − ∂f/∂y)·step = f(y) − y
            var step = batch.Residual(s).ToArray();
            Lu.Solve<double>(factors, n, pivots, step);
            steps[s] = step;
        }
        return steps;
    }

    static double[]?[] KrylovSteps(FixedPointBatch batch)
    {
        var systems = new Gmres?[batch.Count];
        for (var s = 0; s < batch.Count; s++)
            if (batch.IsBusy(s)) systems[s] = new(batch.Residual(s), Forcing, Math.Min(batch.Width, MostProducts));
        var lengths = new double[batch.Count];
        while (systems.Any(g => g is { IsDone: false }))
        {
            for (var s = 0; s < batch.Count; s++)
            {
                if (systems[s] is not { IsDone: false } system) continue;
                // The difference that balances rounding against curvature, for a direction of norm 1.
                lengths[s] = Math.Sqrt(batch.Epsilon) * (1 + Vectors.Norm(batch.State(s)));
                Vectors.Add(lengths[s], system.Direction, batch.Next(s));
            }
            var images = batch.Probe();
            for (var s = 0; s < batch.Count; s++)
            {
                if (systems[s] is not { IsDone: false } system) continue;
                // (I − ∂f/∂y)·v = v − (f(y + hv) − f(y))/h
                var product = system.Direction.ToArray();
                ReadOnlySpan<double> y = batch.State(s), r = batch.Residual(s), image = images.AsSpan(s * batch.Width, batch.Width);
                for (var i = 0; i < product.Length; i++) product[i] -= (image[i] - (y[i] + r[i])) / lengths[s];
                system.Advance(product);
            }
        }
        return Array.ConvertAll(systems, g => g is null || double.IsNaN(g.Residual) ? null : g.Solution());
    }

    // Every sample halves its own step; those that have taken one wait.
    static void Search(FixedPointBatch batch, double[]?[] steps)
    {
        var factors = new double[batch.Count];
        Array.Fill(factors, 1);
        var isOpen = new bool[batch.Count];
        for (var s = 0; s < batch.Count; s++) isOpen[s] = batch.IsBusy(s);
        for (var halving = 0; halving <= Halvings && isOpen.Contains(true); halving++)
        {
            for (var s = 0; s < batch.Count; s++)
                if (isOpen[s]) Vectors.Add(factors[s], steps[s]!, batch.Next(s));
            batch.Try(isOpen, (s, before, after) =>
            {
                // Enough of a decrease (Armijo), or the last resort: the shortest step there is.
                var isTaken = after <= (1 - 1e-4 * factors[s]) * before;
                if (isTaken) isOpen[s] = false;
                else factors[s] /= 2;
                return isTaken;
            });
        }
        for (var s = 0; s < batch.Count; s++)
            if (isOpen[s]) batch.Stop(s, FixedPointStatus.NoDescent);
    }
}
