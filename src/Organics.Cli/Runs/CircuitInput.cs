namespace Organics;

/// <summary>Circuits that the user names: a file, or "-" for the standard input.</summary>
static class CircuitInput
{
    public const string Argument = "FILE", Stdin = "-";

    public const string Help = "A circuit as JSON, - for stdin (`organics circuit --new` writes one to begin with).";

    public static Circuit Read(string path) => Of(() => Describe(path).Build());

    public static CircuitDescription Describe(string path) => Of(() =>
    {
        if (path == Stdin)
        {
            using var stdin = Console.OpenStandardInput();
            return CircuitDescription.Read(stdin, "stdin", Directory.GetCurrentDirectory(), Numbers);
        }
        if (!File.Exists(path)) throw Failure.Usage($"There is no file '{path}'; give one that holds a circuit as JSON.");
        return CircuitDescription.Read(path, Numbers);
    });

    /// <summary>What its results are named after.</summary>
    public static string Name(string path) => path == Stdin ? "stdin" : Path.GetFileNameWithoutExtension(path);

    /// <summary>Whatever is wrong with a circuit is for its writer.</summary>
    public static T Of<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException error)
        {
            throw Failure.Usage(error.Message);
        }
        catch (ArgumentException error)
        {
            throw Failure.Usage(Failure.Of(error).Sentence);
        }
    }

    static (IReadOnlyList<int> Shape, double[] Numbers) Numbers(string path)
    {
        if (!path.EndsWith(".npy", StringComparison.OrdinalIgnoreCase))
            throw new InvalidDataException($"'{path}' is neither .csv nor .npy; write the numbers as one of these.");
        using var array = Npy.Read(path);
        var numbers = new double[array.Length];
        array.Read(0, numbers.AsSpan());
        return ([.. array.Shape], numbers);
    }

    /// <summary>A circuit to begin with.</summary>
    public const string New = """
        // A circuit of neuron pairs that normalizes its input, with y and a for the principal and the modulator neurons (Rawat, Heeger and Martiniani 2024):
        //   τy ẏ = −y + b⊙z + (1 − √a)⊙(Wr y)      τa ȧ = −a + (b0⊙σ)² + W((⌊y⌋² + ⌊−y⌋²)⊙a)
        // Try: organics circuit my.json; organics simulate my.json; organics sweep my.json --vary z.scale=0.01:10:log30 --measure rate,frequency
        {
          "n": 36,

          // The input drive: a bump of width 4 (one standard deviation, in units) around unit 18. A number is one value for all; a list has one for each.
          // Also: {"bar": {"center": 18, "width": 5}}, {"linear": {"from": 0, "to": 1}}, {"sum": [{…}, {…}]}, or the name of a .csv or .npy file.
          "z": { "gaussian": { "center": 18, "width": 4, "height": 1, "circular": true } },

          "b": 0.5,       // gain of the input
          "b0": 0.5,      // gain of the modulator's own input
          "sigma": 0.1,   // semisaturation: the contrast at which the response has half its height
          "tauY": 2,      // time constants, in one unit of time of your choice, such as ms
          "tauA": 4,

          // The normalization pool: who divides whom, by row; nothing is negative. Here a Gaussian of the distance, each row with the sum 1.
          // Also: {"uniform": 0.1}, {"identity": 1}, {"sparse": [[0, 1, 0.5]]}, a list of rows, or a file.
          "W": { "gaussian": { "width": 6, "sum": 1, "circular": true } },

          // Recurrent amplification: 1 is the identity, for which the fixed point is known in closed form and stable.
          // Also: {"sum": ["identity", {"goe": {"delta": 0.2, "seed": 1}}]}, or {"gaussian": {"width": 2, "sum": 1}}.
          "Wr": 1
        }
        """;
}
