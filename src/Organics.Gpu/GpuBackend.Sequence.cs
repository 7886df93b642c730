using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime;

namespace Organics.Backends;

/// <remarks>
/// A sequence is one launch forth and one for each segment back, which leaves the cotangents of all its products for the weights' gradients. States are saved
/// at the beginnings of the segments alone, whatever <see cref="SequenceMemory"/> allows.
/// </remarks>
sealed partial class GpuBackend<T, L> : ISequenceBackend<T>
{
    // Numbers that a segment keeps of a neuron, step and sample.
    const int SegmentNumbers = 11;

    // The order of the op's inputs, as of CircuitCoefficients.
    const int Wzx = 0, Wr = 1, W = 2, Wbx0 = 3, Wby0 = 4, Wba0 = 5, Wbx1 = 6, Wby1 = 7, Wba1 = 8, Sigma = 9, Kappa = 10, X = 14, States = 15;

    public bool Takes(SequenceSize size)
        => size is { Units: > 0, Batch: > 0 } && size.Units <= Math.Min(Group768.Units, accelerator.MaxNumThreadsPerGroup)
            && SequenceKernels<T, L>.Shared * GroupSize(size.Units) * Unsafe.SizeOf<Rows<T, L>>() <= accelerator.MaxSharedMemoryPerGroup;

    public int SavedLength(SequenceSize size)
    {
        var state = (long)size.Batch * size.Units;
        var most = Math.Max(4 * size.Segments, SegmentNumbers * size.Segment) * state;
        if (most > int.MaxValue)
            throw new ArgumentException(
                $"OrganicsSequence: {size.Steps} steps of {size.Batch} samples and {size.Units} units need {most * Unsafe.SizeOf<T>():N0} bytes, more than a buffer holds; give it a smaller batch.");
        return 4 * size.Segments * (int)state;
    }

    public void Forward(CircuitVariant variant, SequenceSize size, ReadOnlySpan<View<T>> inputs, View<T> after, View<T> saved)
    {
        var state = size.Batch * size.Units;
        for (var k = 0; k < 4; k++) Copy(inputs[States + k], after.Slice(k * state, state));
        var (inputWeights, weights) = (PackInputs(inputs, size), Pack(inputs, size, back: false));
        var launch = GroupSize(size.Units) switch
        {
            64 => Forward<Group64>(),
            128 => Forward<Group128>(),
            256 => Forward<Group256>(),
            384 => Forward<Group384>(),
            _ => Forward<Group768>(),
        };
        launch(
            accelerator.DefaultStream, new KernelConfig(Blocks(size), size.Units), Views(inputs, inputs[X], inputWeights, weights), ViewOf(after), ViewOf(saved),
            new(size.Steps, size.Batch, size.Inputs, size.Segment), RectifierFloors<T>.Of(variant));
        Return(inputWeights.Buffer);
        Return(weights.Buffer);
    }

