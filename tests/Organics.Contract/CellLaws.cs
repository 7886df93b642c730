using System.Numerics;

namespace Organics.Contract;

/// <summary>What every kind of cell must keep, found by <see cref="CellKind.All"/>: its program and its form in tape ops are one, states and gradients.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="device">Where the program runs.</param>
/// <param name="options">Size and kind.</param>
/// <param name="batch">Samples.</param>
/// <param name="memory">What is kept for the backward pass.</param>
public sealed class CellLaws<T>(Device device, SequenceOptions options, int batch, SequenceMemory memory) : ICellProgram<T, bool> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The kinds of cells.</summary>
    public static IEnumerable<string> Kinds => CellKind.All.Select(kind => kind.Name);

    /// <summary>The largest difference found, relative to the largest number of its tensor, and where.</summary>
    public (double Difference, string Where) Worst { get; private set; } = (0, "nowhere");

    /// <summary>Runs the comparison.</summary>
    public CellLaws<T> Compare()
    {
        options.Kind.Open(this, options.Layers);
        return this;
    }

    bool ICellProgram<T, bool>.Run<P, C>(CellFactory<P, C, T> create)
    {
        var (n, d, steps) = (options.Units, options.Format.Channels, options.Format.Steps);
        var settings = new Dictionary<string, string>(options.Kind.Settings(steps));
        foreach (var (key, text) in options.Settings) settings[key] = text;
        var made = create(new(n, d, steps), settings, new Initializer<T>(3, Device.Cpu), new Initializer<T>(4, Device.Cpu));
        var x = DrawnSequence<T>.Random(11, [steps, batch, d], -1, 1);
        Tensor<T>[] first = [.. made.State.Select((_, i) => DrawnSequence<T>.Random((ulong)i + 20, [batch, n], 0.1, 0.9))];
        var expected = Differentiate(Device.Cpu, fused: false);
        var found = Differentiate(device, fused: true);
        for (var i = 0; i < expected.Count; i++)
        {
            Assert.Equal(expected[i].Values.Length, found[i].Values.Length);
            var scale = Math.Max(1e-3, expected[i].Values.Select(v => Math.Abs(double.CreateTruncating(v))).DefaultIfEmpty(0).Max());
            for (var j = 0; j < expected[i].Values.Length; j++)
            {
                var difference = Math.Abs(double.CreateTruncating(expected[i].Values[j] - found[i].Values[j])) / scale;
                if (double.IsNaN(difference) || difference > Worst.Difference) Worst = (double.IsNaN(difference) ? double.PositiveInfinity : difference, $"{options.Cell}: {expected[i].Name}[{j}]");
            }
        }
        return true;

        List<(string Name, T[] Values)> Differentiate(Device on, bool fused)
        {
            using var tape = new Tape<T>(on);
            var parameters = made.Parameters.Map((_, t) => t.To(on));
            var inputs = x.To(on);
            Tensor<T>[] before = [.. first.Select(s => s.To(on))];
            var own = made.Parameters.Map((_, t) => t);
            var watched = tape.Watch(parameters);
            var cell = on == Device.Cpu ? made.Cell : create(new(n, d, steps), settings, new Initializer<T>(3, on), new Initializer<T>(4, on)).Cell;
            var coefficients = cell.Prepare(watched);
            Tensor<T>[] state = [.. before.Select(tape.Watch)];
            var shown = tape.Watch(inputs);
            IReadOnlyList<Tensor<T>> after;
            Tensor<T> course;
            if (fused)
            {
                after = cell.Run(coefficients, shown, state, memory);
                course = cell.Course(coefficients, shown, state, memory).Shown;
            }
            else
            {
                after = Scan.Run(cell, coefficients, shown, state, SequenceMemory.All);
                course = Scan.Course(cell, coefficients, shown, state, SequenceMemory.All).Shown;
            }
            List<(string, T[])> all = [.. cell.States.Zip(after, (name, s) => (name, s.ToArray())), ("course", course.ToArray())];
            var loss = after.Append(course).Select((s, k) => (s * tape.Constant(Weights(s.Length, k), s.Shape)).Sum()).Aggregate((a, b) => a + b);
            var gradients = tape.Backward(loss);
            all.AddRange(parameters.List().Select(p => ($"gradient of {p.Key}", gradients[p.Value].ToArray())));
            all.Add(("gradient of x", gradients[inputs].ToArray()));
            all.AddRange(before.Select((s, i) => ($"gradient of {cell.States[i]} before", gradients[s].ToArray())));
            return all;
        }

        static T[] Weights(int length, int k) => [.. Enumerable.Range(0, length).Select(i => T.CreateTruncating(Math.Cos(1 + k + 2.3 * i)))];
    }
}
