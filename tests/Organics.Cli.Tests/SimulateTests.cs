using System.Globalization;
using System.Text.Json;

namespace Organics.Tests;

/// <summary>What <c>organics simulate</c> does with a stimulus, a start and a grid of times.</summary>
public sealed class SimulateTests : IDisposable
{
    readonly Cli _cli = new();

    public SimulateTests()
    {
        // Wr = 0: τẏ = −y + z(t), whatever a does.
        File.WriteAllText(_cli.PathOf("filter.json"),
            """
            { "z": [0.5, 0, 0], "b": 1, "b0": 1, "sigma": 0.5, "tauY": 2, "tauA": 1,
              "W": [[0, 0, 0], [0, 0, 0], [0, 0, 0]], "Wr": [[0, 0, 0], [0, 0, 0], [0, 0, 0]] }
            """);
        File.WriteAllText(_cli.PathOf("c.json"),
            """{ "z": [0.9, 0.3], "b": 1, "b0": 1, "sigma": 0.1, "tauY": 1, "tauA": 2, "W": [[1, 0.5], [0.5, 1]] }""");
    }

    public void Dispose() => _cli.Dispose();

    JsonElement Json(params string[] args)
    {
        var outcome = _cli.Run(["simulate", .. args, "--json"]);
        Assert.True(outcome.Code == 0, outcome.Error);
        return JsonDocument.Parse(outcome.Out).RootElement;
    }

    (string[] Columns, double[][] Rows) Trajectory(string folder)
    {
        var lines = File.ReadAllLines(_cli.PathOf(folder, "trajectory.csv"));
        static double Number(string field) => field == "" ? double.NaN : double.Parse(field, CultureInfo.InvariantCulture);
        return (lines[0].Split(','), [.. lines[1..].Select(line => Array.ConvertAll(line.Split(','), Number))]);
    }

