namespace Organics.Tests;

public sealed class CircuitEnergyTests
{
    [Fact]
    public void Weights_and_values_are_the_golden_ones()
    {
        var tried = 0;
        foreach (var golden in Golden.Cases("identity_circuits.json"))
        {
            var circuit = golden.Circuit();
            var energy = CircuitEnergy.Of(circuit);
            var point = SteadyState.Of(circuit);
            var damping = CircuitJacobian.Quadratic(circuit, point.Y, point.A).B;
            var t = MMatrix.LyapunovDiagonal(damping, circuit.N);
            Assert.NotNull(t);
            Golden.Close(golden.Numbers("lyapunov_T"), t, 1e-10, "T");
            Assert.True(MMatrix.IsLyapunovDiagonal(damping, t));
            if (!golden.TryGetProperty("energy", out var expected) || expected.ValueKind != System.Text.Json.JsonValueKind.Object) continue;
            tried++;
            Golden.Close(expected.Numbers("p"), energy.Weights, 1e-10, "p");
            var value = expected.GetProperty("V").GetDouble();
            Assert.Equal(value, energy.Value(expected.Numbers("y"), expected.Numbers("a")), Math.Abs(value) * 1e-10);
        }
        Assert.True(tried > 5, $"only {tried} golden circuits have an energy");
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(3, 8)]
    public void Energy_is_zero_at_the_fixed_point_alone(int seed, int n)
    {
        var circuit = Sample.Draw(seed, n, 0);
        var point = SteadyState.Of(circuit);
        var energy = CircuitEnergy.Of(circuit);
        Assert.Equal(0, energy.Value(point.Y, point.A), 1e-20);
        for (var i = 0; i < n; i++)
        {
            double[] y = [.. point.Y], a = [.. point.A];
            y[i] *= 1.01;
            Assert.True(energy.Value(y, point.A) > 0);
            a[i] *= 1.01;
            Assert.True(energy.Value(point.Y, a) > 0);
        }
    }

    [Fact]
    public void What_has_no_energy_is_refused_in_a_sentence()
    {
        Assert.Throws<ArgumentNullException>(() => CircuitEnergy.Of(null!));
        Assert.Contains("the energy of Theorem 4.5 exists only for Wr = I", Assert.Throws<ArgumentException>(() => CircuitEnergy.Of(Sample.Draw(1, 3, 1))).Message, StringComparison.Ordinal);
        // −√a/τ_y is lost beside 1/τ_a, and 1 − w·y² with c beside w·g² too.
        var error = Assert.Throws<ArithmeticException>(() => CircuitEnergy.Of(new([1], [1], [1], [1e-9], [1e300], [1e-300], [1], [1])));
        Assert.Contains("B is singular to working precision", error.Message, StringComparison.Ordinal);
        var energy = CircuitEnergy.Of(Sample.Draw(1, 2, 0));
        Assert.Contains("y has 1", Assert.Throws<ArgumentException>(() => energy.Value([1], [1, 1])).Message, StringComparison.Ordinal);
        Assert.Contains("a has 3", Assert.Throws<ArgumentException>(() => energy.Value([1, 1], [1, 1, 1])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_unit_without_drive_has_the_decay_of_its_modulator_in_the_place_of_B()
    {
        var circuit = new Circuit([0, 0.8], [1, 1], [1, 1], [0.5, 0.5], [2, 1], [3, 1], [1, 0.7, 0.4, 1], [1, 0, 0, 1]);
        var point = SteadyState.Of(circuit);
        // B = [[1/τ_a, −n], [0, ·]], so that p₁ = 1/B₁₁, p₀ = τ_a(1 + n·p₁), q₀ = τ_a and q₁ = (1 + n·q₀)/B₁₁.
        var n = 0.7 * point.Y[1] * point.Y[1] / 3;
        var energy = CircuitEnergy.Of(circuit);
        Assert.Equal(1 + 3 * n, energy.T[1], 1e-12);
        Assert.Equal(0, energy.Weights[0]);
        // T₀(a₀ − a₀*)² + y₀² beside the two terms of the other.
        var (match, normalization) = energy.Terms([0.5, 0.25], [0.75, 2]);
        var (p, t) = (energy.Weights[1], energy.T[0]);
        Assert.Equal(p * Math.Pow(Math.Sqrt(2) * 0.25 - 0.8, 2), match, 1e-12);
        Assert.Equal(t * Math.Pow(0.75 - point.A[0], 2) + 0.25 + p * Math.Sqrt(point.A[1]) * Math.Pow(0.25 - point.Y[1], 2), normalization, 1e-12);
        // The order of the neurons does not matter.
        var other = CircuitEnergy.Of(new([0.8, 0], [1, 1], [1, 1], [0.5, 0.5], [1, 2], [1, 3], [1, 0.4, 0.7, 1], [1, 0, 0, 1]));
        Assert.Equal(energy.T[1], other.T[0], 1e-12);
        Assert.Equal(energy.T[0], other.T[1], 1e-12);
        Assert.Equal(energy.Value([0.5, 0.25], [0.75, 2]), other.Value([0.25, 0.5], [2, 0.75]), 1e-12);
    }

    [Fact]
    public void A_drive_too_small_for_a_finite_weight_counts_as_none()
    {
        CircuitEnergy With(double z) => CircuitEnergy.Of(new([z, 0.8], [1, 1], [1, 1], [0.5, 0.5], [2, 1], [3, 1], [1, 0.7, 0.4, 1], [1, 0, 0, 1]));
        var (none, tiny) = (With(0), With(1e-200));
        Assert.Equal(none.Weights.ToArray(), tiny.Weights.ToArray());
        Assert.Equal(none.T.ToArray(), tiny.T.ToArray());
        Assert.Equal(none.Value([0.1, 0.2], [0.3, 0.4]), tiny.Value([0.1, 0.2], [0.3, 0.4]));
        Assert.True(double.IsFinite(With(1e-150).Weights[0]) && With(1e-150).Weights[0] > 0);
        Assert.Equal(0, CircuitEnergy.Of(new([1e-200], [1], [1], [1], [1], [1], [1], [1])).Weights[0]);
    }

    [Fact]
    public void A_weight_that_is_finite_before_T_and_not_after_counts_as_none()
    {
        // 4a/y² = 4/g² = 1.56e308, and T₀ = q₀/p₀ = 1.9, for the other neuron weighs this one by 1e308.
        var energy = CircuitEnergy.Of(new([1.6e-154, 1], [1, 1], [1, 1], [1, 1], [1, 1], [1, 1], [1, 0, 1e308, 1], [1, 0, 0, 1]));
        Assert.Equal(0, energy.Weights[0]);
        Assert.InRange(energy.Weights[1], 1, 1e3);
        Assert.True(double.IsFinite(energy.Value([1, 1], [1, 1])));
    }
}
