using System.Diagnostics;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using static Organics.TrainingState;

namespace Organics;

/// <summary>
/// Trains a model by mini-batches. Everything that decides the next update is in state.safetensors, so that a training that was stopped
/// anywhere continues from its last checkpoint bit for bit as if it never stopped; model.safetensors holds the parameters of the best epoch.
/// </summary>
/// <typeparam name="P">The model's parameter record.</typeparam>
/// <typeparam name="T">float or double.</typeparam>
public sealed class Trainer<P, T>
    where P : IParameters<P, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The file of the best epoch's parameters.</summary>
    public const string ModelFile = "model.safetensors";

    /// <summary>The file from which a training is resumed.</summary>
    public const string StateFile = "state.safetensors";

    /// <summary>The file of one line for each epoch.</summary>
    public const string MetricsFile = "metrics.jsonl";

    /// <summary>The file from which a divergence can be repeated: a state some updates before it.</summary>
    public const string ReplayFile = "replay.safetensors";

    /// <summary>The key in the header of <see cref="ReplayFile"/> that says what went bad where.</summary>
    public const string CauseKey = "diverged";

    readonly IModel<P, T> _model;
    readonly Optimizer<P, T> _optimizer;
    readonly SampleSet _train, _validation;
    readonly IReadOnlyList<Metric> _metrics;
    readonly MetricSums _metricSums;
    readonly Device _device;
    readonly TrainerOptions _options;
    readonly Diagnosis<P, T> _diagnosis;
    readonly ReplaySnapshots<P, T> _snapshots = new();

    TrainingState _state;
    double _gradientNorm = double.NaN;
    // The samples of the batch that was begun last, whether its update was made or not.
    ReadOnlyMemory<int> _shown;

    /// <summary>A training at its beginning.</summary>
    public Trainer(IModel<P, T> model, Optimizer<P, T> optimizer, SampleSet train, SampleSet validation, Device device, TrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(validation);
        if (train.Format != validation.Format)
            throw new ArgumentException(
                $"The training samples are {train.Format}, but the validation samples {validation.Format}; both must agree.", nameof(validation));
        if (options.Batch < 1) throw new ArgumentOutOfRangeException(nameof(options), $"The batch is {options.Batch}; it must be 1 or more.");
        if (options.Epochs < 1) throw new ArgumentOutOfRangeException(nameof(options), $"There are {options.Epochs} epochs; give 1 or more.");
        if (!BitOperations.IsPow2(options.Blocks))
            throw new ArgumentOutOfRangeException(nameof(options), $"There are {options.Blocks} blocks; their number must be a power of 2.");
        if (options.Ranks.Size > options.Blocks)
            throw new ArgumentException($"{options.Ranks.Size} ranks cannot share {options.Blocks} blocks of a batch; give more blocks or fewer ranks.",
                nameof(options));
        if (options.ClipNorm is { } clip && !(clip > 0))
            throw new ArgumentOutOfRangeException(nameof(options), $"The norm to clip gradients to is {clip}; it must be above 0.");
        (_model, _optimizer, _train, _validation, _device, _options) = (model, optimizer, train, validation, device, options);
        foreach (var (samples, name) in ((SampleSet, string)[])[(train, nameof(train)), (validation, nameof(validation))])
            if (!samples.AnyCounts())
                throw new ArgumentException(
                    $"The samples for {(name == nameof(train) ? "training" : name)} have no target that counts, by their mask, lengths and class weights; "
                        + "give some that do.",
                    name);
        _metrics = options.Metrics ?? Metric.For(train.Format.Target);
        if (_metrics.Count == 0) throw new ArgumentException("There is no metric to decide which epoch is the best; give one.", nameof(options));
        _metricSums = new(_metrics, train.Format.Outputs);
        _state = new(_metricSums.Count);
        _diagnosis = new(model, optimizer, device, options);
    }

    /// <summary>Called after every batch.</summary>
    public Action<TrainingProgress>? OnProgress { get; init; }

    /// <summary>Called after every epoch, once its checkpoint is on disk.</summary>
    public Action<EpochResult>? OnEpoch { get; init; }

    /// <summary>The epoch whose parameters model.safetensors holds, from 0; −1 before the first ends.</summary>
    public int BestEpoch => _state.BestEpoch;

    /// <summary>Its first metric on the validation samples; NaN before the first epoch ends.</summary>
    public double BestScore => _state.BestScore;

    /// <summary>Its loss there.</summary>
    public double BestLoss => _state.BestLoss;

    /// <summary>Epochs that are done.</summary>
    public int EpochsDone => _state.Epoch;

    /// <summary>Batches of the next epoch that are done.</summary>
    public int BatchesDone => _state.Batch;

    /// <summary>The mean training loss of the last finished epoch.</summary>
    public double TrainLoss => _state.TrainLoss;

    int Batches => _options.Batches(_train.Count);

    // All that an update reads and writes, by its prefix in state.safetensors.
    IEnumerable<KeyValuePair<string, P>> Records => _optimizer.States.Prepend(new("parameters", _model.Parameters));

    /// <summary>Takes up the training in the folder where its last checkpoint left it. Nothing is changed unless everything fits.</summary>
    /// <exception cref="CheckpointException">The state is missing, damaged or of another model or optimiser.</exception>
    public void Resume()
    {
        Restore(Path.Combine(_options.Folder, StateFile), epoch =>
        {
            var metrics = Path.Combine(_options.Folder, MetricsFile);
            var lines = File.Exists(metrics) ? MetricsLog.Read(metrics).Count(row => row.Step <= epoch) : 0;
            if (lines != epoch)
                throw new CheckpointException($"'{metrics}' has the lines of {lines} epochs where {StateFile} has {epoch}; restore it, or train anew.");
        });
    }

    /// <summary>Takes up the training where a <see cref="ReplayFile"/> has it, in a folder that knows nothing of the epochs before.</summary>
    /// <exception cref="CheckpointException">The file is missing, damaged or of another model or optimiser.</exception>
    public void Replay(string path) => Restore(path, _ => { });

    void Restore(string path, Action<int> check) => Restore(SafeTensors.Read(path), path, check);

    internal void Restore(SafeTensors file, string path, Action<int> check)
    {
        var (state, steps) = TrainingState.Read(file.Metadata, path, _options, _train.Count, _metricSums.Count);
        var fit = Records.SelectMany(r => Checkpoint.Fit<P, T>(r.Value, file, r.Key + "/")).ToList();
        if (file.Tensors.Select(t => t.Name).Except(fit.Select(f => f.Key)).FirstOrDefault() is { } foreign)
            throw new CheckpointException($"'{path}' has a tensor '{foreign}', which belongs neither to the model nor to its optimizer; it is the state of "
                + "another training.");
        check(state.Epoch);

        foreach (var (_, target, values) in fit) target.Assign(values);
        // Snapshots of what came before belong to another course.
        _snapshots.Forget();
        (_state, _optimizer.Steps) = (state, steps);
    }

    /// <summary>Trains until the last epoch is done.</summary>
    /// <param name="cancellation">Ends the training after the current batch, with a checkpoint.</param>
    /// <exception cref="DivergedException">The loss is no finite number; the last checkpoint stays, and <see cref="ReplayFile"/> holds a state from which it
    /// happens again if it could be written.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the checkpoint is written.</exception>
    /// <exception cref="InvalidOperationException">Ranks begin differently, or have come to differ; every rank says the same of it.</exception>
    public void Run(CancellationToken cancellation = default)
    {
        try
        {
            RunToEnd(cancellation);
        }
        catch (DivergedException error)
        {
            if (IsFirst)
                _snapshots.Write(Path.Combine(_options.Folder, ReplayFile),
                    [new(CauseKey, error.Cause), new("bad_batch", string.Join(' ', _shown.ToArray())), .. _options.ReplayMetadata]);
            throw;
        }
    }

    void RunToEnd(CancellationToken cancellation)
    {
        CheckRanks();
        using var log = IsFirst ? Log() : null;
        using var gradient = new BatchGradient<P, T>(_model, _train, _device, _options, _metricSums,
            (tape, batch, loss) => _diagnosis.Of(tape, Where(loss), batch),
            loss => new($"{Where(loss)}, though that of each of its blocks is finite: times what their targets count they are beyond the range of double",
                $"give targets smaller weights, or {_diagnosis.Remedy}"));
        var clock = Stopwatch.StartNew();
        var saved = clock.Elapsed;
        // Every rank saves, and so finds what is not finite, after the same batch: by the clock of the first.
        var wishes = () => (cancellation.IsCancellationRequested, IsFirst && clock.Elapsed - saved >= _options.CheckpointEvery);
        long samples = 0;
        while (_state.Epoch < _options.Epochs)
        {
            var started = clock.Elapsed;
            _optimizer.LearningRate = _options.LearningRate * _options.Schedule.Factor(_state.Epoch);
            // The order of an epoch depends on the seed and the epoch alone.
            var order = new CounterRandom(_options.Seed, OrderStream + (ulong)_state.Epoch).Permutation(_train.Count);
            while (_state.Batch < Batches)
            {
                _shown = order.AsMemory(_state.Batch * _options.Batch, Math.Min(_options.Batch, _train.Count - _state.Batch * _options.Batch));
                if (_snapshots.AreDue(_optimizer.Steps)) _snapshots.Remember(_optimizer.Steps, Records, Header());
                var (stops, saves) = Step(gradient, wishes);
                _state.Batch++;
                samples += _shown.Length;
                var seen = Math.Min(_train.Count, _state.Batch * _options.Batch);
                var rate = samples / clock.Elapsed.TotalSeconds;
                OnProgress?.Invoke(new(_state.Epoch, _state.Batch, Batches, _state.Loss, _metricSums.Values(_state.MetricSums), rate,
                    ((double)(_options.Epochs - _state.Epoch) * _train.Count - seen) / rate, _gradientNorm));
                // Several ranks end after the batch in which one of them was told to; one by itself need not wait for the next.
                if (stops || (_options.Ranks.Size == 1 && cancellation.IsCancellationRequested))
                {
                    Save();
                    throw new OperationCanceledException(cancellation);
                }
                if (saves && _state.Batch < Batches)
                {
                    Save();
                    saved = clock.Elapsed;
                }
            }
            EndEpoch(log, clock.Elapsed - started, cancellation);
            saved = clock.Elapsed;
        }

        string Where(double loss) => $"The loss is {loss} in epoch {_state.Epoch + 1}, batch {_state.Batch + 1} (update {_optimizer.Steps + 1})";
    }

    // Ranks that begin with other numbers would go on with other numbers, and nobody would see it; those that cut batches otherwise would wait for one another.
    void CheckRanks()
    {
        var ranks = _options.Ranks;
        if (ranks.Size == 1) return;
        // Each is told as a digest, so that no message depends on what may differ.
        foreach (var (what, text) in ((string, string)[])[
            ("another number of blocks", Whole(_options.Blocks)),
            ("another number of epochs", Whole(_options.Epochs)),
            ("another batch size", Whole(_options.Batch)),
            ("another learning rate", Exact(_options.LearningRate)),
            ("another schedule", $"{_options.Schedule}"),
            ("another norm to clip gradients to", _options.ClipNorm is { } clip ? Exact(clip) : ""),
            ("another seed", Whole(_options.Seed)),
            ("other metrics", string.Join('\n', _metrics.Select(metric => $"{metric.Name} {metric.Sums(_train.Format.Outputs)}"))),
            ("training samples of another number, format or class weights", Text(_train)),
            ("validation samples of another number, format or class weights", Text(_validation)),
            ("another place in the training", string.Join('\n', Header())),
        ])
            Check(what, SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        Check("other parameters or optimizer states", Digest());

        void Check(string what, byte[] digest)
        {
            if (ranks.FirstToDiffer(digest) is { } rank)
                throw new InvalidOperationException(
                    $"Rank {rank} begins with {what} than rank 0; give all ranks the same model, samples, options and checkpoint.");
        }

        static string Text(SampleSet set) => $"{set.Count} of {set.Format}; {string.Join(' ', set.ClassWeights?.Select(Exact) ?? [])}";
    }

    // Every rank makes the same update by itself: one whose bits go another way spoils the sums of all.
    void CheckBits()
    {
        if (_options.Ranks.Size > 1 && _options.Ranks.FirstToDiffer(Digest()) is { } rank)
            throw new InvalidOperationException($"Rank {rank} has other parameters or optimizer states than rank 0 after epoch {_state.Epoch + 1}, though both made "
                + "the same updates; run all ranks on processors of one kind whose memory is sound, and train anew.");
    }

    byte[] Digest()
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var tensor in Checkpoint.Pack<P, T>(Records))
        {
            digest.AppendData(Encoding.UTF8.GetBytes($"{tensor.Name} {tensor.TypeName} {string.Join(' ', tensor.Shape)}\n"));
            digest.AppendData(tensor.Data.Span);
        }
        return digest.GetHashAndReset();
    }

    // One of the ranks writes.
    bool IsFirst => _options.Ranks.Rank == 0;

    MetricsLog Log()
    {
        Directory.CreateDirectory(_options.Folder);
        var log = new MetricsLog(Path.Combine(_options.Folder, MetricsFile));
        log.TruncateAfter(_state.Epoch);
        return log;
    }

    // Streams of the seed's generator from here on are orders of epochs; the model's initial values use lower ones.
    const ulong OrderStream = 1UL << 32;

    // Whether a rank wants to end the training, and whether one wants a checkpoint.
    (bool Stops, bool Saves) Step(BatchGradient<P, T> gradient, Func<(bool Stop, bool Save)> wishes)
    {
        try
        {
            var batch = gradient.Of(_shown, wishes);
            _state.LossSum += batch.Loss * batch.Weight;
            _state.LossWeight += batch.Weight;
            _metricSums.Join(batch.Metrics, _state.MetricSums);
            _state.Count(batch.NotConverged);
            var gradients = batch.Gradients;
            if (_options.GradientNorm || _options.ClipNorm is not null) _gradientNorm = gradients.Norm(_model.Parameters);
            if (_options.GradientNorm) _state.GradientNormSum += _gradientNorm;
            if (_options.ClipNorm is { } most && _gradientNorm > most)
                foreach (var (_, parameter) in _model.Parameters.List())
                    gradients[parameter].Assign(T.CreateTruncating(most / _gradientNorm) * gradients[parameter]);
            _optimizer.Step(_model.Parameters, gradients);
            return (batch.Stops, batch.Saves);
        }
        finally
        {
            gradient.Release();
        }
    }

    void EndEpoch(MetricsLog? log, TimeSpan elapsed, CancellationToken cancellation)
    {
        CheckBits();
        var validation = Validate(cancellation);
        if (!double.IsFinite(validation.Loss))
        {
            // No training sample is to blame.
            _shown = default;
            throw _diagnosis.Of($"The validation loss is {validation.Loss} after epoch {_state.Epoch + 1} (update {_optimizer.Steps})", _validation);
        }
        var (loss, metrics) = (_state.Loss, _metricSums.Values(_state.MetricSums));
        var score = validation.Metrics[_metrics[0].Name];
        var isBest = _state.BestEpoch < 0 || (_metrics[0].HigherIsBetter ? score > _state.BestScore : score < _state.BestScore)
            || (score.Equals(_state.BestScore) && validation.Loss < _state.BestLoss);
        log?.Append(_state.Epoch + 1,
        [
            new("train_loss", loss), .. metrics.Select(m => new KeyValuePair<string, double>($"train_{m.Key}", m.Value)),
            new("val_loss", validation.Loss), .. validation.Metrics.Select(m => new KeyValuePair<string, double>($"val_{m.Key}", m.Value)),
            .. _options.GradientNorm ? [new KeyValuePair<string, double>("gradient_norm", _state.GradientNormSum / Batches)]
                : Array.Empty<KeyValuePair<string, double>>(),
            new("learning_rate", _optimizer.LearningRate), new("seconds", Math.Round(elapsed.TotalSeconds, 3)),
            .. Counted("not_converged", _state.NotConverged), .. Counted("val_not_converged", validation.NotConverged),
            .. _options.MoreMetrics?.Invoke() ?? [],
        ]);
        if (isBest)
        {
            _state.TakeAsBest(score, validation.Loss);
            if (IsFirst)
                SafeTensors.Write(
                    Path.Combine(_options.Folder, ModelFile), Checkpoint.Pack<P, T>(_model.Parameters).Concat(_options.Constants), _options.Metadata);
        }
        var result = new EpochResult(_state.Epoch, loss, metrics, validation, isBest, elapsed.TotalSeconds) { NotConverged = _state.NotConverged };
        _state.NextEpoch();
        Save();
        OnEpoch?.Invoke(result);

        static KeyValuePair<string, double>[] Counted(string name, long? count) => count is { } samples ? [new(name, samples)] : [];
    }

    Evaluation Validate(CancellationToken cancellation)
    {
        try
        {
            return Evaluation.Of(_model, _validation, _device, _options.Ranks, metrics: _metrics, cancellation: cancellation);
        }
        catch (OperationCanceledException)
        {
            // All batches of the epoch are done: the next process begins with the validation.
            Save();
            throw;
        }
    }

    void Save()
    {
        // A state that cannot go on must not replace one that can.
        _diagnosis.Check(Records, $"epoch {_state.Epoch + 1}, batch {_state.Batch}");
        if (IsFirst) SafeTensors.Write(Path.Combine(_options.Folder, StateFile), Checkpoint.Pack<P, T>(Records), Header());
    }

    Dictionary<string, string> Header() => _state.Header(_options, _train.Count, _optimizer.Steps);
}
