using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime;

namespace Organics.Backends;

/// <remarks>
/// A sequence is one launch forth and two for each segment back, the first of which computes its steps again and the second of which leaves the cotangents of all its products for the weights' gradients. States are saved
/// at the beginnings of the segments alone, whatever <see cref="SequenceMemory"/> allows.
/// </remarks>
sealed partial class GpuBackend<T, L> : ISequenceBackend<T>
{
    // The scripts of the cells that have run, by their numbers.
    readonly ConcurrentDictionary<string, MemoryBuffer1D<int, Stride1D.Dense>> _scripts = [];

    public bool Takes(SequenceSize size)
        => size is { Units: > 0, Batch: > 0 } && size.Units <= Math.Min(Group768.Units, accelerator.MaxNumThreadsPerGroup)
            && SequenceScript.Shared * GroupSize(size.Units) * Unsafe.SizeOf<Rows<T, L>>() <= accelerator.MaxSharedMemoryPerGroup;

    public int SavedLength(CellPlan plan, SequenceSize size)
    {
        var state = (long)size.Batch * size.Units;
        var most = Math.Max(plan.States * (long)size.Segments, SlabSlots(plan) * (size.Segment + 1L)) * state;
        if (most > int.MaxValue)
            throw new ArgumentException(
                $"Sequence: {size.Steps} steps of {size.Batch} samples and {size.Units} units need {most * Unsafe.SizeOf<T>():N0} bytes, more than a buffer holds; give it a smaller batch.");
        return plan.States * size.Segments * (int)state;
    }

    // Going back, a segment keeps the products' cotangents, too.
    static int SlabSlots(CellPlan plan) => plan.States + plan.Sources + 2 * plan.Products;

    public void Forward<F>(F cell, CellPlan plan, SequenceSize size, ReadOnlySpan<View<T>> inputs, View<T> after, View<T> saved) where F : unmanaged, ICellFormula<T>
    {
        int n = size.Units, state = size.Batch * n, x = inputs.Length - plan.States - 1;
        for (var k = 0; k < plan.States; k++) Copy(inputs[x + 1 + k], after.Slice(k * state, state));
        var (forth, back, length) = SequenceScript.Weights(plan, n, size.Inputs);
        View<T> weights = Pack(plan, inputs, size, forth, back, length, both: false), neurons = PackNeurons(plan, inputs, n);
        var slab = RentView((plan.States + plan.Sources + plan.Products) * 2 * state);
        var launch = Forward<F>(n);
        launch(
            Stream, new KernelConfig(Blocks(size), n), cell, Upload(SequenceScript.ForthOf(plan, forth)),
            new(ViewOf(inputs[x]), ViewOf(weights), ViewOf(neurons), ViewOf(slab)), ViewOf(after.Slice(0, plan.States * state)), ViewOf(saved),
            ViewOf(after.Slice(plan.States * state, after.Length - plan.States * state)),
            new(size.Steps, size.Batch, size.Inputs, size.Segment, 2, plan.States, plan.Sources, plan.Products));
        foreach (var view in (ReadOnlySpan<View<T>>)[weights, neurons, slab]) Return(view.Buffer);
    }

