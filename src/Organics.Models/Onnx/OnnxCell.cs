using System.Numerics;

namespace Organics;

/// <summary>Writes one step of a cell into a graph.</summary>
/// <param name="graph">The graph.</param>
/// <param name="prefix">What stands before the names of coefficients.</param>
/// <param name="x">What the step is shown. Shape [batch, d].</param>
/// <param name="state">The parts of the state before it. Shape [batch, n].</param>
/// <returns>Those after it.</returns>
delegate string[] OnnxStep(OnnxGraph graph, string prefix, string x, IReadOnlyList<string> state);

/// <summary>A cell's equations as nodes of a graph: products of matrices, and the formula with the graph's values as its numbers.</summary>
/// <typeparam name="T">float or double.</typeparam>
sealed class OnnxCell<T> : ICellFormulaProgram<T, OnnxStep> where T : unmanaged, IFloatingPointIeee754<T>
{
    public OnnxStep Run<F>(F formula, IReadOnlyList<KeyValuePair<string, Tensor<T>>> coefficients) where F : unmanaged, ICellFormula<T>
        => (graph, prefix, x, state) => Step(formula, graph, coefficients.ToDictionary(c => c.Key, c => graph.Constant(prefix + c.Key, c.Value)), x, state);

    static string[] Step<F>(F formula, OnnxGraph graph, Dictionary<string, string> named, string x, IReadOnlyList<string> state)
        where F : unmanaged, ICellFormula<T>
    {
        var layout = formula.Layout;
        var numbers = new Numbers(graph, [.. state], new string[layout.Products.Count], [.. layout.Coefficients.Select(name => named[name])],
            new OnnxReal<T>?[layout.States.Count], new OnnxReal<T>[layout.Sources.Count]);
        formula.Sources<OnnxReal<T>, Numbers>(numbers);
        var slots = layout.States.Zip(state).Append((CellLayout.Input, x)).ToDictionary(s => s.Item1, s => s.Item2);
        foreach (var (name, value) in layout.Sources.Zip(numbers.Sources)) slots[name] = OfSamples(value);
        for (var round = 0; round < layout.Rounds; round++)
        {
            foreach (var (i, product) in layout.Products.Index())
            {
                if (product.Round != round) continue;
                var sum = product.Terms.OrderBy(t => t.Source != CellLayout.Input)
                    .Aggregate(product.Bias is { } bias ? named[bias] : "", (sum, t) => graph.Gemm(slots[t.Source], named[t.Weights], sum));
                numbers.Products[i] = product.Activation switch
                {
                    Activation.Sigmoid => graph.Node("Sigmoid", [sum]),
                    Activation.Tanh => graph.Node("Tanh", [sum]),
                    _ => sum,
                };
            }
            formula.Step<OnnxReal<T>, Numbers>(round, numbers);
            foreach (var (name, value) in layout.States.Zip(numbers.After))
                if (value is { } set && !slots.ContainsKey(name + "'")) slots[name + "'"] = OfSamples(set);
        }
        return [.. layout.States.Select(name => slots[name + "'"])];

        // What a formula sets to a number, or to a coefficient, every sample has.
        string OfSamples(OnnxReal<T> value)
            => value.IsOfSamples ? value.In(graph) : graph.Node("Expand", [value.In(graph), graph.Node("Shape", [state[0]])]);
    }

    readonly struct Numbers(OnnxGraph graph, string[] state, string[] products, string[] coefficients, OnnxReal<T>?[] after, OnnxReal<T>[] sources)
        : ICellForward<OnnxReal<T>>
    {
        public string[] Products => products;

        public OnnxReal<T>?[] After => after;

        public OnnxReal<T>[] Sources => sources;

        public OnnxReal<T> State(int i) => new(graph, state[i], isOfSamples: true);

        public OnnxReal<T> Product(int i) => new(graph, products[i], isOfSamples: true);

        public OnnxReal<T> Coefficient(int i) => new(graph, coefficients[i], isOfSamples: false);

        OnnxReal<T> ICellForward<OnnxReal<T>>.After(int i) => after[i]!.Value;

        public void SetAfter(int i, OnnxReal<T> value) => after[i] = value;

        public void SetSource(int i, OnnxReal<T> value) => sources[i] = value;
    }
}
