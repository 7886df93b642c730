namespace Organics.Tests;

public sealed class LossAndMetricTests
{
    static readonly SampleFormat Classes = new(2, 1, TargetKind.Class, PerStep: true, 3);
    static readonly SampleFormat Numbers = new(2, 1, TargetKind.Numbers, PerStep: true, 2);

    static SampleBatch<double> Batch(SampleFormat format, bool weighted, IReadOnlyList<double>? classWeights = null)
    {
        var batch = new SampleBatch<double>(format, 3);
        batch.Resize(3);
        for (var i = 0; i < batch.Classes.Length; i++) batch.Classes[i] = i % 3;
        for (var i = 0; i < batch.Numbers.Length; i++) batch.Numbers[i] = Math.Sin(3 * i);
        for (var i = 0; i < batch.Weights.Length; i++) batch.Weights[i] = i % 4 * 0.5;
        (batch.IsWeighted, batch.ClassWeights) = (weighted, classWeights);
        return batch;
    }

    static double[] Outputs(int count) => [.. Enumerable.Range(0, count).Select(i => 2 * Math.Cos(1.7 * i))];

    static double Weight(SampleBatch<double> batch, int i) => batch.IsWeighted ? batch.Weights[i] : 1;

    /// <summary>PyTorch's weighted mean Σwℓ/Σw, w that of the target times that of its class.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Cross_entropy_is_a_weighted_mean(bool weighted, bool byClass)
    {
        double[]? each = byClass ? [1, 0.25, 4] : null;
        var (batch, outputs) = (Batch(Classes, weighted, each), Outputs(18));
        var (sum, total) = (0.0, 0.0);
        for (var i = 0; i < 6; i++)
        {
            var logits = outputs.AsSpan(3 * i, 3).ToArray();
            var w = Weight(batch, i) * (each?[batch.Classes[i]] ?? 1);
            sum += w * (Math.Log(logits.Sum(Math.Exp)) - logits[batch.Classes[i]]);
            total += w;
        }
        Assert.Equal(sum / total, Loss.CrossEntropy.Of(Tensor.From(outputs, [6, 3]), batch).Item(), 1e-14);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void The_squared_error_is_a_weighted_mean_in_its_units(bool weighted, bool inUnits)
    {
        double[] units = inUnits ? [2, 5] : [1, 1];
        var (batch, outputs) = (Batch(Numbers, weighted), Outputs(12));
        var (sum, total) = (0.0, 0.0);
        for (var i = 0; i < 12; i++)
        {
            var error = (outputs[i] - batch.Numbers[i]) / units[i % 2];
            sum += Weight(batch, i / 2) * error * error;
            total += Weight(batch, i / 2);
        }
        var loss = inUnits ? Loss.SquaredErrorIn(units) : Loss.SquaredError;
        Assert.Equal(sum / total, loss.Of(Tensor.From(outputs, [6, 2]), batch).Item(), 1e-14);
    }

    [Fact]
    public void A_batch_in_which_nothing_counts_has_no_loss_and_no_gradient()
    {
        foreach (var (format, loss, outputs) in ((SampleFormat, Loss, double[])[])[(Classes, Loss.CrossEntropy, Outputs(18)), (Numbers, Loss.SquaredError, Outputs(12))])
        {
            var batch = Batch(format, weighted: true);
            batch.Weights.Clear();
            using var tape = new Tape<double>(Device.Cpu);
            var x = tape.Watch(Tensor.From(outputs, [6, outputs.Length / 6]));
            var value = loss.Of(x, batch);
            Assert.Equal(0, value.Item());
            Assert.All(tape.Backward(value)[x].ToArray(), g => Assert.Equal(0, g));
        }
    }

    static double Score(Metric metric, int outputs, params (double[] Outputs, SampleBatch<double> Batch)[] parts)
    {
        var sums = new double[metric.Sums(outputs)];
        foreach (var (values, batch) in parts) metric.Add<double>(values, batch, sums);
        return metric.Of(sums);
    }

    /// <summary>Whatever parts the targets come in, and in whatever tree these are joined.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sums_of_parts_join_to_those_of_the_whole(bool weighted)
    {
        foreach (var format in (SampleFormat[])[Classes, Numbers])
            foreach (var metric in Metric.For(format.Target))
            {
                const int Parts = 5;
                var parts = Enumerable.Range(0, Parts).Select(part =>
                {
                    var batch = Batch(format, weighted);
                    // Means far from each other, and a part in which nothing counts.
                    for (var i = 0; i < batch.Numbers.Length; i++) batch.Numbers[i] += 100 * part * part;
                    if (part == 3 && weighted) batch.Weights.Clear();
                    return (Outputs: Outputs(6 * format.Outputs), Batch: batch);
                }).ToArray();
                var whole = Score(metric, format.Outputs, parts);
                double[] Sums(int part)
                {
                    var sums = new double[metric.Sums(format.Outputs)];
                    metric.Add<double>(parts[part].Outputs, parts[part].Batch, sums);
                    return sums;
                }
                double[] Joined(double[] first, double[] next)
                {
                    metric.Join(next, first);
                    return first;
                }
                var none = new double[metric.Sums(format.Outputs)];
                foreach (var all in (double[][])[
                    Enumerable.Range(0, Parts).Aggregate((double[])[.. none], (sums, part) => Joined(sums, Sums(part))),
                    Joined(Joined(Joined(Sums(0), Sums(1)), Joined(Sums(2), Sums(3))), Joined(Sums(4), [.. none]))])
                    Assert.Equal(whole, metric.Of(all), 1e-12 * Math.Max(1, Math.Abs(whole)));
            }
        // Targets that do not differ have no spread, in parts as in the whole.
        var same = Batch(Numbers, weighted);
        same.Numbers.Fill(0.1);
        double[] some = new double[Metric.R2.Sums(2)], more = new double[some.Length];
        Metric.R2.Add<double>(Outputs(12), same, some);
        Metric.R2.Add<double>(Outputs(12), same, more);
        for (var k = 0; k < 9; k++)
        {
            Metric.R2.Join(more, some);
            Assert.True(double.IsNaN(Metric.R2.Of(some)));
        }
    }

    [Fact]
    public void Accuracy_counts_what_is_right_by_its_weight()
    {
        var (batch, outputs) = (Batch(Classes, weighted: true), Outputs(18));
        var (right, total) = (0.0, 0.0);
        for (var i = 0; i < 6; i++)
        {
            var logits = outputs.AsSpan(3 * i, 3).ToArray();
            if (Array.IndexOf(logits, logits.Max()) == batch.Classes[i]) right += batch.Weights[i];
            total += batch.Weights[i];
        }
        Assert.Equal(right / total, Score(Metric.Accuracy, 3, (outputs, batch)), 1e-15);
        // The first of equal ones; NaN is never right by chance of order.
        Assert.Equal(1 / 3.0, Score(Metric.Accuracy, 3, (new double[18], Batch(Classes, weighted: false))), 1e-15);
        Assert.True(double.IsNaN(Score(Metric.Accuracy, 3)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Squared_error_and_R2_are_those_of_their_definitions_over_batches(bool weighted)
    {
        var (batch, outputs) = (Batch(Numbers, weighted), Outputs(12));
        double[] Of(Func<int, double> value, int k) => [.. Enumerable.Range(0, 6).Select(i => value(2 * i + k))];
        double[] w = [.. Enumerable.Range(0, 6).Select(i => Weight(batch, i))];
        double[] numbers = batch.Numbers.ToArray();
        var (mse, r2) = (0.0, 0.0);
        for (var k = 0; k < 2; k++)
        {
            var (y, o) = (Of(i => numbers[i], k), Of(i => outputs[i], k));
            var mean = y.Zip(w, (a, b) => a * b).Sum() / w.Sum();
            var error = y.Zip(o, (a, b) => (a - b) * (a - b)).Zip(w, (a, b) => a * b).Sum();
            mse += error / w.Sum() / 2;
            r2 += (1 - error / y.Select(v => (v - mean) * (v - mean)).Zip(w, (a, b) => a * b).Sum()) / 2;
        }
        Assert.Equal(mse, Score(Metric.MeanSquaredError, 2, (outputs, batch), (outputs, batch)), 1e-13);
        Assert.Equal(r2, Score(Metric.R2, 2, (outputs, batch), (outputs, batch)), 1e-13);
        Assert.Equal(1, Score(Metric.R2, 2, (numbers, batch)));
        // Targets that do not differ, whatever they are and count.
        foreach (var constant in (double[])[3, 0.1, -1 / 3.0, 1e9 / 7])
            for (var k = 1; k <= 40; k++)
            {
                batch.Numbers.Fill(constant);
                for (var i = 0; i < batch.Weights.Length; i++) batch.Weights[i] = k / 7.0 + i;
                Assert.True(double.IsNaN(Score(Metric.R2, 2, (outputs, batch), (outputs, batch))));
            }
    }
}
