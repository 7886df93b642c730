namespace Organics.Tests;

public sealed class CircuitVariantTests
{
    /// <summary>All there are: every one is read as it is written, and has changes of it.</summary>
    [Fact]
    public void Every_form_is_read_as_it_is_written()
    {
        var seen = new HashSet<string>();
        foreach (var drive in (bool[])[false, true])
            foreach (var recurrence in Enum.GetValues<RecurrentRectifier>())
                foreach (var clamp in (bool[])[false, true])
                    foreach (var identity in (bool[])[false, true])
                    {
                        var form = new CircuitVariant(drive, recurrence, clamp, identity);
                        Assert.True(seen.Add($"{form}"));
                        Assert.Equal(form, CircuitVariant.Parse($"{form}"));
                        Assert.Equal(form, CircuitVariant.Parse($"authors,identity_plus={identity},clamp_w={clamp},recurrence={recurrence},rectify_drive={drive}"));
                    }
        Assert.Equal(24, seen.Count);
        foreach (var name in (string[])["paper", "authors", "unrectified"]) Assert.Contains(name, seen);
    }

    [Fact]
    public void A_change_leaves_the_rest()
    {
        Assert.Equal(CircuitVariant.Paper with { Recurrence = RecurrentRectifier.None }, CircuitVariant.Parse("paper,recurrence=none"));
        Assert.Equal(CircuitVariant.Unrectified with { ClampW = false }, CircuitVariant.Parse("unrectified,clamp_w=False"));
        Assert.Equal(CircuitVariant.Authors, CircuitVariant.Parse("unrectified,recurrence=Outside"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("papre")]
    [InlineData("recurrence=None")]
    [InlineData("paper,")]
    [InlineData("paper,authors")]
    [InlineData("paper,recurrence=1")]
    [InlineData("paper,recurrence=Elsewhere")]
    [InlineData("paper,clamp_w=1")]
    [InlineData("paper,clamp_w=true,clamp_w=true")]
    [InlineData("paper,sigma=2")]
    [InlineData("rectify_drive=True,recurrence=None,clamp_w=True,clamp_w=False,identity_plus=True")]
    public void What_is_no_form_is_refused(string text)
    {
        var error = Assert.Throws<FormatException>(() => CircuitVariant.Parse(text));
        Assert.StartsWith("paper, authors or unrectified is expected, or one of them with changes", error.Message, StringComparison.Ordinal);
        if (text == "papre") Assert.EndsWith("did you mean paper?", error.Message, StringComparison.Ordinal);
    }
}
