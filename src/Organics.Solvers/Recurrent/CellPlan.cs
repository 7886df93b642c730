namespace Organics;

/// <summary>One product of matrices in a step: neighbouring sources of one kind to neighbouring products.</summary>
/// <param name="Round">When.</param>
/// <param name="Kind">Where the sources lie.</param>
/// <param name="Source">The first of them.</param>
/// <param name="Sources">How many; 1 for x.</param>
/// <param name="Product">The first product.</param>
/// <param name="Products">How many.</param>
/// <param name="Adds">Whether an earlier block has begun the sums of these products.</param>
readonly record struct CellBlock(int Round, CellSource Kind, int Source, int Sources, int Product, int Products, bool Adds);

/// <summary>Where a source lies: in x, among the states before the step, what is derived from them, or the states after the step.</summary>
enum CellSource
{
    Input,
    State,
    Derived,
    After,
}

/// <summary>One matrix within a block.</summary>
/// <param name="Block">Which block.</param>
/// <param name="Source">Which of its sources.</param>
/// <param name="Product">Which of its products.</param>
/// <param name="Weights">Which of the cell's coefficients.</param>
readonly record struct CellMatrix(int Block, int Source, int Product, int Weights);

/// <summary>A layout with its names resolved: the products as few blocks, and where each coefficient goes.</summary>
sealed class CellPlan
{
    /// <summary>Resolves a layout.</summary>
    /// <param name="layout">The cell's.</param>
    /// <param name="coefficients">The names of its coefficients, in their order.</param>
    /// <exception cref="ArgumentException">A name is unknown, or what it names cannot be read there.</exception>
    public CellPlan(CellLayout layout, IReadOnlyList<string> coefficients)
    {
        (States, Sources, Products, Rounds) = (layout.States.Count, layout.Sources.Count, layout.Products.Count, layout.Rounds);
        int Find(string name) => Enumerable.Range(0, coefficients.Count).FirstOrDefault(i => coefficients[i] == name, -1) is >= 0 and var at ? at
            : throw Missing(name, coefficients);
        string[] states = [.. layout.States], sources = [.. layout.Sources];
        (CellSource, int) Place(string source, int round)
        {
            if (source == CellLayout.Input) return (CellSource.Input, 0);
            if (Array.IndexOf(states, source) is >= 0 and var state) return (CellSource.State, state);
            if (Array.IndexOf(sources, source) is >= 0 and var derived) return (CellSource.Derived, derived);
            if (round > 0 && source.EndsWith('\'') && Array.IndexOf(states, source[..^1]) is >= 0 and var after) return (CellSource.After, after);
            throw new ArgumentException(
                $"The layout names the source '{source}' in round {round}; give {CellLayout.Input}, one of {string.Join(", ", states.Concat(sources))}, or, after round 0, "
                + "a part of the state with a ' behind.");
        }

        List<CellBlock> blocks = [];
        List<CellMatrix> matrices = [];
        var products = layout.Products.Select((p, i) => (Number: i, p.Round, Terms: p.Terms.Select(t => (Place: Place(t.Source, p.Round), Weights: Find(t.Weights))).OrderBy(t => t.Place).ToArray())).ToArray();
        for (var round = 0; round < Rounds; round++)
            // x first, then the rest: each neighbouring set of sources that neighbouring products share is a block.
            foreach (var isInput in (bool[])[true, false])
                for (var i = 0; i < products.Length;)
                {
                    var own = Own(i);
                    var count = 1;
                    if (own.Length > 0)
                        while (i + count < products.Length && Own(i + count).Select(t => t.Place).SequenceEqual(own.Select(t => t.Place))
                            && HasInput(i + count) == HasInput(i)) count++;
                    for (var first = 0; first < own.Length;)
                    {
                        var length = 1;
                        var (kind, at) = own[first].Place;
                        while (first + length < own.Length && own[first + length].Place == (kind, at + length)) length++;
                        for (var j = 0; j < count; j++)
                            for (var k = 0; k < length; k++) matrices.Add(new(blocks.Count, k, j, Own(i + j)[first + k].Weights));
                        blocks.Add(new(round, kind, at, length, i, count, Adds: first > 0 || (!isInput && HasInput(i))));
                        first += length;
                    }
                    i += count;

                    bool HasInput(int product) => products[product].Terms.Any(t => t.Place.Item1 == CellSource.Input);
                    ((CellSource Kind, int At) Place, int Weights)[] Own(int product)
                        => product < products.Length && products[product].Round == round ? [.. products[product].Terms.Where(t => (t.Place.Item1 == CellSource.Input) == isInput)] : [];
                }
        (Blocks, Matrices) = ([.. blocks], [.. matrices]);
        Activations = [.. layout.Products.Select(p => p.Activation)];
        RoundOf = [.. layout.Products.Select(p => p.Round)];
        Biases = [.. layout.Products.Select(p => p.Bias is { } name ? Find(name) : -1)];
        Coefficients = [.. layout.Coefficients.Select(Find)];
        IsKept = [.. layout.Products.Select(p => p.Terms.Any(t => t.Source != CellLayout.Input))];
        if (layout.Products.FirstOrDefault(p => p.Terms.Count == 0) is { } empty) throw new ArgumentException($"The product '{empty.Name}' reads nothing; give it a term at least.");
        foreach (var (name, i) in coefficients.Select((name, i) => (name, i)))
            if (!Matrices.Any(m => m.Weights == i) && !Biases.Contains(i) && !Coefficients.Contains(i))
                throw new ArgumentException($"The cell's coefficient '{name}' stands nowhere in its layout; name it there, or leave it out.");
    }

    /// <summary>What is thrown where the layout names a coefficient that the cell has not.</summary>
    public static ArgumentException Missing(string name, IEnumerable<string> coefficients)
        => new($"The layout names the coefficient '{name}', but the cell has {string.Join(", ", coefficients)}; give it under that name.");

    public int States { get; }

    public int Sources { get; }

    public int Products { get; }

    public int Rounds { get; }

    public CellBlock[] Blocks { get; }

    public CellMatrix[] Matrices { get; }

    /// <summary>Of each product.</summary>
    public Activation[] Activations { get; }

    /// <inheritdoc cref="Activations"/>
    public int[] RoundOf { get; }

    /// <summary>Which coefficient is the bias of each product; −1 for none.</summary>
    public int[] Biases { get; }

    /// <summary>Which coefficient of the cell each one of a neuron is.</summary>
    public int[] Coefficients { get; }

    /// <summary>Whether a product is kept rather than computed again where there is memory: those that read x alone are not.</summary>
    public bool[] IsKept { get; }

    /// <summary>The shape that a coefficient must have.</summary>
    public Shape ShapeOf(int coefficient, int units, int inputs)
        => Array.FindIndex(Matrices, m => m.Weights == coefficient) is >= 0 and var at ? Blocks[Matrices[at].Block].Kind == CellSource.Input ? [units, inputs] : [units, units] : [units];
}
