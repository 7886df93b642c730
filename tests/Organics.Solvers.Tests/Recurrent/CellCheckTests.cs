namespace Organics.Tests;

/// <summary>Formulas that do not keep to their layout are refused in words, before any program runs on memory that nobody has written.</summary>
public sealed class CellCheckTests
{
    [Theory]
    [InlineData(Mistake.None, null)]
    [InlineData(Mistake.ReadsLateState, "The product 'q' of round 1 reads 'y''")]
    [InlineData(Mistake.ReadsLateProduct, "reads the product 'q' in round 0")]
    [InlineData(Mistake.ReadsAfterTooEarly, "reads 'y' after the step before")]
    [InlineData(Mistake.SetsTooLittle, "does not set 'y' after the step")]
    [InlineData(Mistake.SetsNoSource, "does not set its source 'f'")]
    [InlineData(Mistake.UnknownState, "its state number 2, but the layout names z, y")]
    [InlineData(Mistake.UnknownCoefficient, "its coefficient number 0, but the layout names none")]
    [InlineData(Mistake.ForgetsAProduct, "does not set the cotangent of the product 'p'")]
    [InlineData(Mistake.UnknownCotangent, "its state number 5")]
    [InlineData(Mistake.SkipsARound, "'q' is of round 2, but none is of the round before")]
    [InlineData(Mistake.SameName, "two sources called 'z'")]
    public void A_mistake_is_named(Mistake mistake, string? part)
    {
        var error = Record.Exception(() => CellCheck.Of<double, TwoRounds>(new(mistake)));
        if (part is null) Assert.Null(error);
        else Assert.Contains(part, Assert.IsType<ArgumentException>(error).Message, StringComparison.Ordinal);
    }

    public enum Mistake
    {
        None,
        ReadsLateState,
        ReadsLateProduct,
        ReadsAfterTooEarly,
        SetsTooLittle,
        SetsNoSource,
        UnknownState,
        UnknownCoefficient,
        ForgetsAProduct,
        UnknownCotangent,
        SkipsARound,
        SameName,
    }

    /// <summary>z from x in round 0, y from the new z in round 1.</summary>
    readonly struct TwoRounds(Mistake mistake) : ICellFormula<double>
    {
        readonly Mistake _mistake = mistake;

        public CellLayout Layout => new()
        {
            States = ["z", "y"],
            Sources = [_mistake == Mistake.SameName ? "z" : "f"],
            Products =
            [
                new("p", Activation.Tanh, null, new CellTerm(CellLayout.Input, "V"), new CellTerm(_mistake == Mistake.SameName ? "z" : "f", "U")),
                new("q", Activation.None, null, new CellTerm(_mistake == Mistake.ReadsLateState ? "y'" : "z'", "W")) { Round = _mistake == Mistake.SkipsARound ? 2 : 1 },
            ],
        };

        public void Sources<V, M>(M m) where V : struct, IReal<V, double> where M : struct, ICellForward<V>, allows ref struct
        {
            if (_mistake != Mistake.SetsNoSource) m.SetSource(0, V.Max(m.State(0), V.Zero));
        }

        public void SourcesVjp<V, M>(M m) where V : struct, IReal<V, double> where M : struct, ICellBackward<V>, allows ref struct
        {
        }

        public void Step<V, M>(int round, M m) where V : struct, IReal<V, double> where M : struct, ICellForward<V>, allows ref struct
        {
            if (round == 0) m.SetAfter(0, _mistake switch
            {
                Mistake.ReadsLateProduct => m.Product(1),
                Mistake.ReadsAfterTooEarly => m.After(1),
                Mistake.UnknownState => m.State(2),
                Mistake.UnknownCoefficient => m.Coefficient(0),
                _ => m.Product(0),
            });
            else if (_mistake != Mistake.SetsTooLittle) m.SetAfter(1, m.Product(1) + m.After(0));
        }

        public void StepVjp<V, M>(int round, M m) where V : struct, IReal<V, double> where M : struct, ICellBackward<V>, allows ref struct
        {
            if (round == 1)
            {
                m.SetProduct(1, m.AfterCotangent(1));
                m.AddToAfter(_mistake == Mistake.UnknownCotangent ? 5 : 0, m.AfterCotangent(1));
            }
            else if (_mistake != Mistake.ForgetsAProduct) m.SetProduct(0, m.AfterCotangent(0));
        }
    }
}
