namespace Organics;

/// <summary>What the linearised system does near an equilibrium.</summary>
public enum EquilibriumType
{
    /// <summary>All eigenvalues have negative real parts and the slowest is real.</summary>
    StableNode,

    /// <summary>All eigenvalues have negative real parts and the slowest are a conjugate pair.</summary>
    StableFocus,

    /// <summary>All eigenvalues have positive real parts and the fastest is real.</summary>
    UnstableNode,

    /// <summary>All eigenvalues have positive real parts and the fastest are a conjugate pair.</summary>
    UnstableFocus,

    /// <summary>Real parts of both signs.</summary>
    Saddle,

    /// <summary>A real part is 0, or so near to it that its sign is not known: the linearisation does not decide.</summary>
    Degenerate,
}
