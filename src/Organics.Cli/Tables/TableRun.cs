using System.Globalization;
using System.Reflection;

namespace Organics;

/// <summary>A training of a row that is done.</summary>
/// <param name="Record">With results.</param>
/// <param name="Curve">Its epochs.</param>
sealed record TableRun(RunRecord Record, TrainingCurve Curve)
{
    public TrainingResult Results => Record.Results!;

    /// <summary>Whether what was trained is an ODE, or discretises one, so that its eigenvalues are those of a Jacobian.</summary>
    public bool IsOde => Record.Configuration switch
    {
        StaticRun run => run.Layers(Record.Data.Format).HasDynamics,
        SequenceRun run => SequenceModel<double>.Create(run.Options(Record.Data), run.Seed, Device.Cpu).IsDiscretisedOde,
        _ => false,
    };

    /// <summary>The folder of one training.</summary>
    public static string Folder(string folder, TableRow row, ulong seed) => Path.Combine(folder, $"{row.Name}-s{seed}");

    /// <summary>Trains rows with seeds, one after another. One that diverges is said, and the others go on.</summary>
    /// <param name="rows">Which.</param>
    /// <param name="seeds">With each of these.</param>
    /// <param name="shard">Which part of these trainings, dealt out in turn; null for all.</param>
    /// <param name="train">Trains a row with a seed.</param>
    /// <returns>That of the last training that was not simply done.</returns>
    public static ExitCode TrainAll(IReadOnlyList<TableRow> rows, (int First, int Last) seeds, Shard? shard, Func<TableRow, ulong, ExitCode> train)
    {
        var result = ExitCode.Done;
        var count = (seeds.Last - seeds.First + 1L) * rows.Count;
        if (shard is not null && shard.Index > count) Log.Line($"Part {shard} has none of the {count:N0} trainings.");
        for (long k = 0; k < count; k++)
        {
            if (shard?.Owns(k) == false) continue;
            var (row, seed) = (rows[(int)(k % rows.Count)], (ulong)(seeds.First + k / rows.Count));
            if (count > 1) Log.Line($"{row.Name}, seed {seed}: training {k + 1:N0} of {count:N0}.");
            try
            {
                var code = train(row, seed);
                if (code != ExitCode.Done) result = code;
            }
            catch (Failure failure) when (failure.Code == ExitCode.Diverged && count > 1)
            {
                result = failure.Code;
                Log.Line(failure.Message);
            }
        }
        return result;
    }

    /// <summary>The trainings of a row in a folder, and how many more diverged or are only begun. What is begun is said, and so is what stands under its name but
    /// is something else or cannot be read, which is left out.</summary>
    public static (List<TableRun> Done, int Diverged, int Begun) Own(TableRow row, string folder)
    {
        var done = new List<TableRun>();
        var (diverged, begun) = (0, 0);
        if (!Directory.Exists(folder)) return (done, diverged, begun);
        foreach (var run in Directory.EnumerateDirectories(folder, $"{row.Name}-s*").Order(StringComparer.Ordinal))
        {
            if (!ulong.TryParse(Path.GetFileName(run)[(row.Name.Length + 2)..], NumberStyles.None, CultureInfo.InvariantCulture, out var seed)
                || run != Folder(folder, row, seed) || !File.Exists(Path.Combine(run, RunRecord.File))) continue;
            try
            {
                var record = RunRecord.Read(run);
                if (row.Otherwise(record,
                    seed) is { } difference) Log.Line($"Note: '{run}' is left out, for it is no training of the row {row.Name}: {difference}.");
                else if (record.Results is not null) done.Add(new(record, TrainingCurve.Read(run)));
                else if (File.Exists(Path.Combine(run, ModelFiles.Replay))) diverged++;
                else
                {
                    var epochs = TrainingCurve.Read(run).Epochs.Count;
                    begun++;
                    Log.Line($"Note: '{run}' is begun: {epochs} of {record.Configuration.Epochs} epochs are done; "
                        + $"`{Train.ResumeCommand(record.Configuration, run)}` goes on.");
                }
            }
            catch (Exception error) when (error is Failure or InvalidDataException)
            {
                Log.Line($"Note: '{run}' is left out, for it cannot be read: {error.Message}");
            }
        }
        return (done, diverged, begun);
    }

    /// <summary>Those that came with the tool: run.json and metrics.jsonl under the name of the row and the seed, as tools/record-row leaves them.</summary>
    public static List<TableRun> Recorded(TableRow row)
    {
        var assembly = Assembly.GetExecutingAssembly();
        var names = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith($"{row.Name}-s", StringComparison.Ordinal) && name.EndsWith(".json", StringComparison.Ordinal));
        return [.. names.Order(StringComparer.Ordinal).Select(name => new TableRun(
            RunRecord.Parse(name, Resource(name)), new(MetricsLog.Rows(Resource(Path.ChangeExtension(name, ".jsonl")), name))))];

        byte[] Resource(string name)
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            return content;
        }
    }
}
