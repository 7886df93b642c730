using System.Globalization;

namespace Organics.Tests;

public sealed class FuzzTests
{
    /// <summary>The environment variable that says how many seconds all parsers get together.</summary>
    const string Variable = "ORGANICS_FUZZ_SECONDS";

    static readonly double Seconds = double.TryParse(Environment.GetEnvironmentVariable(Variable), NumberStyles.Float, CultureInfo.InvariantCulture, out var given) ? given : 30;

    public static TheoryData<string> Names => [.. Targets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_parser_throws_what_it_documents_and_ends_soon_whatever_it_is_given(string name)
    {
        var campaign = new Campaign(Targets.All.Single(target => target.Name == name));
        var accepted = campaign.Kept(out var finding);
        Assert.True(finding is null, $"{finding}");
        // A corpus that the parser refuses would lead nowhere.
        Assert.True(accepted > 0, $"No file of Corpus/{name} is accepted.");
        finding = campaign.Run(0, long.MaxValue / 2, TimeSpan.FromSeconds(Seconds / Targets.All.Count));
        Assert.True(finding is null, $"{finding}");
        Assert.True(campaign.Executions > 100, $"Only {campaign.Executions} executions in {Seconds / Targets.All.Count} s.");
        Assert.True(campaign.Accepted > 0, "No mutation is accepted: they are too wild to reach what follows.");
    }

    [Fact]
    public void What_goes_wrong_is_found_and_kept()
    {
        var target = Targets.All[0] with { Name = "circuit", Run = input => input.Length % 7 == 3 ? throw new InvalidOperationException("7") : false };
        var finding = new Campaign(target).Run(0, 1000, TimeSpan.MaxValue);
        Assert.Contains(nameof(InvalidOperationException), finding!.What, StringComparison.Ordinal);
        Assert.Equal(new Mutator(finding.Execution).Of(target), File.ReadAllBytes(finding.File));
        File.Delete(finding.File);
        var slow = target with { Run = _ => { Thread.Sleep(2100); return true; } };
        Assert.Contains("where 2 s are allowed", new Campaign(slow).Run(0, 1, TimeSpan.MaxValue)!.What, StringComparison.Ordinal);
    }

    [Fact]
    public void The_heap_is_limited() => Assert.InRange(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, 1, 1 << 28);
}
