using System.CommandLine;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Organics;

/// <summary>Everything that is known of one circuit; stdout has it with --json. Matrices are lists of rows, eigenvalues pairs [re, im].</summary>
sealed record CircuitReport
{
    /// <summary>The number of neuron pairs.</summary>
    public required int N { get; init; }

    /// <summary>The Wr that was taken: identity, s·I for a number s, or matrix.</summary>
    public required string Recurrence { get; init; }

    /// <summary>Principal activity at the fixed point, n numbers.</summary>
    public required double[] Y { get; init; }

    /// <summary>Modulator activity there, n numbers.</summary>
    public required double[] A { get; init; }

    /// <summary>How far the state is from a fixed point, relative, of both equations.</summary>
    public required double Residual { get; init; }

    /// <summary>How the fixed point was found.</summary>
    public required string Solver { get; init; }

    /// <summary>How many iterations that took.</summary>
    public required int Iterations { get; init; }

    /// <summary>Whether it was found.</summary>
    public required bool Converged { get; init; }

    /// <summary>At the fixed point, rows of the 2n numbers of (y, a); empty where some a is not positive.</summary>
    public required double[][] Jacobian { get; init; }

    /// <summary>Of the Jacobian, pairs [re, im] per unit of time, by real, then imaginary part.</summary>
    public required double[][] Eigenvalues { get; init; }

    /// <summary>The largest real part of an eigenvalue, per unit of time.</summary>
    public required double MaxReal { get; init; }

    /// <summary>The estimated error of <see cref="MaxReal"/>: where it is as large, rounding has swamped the number. NaN where no fixed point was
    /// proven.</summary>
    public required double Uncertainty { get; init; }

    /// <summary>A proven bound of the distance between the fixed point and the state, relative; NaN where no fixed point was proven to be there.</summary>
    public required double PointRadius { get; init; }

    /// <summary>Whether the fixed point is stable, by the eigenvalues or by a theorem.</summary>
    public required bool Stable { get; init; }

    /// <summary>Stable, Unstable, Undecided (too near to 0) or Unknown (no fixed point was proven to be there).</summary>
    public required string Verdict { get; init; }

    /// <summary>B of the quadratic eigenvalue problem (Eq. 10–12), rows; for identity recurrence.</summary>
    [JsonPropertyName("B")]
    public double[][]? B { get; init; }

    /// <summary>The diagonal K of the same; for identity recurrence.</summary>
    [JsonPropertyName("K")]
    public double[]? K { get; init; }

    /// <summary>ρ(M⁻¹N); for identity recurrence, and where double holds both.</summary>
    [JsonPropertyName("rho_MinvN")]
    public double? RhoMinvN { get; init; }

    /// <summary>max(1 − c/a), which bounds it; for identity recurrence.</summary>
    public double? RhoBound { get; init; }

    /// <summary>A diagonal T that makes T·B + Bᵀ·T positive definite; for identity recurrence.</summary>
    [JsonPropertyName("lyapunov_T")]
    public double[]? LyapunovT { get; init; }

    /// <summary>The energy of Theorem 4.5; for identity recurrence.</summary>
    public EnergyReport? Energy { get; init; }

    /// <summary>Why there are no eigenvalues of a Jacobian that exists.</summary>
    public string? NoEigenvalues { get; init; }

    /// <summary>Why there is no energy where there should be one.</summary>
    public string? NoEnergy { get; init; }

    /// <summary>Which theorem says that it is stable.</summary>
    public required CertificateReport Certificate { get; init; }

    /// <summary>For identity recurrence: whether the fixed point attracts every start, and from how far it surely does.</summary>
    public GlobalReport? Global { get; init; }

    /// <summary>The certified basin; for identity recurrence, where a unit is driven and rounding leaves something of it.</summary>
    public BasinReport? Basin { get; init; }

    /// <summary>Of how many eigenvalues the rest says nothing: those of a large circuit are the rightmost that were found.</summary>
    public bool? RightmostOnly { get; init; }

    /// <summary>Then: the residual ‖Jx − λx‖ of each, in the order of <see cref="Eigenvalues"/>.</summary>
    public double[]? Residuals { get; init; }

    /// <summary>More pairs than these have no dense report unless it is asked for: their Jacobian has 4n² numbers, and its eigenvalues take 200 n³
    /// operations.</summary>
    const int LargestDense = 500;

    /// <summary>All of a circuit; of a large one what takes seconds.</summary>
    public static CircuitReport Of(Circuit circuit, bool isDense) => isDense || circuit.N <= LargestDense ? Of(circuit) : OfLarge(circuit);