    public void Back<F>(F cell, CellPlan plan, SequenceSize size, ReadOnlySpan<View<T>> inputs, View<T> saved, View<T> cotangent, ReadOnlySpan<View<T>> gradients)
        where F : unmanaged, ICellFormula<T>
    {
        int n = size.Units, d = size.Inputs, state = size.Batch * n, blocks = Blocks(size), x = inputs.Length - plan.States - 1;
        var numbers = plan.Products + plan.Coefficients.Length;
        var (forth, back, length) = SequenceScript.Weights(plan, n, d);
        View<T> weights = Pack(plan, inputs, size, forth, back, length, both: true), neurons = PackNeurons(plan, inputs, n);
        View<T> slab = RentView(SlabSlots(plan) * (size.Segment + 1) * state), cotangents = RentView(2 * plan.States * state),
            sources = RentView(Math.Max(1, plan.Sources * state)), sums = RentView(numbers * blocks * n);
        Copy(cotangent.Slice(0, plan.States * state), cotangents.Slice(0, plan.States * state));
        Fill(sums, T.Zero);
        ScriptViews script = Upload(SequenceScript.ForthOf(plan, forth)), backScript = Upload(SequenceScript.BackOf(plan, back));
        var (again, launch) = (Forward<F>(n), Back<F>(n));
        for (var segment = size.Segments - 1; segment >= 0; segment--)
        {
            var first = segment * size.Segment;
            var steps = Math.Min(size.Segment, size.Steps - first);
            var samples = steps * size.Batch;
            var shown = inputs[x].Slice(first * size.Batch * d, samples * d);
            SequenceViews<T> views = new(ViewOf(shown), ViewOf(weights), ViewOf(neurons), ViewOf(slab));
            again(
                Stream, new KernelConfig(blocks, n), cell, script, views, ViewOf(saved.Slice(plan.States * segment * state, plan.States * state)),
                _nothing.View(0, 0), _nothing.View(0, 0), new(steps, size.Batch, d, 0, steps + 1, plan.States, plan.Sources, plan.Products));
            launch(
                Stream, new KernelConfig(blocks, n), cell, backScript, views,
                new(ViewOf(cotangents), ViewOf(sources), size.HasCourse ? ViewOf(cotangent.Slice((plan.States + first) * state, steps * state)) : _nothing.View(0, 0), ViewOf(sums)),
                new(steps, size.Batch, d, steps, steps + 1, plan.States, plan.Sources, plan.Products));
            View<T> Slot(int slot, int step = 0) => slab.Slice((slot * (steps + 1) + step) * state, steps * state);
            // Σ over steps and samples of what a product gives and what it reads.
            foreach (var m in plan.Matrices)
            {
                var block = plan.Blocks[m.Block];
                var e = Slot(plan.States + plan.Sources + plan.Products + block.Product + m.Product);
                var isInput = block.Kind == CellSource.Input;
                if (!gradients[m.Weights].IsMissing)
                    MatMul(e, true, isInput ? shown : Slot(block.Source + m.Source + (block.Kind == CellSource.Derived ? plan.States : 0), block.Kind == CellSource.After ? 1 : 0),
                        false, gradients[m.Weights], n, isInput ? d : n, samples, accumulate: true);
                if (isInput && !gradients[x].IsMissing)
                    MatMul(e, false, inputs[m.Weights], false, gradients[x].Slice(first * size.Batch * d, samples * d), samples, d, n, accumulate: true);
            }
        }
        for (var k = 0; k < numbers; k++)
            if (NeuronAt(plan, k) is >= 0 and var at && !gradients[at].IsMissing)
                Reduce(default(SumReduction<T>), sums.Slice(k * blocks * n, blocks * n), 1, blocks, n, gradients[at], accumulate: true);
        for (var k = 0; k < plan.States; k++)
            if (!gradients[x + 1 + k].IsMissing) Add(cotangents.Slice(k * state, state), gradients[x + 1 + k]);
        foreach (var view in (ReadOnlySpan<View<T>>)[weights, neurons, slab, cotangents, sources, sums]) Return(view.Buffer);
    }

    static int GroupSize(int units) => units switch { <= 64 => 64, <= 128 => 128, <= 256 => 256, <= 384 => 384, _ => 768 };

    KernelSpecialization ForGroups<TGroup>() where TGroup : struct, IGroupSize => new(Math.Min(TGroup.Units, accelerator.MaxNumThreadsPerGroup), null);

    delegate void ForwardLauncher<F>(
        AcceleratorStream stream, KernelConfig groups, F cell, ScriptViews script, SequenceViews<T> views, ArrayView<T> states, ArrayView<T> saved, ArrayView<T> course,
        SequenceLayout layout) where F : unmanaged, ICellFormula<T>;

