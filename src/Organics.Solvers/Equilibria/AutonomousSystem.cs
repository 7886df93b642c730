namespace Organics;

/// <summary>What equilibria and periodic orbits ask of any system: that it does not depend on time, a scale of its state, and a Jacobian.</summary>
static class AutonomousSystem
{
    /// <summary>The typical size of each element of a system's state: the scale that was given, if it fits, or else 1.</summary>
    /// <param name="system">The system.</param>
    /// <param name="scale">n positive numbers, or null.</param>
    /// <param name="parameter">The caller's parameter that is to blame for the system.</param>
    /// <exception cref="ArgumentException">The system may depend on time, or the scale does not fit.</exception>
    public static double[] Scale(IOdeSystem system, double[]? scale, string parameter)
    {
        if (!system.IsAutonomous)
            throw new ArgumentException(
                "The system may depend on time, so that this means nothing; give one whose IsAutonomous is true, such as OdeFunction.Of(n, x => …).",
                parameter);
        var n = system.Dimension;
        if (scale is not null && (scale.Length != n || !scale.All(s => s > 0 && double.IsFinite(s))))
            throw new ArgumentException(
                $"The scale has {scale.Length} elements, [{string.Join(", ", scale)}]; this system asks for {n} positive numbers.", nameof(scale));
        return scale ?? [.. Enumerable.Repeat(1.0, n)];
    }

    /// <summary>The system with its own Jacobian, or with that of differences.</summary>
    public static IStiffOdeSystem WithJacobian(IOdeSystem system, double[] scale) => system as IStiffOdeSystem ?? new DifferencedSystem(system, scale);
}
