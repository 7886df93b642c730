namespace Organics.Tests;

public sealed class LevenbergMarquardtTests
{
    static readonly double[] None = [double.NegativeInfinity, double.NegativeInfinity], Any = [double.PositiveInfinity, double.PositiveInfinity];

    static (double[], double[])? Rosenbrock(double[] x) => ([10 * (x[1] - x[0] * x[0]), 1 - x[0]], [-20 * x[0], 10, -1, 0]);

    [Fact]
    public void The_valley_of_Rosenbrock_is_walked_to_its_end()
    {
        var result = LevenbergMarquardt.Minimize(Rosenbrock, [-1.2, 1], None, Any)!;
        Assert.True(result.HasConverged);
        Assert.Equal(1, result.X[0], 1e-9);
        Assert.Equal(1, result.X[1], 1e-9);
    }

    [Fact]
    public void A_bound_holds_what_would_leave_it()
    {
        var result = LevenbergMarquardt.Minimize(Rosenbrock, [-1.2, 1], [-2, -2], [0.5, 2])!;
        Assert.True(result.HasConverged);
        Assert.Equal(0.5, result.X[0]);
        Assert.Equal(0.25, result.X[1], 1e-8);
    }

    [Fact]
    public void A_line_has_the_covariance_of_textbooks()
    {
        double[] t = [0, 1, 2, 3, 4, 5], y = [0.1, 1.9, 4.2, 5.8, 8.1, 9.9];
        var result = LevenbergMarquardt.Minimize(x => ([.. t.Select((v, i) => x[0] + x[1] * v - y[i])], [.. t.SelectMany(v => (double[])[1, v])]), [0, 0], None, Any)!;
        var (mean, sum) = (t.Average(), t.Sum(v => (v - t.Average()) * (v - t.Average())));
        var slope = t.Zip(y).Sum(p => (p.First - mean) * (p.Second - y.Average())) / sum;
        Assert.Equal(slope, result.X[1], 1e-8);
        var covariance = result.Covariance();
        Assert.Equal(1 / sum, covariance[3], 1e-12);
        Assert.Equal(1 / 6.0 + mean * mean / sum, covariance[0], 1e-12);
        Assert.Equal(-mean / sum, covariance[1], 1e-12);
    }

    [Fact]
    public void Where_r_has_no_value_no_step_goes()
    {
        // The root of a logarithm that has no value left of 0: the first full step would lead there.
        var result = LevenbergMarquardt.Minimize(x => x[0] > 0 ? ([Math.Log(x[0])], [1 / x[0]]) : null, [5], [double.NegativeInfinity], [double.PositiveInfinity])!;
        Assert.Equal(1, result.X[0], 1e-9);
        Assert.Null(LevenbergMarquardt.Minimize(_ => null, [1], [0], [2]));
    }

    [Fact]
    public void A_direction_that_changes_nothing_has_no_variance()
    {
        var covariance = LevenbergMarquardt.Minimize(x => ([x[0] + x[1] - 1, 2 * (x[0] + x[1]) - 2.2], [1, 1, 2, 2]), [0, 0], None, Any)!.Covariance();
        Assert.All(covariance, v => Assert.True(double.IsNaN(v)));
    }
}