    [Theory]
    [InlineData("dopri5")]
    [InlineData("rodas3")]
    [InlineData("rk4")]
    public void Several_parts_add_to_z_and_the_table_has_it_at_even_times(string method)
    {
        File.WriteAllText(_cli.PathOf("z.csv"), "t,z2\n2,0\n6,4\n6,1\n");
        var found = Json("filter.json", "--y0", "0.5,0,0", "--method", method, "--t-end", "10", "--every", "0.5", "--out", "s", "--rtol", "1e-9",
            "--stimulus", "step:at=4,by=1,units=0-1", "--stimulus", "pulse:at=4.1,for=0.001,by=500,units=1", "--stimulus", "csv:z.csv");
        var (columns, rows) = Trajectory("s");
        Assert.Equal("t,y0,y1,y2,a0,a1,a2,z0,z1,z2,distance", string.Join(',', columns));
        Assert.Equal([.. Enumerable.Range(0, 21).Select(k => 0.5 * k)], rows.Select(r => r[0]));
        foreach (var row in rows)
        {
            var t = row[0];
            var step = t < 4 ? 0 : 1 - Math.Exp(-(t - 4) / 2);
            Assert.Equal(0.5 + step, row[1], 1e-6);
            Assert.Equal(step + (t < 4.101 ? 0 : 500 * (1 - Math.Exp(-0.0005)) * Math.Exp(-(t - 4.101) / 2)), row[2], 1e-6);
            // The ramp's answer is t − 2 − 2(1 − exp(−(t − 2)/2)).
            double Ramp(double s) => s - 2 + 2 * Math.Exp(-s / 2);
            Assert.Equal(t < 2 ? 0 : t <= 6 ? Ramp(t - 2) : 1 + (Ramp(4) - 1) * Math.Exp(-(t - 6) / 2), row[3], 1e-6);
            Assert.Equal((t < 4 ? 0.5 : 1.5, t < 4 ? 0 : 1, t < 2 ? 0 : t < 6 ? t - 2 : 1), (row[7], row[8], row[9]));
        }
        // The distance is that to the fixed point of the last input, z = (1.5, 1, 1).
        Assert.Equal(3, found.GetProperty("stimulus").GetArrayLength());
        Assert.InRange(found.GetProperty("distance_to_fixed_point").GetDouble(), Math.Abs(rows[^1][1] - 1.5), 1);
        Assert.Contains("of the last input", File.ReadAllText(_cli.PathOf("s", "distance.svg")), StringComparison.Ordinal);
        Assert.Contains("class=\"strip\"", File.ReadAllText(_cli.PathOf("s", "y.svg")), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_an_input_that_changes_for_ever_nothing_is_said_that_needs_a_fixed_point()
    {
        Json("c.json", "--out", "s");
        Assert.True(File.Exists(_cli.PathOf("s", "distance.svg")));
        var found = Json("c.json", "--stimulus", "sine:period=25,by=0.2,phase=0.25", "--out", "s");
        Assert.Contains("still changes", found.GetProperty("no_fixed_point").GetString());
        foreach (var key in (string[])["distance_to_fixed_point", "energy", "normalization_energy", "end_in_basin"])
            Assert.False(found.TryGetProperty(key, out _));
        Assert.Equal("t,y0,y1,a0,a1,z0,z1", string.Join(',', Trajectory("s").Columns));
        // Of the simulation before.
        foreach (var picture in (string[])["distance.svg", "energy.svg", "normalization-energy.svg"]) Assert.False(File.Exists(_cli.PathOf("s", picture)));
        // One that ends leaves the rest of the course to the energy.
        found = Json("c.json", "--stimulus", "sine:period=25,by=0.2,until=50", "--t-end", "200", "--out", "s");
        Assert.True(found.GetProperty("end_in_basin").GetBoolean());
        Assert.InRange(found.GetProperty("energy").GetDouble(), 0, 1e-9);
    }

    [Fact]
    public void Noise_goes_with_a_stimulus_and_steps_onto_the_times_asked_for()
    {
        string[] args =
        [
            "filter.json", "--noise", "1e-9", "--dt", "0.3", "--every", "1", "--t-end", "5", "--y0", "rest",
            "--stimulus", "pulse:at=2.05,for=0.1,by=10,units=1", "--out", "s",
        ];
        var (one, two) = (Json(args), Json(args));
        Assert.Equal(one.GetRawText(), two.GetRawText());
        Assert.Equal("euler-maruyama", one.GetProperty("method").GetString());
        var rows = Trajectory("s").Rows;
        Assert.Equal([0, 1, 2, 3, 4, 5], rows.Select(r => r[0]));
        // Euler's steps: 0.1 within the pulse; from 2.15 to 3 0.3, 0.3 and 0.25; then 0.3 thrice and 0.1.
        Assert.Equal(0.1 * 10 / 2, rows[3][2] / (0.85 * 0.85 * 0.875), 1e-6);
    }

    [Fact]
    public void A_start_is_a_list_a_file_rest_or_the_end_of_another_course()
    {
        var rest = Json("c.json", "--y0", "rest", "--a0", "rest", "--out", "r");
        Assert.InRange(rest.GetProperty("distance_to_fixed_point").GetDouble(), 0, 1e-5);
        Assert.InRange(Trajectory("r").Rows[0][5], 0, 1e-12);
        Json("c.json", "--y0", "0.3,-0.2", "--a0", "0.7", "--t-end", "3", "--out", "one");
        Assert.Equal([0, 0.3, -0.2, 0.7, 0.7], Trajectory("one").Rows[0][..5]);
        Json("c.json", "--y0", "@one/trajectory.csv", "--a0", "@one/trajectory.csv", "--t-end", "3", "--out", "two");
        Assert.Equal(Trajectory("one").Rows[^1][1..5], Trajectory("two").Rows[0][1..5]);
        File.WriteAllText(_cli.PathOf("y.csv"), "1,2\n0.25,0.5\n");
        Json("c.json", "--y0", "@y.csv", "--t-end", "3", "--out", "three");
        Assert.Equal([0, 0.25, 0.5, 0.01, 0.01], Trajectory("three").Rows[0][..5]);
    }

    [Fact]
    public void Of_many_neurons_the_most_active_are_drawn_and_an_even_sample_and_the_title_says_so()
    {
        const int n = 40;
        var z = Enumerable.Range(0, n).Select(i => i == 37 ? 5 : 0.01 * i);
        var rows = Enumerable.Range(0, n).Select(i => $"[{string.Join(',', Enumerable.Range(0, n).Select(j => i == j ? 1 : 0.01))}]");
        File.WriteAllText(_cli.PathOf("many.json"), string.Create(CultureInfo.InvariantCulture,
            $$"""{ "z": [{{string.Join(',', z)}}], "b": 1, "b0": 1, "sigma": 1, "tauY": 1, "tauA": 1, "W": [{{string.Join(',', rows)}}] }"""));
        Json("many.json", "--out", "s");
        var picture = File.ReadAllText(_cli.PathOf("s", "y.svg"));
        Assert.Contains("of 40 neurons the 6 most active, and 6 evenly among the others</title>", picture, StringComparison.Ordinal);
        foreach (var drawn in (int[])[37, 39, 38, 36, 35, 34, 0, 33]) Assert.Contains($">y{drawn}<", picture, StringComparison.Ordinal);
        Assert.Equal(12, picture.Split("class=\"series\"").Length - 1);
    }

    [Theory]
    [InlineData("--stimulus|stp:at=1,by=1", "did you mean step?")]
    [InlineData("--stimulus|step", "as in step:at=10,by=0.5")]
    [InlineData("--stimulus|step:at=1", "by is missing")]
    [InlineData("--stimulus|step:at=x,by=1", "at is 'x'")]
    [InlineData("--stimulus|step:at=1,by=1,by=2", "by is there twice")]
    [InlineData("--stimulus|step:att=1,by=1", "did you mean at?")]
    [InlineData("--stimulus|step:by", "'by' is no key=value")]
    [InlineData("--stimulus|step:by=1,units=1-5", "none of the 2 neurons, which count from 0 to 1")]
    [InlineData("--stimulus|step:by=1,units=a", "as in 0-3+7")]
    [InlineData("--stimulus|step:by=1,units=1+1", "named twice")]
    [InlineData("--stimulus|pulse:for=-1,by=1", "give a positive duration")]
    [InlineData("--stimulus|csv:nowhere.csv", "no such file")]
    [InlineData("--stimulus|csv:bad.csv", "line 3, field 2 ('z0')")]
    [InlineData("--stimulus|hold:odd.csv", "has a column 'y0'")]
    [InlineData("--y0|1,2,3", "--y0 has 3 numbers, but the circuit has 2 neuron pairs")]
    [InlineData("--a0|rset", "rest or @FILE is expected")]
    [InlineData("--y0|@bad.csv", "no column 'y0'")]
    [InlineData("--every|0", "--every is '0'")]
    [InlineData("--every|1e-9", "--every 1E-09 writes more rows")]
    public void What_cannot_be_meant_is_one_sentence_and_code_2(string options, string expected)
    {
        File.WriteAllText(_cli.PathOf("bad.csv"), "t,z0\n0,1\n1,one\n");
        File.WriteAllText(_cli.PathOf("odd.csv"), "t,y0\n0,1\n");
        var outcome = _cli.Run(["simulate", "c.json", "--out", "s", .. options.Split('|')]);
        Assert.Equal((2, ""), (outcome.Code, outcome.Out));
        Assert.Contains(expected, outcome.Error);
        Assert.Single(outcome.Error.TrimEnd().Split('\n'));
        Assert.False(Directory.Exists(_cli.PathOf("s")));
    }
}
