namespace Organics;

/// <summary>What a product passes through before the step sees it.</summary>
public enum Activation
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>1/(1 + e⁻ˣ).</summary>
    Sigmoid,

    /// <summary>tanh x.</summary>
    Tanh,
}

/// <summary>What one matrix brings to a product.</summary>
/// <param name="Source">"x", part of the state or another source by its name; in a round after the first also part of the state after the step, as "z'".</param>
/// <param name="Weights">The name of the matrix among the cell's coefficients: [n, d] for x, else [n, n].</param>
public readonly record struct CellTerm(string Source, string Weights);

/// <summary>A number that each neuron gets from others: σ(bias + Σ weights · source).</summary>
/// <param name="Name">What the docs call it.</param>
/// <param name="Activation">σ.</param>
/// <param name="Bias">The name of the bias among the cell's coefficients, [n]; null for none.</param>
/// <param name="Terms">The matrices, at least one.</param>
public sealed record CellProduct(string Name, Activation Activation, string? Bias, params IReadOnlyList<CellTerm> Terms)
{
    /// <summary>In which round of a step it is taken: one that reads part of the new state waits for the round that sets it.</summary>
    public int Round { get; init; }
}

/// <summary>The names of a cell's numbers, in the order in which its formula numbers them.</summary>
public sealed record CellLayout
{
    /// <summary>The source that a step is shown.</summary>
    public const string Input = "x";

    /// <summary>The parts of the state, n numbers each; the first is what a read-out sees.</summary>
    public required IReadOnlyList<string> States { get; init; }

    /// <summary>What products read beside the state and x, derived from the state.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>The products of a step.</summary>
    public required IReadOnlyList<CellProduct> Products { get; init; }

    /// <summary>The names of the coefficients of each neuron, [n], among the cell's.</summary>
    public IReadOnlyList<string> Coefficients { get; init; } = [];

    /// <summary>Rounds of products that a step has.</summary>
    public int Rounds => 1 + Products.Max(p => p.Round);

    /// <summary>The names of the matrices, in the order in which products read them.</summary>
    public IEnumerable<string> Matrices => Products.SelectMany(p => p.Terms).Select(t => t.Weights);
}
