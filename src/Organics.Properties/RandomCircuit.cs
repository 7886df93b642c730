using FsCheck;
using FsCheck.Fluent;

namespace Organics.Properties;

/// <summary>Circuits for laws: 1 to 64 pairs, mostly few, with parameters over decades and drives of both signs and 0; and how they are made simpler when a law
/// fails.</summary>
public static class RandomCircuit
{
    /// <summary>Identity recurrence.</summary>
    /// <param name="largest">The most pairs.</param>
    public static Gen<Circuit> Identity(int largest = 64) => Drawn(largest, RandomCircuits.Identity);

    /// <summary>Any recurrence of a largest singular value of 1, with time constants over two decades.</summary>
    /// <param name="largest">The most pairs.</param>
    public static Gen<Circuit> Recurrent(int largest = 64) => Drawn(largest, (n, random) =>
    {
        var c = RandomCircuits.Recurrent(n, 1, RecurrenceHypothesis.Any, random);
        double[] Times() => [.. Enumerable.Range(0, n).Select(_ => Math.Pow(10, 2 * random.NextDouble() - 1))];
        return new(c.Z, c.B, c.B0, c.Sigma, Times(), Times(), c.W, c.Wr);
    });

    static Gen<Circuit> Drawn(int largest, Func<int, Random, Circuit> draw)
        => from u in Cases.Between(0, 1)
           from seed in Gen.Choose(0, int.MaxValue)
           select draw(Math.Min(largest, 1 + (int)(largest * u * u * u)), new Random(seed));

    /// <summary>Tries a law; when it fails, the simplest circuit found that fails it is written to a file that `organics circuit` opens, and the message names
    /// it.</summary>
    /// <param name="circuits">Random circuits, as <see cref="Identity"/> and <see cref="Recurrent"/> draw them.</param>
    /// <param name="law">Throws where it does not hold.</param>
    /// <param name="share">Divides the number of cases where one is expensive.</param>
    public static void ForAll(Gen<Circuit> circuits, Action<Circuit> law, int share = 1)
        => Cases.ForAll(circuits, law, Simpler, circuit =>
        {
            var path = Path.Combine(Directory.CreateTempSubdirectory("organics-law-").FullName, "circuit.json");
            CircuitFile.Write(circuit, path);
            return $"a circuit of {circuit.N} pairs: open it with `organics circuit {path}`";
        }, share);

    /// <summary>Fewer pairs first; then every list at once, and every number, to 1 or two digits.</summary>
    public static IEnumerable<Circuit> Simpler(Circuit c)
    {
        ArgumentNullException.ThrowIfNull(c);
        return Each(c);
    }

    static IEnumerable<Circuit> Each(Circuit c)
    {
        for (var i = 0; c.N > 1 && i < c.N; i++) yield return c.Without(i);
        double[][] lists = [c.Z.ToArray(), c.B.ToArray(), c.B0.ToArray(), c.Sigma.ToArray(), c.TauY.ToArray(), c.TauA.ToArray(), c.W.ToArray()];
        for (var k = 0; k < lists.Length; k++)
        {
            var list = lists[k];
            foreach (var rounded in (double[][])[[.. list.Select(_ => 1.0)], [.. list.Select(v => v == 0 ? 0 : double.Parse(v.ToString("E1", null), System.Globalization.CultureInfo.InvariantCulture))]])
            {
                if (rounded.SequenceEqual(list)) continue;
                lists[k] = rounded;
                yield return new(lists[0], lists[1], lists[2], lists[3], lists[4], lists[5], lists[6], c.Wr);
                lists[k] = list;
            }
        }
    }
}
