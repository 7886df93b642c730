using System.Globalization;
using Organics.Tests;

// dotnet run -c Release --project tests/Organics.Fuzz.Tests -- NAME EXECUTIONS [FIRST]
var target = args.Length is 2 or 3 ? Targets.All.FirstOrDefault(each => each.Name == args[0]) : null;
if (target is null
    || !long.TryParse(args[1], NumberStyles.None, CultureInfo.InvariantCulture, out var executions)
    || !long.TryParse(args.ElementAtOrDefault(2) ?? "0", NumberStyles.None, CultureInfo.InvariantCulture, out var first))
{
    Console.Error.WriteLine($"Give a parser ({string.Join(", ", Targets.All.Select(each => each.Name))}), a number of executions and, if need be, the number of the first, as in: circuit 10000000");
    return 2;
}
var campaign = new Campaign(target);
var finding = campaign.Run(first, executions, TimeSpan.MaxValue);
Console.Out.WriteLine($"{target.Name}: {campaign.Executions:N0} executions, {campaign.Accepted:N0} accepted, the slowest {campaign.Slowest.TotalMilliseconds:F1} ms.");
if (finding is null) return 0;
Console.Error.WriteLine(finding);
return 1;
