using System.Numerics;
using System.Numerics.Tensors;

namespace Organics;

/// <summary>A figure of how good outputs are, gathered batch by batch; masked targets do not enter, and class weights are of no concern to it.</summary>
/// <param name="Name">As in metrics.jsonl, behind train_, val_ or test_.</param>
/// <param name="HigherIsBetter">Which way is good.</param>
public abstract record Metric(string Name, bool HigherIsBetter)
{
    /// <summary>The share of the targets that are put into the right class: the one of the largest output, the first of equal ones.</summary>
    public static Metric Accuracy { get; } = new AccuracyMetric();

    /// <summary>The mean of (output − target)² over targets and outputs.</summary>
    public static Metric MeanSquaredError { get; } = new MeanSquaredErrorMetric();

    /// <summary>
    /// The coefficient of determination R² = 1 − Σ(output − target)²/Σ(target − mean)², a mean over outputs; 1 is perfect, 0 is as good as the mean, and NaN where
    /// targets do not differ.
    /// </summary>
    public static Metric R2 { get; } = new R2Metric();

    /// <summary>The usual ones; the first decides which epoch is the best.</summary>
    public static IReadOnlyList<Metric> For(TargetKind target) => target == TargetKind.Class ? [Accuracy] : [MeanSquaredError, R2];

    /// <summary>How many sums it keeps for so many outputs.</summary>
    public abstract int Sums(int outputs);

    /// <summary>Adds a batch to the sums, which begin at 0. Their order is that of the targets, so that a training that was resumed has the same bits.</summary>
    /// <param name="outputs">Shape [targets, outputs], as <see cref="Loss.Of"/> takes them.</param>
    /// <param name="batch">The targets.</param>
    /// <param name="sums">As many as <see cref="Sums"/>.</param>
    public abstract void Add<T>(ReadOnlySpan<T> outputs, SampleBatch<T> batch, Span<double> sums) where T : unmanaged, IFloatingPointIeee754<T>;

    /// <summary>Takes in the sums over the targets that come next: a set of samples is gone through in batches, and these in blocks.</summary>
    /// <param name="next">As many as <see cref="Sums"/>; all 0 where there is no target.</param>
    /// <param name="sums">As many.</param>
    public abstract void Join(ReadOnlySpan<double> next, Span<double> sums);

    /// <summary>The figure that the sums come to; NaN of no targets.</summary>
    public abstract double Of(ReadOnlySpan<double> sums);

    static void AddEach(ReadOnlySpan<double> next, Span<double> sums) => TensorPrimitives.Add(sums, next, sums);

    static double Weight<T>(SampleBatch<T> batch, int target) where T : unmanaged, IFloatingPointIeee754<T>
        => batch.IsWeighted ? double.CreateTruncating(batch.Weights[target]) : 1;

    // Weight of what is right, and of all.
    sealed record AccuracyMetric() : Metric("accuracy", true)
    {
        public override int Sums(int outputs) => 2;

        public override void Add<T>(ReadOnlySpan<T> outputs, SampleBatch<T> batch, Span<double> sums)
        {
            var classes = batch.Format.Outputs;
            var labels = batch.Classes;
            for (var i = 0; i < labels.Length; i++)
            {
                var weight = Weight(batch, i);
                if (Tensor.Argmax(outputs.Slice(i * classes, classes)) == labels[i]) sums[0] += weight;
                sums[1] += weight;
            }
        }

        public override void Join(ReadOnlySpan<double> next, Span<double> sums) => AddEach(next, sums);

        public override double Of(ReadOnlySpan<double> sums) => sums[0] / sums[1];
    }

    // Of numbers: what counts is taken in one by one.
    abstract record NumbersMetric(string Name, bool HigherIsBetter) : Metric(Name, HigherIsBetter)
    {
        public sealed override void Add<T>(ReadOnlySpan<T> outputs, SampleBatch<T> batch, Span<double> sums)
        {
            var n = batch.Format.Outputs;
            var numbers = batch.Numbers;
            for (var i = 0; i < numbers.Length; i++)
            {
                var (weight, target) = (Weight(batch, i / n), double.CreateTruncating(numbers[i]));
                if (weight != 0) Add(i % n, weight, target, double.CreateTruncating(outputs[i]) - target, sums);
            }
        }

        protected abstract void Add(int output, double weight, double target, double error, Span<double> sums);
    }

    // Σw(output − target)² over all outputs, and Σw.
    sealed record MeanSquaredErrorMetric() : NumbersMetric("mse", false)
    {
        public override int Sums(int outputs) => 2;

        protected override void Add(int output, double weight, double target, double error, Span<double> sums)
        {
            sums[0] += weight * error * error;
            sums[1] += weight;
        }

        public override void Join(ReadOnlySpan<double> next, Span<double> sums) => AddEach(next, sums);

        public override double Of(ReadOnlySpan<double> sums) => sums[0] / sums[1];
    }

    // For each output Σw(output − target)², Σw, the targets' mean and Σw(target − mean)², the latter two by West's update (CACM 22, 1979).
    sealed record R2Metric() : NumbersMetric("r2", true)
    {
        public override int Sums(int outputs) => 4 * outputs;

        protected override void Add(int output, double weight, double target, double error, Span<double> sums)
        {
            var own = sums.Slice(4 * output, 4);
            own[0] += weight * error * error;
            own[1] += weight;
            var away = target - own[2];
            // The first as it is, so that targets that do not differ have no spread of rounding.
            own[2] += own[1] == weight ? away : away * weight / own[1];
            own[3] += weight * away * (target - own[2]);
        }

        // As two sets of numbers have one mean and spread (Chan, Golub and LeVeque, COMPSTAT 1982).
        public override void Join(ReadOnlySpan<double> next, Span<double> sums)
        {
            for (var i = 0; i < sums.Length; i += 4)
            {
                var own = sums.Slice(i, 4);
                var other = next.Slice(i, 4);
                if (other[1] == 0) continue;
                if (own[1] == 0)
                {
                    other.CopyTo(own);
                    continue;
                }
                var (weight, away) = (own[1] + other[1], other[2] - own[2]);
                own[3] += other[3] + away * away * own[1] * (other[1] / weight);
                own[2] += away * (other[1] / weight);
                (own[0], own[1]) = (own[0] + other[0], weight);
            }
        }

        public override double Of(ReadOnlySpan<double> sums)
        {
            var total = 0.0;
            for (var i = 0; i < sums.Length; i += 4) total += sums[i + 3] > 0 ? 1 - sums[i] / sums[i + 3] : double.NaN;
            return total / (sums.Length / 4);
        }
    }
}
