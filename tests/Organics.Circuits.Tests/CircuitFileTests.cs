namespace Organics.Tests;

public sealed class CircuitFileTests
{
    [Fact]
    public void A_golden_case_is_a_circuit_file_and_round_trips_exactly()
    {
        foreach (var golden in Golden.Cases("general_circuits.json"))
        {
            var circuit = CircuitFile.Parse(golden.GetRawText());
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
    [InlineData("{", "is not JSON")]
    [InlineData(" ", "is empty")]
    [InlineData("""{ "z": [1], "z": [2], "b": 1, "b0": 1, "sigma": 1, "tauY": 1, "tauA": 1, "W": [[1]] }""", "'z'")]
    [InlineData("""{ "z": [1], "b": 1, "b0": 1, "sigma": 1, "tauY": 1, "tauA": 1, "W": [[1]], "wr": [[2]] }""", "\"wr\"", "write it as \"Wr\"")]
    [InlineData("""{ "z": [1], "b": 1, "b0": 1, "sigma": 1, "tauy": 1, "tauA": 1, "W": [[1]] }""", "write it as \"tauY\"")]
    [InlineData("{}", "neither n nor a list")]
    [InlineData("""{ "n": 0 }""", "n is 0")]
    [InlineData("""{ "n": 1, "b": 1 }""", "lacks the key \"z\"")]
    [InlineData("""{ "n": 2, "z": [1] }""", "z is a list of 1", "2 numbers")]
    [InlineData("""{ "z": [1], "b": "x" }""", "b is \"x\"")]
    [InlineData("""{ "z": [true], "b": 1 }""", "z[0] is true")]
    [InlineData("""{ "z": [1], "b": 1, "b0": 1, "sigma": 1, "tauY": 1, "tauA": 1, "W": [[1, 2]] }""", "W[0] is a list of 2")]
    [InlineData("""{ "z": [1], "b": 1, "b0": 1, "sigma": 0, "tauY": 1, "tauA": 1, "W": [[1]] }""", "sigma[0] is 0")]
    public void Errors_name_the_key_and_the_remedy(string json, params string[] words)
    {
        var message = Assert.Throws<InvalidDataException>(() => CircuitFile.Parse(json, "a.json")).Message;
        Assert.StartsWith("a.json", message, StringComparison.Ordinal);
        foreach (var word in words) Assert.Contains(word, message, StringComparison.Ordinal);
    }
}
