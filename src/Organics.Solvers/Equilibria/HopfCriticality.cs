using System.Numerics;

namespace Organics;

/// <summary>
/// The first Lyapunov coefficient of a Hopf point: negative where the cycle that is born is stable on the centre manifold (supercritical), positive where it is
/// unstable (subcritical). With A·q = iω·q, Aᵀp = −iω·p, ⟨p, q⟩ = 1 and ‖q‖ = 1,
/// <para>ℓ₁ = Re[⟨p, C(q, q, q̄)⟩ − 2⟨p, B(q, A⁻¹B(q, q̄))⟩ + ⟨p, B(q̄, (2iω − A)⁻¹B(q, q))⟩]/(2ω)</para>
/// (Kuznetsov, Elements of Applied Bifurcation Theory, 3rd ed., Eq. 5.62), B and C the second and third derivatives of f, here by differences of the Jacobian
/// along Re q and Im q.
/// </summary>
static class HopfCriticality
{
    // Of the scale, where rounding and curvature are balanced in second differences of the Jacobian.
    const double Part = 1e-3;

    /// <summary>ℓ₁; NaN where differences of two lengths do not agree on it.</summary>
    /// <param name="system">The system at the Hopf point's parameter.</param>
    /// <param name="state">The equilibrium.</param>
    /// <param name="omega">ω.</param>
    /// <param name="scale">The typical size of each element of the state; its own, or its largest's, where it is null.</param>
    public static double Of(IStiffOdeSystem system, double[] state, double omega, double[]? scale)
    {
        var n = state.Length;
        var jacobian = new double[n * n];
        system.Jacobian(0, state, jacobian);
        var pair = Eigenvectors.Of(jacobian, n, new Complex(0, omega));
        var (q, p) = (pair.Right, pair.Left);
        var overlap = Vectors.Dot(p, q);
        // ⟨p, q⟩ = p̄ᵀq = 1
        for (var i = 0; i < n; i++) p[i] /= Complex.Conjugate(overlap);
        var (near, far) = (At(Part), At(2 * Part));
        // Where the coefficient is 0, or lost in the differences, its sign is not known.
        return Math.Abs(near - far) < Math.Abs(near) / 2 ? near : double.NaN;

        double At(double part)
        {
            double[] r = [.. q.Select(v => v.Real)], s = [.. q.Select(v => v.Imaginary)];
            // No element moves by more than its part.
            var h = double.PositiveInfinity;
            for (var i = 0; i < n; i++)
            {
                var size = Math.Max(Math.Abs(state[i]), scale?[i] ?? Vectors.Largest(state));
                if (q[i] != Complex.Zero) h = Math.Min(h, part * size / q[i].Magnitude);
            }
            double[] rUp = Moved(r, h), rDown = Moved(r, -h), sUp = Moved(s, h), sDown = Moved(s, -h);
            double[] Second(double[] up, double[] down, double[] v) => Product(i => (up[i] - down[i]) / (2 * h), v);
            double[] Third(double[] up, double[] down, double[] v) => Product(i => (up[i] - 2 * jacobian[i] + down[i]) / (h * h), v);
            double[] R(double[] v) => Second(rUp, rDown, v);
            double[] S(double[] v) => Second(sUp, sDown, v);
            Complex[] Join(double[] real, double[] imaginary) => [.. real.Zip(imaginary, (a, b) => new Complex(a, b))];
            double[] Sum(double[] a, double[] b, double factor = 1) => [.. a.Zip(b, (x, y) => x + factor * y)];

            var mixed = Sum(R(r), S(s));
            var square = Join(Sum(R(r), S(s), -1), Sum(R(s), S(r)));
            var cubic = Join(Sum(Third(rUp, rDown, r), Third(sUp, sDown, r)), Sum(Third(rUp, rDown, s), Third(sUp, sDown, s)));
            var still = Array.ConvertAll(mixed, v => (Complex)v);
            Resolvent(0).Solve(still);
            // (0 − A)⁻¹ is −A⁻¹.
            double[] v = [.. still.Select(z => -z.Real)];
            Resolvent(2 * omega).Solve(square);
            double[] a = [.. square.Select(z => z.Real)], b = [.. square.Select(z => z.Imaginary)];
            var first = Join(R(v), S(v));
            var second = Join(Sum(R(a), S(b)), Sum(R(b), S(a), -1));
            return (Vectors.Dot(p, cubic) - 2 * Vectors.Dot(p, first) + Vectors.Dot(p, second)).Real / (2 * omega);
        }

        double[] Moved(double[] direction, double h)
        {
            var (x, j) = ((double[])state.Clone(), new double[n * n]);
            Vectors.Add(h, direction, x);
            system.Jacobian(0, x, j);
            return j;
        }

        double[] Product(Func<int, double> element, double[] v)
        {
            var product = new double[n];
            for (var i = 0; i < n; i++)
                for (var k = 0; k < n; k++) product[i] += element(i * n + k) * v[k];
            return product;
        }

        // iωI − A
        ComplexLu Resolvent(double frequency)
        {
            var matrix = new Complex[n * n];
            for (var i = 0; i < n * n; i++) matrix[i] = -jacobian[i];
            for (var i = 0; i < n; i++) matrix[i * (n + 1)] += new Complex(0, frequency);
            return new(matrix, n);
        }
    }
}
