namespace Organics;

/// <summary>One step of one sample.</summary>
/// <param name="Sample">Which sample, from 0.</param>
/// <param name="Step">Which step, from 0.</param>
/// <param name="Spectrum">Of the step from the state before it.</param>
public sealed record CourseStep(int Sample, int Step, StepSpectrum Spectrum);

/// <summary>
/// The spectrum of a recurrent cell along the way that samples take it: at some of their steps, evenly spread, the last among them. A step outside the stable
/// region, with a multiplier |μ| ≥ 1, lets a small perturbation of the state grow there; that along a whole course growth and decay may balance, no single
/// step says.
/// </summary>
/// <param name="Steps">Sample by sample.</param>
public sealed record CourseStability(IReadOnlyList<CourseStep> Steps)
{
    /// <summary>The share of the steps of which not every |μ| &lt; 1 is known to hold. A figure over many steps: what rounding may have made of a multiplier is not
    /// asked.</summary>
    public double Outside => (double)Steps.Count(s => !(s.Spectrum.Radius < 1)) / Steps.Count;

    /// <summary>The largest real part of any eigenvalue, in 1/Δt; NaN if none is known.</summary>
    public double MaxRealPart => Steps.Select(s => s.Spectrum.MaxRealPart).Where(double.IsFinite).DefaultIfEmpty(double.NaN).Max();

    /// <summary>The largest |μ|; NaN if none is known.</summary>
    public double Radius => Steps.Select(s => s.Spectrum.Radius).Where(double.IsFinite).DefaultIfEmpty(double.NaN).Max();

    /// <summary>Examines a model's cell.</summary>
    /// <param name="model">The model, in double whatever precision it was trained in.</param>
    /// <param name="batch">The samples, at least one.</param>
    /// <param name="each">Steps of each sample that are examined; all where there are no more.</param>
    /// <param name="cancellation">Gives up.</param>
    public static CourseStability Of(SequenceModel<double> model, SampleBatch<double> batch, int each, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentOutOfRangeException.ThrowIfLessThan(each, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch.Count, 1, nameof(batch));
        var cell = model.PreparedCell();
        var (steps, channels) = (model.Options.Format.Steps, model.Options.Format.Channels);
        var x = model.Sequence(Tensor.From<double>(batch.Inputs, [batch.Count, steps * channels]));
        var found = new List<CourseStep>();
        for (var sample = 0; sample < batch.Count; sample++)
        {
            var length = batch.HasLengths ? batch.Lengths[sample] : steps;
            var own = x.Slice(sample, 1, axis: 1);
            IReadOnlyList<Tensor<double>> state = [.. model.Initial.Select(s => s.Expand(0, 1))];
            var count = Math.Min(each, length);
            for (int i = 0, t = 0; i < count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                var at = (int)((i + 1L) * length / count) - 1;
                if (at > t) state = cell.Run(own.Slice(t, at - t), state);
                t = at;
                double[] shown = own.Slice(t, 1).ToArray(), now = [.. state.SelectMany(s => s.ToArray())];
                var jacobian = StepSpectrum.Jacobian(cell, shown, now);
                found.Add(new(sample, t, StepSpectrum.Of(cell, shown, now, jacobian)));
            }
        }
        return new(found);
    }
}
