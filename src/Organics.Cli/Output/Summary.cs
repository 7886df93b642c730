using Spectre.Console;

namespace Organics;

/// <summary>The result for people, on stdout.</summary>
static class Summary
{
    const int WidestTable = 20;

    /// <summary>The confusion matrix and the stability.</summary>
    public static void Write(Examination examined, string scores)
    {
        var console = Terminal.Of(Console.Out);
        var confusion = examined.Confusion;
        if (confusion is { Length: <= WidestTable }) console.Write(Confusion(confusion));
        else if (confusion is not null) Console.Out.WriteLine($"The confusion matrix of {confusion.Length} classes is too wide for a table; --json has it.");
        examined.Write(console);
        Console.Out.WriteLine(Printable.Of(scores));
    }

    /// <summary>Metrics in words: "accuracy 97.10 %", "mse 0.0123, r2 0.95".</summary>
    public static string Scores(IReadOnlyDictionary<string, double> metrics)
        => string.Join(", ", metrics.Select(each => each.Key == Metric.Accuracy.Name ? $"{each.Key} {SafeSide.Percent(each.Value):F2} %" : $"{each.Key} {each.Value:G4}"));

    static Table Confusion(int[][] counts)
    {
        var table = new Table().Title("Confusion matrix: true class by class given").Border(TableBorder.Simple);
        table.AddColumn("");
        for (var j = 0; j < counts.Length; j++) table.AddColumn(new TableColumn($"{j}").RightAligned());
        table.AddColumn(new TableColumn("right").RightAligned());
        for (var i = 0; i < counts.Length; i++)
        {
            var total = counts[i].Sum();
            table.AddRow([$"{i}", .. counts[i].Select(count => count == 0 ? "·" : $"{count}"), total == 0 ? "" : $"{SafeSide.Percent((double)counts[i][i] / total, 1):F1} %"]);
        }
        return table;
    }
}
