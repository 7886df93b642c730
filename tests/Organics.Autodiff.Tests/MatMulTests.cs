namespace Organics.Tests;

public sealed class MatMulTests : OpTests
{
    [Theory]
    [InlineData(3, 5, 4)]
    [InlineData(1, 1, 1)]
    [InlineData(1, 7, 2)]
    [InlineData(6, 1, 3)]
    public void Every_pair_of_flags_multiplies_and_differentiates(int m, int n, int k)
    {
        foreach (var ta in (bool[])[false, true])
            foreach (var tb in (bool[])[false, true])
            {
                var a = Tensor(1, ta ? [k, m] : [m, k]);
                var b = Tensor(2, tb ? [n, k] : [k, n]);
                var c = Table([m, n], i => Enumerable.Range(0, k).Sum(l => (ta ? At(a, l, i[0]) : At(a, i[0], l)) * (tb ? At(b, i[1], l) : At(b, l, i[1]))));
                Verify(t => t[0].MatMul(t[1], ta, tb), [m, n], c, a, b);
            }
    }

    [Fact]
    public void A_matrix_times_itself_gets_both_parts_of_its_gradient()
    {
        var a = Tensor(1, [4, 4]);
        Verify(t => t[0].MatMul(t[0]), [4, 4], Table([4, 4], i => Enumerable.Range(0, 4).Sum(l => At(a, i[0], l) * At(a, l, i[1]))), a);
        Verify(t => t[0].MatMul(t[0], transposeThis: true), [4, 4], Table([4, 4], i => Enumerable.Range(0, 4).Sum(l => At(a, l, i[0]) * At(a, l, i[1]))), a);
    }

    [Fact]
    public void Extents_of_0_give_empty_or_zero_products()
    {
        Verify(t => t[0].MatMul(t[1]), [0, 3], [], Tensor(1, [0, 2]), Tensor(2, [2, 3]));
        Verify(t => t[0].MatMul(t[1]), [3, 0], [], Tensor(1, [3, 2]), Tensor(2, [2, 0]));
        Verify(t => t[0].MatMul(t[1]), [2, 3], new double[6], Tensor(1, [2, 0]), Tensor(2, [0, 3]));
    }

    [Fact]
    public void Errors_name_the_shapes_and_the_remedy()
    {
        AssertSays<ShapeException>(() => Tensor(1, [2, 3]).MatMul(Tensor(2, [4, 5])), "MatMul", "[2, 3]", "[4, 5]", "3 and 4", "transposition flags");
        AssertSays<ShapeException>(() => Tensor(1, [2, 3]).MatMul(Tensor(2, [2, 5]), transposeOther: true), "[2, 5]ᵀ", "3 and 5");
        AssertSays<ShapeException>(() => Tensor(1, [2, 3]).MatMul(Tensor(2, [3])), "MatMul", "[2, 3]", "[3]", "Reshape");
    }
}
