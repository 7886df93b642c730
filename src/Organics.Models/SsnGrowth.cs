using System.Globalization;
using System.Numerics;

namespace Organics;

/// <summary>An update of a network that grows.</summary>
/// <param name="Done">The part of all updates that are done.</param>
/// <param name="Size">The network of now.</param>
/// <param name="Loss">Before the update.</param>
/// <param name="NotConverged">For how many of its samples no steady state was found.</param>
public readonly record struct GrowthUpdate(double Done, SsnLayers Size, double Loss, long NotConverged);

/// <summary>
/// Dynamics-neutral growth (Soo &amp; Lengyel, NeurIPS 2022): a network of one excitatory and one inhibitory neuron is trained, a neuron is split in two so
/// that nothing changes, a few more updates, and so on up to the size that is asked for. The defaults are those of the authors' code for digits. Where it
/// splits the neuron that came last, here they take turns, so that no weight is halved over and over; and where it shows the same 100 images, here batches
/// go round.
/// </summary>
/// <param name="First">Updates of the first network, before any split.</param>
/// <param name="Steps">Updates of each later stage.</param>
/// <param name="Batch">Samples for each update.</param>
/// <param name="Rate">Adam's learning rate of the first network and the first stages; each stage begins with moments of 0.</param>
/// <param name="Fast">How many stages have that rate.</param>
/// <param name="LaterRate">Adam's learning rate of the others.</param>
/// <param name="Spread">
/// How unequal twins are, from 0 to below 1: an outgoing weight goes to them in the parts ½ ± up to Spread/2, drawn for each. Any parts are neutral, but of
/// equal ones the twins would have equal gradients and stay one neuron for ever; in the authors' networks it is the inputs that differ.
/// </param>
public sealed record SsnGrowth(
    int First = 3000, int Steps = 10, int Batch = 100, double Rate = 0.01, int Fast = 5, double LaterRate = 0.001, double Spread = 0.5)
{
    // Streams of the seed's generator beyond those of a trainer's epochs, one for the parts of each split and one for the order of each pass.
    // Nearly half of them do not come to rest.
    const ulong MostAttempts = 1000;

    const ulong PartsStream = 1UL << 40, OrderStream = 1UL << 41;

    /// <summary>first=…,steps=…,batch=…,rate=…,fast=…,later=…,spread=…</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"first={First},steps={Steps},batch={Batch},rate={Rate},fast={Fast},later={LaterRate},spread={Spread}");

    /// <summary>Reads what <see cref="ToString"/> writes; what is not named is as it is by default.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static SsnGrowth Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var growth = new SsnGrowth();
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = part.Split('=') is [var left, var right] ? (left.Trim(), right.Trim()) : ("", "");
            int Whole(int least) => int.TryParse(value, CultureInfo.InvariantCulture, out var n) && n >= least ? n : throw Expected();
            double Number(Func<double, bool> holds)
                => double.TryParse(value, CultureInfo.InvariantCulture, out var x) && double.IsFinite(x) && holds(x) ? x : throw Expected();
            growth = name switch
            {
                "first" => growth with { First = Whole(0) },
                "steps" => growth with { Steps = Whole(0) },
                "batch" => growth with { Batch = Whole(1) },
                "rate" => growth with { Rate = Number(x => x > 0) },
                "fast" => growth with { Fast = Whole(0) },
                "later" => growth with { LaterRate = Number(x => x > 0) },
                "spread" => growth with { Spread = Number(x => x is >= 0 and < 1) },
                _ => throw Expected(),
            };
        }
        return growth;
        static FormatException Expected() => new($"NAME=VALUE,… is expected, as in {new SsnGrowth()}.");
    }

    /// <summary>Splits a neuron of a classifier's network, and where it excites also the unit of the code that drives it: nothing that the classifier
    /// computes changes but for rounding, now or on the way to rest.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="of">A classifier of one network.</param>
    /// <param name="neuron">From 0; the excitatory ones come first. Its twin stands behind it.</param>
    /// <param name="part">The part of an outgoing weight that the neuron keeps, between 0 and 1, asked for each; its twin gets the rest.</param>
    public static StaticClassifierParameters<T> Split<T>(StaticClassifierParameters<T> of, int neuron, Func<double> part)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(of);
        ArgumentNullException.ThrowIfNull(part);
        if (of.Layers is not [SsnLayer<T> layer])
            throw new ArgumentException("The classifier has no supralinear network for its only layer; give one that has.", nameof(of));
        if (neuron < 0 || neuron >= layer.Units)
            throw new ArgumentOutOfRangeException(nameof(neuron), $"The neuron is {neuron} of {layer.Units}; give one from 0 on.");
        // Weights are in units of 1/E and 1/(n − E), one of which becomes smaller.
        var excites = neuron < layer.Excitatory;
        var (first, size) = excites ? (0, layer.Excitatory) : (layer.Excitatory, layer.Units - layer.Excitatory);
        var unit = Enumerable.Range(0, layer.Units).Select(j => T.CreateTruncating(j >= first && j < first + size ? (size + 1.0) / size : 1)).ToArray();
        var scaled = layer.Weights * Tensor.From<T>(unit, [layer.Units], layer.Weights.Device);
        var grown = layer with { Weights = Outgoing(Incoming(scaled, neuron), neuron, part) };
        if (!excites) return of with { Layers = [grown] };
        var autoencoder = of.Autoencoder!;
        var (encoder, decoder) = (autoencoder.Encoder[^1], autoencoder.Decoder[0]);
        return new(
            new([.. autoencoder.Encoder.SkipLast(1), new(Incoming(encoder.Weight, neuron), Incoming(encoder.Bias, neuron))],
                [decoder with { Weight = Outgoing(decoder.Weight, neuron, part) }, .. autoencoder.Decoder.Skip(1)]),
            [grown with { Excitatory = layer.Excitatory + 1 }], of.Head with { Weight = Outgoing(of.Head.Weight, neuron, part) });
    }

    // Row i twice.
    static Tensor<T> Incoming<T>(Tensor<T> t, int i) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (values, row) = (t.ToArray(), t.Length / t.Shape[0]);
        Shape shape = t.Shape.Rank == 1 ? [t.Length + 1] : [t.Shape[0] + 1, row];
        return Tensor.From<T>([.. values[..((i + 1) * row)], .. values[(i * row)..]], shape, t.Device);
    }

    // Column i in two parts.
    static Tensor<T> Outgoing<T>(Tensor<T> t, int i, Func<double> part) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var (values, rows, columns) = (t.ToArray(), t.Shape[0], t.Shape[1]);
        var grown = new T[rows * (columns + 1)];
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c <= columns; c++) grown[r * (columns + 1) + c] = values[r * columns + (c > i ? c - 1 : c)];
            var kept = T.CreateTruncating(part());
            grown[r * (columns + 1) + i] *= kept;
            grown[r * (columns + 1) + i + 1] *= T.One - kept;
        }
        return Tensor.From<T>(grown, [rows, columns + 1], t.Device);
    }

    /// <summary>Grows a classifier. The number of threads changes no bit.</summary>
    /// <typeparam name="T">float or double.</typeparam>
    /// <param name="layers">The network's size in the end.</param>
    /// <param name="train">Samples in classes.</param>
    /// <param name="weightDecay">Adam's weight decay.</param>
    /// <param name="seed">Decides initial values, the order of the samples and the parts.</param>
    /// <param name="device">Where it computes.</param>
    /// <param name="onUpdate">Hears of each update.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="DivergedException">The loss is no finite number.</exception>
    public StaticClassifier<T> Grow<T>(SsnLayers layers, SampleSet train, double weightDecay, ulong seed, Device device, Action<GrowthUpdate>? onUpdate = null,
        CancellationToken cancellation = default) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(layers);
        ArgumentNullException.ThrowIfNull(train);
        var (size, splits) = (new SsnLayers(1, 1), layers.Excitatory + layers.Inhibitory - 2);
        using var batches = Batches<T>(train, seed).GetEnumerator();
        batches.MoveNext();
        // Drawn until it rests, as the authors do.
        StaticClassifier<T> model;
        for (var attempt = 0UL; ; attempt++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (attempt == MostAttempts)
                throw new DivergedException($"None of {MostAttempts} networks of two neurons comes to rest at every sample of a batch",
                    "give another seed, or samples of smaller inputs.");
            // No attempt of a small seed is the first of another one.
            model = StaticClassifier<T>.Create(train.Format.Width, train.Format.Outputs, size, seed + (attempt << 40), device);
            using var workspace = new Workspace<T>(device);
            if (model.Evaluate(model.Parameters, Inputs(workspace, batches.Current), batches.Current).NotConverged == 0) break;
        }
        var (done, total) = (0L, First + (long)splits * Steps);
        // The first stages are before the first split.
        for (var stage = 0; ; stage++)
        {
            Update(stage < Fast ? Rate : LaterRate, stage == 0 ? First : Steps);
            if (stage == splits) return model;
            // Both kinds grow in proportion.
            var excites = size.Excitatory < layers.Excitatory
                && ((long)size.Excitatory * layers.Inhibitory < (long)size.Inhibitory * layers.Excitatory || size.Inhibitory == layers.Inhibitory);
            var (count, random, asked) = (excites ? size.Excitatory : size.Inhibitory, new CounterRandom(seed, PartsStream + (ulong)stage), 0UL);
            // One after the other, of each doubling anew: twins stand side by side.
            var turn = 2 * (count - (int)BitOperations.RoundUpToPowerOf2((uint)count + 1) / 2);
            var split = Split(model.Parameters, (excites ? 0 : size.Excitatory) + turn, () => 0.5 + Spread * (random.Uniform(asked++) - 0.5));
            model = new(split);
            size = excites ? new(size.Excitatory + 1, size.Inhibitory) : new(size.Excitatory, size.Inhibitory + 1);
        }

        void Update(double rate, int steps)
        {
            using var tape = new Tape<T>(device);
            var adam = new Adam<StaticClassifierParameters<T>, T>(model.Parameters, rate) { WeightDecay = weightDecay };
            for (var step = 0; step < steps; step++)
            {
                cancellation.ThrowIfCancellationRequested();
                var batch = batches.Current;
                var evaluated = model.Evaluate(tape.Watch(model.Parameters), Inputs(tape.Workspace, batch), batch);
                var value = double.CreateTruncating(evaluated.Loss.Item());
                if (!double.IsFinite(value))
                    throw new DivergedException(
                        $"The loss is {value} while the network grows, at {size.Excitatory} excitatory and {size.Inhibitory} inhibitory neurons, "
                            + $"update {step + 1}",
                        "grow anew with lower rates, or in double precision.");
                adam.Step(model.Parameters, tape.Backward(evaluated.Loss));
                tape.Reset();
                batches.MoveNext();
                onUpdate?.Invoke(new(++done / (double)total, size, value, evaluated.NotConverged ?? 0));
            }
        }
    }

    static Tensor<T> Inputs<T>(Workspace<T> workspace, SampleBatch<T> batch) where T : unmanaged, IFloatingPointIeee754<T>
        => workspace.From(batch.Inputs, [batch.Count, batch.Format.Width]);

    // Without an end; each uses the memory of the one before.
    IEnumerable<SampleBatch<T>> Batches<T>(SampleSet train, ulong seed) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var size = Math.Min(Batch, train.Count);
        var batch = new SampleBatch<T>(train.Format, size);
        for (var pass = 0UL; ; pass++)
        {
            var order = new CounterRandom(seed, OrderStream + pass).Permutation(train.Count);
            for (var first = 0; first + size <= order.Length; first += size)
            {
                train.Gather<T>(order.AsSpan(first, size), batch);
                yield return batch;
            }
        }
    }
}