    static CircuitReport OfLarge(Circuit circuit)
    {
        var (point, spectrum) = RightmostSpectrum.StableOf(circuit);
        var isConverged = spectrum is not null;
        (Complex Value, double Error)[] both =
        [
            .. (spectrum?.Eigenvalues.Zip(spectrum.Errors) ?? [])
                .SelectMany(e => e.First.Imaginary == 0 ? ((Complex, double)[])[e] : [e, (Complex.Conjugate(e.First), e.Second)])
                .OrderBy(e => e.Item1.Real).ThenBy(e => e.Item1.Imaginary),
        ];
        var certificate = StabilityCertificate.Of(circuit);
        // Without a proof that there is no eigenvalue farther right, the verdict is that of theorems.
        var isStable = isConverged && certificate.IsCertified && certificate.Theorem == StabilityTheorem.IdentityRecurrence;
        return new()
        {
            N = circuit.N,
            Recurrence = RecurrenceOf(circuit),
            Y = point.Y,
            A = point.A,
            Residual = SteadyState.Residual(circuit, point.Y, point.A),
            Solver = point.Result.Method.ToString(),
            Iterations = point.Result.Iterations,
            Converged = isConverged,
            Jacobian = [],
            Eigenvalues = [.. both.Select(e => (double[])[e.Value.Real, e.Value.Imaginary])],
            Residuals = [.. both.Select(e => e.Error)],
            MaxReal = spectrum is { Eigenvalues.Count: > 0 } ? spectrum.Eigenvalues[0].Real : double.NaN,
            Uncertainty = double.NaN,
            PointRadius = double.NaN,
            Stable = isStable,
            Verdict = (isStable ? StabilityVerdict.Stable : StabilityVerdict.Unknown).ToString(),
            Certificate = CertificateReport.Of(certificate),
            Global = isConverged && circuit.IsIdentityRecurrence ? GlobalReport.Of(GlobalStability.Of(circuit)) : null,
            RightmostOnly = true,
        };
    }

    static CircuitReport Of(Circuit circuit)
    {
        var n = circuit.N;
        var point = SteadyState.StableOf(circuit);
        var report = StabilityReport.Of(circuit, point);
        var jacobian = new double[4 * n * n];
        var exists = point.A.All(a => a > 0);
        if (exists) CircuitJacobian.Write(circuit, point.Y, point.A, jacobian);
        var isConverged = point.Result.Status == SteadyStateStatus.Converged;
        var quadratic = isConverged && circuit.IsIdentityRecurrence ? CircuitJacobian.Quadratic(circuit, point.Y, point.A) : null;
        var (energy, noEnergy) = quadratic is null ? default : EnergyReport.Find(circuit);
        var certificate = StabilityCertificate.Of(circuit);
        var basin = quadratic is null ? null : CertifiedBasin.Of(circuit);
        return new()
        {
            N = n,
            Recurrence = RecurrenceOf(circuit),
            Y = point.Y,
            A = point.A,
            Residual = report.Residual,
            Solver = point.Result.Method.ToString(),
            Iterations = point.Result.Iterations,
            Converged = isConverged,
            Jacobian = exists ? Rows(jacobian, 2 * n) : [],
            Eigenvalues = Pairs(report.Eigenvalues),
            MaxReal = report.MaxRealPart,
            Uncertainty = report.Uncertainty,
            PointRadius = report.PointRadius,
            Stable = report.IsStable,
            Verdict = report.Verdict.ToString(),
            B = quadratic is null ? null : Rows(quadratic.B, n),
            K = quadratic?.K,
            RhoMinvN = quadratic is not null && Holds(quadratic) ? quadratic.SpectralRadius : null,
            RhoBound = quadratic?.SpectralRadiusBound,
            LyapunovT = quadratic is null ? null : MMatrix.LyapunovDiagonal(quadratic.B, n),
            Energy = energy is null ? null : new(energy.Weights.ToArray(), energy.T.ToArray()),
            NoEigenvalues = !exists || !double.IsNaN(report.MaxRealPart) ? null
                : jacobian.All(double.IsFinite) ? "they were not found; scale the parameters nearer to one another."
                : "the Jacobian is beyond what double holds; scale the parameters nearer to one another.",
            NoEnergy = noEnergy,
            Certificate = CertificateReport.Of(certificate),
            Global = quadratic is null ? null : GlobalReport.Of(GlobalStability.Of(circuit)),
            Basin = basin is null ? null : new(
                basin.Factor, [basin.Contrasts.Least, basin.Contrasts.Most],
                basin.Theta, basin.Level, basin.LargestY.ToArray(), basin.Energy.Weights.ToArray()),
        };
    }

