namespace Organics;

/// <summary>
/// The conditions under which a one-step method has its order: for each rooted tree τ of up to that many vertices, Σ_i b_i·Φ_i(τ) = 1/γ(τ)
/// (Hairer, Nørsett &amp; Wanner I, 2nd ed., §II.2; of Rosenbrock methods Hairer &amp; Wanner II, 2nd ed., §IV.7).
/// </summary>
static class OrderConditions
{
    // Coefficients are written with 16 digits; of high orders they are large and cancel.
    const double Tolerance = 1e-9;

    /// <summary>A tree as a child of another: its vertices, γ, and what it contributes to a stage as an only child and beside others.</summary>
    readonly record struct Child(int Vertices, double Gamma, double[] Alone, double[] Beside);

    /// <summary>Refuses weights that have not the order claimed.</summary>
    /// <param name="method">Its name, for the sentence.</param>
    /// <param name="order">The order claimed.</param>
    /// <param name="b">The weights of the stages.</param>
    /// <param name="alone">
    /// What passes from stage to stage where f is differentiated once, s × s; a Rosenbrock method has α + γ there, an explicit one a.
    /// </param>
    /// <param name="beside">The same where f is differentiated several times: α, or a.</param>
    /// <exception cref="ArgumentException">A condition is not met.</exception>
    public static void Check(string method, int order, ReadOnlySpan<double> b, double[] alone, double[] beside)
    {
        var (s, weights, children) = (b.Length, b.ToArray(), new List<Child>());
        for (var vertices = 1; vertices <= order; vertices++)
        {
            var smaller = children.Count;
            Grow(vertices - 1, 0, [.. Enumerable.Repeat(1.0, s)], vertices, null);

            // Adds children, in the order of their making so that none is met twice, until no vertex is left.
            void Grow(int left, int from, double[] product, double gamma, Child? only)
            {
                if (left == 0) Require(only is { } c ? c.Alone : product, gamma);
                for (var i = from; i < smaller && left > 0; i++)
                    if (children[i].Vertices <= left)
                    {
                        var child = children[i];
                        double[] longer = [.. product.Zip(child.Beside, (p, q) => p * q)];
                        Grow(left - child.Vertices, i, longer, gamma * child.Gamma, child.Vertices == vertices - 1 ? child : null);
                    }
            }

            void Require(double[] phi, double gamma)
            {
                var (sum, size) = (0.0, 1 / gamma);
                for (var i = 0; i < s; i++) (sum, size) = (sum + weights[i] * phi[i], size + Math.Abs(weights[i] * phi[i]));
                if (!(Math.Abs(sum - 1 / gamma) <= Tolerance * size))
                    throw new ArgumentException(
                        FormattableString.Invariant(
                            $"{method}: order {order} is claimed, but a condition of order {vertices} gives {sum:g6} in the place of {1 / gamma:g6}; ")
                        + $"correct the coefficients, or claim order {vertices - 1}.");
                if (vertices < order) children.Add(new(vertices, gamma, Times(alone, phi), Times(beside, phi)));
            }
        }

        double[] Times(double[] a, double[] x)
        {
            var y = new double[s];
            for (var i = 0; i < s; i++)
                for (var j = 0; j < s; j++) y[i] += a[i * s + j] * x[j];
            return y;
        }
    }
}
