using System.Globalization;

namespace Organics.Tests;

/// <summary>What is written is the same whatever the culture, and what was written under one is read under another.</summary>
[Collection("culture")]
public sealed class CultureTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> All => Cultures.Names;

    [Theory, MemberData(nameof(All))]
    public void Schedules_are_written_and_read_the_same(string culture)
    {
        string[] texts = ["constant", "step:20:0.7", "step:2:1E-30", "cosine:7"];
        Assert.Equal(texts, Cultures.Under(culture, () =>
        {
            Assert.NotEqual("-0.7", (-0.7).ToString("R", CultureInfo.CurrentCulture));
            Assert.Throws<FormatException>(() => Schedule.Parse("step:20:0,7"));
            return texts.Select(text => $"{Schedule.Parse(text)}").ToArray();
        }));
    }

    [Theory, MemberData(nameof(All))]
    public void Trainings_write_the_same_and_go_on_from_one_culture_to_another(string culture)
    {
        string[] Files(string run) => [.. new[] { "state.safetensors", "model.safetensors" }.Select(file => Convert.ToHexString(File.ReadAllBytes(Path.Combine(_folder[run], file)))), .. Metrics(run)];
        string[] Metrics(string run) => [.. MetricsLog.Read(Path.Combine(_folder[run], "metrics.jsonl")).Select(row => string.Join(' ',
            row.Values.Where(v => v.Key != "seconds").Select(v => FormattableString.Invariant($"{row.Step} {v.Key} {v.Value:R}"))))];
        bool Train(string run, int? epochs)
        {
            var images = new ImageSet([.. Enumerable.Range(0, 44).Select(i => (byte)(37 * i))], [.. Enumerable.Range(0, 11).Select(i => (byte)(i % 3))], 2, 2, 3);
            var model = LinearClassifier<double>.Create(4, 3);
            using var stop = new CancellationTokenSource();
            var trainer = new Trainer<LinearParameters<double>, double>(model, new Adam<LinearParameters<double>, double>(model.Parameters), images, images, Device.Cpu,
                new() { Folder = _folder[run], Epochs = 4, Batch = 4, LearningRate = 0.1, Seed = 5, GradientNorm = true })
            {
                OnProgress = p =>
                {
                    if (p.Epoch == epochs) stop.Cancel();
                },
            };
            if (File.Exists(Path.Combine(_folder[run], "state.safetensors"))) trainer.Resume();
            if (epochs is null) trainer.Run();
            else Assert.Throws<OperationCanceledException>(() => trainer.Run(stop.Token));
            return true;
        }
        Train("alone", null);
        Cultures.Under(culture, () => Train("there", null));
        Cultures.Under(culture, () => Train("from", 1));
        Train("from", null);
        Train("to", 2);
        Cultures.Under(culture, () => Train("to", null));
        Assert.All(["there", "from", "to"], run => Assert.Equal(Files("alone"), Files(run)));
    }
}
