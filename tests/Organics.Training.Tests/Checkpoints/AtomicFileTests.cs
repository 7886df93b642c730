namespace Organics.Tests;

public class AtomicFileTests
{
    [Fact]
    public void A_writer_that_fails_half_way_leaves_the_old_file_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        string path = folder["state"];
        AtomicFile.Write(path, stream => stream.Write("old"u8));
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write("new, but"u8);
            stream.Flush();
            throw new InvalidOperationException("power");
        }));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_file_is_created_with_its_folder_and_replaced_whole()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder["a"], "b", "state");
        AtomicFile.Write(path, stream => stream.Write("long content"u8));
        AtomicFile.Write(path, stream => stream.Write("short"u8));
        Assert.Equal("short", File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));
    }
}
