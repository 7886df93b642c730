using System.Text.Json;

namespace Organics.Tests;

public sealed class CircuitCommandTests : IDisposable
{
    readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    static JsonElement.ArrayEnumerator Goldens(string file)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!Directory.Exists(Path.Combine(folder!.FullName, "tests", "Goldens"))) folder = folder.Parent;
        return JsonDocument.Parse(File.ReadAllText(Path.Combine(folder.FullName, "tests", "Goldens", file))).RootElement.GetProperty("cases").EnumerateArray();
    }

    // Without the results that stand beside the parameters.
    static string CircuitJson(JsonElement golden)
    {
        var parameters = golden.EnumerateObject().Where(p => p.Name is "n" or "z" or "b" or "b0" or "sigma" or "tauY" or "tauA" or "W" or "Wr");
        return $"{{{string.Join(", ", parameters.Select(p => $"\"{p.Name}\": {p.Value.GetRawText()}"))}}}";
    }

    JsonElement Json(int code, params string[] args)
    {
        var outcome = _cli.Run([.. args, "--json"]);
        Assert.True(outcome.Code == code, outcome.Error);
        return JsonDocument.Parse(outcome.Out).RootElement;
    }

    static double[] Numbers(JsonElement e) => e.ValueKind == JsonValueKind.Array ? [.. e.EnumerateArray().SelectMany(Numbers)] : [e.GetDouble()];

    static void Near(JsonElement expected, JsonElement found, double tolerance)
    {
        var (e, f) = (Numbers(expected), Numbers(found));
        Assert.Equal(e.Length, f.Length);
        var scale = e.Max(Math.Abs);
        for (var i = 0; i < e.Length; i++) Assert.Equal(e[i], f[i], tolerance * scale);
    }

    [Fact]
    public void A_golden_identity_circuit_is_reported_with_every_key()
    {
        foreach (var golden in Goldens("identity_circuits.json").Take(3))
        {
            File.WriteAllText(_cli.PathOf("c.json"), CircuitJson(golden));
            var found = Json(0, "circuit", "c.json");
            foreach (var key in (string[])["y", "a", "jacobian", "B", "K", "rho_MinvN", "lyapunov_T", "max_real"])
                Near(golden.GetProperty(key), found.GetProperty(key), 1e-9);
            Near(golden.GetProperty("eigenvalues"), found.GetProperty("eigenvalues"), 1e-9);
            Assert.True(found.GetProperty("stable").GetBoolean());
            Assert.True(found.GetProperty("certificate").GetProperty("certified").GetBoolean());
            Assert.InRange(found.GetProperty("residual").GetDouble(), 0, 1e-13);
            var (circuit, basin) = (CircuitFile.Read(_cli.PathOf("c.json")), found.GetProperty("basin"));
            Assert.Equal(GlobalStability.Of(circuit).Holds, found.GetProperty("global").GetProperty("holds").GetBoolean());
            Assert.Equal(CertifiedBasin.Of(circuit)!.Factor, basin.GetProperty("factor").GetDouble());
            Assert.InRange(Numbers(basin.GetProperty("contrasts"))[0], 0, 1);
            Assert.Equal(circuit.N, basin.GetProperty("largest_y").GetArrayLength());
        }
    }

    [Theory]
    [InlineData("1", "times what its condition asks, at iterate", "Not known")]
    [InlineData("0.05", "Not known to be globally stable: 0.", "NOT stable")]
    public void How_far_the_fixed_point_attracts_is_said(string sigma, string words, string not)
    {
        File.WriteAllText(_cli.PathOf("c.json"), $$"""
            {"z": [0.2, 0.1], "b": 1, "b0": 1, "sigma": {{sigma}}, "tauY": 1, "tauA": 1, "W": [[1, 1], [1, 1]], "Wr": [[1, 0], [0, 1]]}
            """);
        var outcome = _cli.Run("circuit", "c.json");
        Assert.Equal(0, outcome.Code);
        Assert.Contains(words, outcome.Out, StringComparison.Ordinal);
        Assert.Contains("Certified basin: the circuit returns wherever each y and a is within a factor 1.", outcome.Out, StringComparison.Ordinal);
        Assert.DoesNotContain(not, outcome.Out, StringComparison.Ordinal);
    }

    // A claim of nothing is none, and a bound is never rounded to more than is proven.
    [Fact]
    public void Where_rounding_leaves_nothing_of_the_basin_that_is_said()
    {
        File.WriteAllText(
            _cli.PathOf("c.json"),
            """{"z": [1e150, 1e150], "b": 1, "b0": 1, "sigma": [1e150, 1], "tauY": 1, "tauA": [1e10, 1], "W": [[1, 1], [1, 1]], "Wr": [[1, 0], [0, 1]]}""");
        Assert.Contains("No certified basin", _cli.Run("circuit", "c.json").Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1.2345678, "1.234", "0.765")]
    [InlineData(1.00031999, "1.000319", "0.99968")]
    [InlineData(1.01, "1.01", "0.99")]
    [InlineData(12.34567, "12.3", null)]
    [InlineData(1, "1", "1")]
    public void Bounds_are_rounded_to_the_safe_side(double factor, string expected, string? least)
    {
        var said = double.Parse(SafeSide.Factor(factor), System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(said, 1, factor);
        Assert.InRange(said, double.Parse(expected, System.Globalization.CultureInfo.InvariantCulture) - 0.011 * (factor - 1), factor);
        if (least is null) return;
        var from = double.Parse(SafeSide.Least(2 - factor), System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(from, 2 - factor, 1);
        Assert.InRange(from, 2 - factor, double.Parse(least, System.Globalization.CultureInfo.InvariantCulture) + 0.011 * (factor - 1));
    }

    [Theory]
    [InlineData(29_999.0 / 30_000, 2, 99.99)]
    [InlineData(1 - 1e-16, 2, 99.99)]
    [InlineData(1, 2, 100)]
    [InlineData(0, 2, 0)]
    [InlineData(1e-300, 2, 0.01)]
    [InlineData(0.004, 0, 1)]
    [InlineData(0.9999, 0, 99)]
    [InlineData(0.5, 2, 50)]
    [InlineData(double.NaN, 2, double.NaN)]
    public void All_is_said_of_all_alone_and_none_of_none(double share, int digits, double expected) => Assert.Equal(expected, SafeSide.Percent(share, digits));

    // A circle that a silent unit cuts; and what is said of a start from which no level of V says anything.
    [Fact]
    public void Silent_units_are_said_to_be_excluded()
    {
        File.WriteAllText(_cli.PathOf("c.json"), """
            {"z": [0.9, 0], "b": 1, "b0": 1, "sigma": 1, "tauY": 1, "tauA": 1, "W": [[0, 1], [1, 0]], "Wr": [[1, 0], [0, 1]]}
            """);
        var text = _cli.Run("circuit", "c.json").Out;
        Assert.Contains("no two driven units reach each other along W", text, StringComparison.Ordinal);
        Assert.Contains("of the fixed point, units without drive being silent, and", text, StringComparison.Ordinal);
        var (silent, active) = (
            Json(0, "simulate", "c.json", "--y0", "0", "--a0", "1", "--out", "s"), Json(0, "simulate", "c.json", "--y0", "0.1", "--out", "a"));
        Assert.True(silent.GetProperty("end_in_basin").GetBoolean());
        Assert.True(active.GetProperty("normalization_energy").GetDouble() >= 0);
        Assert.False(active.TryGetProperty("end_in_basin", out _) || active.TryGetProperty("basin_level", out _));
        Assert.False(Json(0, "simulate", "c.json", "--y0", "0", "--noise", "0.1", "--t-end", "1", "--out", "n").TryGetProperty("basin_level", out _));
    }

    [Fact]
    public void The_portrait_of_identity_recurrence_has_its_certified_basin()
    {
        foreach (var (wr, has) in ((string, bool)[])[("1", true), ("0.9", false)])
        {
            Assert.Equal(0, _cli.Run("phase", "--wr", wr, "--out", "p.svg").Code);
            Assert.Equal(has, File.ReadAllText(_cli.PathOf("p.svg")).Contains("certified basin", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_golden_general_circuit_is_reported_without_what_only_the_identity_has()
    {
        var golden = Goldens("general_circuits.json").First(g => g.GetProperty("stable").GetBoolean() && g.GetProperty("n").GetInt32() > 1);
        File.WriteAllText(_cli.PathOf("c.json"), CircuitJson(golden));
        var found = Json(0, "circuit", "c.json");
        foreach (var key in (string[])["y", "a", "jacobian", "eigenvalues"]) Near(golden.GetProperty(key), found.GetProperty(key), 1e-9);
        Assert.False(found.TryGetProperty("B", out _));
        Assert.False(found.GetProperty("certificate").GetProperty("certified").GetBoolean());
        Assert.Contains("Not certified", _cli.Run("circuit", "c.json").Out);
    }

    [Fact]
    public void One_pair_that_Theorem_5_2_certifies_is_reported_stable()
    {
        File.WriteAllText(_cli.PathOf("c.json"), """{ "z": [0.01], "b": 0.5, "b0": 0.5, "sigma": 0.1, "tauY": 2, "tauA": 2, "W": [[1]], "Wr": [[2]] }""");
        var found = Json(0, "circuit", "c.json");
        Assert.True(found.GetProperty("stable").GetBoolean() && found.GetProperty("certificate").GetProperty("certified").GetBoolean());
        Assert.True(found.GetProperty("y")[0].GetDouble() > 0);
        // It holds the error of the point, which b0·σ alone moves by a rounding.
        Assert.InRange(found.GetProperty("uncertainty").GetDouble(), 1e-16, 1e-13);
        var text = _cli.Run("circuit", "c.json").Out;
        Assert.Contains("give or take", text, StringComparison.Ordinal);
        Assert.DoesNotContain("NOT", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "identity", "Wr is the identity")]
    [InlineData(""", "Wr": [[1, 0], [0, 1]]""", "identity", "Wr is the identity")]
    [InlineData(""", "Wr": [[0.5, 0], [0, 0.5]]""", "0.5·I", "Wr = 0.5·I")]
    [InlineData(""", "Wr": [[0.5, 0], [0, 0.6]]""", "matrix", "Wr is a matrix")]
    public void The_recurrence_that_was_taken_is_said(string wr, string key, string words)
    {
        File.WriteAllText(_cli.PathOf("c.json"), $$"""
                { "z": [0.9, 0.3], "b": 1, "b0": 1, "sigma": 1, "tauY": 1, "tauA": 2, "W": [[1, 0.5], [0.5, 1]]{{wr}} }
                """);
        Assert.Equal(key, Json(0, "circuit", "c.json").GetProperty("recurrence").GetString());
        Assert.Contains(words, _cli.Run("circuit", "c.json").Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_circuit_may_come_through_a_pipe()
    {
        if (OperatingSystem.IsWindows()) return;
        File.WriteAllText(_cli.PathOf("c.json"), """{ "z": [0.9], "b": 1, "b0": 1, "sigma": 1, "tauY": 1, "tauA": 2, "W": [[1]] }""");
        var piped = _cli.Shell("cat c.json | \"$@\"", ["circuit", "/dev/stdin"]);
        Assert.Equal((0, _cli.Run("circuit", "c.json").Out), (piped.Code, piped.Out));
    }

    [Fact]
    public void A_misspelt_key_certifies_no_other_circuit()
    {
        File.WriteAllText(_cli.PathOf("c.json"), """{ "z": [0.9], "b": 1, "b0": 1, "sigma": 1, "tauY": 1, "tauA": 2, "W": [[1]], "W_r": [[2]] }""");
        var outcome = _cli.Run("circuit", "c.json");
        Assert.Equal((2, ""), (outcome.Code, outcome.Out));
        Assert.Contains("\"Wr\"", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1e160", "1")]
    [InlineData("3", "0")]
    public void Without_a_fixed_point_there_is_no_verdict(string z, string wr)
    {
        // a overflows; or y = 3 whatever a is, and a grows without bound.
        File.WriteAllText(_cli.PathOf("c.json"), $$"""{ "z": [{{z}}], "b": 1, "b0": 1, "sigma": 1, "tauY": 1, "tauA": 1, "W": [[1]], "Wr": [[{{wr}}]] }""");
        var found = Json(1, "circuit", "c.json");
        Assert.False(found.GetProperty("converged").GetBoolean());
        Assert.Equal("Unknown", found.GetProperty("verdict").GetString());
        var text = _cli.Run("circuit", "c.json").Out;
        Assert.Contains("NOT CONVERGED", text, StringComparison.Ordinal);
        Assert.Contains("no verdict", text, StringComparison.Ordinal);
        Assert.DoesNotContain("NOT stable", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("5e-324", "1")]
    [InlineData("1", "1e-310")]
    public void Time_constants_beyond_double_take_neither_the_course_nor_the_certificate(string tauY, string tauA)
    {
        File.WriteAllText(_cli.PathOf("c.json"), $$"""
            { "z": [0.5, 0.2], "b": 1, "b0": 1, "sigma": 0.2, "tauY": {{tauY}}, "tauA": {{tauA}}, "W": [[1, 0.5], [0.5, 1]], "Wr": [[1, 0], [0, 1]] }
            """);
        var text = _cli.Run("circuit", "c.json").Out;
        Assert.Contains("no verdict by them: the Jacobian is beyond what double holds", text, StringComparison.Ordinal);
        Assert.Contains("Certified", text, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", text, StringComparison.Ordinal);
        Assert.DoesNotContain("ρ(M⁻¹N) =", text, StringComparison.Ordinal);
        Assert.Contains("A theorem says that the fixed point is stable.", text, StringComparison.Ordinal);
        var found = Json(0, "circuit", "c.json");
        Assert.Equal("Stable", found.GetProperty("verdict").GetString());
        Assert.False(found.TryGetProperty("rho_MinvN", out _));
        foreach (var method in (string[])["dopri5", "rodas3", "rk4"])
        {
            var outcome = _cli.Run("simulate", "c.json", "--method", method, "--out", $"s-{method}");
            Assert.Equal(3, outcome.Code);
            Assert.Contains("No energy: B is singular", outcome.Out, StringComparison.Ordinal);
            Assert.Contains("beyond what double holds", outcome.Error, StringComparison.Ordinal);
            var header = File.ReadLines(_cli.PathOf($"s-{method}", "trajectory.csv")).First();
            Assert.StartsWith("t,y0,y1,a0,a1,distance", header, StringComparison.Ordinal);
            Assert.DoesNotContain(",energy", header, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("dopri5", "a larger --rtol, or --method rodas3.")]
    [InlineData("rk4", "a larger --dt, or --method rodas3 without --dt.")]
    public void What_is_to_be_tried_next_is_an_option_that_the_method_takes(string method, string advice)
    {
        File.WriteAllText(_cli.PathOf("c.json"), """{ "z": [0.5], "b": 1, "b0": 1, "sigma": 0.2, "tauY": 1, "tauA": 1, "W": [[1]], "Wr": [[1]] }""");
        var outcome = _cli.Run(["simulate", "c.json", "--t-end", "1e300", "--out", "s", "--method", .. method.Split(' ')]);
        Assert.Equal(1, outcome.Code);
        Assert.Contains(advice, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Noise_over_more_steps_than_memory_holds_is_refused_before_the_first()
    {
        File.WriteAllText(_cli.PathOf("c.json"), """{ "z": [0.5], "b": 1, "b0": 1, "sigma": 0.2, "tauY": 1, "tauA": 1, "W": [[1]], "Wr": [[1]] }""");
        foreach (var (end, dt) in new[] { ("1e300", "1"), ("1", "1e-300"), ("100", "1e-6") })
        {
            var outcome = _cli.Run("simulate", "c.json", "--noise", "0.1", "--t-end", end, "--dt", dt, "--out", "s");
            Assert.Equal(2, outcome.Code);
            Assert.Contains("--dt", outcome.Error, StringComparison.Ordinal);
            Assert.False(Directory.Exists(_cli.PathOf("s")));
        }
    }

    [Fact]
    public void The_plane_is_listed_and_drawn()
    {
        foreach (var golden in Goldens("bifurcation_2d.json").Take(6))
        {
            string Number(string name) => golden.GetProperty(name).GetRawText();
            var found = Json(0, "phase", "--wr", Number("wr"), "--w", Number("w"), "--b", Number("b"), "--b0", Number("b0"),
                "--sigma", Number("sigma"), "--z", Number("z"), "--tau-y", Number("tauY"), "--tau-a", Number("tauA"), "--out", "p.svg");
            Assert.Equal(golden.GetProperty("n_fixed_points").GetInt32(), found.GetProperty("n_fixed_points").GetInt32());
            Assert.Equal(golden.GetProperty("n_stable").GetInt32(), found.GetProperty("n_stable").GetInt32());
            var points = found.GetProperty("fixed_points").EnumerateArray().OrderBy(p => p.GetProperty("a").GetDouble());
            foreach (var (e, f) in golden.GetProperty("fixed_points").EnumerateArray().Zip(points))
            {
                Near(e.GetProperty("y"), f.GetProperty("y"), 1e-10);
                Near(e.GetProperty("a"), f.GetProperty("a"), 1e-10);
                Assert.Equal(e.GetProperty("stable").GetBoolean(), f.GetProperty("stable").GetBoolean());
            }
            Assert.StartsWith("<svg", File.ReadAllText(_cli.PathOf("p.svg")));
        }
    }

    [Fact]
    public void Basins_are_fractions_of_the_window()
    {
        var found = Json(0, "phase", "--wr", "2", "--w", "3", "--sigma", "0.5", "--z", "0", "--out", "p.svg");
        double? Basin(string type)
            => found.GetProperty("fixed_points").EnumerateArray().First(p => p.GetProperty("type").GetString() == type).TryGetProperty("basin", out var b)
                ? b.GetDouble() : null;
        Assert.Equal((0.5, null), (Basin("StableFocus"), Basin("Saddle")));
        Assert.Equal(0.7, found.GetProperty("window").GetProperty("y").GetDouble(), 1e-12);
        Assert.Contains("boundary of the basins", File.ReadAllText(_cli.PathOf("p.svg")));
        // Some of the window runs away.
        found = Json(0, "phase", "--wr", "-1", "--sigma", "0.5", "--z", "0.3", "--out", "p.svg");
        Assert.InRange(Basin("StableNode")!.Value, 0.6, 0.9);
        found = Json(0, "phase", "--wr", "0.5", "--out", "p.svg");
        Assert.Equal(1, Basin("StableFocus"));
        Assert.DoesNotContain("boundary of the basins", File.ReadAllText(_cli.PathOf("p.svg")));
    }

    [Fact]
    public void A_simulation_ends_at_the_fixed_point_and_leaves_table_and_pictures()
    {
        File.WriteAllText(_cli.PathOf("c.json"), """{ "z": [0.9, 0.3], "b": 1, "b0": 1, "sigma": 0.1, "tauY": 1, "tauA": 2, "W": [[1, 0.5], [0.5, 1]] }""");
        foreach (var method in (string[][])[["dopri5"], ["rodas3"], ["rk4", "--dt", "0.05"], ["heun", "--dt", "0.05"], ["euler", "--dt", "0.01"]])
        {
            var found = Json(0, ["simulate", "c.json", "--t-end", "80", "--method", .. method, "--out", "s"]);
            Assert.InRange(found.GetProperty("distance_to_fixed_point").GetDouble(), 0, 1e-4);
            var lines = File.ReadAllLines(_cli.PathOf("s", "trajectory.csv"));
            Assert.Equal("t,y0,y1,a0,a1,distance,energy,normalization_energy", lines[0]);
            Assert.StartsWith("80,", lines[^1]);
            foreach (var picture in (string[])["y.svg", "a.svg", "energy.svg", "normalization-energy.svg", "distance.svg"])
                Assert.True(File.Exists(_cli.PathOf("s", picture)));
        }
        // Another device computes the same rates but for the order of sums.
        var (cpu, reference) = (
            Json(0, "simulate", "c.json", "--t-end", "9", "--out", "s"), Json(0, "simulate", "c.json", "--t-end", "9", "--out", "s", "--device", "reference"));
        Assert.Equal(cpu.GetProperty("y")[0].GetDouble(), reference.GetProperty("y")[0].GetDouble(), 1e-12);
        Assert.NotEqual(cpu.GetProperty("device").GetString(), reference.GetProperty("device").GetString());
        var unstable = _cli.Run("simulate", "c.json", "--method", "euler", "--dt", "5");
        Assert.Contains("exceeds", unstable.Error);
        string[] noisy = ["simulate", "c.json", "--noise", "0.1", "--seed", "4", "--out", "s"];
        var (one, two) = (Json(0, noisy), Json(0, noisy));
        Assert.Equal(one.GetRawText(), two.GetRawText());
    }

    [Fact]
    public void A_sweep_counts_and_saves_circuits_without_a_stable_fixed_point()
    {
        var identity = Json(0, "stability", "sweep", "--n", "6", "--trials", "200", "--seed", "3");
        Assert.Equal((200, 200, 0, 0), (Number("circuits"), Number("stable"), Number("unstable"), Number("not_converged")));
        Assert.InRange(Number("globally_stable"), 1, 200);
        Assert.InRange(identity.GetProperty("max_re_lambda").GetDouble(), double.NegativeInfinity, 0);
        // One pair always comes to rest.
        Assert.Contains("50 certified to come to rest from every start", _cli.Run("stability", "sweep", "--n", "1", "--trials", "50").Out);
        Assert.True(identity.GetProperty("circuits_per_second").GetDouble() > 0);

        // What an earlier sweep left goes; what is not a sweep's stays.
        Directory.CreateDirectory(_cli.PathOf("sweep"));
        foreach (var name in (string[])["circuit-99999.json", "circuit-mine.json", "notes.json"]) File.WriteAllText(_cli.PathOf("sweep", name), "{}");
        string[] random = ["stability", "sweep", "--n", "2", "--trials", "60", "--recurrence", "random", "--max-singular-value", "3", "--out", "sweep"];
        var one = Json(1, [.. random, "--threads", "1"]);
        var examples = one.GetProperty("counter_examples").EnumerateArray().Select(e => e.GetString()!).ToArray();
        Assert.Equal(60, one.GetProperty("stable").GetInt32() + examples.Length);
        Assert.NotEmpty(examples);
        string[] left = [.. Directory.GetFiles(_cli.PathOf("sweep")).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];
        Assert.Equal(examples.Select(e => Path.GetFileName(e)).Concat(["circuit-mine.json", "notes.json"]).Order(StringComparer.Ordinal), left);
        Assert.Equal(one.GetProperty("stable").GetInt32(), Json(1, [.. random, "--threads", "2"]).GetProperty("stable").GetInt32());
        Assert.Equal(1, _cli.Run("circuit", examples[0]).Code);
        Assert.Equal(0, _cli.Run("stability", "sweep", "--n", "3", "--trials", "100", "--recurrence", "random", "--sign", "nonnegative").Code);

        int Number(string name) => identity.GetProperty(name).GetInt32();
    }

    [Fact]
    public void The_conjecture_is_falsified_by_a_round_circuit_of_one_pair_with_negative_recurrence()
    {
        // An earlier search found what this one may not.
        Directory.CreateDirectory(_cli.PathOf("f"));
        File.WriteAllText(_cli.PathOf("f", "NonNegative-n1.json"), "{}");
        var found = Json(0, "falsify", "--max-n", "2", "--restarts", "20", "--out", "f");
        Assert.False(File.Exists(_cli.PathOf("f", "NonNegative-n1.json")));
        Assert.Equal(
            ["as worded", "Wr ≥ 0", "Wr + Wrᵀ ⪰ 0"],
            found.GetProperty("searches").EnumerateArray().Select(s => s.GetProperty("hypothesis").GetString()).Distinct());
        var first = found.GetProperty("searches").EnumerateArray().First();
        Assert.Equal((1, "as worded"), (first.GetProperty("n").GetInt32(), first.GetProperty("hypothesis").GetString()));
        var circuit = CircuitFile.Read(_cli.PathOf(first.GetProperty("counter_example").GetString()!));
        Assert.Equal(1, circuit.N);
        Assert.InRange(circuit.Wr[0], -1, -1e-3);
        Assert.InRange(Math.Abs(circuit.Z[0]), 0, 1 - 1e-9);
        foreach (var number in (double[])[circuit.Wr[0], circuit.Z[0], circuit.W[0], circuit.B[0], circuit.B0[0], circuit.Sigma[0]])
            Assert.True(number.ToString(System.Globalization.CultureInfo.InvariantCulture).Length <= 5, $"{number} is not round");
        var pair = new PlanarCircuit(circuit.Wr[0], circuit.W[0], circuit.B[0], circuit.B0[0], circuit.Sigma[0], circuit.Z[0]);
        Assert.All(pair.FixedPoints(), p => Assert.False(p.IsStable));
    }

    [Fact]
    public void The_search_against_global_stability_reports_how_hard_it_looked()
    {
        // An earlier search found what this one does not; what is not a search's stays.
        Directory.CreateDirectory(_cli.PathOf("g"));
        foreach (var name in (string[])["global-2-0-0.json", "global-mine.json", "covered-2-0-0.json"]) File.WriteAllText(_cli.PathOf("g", name), "{}");
        string[] search = ["falsify", "--conjecture", "global", "--max-n", "3", "--restarts", "30", "--out", "g"];
        var found = Json(0, [.. search, "--threads", "1"]);
        Assert.Equal(found.GetRawText(), Json(0, [.. search, "--threads", "2"]).GetRawText());
        Assert.Equal(["covered-2-0-0.json", "global-mine.json"], Directory.GetFiles(_cli.PathOf("g")).Select(f => Path.GetFileName(f)).Order());
        var searches = found.GetProperty("searches").EnumerateArray().ToArray();
        Assert.Equal([2, 3], searches.Select(s => s.GetProperty("n").GetInt32()));
        foreach (var s in searches)
        {
            long Count(string key) => s.GetProperty(key).GetInt64();
            Assert.Equal(30, Count("circuits"));
            Assert.InRange(Count("followed"), 30 - Count("covered"), Count("trajectories"));
            Assert.Equal(Count("trajectories"), Count("in_basin") + Count("near"));
            Assert.Empty(s.GetProperty("counter_examples").EnumerateArray());
        }
        var said = _cli.Run(search).Out;
        Assert.Contains($"n = 3: 30 circuits, {searches[1].GetProperty("covered")} of them globally stable by the theorem", said);
        Assert.Contains("proves nothing", said);
    }

    [Fact]
    public void Figures_are_drawn_with_their_numbers()
    {
        Assert.Equal(0, _cli.Run("reproduce", "fig1", "--out", "f1").Code);
        Assert.Equal(8, Directory.GetFiles(_cli.PathOf("f1")).Length);
        // The boundary of the basins has one colour in both panels that have one, and no legend names what is not there.
        string Panel(string name) => File.ReadAllText(_cli.PathOf("f1", name + ".svg"));
        static string ColourOf(string picture, string name)
            => System.Text.RegularExpressions.Regex.Match(picture, $"stroke=\"(#[0-9a-f]+)\" stroke-width=\"3\"/>\n<text [^>]*>{name}<").Groups[1].Value;
        Assert.Equal(ColourOf(Panel("b"), "boundary of the basins"), ColourOf(Panel("e"), "boundary of the basins"));
        Assert.StartsWith("#", ColourOf(Panel("e"), "boundary of the basins"), StringComparison.Ordinal);
        foreach (var (panel, hasUnstable) in (ReadOnlySpan<(string, bool)>)[("a", false), ("b", true), ("c", false), ("e", true)])
            Assert.Equal(hasUnstable, Panel(panel).Contains(">unstable<", StringComparison.Ordinal));
        Assert.Equal(6, System.Text.RegularExpressions.Regex.Count(Panel("fig1"), "class=\"flow\""));
        Assert.Equal(0, _cli.Run("reproduce", "fig4", "--trials", "20", "--out", "f4").Code);
        Assert.Equal(1 + 3 * 20, File.ReadAllLines(_cli.PathOf("f4", "convergence.csv")).Length);
        foreach (var (figure, file) in (ReadOnlySpan<(string, string)>)[("fig5", "spectra"), ("fig6", "largest-eigenvalue")])
        {
            Assert.Equal(0, _cli.Run("reproduce", figure, "--epochs", "1", "--out", figure).Code);
            Assert.True(File.Exists(_cli.PathOf(figure, file + ".csv")) && File.Exists(_cli.PathOf(figure, file + ".svg")));
        }
    }

    [Theory]
    [InlineData("circuit nowhere.json", "There is no file 'nowhere.json'")]
    [InlineData("phase --wr x", "--wr is 'x', but a number is expected")]
    [InlineData("phase --w -1", "a number of 0 or more")]
    [InlineData("phase --out p.png", "ends in .svg")]
    [InlineData("stability sweep --recurrence identical", "--recurrence is 'identical', but identity or random is expected; did you mean identity?")]
    [InlineData("stability sweep --max-singular-value 2", "--recurrence random")]
    [InlineData("stability sweep --trials 0", "a whole number from 1 on")]
    [InlineData("stability sweep --n 46341", "a whole number from 1 to 23170")]
    [InlineData("stability sweep --n 65536", "a whole number from 1 to 23170")]
    [InlineData("falsify --conjecture globe", "--conjecture is 'globe', but 5.3 or global is expected; did you mean global?")]
    [InlineData("falsify --threads 2", "--conjecture global")]
    [InlineData("falsify --conjecture global --max-n 1", "give 2 or more")]
    [InlineData("stability swep", "did you mean sweep?")]
    [InlineData("simulate", "simulate --help")]
    [InlineData("simulate c.json --rtol 1e-300", "--rtol is '1e-300', but a number below 1 that double can meet, 2.2E-15 or more, is expected")]
    [InlineData("simulate c.json --rtol 1e-16", "double can meet")]
    [InlineData("simulate c.json --rtol 0", "double can meet")]
    [InlineData("simulate c.json --rtol -1", "double can meet")]
    [InlineData("simulate c.json --rtol NaN", "double can meet")]
    [InlineData("simulate c.json --rtol 1", "a number below 1")]
    [InlineData("reproduce fig2", "fig")]
    public void What_cannot_be_meant_is_one_sentence_and_code_2(string command, string expected)
    {
        var outcome = _cli.Run(command.Split(' '));
        Assert.Equal((2, ""), (outcome.Code, outcome.Out));
        Assert.Contains(expected, outcome.Error);
        Assert.Single(outcome.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void Mirror_images_share_the_window_though_they_attract_slowly()
    {
        // The smaller σ·b0 is, the slower the spirals: they lose a part in 800 a turn here, and in 80,000.
        foreach (var b0 in (string[])["0.5", "0.1", "0.01"]) Halved(b0);

        void Halved(string b0)
        {
            var found = Json(0, "phase", "--wr", "2", "--z", "0", "--b0", b0);
            double?[] basins =
            [
                .. found.GetProperty("fixed_points").EnumerateArray().Where(p => p.GetProperty("stable").GetBoolean())
                    .Select(p => p.GetProperty("basin").GetDouble()),
            ];
            Assert.Equal([0.5, 0.5], basins);
            Assert.Equal(0, found.GetProperty("undecided").GetDouble());
        }
    }

    [Fact]
    public void A_simulation_that_runs_off_ends_with_code_3_and_one_on_a_limit_cycle_with_its_period()
    {
        File.WriteAllText(_cli.PathOf("off.json"), """{"n":1,"z":0.9,"b":1,"b0":1,"sigma":1,"tauY":1,"tauA":1,"W":[[1]],"Wr":[[-1]]}""");
        var off = _cli.Run("simulate", "off.json", "--out", "s");
        Assert.Equal(3, off.Code);
        Assert.Contains("diverges", off.Error);
        // docs/results/stability.md
        File.WriteAllText(_cli.PathOf("cycle.json"), """
            {"n":3,"z":[-0.57,0.7,0.4],"b":[0.8,1.2,0.5],"b0":[0.5,0.4,0.2],"sigma":[0.5,0.1,0.3],"tauY":1,"tauA":1,
             "W":[[0.3,1.35,1],[0.9,0.05,0.3],[1,0.4,0]],"Wr":[[0.07543058032978527,0.368,0.178],[0.06,0.742,0.376],[0.09,0.24,0.3]]}
            """);
        var cycle = Json(0, "simulate", "cycle.json", "--t-end", "20000", "--rtol", "1e-8", "--out", "s");
        Assert.Equal("LimitCycle", cycle.GetProperty("status").GetString());
        Assert.Equal(32.135, cycle.GetProperty("period").GetDouble(), 0.01);
    }
}
