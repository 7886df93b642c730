using System.Collections.Concurrent;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Organics;

/// <summary>
/// The loss of a batch and its gradient: of all samples at once, or block by block, each block on one thread, summed by <see cref="BlockTree"/>. A block's sum
/// is that of its own samples alone, so that neither the number of threads nor that of ranks changes a bit.
/// </summary>
/// <typeparam name="P">The model's parameter record.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
sealed class BatchGradient<P, T> : IDisposable
    where P : IParameters<P, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // The numbers that are summed beside the gradient.
    const int Loss = 0, Weight = 1, NotConverged = 2, HasFixedPoints = 3, Stop = 4, Save = 5, Numbers = 6;

    readonly IModel<P, T> _model;
    readonly SampleSet _samples;
    readonly HostBackend<T>? _host;
    readonly ConstantMatrices<T>? _constants;
    readonly Communicator _ranks;
    readonly int _blocks, _start;
    readonly Func<Tape<T>, SampleBatch<T>, double, DivergedException> _explain;
    readonly Func<double, DivergedException> _overflows;
    readonly ConcurrentStack<Place> _free = [];
    readonly List<Place> _places = [];
    readonly Workspace<T> _workspace;
    readonly MetricSums _metrics;
    readonly BlockSum<T>[] _sums;
    readonly BlockSum<T> _spare;
    readonly DivergedException?[] _diverged;
    ReadOnlyMemory<int> _batch;

    /// <summary>Where a block is computed.</summary>
    sealed record Place(Tape<T> Tape, SampleBatch<T> Batch, HostBackend<T>? Leased);

    /// <summary>Memory for batches of a set.</summary>
    /// <param name="model">What is trained.</param>
    /// <param name="samples">On what.</param>
    /// <param name="device">Where.</param>
    /// <param name="options">The batch, the blocks and the ranks.</param>
    /// <param name="metrics">What is measured of the outputs.</param>
    /// <param name="explain">Why the loss of a block on a tape is no finite number.</param>
    /// <param name="overflows">What to say where that of every block is, but not their sum.</param>
    public BatchGradient(IModel<P, T> model, SampleSet samples, Device device, TrainerOptions options, MetricSums metrics,
        Func<Tape<T>, SampleBatch<T>, double, DivergedException> explain, Func<double, DivergedException> overflows)
    {
        (_model, _samples, _metrics, _explain, _overflows) = (model, samples, metrics, explain, overflows);
        (_ranks, _blocks) = (options.Ranks, options.Blocks);
        // A single block has all threads; of several, each has one.
        _host = _blocks > 1 ? device.Backend<T>() as HostBackend<T> : null;
        // Within an update the parameters stay what they are: a matrix is packed for all blocks at once.
        _constants = _host is null ? null : new(_host, [.. model.Parameters.List().Select(parameter => parameter.Value.View)]);
        (_start, var end) = BlockTree.Of(_ranks.Rank, _ranks.Size, _blocks);
        var largest = (Math.Min(options.Batch, samples.Count) + _blocks - 1) / _blocks;
        for (var i = _host is null ? 1 : Math.Min(_host.Threads, end - _start); i > 0; i--)
        {
            var leased = _host?.Lease(threads: false, _constants);
            _places.Add(new(leased is null ? new(device) : new(device, leased), new(samples.Format, largest), leased));
            _free.Push(_places[^1]);
        }
        var gradient = IsWhole ? 0 : checked((int)model.Parameters.Count());
        _sums = [.. Enumerable.Range(_start, end - _start).Select(_ => new BlockSum<T>(Numbers, metrics, gradient))];
        _spare = new(Numbers, metrics, gradient);
        _diverged = new DivergedException?[_sums.Length];
        _workspace = new(device);
    }

    // Then the gradient stays where the tape has it.
    bool IsWhole => _blocks == 1 && _ranks.Size == 1;

    /// <summary>The mean loss of a batch, what its targets count, and so on; until <see cref="Release"/>. Collective.</summary>
    /// <param name="batch">Which samples.</param>
    /// <param name="wishes">Asked once the blocks of this rank are done: whether it wants to end the training after this batch, and whether it wants a
    /// checkpoint.</param>
    /// <exception cref="DivergedException">The loss of some block, or their sum, is no finite number; every rank says the same of it.</exception>
    public BatchResult<T> Of(ReadOnlyMemory<int> batch, Func<(bool Stop, bool Save)> wishes)
    {
        _batch = batch;
        _constants?.Change();
        Gradients<T>? gradients = null;
        if (_host is null)
            for (var i = 0; i < _sums.Length; i++) gradients = Block(i);
        else Work.Run(this, _host);
        var (stop, save) = wishes();
        if (stop) _sums[0].Numbers[Stop]++;
        if (save) _sums[0].Numbers[Save]++;
        var sum = BlockTree.Sum(_sums, _spare, _blocks, _ranks, _host);
        var numbers = sum.Numbers;
        if (!double.IsFinite(numbers[Loss])) throw Agreed(numbers[Loss]);
        var weight = numbers[Weight];
        return new(weight > 0 ? numbers[Loss] / weight : 0, weight, numbers[HasFixedPoints] > 0 ? (long)numbers[NotConverged] : null, numbers[Stop] > 0,
            numbers[Save] > 0, gradients ?? Mean(sum.Gradient, weight), sum.Metrics.ToArray());
    }

    /// <summary>Takes the memory of the gradients back.</summary>
    public void Release()
    {
        foreach (var place in _places) place.Tape.Reset();
        _workspace.Reset();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        foreach (var place in _places)
            if (place.Leased is { } leased) _host!.Return(leased);
        _constants?.Dispose();
    }

    readonly struct Work(BatchGradient<P, T> all) : IWork
    {
        public static void Run(BatchGradient<P, T> all, HostBackend<T> host)
        {
            try
            {
                host.Run(all._sums.Length, new Work(all));
            }
            catch (AggregateException error) when (error.InnerException is { } inner)
            {
                // What a model throws reaches its author as it is, however many blocks there are.
                ExceptionDispatchInfo.Throw(inner);
            }
        }

        public void Run(int part) => all.Block(part);
    }

    // The gradient on the tape, where that is what is asked for.
    Gradients<T>? Block(int i)
    {
        var sum = _sums[i];
        sum.Clear();
        _diverged[i] = null;
        var (start, end) = BlockTree.Of(_start + i, _blocks, _batch.Length);
        if (start == end) return null;
        if (!_free.TryPop(out var place)) throw new InvalidOperationException("Batch: more blocks at once than there are threads.");
        try
        {
            var (tape, batch) = (place.Tape, place.Batch);
            var numbers = sum.Numbers;
            _samples.Gather(_batch.Span[start..end], batch);
            var evaluated = _model.Evaluate(tape.Watch(_model.Parameters), tape.Workspace.From(batch.Inputs, [batch.Count, batch.Format.Width]), batch);
            var loss = double.CreateTruncating(evaluated.Loss.Item());
            (numbers[Weight], numbers[Loss]) = (batch.Weight, loss * batch.Weight);
            (numbers[NotConverged], numbers[HasFixedPoints]) = (evaluated.NotConverged ?? 0, evaluated.NotConverged is null ? 0 : 1);
            if (!double.IsFinite(loss))
            {
                (numbers[Loss], _diverged[i]) = (double.NaN, _explain(tape, batch, loss));
                return null;
            }
            _metrics.Add(evaluated.Outputs.ToArray(), batch, sum.Metrics);
            if (IsWhole) return tape.Backward(evaluated.Loss);
            var gradients = tape.Backward(evaluated.Loss * batch.Weight);
            var at = 0;
            foreach (var (_, parameter) in _model.Parameters.List())
            {
                gradients[parameter].CopyTo(sum.Gradient.Slice(at, parameter.Length));
                at += parameter.Length;
            }
            return null;
        }
        finally
        {
            if (!IsWhole) place.Tape.Reset();
            _free.Push(place);
        }
    }

    Gradients<T> Mean(Span<T> sum, double weight)
    {
        if (weight > 0) TensorPrimitives.Divide(sum, T.CreateTruncating(weight), sum);
        var byTensor = new Dictionary<Tensor<T>, Tensor<T>>();
        var at = 0;
        foreach (var (_, parameter) in _model.Parameters.List())
        {
            byTensor[parameter] = _workspace.From(sum.Slice(at, parameter.Length), parameter.Shape);
            at += parameter.Length;
        }
        return new(byTensor);
    }

    // What became of the first block whose loss is not finite, told to all by the rank that has it; where there is none, the first rank tells of the sum.
    DivergedException Agreed(double loss)
    {
        var first = Array.FindIndex(_diverged, error => error is not null);
        var all = new int[_ranks.Size];
        _ranks.Gather(MemoryMarshal.AsBytes<int>([first < 0 ? int.MaxValue : _start + first]), MemoryMarshal.AsBytes(all.AsSpan()));
        var owner = Array.IndexOf(all, all.Min());
        var own = owner != _ranks.Rank ? null : first < 0 ? _overflows(loss) : _diverged[first];
        return new(_ranks.Tell(owner, own?.Cause ?? ""), _ranks.Tell(owner, own?.Remedy ?? ""));
    }
}

/// <summary>What a batch comes to.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="Loss">Its mean loss.</param>
/// <param name="Weight">What its targets count.</param>
/// <param name="NotConverged">Samples that did not reach their fixed point; null where the model has none.</param>
/// <param name="Stops">Whether a rank wants to end the training.</param>
/// <param name="Saves">Whether a rank wants a checkpoint.</param>
/// <param name="Gradients">Of the mean loss.</param>
/// <param name="Metrics">The sums of the metrics.</param>
readonly record struct BatchResult<T>(
    double Loss, double Weight, long? NotConverged, bool Stops, bool Saves, Gradients<T> Gradients, double[] Metrics)
    where T : unmanaged, IFloatingPointIeee754<T>;
