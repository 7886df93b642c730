#:property PublishAot=false

// Keeps finished trainings as recorded rows of the paper's tables: dotnet run tools/record-row/record-row.cs -- RUN-FOLDER…
// A folder is called as its row and seed, lstm-128-s0; its run.json and what the figures need of its metrics.jsonl go where the tool embeds them. What only
// the machine knew, its folders, is left out, and so is the confusion matrix. A model of a sequence is kept whole in examples/models, with its pictures and
// all of its metrics.

using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

const string Recorded = "src/Organics.Cli/Tables/Recorded", Models = "examples/models";
string[] kept = ["step", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "not_converged"];
if (args.Length == 0 || !Directory.Exists(Recorded))
{
    Console.Error.WriteLine("usage, in the root of the repository: dotnet run tools/record-row/record-row.cs -- RUN-FOLDER…");
    return 2;
}
// The rows of both tables, of each folder that holds trainings.
var shown = new Dictionary<string, JsonNode?[]>();
var indented = new JsonSerializerOptions { WriteIndented = true, IndentSize = 1, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
foreach (var folder in args)
{
    var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
    var name = Path.GetFileName(path);
    if (!IsOfItsRow(path))
    {
        Console.Error.WriteLine($"'{folder}' holds no finished training of a row of the paper's tables that is called so; "
            + "`organics reproduce table1` and `table2`, with --out and the folder that it is in, say why.");
        return 1;
    }
    var run = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "run.json")))!.AsObject();
    var results = run["results"]!.AsObject();
    run["configuration"]!.AsObject().Remove("data_dir");
    (run["origin"] as JsonObject)?.Remove("command");
    results.Remove("confusion");
    var checkpoint = (string)results["checkpoint"]!;
    if (Path.IsPathRooted(checkpoint)) results["checkpoint"] = string.Join('/', checkpoint.Split('/')[^4..]);
    // Earlier versions called validation's accuracy otherwise.
    var lines = File.ReadLines(Path.Combine(folder, "metrics.jsonl")).Select(line => new JsonObject(JsonNode.Parse(line)!.AsObject()
        .Select(pair => KeyValuePair.Create(pair.Key == "val_acc" ? "val_accuracy" : pair.Key, pair.Value?.DeepClone()))
        .Where(pair => kept.Contains(pair.Key) || pair.Key.StartsWith("stability/", StringComparison.Ordinal))).ToJsonString());
    File.WriteAllText(Path.Combine(Recorded, name + ".json"), run.ToJsonString(indented) + "\n");
    File.WriteAllText(Path.Combine(Recorded, name + ".jsonl"), string.Join('\n', lines) + "\n");
    if (name.EndsWith("-s0", StringComparison.Ordinal) && name.Split('-', 2) is ["s" or "ps", _] parts)
    {
        var model = $"{Models}/{parts[0]}mnist-{parts[1][..^3].Replace("organics-", "")}";
        Directory.CreateDirectory(model);
        foreach (var file in Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path)!).Where(IsShown))
            File.Copy(Path.Combine(folder, file), Path.Combine(model, file), overwrite: true);
        results["checkpoint"] = $"{model}/model.safetensors";
        File.WriteAllText(Path.Combine(model, "run.json"), run.ToJsonString(indented) + "\n");
    }
    Console.WriteLine($"{name}: {(double)results["test_accuracy"]!:P2}, {results["epochs"]} epochs.");
}
return 0;

// Whether a table shows a folder as a training of the row and seed that it is named after.
bool IsOfItsRow(string path)
{
    if (Path.GetFileName(path).Split("-s") is not [.., var last] || !ulong.TryParse(last, out var seed)) return false;
    var row = Path.GetFileName(path)[..^(last.Length + 2)];
    var parent = Path.GetDirectoryName(path)!;
    if (!shown.TryGetValue(parent, out var rows)) shown[parent] = rows = [.. Rows("table1", parent), .. Rows("table2", parent)];
    return rows.FirstOrDefault(each => (string)each!["row"]! == row) is { } found
        && !(bool)found["is_recorded"]! && found["seeds"]!.AsArray().Any(each => (ulong)each! == seed);
}

// The rows of a table as the tool shows them, with the trainings in a folder.
static JsonArray Rows(string table, string folder)
{
    var tool = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
    foreach (var word in (string[])["run", "--project", "src/Organics.Cli", "-c", "Release", "--", "reproduce", table, "--out", folder, "--json"])
        tool.ArgumentList.Add(word);
    using var process = Process.Start(tool)!;
    var rows = JsonNode.Parse(process.StandardOutput.ReadToEnd())!["rows"]!.AsArray();
    process.WaitForExit();
    return rows;
}

// What can be drawn from the model and a sample is left out.
static bool IsShown(string file) => file is "model.safetensors" or "metrics.jsonl"
    || (file.EndsWith(".svg", StringComparison.Ordinal) && !file.StartsWith("trajectory", StringComparison.Ordinal));
