using System.Globalization;
using System.Numerics;
using FsCheck;
using FsCheck.Fluent;

namespace Organics.Laws;

/// <summary>What holds for every formula of one to four inputs.</summary>
public sealed class FormulaLaws
{
    public static TheoryData<string> Formulas => [.. FormulaCatalog.ByName.Keys];

    [Fact]
    public void Every_arity_has_a_formula_and_no_formula_escapes()
    {
        Assert.Equal([1, 2, 3, 4], FormulaCatalog.ByName.Values.Select(f => f.Arity).Distinct().Order());
        Assert.Equal(FormulaCatalog.Types.Count, FormulaCatalog.ByName.Count);
        Assert.Contains("Sigmoid", FormulaCatalog.ByName.Keys);
    }

    [Theory]
    [MemberData(nameof(Formulas))]
    public void The_cotangents_are_those_of_dual_numbers(string name)
    {
        var f = FormulaCatalog.ByName[name];
        Cases.ForAll(Points(f), p =>
        {
            var cotangents = f.Double(p.X, p.G)[1..];
            for (var i = 0; i < f.Arity; i++) AssertClose(p.G * f.DualDerivative(p.X, i), cotangents[i], 1e-12, $"input {i}");
        });
    }

    [Theory]
    [MemberData(nameof(Formulas))]
    public void The_cotangents_are_those_of_central_differences(string name)
    {
        var f = FormulaCatalog.ByName[name];
        Cases.ForAll(Points(f), p =>
        {
            var cotangents = f.Double(p.X, p.G)[1..];
            for (var i = 0; i < f.Arity; i++)
            {
                // Fourth order: f′ ≈ (8(f₊₁ − f₋₁) − (f₊₂ − f₋₂))/12h, with all points on this side of the next kink.
                var h = 1e-3 * Math.Min(1, Room(f, p.X, i));
                double At(int k) => f.Double([.. p.X.Select((v, j) => j == i ? v + k * h : v)], p.G)[0];
                var slope = (8 * (At(1) - At(-1)) - (At(2) - At(-2))) / (12 * h);
                AssertClose(p.G * slope, cotangents[i], 1e-7, $"input {i}");
            }
        });
    }

    [Theory]
    [MemberData(nameof(Formulas))]
    public void Binary32_agrees_with_binary64(string name)
    {
        var f = FormulaCatalog.ByName[name];
        Cases.ForAll(Points(f), p =>
        {
            var x = Array.ConvertAll(p.X, v => (float)v);
            var single = f.Single(x, (float)p.G);
            var wide = f.Double(Array.ConvertAll(x, v => (double)v), (float)p.G);
            for (var k = 0; k < wide.Length; k++) AssertClose(wide[k], single[k], 4e-6, k == 0 ? "value" : $"cotangent {k - 1}");
        });
    }

    [Theory]
    [MemberData(nameof(Formulas))]
    public void Vectors_give_the_bits_of_lanes_also_at_extremes_in_binary32(string name)
        => CompareCarriers<float>(FormulaCatalog.ByName[name], [.. Extremes.Doubles.Select(v => (float)v), .. Extremes.Singles]);

    [Theory]
    [MemberData(nameof(Formulas))]
    public void Vectors_give_the_bits_of_lanes_also_at_extremes_in_binary64(string name)
        => CompareCarriers(FormulaCatalog.ByName[name], Extremes.Doubles);

    static void CompareCarriers<T>(FormulaCase f, T[] extremes) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var columns = Tuples(f, extremes);
        var expected = f.On("lane", columns);
        foreach (var carrier in (string[])["128", "256", "512"])
        {
            var actual = f.On(carrier, columns);
            for (var k = 0; k < expected.Length; k++)
                for (var i = 0; i < expected[k].Length; i++)
                    if (!Extremes.SameBits(expected[k][i], actual[k][i]))
                        Assert.Fail($"{f.Name}, result {k} at ({string.Join(", ", columns.Select(c => $"{c[i]:r}"))}): {expected[k][i]:r} in a lane, {actual[k][i]:r} in {carrier} bits.");
        }
    }

    // All tuples of extremes while they are few, then a sample of them and of ordinary points; the last column is the cotangent.
    static T[][] Tuples<T>(FormulaCase f, T[] extremes) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var n = extremes.Length;
        var all = (long)Math.Pow(n, f.Arity + 1);
        var random = new Random(7);
        var count = (int)Math.Min(all, 20_000) + 2_000;
        count += -count & 15;
        var columns = Enumerable.Range(0, f.Arity + 1).Select(_ => new T[count]).ToArray();
        for (var i = 0; i < count; i++)
        {
            var digits = all <= 20_000 ? i : random.NextInt64(all);
            for (var k = 0; k <= f.Arity; k++, digits /= n)
                columns[k][i] = i < count - 2_000 ? extremes[digits % n] : T.CreateTruncating(random.NextDouble() * 16 - 8);
        }
        return columns;
    }

    sealed record Point(double[] X, double G)
    {
        public override string ToString() => $"x = ({string.Join(", ", X.Select(v => v.ToString("r", CultureInfo.InvariantCulture)))}), g = {G:r}";
    }

    // Inside the domain, away from kinks and from equal inputs, where maxima have theirs.
    static Gen<Point> Points(FormulaCase f)
        => (from x in Gen.CollectToArray(Enumerable.Range(0, f.Arity), i => Cases.Between(f.Domain(i).Min, f.Domain(i).Max))
            from g in Cases.Between(-2, 2)
            select new Point(x, g)).Where(p => Enumerable.Range(0, f.Arity).All(i => Room(f, p.X, i) > 2e-3));

    static double Room(FormulaCase f, double[] x, int i)
    {
        var d = f.Domain(i);
        return d.Kinks.Concat([d.Min, d.Max]).Concat(x.Where((_, j) => j != i)).Min(k => Math.Abs(x[i] - k));
    }

    static void AssertClose(double expected, double actual, double tolerance, string what)
    {
        if (!(Math.Abs(expected - actual) <= tolerance * (1 + Math.Abs(expected)))) Assert.Fail($"{what}: expected {expected:r}, got {actual:r}.");
    }
}
