using System.Text.RegularExpressions;

namespace Organics.Tests;

public sealed class CultureTests : IDisposable
{
    readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    /// <summary>The commands that read and write numbers, with globalization on: what they print and leave is what they print and leave without.</summary>
    [Fact]
    public void Every_command_prints_and_leaves_the_same_under_any_culture()
    {
        File.WriteAllText(_cli.PathOf("circuit.json"), """{"n":2,"z":[0.9,-0.3],"b":[1,1],"b0":[0.5,0.5],"sigma":[0.1,0.1],"tauY":[1,1],"tauA":[2,2],"W":[[1,0.5],[0.5,1]],"Wr":[[0.8,-0.1],[0,0.8]]}""");
        var expected = Commands("run-plain");
        foreach (var locale in (string[])["de_DE.UTF-8", "sv_SE.UTF-8", "ar_SA.UTF-8"])
        {
            // Where .NET finds no ICU it does not even begin with globalization on, and there is nothing to compare.
            if (_cli.Start(["--version"], Under(locale)).Wait().Code != 0) return;
            Assert.Equal(expected, Commands($"run-{locale[..2]}", Under(locale)));
        }
    }

    static (string, string)[] Under(string locale) => [("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "0"), ("LC_ALL", locale)];

    string[] Commands(string folder, params (string, string)[] variables)
    {
        string[] training = [.. _cli.Training(folder, "--lr", "0.003", "--sigma", "0.5", "--epochs", "2"), "--json"];
        string[][] commands =
        [
            training,
            ["train", "static", "--resume", folder, "--epochs", "3"],
            ["eval", folder],
            ["eval", folder, "--json"],
            ["circuit", "circuit.json"],
            ["simulate", "circuit.json", "--time", "2.5", "--out", $"{folder}-course"],
            ["phase", "--wr", "2.5", "--z", "-0.5"],
            ["stability", "sweep", "--n", "2", "--trials", "20", "--out", $"{folder}-sweep"],
            ["train", "static", "--lr", "0,003"],
        ];
        var said = commands.Select(command =>
        {
            var outcome = _cli.Start(command, variables).Wait();
            return Steady($"{outcome.Code}\n{outcome.Out}\n{outcome.Error}", folder);
        });
        var left = Directory.GetFiles(_cli.Folder, "*", SearchOption.AllDirectories).Where(file => Path.GetRelativePath(_cli.Folder, file).StartsWith(folder, StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        return [.. said, .. left.Where(file => !file.EndsWith(".safetensors", StringComparison.Ordinal)).Select(file => Steady($"{Path.GetFileName(file)}\n{File.ReadAllText(file)}", folder))];
    }

    /// <summary>Without what time decides and the name of the folder.</summary>
    static string Steady(string text, string folder) =>
        Regex.Replace(text.Replace(folder, "FOLDER", StringComparison.Ordinal), """(?<=(seconds|seconds_per_epoch|samples_per_second)"?: ?)[\d.eE+-]+|[\d.,]+(?= (s|circuits/s)\b)""", "TIME");
}
