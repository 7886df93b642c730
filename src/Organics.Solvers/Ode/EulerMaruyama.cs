namespace Organics;

/// <summary>
/// The Euler–Maruyama method for dx = f(t, x)·dt + D·dW with additive noise, D diagonal: x⁺ = x + h·f + √h·D·ξ
/// (Kloeden &amp; Platen, Numerical Solution of Stochastic Differential Equations, §10.2; strong order 1 for additive noise).
/// </summary>
public static class EulerMaruyama
{
    /// <summary>Integrates one path. The same normal numbers give the same bits.</summary>
    /// <param name="system">The drift f, n unknowns.</param>
    /// <param name="noise">The diagonal of D, n elements: the standard deviation that the noise adds in one unit of time.</param>
    /// <param name="normal">A standard normal number for a step (from 0) and a component, independent of all others; asked once for each, in order.</param>
    /// <param name="x0">State at t0, n finite elements.</param>
    /// <param name="t0">Start.</param>
    /// <param name="tEnd">End, not before the start.</param>
    /// <param name="step">Length of every step but the last, which ends at tEnd or at a discontinuity.</param>
    /// <param name="record">Whether every step is kept, or only the start and the end.</param>
    /// <param name="discontinuities">As in <see cref="OdeOptions.Discontinuities"/>; null for none.</param>
    /// <returns>The path; <see cref="OdeSolution.At"/> knows its recorded times only.</returns>
    /// <exception cref="ArgumentException">An argument is not as described.</exception>
    public static OdeSolution Integrate(
        IOdeSystem system, ReadOnlySpan<double> noise, Func<long, int, double> normal, ReadOnlySpan<double> x0, double t0, double tEnd, double step,
        bool record = true,
        IReadOnlyList<double>? discontinuities = null)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(normal);
        var options = new OdeOptions { Step = step, Record = record, MaxSteps = int.MaxValue, Discontinuities = discontinuities ?? [] };
        Ode.CheckInterval(system, x0, t0, tEnd, options);
        if (noise.Length != system.Dimension)
            throw new ArgumentException($"noise has {noise.Length} elements; this system asks for {system.Dimension}.", nameof(noise));
        return Ode.Run(new Stepper(system, noise.ToArray(), normal), 0, x0, t0, tEnd, options);
    }

    sealed class Stepper(IOdeSystem system, double[] noise, Func<long, int, double> normal) : OdeStepper(system)
    {
        long _step;

        public override bool IsDense => false;

        public override void Try(double t, double h)
        {
            var root = Math.Sqrt(h);
            for (var i = 0; i < N; i++) Next[i] = X[i] + h * Rate[i] + root * noise[i] * normal(_step, i);
            _step++;
            Evaluate(t + h, Next, NextRate);
        }
    }
}
