namespace Organics.Tests;

public sealed class SuggestionTests
{
    [Theory]
    [InlineData("", "abc", 3)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("--epoch", "--epochs", 1)]
    [InlineData("trian", "train", 1)]
    [InlineData("same", "same", 0)]
    public void The_distance_counts_insertions_deletions_replacements_and_exchanged_neighbours(string from, string to, int distance)
    {
        Assert.Equal(distance, Suggestion.Distance(from, to));
        Assert.Equal(distance, Suggestion.Distance(to, from));
    }

    [Fact]
    public void The_nearest_name_is_suggested_and_a_far_one_is_not()
    {
        string[] names = ["--epochs", "--batch", "--seed"];
        Assert.Equal("--epochs", Suggestion.Nearest("--epcohs", names));
        Assert.Null(Suggestion.Nearest("--temperature", names));
        Assert.Null(Suggestion.Nearest("anything", []));
        Assert.Equal("z", Suggestion.Nearest("Z", ["n", "z"]));
        Assert.Null(Suggestion.Nearest(new string('-', 100_000), names));
    }
}
