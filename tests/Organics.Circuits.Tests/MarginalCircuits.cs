namespace Organics.Tests;

/// <summary>Random circuits beside a fold or where an eigenvalue crosses the axis, at distances from 10⁻² down to 10⁻¹⁵ on either side.</summary>
static class MarginalCircuits
{
    /// <summary>Each with the state nearest to what is or was its fixed point.</summary>
    public static IEnumerable<(Circuit Circuit, double[] Y, double[] A)> Draw(int seed, int count)
    {
        for (var trial = 0; count > 0; trial++)
        {
            var random = new Random(unchecked(seed * 1_000_003 + trial));
            var circuit = Circuit(random, 1 + trial % 5);
            foreach (var point in CircuitEquilibria.Of(circuit, starts: 10, seed: trial))
            {
                if ((trial % 2 == 0 ? Crossing(circuit, point) : Fold(circuit, point, random)) is not { } at) continue;
                for (var digits = 2; digits <= 15 && count > 0; digits += 1 + random.Next(3), count--)
                {
                    var side = random.Next(2) * 2 - 1;
                    var moved = at.Move(at.Parameter * (1 + side * Math.Pow(10, -digits) * (1 + random.NextDouble())));
                    // The state at the boundary itself, improved where there is something to find.
                    var near = CircuitEquilibria.Near(moved, at.Y, at.A);
                    var isIt = near is not null && Distance(near, at.Y, at.A) < 0.3;
                    var (y, a) = isIt ? near!.Split() : (at.Y, at.A);
                    yield return (moved, y, a);
                }
            }
        }
    }

    sealed record Boundary(double Parameter, Func<double, Circuit> Move, double[] Y, double[] A);

    static Circuit Circuit(Random r, int n)
    {
        double[] Draw(int length, double least, double most) => [.. Enumerable.Range(0, length).Select(_ => Math.Round(least + (most - least) * r.NextDouble(), 3))];
        return new(Draw(n, -2, 2), Draw(n, 0.5, 1.5), Draw(n, 0.5, 1.5), Draw(n, 0.1, 0.6), Draw(n, 0.5, 2), Draw(n, 0.5, 2), Draw(n * n, 0, 1.2), Draw(n * n, -1.5, 3.5));
    }

    /// <summary>The time constants of a do not move the fixed point: where its abscissa changes sign with them.</summary>
    static Boundary? Crossing(Circuit c, Equilibrium point)
    {
        var (y, a) = point.Split();
        Circuit Move(double t) => new(c.Z, c.B, c.B0, c.Sigma, c.TauY, [.. c.TauA.ToArray().Select(v => v * t)], c.W, c.Wr);
        double Abscissa(double t)
        {
            var jacobian = new double[4 * c.N * c.N];
            CircuitJacobian.Write(Move(t), y, a, jacobian);
            return Eigenvalues.Of(jacobian, 2 * c.N).SpectralAbscissa;
        }
        double low = 1e-3, high = 1e3;
        var sign = Math.Sign(Abscissa(low));
        if (Math.Sign(Abscissa(high)) == sign) return null;
        while (high > low * (1 + 4e-16))
        {
            var middle = Math.Sqrt(low * high);
            if (middle <= low || middle >= high) break;
            if (Math.Sign(Abscissa(middle)) == sign) low = middle;
            else high = middle;
        }
        return new(low, Move, y, a);
    }

    /// <summary>Along the drive, to where the fixed point is no longer found.</summary>
    static Boundary? Fold(Circuit c, Equilibrium point, Random random)
    {
        Circuit Move(double t) => new([.. c.Z.ToArray().Select(v => v * t)], c.B, c.B0, c.Sigma, c.TauY, c.TauA, c.W, c.Wr);
        var grows = random.Next(2) == 0;
        double last = 1, step = 0.05;
        var (y, a) = point.Split();
        for (var i = 0; i < 400 && step > 1e-16; i++)
        {
            var next = last * (1 + (grows ? step : -step));
            if (next is < 1e-3 or > 30) return null;
            if (CircuitEquilibria.Near(Move(next), y, a) is { } found && Distance(found, y, a) < 10 * Math.Sqrt(step))
            {
                last = next;
                (y, a) = found.Split();
                step *= 1.2;
            }
            else step /= 2;
        }
        return step > 1e-15 ? null : new(last, Move, y, a);
    }

    static double Distance(Equilibrium point, double[] y, double[] a)
    {
        var p = point.Split();
        return Math.Max(p.Y.Zip(y).Max(v => Math.Abs(v.First - v.Second)) / y.Max(v => Math.Abs(v) + 1e-3), p.A.Zip(a).Max(v => Math.Abs(Math.Log(v.First / v.Second))));
    }
}
