namespace Organics;

/// <summary>Plain iteration, y ← y + β·(f(y) − y): it contracts where the spectral radius of I + β(∂f/∂y − I) is below 1.</summary>
/// <param name="Damping">β, above 0 and up to 1; 1 does not damp.</param>
public sealed record Picard(double Damping = 1) : FixedPointMethod
{
    readonly double _damping = Positive(Damping);

    /// <inheritdoc/>
    public override string Name => "picard";

    internal override void Run(FixedPointBatch batch, int maxIterations)
    {
        for (var k = 0; k < maxIterations && batch.AnyBusy; k++)
        {
            for (var s = 0; s < batch.Count; s++)
                if (batch.IsBusy(s)) Vectors.Add(_damping, batch.Residual(s), batch.Next(s));
            batch.Step();
        }
    }
}
