namespace Organics.Tests;

public sealed class UserEventTests
{
    static readonly OdeOptions Tight = new() { RelativeTolerance = 1e-10, AbsoluteTolerance = 1e-12 };

    // x″ = −x from (1, 0): cos t, which falls through 0 at π/2, 5π/2, … and rises through it at 3π/2, …
    static OdeFunction Oscillator() => OdeFunction.Of(2, x =>
    {
        var p = TensorSystems.Parts(x);
        return TensorSystems.Join(p[1], -p[0]);
    });

    [Theory]
    [InlineData(CrossingDirection.Falling, 1, 5)]
    [InlineData(CrossingDirection.Rising, 3, 7)]
    [InlineData(CrossingDirection.Both, 1, 3)]
    public void Crossings_of_a_direction_are_where_they_are(CrossingDirection direction, int first, int second)
    {
        foreach (var method in (OdeMethod[])[RungeKutta.DormandPrince, Rosenbrock.Rodas3, RungeKutta.RungeKutta4])
        {
            var options = Tight with { Events = [new((_, x) => x[0], direction)], Step = method == RungeKutta.RungeKutta4 ? 0.01 : null, RelativeTolerance = 1e-9 };
            var solution = Ode.Integrate(Oscillator(), method, [1, 0], 0, 12, options).OrThrow();
            Assert.Equal(OdeStatus.ReachedEnd, solution.Status);
            Assert.Equal(direction == CrossingDirection.Both ? 4 : 2, solution.Events.Count);
            Assert.Equal(first * Math.PI / 2, solution.Events[0].Time, 1e-6);
            Assert.Equal(second * Math.PI / 2, solution.Events[1].Time, 1e-6);
            Assert.All(solution.Events, e => Assert.True(e.Event == 0 && Math.Abs(e.State[0]) < 1e-12 && Math.Abs(Math.Abs(e.State[1]) - 1) < 1e-6));
        }
    }

    [Fact]
    public void A_terminal_event_ends_the_integration_at_its_time_by_a_step_of_the_method()
    {
        // A ball falls from 10: it lands after √(2·10/9.81).
        var ball = OdeFunction.Of(2, x =>
        {
            var p = TensorSystems.Parts(x);
            return TensorSystems.Join(p[1], 0 * p[0] + -9.81);
        });
        var landing = Math.Sqrt(20 / 9.81);
        foreach (var method in (OdeMethod[])[RungeKutta.DormandPrince, Rosenbrock.Rodas3])
        {
            var solution = Ode.Integrate(ball, method, [10, 0], 0, 100, Tight with { Events = [new((_, x) => x[1] + 5), new((_, x) => x[0], CrossingDirection.Falling, IsTerminal: true)] }).OrThrow();
            Assert.Equal(OdeStatus.Event, solution.Status);
            Assert.Equal([0, 1], solution.Events.Select(e => e.Event));
            Assert.Equal(5 / 9.81, solution.Events[0].Time, 1e-9);
            Assert.Equal(landing, solution.EndTime, 1e-9);
            Assert.Equal(solution.EndTime, solution.Events[1].Time);
            Assert.Equal(solution.EndState.ToArray(), solution.Events[1].State);
            Assert.Equal(0, solution.EndState[0], 1e-8);
            // Who goes on from there does not meet it again.
            Assert.True(solution.EndState[0] <= 0);
            // The dense output covers the step that was cut.
            var x = new double[2];
            solution.At(landing - 1e-3, x);
            Assert.Equal(10 - 9.81 / 2 * Math.Pow(landing - 1e-3, 2), x[0], 1e-8);
        }
    }

    [Fact]
    public void A_start_at_zero_is_no_crossing_and_one_that_ends_at_zero_is_one()
    {
        var line = OdeFunction.Of(1, x => 0 * x + 1.0);
        var options = new OdeOptions { Step = 0.25, Events = [new((_, x) => x[0])] };
        Assert.Empty(Ode.Integrate(line, RungeKutta.Euler, [0], 0, 1, options).Events);
        Assert.Equal(1, Assert.Single(Ode.Integrate(line, RungeKutta.Euler, [-1], 0, 1, options).Events).Time);
        Assert.Equal(0.5, Assert.Single(Ode.Integrate(line, RungeKutta.Euler, [-0.5], 0, 1, options).Events).Time);
    }

    [Fact]
    public void Events_are_seen_across_known_times_of_change_and_in_order()
    {
        // ẋ = 1 until t = 1, then −1: it passes 0.9 twice and 0.95 twice.
        var system = OdeFunction.Of(1, (t, x) => 0 * x + Tensor<double>.Select(1.0 - t, 0 * t + 1.0, 0 * t + -1.0));
        var solution = Ode.Integrate(system, RungeKutta.DormandPrince, [0], 0, 2, Tight with { Discontinuities = [1], Events = [new((_, x) => x[0] - 0.95), new((_, x) => x[0] - 0.9)] });
        Assert.Equal([1, 0, 0, 1], solution.Events.Select(e => e.Event));
        foreach (var (time, e) in ((double[])[0.9, 0.95, 1.05, 1.1]).Zip(solution.Events)) Assert.Equal(time, e.Time, 1e-9);
    }

    [Fact]
    public void An_event_without_a_sign_is_no_event_that_did_not_happen()
    {
        // log x falls through 0 at π/3, where cos t = 1/2 of 2·cos t, and is none from π/2 on.
        var options = Tight with { Events = [new((_, x) => Math.Log(2 * x[0]))] };
        Assert.Equal(Math.PI / 3, Assert.Single(Ode.Integrate(Oscillator(), RungeKutta.DormandPrince, [1, 0], 0, 1.5, options).Events).Time, 1e-6);
        Assert.Contains("not a number at t = ", Assert.Throws<ArithmeticException>(() => Ode.Integrate(Oscillator(), RungeKutta.DormandPrince, (double[])[1, 0], 0, 2, options)).Message, StringComparison.Ordinal);
        // A state that diverges is told by the integration's end.
        var growing = OdeFunction.Of(1, x => x * x);
        Assert.NotEqual(OdeStatus.ReachedEnd, Ode.Integrate(growing, RungeKutta.Euler, [1], 0, 100, new() { Step = 0.5, Events = [new((_, x) => x[0] - x[0] + 1)] }).Status);
    }

    [Fact]
    public void A_list_that_holds_nothing_is_refused()
    {
        Assert.Contains("Events has a null", Assert.Throws<ArgumentException>(() => Ode.Integrate(Oscillator(), RungeKutta.DormandPrince, (double[])[1, 0], 0, 1, new() { Events = [null!] })).Message, StringComparison.Ordinal);
    }
}
