using System.Numerics;

namespace Organics;

/// <summary>The model that a configuration describes.</summary>
static class StaticModel
{
    /// <summary>The model at the beginning of its training.</summary>
    public static StaticClassifier<T> Create<T>(StaticRun run, DataRecord data, Device device) where T : unmanaged, IFloatingPointIeee754<T> =>
        StaticClassifier<T>.Create(data.Rows * data.Columns, data.Classes, [.. run.Hidden], run.Recurrence == "learned", run.Sigma, run.Seed, device);

    /// <summary>The numbers of the model that are not trained, for readers of model.safetensors; this tool takes them from run.json.</summary>
    public static IReadOnlyList<SafeTensor> Constants(StaticRun run) =>
        [.. Enumerable.Range(1, run.Hidden.Count).Select(layer => SafeTensor.From<double>($"org{layer}.sigma", [], [run.Sigma]))];

    /// <summary>Text for the header of model.safetensors; the same run always has the same.</summary>
    public static IReadOnlyDictionary<string, string> Metadata(StaticRun run) => new Dictionary<string, string>
    {
        ["format"] = "organics-model-1",
        ["model"] = "static",
        ["hidden"] = string.Join(',', run.Hidden),
        ["recurrence"] = run.Recurrence,
    };

    /// <summary>In words.</summary>
    public static string Describe(StaticRun run) =>
        $"{string.Join(" and ", run.Hidden)} units with {(run.Recurrence == "learned" ? "learned" : "identity")} recurrence in {run.Precision}";
}
