namespace Organics.Tests;

public sealed class CircuitFileTests
{
    [Fact]
    public void A_golden_case_is_a_circuit_file_and_round_trips_exactly()
    {
        foreach (var golden in Golden.Cases("general_circuits.json"))
        {
            var circuit = CircuitFile.Parse(Golden.CircuitJson(golden));
            var again = CircuitFile.Parse(CircuitFile.ToJson(circuit));
            Assert.Equal(golden.Numbers("Wr"), again.Wr.ToArray());
            Assert.Equal(golden.Numbers("W"), again.W.ToArray());
            Assert.Equal(golden.Numbers("tauA"), again.TauA.ToArray());
            Assert.Equal(CircuitFile.ToJson(circuit), CircuitFile.ToJson(again));
        }
    }

    [Fact]
    public void One_number_stands_for_a_vector_and_Wr_may_be_left_out()
    {
        var circuit = CircuitFile.Parse("""{ "z": [1, -2], "b": 0.5, "b0": 1, "sigma": 0.1, "tauY": 2, "tauA": 3, "W": [[1, 0.5], [0.25, 1]] }""");
        Assert.True(circuit.IsIdentityRecurrence);
        Assert.Equal([0.5, 0.5], circuit.B.ToArray());
        Assert.Equal([1, 0.5, 0.25, 1], circuit.W.ToArray());
    }

    [Theory]
    [InlineData("[1]", "a list of 1", "JSON object")]
    [InlineData("{", "is not JSON at line 1")]
    [InlineData("{\n \"z\": x", "line 2, byte 7")]
    [InlineData(" ", "is empty")]
    [InlineData("""{ "z": [1], "z": [2], "b": 1, "b0": 1, "sigma": 1, "tauY": 1, "tauA": 1, "W": [[1]] }""", "key \"z\" twice")]
    [InlineData("""{ "z": [1], "\u007a": [2], "b": 1, "b0": 1, "sigma": 1, "tauY": 1, "tauA": 1, "W": [[1]] }""", "key \"z\" twice")]
    [InlineData("""{ "z": [1], "b": 1, "b0": 1, "sigma": 1, "tauY": 1, "tauA": 1, "W": [[1]], "wr": [[2]] }""", "\"wr\"", "write \"Wr\"")]
    [InlineData("""{ "z": [1], "b": 1, "b0": 1, "sigma": 1, "tauY": 1, "tauA": 1, "W": [[1]], "W_r": [[2]] }""", "\"W_r\"", "write \"Wr\"")]
    [InlineData("""{ "z": [1], "b": 1, "b0": 1, "sigma": 1, "tauY": 1, "tauA": 1, "W": [[1]], "extra": 1 }""", "\"extra\"", "n, z, b, b0, sigma, tauY, tauA, W, Wr")]
    [InlineData("""{ "z": [1], "b": 1, "b0": 1, "sigma": 1, "tauy": 1, "tauA": 1, "W": [[1]] }""", "write \"tauY\"")]
    [InlineData("""{ "Z": [1], "b": 1, "b0": 1, "sigma": 1, "tauY": 1, "tauA": 1, "W": [[1]] }""", "write \"z\"")]
    [InlineData("""{ "\ud800": [1], "b": 1 }""", "no Unicode text")]
    [InlineData("""{ "n": 2000000000, "z": 1, "b": 1, "b0": 1, "sigma": 1, "tauY": 1, "tauA": 1, "W": [[1]] }""", "W is a list of 1", "2000000000 rows")]
    [InlineData("""{ "n": 2, "z": 1, "b": 1, "b0": 1, "sigma": 1, "tauY": 1, "tauA": 1, "W": [1, 2, 3, 4] }""", "W is a list of 4 numbers", "row by row, as [[…], […]]")]
    [InlineData("""{ "n": 1, "z": 1, "b": 1, "b0": 1, "sigma": 1, "tauY": 1, "tauA": 1, "W": [[1]], "Wr": [2] }""", "Wr is a list of 1 numbers", "row by row")]
    [InlineData("{}", "neither n nor a list")]
    [InlineData("""{ "n": 0 }""", "n is 0")]
    [InlineData("""{ "n": 1, "b": 1 }""", "lacks the key \"W\"")]
    [InlineData("""{ "n": 1, "b": 1, "W": [[1]] }""", "lacks the key \"z\"")]
    [InlineData("""{ "n": 2, "z": [1], "W": [[1, 0], [0, 1]] }""", "z is a list of 1", "2 numbers")]
    [InlineData("""{ "z": [1], "b": "x", "W": [[1]] }""", "b names the file 'x'")]
    [InlineData("""{ "z": [true], "b": 1, "W": [[1]] }""", "z[0] is true")]
    [InlineData("""{ "z": [1], "b": 1, "b0": 1, "sigma": 1, "tauY": 1, "tauA": 1, "W": [[1, 2]] }""", "W[0] is a list of 2")]
    [InlineData("""{ "z": [1], "b": 1, "b0": 1, "sigma": 0, "tauY": 1, "tauA": 1, "W": [[1]] }""", "sigma[0] is 0")]
    public void Errors_name_the_key_and_the_remedy(string json, params string[] words)
    {
        var message = Assert.Throws<InvalidDataException>(() => CircuitFile.Parse(json, "a.json")).Message;
        Assert.StartsWith("a.json", message, StringComparison.Ordinal);
        foreach (var word in words) Assert.Contains(word, message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_small_file_announces_costs_nothing()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidDataException>(() => CircuitFile.Parse("""{ "n": 2000000000, "z": 1, "b": 1, "b0": 1, "sigma": 1, "tauY": 1, "tauA": 1, "W": [[1]] }"""));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void A_file_may_begin_with_a_byte_order_mark_and_one_without_end_is_refused()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            File.WriteAllText(path, CircuitFile.ToJson(Sample.Draw(1, 2, 0)), System.Text.Encoding.UTF8);
            Assert.Equal(CircuitFile.ToJson(Sample.Draw(1, 2, 0)), CircuitFile.ToJson(CircuitFile.Read(path)));
            // Sparse: it takes no room on the disk.
            using (var stream = File.OpenWrite(path)) stream.SetLength(3L << 30);
            Assert.Contains("more than the", Assert.Throws<InvalidDataException>(() => CircuitFile.Read(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
        if (File.Exists("/dev/zero")) Assert.Contains("more than the", Assert.Throws<InvalidDataException>(() => CircuitFile.Read("/dev/zero")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(46341)]
    [InlineData(65536)]
    public void More_pairs_than_a_matrix_can_have_are_refused_with_a_sentence(int n)
    {
        var many = new double[n];
        Array.Fill(many, 1);
        Assert.Contains("46340", Assert.Throws<ArgumentException>(() => new Circuit(many, many, many, many, many, many, [], [])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => RandomCircuits.Identity(n, new Random(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => RandomCircuits.Recurrent(n, 1, RecurrenceHypothesis.Any, new Random(1)));
    }
}