    delegate void BackLauncher<F>(
        AcceleratorStream stream, KernelConfig groups, F cell, ScriptViews script, SequenceViews<T> views, CotangentViews<T> cotangents, SequenceLayout layout) where F : unmanaged, ICellFormula<T>;

    ForwardLauncher<F> Forward<F>(int units) where F : unmanaged, ICellFormula<T> => GroupSize(units) switch
    {
        64 => Forward<F, Group64>(),
        128 => Forward<F, Group128>(),
        256 => Forward<F, Group256>(),
        384 => Forward<F, Group384>(),
        _ => Forward<F, Group768>(),
    };

    BackLauncher<F> Back<F>(int units) where F : unmanaged, ICellFormula<T> => GroupSize(units) switch
    {
        64 => Back<F, Group64>(),
        128 => Back<F, Group128>(),
        256 => Back<F, Group256>(),
        384 => Back<F, Group384>(),
        _ => Back<F, Group768>(),
    };

    ForwardLauncher<F> Forward<F, TGroup>() where F : unmanaged, ICellFormula<T> where TGroup : struct, IGroupSize
        => Launcher<ForwardLauncher<F>, (F, TGroup)>(nameof(SequenceKernels<T, L, F>.Forward), SequenceKernels<T, L, F>.Forward<TGroup>, ForGroups<TGroup>());

    BackLauncher<F> Back<F, TGroup>() where F : unmanaged, ICellFormula<T> where TGroup : struct, IGroupSize
        => Launcher<BackLauncher<F>, (F, TGroup)>(nameof(SequenceKernels<T, L, F>.Back), SequenceKernels<T, L, F>.Back<TGroup>, ForGroups<TGroup>());

    static int Blocks(SequenceSize size) => (size.Batch + Rows<T, L>.Count - 1) / Rows<T, L>.Count;

    View<T> RentView(int length) => new(Rent(length), 0, length);

    ScriptViews Upload(SequenceScript script)
    {
        List<int>[] parts = [script.Phases, script.Tells, script.Terms, script.Products];
        int[] all = [.. parts.SelectMany(p => p)];
        var buffer = _scripts.GetOrAdd(string.Join(' ', parts.Select(p => string.Join(',', p))), static (_, x) => x.accelerator.Allocate1D(x.all), (accelerator, all));
        var at = 0;
        ArrayView<int> Next(int length)
        {
            var view = buffer.View.BaseView.SubView(at, length);
            at += length;
            return view;
        }
        return new(Next(parts[0].Count), Next(parts[1].Count), Next(parts[2].Count), Next(parts[3].Count));
    }

    // Stored [target, source].
    View<T> Pack(CellPlan plan, ReadOnlySpan<View<T>> inputs, SequenceSize size, int[] forth, int[] back, int length, bool both)
    {
        var packed = RentView(length);
        for (var m = 0; m < plan.Matrices.Length; m++)
        {
            var isInput = plan.Blocks[plan.Matrices[m].Block].Kind == CellSource.Input;
            var matrix = inputs[plan.Matrices[m].Weights];
            Transpose(matrix, 1, size.Units, isInput ? size.Inputs : size.Units, packed.Slice(forth[m], matrix.Length), accumulate: false);
            if (both && !isInput) Copy(matrix, packed.Slice(back[m], matrix.Length));
        }
        return packed;
    }

    View<T> PackNeurons(CellPlan plan, ReadOnlySpan<View<T>> inputs, int n)
    {
        var numbers = plan.Products + plan.Coefficients.Length;
        var packed = RentView(numbers * n);
        for (var k = 0; k < numbers; k++)
            if (NeuronAt(plan, k) is >= 0 and var at) Copy(inputs[at], packed.Slice(k * n, n));
        return packed;
    }

    static int NeuronAt(CellPlan plan, int k) => k < plan.Products ? plan.Biases[k] : plan.Coefficients[k - plan.Products];
}
