namespace Organics;

/// <summary>Why a point of a branch is special.</summary>
public enum BifurcationType
{
    /// <summary>The branch turns back: two equilibria meet, and a real eigenvalue crosses 0.</summary>
    Fold,

    /// <summary>A conjugate pair crosses the imaginary axis away from 0: a limit cycle is born.</summary>
    Hopf,

    /// <summary>
    /// Branches cross, as at a pitchfork or a transcritical bifurcation: one or more real eigenvalues cross 0 and the branch goes on, or it turns back on one
    /// that does. Those that cross nearer together than rounding lets them be told apart, 1e-10 of the parameter's range, are one branch point, with as many
    /// eigenvalues beside 0.
    /// </summary>
    BranchPoint,
}

/// <summary>A bifurcation on a branch.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Parameter">Where it lies.</param>
/// <param name="Point">The equilibrium there, whose stability is undecided unless another eigenvalue is surely beyond the axis.</param>
/// <param name="Frequency">Oscillations per unit of time at a Hopf point; 0 at others.</param>
public sealed record Bifurcation(BifurcationType Type, double Parameter, Equilibrium Point, double Frequency)
{
    /// <summary>
    /// The first Lyapunov coefficient of a Hopf point (Kuznetsov, Elements of Applied Bifurcation Theory, Eq. 5.62): negative where it is supercritical, so
    /// that the cycle beside it is stable on the centre manifold, positive where it is subcritical; NaN where its sign is not known, and at other points.
    /// </summary>
    public double LyapunovCoefficient { get; init; } = double.NaN;

    /// <summary>How the branches cross at a branch point; null at others.</summary>
    public CrossingType? Crossing { get; init; }

    /// <summary>Follows the other branch from a branch point of two, both ways, in so many steps at most.</summary>
    internal Func<int, IReadOnlyList<Branch>>? Others { get; init; }

    string Criticality => LyapunovCoefficient switch { < 0 => "supercritical", > 0 => "subcritical", _ => "of unknown criticality" };

    /// <summary>Type, parameter and what is known of it, for people.</summary>
    public override string ToString()
        => $"{(Crossing is { } crossing ? $"{Type} ({crossing})" : Type)} at {Printed.Of(Parameter)}"
            + (Type == BifurcationType.Hopf ? $", {Criticality}, frequency {Printed.Of(Frequency)}" : "")
            + $", x = {Printed.Of(Point.State)}";
}

/// <summary>One point of a branch.</summary>
/// <param name="Parameter">The parameter's value.</param>
/// <param name="Point">The equilibrium.</param>
public sealed record BranchPoint(double Parameter, Equilibrium Point)
{
    /// <summary>Parameter and equilibrium, for people.</summary>
    public override string ToString() => $"{Printed.Of(Parameter)}: {Point}";
}

/// <summary>Why a branch was followed no farther.</summary>
public enum BranchEnd
{
    /// <summary>It reached an end of the parameter's range, the one or the other.</summary>
    Range,

    /// <summary>It has as many points as were asked for; ask for more steps to go on.</summary>
    StepLimit,

    /// <summary>
    /// No step is short enough to stay on it: beside another branch that all but crosses it, where its direction is not defined, at a kink of f, or where f is
    /// not finite or an integration along an orbit breaks off.
    /// </summary>
    NoStep,

    /// <summary>The orbits shrank to a point, as at a Hopf point.</summary>
    Point,

    /// <summary>The orbits' period grows without bound while neither they nor the parameter change, as beside an orbit that is homoclinic to an
    /// equilibrium.</summary>
    Period,
}

/// <summary>A branch of equilibria under one parameter.</summary>
/// <param name="Points">In the order in which they were met.</param>
/// <param name="Bifurcations">Folds, Hopf points and branch points between them, in the same order.</param>
/// <param name="End">Why it was followed no farther.</param>
public sealed record Branch(IReadOnlyList<BranchPoint> Points, IReadOnlyList<Bifurcation> Bifurcations, BranchEnd End)
{
    /// <summary>Whether it was followed to an end of the parameter's range, the one or the other.</summary>
    public bool ReachedEnd => End == BranchEnd.Range;

    /// <summary>How many points, from where to where, why it ends there, and its bifurcations, for people.</summary>
    public override string ToString()
        => Printed.Branch("equilibria", [.. Points.Select(p => p.Parameter)], End, [.. Bifurcations.Select(b => (b.Type.ToString(), b.Parameter))]);
}
