using FsCheck.Fluent;

namespace Organics.Laws;

/// <summary>Dynamics-neutral growth: whatever neuron is split, and in whatever parts, nothing changes but for rounding.</summary>
public sealed class GrowthLaws
{
    const int Images = 3, Pixels = 5, Classes = 3;

    /// <summary>A random classifier, the neuron to split, and the classifier with its twin.</summary>
    static void ForAll(Action<StaticClassifier<double>, int, StaticClassifier<double>> law) => Cases.ForAll(Gen.Choose(0, int.MaxValue), seed =>
    {
        var random = new CounterRandom((ulong)seed);
        var layers = new SsnLayers(1 + random.Below(0, 5), 1 + random.Below(1, 5));
        var model = StaticClassifier<double>.Create(Pixels, Classes, layers, (ulong)seed);
        var (neuron, asked) = (random.Below(2, layers.Excitatory + layers.Inhibitory), 100UL);
        // Up to nothing and all.
        var halves = random.Bits(3) % 4 == 0;
        law(model, neuron, new(SsnGrowth.Split(model.Parameters, neuron, () => halves ? 0.5 : random.Uniform(asked++))));
    }, share: 10);

    static SsnLayer<double> Network(StaticClassifier<double> model) => (SsnLayer<double>)model.Parameters.Layers[0];

    static double[] Twinned(double[] values, int neuron) => [.. values.Take(neuron + 1), .. values.Skip(neuron)];

    static SsnSystem[] Systems(StaticClassifier<double> model, out double[][] settled, out bool found)
    {
        var state = Network(model).Settle(model.Parameters.Autoencoder!.Encode(Inputs()));
        var n = state.U.Shape[1];
        (settled, found) = ([.. state.U.ToArray().Chunk(n)], state.NotConverged == 0);
        var k = state.K.ToArray();
        return [.. state.H.ToArray().Chunk(n).Select(h => new SsnSystem(k, h, Network(model).Excitatory))];
    }

    static Tensor<double> Inputs() => Tensor.From<double>([.. Enumerable.Range(0, Images * Pixels).Select(i => 0.5 + 0.5 * Math.Sin(i))], [Images, Pixels]);

    static void Close(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        var size = Math.Max(1, expected.Max(Math.Abs));
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], tolerance * size);
    }

    [Fact]
    public void The_twins_move_as_their_neuron_did_and_all_others_as_before()
        => ForAll((model, neuron, grown) =>
        {
            var (before, after) = (Systems(model, out _, out _), Systems(grown, out _, out _));
            var random = new CounterRandom(1);
            for (var i = 0; i < Images; i++)
            {
                // From anywhere: the rates, and a course of Runge and Kutta's steps.
                double[] x = [.. Enumerable.Range(0, before[i].Dimension).Select(j => 3 * random.Uniform((ulong)j) - 1)];
                Close(Twinned(Rate(before[i], x), neuron), Rate(after[i], Twinned(x, neuron)), 1e-14);
                Close(Twinned(Course(before[i], x), neuron), Course(after[i], Twinned(x, neuron)), 1e-10);
            }
        });

    [Fact]
    public void It_rests_where_it_did_and_says_what_it_said()
        => ForAll((model, neuron, grown) =>
        {
            Systems(model, out var before, out var found);
            if (!found) return;
            Systems(grown, out var after, out var still);
            Assert.True(still);
            // As near as the search stops; where a network has several states, both go the same way.
            foreach (var (was, now) in before.Zip(after)) Close(Twinned(was, neuron), now, 1e-6);
            Close(model.Predict(Inputs().ToArray()), grown.Predict(Inputs().ToArray()), 1e-5);
            Close(Decoded(model), Decoded(grown), 1e-14);
        });

    static double[] Decoded(StaticClassifier<double> model)
        => model.Parameters.Autoencoder!.Decode(model.Parameters.Autoencoder!.Encode(Inputs())).ToArray();

    static double[] Rate(SsnSystem system, double[] x)
    {
        var rate = new double[x.Length];
        system.Rate(0, x, rate);
        return rate;
    }

    // One time constant in equal steps; where it runs off, to the step before.
    static double[] Course(SsnSystem system, double[] x)
    {
        const double Step = 0.02;
        for (var step = 0; step < 50; step++)
        {
            var k1 = Rate(system, x);
            var k2 = Rate(system, Moved(x, k1, Step / 2));
            var k3 = Rate(system, Moved(x, k2, Step / 2));
            var k4 = Rate(system, Moved(x, k3, Step));
            double[] next = [.. x.Select((v, i) => v + Step / 6 * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]))];
            if (next.Max(Math.Abs) > 10) break;
            x = next;
        }
        return x;
    }

    static double[] Moved(double[] x, double[] rate, double by) => [.. x.Zip(rate, (v, r) => v + by * r)];
}
