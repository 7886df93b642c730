namespace Organics.Tests;

public sealed class CircuitDescriptionTests
{
    const string Rest = "\"b\": 0.5, \"b0\": 0.5, \"sigma\": 0.1, \"tauY\": 2, \"tauA\": 2";

    static CircuitDescription Ring(string z = "1", string w = """{ "gaussian": { "width": 2, "circular": true } }""", string wr = "1", int n = 12, string more = "")
        => CircuitFile.Describe($$"""{ "n": {{n}}, "z": {{z}}, {{Rest}}, "W": {{w}}, "Wr": {{wr}} {{more}} }""", "a.json");

    static double[] Z(string form, int n = 12) => Ring(z: form, n: n).Build().Z.ToArray();

    [Fact]
    public void A_pool_is_a_Gaussian_of_the_distance_with_rows_of_a_given_sum_or_peak()
    {
        var circuit = Ring(w: """{ "gaussian": { "width": 2, "sum": 3, "circular": true } }""").Build();
        double Weight(int d) => Math.Exp(-Math.Min(d, 12 - d) * Math.Min(d, 12 - d) / 8.0);
        var sum = Enumerable.Range(0, 12).Sum(Weight);
        for (var i = 0; i < 12; i++)
            for (var j = 0; j < 12; j++) Assert.Equal(3 * Weight(Math.Abs(i - j)) / sum, circuit.W[i * 12 + j], 1e-15);

        var open = Ring(w: """{ "gaussian": { "width": 2, "peak": 5 } }""").Build();
        for (var i = 0; i < 12; i++)
            for (var j = 0; j < 12; j++) Assert.Equal(5 * Math.Exp(-(i - j) * (i - j) / 8.0), open.W[i * 12 + j], 1e-14);
        Assert.Equal(0, Ring(w: """{ "gaussian": { "width": 2, "self": false } }""").Build().W[13]);
    }

    [Fact]
    public void A_matrix_is_the_identity_a_number_on_it_uniform_sparse_or_a_sum()
    {
        var sum = Ring(
            w: """{ "sum": [{ "uniform": 0.25 }, { "sparse": [[0, 1, 2], [11, 0, 3]] }, "identity"] }""", wr: """{ "sum": [{ "identity": 1.5 }, { "uniform": 1, "scale": -0.1 }] }""").Build();
        for (var i = 0; i < 12; i++)
            for (var j = 0; j < 12; j++)
            {
                Assert.Equal(0.25 + (i == j ? 1 : 0) + ((i, j) == (0, 1) ? 2 : (i, j) == (11, 0) ? 3 : 0), sum.W[i * 12 + j]);
                Assert.Equal((i == j ? 1.5 : 0) - 0.1, sum.Wr[i * 12 + j]);
            }
        Assert.True(Ring(wr: "1").Build().IsIdentityRecurrence);
        Assert.True(Ring(wr: "\"identity\"").Build().IsIdentityRecurrence);
        Assert.Equal(0.7, Ring(wr: "0.7").Build().Wr[13]);
    }

    [Fact]
    public void Places_and_orientations_are_pools_too()
    {
        var circuit = CircuitFile.Describe($$"""
            { "map": { "rows": 3, "columns": 4, "orientations": 6 }, {{Rest}},
              "z": { "gaussian": { "row": 1, "column": 2, "width": 1.5, "angle": 30, "tuning": 25 } },
              "W": { "gaussian": { "width": 2, "orientation": 40, "peak": 1 } } }
            """).Build();
        Assert.Equal(72, circuit.N);
        for (var i = 0; i < 72; i++)
            for (var j = 0; j < 72; j++)
            {
                double row = i / 24 - j / 24, column = i / 6 % 4 - j / 6 % 4, angle = 30 * Math.Min(Math.Abs(i % 6 - j % 6), 6 - Math.Abs(i % 6 - j % 6));
                Assert.Equal(Math.Exp(-(row * row + column * column) / 8 - angle * angle / 3200), circuit.W[i * 72 + j], 1e-14);
            }
        for (var i = 0; i < 72; i++)
        {
            double row = i / 24 - 1, column = i / 6 % 4 - 2, angle = 30 * Math.Min(Math.Abs(i % 6 - 1), 6 - Math.Abs(i % 6 - 1));
            Assert.Equal(Math.Exp(-(row * row + column * column) / 4.5 - angle * angle / 1250), circuit.Z[i], 1e-14);
        }
    }

