using System.Numerics;
using System.Text.Json;
using Jint;

namespace Organics.Tests;

/// <summary>The formulas of one pair in the page's JavaScript say what the library says.</summary>
public sealed class PlanarPageTests
{
    static readonly Engine Script = new Engine().Execute(HtmlReport.Resource("planar.js"));

    [Fact]
    public void Fixed_points_eigenvalues_and_types_are_the_librarys()
    {
        var (random, counts) = (new Random(1), new Dictionary<int, int>());
        var degenerate = 0;
        for (var trial = 0; trial < 20_000; trial++)
        {
            var pair = Draw(random);
            var expected = pair.FixedPoints();
            var found = FixedPoints(pair);
            Assert.True(expected.Length == found.Length, $"{pair}: {expected.Length} fixed points, the page has {found.Length}");
            counts[expected.Length] = counts.GetValueOrDefault(expected.Length) + 1;
            foreach (var (of, by) in expected.Zip(found))
            {
                Near(of.Y, by.Y, pair);
                Near(of.A, by.A, pair);
                // Of a pair of eigenvalues, relative to the larger one where a difference cancels.
                var size = Math.Max(of.Eigenvalues.First.Magnitude, of.Eigenvalues.Second.Magnitude);
                Assert.True((of.Eigenvalues.First - by.First).Magnitude <= 1e-9 * size, $"{pair}: {of.Eigenvalues.First}, the page has {by.First}");
                Assert.True((of.Eigenvalues.Second - by.Second).Magnitude <= 1e-9 * size, $"{pair}: {of.Eigenvalues.Second}, the page has {by.Second}");
                if (of.Type == EquilibriumType.Degenerate) degenerate++;
                else Assert.Equal($"{of.Type}", by.Type);
            }
        }
        // None, one, two (z = 0 or rectified) and three fixed points have been met, and hardly any that is on a boundary.
        Assert.All((int[])[0, 1, 2, 3], count => Assert.InRange(counts.GetValueOrDefault(count), 10, int.MaxValue));
        Assert.True(degenerate < 100, $"{degenerate}");
    }

    [Fact]
    public void On_a_fold_and_at_a_hopf_point_the_page_decides_no_more_than_the_library()
    {
        // θ = ½, and (√w·g)^⅔ + (wr·k)^⅔ = (wr − 1)^⅔ with both terms ½: k = 2^(−5/2), g = 2^(−3/2).
        var fold = new PlanarCircuit(2, 1, 1, 1, Math.Pow(2, -2.5), Math.Pow(2, -1.5));
        Assert.Contains(fold.FixedPoints(), p => p.Type == EquilibriumType.Degenerate);
        Assert.Equal(fold.FixedPoints().Select(p => $"{p.Type}"), FixedPoints(fold).Select(p => p.Type));
        // The trace −leak/τ_y − c/(a·τ_a) is 0 at the upper extra point where τ_y = −leak·a·τ_a/c.
        var at = new PlanarCircuit(2, 1, 0.5, 0.5, 0.1, 0.2);
        var upper = at.FixedPoints()[1];
        var leak = 1 - at.Wr + at.Wr * Math.Sqrt(upper.A);
        var hopf = new PlanarCircuit(2, 1, 0.5, 0.5, 0.1, 0.2, tauY: -leak * upper.A / at.C);
        Assert.Equal("Degenerate", FixedPoints(hopf)[1].Type);
        Assert.Equal(EquilibriumType.UnstableFocus, new PlanarCircuit(2, 1, 0.5, 0.5, 0.1, 0.2, tauY: 0.99 * hopf.TauY).FixedPoints()[1].Type);
        Assert.Equal("StableFocus", FixedPoints(new(2, 1, 0.5, 0.5, 0.1, 0.2, tauY: 1.01 * hopf.TauY))[1].Type);
    }

