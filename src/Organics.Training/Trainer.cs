using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Organics;

/// <summary>How to train.</summary>
public sealed record TrainerOptions
{
    /// <summary>Passes over the training samples.</summary>
    public int Epochs { get; init; } = 30;

    /// <summary>Samples for each update; the last batch of an epoch may be smaller.</summary>
    public int Batch { get; init; } = 256;

    /// <summary>The learning rate in the first epoch.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>How it changes.</summary>
    public Schedule Schedule { get; init; } = new ConstantSchedule();

    /// <summary>
    /// In how many blocks of neighbouring samples the gradient of a batch is taken, a power of 2: each block on one thread, and their sum in one tree. It
    /// decides the bits; so many ranks may share the work without changing one. With 1 all threads compute all samples at once.
    /// </summary>
    public int Blocks { get; init; } = 1;

    /// <summary>The processes that train together: each has the same model, samples and options, and only the first writes files.</summary>
    public Communicator Ranks { get; init; } = Communicator.Alone;

    /// <summary>Decides the order of the samples.</summary>
    public ulong Seed { get; init; }

    /// <summary>Where model.safetensors, state.safetensors and metrics.jsonl go.</summary>
    public required string Folder { get; init; }

    /// <summary>Text that goes into the header of model.safetensors.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>What model.safetensors holds beside the parameters: numbers of the model that are not trained.</summary>
    public IReadOnlyList<SafeTensor> Constants { get; init; } = [];

    /// <summary>Asked after every epoch for more numbers of its line in metrics.jsonl.</summary>
    public Func<IEnumerable<KeyValuePair<string, double>>>? MoreMetrics { get; init; }

    /// <summary>The longest time between two checkpoints within an epoch.</summary>
    public TimeSpan CheckpointEvery { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The largest norm of a gradient over all parameters: a longer one is shortened to it. Null for no bound.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>The metrics that are taken, the first of which decides which epoch is the best; null for the usual ones of the targets.</summary>
    public IReadOnlyList<Metric>? Metrics { get; init; }

    /// <summary>Whether the norm of every gradient is taken, for <see cref="TrainingProgress"/> and metrics.jsonl.</summary>
    public bool GradientNorm { get; init; }

    /// <summary>Text that replay.safetensors needs so that the training can be set up again from it.</summary>
    public IReadOnlyDictionary<string, string> ReplayMetadata { get; init; } = new Dictionary<string, string>();
}

/// <summary>Where a training stands.</summary>
/// <param name="Epoch">The current epoch, from 0.</param>
/// <param name="Batch">Batches done in it.</param>
/// <param name="Batches">Batches of an epoch.</param>
/// <param name="Loss">Mean training loss of the epoch so far.</param>
/// <param name="Metrics">Training metrics of the epoch so far, by name.</param>
/// <param name="SamplesPerSecond">Of this process so far.</param>
/// <param name="SecondsLeft">Estimated until the last epoch ends.</param>
/// <param name="GradientNorm">‖∇‖₂ of the last batch over all parameters, before it was clipped; NaN where it is not asked for.</param>
public sealed record TrainingProgress(
    int Epoch, int Batch, int Batches, double Loss, IReadOnlyDictionary<string, double> Metrics, double SamplesPerSecond, double SecondsLeft,
    double GradientNorm);

/// <summary>One finished epoch.</summary>
/// <param name="Epoch">From 0.</param>
/// <param name="TrainLoss">Mean over the epoch's batches, each before its update and weighted by what its targets count.</param>
/// <param name="TrainMetrics">Likewise, by name.</param>
/// <param name="Validation">On the validation samples after the epoch.</param>
/// <param name="IsBest">Whether no earlier epoch did better there.</param>
/// <param name="Seconds">Time since the epoch began in this process.</param>
public sealed record EpochResult(
    int Epoch, double TrainLoss, IReadOnlyDictionary<string, double> TrainMetrics, Evaluation Validation, bool IsBest, double Seconds)
{
    /// <summary>The share of training samples put into the right class; NaN where numbers are asked for.</summary>
    public double TrainAccuracy => TrainMetrics.GetValueOrDefault(Metric.Accuracy.Name, double.NaN);

    /// <summary>How many samples did not reach their fixed point in training and validation, as far as this process has seen; null where the model has
    /// none.</summary>
    public long? NotConverged { get; init; }
}

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

