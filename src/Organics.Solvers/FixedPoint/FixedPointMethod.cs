namespace Organics;

/// <summary>A way to find y = f(y) for a batch of samples; an item of <see cref="FixedPointOptions.Methods"/>.</summary>
public abstract record FixedPointMethod
{
    private protected FixedPointMethod() { }

    /// <summary>Short name in lower case.</summary>
    public abstract string Name { get; }

    /// <summary>Moves the samples that have not converged towards their fixed points, until each is done or the cap is reached.</summary>
    internal abstract void Run(FixedPointBatch batch, int maxIterations);

    private protected static double Positive(double damping)
        => damping > 0 && damping <= 1
            ? damping : throw new ArgumentOutOfRangeException(nameof(damping), $"The damping is {damping}; give a number above 0 and up to 1, 1 for none.");
}
