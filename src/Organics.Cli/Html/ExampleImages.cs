using System.Numerics;

namespace Organics;

/// <summary>Test images as a model takes them for one class or another.</summary>
static class ExampleImages
{
    // Few images of many: what is shown is an example.
    const int MostLookedAt = 5000, MostMistakes = 8, Each = 8, Batch = 256, MostClasses = 20;

    /// <summary>Adds, for the most frequent mistakes, some images of each, and one of every class that was told.</summary>
    public static void Add<P, T>(HtmlReport page, IModel<P, T> model, SampleSet test, Device device, CancellationToken cancellation)
        where P : IParameters<P, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var format = test.Format;
        if (!format.IsImage || format.Target != TargetKind.Class || format.PerStep)
        {
            page.Text("The samples are no images with a class each, so there are no examples to be seen.");
            return;
        }
        var (right, wrong) = (new SortedDictionary<int, double[]>(), new Dictionary<(int True, int Given), (int Count, List<double[]> Images)>());
        var looked = 0;
        using var workspace = new Workspace<T>(device);
        foreach (var batch in test.Batches<T>(Batch))
        {
            cancellation.ThrowIfCancellationRequested();
            if (looked + batch.Count > MostLookedAt) break;
            looked += batch.Count;
            var outputs = model.Evaluate(model.Parameters, workspace.From(batch.Inputs, [batch.Count, format.Width]), batch).Outputs.ToArray();
            for (var i = 0; i < batch.Count; i++)
            {
                var (known, given) = (batch.Classes[i], Tensor.Argmax<T>(outputs.AsSpan(i * format.Outputs, format.Outputs)));
                double[] Pixels(SampleBatch<T> of) => [.. of.Inputs.Slice(i * format.Width, format.Width).ToArray().Select(double.CreateTruncating)];
                if (known == given)
                {
                    if (right.Count < MostClasses && !right.ContainsKey(known)) right[known] = Pixels(batch);
                    continue;
                }
                var (count, images) = wrong.GetValueOrDefault((known, given), (0, []));
                if (images.Count < Each) images.Add(Pixels(batch));
                wrong[(known, given)] = (count + 1, images);
            }
            workspace.Reset();
        }
        if (right.Count > 0) page.Images("Told right", right.Select(each => (each.Value, $"{each.Key}")), format.Steps, format.Channels);
        foreach (var ((known, given), (count, images)) in wrong.OrderByDescending(w => w.Value.Count).ThenBy(w => w.Key).Take(MostMistakes))
            page.Images($"{known} taken for {given}, {count} time{(count == 1 ? "" : "s")}", images.Select(pixels => (pixels, $"{known} → {given}")),
                format.Steps, format.Channels);
        if (looked < test.Count) page.Text($"Mistakes were looked for among the first {looked:N0} test images.");
        if (wrong.Count == 0) page.Text("No image was taken for another class.");
    }
}