    const string Format = "organics-state-2";

    // What earlier versions wrote: of images in classes alone.
    const string FormerFormat = "organics-state-1";

    // A divergence can be repeated from this many updates before it, or up to twice as many.
    const int ReplayUpdates = 25;

    readonly IModel<P, T> _model;
    readonly Optimizer<P, T> _optimizer;
    readonly SampleSet _train, _validation;
    readonly IReadOnlyList<Metric> _metrics;
    readonly MetricSums _metricSums;
    readonly double[] _sums;
    readonly Device _device;
    readonly TrainerOptions _options;

    int _epoch, _batch, _bestEpoch = -1;
    long? _notConverged;
    double _lossSum, _lossWeight, _bestScore = double.NaN, _bestLoss = double.PositiveInfinity;
    double _gradientNorm = double.NaN, _gradientNormSum;
    Snapshot? _older, _newer;
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
                    $"The samples for {(name == nameof(train) ? "training" : name)} have no target that counts, by their mask, lengths and class weights; give some that do.", name);
        _metrics = options.Metrics ?? Metric.For(train.Format.Target);
        if (_metrics.Count == 0) throw new ArgumentException("There is no metric to decide which epoch is the best; give one.", nameof(options));
        _metricSums = new(_metrics, train.Format.Outputs);
        _sums = new double[_metricSums.Count];
    }

    /// <summary>Called after every batch.</summary>
    public Action<TrainingProgress>? OnProgress { get; init; }

    /// <summary>Called after every epoch, once its checkpoint is on disk.</summary>
    public Action<EpochResult>? OnEpoch { get; init; }

    /// <summary>The epoch whose parameters model.safetensors holds, from 0; −1 before the first ends.</summary>
    public int BestEpoch => _bestEpoch;

    /// <summary>Its first metric on the validation samples; NaN before the first epoch ends.</summary>
    public double BestScore => _bestScore;

    /// <summary>Its loss there.</summary>
    public double BestLoss => _bestLoss;

    /// <summary>Epochs that are done.</summary>
    public int EpochsDone => _epoch;

    /// <summary>Batches of the next epoch that are done.</summary>
    public int BatchesDone => _batch;

    /// <summary>The mean training loss of the last finished epoch.</summary>
    public double TrainLoss { get; private set; } = double.NaN;

    int Batches => (int)(((long)_train.Count + _options.Batch - 1) / _options.Batch);

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
        var m = file.Metadata;
        string Text(string key) => m.TryGetValue(key, out var v) ? v
            : throw new CheckpointException($"{StateFile} lacks '{key}' in its header; it is no training state of this version.");
        double Number(string key, double least, double most) =>
            double.TryParse(Text(key), NumberStyles.Float, CultureInfo.InvariantCulture, out var v) && v >= least && v <= most ? v
            : throw new CheckpointException($"{StateFile} has '{key}' = '{Text(key)}', which is no number from {least} to {most}; it is damaged, so restore "
                + "it or train anew.");
        long Count(string key, long least, long most) =>
            long.TryParse(Text(key), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var v) && v >= least && v <= most ? v
            : throw new CheckpointException($"{StateFile} has '{key}' = '{Text(key)}', which is no whole number from {least} to {most}; it is damaged, so "
                + "restore it or train anew.");

        var former = Text("format") == FormerFormat;
        if (!former && Text("format") != Format)
            throw new CheckpointException($"'{path}' has the format '{Text("format")}' where '{Format}' is expected; it is no training state of this version.");
        var samples = Text(former ? "images" : "samples");
        if (samples != Whole(_train.Count) || Text("batch_size") != Whole(_options.Batch)
            || Text("seed") != _options.Seed.ToString(CultureInfo.InvariantCulture))
            throw new CheckpointException($"'{path}' was made with {samples} samples, batch {Text("batch_size")} and seed {Text("seed")}, but this training "
                + $"has {_train.Count}, {_options.Batch} and {_options.Seed}; it belongs to another run.");
        var epoch = (int)Count("epoch", 0, int.MaxValue);
        var batch = (int)Count("batch", 0, Batches);
        var seen = Math.Min(_train.Count, (long)batch * _options.Batch);
        double[] scores = former ? [Count("correct", 0, seen), seen] : Sums();
        // The first epoch is always the best so far.
        var bestEpoch = (int)Count("best_epoch", Math.Min(epoch, 1) - 1, epoch - 1);
        var steps = Count("steps", 0, long.MaxValue);
        var lossSum = Number("loss_sum", double.MinValue, double.MaxValue);
        // Where it is not said, every sample counted 1.
        var lossWeight = m.ContainsKey("loss_weight") ? Number("loss_weight", 0, double.MaxValue) : seen;
        // Only shown: a gradient may overflow where the loss does not.
        var gradientNormSum = double.TryParse(Text("gradient_norm_sum"), NumberStyles.Float, CultureInfo.InvariantCulture, out var norms) && !(norms < 0)
            ? norms : Number("gradient_norm_sum", 0, double.PositiveInfinity);
        var trainLoss = epoch == 0 ? double.NaN : Number("train_loss", double.MinValue, double.MaxValue);
        // Of a metric that has no value, such as R² of targets that do not differ.
        var bestScore = bestEpoch < 0 || (!former && Text("best_score") == "NaN") ? double.NaN
            : Number(former ? "best_accuracy" : "best_score", double.MinValue, double.MaxValue);
        var bestLoss = Number("best_loss", double.MinValue, double.PositiveInfinity);
        var fit = Records.SelectMany(r => Checkpoint.Fit<P, T>(r.Value, file, r.Key + "/")).ToList();
        if (file.Tensors.Select(t => t.Name).Except(fit.Select(f => f.Key)).FirstOrDefault() is { } foreign)
            throw new CheckpointException($"'{path}' has a tensor '{foreign}', which belongs neither to the model nor to its optimizer; it is the state of "
                + "another training.");
        check(epoch);

        foreach (var (_, target, values) in fit) target.Assign(values);
        // Snapshots of what came before belong to another course.
        (_older, _newer) = (null, null);
        _optimizer.Steps = steps;
        scores.CopyTo(_sums, 0);
        (_epoch, _batch, _bestEpoch) = (epoch, batch, bestEpoch);
        (_lossSum, _lossWeight, _gradientNormSum, _bestScore, _bestLoss, TrainLoss) = (lossSum, lossWeight, gradientNormSum, bestScore, bestLoss, trainLoss);

        double[] Sums()
        {
            double[] sums = [.. Text("metric_sums").Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(text =>
                    double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var sum) && double.IsFinite(sum) ? sum : double.NaN)];
            return sums.Length == _sums.Length && sums.All(double.IsFinite) ? sums
                : throw new CheckpointException($"{StateFile} has 'metric_sums' = '{Text("metric_sums")}', where {_sums.Length} finite numbers are "
                    + "expected; it is damaged, so restore it or train anew.");
        }
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
            WriteReplay(error);
            throw;
        }
    }

    void RunToEnd(CancellationToken cancellation)
    {
        CheckRanks();
        using var log = IsFirst ? Log() : null;
        using var gradient = new BatchGradient<P, T>(_model, _train, _device, _options, _metricSums, (tape, batch, loss) => Diverged(tape, Where(loss), batch),
            loss => new($"{Where(loss)}, though that of each of its blocks is finite: times what their targets count they are beyond the range of double",
                $"give targets smaller weights, or {Remedy}"));
        var clock = Stopwatch.StartNew();
        var saved = clock.Elapsed;
        // Every rank saves, and so finds what is not finite, after the same batch: by the clock of the first.
        var wishes = () => (cancellation.IsCancellationRequested, IsFirst && clock.Elapsed - saved >= _options.CheckpointEvery);
        long samples = 0;
        while (_epoch < _options.Epochs)
        {
            var started = clock.Elapsed;
            _optimizer.LearningRate = _options.LearningRate * _options.Schedule.Factor(_epoch);
            // The order of an epoch depends on the seed and the epoch alone.
            var order = new CounterRandom(_options.Seed, OrderStream + (ulong)_epoch).Permutation(_train.Count);
            while (_batch < Batches)
            {
                _shown = order.AsMemory(_batch * _options.Batch, Math.Min(_options.Batch, _train.Count - _batch * _options.Batch));
                if (_newer is null || _optimizer.Steps - _newer.Steps >= ReplayUpdates) Remember();
                var (stops, saves) = Step(gradient, wishes);
                _batch++;
                samples += _shown.Length;
                var seen = Math.Min(_train.Count, _batch * _options.Batch);
                var rate = samples / clock.Elapsed.TotalSeconds;
                OnProgress?.Invoke(new(_epoch, _batch, Batches, _lossSum / _lossWeight, _metricSums.Values(_sums), rate,
                    ((double)(_options.Epochs - _epoch) * _train.Count - seen) / rate, _gradientNorm));
                // Several ranks end after the batch in which one of them was told to; one by itself need not wait for the next.
                if (stops || (_options.Ranks.Size == 1 && cancellation.IsCancellationRequested))
                {
                    Save();
                    throw new OperationCanceledException(cancellation);
                }
                if (saves && _batch < Batches)
                {
                    Save();
                    saved = clock.Elapsed;
                }
            }
            EndEpoch(log, clock.Elapsed - started, cancellation);
            saved = clock.Elapsed;
        }

        string Where(double loss) => $"The loss is {loss} in epoch {_epoch + 1}, batch {_batch + 1} (update {_optimizer.Steps + 1})";
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
            ("another seed", _options.Seed.ToString(CultureInfo.InvariantCulture)),
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
            throw new InvalidOperationException($"Rank {rank} has other parameters or optimizer states than rank 0 after epoch {_epoch + 1}, though both made "
                + "the same updates; run all ranks on processors of one kind whose memory is sound, and train anew.");
    }

    byte[] Digest()
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var tensor in Pack(Records))
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
        log.TruncateAfter(_epoch);
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
            _lossSum += batch.Loss * batch.Weight;
            _lossWeight += batch.Weight;
            _metricSums.Join(batch.Metrics, _sums);
            Count(batch.NotConverged);
            var gradients = batch.Gradients;
            if (_options.GradientNorm || _options.ClipNorm is not null) _gradientNorm = gradients.Norm(_model.Parameters);
            if (_options.GradientNorm) _gradientNormSum += _gradientNorm;
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

    static Tensor<T> Inputs(Workspace<T> workspace, SampleBatch<T> batch) => workspace.From(batch.Inputs, [batch.Count, batch.Format.Width]);

    void Count(long? notConverged) => _notConverged = notConverged is { } more ? more + (_notConverged ?? 0) : _notConverged;

    string Remedy => $"train anew with a lower learning rate{(typeof(T) == typeof(float) ? " or in double precision" : "")}"
        + $"{(File.Exists(Path.Combine(_options.Folder, StateFile)) ? "; the last checkpoint is untouched" : "")}.";

    // On the tape is the evaluation of this batch, whose loss is not finite.
    DivergedException Diverged(Tape<T> tape, string where, SampleBatch<T> batch)
    {
        var (name, value) = Worst(_model.Parameters);
        if (!double.IsFinite(value))
            return new($"{where}: parameter '{name}' went bad first, in the optimizer's step of update {_optimizer.Steps}, and holds {value}", Remedy);
        var bad = tape.FindNonFinite();
        using var workspace = new Workspace<T>(_device);
        var inside = _model.Explain(_model.Parameters, Inputs(workspace, batch));
        return new($"{where}: the first bad value is {bad?.Value} in the result {bad?.Shape} of {bad?.Op} (op {bad?.Position} on the "
            + $"tape{(inside is null ? "" : $"; {inside}")}), while all parameters are finite, the largest in '{name}' with {value:G3}", Remedy);
    }

    DivergedException DivergedInValidation(double loss)
    {
        var where = $"The validation loss is {loss} after epoch {_epoch + 1} (update {_optimizer.Steps})";
        // No training sample is to blame.
        _shown = default;
        using var tape = new Tape<T>(_device);
        foreach (var batch in _validation.Batches<T>(_options.Batch))
        {
            var part = _model.Evaluate(tape.Watch(_model.Parameters), Inputs(tape.Workspace, batch), batch).Loss;
            if (!double.IsFinite(double.CreateTruncating(part.Item()))) return Diverged(tape, where, batch);
            tape.Reset();
        }
        var (name, value) = Worst(_model.Parameters);
        return new($"{where}, though that of no batch is; the largest parameter is in '{name}' with {value:G3}", Remedy);
    }

    /// <summary>The first tensor that holds a number that is not finite, and that number; else the one with the largest magnitude.</summary>
    static (string Name, double Value) Worst(P record)
    {
        var worst = (Name: "", Value: 0.0);
        foreach (var (name, t) in record.List())
            foreach (var v in t.ToArray())
            {
                if (!T.IsFinite(v)) return (name, double.CreateTruncating(v));
                if (Math.Abs(double.CreateTruncating(v)) > Math.Abs(worst.Value)) worst = (name, double.CreateTruncating(v));
            }
        return worst;
    }

    void EndEpoch(MetricsLog? log, TimeSpan elapsed, CancellationToken cancellation)
    {
        CheckBits();
        var validation = Validate(cancellation);
        if (!double.IsFinite(validation.Loss)) throw DivergedInValidation(validation.Loss);
        Count(validation.NotConverged);
        var (loss, metrics) = (_lossSum / _lossWeight, _metricSums.Values(_sums));
        var score = validation.Metrics[_metrics[0].Name];
        var isBest = _bestEpoch < 0 || (_metrics[0].HigherIsBetter ? score > _bestScore : score < _bestScore)
            || (score.Equals(_bestScore) && validation.Loss < _bestLoss);
        log?.Append(_epoch + 1,
        [
            new("train_loss", loss), .. metrics.Select(m => new KeyValuePair<string, double>($"train_{m.Key}", m.Value)),
            new("val_loss", validation.Loss), .. validation.Metrics.Select(m => new KeyValuePair<string, double>($"val_{m.Key}", m.Value)),
            .. _options.GradientNorm ? [new KeyValuePair<string, double>("gradient_norm", _gradientNormSum / Batches)]
                : Array.Empty<KeyValuePair<string, double>>(),
            new("learning_rate", _optimizer.LearningRate), new("seconds", Math.Round(elapsed.TotalSeconds, 3)),
            .. _notConverged is { } missing ? [new KeyValuePair<string, double>("not_converged", missing)] : Array.Empty<KeyValuePair<string, double>>(),
            .. _options.MoreMetrics?.Invoke() ?? [],
        ]);
        if (isBest)
        {
            (_bestScore, _bestLoss, _bestEpoch) = (score, validation.Loss, _epoch);
            if (IsFirst) SafeTensors.Write(Path.Combine(_options.Folder, ModelFile), Checkpoint.Pack<P, T>(_model.Parameters).Concat(_options.Constants), _options.Metadata);
        }
        TrainLoss = loss;
        var result = new EpochResult(_epoch, loss, metrics, validation, isBest, elapsed.TotalSeconds) { NotConverged = _notConverged };
        (_epoch, _batch, _lossSum, _lossWeight, _gradientNormSum, _notConverged) = (_epoch + 1, 0, 0, 0, 0, null);
        _sums.AsSpan().Clear();
        Save();
        OnEpoch?.Invoke(result);
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

    static string Whole(long v) => v.ToString(CultureInfo.InvariantCulture);

    static string Exact(double v) => v.ToString("R", CultureInfo.InvariantCulture);

    void Save()
    {
        // A state that cannot go on must not replace one that can.
        foreach (var (kind, record) in Records)
            if (Worst(record) is var (name, value) && !double.IsFinite(value))
                throw new DivergedException($"'{kind}/{name}' went bad first and holds {value} after update {_optimizer.Steps} (epoch {_epoch + 1}, batch "
                    + $"{_batch}), though the loss is still finite", Remedy);
        if (IsFirst) SafeTensors.Write(Path.Combine(_options.Folder, StateFile), Pack(Records), Header());
    }

    static IEnumerable<SafeTensor> Pack(IEnumerable<KeyValuePair<string, P>> records) => records.SelectMany(r => Checkpoint.Pack<P, T>(r.Value, r.Key + "/"));

    // Beside the tensors, all that decides the next update.
    Dictionary<string, string> Header()
    {
        return new()
        {
            ["format"] = Format,
            ["seed"] = _options.Seed.ToString(CultureInfo.InvariantCulture),
            ["batch_size"] = Whole(_options.Batch),
            ["samples"] = Whole(_train.Count),
            ["steps"] = Whole(_optimizer.Steps),
            ["epoch"] = Whole(_epoch),
            ["batch"] = Whole(_batch),
            ["metric_sums"] = string.Join(' ', _sums.Select(Exact)),
            ["loss_sum"] = Exact(_lossSum),
            ["loss_weight"] = Exact(_lossWeight),
            ["gradient_norm_sum"] = Exact(_gradientNormSum),
            ["train_loss"] = Exact(TrainLoss),
            ["best_score"] = Exact(_bestScore),
            ["best_loss"] = Exact(_bestLoss),
            ["best_epoch"] = Whole(_bestEpoch),
        };
    }

    /// <summary>A state of the training in memory.</summary>
    sealed class Snapshot(IReadOnlyList<KeyValuePair<string, P>> records)
    {
        public IReadOnlyList<KeyValuePair<string, P>> Records { get; } = records;

        public Dictionary<string, string> Header { get; set; } = [];

        public long Steps { get; set; }
    }

    // Two take turns, so that one is never younger than the span between them.
    void Remember()
    {
        (_older, _newer) = (_newer, _older ?? new([.. Records.Select(r => new KeyValuePair<string, P>(r.Key, r.Value.Map((_, t) => t.Keep())))]));
        foreach (var (to, from) in _newer.Records.Zip(Records))
            foreach (var (target, source) in to.Value.List().Zip(from.Value.List())) target.Value.Assign(source.Value);
        (_newer.Header, _newer.Steps) = (Header(), _optimizer.Steps);
    }

    void WriteReplay(DivergedException error)
    {
        if (!IsFirst || (_older ?? _newer) is not { } before) return;
        var header = new Dictionary<string, string>(before.Header) { [CauseKey] = error.Cause };
        header["bad_batch"] = string.Join(' ', _shown.ToArray());
        foreach (var (key, text) in _options.ReplayMetadata) header[key] = text;
        try
        {
            SafeTensors.Write(Path.Combine(_options.Folder, ReplayFile), Pack(before.Records), header);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk or a folder that may not be written must not hide that the training diverged.
        }
    }
}
