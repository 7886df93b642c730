using System.Globalization;
using System.Xml.Linq;

namespace Organics.Tests;

public sealed class BifurcationDiagramTests
{
    // ṙ = r(μ + 2r² − r⁴), θ̇ = 2: a subcritical Hopf point at 0, a fold of cycles at −1, r² = 1 ± √(1 + μ).
    sealed class Bautin(double mu) : IStiffOdeSystem
    {
        public int Dimension => 2;

        public bool IsAutonomous => true;

        public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt)
        {
            var r2 = x[0] * x[0] + x[1] * x[1];
            var growth = mu + 2 * r2 - r2 * r2;
            (dxdt[0], dxdt[1]) = (growth * x[0] - 2 * x[1], 2 * x[0] + growth * x[1]);
        }

        public void Jacobian(double t, ReadOnlySpan<double> x, Span<double> jacobian)
        {
            var r2 = x[0] * x[0] + x[1] * x[1];
            var (growth, slope) = (mu + 2 * r2 - r2 * r2, 4 * (1 - r2));
            (jacobian[0], jacobian[1]) = (growth + slope * x[0] * x[0], slope * x[0] * x[1] - 2);
            (jacobian[2], jacobian[3]) = (2 + slope * x[0] * x[1], growth + slope * x[1] * x[1]);
        }
    }

    static Bautin Family(double mu) => new(mu);

    [Fact]
    public void Equilibria_and_cycles_are_drawn_by_their_stability_and_meet_where_they_bifurcate()
    {
        var still = Continuation.Follow(Family, -2, 0.5, Equilibria.Near(EquilibriumEquations.Of(Family(-2)), [0, 0])!);
        var cycles = PeriodicOrbits.FromHopf(Family, -2, 0.5, still.Bifurcations[0]);
        var figure = XDocument.Parse(BifurcationDiagram.Draw("Bautin", "μ", "x", 0, [still], [cycles]));
        string[] words = [.. figure.Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value)];
        string[] expected =
        [
            "stable equilibria", "unstable equilibria", "stable cycles, max and min", "unstable cycles, max and min", "Hopf points", "where cycles change",
            "μ", "x",
        ];
        foreach (var word in expected) Assert.Contains(word, words);
        XElement[] curves = [.. figure.Descendants().Where(e => (string?)e.Attribute("class") == "series")];
        Assert.Equal([false, true, false, true], curves.Select(c => c.Attribute("stroke-dasharray") is not null));
        Assert.Equal(4, curves.Select(c => (string?)c.Attribute("stroke")).Distinct().Count());
        (double X, double Y)[] dots = [.. figure.Descendants().Where(e => (string?)e.Attribute("class") == "point")
            .Select(e => (Number(e, "cx"), Number(e, "cy")))];
        // The Hopf point, and the fold's greatest and least x.
        Assert.Equal(3, dots.Length);
        var (hopf, folds) = (dots[0], dots[1..]);
        (double X, double Y)[][] ends = [.. curves.Select(c => Ends((string)c.Attribute("d")!))];
        Assert.Contains(ends[0], p => Near(p, hopf));
        Assert.Contains(ends[1], p => Near(p, hopf));
        Assert.Equal(2, ends[3].Count(p => Near(p, hopf)));
        foreach (var fold in folds)
        {
            Assert.Contains(ends[2], p => Near(p, fold));
            Assert.Contains(ends[3], p => Near(p, fold));
        }
        // As numbers: what is drawn, and nothing else.
        var (drawn, marks) = BifurcationDiagram.Series(0, [still], [cycles]);
        Assert.Equal(expected[..6].AsEnumerable(), drawn.Concat(marks).Select(s => s.Name));
        Assert.Equal([false, true, false, true], drawn.Select(s => s.IsDashed));
        Assert.Equal((0, -1), (Math.Round(marks[0].X.Span[0], 6), Math.Round(marks[1].X.Span[0], 4)));
        Assert.Equal([-1, 1], marks[1].Y.ToArray().Order().Select(v => Math.Round(v, 3)));
        // −2, −1, 0 and 0.5 of the axis.
        Assert.Equal(0.5, (folds[0].X - ends[0][0].X) / (hopf.X - ends[0][0].X), 1e-3);
        Assert.Equal(0.8, (hopf.X - ends[0][0].X) / (ends[1][^1].X - ends[0][0].X), 1e-3);
    }

    /// <summary>The branches of the Bautin family have one bifurcation each; that of the cycles stands for any type, on equilibria that fold besides.</summary>
    [Theory]
    [InlineData(OrbitBifurcationType.Fold)]
    [InlineData(OrbitBifurcationType.PeriodDoubling)]
    [InlineData(OrbitBifurcationType.Torus)]
    [InlineData(OrbitBifurcationType.BranchPoint)]
    public void What_befalls_cycles_is_called_after_them_and_what_befalls_equilibria_is_not(OrbitBifurcationType type)
    {
        var still = Continuation.Follow(Family, -2, 0.5, Equilibria.Near(EquilibriumEquations.Of(Family(-2)), [0, 0])!);
        var cycles = PeriodicOrbits.FromHopf(Family, -2, 0.5, still.Bifurcations[0]);
        cycles = cycles with { Bifurcations = [.. cycles.Bifurcations.Select(b => b with { Type = type })] };
        var (_, changing) = BifurcationDiagram.Series(1, [still], [cycles]);
        Assert.Equal(["Hopf points", "where cycles change"], changing.Select(s => s.Name));
        Assert.Equal(2 * cycles.Bifurcations.Count, changing[1].X.Length);
        still = still with { Bifurcations = [.. still.Bifurcations, still.Bifurcations[0] with { Type = BifurcationType.Fold, Parameter = -1.5 }] };
        var (_, all) = BifurcationDiagram.Series(1, [still], [cycles]);
        Assert.Equal(["Hopf points", "folds and branch points", "where cycles change"], all.Select(s => s.Name));
        Assert.Equal([-1.5], all[1].X.ToArray());
        // No two kinds of dots are filled alike, in the plane or in the legend.
        foreach (var kind in (string[])["point", "dot"])
        {
            var dots = XDocument.Parse(BifurcationDiagram.Draw("Bautin", "μ", "x", 1, [still], [cycles])).Descendants()
                .Where(e => (string?)e.Attribute("class") == kind && e.Name.LocalName == "circle");
            Assert.Equal(3, dots.Select(e => (string?)e.Attribute("fill")).Distinct().Count());
        }
    }

    [Fact]
    public void A_state_without_the_element_is_refused()
    {
        var still = Continuation.Follow(Family, -2, -1, Equilibria.Near(EquilibriumEquations.Of(Family(-2)), [0, 0])!);
        var refusal = Assert.Throws<ArgumentOutOfRangeException>(() => BifurcationDiagram.Draw("t", "μ", "x", 2, [still], []));
        Assert.Contains("give 0 to 1", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("cycles", BifurcationDiagram.Draw("t", "μ", "x", 1, [still], []), StringComparison.Ordinal);
    }

    static bool Near((double X, double Y) p, (double X, double Y) q) => Math.Abs(p.X - q.X) < 0.6 && Math.Abs(p.Y - q.Y) < 0.6;

    static double Number(XElement e, string name) => double.Parse((string)e.Attribute(name)!, CultureInfo.InvariantCulture);

    // The first and last point of every piece of a path.
    static (double X, double Y)[] Ends(string path) =>
    [
        .. path.Split('M', StringSplitOptions.RemoveEmptyEntries).Select(piece => piece.Split('L')).SelectMany(p => (string[])[p[0], p[^1]]).Select(p =>
        {
            var xy = p.Split(' ');
            return (double.Parse(xy[0], CultureInfo.InvariantCulture), double.Parse(xy[1], CultureInfo.InvariantCulture));
        }),
    ];
}