    // ρ(M⁻¹N) is computed from both, and of ∞ or of next to nothing it would be any number or none.
    static bool Holds(QuadraticProblem quadratic)
        => quadratic.M.All(double.IsNormal) && quadratic.N.All(double.IsFinite) && double.IsFinite(quadratic.SpectralRadius);

    static string RecurrenceOf(Circuit circuit)
    {
        if (circuit.IsIdentityRecurrence) return "identity";
        var (n, first) = (circuit.N, circuit.Wr[0]);
        for (var k = 0; k < n * n; k++)
            if (circuit.Wr[k] != (k % (n + 1) == 0 ? first : 0)) return "matrix";
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{first:R}·I");
    }

    public static double[][] Rows(double[] matrix, int n) => [.. matrix.Chunk(n)];

    public static double[][] Pairs(IEnumerable<Complex> values)
        => [.. values.OrderBy(v => v.Real).ThenBy(v => v.Imaginary).Select(v => (double[])[v.Real, v.Imaginary])];
}

/// <summary>The weights of Eq. 13 and its diagonal T.</summary>
/// <param name="P">The weights p of Eq. 13.</param>
/// <param name="T">The diagonal of T.</param>
sealed record EnergyReport(double[] P, double[] T)
{
    /// <summary>The energy of a circuit, or why there is none: time constants may leave the range in which its weights can be found, and no other result
    /// depends on them.</summary>
    public static (CircuitEnergy? Energy, string? Why) Find(Circuit circuit)
    {
        try
        {
            return (CircuitEnergy.Of(circuit), null);
        }
        catch (ArithmeticException error)
        {
            return (null, error.Message);
        }
    }
}

/// <param name="Statement">What is to hold.</param>
/// <param name="Holds">Whether it does.</param>
/// <param name="Margin">By how much; where it can be measured.</param>
sealed record HypothesisReport(string Statement, bool Holds, double? Margin);

/// <param name="Theorem">Its name, or None.</param>
/// <param name="Certified">Whether all of its hypotheses hold.</param>
/// <param name="Margin">The least by which one of them holds.</param>
/// <param name="Conclusion">What follows, in words.</param>
/// <param name="Hypotheses">What the theorem asks.</param>
sealed record CertificateReport(string Theorem, bool Certified, double Margin, string Conclusion, HypothesisReport[] Hypotheses)
{
    public static CertificateReport Of(StabilityCertificate c) => new(
        c.Theorem.ToString(), c.IsCertified, c.Margin, c.Conclusion,
        [.. c.Hypotheses.Select(h => new HypothesisReport(h.Statement, h.Holds, double.IsFinite(h.Margin) ? h.Margin : null))]);
}

/// <summary>The theorem of global stability; no margin where no condition is to be met.</summary>
/// <param name="Holds">Whether the fixed point is proven to attract every start.</param>
/// <param name="Margin">By which part more than asked its condition holds, below 0 if it does not.</param>
/// <param name="Iterations">At which iterate of C.</param>
/// <param name="C">The iterate, n numbers.</param>
/// <param name="Conclusion">What follows, in words.</param>
sealed record GlobalReport(bool Holds, double? Margin, int Iterations, IReadOnlyList<double> C, string Conclusion)
{
    public static GlobalReport Of(GlobalStability g) => new(g.Holds, double.IsFinite(g.Margin) ? g.Margin : null, g.Iterations, g.C, g.Conclusion);
}

/// <summary>The certified basin: from a factor in every y and a, and from which contrasts, the circuit returns; and V's θ, level, Y and weights q.</summary>
/// <param name="Factor">Within which factor of the fixed point each y and a may start.</param>
/// <param name="Contrasts">From the fixed points of which multiples of the contrast it returns: least, most.</param>
/// <param name="Theta">θ of the energy of normalization.</param>
/// <param name="Level">The level below which it falls.</param>
/// <param name="LargestY">Where every |y| is at most this, the energy falls; n numbers.</param>
/// <param name="Weights">Its weights q, n numbers.</param>
sealed record BasinReport(double Factor, double[] Contrasts, double Theta, double Level, double[] LargestY, double[] Weights);

/// <summary><c>organics circuit FILE.json</c>.</summary>
static class CircuitCommand
{
    const string New = "--new", Dense = "--dense", Json = "--json";

    // So many units of a large circuit are printed.
    const int MostRows = 20;

