using System.Globalization;
using System.Text.Json;

namespace Organics.Tests;

/// <summary>The commands of experiments: sweep, merge, bifurcate, spectrum, fit, and the circuits that they take.</summary>
public sealed class LabTests : IDisposable
{
    const string Ring = """
        // Six pairs.
        { "n": 6, "z": { "gaussian": { "center": 3, "width": 1.5 } }, "b": 0.5, "b0": 0.5, "sigma": 0.1, "tauY": 2, "tauA": 5, "W": { "gaussian": { "width": 2 } }, "Wr": 1 }
        """;

    readonly Cli _cli = new();

    public LabTests() => File.WriteAllText(_cli.PathOf("ring.json"), Ring);

    public void Dispose() => _cli.Dispose();

    JsonElement Json(params string[] args)
    {
        var outcome = _cli.Run([.. args, "--json"]);
        Assert.True(outcome.Code == 0, outcome.Error);
        return JsonDocument.Parse(outcome.Out).RootElement;
    }

    string Refused(params string[] args)
    {
        var outcome = _cli.Run(args);
        Assert.Equal(2, outcome.Code);
        return outcome.Error;
    }

    static double[][] Table(string path) => [.. File.ReadAllLines(path).Skip(1).Select(l => l.Split(',').Select(f => f.Length == 0 ? double.NaN : double.Parse(f, CultureInfo.InvariantCulture)).ToArray())];

