namespace Organics.Tests;

public sealed class ShapeTests
{
    [Fact]
    public void Extents_are_counted_from_either_end()
    {
        Shape s = [2, 3, 4, 5];
        Assert.Equal((4, 120, 2, 5, 5, 2), (s.Rank, s.Length, s[0], s[3], s[-1], s[-4]));
        Assert.Equal((0, 1), (Shape.Scalar.Rank, Shape.Scalar.Length));
        Assert.Equal(1, default(Shape).Length);
        Assert.Equal((6, 4, 5), s.Around(2));
        Assert.Equal((6, 4, 5), s.Around(-2));
        Assert.Equal((1, 2, 60), s.Around(0));
        Assert.Equal([2, 3, 5], s.Without(2));
        Assert.Equal([3, 4, 5], s.Without(-4));
        Assert.Equal([2, 9, 4, 5], s.With(1, 9));
        Assert.Equal([2, 9, 4, 5], s.With(-3, 9));
        Assert.Equal([7, 2, 3], Shape.Of(2, 3).Insert(0, 7));
        Assert.Equal((3, 2), (Shape.Of(2, 3)[^1], Shape.Of(2, 3)[^2]));
        Assert.Equal([2, 3, 7], Shape.Of(2, 3).Insert(2, 7));
        Assert.Equal([2, 3, 7], Shape.Of(2, 3).Insert(-1, 7));
        Assert.Equal([7, 2, 3], Shape.Of(2, 3).Insert(-3, 7));
        Assert.Equal([2, 3, 4, 5], s.ToArray());
        Assert.Equal("[2, 3, 4, 5]", s.ToString());
        Assert.Equal("[]", Shape.Scalar.ToString());
        Assert.Equal(0, Shape.Of(3, 0).Length);
    }

    [Fact]
    public void Shapes_are_equal_when_all_extents_and_the_rank_are()
    {
        Assert.True(Shape.Of(2, 3) == [2, 3]);
        Assert.True(Shape.Of(2, 3) != [3, 2]);
        Assert.True(Shape.Of(2) != [2, 0]);
        Assert.True(Shape.Of(0) != Shape.Scalar);
        Assert.Equal(Shape.Of(2, 3).GetHashCode(), Shape.Of(2, 3).GetHashCode());
        Assert.True(Shape.Scalar.Equals((object)default(Shape)));
        Assert.False(Shape.Of(1).Equals("[1]"));
    }

    [Fact]
    public void A_suffix_is_the_trailing_part()
    {
        Shape s = [2, 3, 4];
        foreach (var suffix in (Shape[])[[2, 3, 4], [3, 4], [4], []]) Assert.True(suffix.IsSuffixOf(s));
        foreach (var other in (Shape[])[[2, 3], [3], [1, 3, 4], [1, 2, 3, 4], [4, 4]]) Assert.False(other.IsSuffixOf(s));
    }

    [Fact]
    public void Impossible_shapes_are_refused_in_a_sentence()
    {
        static void Says(Func<object?> f, params string[] words)
        {
            var message = Assert.Throws<ShapeException>(f).Message;
            Assert.All(words, w => Assert.Contains(w, message, StringComparison.Ordinal));
        }

        Says(() => Shape.Of(1, 2, 3, 4, 5), "at most 4", "5 were given", "Reshape");
        Says(() => Shape.Of(2, -1), "-1", "0 or more");
        Says(() => Shape.Of(65536, 32768), "[65536, 32768]", "2³¹ − 1", "split");
        Says(() => Shape.Of(2, 3)[2], "Axis 2", "[2, 3]", "0 to 1");
        Says(() => Shape.Of(2, 3).Around(-3), "Axis -3");
        Says(() => Shape.Of(2, 3).Without(5), "Axis 5");
        Says(() => Shape.Of(2, 3).With(-3, 1), "Axis -3");
        Says(() => Shape.Of(2, 3).Insert(-4, 1), "-4", "[2, 3]", "0 to 2");
        Says(() => Shape.Scalar[0], "Axis 0", "Reshape");
    }
}