    public static Command Command()
    {
        var command = new Command("circuit", "The fixed point of a circuit, its spectrum, its energy, and which theorem says that it is stable.");
        command.Arguments.Add(new Argument<string>(CircuitInput.Argument) { Description = CircuitInput.Help, Arity = ArgumentArity.ZeroOrOne });
        command.Options.Add(new Option<bool>(New) { Description = "Write a circuit with comments to stdout, to begin with, and do nothing else." });
        command.Options.Add(new Option<bool>(Dense)
        {
            Description = "All eigenvalues and proofs of a circuit of more than 500 pairs, too: minutes and gigabytes.",
        });
        command.Options.Add(new Option<bool>(Json) { Description = "Write one JSON object to stdout and nothing else." });
        command.Options.Add(PageOption.Make("; of one pair, with a phase portrait that follows sliders"));
        command.SetAction(given =>
        {
            if (given.GetValue<bool>(New))
            {
                if (given.GetValue<string>(CircuitInput.Argument) is not null) throw Failure.Usage($"{New} reads no file; write it into one by > my.json.");
                Console.Out.WriteLine(CircuitInput.New);
                return (int)ExitCode.Done;
            }
            var path = given.GetValue<string>(CircuitInput.Argument)
                ?? throw Failure.Usage($"A circuit is needed: give a FILE, - for stdin, or write one by {New}.");
            var page = PageOption.Of(given);
            var circuit = CircuitInput.Read(path);
            var report = CircuitReport.Of(circuit, given.GetValue<bool>(Dense));
            if (page is not null) CircuitPage.Of(circuit, report, path).Write(page);
            if (given.GetValue<bool>(Json)) Console.Out.WriteLine(JsonSerializer.Serialize(report, RunJson.Line.CircuitReport));
            else
            {
                Print(report);
                PageOption.Tell(given);
            }
            return (int)(report.Stable ? ExitCode.Done : ExitCode.CheckFailed);
        });
        return command;
    }

    static void Print(CircuitReport r)
    {
        var writer = Console.Out;
        foreach (var sentence in FixedPoint(r)) writer.WriteLine(sentence);
        var shown = Shown(r);
        if (shown.Length < r.N) writer.WriteLine($"The {shown.Length} pairs of {r.N:N0} with the largest |y|; all of them: {Json}.");
        writer.WriteLine($"{"pair",6} {"y",14} {"a",14} {"y⁺ = ⌊y⌋²",14}{(r.Basin is null ? "" : $" {"Y",14}")}");
        foreach (var i in shown)
            writer.WriteLine(
                $"{i,6} {r.Y[i],14:G6} {r.A[i],14:G6} {Math.Pow(Math.Max(r.Y[i], 0), 2),14:G6}{(r.Basin is { } basin ? $" {basin.LargestY[i],14:G6}" : "")}");
        writer.WriteLine();
        if (!double.IsNaN(r.MaxReal))
        {
            // Of each pair one; of a large circuit with the residual. A mode's eigenvalue is one of those, or the real part of one.
            string Error(Complex value) => r.Residuals is { } errors
                ? $" {errors[Array.IndexOf(r.Eigenvalues, r.Eigenvalues.MinBy(v => Complex.Abs(new Complex(v[0], v[1]) - value)))],12:G2}" : "";
            writer.WriteLine($"{"eigenvalue",28} {"frequency",12} {"damping",10}{(r.Residuals is null ? "" : $" {"residual",12}")}");
            foreach (var mode in CircuitMode.Of(r.Eigenvalues.Select(v => new Complex(v[0], v[1]))))
                writer.WriteLine($"{Show(mode.Eigenvalue),28} {mode.Frequency,12:G5} {mode.DampingRatio,10:F4}{Error(mode.Eigenvalue)}");
            writer.WriteLine();
        }
        writer.WriteLine(Verdict(r));
        foreach (var sentence in Theory(r)) writer.WriteLine(sentence);
    }

    /// <summary>What the fixed point is of and how well it is known, in sentences.</summary>
    public static IEnumerable<string> FixedPoint(CircuitReport r)
    {
        yield return $"Recurrence: Wr {(r.Recurrence is "identity" ? "is the identity" : r.Recurrence is "matrix" ? "is a matrix" : $"= {r.Recurrence}")}.";
        yield return $"Fixed point of {r.N} pair{(r.N == 1 ? "" : "s")} by {r.Solver}, {r.Iterations} iterations, "
            + $"relative residual {r.Residual:0.0e-0}{(r.Converged ? "" : ": NOT CONVERGED")}.";
        if (r.RightmostOnly is null)
            yield return double.IsNaN(r.PointRadius)
                ? "No fixed point could be proven to be there: what follows is about a state, and no verdict on the circuit."
                : $"Proven to exist, within {r.PointRadius:0.0e-0} of a state in double (Krawczyk's test).";
    }

