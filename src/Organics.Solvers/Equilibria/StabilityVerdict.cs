namespace Organics;

/// <summary>What the eigenvalues at an equilibrium say.</summary>
public enum StabilityVerdict
{
    /// <summary>
    /// An equilibrium is there, and every eigenvalue is left of the imaginary axis by more than its error; or, for circuits, a theorem says that it is.
    /// </summary>
    Stable,

    /// <summary>An equilibrium is there, and some eigenvalue is right of the axis by more than its error.</summary>
    Unstable,

    /// <summary>An eigenvalue lies nearer to the axis than it is known, and no theorem decides.</summary>
    Undecided,

    /// <summary>There is no equilibrium to examine, or its eigenvalues were not found.</summary>
    Unknown,
}
