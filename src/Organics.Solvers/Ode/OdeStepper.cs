namespace Organics;

/// <summary>One step of a method with all its memory: from (X, Rate) to (Next, NextRate).</summary>
abstract class OdeStepper(IOdeSystem system)
{
    double _from = double.NegativeInfinity, _to = double.PositiveInfinity;

    public int N { get; } = system.Dimension;

    public bool IsAutonomous => system.IsAutonomous;

    public double[] X { get; private set; } = new double[system.Dimension];

    /// <summary>f at X.</summary>
    public double[] Rate { get; private set; } = new double[system.Dimension];

    public double[] Next { get; private set; } = new double[system.Dimension];

    /// <summary>f at Next.</summary>
    public double[] NextRate { get; private set; } = new double[system.Dimension];

    /// <summary>Next minus the embedded solution; zero for methods without one.</summary>
    public double[] Error { get; } = new double[system.Dimension];

    /// <summary>The coefficient of θ²(1−θ)² in the dense output, or null when that is the cubic Hermite interpolant.</summary>
    public double[]? Quartic { get; protected init; }

    /// <summary>False when the path between two steps is not smooth.</summary>
    public virtual bool IsDense => true;

    public long RateEvaluations { get; private set; }

    public long JacobianEvaluations { get; protected set; }

    /// <summary>True until X has been used by a try.</summary>
    protected bool IsNewPoint { get; set; } = true;

    /// <summary>Whether the last try may have led over a pole of the solution.</summary>
    public bool IsOverPole { get; protected set; }

    public bool IsNextFinite => AllFinite(Next) && AllFinite(NextRate);

    public bool IsRateFinite => AllFinite(Rate);

    /// <summary>
    /// Begins to integrate from X at t, where f may jump: until the next start f is seen at times of [from, to] only, so that neither end belongs to the other
    /// side of its jump.
    /// </summary>
    public void Start(double t, double from = double.NegativeInfinity, double to = double.PositiveInfinity)
    {
        (_from, _to) = (from, to);
        Evaluate(t, X, Rate);
    }

    /// <summary>Computes Next, NextRate and Error from X and Rate at t; the same X may be tried again with another h.</summary>
    public abstract void Try(double t, double h);

    /// <summary>Writes <see cref="Quartic"/> after a try with the same h.</summary>
    public virtual void WriteQuartic(double h) { }

    /// <summary>Makes Next the state.</summary>
    public void Advance()
    {
        (X, Next, Rate, NextRate) = (Next, X, NextRate, Rate);
        IsNewPoint = true;
    }

    public void Evaluate(double t, ReadOnlySpan<double> x, Span<double> rate)
    {
        system.Rate(Inside(t), x, rate);
        RateEvaluations++;
    }

    /// <summary>t, or the end of the present piece of smooth f that is nearer.</summary>
    protected double Inside(double t) => Math.Max(_from, Math.Min(t, _to));

    /// <summary>target = start + scale·Σ_j weights_j·k_j; target may be start.</summary>
    protected static void Combine(ReadOnlySpan<double> start, double scale, ReadOnlySpan<double> weights, double[][] k, Span<double> target)
    {
        for (var i = 0; i < target.Length; i++)
        {
            double sum = 0;
            for (var j = 0; j < weights.Length; j++) sum += weights[j] * k[j][i];
            target[i] = start[i] + scale * sum;
        }
    }

    static bool AllFinite(double[] v)
    {
        foreach (var e in v)
            if (!double.IsFinite(e)) return false;
        return true;
    }
}