    /// <summary>What the eigenvalues say, in a sentence or two.</summary>
    public static string Verdict(CircuitReport r)
    {
        const string byTheorem = " A theorem says that the fixed point is stable.";
        if (double.IsNaN(r.MaxReal))
            return $"{(r.NoEigenvalues is { } none ? $"No eigenvalues and no verdict by them: {none}" : "No Jacobian, and no verdict.")}"
                + $"{(r.Stable ? byTheorem : "")}";
        if (r.RightmostOnly == true)
            return $"The rightmost of {2 * r.N:N0} eigenvalues that Arnoldi's method found; that there is none farther right is not proven. All of them, "
                + $"with the proof: {Dense}."
                + (r.Stable ? byTheorem
                    : r.MaxReal > 0 ? $" Largest real part {r.MaxReal:G6} per unit of time: NOT stable; the search met no fixed point that may be."
                    : $" Largest real part {r.MaxReal:G6} per unit of time: none lies right of 0.");
        var verdict = r.Verdict switch
        {
            nameof(StabilityVerdict.Stable) when !(Math.Abs(r.MaxReal) > r.Uncertainty)
                => "too near to 0 for eigenvalues to decide, but a theorem says that it is stable",
            nameof(StabilityVerdict.Stable) => "stable",
            nameof(StabilityVerdict.Unstable) => "NOT stable",
            nameof(StabilityVerdict.Undecided) => "too near to 0 to decide",
            _ => "no verdict",
        };
        return $"Largest real part {r.MaxReal:G6} per unit of time{(double.IsNaN(r.Uncertainty) ? "" : $", give or take {r.Uncertainty:0.0e-0}")}: {verdict}.";
    }

    // Of many units the most active.
    static int[] Shown(CircuitReport r)
        => r.RightmostOnly is null ? [.. Enumerable.Range(0, r.N)]
            : [.. Enumerable.Range(0, r.N).OrderByDescending(i => Math.Abs(r.Y[i])).Take(MostRows).Order()];

    /// <summary>What does not rest on the eigenvalues, in sentences.</summary>
    public static IEnumerable<string> Theory(CircuitReport r)
    {
        if (r.RhoMinvN is { } rho) yield return $"ρ(M⁻¹N) = {rho:G6} ≤ max(1 − c/a) = {r.RhoBound:G6}.";
        if (r.Energy is { } energy)
            yield return $"Energy V = Σ pᵢ[(√aᵢ·yᵢ − gᵢ)² + …], p = "
                + $"{string.Join(", ", energy.P.Select(p => p.ToString("G5", System.Globalization.CultureInfo.InvariantCulture)))}.";
        if (r.NoEnergy is { } why) yield return $"No energy: {why}";
        if (r.Global is { } global)
        {
            var proven = global.Margin is { } margin ? $"{1 + margin:G3} times what its condition asks, at iterate {global.Iterations} of C" : "";
            yield return !global.Holds ? $"Not known to be globally stable: {proven} (Wr = I, derived)."
                : "Globally stable: the fixed point attracts every start (Wr = I, derived), "
                    + $"{(proven != "" ? proven : "for no two driven units reach each other along W")}.";
            if (r.RightmostOnly is null) yield return r.Basin is { } basin
                ? $"Certified basin: the circuit returns wherever each y and a is within a factor {SafeSide.Factor(basin.Factor)} of the fixed point"
                    + $"{(basin.LargestY.Contains(0) ? ", units without drive being silent" : "")}, and from the fixed points of "
                    + $"{SafeSide.Least(basin.Contrasts[0])} to {SafeSide.Factor(basin.Contrasts[1])} times the contrast; "
                    + "its energy falls wherever every |y| is at most Y."
                : "No certified basin: no unit is driven, or rounding leaves nothing of it; scale the parameters nearer to one another.";
        }
        yield return r.Certificate.Certified ? $"Certified: {r.Certificate.Conclusion} Margin {r.Certificate.Margin:G3}." : r.Certificate.Conclusion;
    }

    static string Show(Complex v) => v.Imaginary == 0 ? $"{v.Real:G6}" : $"{v.Real:G6} ± {v.Imaginary:G6}i";
}
