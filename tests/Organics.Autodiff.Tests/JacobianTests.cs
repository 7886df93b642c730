namespace Organics.Tests;

public sealed class JacobianTests : DeviceTests
{
    [Fact]
    public void A_Jacobian_has_a_row_for_each_result_and_a_column_for_each_argument()
    {
        // f(x) = A·x² + x₀: Jᵢⱼ = 2Aᵢⱼxⱼ + [j = 0].
        var (a, x) = (Tensor(1, [2, 3]), Tensor([1, -2, 3], [3]));
        var j = Jacobian.Of(t => a.MatMul(t.Square().Reshape([3, 1])).Reshape([2]) + t[0], x);
        Assert.Equal([2, 3], j.Shape);
        var (m, v) = (a.ToArray(), x.ToArray());
        AssertClose([.. Enumerable.Range(0, 6).Select(i => 2 * m[i] * v[i % 3] + (i % 3 == 0 ? 1 : 0))], j.ToArray());
    }

    [Fact]
    public void The_Jacobian_of_the_identity_is_the_identity_and_of_nothing_is_empty()
    {
        Assert.Equal([1.0, 0, 0, 1], Jacobian.Of(t => t, Tensor(1, [2])).ToArray());
        Assert.Equal([0, 2], Jacobian.Of(t => t.Slice(1, 0), Tensor(1, [2])).Shape);
        Assert.Equal([1, 1], Jacobian.Of(t => t.Exp(), Tensor(1, [])).Shape);
        Assert.Throws<ArgumentNullException>(() => Jacobian.Of(null!, Tensor(1, [2])));
        AssertSays<InvalidOperationException>(() => Jacobian.Of(_ => Tensor(1, [2]), Tensor(2, [2])), "Watch");
    }

    /// <summary>2x², with a derivative that is wrong by the given factor.</summary>
    readonly struct Wrong(double factor) : IFormula1<double>
    {
        readonly double _factor = factor;

        public V F<V>(V x) where V : struct, IReal<V, double> => x * (x + x);

        public V D<V>(V x, V y) where V : struct, IReal<V, double> => V.Literal(4) * V.Of(_factor) * x;
    }

    // x, with a derivative that is no number at 1.
    readonly struct NaNAtOne : IFormula1<double>
    {
        public V F<V>(V x) where V : struct, IReal<V, double> => x;

        public V D<V>(V x, V y) where V : struct, IReal<V, double> => V.IfLess(V.Zero, V.Abs(x - V.One), V.One, V.Literal(double.NaN));
    }

    [Fact]
    public void The_gradient_check_passes_a_right_derivative_and_says_where_a_wrong_one_is()
    {
        var (x, y) = (Tensor([0.5, 1, -2], [3]), Tensor([1, 2, 3], [3]));
        GradientCheck.Run(t => t[0] * t[1].Map(new Wrong(1)), [x, y]).OrThrow();
        var wrong = GradientCheck.Run(t => t[0] * t[1].Map(new Wrong(1.01)), [x, y]);
        Assert.Equal(1, wrong.Input);
        Assert.Equal(0.01 * Math.Abs(wrong.Numeric) / Math.Max(1, Math.Abs(wrong.Numeric)), wrong.Error, 1e-6);
        AssertSays<InvalidOperationException>(() =>
        {
            wrong.OrThrow();
            return null;
        }, "input 1", $"element {wrong.Element}", "central differences", "Vjp");
        // A NaN is no agreement.
        var nan = GradientCheck.Run(t => t[0].Map(new Wrong(double.NaN)), [x]);
        Assert.Throws<InvalidOperationException>(() => nan.OrThrow());
        // Nor is one that elements and inputs without an error follow.
        var first = GradientCheck.Run(t => t[0].Map(new NaNAtOne()) * t[1], [Tensor([0.5, 1, -2], [3]), y]);
        Assert.Equal((0, 1, double.NaN), (first.Input, first.Element, first.Error));
        Assert.Throws<InvalidOperationException>(() => first.OrThrow());
        Assert.Throws<ArgumentOutOfRangeException>(() => GradientCheck.Run(t => t[0], []));
    }
}
