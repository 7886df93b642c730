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

    [Fact]
    public void What_a_killed_process_has_left_is_deleted_once_it_is_too_old_to_be_a_write_and_nothing_else_is()
    {
        using var folder = new TemporaryFolder();
        string path = folder["state"];
        string[] old = [folder[$".state.{Guid.NewGuid():N}.tmp"], folder[$".other.{Guid.NewGuid():N}.tmp"], folder[".state.mine.tmp"], folder[$"state.{Guid.NewGuid():N}.tmp"]];
        string young = folder[$".state.{Guid.NewGuid():N}.tmp"];
        foreach (string file in (string[])[.. old, young]) File.WriteAllText(file, "torn");
        foreach (string file in old) File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(-2));
        AtomicFile.Write(path, stream => stream.Write("new"u8));
        Assert.Equal(new[] { path, young }.Concat(old[1..]).Order(), Directory.GetFiles(folder.Path).Order());
        Assert.Equal([true, true, false, false], old.Select(file => AtomicFile.IsTemporary(Path.GetFileName(file))));
        Assert.All(["", ".", ".tmp", $"..{Guid.NewGuid():N}.tmp", $".{Guid.NewGuid():N}.tmp"], name => Assert.False(AtomicFile.IsTemporary(name)));
    }
}
