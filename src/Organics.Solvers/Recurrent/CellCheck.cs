using System.Numerics;

namespace Organics;

/// <summary>
/// Walks through one step of a cell with numbers that mean nothing, to see that each is there when it is read and all are set: programs hold them in memory
/// that they do not clear.
/// </summary>
static class CellCheck
{
    /// <summary>The formula, if it keeps to its layout.</summary>
    /// <exception cref="ArgumentException">It reads what is not there, or does not set what it should.</exception>
    public static F Of<T, F>(F formula)
        where T : unmanaged, IFloatingPointIeee754<T>
        where F : unmanaged, ICellFormula<T>
    {
        var layout = formula.Layout;
        string[] states = [.. layout.States];
        if (layout.Products.Count == 0)
            throw new ArgumentException(
                "The cell's layout has no products; name at least one, for what neurons see goes through them.");
        string[] names = [CellLayout.Input, .. layout.States, .. layout.Sources];
        if (names.FirstOrDefault(name => names.Count(other => other == name) > 1) is { } twice)
            throw new ArgumentException(
                $"The cell's layout has two sources called '{twice}'; give each state and source a name of its own, other than {CellLayout.Input}.");
        if (layout.Products.FirstOrDefault(p => p.Round < 0 || (p.Round > 0 && layout.Products.All(other => other.Round != p.Round - 1))) is { } alone)
            throw new ArgumentException(
                $"The product '{alone.Name}' is of round {alone.Round}, but none is of the round before; number rounds from 0, without a gap.");
        bool[] after = new bool[layout.States.Count], sources = new bool[layout.Sources.Count];
        formula.Sources<TapeReal<T>, Probe<T>>(new(layout, -1, after, sources));
        if (Array.IndexOf(sources, false) is >= 0 and var source)
            throw new ArgumentException($"The cell's formula does not set its source '{layout.Sources[source]}'; set each of them in Sources.");
        for (var round = 0; round < layout.Rounds; round++)
        {
            foreach (var product in layout.Products.Where(p => p.Round == round))
                foreach (var term in product.Terms)
                    if (term.Source.EndsWith('\'') && Array.IndexOf(states, term.Source[..^1]) is >= 0 and var part && !after[part])
                        throw new ArgumentException(
                            $"The product '{product.Name}' of round {round} reads '{term.Source}', which no round before it sets; give it a "
                                + "later round, or set that earlier.");
            formula.Step<TapeReal<T>, Probe<T>>(round, new(layout, round, after, sources));
        }
        if (Array.IndexOf(after, false) is >= 0 and var state)
            throw new ArgumentException(
                $"The cell's formula does not set '{layout.States[state]}' after the step; set each part of the state once, in some round.");
        var products = new bool[layout.Products.Count];
        for (var round = layout.Rounds - 1; round >= 0; round--)
        {
            formula.StepVjp<TapeReal<T>, BackProbe<T>>(round, new(layout, products));
            if (layout.Products.Index().FirstOrDefault(p => p.Item.Round == round && !products[p.Index]).Item is { } unset)
                throw new ArgumentException(
                    $"The cell's derivative does not set the cotangent of the product '{unset.Name}'; call SetProduct for each in its round.");
        }
        formula.SourcesVjp<TapeReal<T>, BackProbe<T>>(new(layout, products));
        return formula;
    }

    static TapeReal<T> Number<T>(int i, IReadOnlyList<string> names, string what) where T : unmanaged, IFloatingPointIeee754<T>
        => i >= 0 && i < names.Count ? TapeReal<T>.One : throw new ArgumentException(
            $"The cell's formula asks for its {what} number {i}, but the layout names {(names.Count == 0 ? "none" : string.Join(", ", names))}, from 0; "
                + "name it there.");

    readonly struct Probe<T>(CellLayout layout, int round, bool[] after, bool[] sources) : ICellForward<TapeReal<T>>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public TapeReal<T> State(int i) => Number<T>(i, layout.States, "state");

        public TapeReal<T> Product(int i)
        {
            var number = Number<T>(i, [.. layout.Products.Select(p => p.Name)], "product");
            return layout.Products[i].Round <= round ? number : throw new ArgumentException(
                $"The cell's formula reads the product '{layout.Products[i].Name}' {(round < 0 ? "in Sources" : $"in round {round}")}, but it is taken in "
                + $"round {layout.Products[i].Round}; read it there.");
        }

        public TapeReal<T> Coefficient(int i) => Number<T>(i, layout.Coefficients, "coefficient");

        public TapeReal<T> After(int i)
        {
            var number = Number<T>(i, layout.States, "state");
            return after[i] ? number
                : throw new ArgumentException($"The cell's formula reads '{layout.States[i]}' after the step before it has set it; set it first.");
        }

        public void SetAfter(int i, TapeReal<T> value)
        {
            _ = Number<T>(i, layout.States, "state");
            after[i] = true;
        }

        public void SetSource(int i, TapeReal<T> value)
        {
            _ = Number<T>(i, layout.Sources, "source");
            sources[i] = true;
        }
    }
    readonly struct BackProbe<T>(CellLayout layout, bool[] products) : ICellBackward<TapeReal<T>> where T : unmanaged, IFloatingPointIeee754<T>
    {
        public TapeReal<T> State(int i) => Number<T>(i, layout.States, "state");

        public TapeReal<T> Product(int i) => Number<T>(i, [.. layout.Products.Select(p => p.Name)], "product");

        public TapeReal<T> Coefficient(int i) => Number<T>(i, layout.Coefficients, "coefficient");

        public TapeReal<T> After(int i) => Number<T>(i, layout.States, "state");

        public TapeReal<T> AfterCotangent(int i) => Number<T>(i, layout.States, "state");

        public TapeReal<T> SourceCotangent(int i) => Number<T>(i, layout.Sources, "source");

        public void AddToState(int i, TapeReal<T> value) => _ = Number<T>(i, layout.States, "state");

        public void AddToAfter(int i, TapeReal<T> value) => _ = Number<T>(i, layout.States, "state");

        public void SetProduct(int i, TapeReal<T> value)
        {
            _ = Product(i);
            products[i] = true;
        }

        public void AddToCoefficient(int i, TapeReal<T> value) => _ = Coefficient(i);
    }
}