    public void Back(CircuitVariant variant, SequenceSize size, ReadOnlySpan<View<T>> inputs, View<T> saved, View<T> cotangent, ReadOnlySpan<View<T>> gradients)
    {
        int n = size.Units, d = size.Inputs, state = size.Batch * n, blocks = Blocks(size);
        View<T> inputWeights = PackInputs(inputs, size), weights = Pack(inputs, size, back: false), backWeights = Pack(inputs, size, back: true);
        View<T> cotangents = RentView(4 * state), sums = RentView(SequenceKernels<T, L>.Sums * blocks * n), kept = RentView(SegmentNumbers * size.Segment * state);
        // Of both gains' weights at once: [B0 | B1, y | a] and [B0 | B1, x].
        View<T> ofGains = RentView(4 * n * n), ofGainInputs = RentView(2 * n * d), gainInputs = RentView(2 * n * d);
        Copy(cotangent, cotangents);
        Fill(sums, T.Zero);
        Fill(ofGains, T.Zero);
        Fill(ofGainInputs, T.Zero);
        Copy(inputs[Wbx0], gainInputs.Slice(0, n * d));
        Copy(inputs[Wbx1], gainInputs.Slice(n * d, n * d));
        var launch = GroupSize(size.Units) switch
        {
            64 => Back<Group64>(),
            128 => Back<Group128>(),
            256 => Back<Group256>(),
            384 => Back<Group384>(),
            _ => Back<Group768>(),
        };
        for (var segment = size.Segments - 1; segment >= 0; segment--)
        {
            var first = segment * size.Segment;
            var steps = Math.Min(size.Segment, size.Steps - first);
            var samples = steps * size.Batch;
            var at = 0;
            View<T> Next(int numbers)
            {
                var view = kept.Slice(at, numbers * samples * n);
                at += view.Length;
                return view;
            }
            View<T> states = Next(2), gains = Next(2), source = Next(1), f = Next(1), drive = Next(1), recurrent = Next(1), pool = Next(1), targets = Next(2);
            var x = inputs[X].Slice(first * size.Batch * d, samples * d);
            launch(
                accelerator.DefaultStream, new KernelConfig(blocks, n), Views(inputs, x, inputWeights, weights), ViewOf(backWeights), ViewOf(saved.Slice(4 * segment * state, 4 * state)),
                new(ViewOf(states), ViewOf(gains), ViewOf(source), ViewOf(f), ViewOf(drive), ViewOf(recurrent), ViewOf(pool), ViewOf(targets)),
                ViewOf(cotangents), ViewOf(sums), new(steps, size.Batch, d, steps), RectifierFloors<T>.Of(variant));
            // Σ over steps and samples of what a product gives and what it reads.
            MatMul(targets, true, states, false, ofGains, 2 * n, 2 * n, samples, accumulate: true);
            MatMul(targets, true, x, false, ofGainInputs, 2 * n, d, samples, accumulate: true);
            if (!gradients[Wr].IsMissing) MatMul(recurrent, true, source, false, gradients[Wr], n, n, samples, accumulate: true);
            if (!gradients[W].IsMissing) MatMul(pool, true, f, false, gradients[W], n, n, samples, accumulate: true);
            if (!gradients[Wzx].IsMissing) MatMul(drive, true, x, false, gradients[Wzx], n, d, samples, accumulate: true);
            if (gradients[X].IsMissing) continue;
            var gradient = gradients[X].Slice(first * size.Batch * d, samples * d);
            MatMul(drive, false, inputs[Wzx], false, gradient, samples, d, n, accumulate: true);
            MatMul(targets, false, gainInputs, false, gradient, samples, d, 2 * n, accumulate: true);
        }
        AddRows(ofGains, 2 * n, gradients[Wby0], n);
        AddRows(ofGains.Slice(n, ofGains.Length - n), 2 * n, gradients[Wba0], n);
        AddRows(ofGains.Slice(2 * n * n, 2 * n * n), 2 * n, gradients[Wby1], n);
        AddRows(ofGains.Slice(2 * n * n + n, 2 * n * n - n), 2 * n, gradients[Wba1], n);
        AddRows(ofGainInputs, d, gradients[Wbx0], d);
        AddRows(ofGainInputs.Slice(n * d, n * d), d, gradients[Wbx1], d);
        for (var k = 0; k < SequenceKernels<T, L>.Sums; k++)
        {
            var gradient = gradients[k < 4 ? Kappa + k : Sigma];
            if (!gradient.IsMissing) Reduce(default(SumReduction<T>), sums.Slice(k * blocks * n, blocks * n), 1, blocks, n, gradient, accumulate: true);
        }
        for (var k = 0; k < 4; k++)
            if (!gradients[States + k].IsMissing) Add(cotangents.Slice(k * state, state), gradients[States + k]);
        foreach (var view in (ReadOnlySpan<View<T>>)[inputWeights, weights, backWeights, cotangents, sums, kept, ofGains, ofGainInputs, gainInputs]) Return(view.Buffer);
    }

    static int GroupSize(int units) => units switch { <= 64 => 64, <= 128 => 128, <= 256 => 256, <= 384 => 384, _ => 768 };

