using System.Numerics;

namespace Organics;

/// <summary>A periodic orbit of ẋ = f(x).</summary>
/// <param name="State">A state on it, n elements.</param>
/// <param name="Period">Its period.</param>
/// <param name="Multipliers">
/// The n Floquet multipliers, the eigenvalues of the flow's derivative after one period, largest modulus first. One of them, along the orbit, is 1; the others
/// are those of the return map of a section.
/// </param>
/// <param name="Verdict">What the others say: stable where all lie inside the unit circle by more than their error.</param>
/// <param name="Uncertainty">An estimate of the error of the largest modulus of the others.</param>
/// <param name="Low">The least value of every element along the orbit.</param>
/// <param name="High">The greatest.</param>
public sealed record PeriodicOrbit(
    double[] State, double Period, Complex[] Multipliers, StabilityVerdict Verdict, double Uncertainty, double[] Low, double[] High)
{
    /// <summary>Whether all multipliers but that along the orbit surely lie inside the unit circle.</summary>
    public bool IsStable => Verdict == StabilityVerdict.Stable;

    /// <summary>States on it, the first of them <see cref="State"/>, so near to one another that the flow leads from each to the next even where the orbit
    /// repels.</summary>
    internal IReadOnlyList<OrbitNode> Nodes { get; init; } = [];

    /// <summary>Verdict, period, extent and multipliers, for people.</summary>
    public override string ToString()
        => $"{Verdict} orbit of period {Printed.Of(Period)} between {Printed.Of(Low)} and {Printed.Of(High)}, multipliers {Printed.Of(Multipliers)}";
}

/// <summary>A state on an orbit.</summary>
/// <param name="State">n elements.</param>
/// <param name="Duration">The time from it to the next.</param>
sealed record OrbitNode(double[] State, double Duration);

/// <summary>Why an orbit of a branch is special.</summary>
public enum OrbitBifurcationType
{
    /// <summary>The branch turns back: two orbits meet.</summary>
    Fold,

    /// <summary>A multiplier passes −1: an orbit of twice the period is born.</summary>
    PeriodDoubling,

    /// <summary>A conjugate pair passes the unit circle: a torus is born (Neimark and Sacker).</summary>
    Torus,

    /// <summary>A multiplier passes 1 and the branch goes on: branches of orbits cross, as at a pitchfork of cycles.</summary>
    BranchPoint,
}

/// <summary>A bifurcation on a branch of orbits.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Parameter">Where it lies.</param>
/// <param name="Orbit">The orbit there, whose stability is undecided unless another multiplier is surely outside the unit circle.</param>
public sealed record OrbitBifurcation(OrbitBifurcationType Type, double Parameter, PeriodicOrbit Orbit)
{
    /// <summary>Type, parameter and orbit, for people.</summary>
    public override string ToString() => $"{Type} at {Printed.Of(Parameter)}: {Orbit}";
}

/// <summary>One orbit of a branch.</summary>
/// <param name="Parameter">The parameter's value.</param>
/// <param name="Orbit">The orbit.</param>
public sealed record OrbitPoint(double Parameter, PeriodicOrbit Orbit)
{
    /// <summary>Parameter and orbit, for people.</summary>
    public override string ToString() => $"{Printed.Of(Parameter)}: {Orbit}";
}

/// <summary>A branch of periodic orbits under one parameter.</summary>
/// <param name="Points">In the order in which they were met.</param>
/// <param name="Bifurcations">Those between them, in the same order.</param>
/// <param name="End">Why it was followed no farther.</param>
public sealed record OrbitBranch(IReadOnlyList<OrbitPoint> Points, IReadOnlyList<OrbitBifurcation> Bifurcations, BranchEnd End)
{
    /// <summary>Whether it was followed to an end of the parameter's range, the one or the other.</summary>
    public bool ReachedEnd => End == BranchEnd.Range;

    /// <summary>How many orbits, from where to where, why it ends there, and its bifurcations, for people.</summary>
    public override string ToString()
        => Printed.Branch("orbits", [.. Points.Select(p => p.Parameter)], End, [.. Bifurcations.Select(b => (b.Type.ToString(), b.Parameter))]);
}