    [Fact]
    public void Vectors_are_profiles_ramps_and_sums()
    {
        Assert.Equal([.. Enumerable.Range(0, 12).Select(i => 0.5 + 2 * Math.Exp(-(i - 3) * (i - 3) / 2.0))], Z("""{ "gaussian": { "center": 3, "width": 1, "height": 2, "base": 0.5 } }"""));
        Assert.Equal([0, 0, 0, 0.25, 1, 1, 1, 0.25, 0, 0, 0, 0], Z("""{ "bar": { "center": 5, "width": 3.5 } }"""));
        // What a bar covers is its width, also of one below a unit.
        foreach (var width in (double[])[0, 0.3, 1, 2.7, 8]) Assert.Equal(width, Z($$"""{ "bar": { "center": 5, "width": {{width}} } }""").Sum(), 1e-12);
        Assert.Equal(Enumerable.Range(0, 12).Select(i => 1 + i / 11.0), Z("""{ "linear": { "from": 1, "to": 2 } }"""));
        Assert.Equal(10, Z("""{ "geometric": { "from": 0.1, "to": 1000 } }""", 5)[2], 1e-12);
        Assert.Equal(Enumerable.Range(0, 12).Select(i => i == 5 ? 3.5 : 3), Z("""{ "sum": [3, { "bar": { "center": 5, "width": 1 }, "scale": 0.5 }] }"""));
    }

    [Theory]
    [InlineData("sigma", 0.3)]
    [InlineData("z[3]", 0.3)]
    [InlineData("W[0][2]", 0.3)]
    [InlineData("z.scale", 0.3)]
    [InlineData("z.norm", 0.3)]
    [InlineData("W.width", 0.3)]
    [InlineData("W.gaussian.width", 0.3)]
    [InlineData("Wr", 0.3)]
    [InlineData("W.scale", 0.3)]
    public void A_parameter_that_is_set_has_its_value_and_nothing_else_is_changed(string path, double value)
    {
        var before = Ring();
        var after = before.With(path, value);
        Assert.Equal(value, after.Value(path), 1e-15);
        var (a, b) = (before.Build(), after.Build());
        var key = path.Split('.', '[')[0];
        (string Key, double[] Before, double[] After)[] all =
        [
            ("z", a.Z.ToArray(), b.Z.ToArray()), ("b", a.B.ToArray(), b.B.ToArray()), ("b0", a.B0.ToArray(), b.B0.ToArray()), ("sigma", a.Sigma.ToArray(), b.Sigma.ToArray()),
            ("tauY", a.TauY.ToArray(), b.TauY.ToArray()), ("tauA", a.TauA.ToArray(), b.TauA.ToArray()), ("W", a.W.ToArray(), b.W.ToArray()), ("Wr", a.Wr.ToArray(), b.Wr.ToArray()),
        ];
        foreach (var (name, x, y) in all) Assert.Equal(name != key, x.AsSpan().SequenceEqual(y));
    }

    [Fact]
    public void What_was_set_adds_up()
    {
        var d = Ring(z: """{ "sum": [{ "gaussian": { "width": 1 } }, { "bar": { "width": 2, "center": 1 } }] }""").With("z.sum[1].bar.width", 4).With("z.scale", 3).With("z[0]", 7);
        var expected = Z("""{ "sum": [{ "gaussian": { "width": 1 } }, { "bar": { "width": 4, "center": 1 } }], "scale": 3 }""");
        expected[0] = 7;
        Assert.Equal(expected, d.Build().Z.ToArray());
        Assert.Equal(2, Ring().With("z", """{ "linear": { "from": 2, "to": 3 } }""").Build().Z[0]);
        Assert.Equal(5, d.With("z", 5).Build().Z[0]);
    }