    [Fact]
    public void Rates_and_nullclines_are_the_librarys()
    {
        var random = new Random(2);
        for (var trial = 0; trial < 2000; trial++)
        {
            var pair = Draw(random);
            var (y, a) = (6 * random.NextDouble() - 3, 3 * random.NextDouble() - 0.5);
            var (dy, da) = pair.Rate(y, a);
            var rate = Script.Invoke("page_rate", Json(pair), y, a).AsArray();
            Near(dy, rate[0].AsNumber(), pair, 1e-12, 1);
            Near(da, rate[1].AsNumber(), pair, 1e-12, 1);
            Near(pair.YNullcline(y), Script.Invoke("page_y", Json(pair), y).AsNumber(), pair, 1e-10, 1);
            Near(pair.ANullcline(y), Script.Invoke("page_a", Json(pair), y).AsNumber(), pair, 1e-10, 1);
            var vertical = Script.Invoke("page_vertical", Json(pair));
            Assert.Equal(pair.VerticalNullcline, vertical.IsNull() ? null : vertical.AsNumber());
        }
    }

    [Theory]
    [InlineData(1, 1, "One fixed point, a stable focus.")]
    [InlineData(2, 0.2, "Three fixed points, 1 stable.")]
    [InlineData(0, 4, "No fixed point.")]
    public void A_verdict_is_a_sentence(double wr, double z, string sentence)
        => Assert.Equal(sentence, Script.Evaluate($"planar.verdict(planar.fixedPoints({Json(new(wr, 1, 0.5, 0.5, 0.1, z, 2))}))").AsString());

    static PlanarPageTests() => Script.Execute("""
        function page_points(json) { return JSON.stringify(planar.fixedPoints(JSON.parse(json))); }
        function page_rate(json, y, a) { return planar.rate(JSON.parse(json), y, a); }
        function page_y(json, y) { return planar.yNullcline(JSON.parse(json), y); }
        function page_a(json, y) { return planar.aNullcline(JSON.parse(json), y); }
        function page_vertical(json) { return planar.verticalNullcline(JSON.parse(json)); }
        """);

    // Parameters over decades, and now and then what is special.
    static PlanarCircuit Draw(Random random)
    {
        double Decades(double low, double high) => Math.Pow(10, low + (high - low) * random.NextDouble());
        double Sign() => random.Next(2) == 0 ? -1 : 1;
        var wr = random.Next(8) switch { 0 => 0, 1 => 1, 2 => -Decades(-1, 1), 3 or 4 or 5 => 1 + Decades(-1, 1), _ => Decades(-1, 0.5) };
        return new(
            wr, random.Next(12) == 0 ? 0 : Decades(-1, 1), Decades(-1, 0.5), Decades(-1, 0.5), Decades(-2, 0.5),
            random.Next(12) == 0 ? 0 : Sign() * Decades(-2, 1), Decades(-1, 1), Decades(-1, 1), random.Next(4) == 0);
    }

    static string Json(PlanarCircuit p) => JsonSerializer.Serialize(
        new { wr = p.Wr, w = p.W, b = p.B, b0 = p.B0, sigma = p.Sigma, z = p.Z, tauY = p.TauY, tauA = p.TauA, rectified = p.Rectified });

    static (double Y, double A, Complex First, Complex Second, string Type)[] FixedPoints(PlanarCircuit pair)
    {
        using var found = JsonDocument.Parse(Script.Invoke("page_points", Json(pair)).AsString());
        return [.. found.RootElement.EnumerateArray().Select(p =>
        {
            Complex Of(int k) => new(p.GetProperty("eigenvalues")[k][0].GetDouble(), p.GetProperty("eigenvalues")[k][1].GetDouble());
            return (p.GetProperty("y").GetDouble(), p.GetProperty("a").GetDouble(), Of(0), Of(1), p.GetProperty("type").GetString()!);
        })];
    }

    // Relative, and of sums that may cancel relative to terms of order 1.
    static void Near(double expected, double found, PlanarCircuit pair, double tolerance = 1e-9, double terms = 0)
        => Assert.True(expected.Equals(found) || Math.Abs(expected - found) <= tolerance * Math.Max(Math.Abs(expected), terms),
            $"{pair}: {expected}, the page has {found}");
}
