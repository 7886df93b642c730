namespace Organics.Tests;

/// <summary>A figure is the same text whatever the culture.</summary>
public sealed class CultureTests
{
    static readonly double[] X = [-2.5, -1, 0, 1, 2.5], Small = [1e-9, 3e-7, double.NaN, 0.02, 1.5], Signed = [-1e-7, 0.25, double.NegativeInfinity, -3.5, 1e9];

    public static TheoryData<string> All => Cultures.Names;

    static string[] Figures() =>
    [
        SvgPlot.Lines("t", "x", "y", [new("small", X, Small), new("signed", X, Signed)], logarithmic: true),
        SvgPlot.Lines("t", "x", "y", [new("small", X, Small), new("signed", X, Signed)]),
        SvgPlot.Lines("t", "x", "y", [new("large", X, X.Select(x => Math.Pow(10, 40 * x)).ToArray())], logarithmic: true),
        SvgPlot.ComplexPlane("t", [new("λ", X, Signed)], "1/s"),
        SvgPlot.HeatMap("t", "i", "j", Signed, 1, 5, "W"),
    ];

    [Theory, MemberData(nameof(All))]
    public void Figures_are_the_same(string culture) => Assert.Equal(Figures(), Cultures.Under(culture, Figures));
}