    [Theory]
    [InlineData("sigme", "did you mean sigma")]
    [InlineData("z[12]", "z[i] with i from 0 to 11")]
    [InlineData("z[1][2]", "z[i] with i")]
    [InlineData("W[1]", "W[i][j]")]
    [InlineData("W", "W.scale")]
    [InlineData("W.breadth", "it has gaussian.width")]
    [InlineData("sigma.width", "what stands there is no form")]
    [InlineData("z.width", "z.sum[0].gaussian.width or", "sum[1].bar.width")]
    public void A_path_that_leads_nowhere_is_an_error_that_names_those_that_do(string path, params string[] words)
    {
        var d = Ring(z: """{ "sum": [{ "gaussian": { "width": 1 } }, { "bar": { "width": 2 } }] }""");
        var message = Assert.Throws<ArgumentException>(() => d.With(path, 1)).Message;
        foreach (var word in words) Assert.Contains(word.Replace("z.sum", "sum", StringComparison.Ordinal), message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("z", """{ "gausian": { "width": 1 } }""", "write \"gaussian\"")]
    [InlineData("z", """{ "gaussian": { "wide": 1, "width": 2 } }""", "z.gaussian has \"wide\"; write \"width\"")]
    [InlineData("z", """{ "gaussian": { } }""", "z.gaussian lacks \"width\"")]
    [InlineData("z", """{ "gaussian": { "width": -1 } }""", "z.gaussian has \"width\": -1; a number above 0")]
    [InlineData("z", """{ "gaussian": { "width": 1 }, "bar": { "width": 1 } }""", "several forms", "sum")]
    [InlineData("z", """{ "sum": 3 }""", "z.sum is 3")]
    [InlineData("z", """{ "sum": [1, { "bar": 2 }] }""", "z.sum[1].bar is 2")]
    [InlineData("z", "\"z.csv\"", "no folder")]
    [InlineData("W", "1", "{\"uniform\": 1}", "{\"identity\": 1}")]
    [InlineData("W", "\"idenity\"", "\"identity\" or the name of a file")]
    [InlineData("W", """{ "sparse": [[0, 12, 1]] }""", "W.sparse[0]", "0 to 11")]
    [InlineData("W", """{ "goe": { "delta": 1, "seed": 0.5 } }""", "W.goe has \"seed\"")]
    [InlineData("W", """{ "uniform": -1 }""", "W[0][0] is -1")]
    [InlineData("W", """{ "gaussian": { "width": 2, "sum": 1, "peak": 1 } }""", "W.gaussian has both \"sum\" and \"peak\"", "leave one")]
    [InlineData("W", """{ "scale": 2, "uniform": 1, "scale": 3 }""", "W has \"scale\" twice")]
    [InlineData("W", """{ "sum": ["identity", { "sparse": [[2, 3, -1]] }] }""", "W[2][3] is -1")]
    public void An_error_names_the_form_and_the_remedy(string key, string form, params string[] words)
    {
        var message = Assert.Throws<InvalidDataException>(() => (key == "z" ? Ring(z: form) : Ring(w: form)).Build()).Message;
        Assert.StartsWith("a.json: ", message, StringComparison.Ordinal);
        foreach (var word in words) Assert.Contains(word, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_form_with_comments_has_numbers_as_any_other()
    {
        var d = Ring(z: """{ "gaussian": { "center": 3, /* units */ "width": 2, }, }""");
        Assert.Equal(Z("""{ "gaussian": { "center": 3, "width": 1 } }"""), d.With("z.width", 1).Build().Z.ToArray());
        Assert.Equal(4, d.With("z", """{ "linear": { "from": 4, "to": 5, }, } // so""").Build().Z[0]);
    }

    [Fact]
    public void Long_lists_lie_in_files_beside_it()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var path = Path.Combine(folder.FullName, "c.json");
            File.WriteAllText(Path.Combine(folder.FullName, "w.csv"), "1, 2\r\n3, 4\n");
            File.WriteAllText(Path.Combine(folder.FullName, "bad.csv"), "1, 2\n3, four\n");
            void Write(string w) => File.WriteAllText(path, $$"""{ "n": 2, "z": 1, {{Rest}}, "W": "{{w}}" }""");
            Write("w.csv");
            Assert.Equal([1, 2, 3, 4], CircuitFile.Read(path).W.ToArray());
            Write("w.npy");
            File.WriteAllText(Path.Combine(folder.FullName, "w.npy"), "");
            Assert.Contains("only .csv", Assert.Throws<InvalidDataException>(() => CircuitFile.Read(path)).Message, StringComparison.Ordinal);
            Assert.Equal([4, 3, 2, 1], CircuitDescription.Read(path, file => file.EndsWith("w.npy", StringComparison.Ordinal) ? ([2, 2], [4, 3, 2, 1]) : ([], [])).Build().W.ToArray());
            foreach (var shape in (int[][])[[4], [1, 4], [4, 1], [1, 2, 2], []])
                Assert.Contains($"W has the shape [{string.Join(", ", shape)}] in 'w.npy'; it must be [2, 2]",
                    Assert.Throws<InvalidDataException>(() => CircuitDescription.Read(path, _ => (shape, [4, 3, 2, 1]))).Message, StringComparison.Ordinal);
            Write("bad.csv");
            Assert.Contains("'four' in line 2 of 'bad.csv'", Assert.Throws<InvalidDataException>(() => CircuitFile.Read(path)).Message, StringComparison.Ordinal);
            foreach (var (rows, word) in (ReadOnlySpan<(string, string)>)[
                ("1,2,3\n4\n", "W has 3 numbers in line 1 of 'odd.csv'; each of its 2 rows must have 2"), ("1\n\n2,3,4\n", "W has 1 number in line 1"),
                ("1,2,3,4\n", "W has 4 numbers in line 1"), ("1,2\n", "W has 1 row in 'odd.csv'; it must have 2"), ("1,2\n3,4\n5,6", "W has 3 rows"), ("", "W has 0 rows")])
            {
                File.WriteAllText(Path.Combine(folder.FullName, "odd.csv"), rows);
                Write("odd.csv");
                Assert.Contains(word, Assert.Throws<InvalidDataException>(() => CircuitFile.Read(path)).Message, StringComparison.Ordinal);
            }
            // A list may lie down or stand, but not both.
            void WriteList() => File.WriteAllText(path, $$"""{ "n": 3, "z": "z.csv", {{Rest}}, "W": {"uniform": 1} }""");
            WriteList();
            foreach (var list in (string[])["1,2,3\n", "1\n2\n3\n"])
            {
                File.WriteAllText(Path.Combine(folder.FullName, "z.csv"), list);
                Assert.Equal([1, 2, 3], CircuitFile.Read(path).Z.ToArray());
            }
            foreach (var (list, word) in (ReadOnlySpan<(string, string)>)[("1,2\n3\n", "z has 2 numbers in line 1 of 'z.csv'"), ("1,2\n", "z has 2 numbers in 'z.csv'")])
            {
                File.WriteAllText(Path.Combine(folder.FullName, "z.csv"), list);
                Assert.Contains(word, Assert.Throws<InvalidDataException>(() => CircuitFile.Read(path)).Message, StringComparison.Ordinal);
            }
            Write("none.csv");
            Assert.Contains("'none.csv', which is not", Assert.Throws<InvalidDataException>(() => CircuitFile.Read(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(true);
        }
    }

    [Theory]
    [InlineData("goe")]
    [InlineData("goe-symmetric")]
    [InlineData("power-law")]
    public void Random_matrices_have_the_spectral_radius_that_is_asked_for(string name)
    {
        const int N = 200;
        var matrix = RandomMatrix.Draw(name, N, 1.5, 3);
        Assert.Equal(matrix, RandomMatrix.Draw(name, N, 1.5, 3));
        Assert.All(matrix.Zip(RandomMatrix.Draw(name, N, 3, 3)), p => Assert.Equal(2 * p.First, p.Second, 1e-14));
        Assert.Equal(1.5, Eigenvalues.Of(matrix, N).Values.Max(v => v.Magnitude), 0.15);
        if (name == "goe-symmetric")
            for (var k = 0; k < N * N; k++) Assert.Equal(matrix[k], matrix[k % N * N + k / N]);
    }
}
