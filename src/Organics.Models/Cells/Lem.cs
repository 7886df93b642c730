using System.Numerics;
using System.Runtime.CompilerServices;

namespace Organics;

/// <summary>
/// Long expressive memory (Rusch, Mishra, Erichson and Mahoney, ICLR 2022), with two rounds of products a step: Δ₁, Δ₂ = Δt·σ(Wy + Vx + b), each with its own, and
/// <para>z ← (1 − Δ₁)⊙z + Δ₁⊙tanh(Wy + Vx + b), then y ← (1 − Δ₂)⊙y + Δ₂⊙tanh(Wz + Vx + b) of the new z.</para>
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="dt">Δt.</param>
public readonly struct LemFormula<T>(T dt) : ICellFormula<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    const int Y = 0, Z = 1, Delta1 = 0, Delta2 = 1, ToZ = 2, ToY = 3;

    readonly T _dt = dt;

    /// <inheritdoc/>
    public CellLayout Layout => new()
    {
        States = ["y", "z"],
        Products =
        [
            new("Δ₁/Δt", Activation.Sigmoid, "b1", new CellTerm(CellLayout.Input, "V1"), new CellTerm("y", "W1")),
            new("Δ₂/Δt", Activation.Sigmoid, "b2", new CellTerm(CellLayout.Input, "V2"), new CellTerm("y", "W2")),
            new("to z", Activation.Tanh, "bz", new CellTerm(CellLayout.Input, "Vz"), new CellTerm("y", "Wz")),
            new("to y", Activation.Tanh, "by", new CellTerm(CellLayout.Input, "Vy"), new CellTerm("z'", "Wy")) { Round = 1 },
        ],
    };

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step<V, M>(int round, M m) where V : struct, IReal<V, T> where M : struct, ICellForward<V>, allows ref struct
    {
        if (round == 0) m.SetAfter(Z, V.Fma(V.Of(_dt) * m.Product(Delta1), m.Product(ToZ) - m.State(Z), m.State(Z)));
        else m.SetAfter(Y, V.Fma(V.Of(_dt) * m.Product(Delta2), m.Product(ToY) - m.State(Y), m.State(Y)));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StepVjp<V, M>(int round, M m) where V : struct, IReal<V, T> where M : struct, ICellBackward<V>, allows ref struct
    {
        var (state, delta, to) = round == 0 ? (Z, Delta1, ToZ) : (Y, Delta2, ToY);
        V g = m.AfterCotangent(state), share = V.Of(_dt) * m.Product(delta);
        m.SetProduct(to, g * share);
        m.SetProduct(delta, V.Of(_dt) * g * (m.Product(to) - m.State(state)));
        m.AddToState(state, g - g * share);
    }

    /// <inheritdoc/>
    public void Sources<V, M>(M m) where V : struct, IReal<V, T> where M : struct, ICellForward<V>, allows ref struct
    {
    }

    /// <inheritdoc/>
    public void SourcesVjp<V, M>(M m) where V : struct, IReal<V, T> where M : struct, ICellBackward<V>, allows ref struct
    {
    }
}

/// <summary>Long expressive memory by its name, with parameters under the authors' and laid out as theirs: those of x for Δ₂, Δ₁, y and z lie one below the other,
/// those of y for Δ₂, Δ₁ and z.</summary>
public sealed class LemKind : FormulaKind
{
    const string Dt = "dt";

    /// <inheritdoc/>
    public override string Name => "lem";

    /// <inheritdoc/>
    public override string Description => "Long expressive memory (Rusch et al. 2022).";

    /// <inheritdoc/>
    public override double LearningRate => 1.8e-3;

    /// <summary>The authors' of sequences of pixels in their order; shorter sequences get longer steps, so that as much time passes.</summary>
    protected override IReadOnlyList<CellNumber> Numbers(int steps) => [new(Dt, Math.Round(Math.Min(0.21 * Math.Max(1, 784.0 / steps), 1), 3), 1e-6, 1)];

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, int[] Shape)> Parameters(CellSize size) =>
    [
        ("inp2hid.weight", [4 * size.Units, size.Channels]), ("inp2hid.bias", [4 * size.Units]), ("hid2hid.weight", [3 * size.Units, size.Units]),
        ("hid2hid.bias", [3 * size.Units]), ("transform_z.weight", [size.Units, size.Units]), ("transform_z.bias", [size.Units]),
    ];

    /// <inheritdoc/>
    protected override IRecurrentCell<CellWeights<T>, CellWeights<T>, T> Cell<T>(IReadOnlyDictionary<string, double> numbers)
        => new FormulaCell<LemFormula<T>, T>(new(T.CreateTruncating(numbers[Dt])), p =>
        {
            var n = p["transform_z.bias"].Length;
            Tensor<T> Part(string name, int k) => p[name].Slice(k * n, n);
            (string, Tensor<T>)[] Of(string to, int x, int y)
                => [($"V{to}", Part("inp2hid.weight", x)), ($"W{to}", Part("hid2hid.weight", y)), ($"b{to}", Part("inp2hid.bias", x) + Part("hid2hid.bias", y))];
            return new([
                .. Of("1", 1, 1), .. Of("2", 0, 0), .. Of("z", 3, 2),
                ("Vy", Part("inp2hid.weight", 2)), ("Wy", p["transform_z.weight"]), ("by", Part("inp2hid.bias", 2) + p["transform_z.bias"]),
            ]);
        })
        { OtherStep = factor => Cell<T>(Times(numbers, Dt, factor)) };
}
