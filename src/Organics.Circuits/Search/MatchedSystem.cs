namespace Organics;

/// <summary>
/// The circuit with Wr = I and every unit driven, in the coordinates η = √a⊙y/g and l = ln a, in which trajectories from decades away are smooth:
/// <para>η̇_i = √a_i(1 − η_i)/τ_y,i + η_i l̇_i/2,  τ_a,i l̇_i = (c_i + Σ_j w_ij g_j² η_j²)/a_i − 1.</para>
/// It rests at η = 1, l = ln(c + W g²).
/// </summary>
sealed class MatchedSystem(Circuit circuit) : IStiffOdeSystem
{
    readonly int _n = circuit.N;

    public int Dimension => 2 * _n;

    public bool IsAutonomous => true;

    public void Rate(double t, ReadOnlySpan<double> x, Span<double> dxdt)
    {
        for (var i = 0; i < _n; i++)
        {
            var root = Math.Exp(x[_n + i] / 2);
            dxdt[_n + i] = (Pool(i, x) / (root * root) - 1) / circuit.TauA[i];
            dxdt[i] = root * (1 - x[i]) / circuit.TauY[i] + x[i] * dxdt[_n + i] / 2;
        }
    }

    public void Jacobian(double t, ReadOnlySpan<double> x, Span<double> jacobian)
    {
        jacobian.Clear();
        for (var i = 0; i < _n; i++)
        {
            var root = Math.Exp(x[_n + i] / 2);
            var top = jacobian.Slice(i * 2 * _n, 2 * _n);
            var bottom = jacobian.Slice((_n + i) * 2 * _n, 2 * _n);
            var inflow = Pool(i, x) / (root * root) / circuit.TauA[i];
            bottom[_n + i] = -inflow;
            top[_n + i] = root * (1 - x[i]) / (2 * circuit.TauY[i]) - x[i] * inflow / 2;
            for (var j = 0; j < _n; j++)
            {
                bottom[j] = 2 * circuit.W[i * _n + j] * circuit.Drive[j] * circuit.Drive[j] * x[j] / (root * root) / circuit.TauA[i];
                top[j] = x[i] * bottom[j] / 2;
            }
            top[i] += (inflow - 1 / circuit.TauA[i]) / 2 - root / circuit.TauY[i];
        }
    }

    /// <summary>y and a of a state.</summary>
    public void Write(ReadOnlySpan<double> x, Span<double> y, Span<double> a)
    {
        for (var i = 0; i < _n; i++) (y[i], a[i]) = (x[i] * circuit.Drive[i] / Math.Exp(x[_n + i] / 2), Math.Exp(x[_n + i]));
    }

    double Pool(int i, ReadOnlySpan<double> x)
    {
        var sum = circuit.C[i];
        for (var j = 0; j < _n; j++)
        {
            var u = circuit.Drive[j] * x[j];
            sum += circuit.W[i * _n + j] * u * u;
        }
        return sum;
    }
}
