namespace Organics.Backends;

/// <summary>
/// A cell's layout as the kernels read it. Each phase tells up to <see cref="Shared"/> numbers of every neuron to the group and then multiplies the matrices
/// that read them; the last phase of a round, forth, or its first, back, has the round's number, others −1.
/// </summary>
sealed class SequenceScript
{
    /// <summary>Numbers that a neuron tells at a time.</summary>
    public const int Shared = 4;

    /// <summary>Numbers of a phase: the first and the end of what is told and of the matrices, and the round.</summary>
    public const int Phase = 5;

    /// <summary>Where the cotangent goes that a matrix takes back.</summary>
    public const int State = 0, Derived = 1, After = 2;

    SequenceScript(List<int> phases, List<int> tells, List<int> terms, List<int> products) => (Phases, Tells, Terms, Products) = (phases, tells, terms, products);

    public List<int> Phases { get; }

    /// <summary>Forth: a slot, and whether of the state after the step; back: a product, and 0.</summary>
    public List<int> Tells { get; }

    /// <summary>Forth: product, place among what is told (−1 for x), place of the weights, whether it adds. Back: target, place, weights, kind of target.</summary>
    public List<int> Terms { get; }

    /// <summary>Of each: round, activation, whether it has a bias.</summary>
    public List<int> Products { get; }

    /// <summary>Where the weights of each matrix begin: those of the way forth, [source, target], and, but for x, of the way back, [target, source].</summary>
    public static (int[] Forth, int[] Back, int Length) Weights(CellPlan plan, int n, int d)
    {
        int[] forth = new int[plan.Matrices.Length], back = new int[plan.Matrices.Length];
        var length = 0;
        for (var m = 0; m < forth.Length; m++)
        {
            var isInput = plan.Blocks[plan.Matrices[m].Block].Kind == CellSource.Input;
            forth[m] = length;
            length += n * (isInput ? d : n);
            back[m] = length;
            if (!isInput) length += n * n;
        }
        return (forth, back, length);
    }

    public static SequenceScript ForthOf(CellPlan plan, int[] weights)
    {
        var (phases, tells, terms) = (new List<int>(), new List<int>(), new List<int>());
        var begun = new bool[plan.Products];
        for (var round = 0; round < plan.Rounds; round++)
        {
            var matrices = Of(plan, round);
            // x is there from the beginning; then as many sources at a time as there is room for.
            var sources = matrices.Where(m => m.Slot >= 0).Select(m => (m.Slot, m.IsAfter)).Distinct().Chunk(Shared).DefaultIfEmpty([]).ToArray();
            for (var chunk = 0; chunk < sources.Length; chunk++)
            {
                var (firstTell, firstTerm) = (tells.Count / 2, terms.Count / 4);
                foreach (var (slot, isAfter) in sources[chunk]) tells.AddRange(slot, isAfter ? 1 : 0);
                foreach (var m in matrices)
                {
                    var told = m.Slot < 0 ? -1 : Array.IndexOf(sources[chunk], (m.Slot, m.IsAfter));
                    if (m.Slot < 0 ? chunk > 0 : told < 0) continue;
                    terms.AddRange(m.Product, told, weights[m.Number], begun[m.Product] ? 1 : 0);
                    begun[m.Product] = true;
                }
                phases.AddRange(firstTell, tells.Count / 2, firstTerm, terms.Count / 4, chunk == sources.Length - 1 ? round : -1);
            }
        }
        return new(phases, tells, terms, ProductsOf(plan));
    }

    public static SequenceScript BackOf(CellPlan plan, int[] weights)
    {
        var (phases, tells, terms) = (new List<int>(), new List<int>(), new List<int>());
        for (var round = plan.Rounds - 1; round >= 0; round--)
        {
            var matrices = Of(plan, round).Where(m => m.Slot >= 0).ToArray();
            var products = matrices.Select(m => m.Product).Distinct().Chunk(Shared).DefaultIfEmpty([]).ToArray();
            for (var chunk = 0; chunk < products.Length; chunk++)
            {
                var (firstTell, firstTerm) = (tells.Count / 2, terms.Count / 4);
                foreach (var product in products[chunk]) tells.AddRange(product, 0);
                foreach (var m in matrices)
                    if (Array.IndexOf(products[chunk], m.Product) is >= 0 and var told)
                        terms.AddRange(m.Slot < plan.States ? m.Slot : m.Slot - plan.States, told, weights[m.Number], m.IsAfter ? After : m.Slot < plan.States ? State : Derived);
                phases.AddRange(firstTell, tells.Count / 2, firstTerm, terms.Count / 4, chunk == 0 ? round : -1);
            }
        }
        return new(phases, tells, terms, ProductsOf(plan));
    }

    // Slots number states, then sources; −1 is x.
    static (int Number, int Product, int Slot, bool IsAfter)[] Of(CellPlan plan, int round) =>
    [
        .. plan.Matrices.Select((m, i) => (Matrix: m, Number: i, Block: plan.Blocks[m.Block])).Where(m => m.Block.Round == round).Select(m =>
            (m.Number, m.Block.Product + m.Matrix.Product,
                m.Block.Kind == CellSource.Input ? -1 : m.Block.Source + m.Matrix.Source + (m.Block.Kind == CellSource.Derived ? plan.States : 0),
                m.Block.Kind == CellSource.After)),
    ];

    static List<int> ProductsOf(CellPlan plan)
        => [.. Enumerable.Range(0, plan.Products).SelectMany(p => (int[])[plan.RoundOf[p], (int)plan.Activations[p], plan.Biases[p] >= 0 ? 1 : 0])];
}
