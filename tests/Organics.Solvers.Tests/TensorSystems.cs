namespace Organics.Tests;

/// <summary>Systems as a user writes them: one function on tensors.</summary>
static class TensorSystems
{
    /// <summary>The unknowns of states [samples, n], each [samples].</summary>
    public static Tensor<double>[] Parts(Tensor<double> x)
    {
        var columns = x.Transpose();
        return [.. Enumerable.Range(0, columns.Shape[0]).Select(i => columns[i])];
    }

    public static Tensor<double> Join(params Tensor<double>[] rates) => Tensor<double>.Concat(1, [.. rates.Select(r => r.Expand(1, 1))]);

    public static OdeFunction FitzHughNagumo(double current) => OdeFunction.Of(2, x =>
    {
        var (v, w) = (Parts(x)[0], Parts(x)[1]);
        return Join(v - (1.0 / 3) * (v * v * v) - w + current, 0.08 * (v + 0.7 - 0.8 * w));
    });

    public static OdeFunction VanDerPol(double mu) => OdeFunction.Of(2, x =>
    {
        var (u, v) = (Parts(x)[0], Parts(x)[1]);
        return Join(v, mu * ((1 - u * u) * v) - u);
    });

    public static OdeFunction Robertson() => OdeFunction.Of(3, x =>
    {
        var (a, b, c) = (Parts(x)[0], Parts(x)[1], Parts(x)[2]);
        var (first, second, third) = (0.04 * a, 1e4 * (b * c), 3e7 * (b * b));
        return Join(second - first, first - second - third, third);
    });

    public static OdeFunction Oregonator() => OdeFunction.Of(3, x =>
    {
        var (a, b, c) = (Parts(x)[0], Parts(x)[1], Parts(x)[2]);
        return Join(77.27 * (b + a * (1 - 8.375e-6 * a - b)), (1 / 77.27) * (c - (a + 1.0) * b), 0.161 * (a - c));
    });

    public static OdeFunction WilsonCowan()
    {
        static Tensor<double> S(Tensor<double> v, double slope, double threshold) => (slope * (v + -threshold)).Sigmoid() + -1 / (1 + Math.Exp(slope * threshold));
        return OdeFunction.Of(2, x =>
        {
            var (e, i) = (Parts(x)[0], Parts(x)[1]);
            return Join((1 - e) * S(16 * e - 12 * i + 1.25, 1.3, 4) - e, (1 - i) * S(15 * e - 3 * i, 2, 3.7) - i);
        });
    }

    public static OdeFunction LotkaVolterra() => OdeFunction.Of(2, x =>
    {
        var (prey, predators) = (Parts(x)[0], Parts(x)[1]);
        return Join(1.5 * prey - prey * predators, prey * predators - 3 * predators);
    });

    public static OdeFunction Lorenz(double rho) => OdeFunction.Of(3, s =>
    {
        var (x, y, z) = (Parts(s)[0], Parts(s)[1], Parts(s)[2]);
        return Join(10 * (y - x), x * (rho - z) - y, x * y - (8.0 / 3) * z);
    });

    /// <summary>One unknown.</summary>
    public static OdeFunction Scalar(Func<Tensor<double>, Tensor<double>> f) => OdeFunction.Of(1, f);
}