    static KernelSpecialization ForGroups<TGroup>(Accelerator a) where TGroup : struct, IGroupSize => new(Math.Min(TGroup.Units, a.MaxNumThreadsPerGroup), null);

    delegate void ForwardLauncher(
        AcceleratorStream stream, KernelConfig groups, SequenceViews<T> x, ArrayView<T> after, ArrayView<T> saved, SequenceLayout layout, RectifierFloors<T> floors);

    delegate void BackLauncher(
        AcceleratorStream stream, KernelConfig groups, SequenceViews<T> x, ArrayView<T> backWeights, ArrayView<T> saved, SegmentViews<T> kept, ArrayView<T> cotangents, ArrayView<T> sums,
        SequenceLayout layout, RectifierFloors<T> floors);

    ForwardLauncher Forward<TGroup>() where TGroup : struct, IGroupSize
        => Launcher<ForwardLauncher, TGroup>(nameof(SequenceKernels<T, L>.Forward), static a => GroupKernel.Load<ForwardLauncher>(a, SequenceKernels<T, L>.Forward<TGroup>, ForGroups<TGroup>(a)));

    BackLauncher Back<TGroup>() where TGroup : struct, IGroupSize
        => Launcher<BackLauncher, TGroup>(nameof(SequenceKernels<T, L>.Back), static a => GroupKernel.Load<BackLauncher>(a, SequenceKernels<T, L>.Back<TGroup>, ForGroups<TGroup>(a)));

    static int Blocks(SequenceSize size) => (size.Batch + Rows<T, L>.Count - 1) / Rows<T, L>.Count;

    View<T> RentView(int length) => new(Rent(length), 0, length);

    void AddRows(View<T> x, int pitch, View<T> gradient, int width)
    {
        if (!gradient.IsMissing) CopyRows(x, pitch, gradient, width, gradient.Length / width, width, accumulate: true);
    }

    SequenceViews<T> Views(ReadOnlySpan<View<T>> inputs, View<T> x, View<T> inputWeights, View<T> weights)
        => new(ViewOf(x), ViewOf(inputWeights), ViewOf(weights), ViewOf(Operands<T>.Of(inputs.Slice(Kappa, 4))), ViewOf(inputs[Sigma]));

    // The weights of x, stored [n, d].
    View<T> PackInputs(ReadOnlySpan<View<T>> inputs, SequenceSize size)
    {
        var packed = RentView(SequenceKernels<T, L>.InputMatrices * size.Inputs * size.Units);
        Pack(new(ViewOf(inputs[Wzx]), ViewOf(inputs[Wbx0]), ViewOf(inputs[Wbx1]), default, default, default), SequenceKernels<T, L>.InputMatrices, size.Units, 1, size.Inputs, packed);
        return packed;
    }

    // Those of the state, stored [target, source]; going back, targets are the sources.
    View<T> Pack(ReadOnlySpan<View<T>> inputs, SequenceSize size, bool back)
    {
        var n = size.Units;
        var packed = RentView(SequenceKernels<T, L>.Matrices * n * n);
        Pack(
            new(ViewOf(inputs[Wby0]), ViewOf(inputs[Wba0]), ViewOf(inputs[Wby1]), ViewOf(inputs[Wba1]), ViewOf(inputs[Wr]), ViewOf(inputs[W])),
            SequenceKernels<T, L>.Matrices, n, back ? n : 1, back ? 1 : n, packed);
        return packed;
    }

    void Pack(Matrices<T> from, int matrices, int targets, int sourceStride, int targetStride, View<T> packed)
        => Launcher<Action<Index1D, Matrices<T>, int, int, int, int, ArrayView<T>>>(nameof(SequenceKernels<T, L>.Pack), static a =>
            a.LoadAutoGroupedStreamKernel<Index1D, Matrices<T>, int, int, int, int, ArrayView<T>>(SequenceKernels<T, L>.Pack))
            (packed.Length, from, matrices, targets, sourceStride, targetStride, ViewOf(packed));
}
