using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Organics.Tests;

/// <summary>A cell of one's own: every operation of a formula, two rounds, sources, and parts of the state that are numbers or coefficients.</summary>
public sealed class OwnCellTests
{
    const int Steps = 6, Channels = 2, Units = 4;

    readonly struct Everything : ICellFormula<float>
    {
        const int U = 0, W = 1, Constant = 2, Own = 3;

        public CellLayout Layout => new()
        {
            States = ["u", "w", "constant", "own"],
            Sources = ["s", "one"],
            Products =
            [
                new("p", Activation.None, "bias", new CellTerm("s", "A"), new CellTerm(CellLayout.Input, "B"), new CellTerm("one", "C")),
                new("q", Activation.Tanh, null, new CellTerm("u'", "A"), new CellTerm("own'", "C")) { Round = 1 },
            ],
            Coefficients = ["kappa"],
        };

        public void Sources<V, M>(M m) where V : struct, IReal<V, float> where M : struct, ICellForward<V>, allows ref struct
        {
            m.SetSource(0, V.Sin(m.State(U)) * V.Cos(m.State(W)));
            m.SetSource(1, V.Half);
        }

        public void Step<V, M>(int round, M m) where V : struct, IReal<V, float> where M : struct, ICellForward<V>, allows ref struct
        {
            V u = m.State(U), p = m.Product(0), kappa = m.Coefficient(0);
            if (round == 0)
            {
                var squared = V.Fma(p, p, V.Half);
                var grown = V.Expm1(p) / V.Exp(V.Abs(p)) + V.Log1p(squared) - V.Log(squared) + V.Log1p(V.Literal(0.01) * p) + V.Expm1(V.Literal(1e-3) * p);
                var kept = V.Min(V.Max(u, -V.One), V.Literal(0.75)) + V.Sqrt(squared) * V.Pow(squared, kappa);
                m.SetAfter(U, V.IfLess(p, u, grown, kept) * V.Half);
                m.SetAfter(Constant, V.IfLess(V.One, V.Half, V.One, V.Expm1(V.Half) + V.Log1p(V.Half)));
                m.SetAfter(Own, kappa * V.Literal(0.3));
                return;
            }
            m.SetAfter(W, V.Fma(V.Of(0.25f), m.Product(1), m.After(U)) + m.State(Constant) * m.State(Own));
        }

        public void SourcesVjp<V, M>(M m) where V : struct, IReal<V, float> where M : struct, ICellBackward<V>, allows ref struct
        {
        }

        // Nothing is trained here.
        public void StepVjp<V, M>(int round, M m) where V : struct, IReal<V, float> where M : struct, ICellBackward<V>, allows ref struct
            => m.SetProduct(round, V.Zero);
    }

    static float[] Numbers(int count, float scale) => [.. Enumerable.Range(0, count).Select(i => scale * MathF.Sin(0.5f + 2.1f * i))];

    static Tensor<float> Tensor(float scale, params int[] shape)
        => Organics.Tensor.From<float>(Numbers(shape.Aggregate(1, (a, b) => a * b), scale), Shape.Of(shape));

    static SequenceModel<P, C, float> Model<P, C>(IRecurrentCell<P, C, float> cell, P parameters)
        where P : IParameters<P, float>
        where C : IParameters<C, float>
    {
        var format = new SampleFormat(Steps, Channels, TargetKind.Numbers, PerStep: true, 2);
        var options = new SequenceOptions { Cell = "rnn", Units = Units, ReadOut = ReadOut.EveryStep, Format = format };
        return new(options, new(cell, parameters, [.. cell.States.Select((_, k) => Tensor(0.3f * (k + 1), Units))]),
            new("own.", parameters, new(Tensor(1, 2, Units), Tensor(0.1f, 2))));
    }

    [Fact]
    public void A_formula_of_ones_own_writes_itself()
    {
        var weights = new CellWeights<float>(("A", Tensor(0.9f, Units, Units)), ("B", Tensor(1.5f, Units, Channels)), ("C", Tensor(0.5f, Units, Units)),
            ("bias", Tensor(0.4f, Units)), ("kappa", Tensor(0.8f, Units)));
        var model = Model(new FormulaCell<Everything, float>(default, p => p), weights);
        const int Count = 3;
        var inputs = Numbers(Count * Steps * Channels, 2);
        var expected = model.Predict(inputs);
        Assert.DoesNotContain(expected, float.IsNaN);
        Assert.True(expected.Max() - expected.Min() > 0.1f);
        using var session = new InferenceSession(OnnxFile.Of(model));
        using var results = session.Run([NamedOnnxValue.CreateFromTensor("input", new DenseTensor<float>(inputs, (int[])[Count, Steps, Channels]))]);
        var found = results[0].AsTensor<float>().ToArray();
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], found[i], 1e-5f * Math.Max(1, Math.Abs(expected[i])));
    }

    sealed class InTapeOps : IRecurrentCell<CellWeights<float>, CellWeights<float>, float>
    {
        public IReadOnlyList<string> States => ["h"];

        public CellWeights<float> Prepare(CellWeights<float> parameters) => parameters;

        public IReadOnlyList<Tensor<float>> Step(CellWeights<float> coefficients, Tensor<float> x, IReadOnlyList<Tensor<float>> state)
            => [x.MatMul(coefficients["B"], transposeOther: true).Tanh()];
    }

    [Fact]
    public void A_cell_in_tape_ops_is_refused_in_a_sentence_also_in_a_stack()
    {
        var weights = new CellWeights<float>(("B", Tensor(1, Units, Channels)));
        Assert.Contains("ICellFormula", Assert.Throws<NotSupportedException>(() => OnnxFile.Of(Model(new InTapeOps(), weights))).Message);
        var stack = new StackedCell<CellWeights<float>, CellWeights<float>, float>([new InTapeOps(), new InTapeOps()]);
        Assert.Contains("ICellFormula", Assert.Throws<NotSupportedException>(
            () => OnnxFile.Of(Model(stack, new Layers<CellWeights<float>, float>([weights, weights])))).Message);
    }
}
