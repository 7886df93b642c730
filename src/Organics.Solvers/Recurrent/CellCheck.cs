using System.Numerics;

namespace Organics;

/// <summary>
/// Walks through one step of a cell with numbers that mean nothing, to see that each is there when it is read and all are set: programs hold them in memory that
/// they do not clear.
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
                            $"The product '{product.Name}' of round {round} reads '{term.Source}', which no round before it sets; give it a later round, or set that earlier.");
            formula.Step<TapeReal<T>, Probe<T>>(round, new(layout, round, after, sources));
        }
        if (Array.IndexOf(after, false) is >= 0 and var state)
            throw new ArgumentException($"The cell's formula does not set '{layout.States[state]}' after the step; set each part of the state once, in some round.");
        return formula;
    }

    readonly struct Probe<T>(CellLayout layout, int round, bool[] after, bool[] sources) : ICellForward<TapeReal<T>> where T : unmanaged, IFloatingPointIeee754<T>
    {
        public TapeReal<T> State(int i) => Number(i, layout.States, "state");

        public TapeReal<T> Product(int i)
        {
            var number = Number(i, [.. layout.Products.Select(p => p.Name)], "product");
            return layout.Products[i].Round <= round ? number : throw new ArgumentException(
                $"The cell's formula reads the product '{layout.Products[i].Name}' {(round < 0 ? "in Sources" : $"in round {round}")}, but it is taken in round "
                + $"{layout.Products[i].Round}; read it there.");
        }

        public TapeReal<T> Coefficient(int i) => Number(i, layout.Coefficients, "coefficient");

        public TapeReal<T> After(int i)
        {
            var number = Number(i, layout.States, "state");
            return after[i] ? number : throw new ArgumentException($"The cell's formula reads '{layout.States[i]}' after the step before it has set it; set it first.");
        }

        public void SetAfter(int i, TapeReal<T> value)
        {
            _ = Number(i, layout.States, "state");
            after[i] = true;
        }

        public void SetSource(int i, TapeReal<T> value)
        {
            _ = Number(i, layout.Sources, "source");
            sources[i] = true;
        }

        static TapeReal<T> Number(int i, IReadOnlyList<string> names, string what) => i >= 0 && i < names.Count ? TapeReal<T>.One : throw new ArgumentException(
            $"The cell's formula asks for its {what} number {i}, but the layout names {(names.Count == 0 ? "none" : string.Join(", ", names))}, from 0; name it there.");
    }
}