    [Fact]
    public void The_circuit_to_begin_with_is_a_circuit_and_stdin_is_a_file()
    {
        var text = _cli.Run("circuit", "--new");
        Assert.Equal(0, text.Code);
        File.WriteAllText(_cli.PathOf("new.json"), text.Out);
        Assert.Equal(36, Json("circuit", "new.json").GetProperty("n").GetInt32());
        var piped = _cli.Shell("cat ring.json | \"$@\"", ["circuit", "-", "--json"]);
        Assert.True(piped.Code == 0, piped.Error);
        Assert.Equal(_cli.Run("circuit", "ring.json", "--json").Out, piped.Out);
        Assert.Contains("give a FILE", Refused("circuit"), StringComparison.Ordinal);
        File.WriteAllText(_cli.PathOf("bad.json"), Ring.Replace("\"uniform\"", "1", StringComparison.Ordinal).Replace("\"W\": { \"gaussian\": { \"width\": 2 } }", "\"W\": [[1, 2], [3, 4]]", StringComparison.Ordinal));
        Assert.Contains("bad.json: W is a list of 2; it must be a list of 6 rows", Refused("circuit", "bad.json"), StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_of_a_sweep_make_the_table_of_the_whole_and_one_that_ended_goes_on()
    {
        string[] what = ["sweep", "ring.json", "--vary", "z.scale=0.1:10:log5", "--vary", "sigma=0.05:0.2:4", "--measure", "y,max_re,stable"];
        var whole = Json([.. what, "--out", "whole"]);
        Assert.Equal(20, whole.GetProperty("computed").GetInt32());
        Assert.Equal(["y.svg", "max_re.svg", "stable.svg"], whole.GetProperty("figures").EnumerateArray().Select(f => f.GetString()));
        foreach (var part in (string[])["2/3", "1/3"]) Json([.. what, "--out", "parts", "--shard", part]);
        var missing = _cli.Run("merge", "parts");
        Assert.Equal(1, missing.Code);
        Assert.Contains("lacks 3/3", missing.Error, StringComparison.Ordinal);
        Json([.. what, "--out", "parts", "--shard", "3/3"]);
        Assert.Equal(0, _cli.Run("merge", "parts").Code);
        Assert.Equal(_cli.Bytes("whole", "sweep.csv"), _cli.Bytes("parts", "sweep.csv"));
        Assert.Equal(_cli.Bytes("whole", "max_re.svg"), _cli.Bytes("parts", "max_re.svg"));

        // As if it had been killed amid a line.
        var bytes = _cli.Bytes("whole", "sweep.csv");
        File.WriteAllBytes(_cli.PathOf("whole", "sweep.csv"), bytes[..(bytes.Length / 2)]);
        Assert.InRange(Json([.. what, "--out", "whole"]).GetProperty("computed").GetInt32(), 5, 15);
        Assert.Equal(bytes, _cli.Bytes("whole", "sweep.csv"));
        Assert.Contains("another sweep", Refused([.. what[..^2], "--measure", "y", "--out", "whole"]), StringComparison.Ordinal);
        // Of a bar as wide as nothing, or as everything, the place is in neither the first nor the last circuit.
        File.WriteAllText(_cli.PathOf("bar.json"), Ring.Replace("\"gaussian\": { \"center\": 3, \"width\": 1.5 }", "\"bar\": { \"center\": 3, \"width\": 1.5 }", StringComparison.Ordinal));
        string[] bar = ["sweep", "bar.json", "--vary", "z.width=0:40:5", "--measure", "y", "--out", "bar"];
        Json(bar);
        File.WriteAllText(_cli.PathOf("bar.json"), File.ReadAllText(_cli.PathOf("bar.json")).Replace("\"center\": 3", "\"center\": 1", StringComparison.Ordinal));
        Assert.Contains("another sweep", Refused(bar), StringComparison.Ordinal);
        Json([.. what, "--out", "parts", "--shard", "2/4"]);
        Assert.Contains("parts of 3 and of 4", Refused("merge", "parts"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_interrupted_sweep_says_how_far_it_came_and_goes_on()
    {
        string[] what = ["sweep", "ring.json", "--vary", "z.scale=0.1:10:log100000", "--measure", "max_re", "--out", "long"];
        int Rows() => File.Exists(_cli.PathOf("long", "sweep.csv")) ? LinesOf(_cli.PathOf("long", "sweep.csv")) - 1 : 0;
        Outcome Interrupted(string signal)
        {
            var (before, running) = (Rows(), _cli.Start(what));
            while (Rows() <= before && !running.HasExited) Thread.Sleep(5);
            running.Interrupt(signal);
            return running.Wait();
        }
        var first = _cli.Start(what);
        while (Rows() < 1) Thread.Sleep(5);
        Assert.Contains("Another sweep writes the table in 'long'; wait until it ends", Refused(what), StringComparison.Ordinal);
        first.Interrupt();
        Assert.Equal(130, first.Wait().Code);
        foreach (var (signal, code) in (ReadOnlySpan<(string, int)>)[("INT", 130), ("TERM", 143)])
        {
            var outcome = Interrupted(signal);
            Assert.Equal(code, outcome.Code);
            Assert.Contains($"interrupted; {Rows():N0} of 100,000 points are done, in 'long', and the same command goes on from there.", outcome.Error,
                StringComparison.Ordinal);
        }

        static int LinesOf(string path)
        {
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return reader.ReadToEnd().Count(c => c == '\n');
        }
    }

    [Fact]
    public void A_measure_that_no_point_has_is_said_to_be_missing_and_curves_that_are_alike_are_one()
    {
        // Without an input every eigenvalue is real, and every y is 0.
        string[] what = ["sweep", "ring.json", "--set", "z=0", "--vary", "sigma=0.1,0.2,0.3", "--measure", "y,max_re,frequency,peak_power"];
        var whole = _cli.Run([.. what, "--out", "none", "--html", "none.html"]);
        Assert.True(whole.Code == 0, whole.Error);
        Assert.All(Table(_cli.PathOf("none", "sweep.csv")), row => Assert.All(row[^2..], x => Assert.Equal(double.NaN, x)));
        foreach (var part in (string[])["1/2", "2/2"]) Json([.. what, "--out", "parts", "--shard", part]);
        var page = HtmlReportTests.Body(File.ReadAllText(_cli.PathOf("none.html"))).Value;
        foreach (var text in (string[])[whole.Out, _cli.Run("merge", "parts").Out, page])
        {
            Assert.Contains("frequency: none of 3 points has one: no mode oscillates.", text, StringComparison.Ordinal);
            Assert.Contains("peak_power: none of 3 points has one: the power falls from frequency 0", text, StringComparison.Ordinal);
            Assert.DoesNotContain("max_re: none", text, StringComparison.Ordinal);
        }
        Assert.DoesNotContain("that power", page, StringComparison.Ordinal);
        foreach (var folder in (string[])["none", "parts"])
            Assert.Equal(["max_re.svg", "y.svg"], Directory.GetFiles(_cli.PathOf(folder), "*.svg").Select(Path.GetFileName).Order());

        var charts = JsonDocument.Parse(HtmlReportTests.Island(File.ReadAllText(_cli.PathOf("none.html")))).RootElement.GetProperty("charts");
        Assert.Equal(["y"], charts[0].GetProperty("series").EnumerateArray().Select(s => s.GetProperty("name").GetString()));
        Assert.Contains("all 6 units alike", charts[0].GetProperty("label").GetString(), StringComparison.Ordinal);
        // A bump is not alike.
        Json("sweep", "ring.json", "--vary", "sigma=0.1,0.2", "--measure", "y", "--out", "bump");
        Assert.DoesNotContain("alike", File.ReadAllText(_cli.PathOf("bump", "y.svg")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_told_in_one_way_and_a_sweep_that_another_writes_in_its_own()
    {
        File.WriteAllText(_cli.PathOf("taken"), "a file");
        foreach (var args in (string[][])
            [["sweep", "ring.json", "--vary", "z=1,2"], ["simulate", "ring.json"], ["bifurcate", "ring.json", "--vary", "z=1:2"], ["spectrum", "ring.json"],
                ["reproduce", "fig1"]])
        {
            var error = Refused([.. args, "--out", "taken"]);
            Assert.Contains("The folder 'taken' cannot be written: ", error, StringComparison.Ordinal);
            Assert.Contains("make it writable, or name another, as by --out.", error, StringComparison.Ordinal);
            Assert.DoesNotContain("sweep", error, StringComparison.Ordinal);
        }
        var denied = OutFolder.Unwritable("ro", new UnauthorizedAccessException("Access to the path '/ro/.y.svg.0123.tmp' is denied.")).Message;
        Assert.Equal("The folder 'ro' cannot be written: access is denied; make it writable, or name another, as by --out.", denied);

        string[] what = ["sweep", "ring.json", "--vary", "z=1,2", "--out", "busy"];
        Json(what);
        using (RunLock.TryTake(_cli.PathOf("busy"), ".sweep.lock"))
            Assert.Contains("Another sweep writes the table in 'busy'; wait until it ends", Refused(what), StringComparison.Ordinal);
        Json(what);
    }

    [Theory]
    [InlineData("simulate", "ring.json", "--t-end", "5")]
    [InlineData("spectrum", "ring.json")]
    [InlineData("spectrum", "ring.json", "--units", "3")]
    [InlineData("bifurcate", "ring.json", "--vary", "z=1:2")]
    public void What_was_written_is_named_file_by_file(params string[] args)
    {
        var outcome = _cli.Run([.. args, "--out", "named"]);
        Assert.True(outcome.Code == 0, outcome.Error);
        var line = outcome.Out.Split('\n').Single(l => l.StartsWith("Written to 'named': ", StringComparison.Ordinal));
        Assert.Equal(Directory.GetFiles(_cli.PathOf("named")).Select(Path.GetFileName).Order(),
            line["Written to 'named': ".Length..].TrimEnd('.').Split(", ").Select(name => name.Split(' ')).Where(w => w[0].Contains('.')).Select(w => w[0]).Order());
    }

    [Fact]
    public void Of_a_large_circuit_it_is_said_which_pairs_are_printed()
    {
        File.WriteAllText(_cli.PathOf("big.json"), Ring.Replace("\"n\": 6", "\"n\": 600", StringComparison.Ordinal));
        Assert.Contains("The 20 pairs of 600 with the largest |y|", _cli.Run("circuit", "big.json").Out, StringComparison.Ordinal);
        Assert.DoesNotContain("largest |y|", _cli.Run("circuit", "ring.json").Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_task_of_an_array_takes_its_part_unless_another_is_given()
    {
        string[] what = ["sweep", "ring.json", "--vary", "z.scale=1:10:9", "--measure", "y", "--out", "array"];
        (string, string)[] Task(int id) => [("SLURM_ARRAY_TASK_ID", $"{id}"), ("SLURM_ARRAY_TASK_COUNT", "2"), ("SLURM_ARRAY_TASK_MIN", "5")];
        foreach (var id in (int[])[5, 6])
        {
            var outcome = _cli.Start(what, Task(id)).Wait();
            Assert.True(outcome.Code == 0, outcome.Error);
            Assert.Contains($"Part {id - 4}/2", outcome.Out, StringComparison.Ordinal);
        }
        Assert.Equal(0, _cli.Run("merge", "array").Code);
        Json([.. what[..^1], "whole"]);
        Assert.Equal(_cli.Bytes("whole", "sweep.csv"), _cli.Bytes("array", "sweep.csv"));
        Assert.Equal(0, _cli.Start([.. what[..^1], "own", "--shard", "3/9"], Task(5)).Wait().Code);
        Assert.True(File.Exists(_cli.PathOf("own", "part-3-of-9.csv")));
        Assert.Equal(2, _cli.Start(what, Task(7)).Wait().Code);
    }

    [Fact]
    public void Where_neighbours_show_different_fixed_points_the_table_and_the_last_line_say_so()
    {
        File.WriteAllText(_cli.PathOf("pair.json"), """{ "z": [0], "b": 1, "b0": 1, "sigma": 0.1, "tauY": 1, "tauA": 0.2, "W": [[1]], "Wr": [[3]] }""");
        string[] what = ["sweep", "pair.json", "--vary", "z=-0.6:0.6:40", "--measure", "y"];
        var report = Json([.. what, "--out", "whole"]);
        Assert.Equal(["z", "y0", "others"], report.GetProperty("columns").EnumerateArray().Select(c => c.GetString()));
        Assert.Equal(2, report.GetProperty("several").GetInt32());
        foreach (var part in (string[])["1/2", "2/2"]) Json([.. what, "--out", "parts", "--shard", part]);
        Assert.Contains("At 2 of 40 points other stable fixed points are known", _cli.Run("merge", "parts").Out, StringComparison.Ordinal);
        Assert.Equal(_cli.Bytes("whole", "sweep.csv"), _cli.Bytes("parts", "sweep.csv"));
        Assert.Contains("At 2 of 40 points", _cli.Run([.. what, "--out", "whole"]).Out, StringComparison.Ordinal);
        // With Wr = I there is one fixed point, and nothing to say.
        Assert.Equal(["sigma", "a0", "a1", "a2", "a3", "a4", "a5"],
            Json("sweep", "ring.json", "--vary", "sigma=1,2", "--measure", "a", "--out", "one").GetProperty("columns").EnumerateArray().Select(c => c.GetString()));
    }

    [Fact]
    public void A_contrast_response_is_the_normalization_equation()
    {
        Json("sweep", "ring.json", "--vary", "z.scale=0.01:10:log7", "--measure", "rate", "--out", "c");
        var circuit = CircuitFile.Parse(Ring);
        foreach (var row in Table(_cli.PathOf("c", "sweep.csv")))
            for (var i = 0; i < 6; i++)
            {
                double Drive(int j) => Math.Pow(0.5 * circuit.Z[j] * row[0], 2);
                var pool = Enumerable.Range(0, 6).Sum(j => circuit.W[i * 6 + j] * Drive(j));
                Assert.Equal(Drive(i) / (0.05 * 0.05 + pool), row[1 + i], 1e-12);
            }
    }

    [Theory]
    [InlineData("--vary z=1:2", "PATH=FROM:TO:N")]
    [InlineData("--vary sigme=1:2:3", "did you mean sigma")]
    [InlineData("--vary z=1:2:3 --measure rates", "did you mean rate")]
    [InlineData("--vary sigma=0.1,-1", "sigma[0] is -1")]
    [InlineData("--vary z=1:2:3 --shard 4/3", "with I from 1 to N")]
    [InlineData("--vary z=1:2:3 --delta 1", "--perturb")]
    [InlineData("--vary z=1:2:3 --perturb goe", "needs its δ")]
    [InlineData("--vary z=1:2:3 --perturb gue --delta 1", "goe or goe-symmetric or power-law")]
    [InlineData("--vary z=1:2:3 --set sigma", "PATH=X")]
    [InlineData("--vary z=1:2:3 --set z[0]=2", "set the same numbers")]
    [InlineData("--vary delta=1,2 --perturb goe --set Wr=3", "makes Wr itself")]
    public void A_sweep_that_cannot_be_is_refused_in_words(string options, string word)
        => Assert.Contains(word, Refused(["sweep", "ring.json", .. options.Split(' ')]), StringComparison.Ordinal);

    [Fact]
    public void A_parameter_may_be_set_for_a_sweep_as_a_number_or_as_in_a_file()
    {
        Json("sweep", "ring.json", "--vary", "z.scale=1,2", "--set", "sigma=0.4", "--set", """W={"uniform": 0.1}""", "--measure", "a", "--out", "s");
        var first = Table(_cli.PathOf("s", "sweep.csv"))[0];
        Assert.Equal(0.04 + 0.1 * CircuitFile.Parse(Ring).Z.ToArray().Sum(z => 0.25 * z * z), first[1], 1e-12);
    }

    [Fact]
    public void Folds_and_cycles_stand_in_the_report_and_in_the_tables()
    {
        File.WriteAllText(_cli.PathOf("two.json"), """{ "n": 2, "z": 0.3, "b": 1, "b0": 1, "sigma": 0.1, "tauY": 1, "tauA": 3, "W": [[1, 0.5], [0.5, 1]], "Wr": [[1.5, -1], [1, 1.5]] }""");
        var report = Json("bifurcate", "two.json", "--vary", "z=0.001:2", "--out", "b");
        Assert.Equal(["Fold", "Hopf", "Fold"], report.GetProperty("branches")[0].GetProperty("bifurcations").EnumerateArray().Select(b => b.GetProperty("type").GetString()));
        Assert.Equal(1, report.GetProperty("orbits").GetArrayLength());
        foreach (var file in (string[])["branches.csv", "cycles.csv", "bifurcate.svg", "bifurcate.json"]) Assert.True(File.Exists(_cli.PathOf("b", file)));
        // As it would be in the file.
        File.WriteAllText(_cli.PathOf("slow.json"), File.ReadAllText(_cli.PathOf("two.json")).Replace("\"tauA\": 3", "\"tauA\": 0.5", StringComparison.Ordinal));
        Assert.Equal(Json("bifurcate", "slow.json", "--vary", "z=0.001:2", "--out", "c").GetProperty("branches").GetRawText(),
            Json("bifurcate", "two.json", "--set", "tauA=0.5", "--vary", "z=0.001:2", "--out", "d").GetProperty("branches").GetRawText());
        Assert.Contains("set the same numbers", Refused("bifurcate", "two.json", "--vary", "z=0:1", "--set", "z=2"), StringComparison.Ordinal);
        Assert.Contains("PATH=X", Refused("bifurcate", "two.json", "--vary", "z=0:1", "--set", "sigma"), StringComparison.Ordinal);
        Assert.Contains("PATH=FROM:TO", Refused("bifurcate", "two.json", "--vary", "z=1"), StringComparison.Ordinal);
        Assert.Contains("units 0 to 1", Refused("bifurcate", "two.json", "--vary", "z=1:2", "--unit", "2"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_list_of_branches_may_lack_is_said()
    {
        // Two pairs with a Hopf point, and seven that change nothing.
        static string Rows(double[] block) => JsonSerializer.Serialize(Enumerable.Range(0, 9)
            .Select(i => Enumerable.Range(0, 9).Select(j => i < 2 && j < 2 ? block[2 * i + j] : i == j ? 1 : 0)));
        File.WriteAllText(_cli.PathOf("nine.json"), $$"""
            { "n": 9, "z": 0.3, "b": 1, "b0": 1, "sigma": 0.1, "tauY": 1, "tauA": 3, "W": {{Rows([1, 0.5, 0.5, 1])}}, "Wr": {{Rows([1.5, -1, 1, 1.5])}} }
            """);
        string[] Notes(params string[] more) => [.. Json(["bifurcate", "nine.json", "--vary", "z=0.001:2", "--out", "n", .. more])
            .GetProperty("notes").EnumerateArray().Select(n => n.GetString()!)];
        var notes = Notes("--html", "n.html");
        Assert.Contains(notes, n => n.Contains("the Hopf point", StringComparison.Ordinal) && n.Contains("--orbits yes", StringComparison.Ordinal));
        Assert.Contains(notes, n => n.Contains("Wr is not I", StringComparison.Ordinal));
        var page = File.ReadAllText(_cli.PathOf("n.html"));
        Assert.All(notes, n => Assert.Contains(n, page, StringComparison.Ordinal));
        // Who asked for none knows.
        Assert.DoesNotContain(Notes("--orbits", "no"), n => n.Contains("--orbits", StringComparison.Ordinal));
        var text = _cli.Run("bifurcate", "nine.json", "--vary", "z=0.001:2", "--out", "n").Out;
        Assert.All(notes, n => Assert.Contains(n, text, StringComparison.Ordinal));
        // With Wr = I nothing is missed.
        Assert.Empty(Json("bifurcate", "ring.json", "--vary", "z.scale=1:2", "--out", "i").GetProperty("notes").EnumerateArray());
    }

    [Fact]
    public void An_array_of_another_shape_is_refused()
    {
        File.WriteAllText(_cli.PathOf("w.json"), Ring.Replace("{ \"gaussian\": { \"width\": 2 } }", "\"w.npy\"", StringComparison.Ordinal));
        void Write(params int[] shape)
        {
            var header = $"{{'descr': '<f8', 'fortran_order': False, 'shape': ({string.Join(", ", shape)}{(shape.Length == 1 ? "," : "")}), }}".PadRight(117) + "\n";
            using var file = File.Create(_cli.PathOf("w.npy"));
            file.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. System.Text.Encoding.ASCII.GetBytes(header)]);
            for (var k = 0; k < 36; k++) file.Write(BitConverter.GetBytes(0.1));
        }
        Write(6, 6);
        Assert.Equal(0.1, Json("circuit", "w.json").GetProperty("n").GetInt32() / 60.0, 1e-12);
        Write(36);
        Assert.Contains("W has the shape [36] in 'w.npy'; it must be [6, 6]", Refused("circuit", "w.json"), StringComparison.Ordinal);
        Write(4, 9);
        Assert.Contains("W has the shape [4, 9]", Refused("circuit", "w.json"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_spectrum_is_that_of_the_library_and_a_simulation_agrees()
    {
        var report = Json("spectrum", "ring.json", "--units", "3,4", "--points", "20", "--noise", "2", "--lowpass", "1.5", "--welch", "60", "--out", "n");
        Assert.Equal(1, report.GetProperty("welch_ratio").GetDouble(), 0.12);
        var circuit = CircuitFile.Parse(Ring);
        var point = SteadyState.Of(circuit);
        var jacobian = new double[144];
        CircuitJacobian.Write(circuit, point.Y, point.A, jacobian);
        var spectrum = new NoiseSpectrum(jacobian, [.. Enumerable.Repeat(2.0, 12)]);
        foreach (var row in Table(_cli.PathOf("n", "spectrum.csv")))
        {
            var omega = 2 * Math.PI * row[0];
            Assert.Equal(spectrum.Power(3, omega) / (1 + omega * omega * 2.25), row[1], 1e-9 * row[1]);
            Assert.Equal(spectrum.Coherence(3, 4, omega), row[3], 1e-9);
        }
        Assert.Contains("units 0 to 5".Replace("units ", "", StringComparison.Ordinal), Refused("spectrum", "ring.json", "--units", "6"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_fit_gives_back_what_made_the_responses_and_a_circuit_to_go_on_with()
    {
        Json("sweep", "ring.json", "--vary", "z.scale=0.05:4:log9", "--set", "sigma=0.23", "--measure", "y", "--out", "t");
        File.Copy(_cli.PathOf("t", "sweep.csv"), _cli.PathOf("r.csv"));
        var report = Json("fit", "ring.json", "--data", "r.csv", "--free", "sigma", "--starts", "2", "--hold-out", "0.2", "--out", "f");
        Assert.Equal(0.23, report.GetProperty("parameters")[0].GetProperty("value").GetDouble(), 1e-7);
        Assert.Equal(2, report.GetProperty("held_out").GetInt32());
        Assert.Equal(0.23, CircuitFile.Read(_cli.PathOf("f", "circuit.json")).Sigma[0], 1e-7);
        Assert.True(File.Exists(_cli.PathOf("f", "fit.svg")));
        Assert.Contains("did you mean sigma", Refused("fit", "ring.json", "--data", "r.csv", "--free", "sigme"), StringComparison.Ordinal);
        Assert.Contains("not fitted", Refused("fit", "ring.json", "--data", "r.csv", "--free", "sigma", "--bounds", "tauA=0:1"), StringComparison.Ordinal);
        Assert.Contains("There is no file", Refused("fit", "ring.json", "--data", "none.csv", "--free", "sigma"), StringComparison.Ordinal);
        Assert.Contains("r.csv all 9 rows would be held out", Refused("fit", "ring.json", "--data", "r.csv", "--free", "sigma", "--hold-out", "0.995"), StringComparison.Ordinal);
        // What was recorded at high contrast says nothing of σ.
        File.WriteAllText(_cli.PathOf("one.json"), """{ "z": [1], "b": 0.5, "b0": 0.5, "sigma": 0.1, "tauY": 2, "tauA": 5, "W": [[1]] }""");
        File.WriteAllText(_cli.PathOf("high.csv"), "z0,y0\n1e5,1.01\n2e5,0.99\n3e5,1.005\n4e5,0.995\n");
        var high = _cli.Run("fit", "one.json", "--data", "high.csv", "--free", "sigma", "--out", "h");
        Assert.Matches(@"(?m)^ *sigma: not identified, anything from 0 to [0-9.E+-]+ fits as well\r?$", high.Out);
        Assert.DoesNotContain("±", high.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("sigma =", high.Out, StringComparison.Ordinal);
        var sigma = Json("fit", "one.json", "--data", "high.csv", "--free", "sigma", "--out", "h").GetProperty("parameters")[0];
        Assert.False(sigma.TryGetProperty("value", out _) || sigma.TryGetProperty("standard_error", out _));
        Assert.Equal(("0", true), (sigma.GetProperty("limit").GetString(), sigma.GetProperty("reaches").GetDouble() > 0));
        // Far below the drive the normalization is all the same: y = z/(b0·σ)·b, and a smaller W shows as little.
        File.WriteAllText(_cli.PathOf("low.csv"), "z0,y0\n1e-7,1.01e-6\n2e-7,1.98e-6\n3e-7,3.01e-6\n4e-7,3.98e-6\n");
        Assert.Matches(@"(?m)^ *W\.scale: not identified, anything from 0 to ", _cli.Run("fit", "one.json", "--data", "low.csv", "--free", "W.scale", "--out", "w").Out);
    }
}
