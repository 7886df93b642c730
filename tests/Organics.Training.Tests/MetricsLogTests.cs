namespace Organics.Tests;

public sealed class MetricsLogTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    string LogPath => _folder["metrics.jsonl"];

    public void Dispose() => _folder.Dispose();

    static Dictionary<string, double> Loss(double value) => new() { ["train_loss"] = value };

    string[] Lines()
    {
        using var stream = new FileStream(LogPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    [Fact]
    public void Each_line_is_there_as_soon_as_it_is_appended()
    {
        using var log = new MetricsLog(LogPath);
        log.Append(1, new Dictionary<string, double> { ["train_loss"] = 0.5, ["val_acc"] = 1e-20 });
        Assert.Equal(["""{"step":1,"train_loss":0.5,"val_acc":1E-20}"""], Lines());
        log.Append(2, Loss(double.NaN));
        Assert.Equal("""{"step":2,"train_loss":"NaN"}""", Lines()[1]);
    }

    [Fact]
    public void Numbers_come_back_as_they_were()
    {
        double[] values = [0.1, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, -1 / 3.0];
        using (var log = new MetricsLog(LogPath))
            for (int i = 0; i < values.Length; i++) log.Append(i, Loss(values[i]));
        Assert.Equal(values, MetricsLog.Read(LogPath).Select(row => row.Values["train_loss"]));
    }

    [Fact]
    public void A_torn_last_line_is_dropped_and_the_log_goes_on()
    {
        File.WriteAllText(LogPath, "{\"step\":1,\"train_loss\":1}\n{\"step\":2,\"train_l");
        Assert.Single(MetricsLog.Read(LogPath));
        using (var log = new MetricsLog(LogPath)) log.Append(2, Loss(2));
        Assert.Equal(["""{"step":1,"train_loss":1}""", """{"step":2,"train_loss":2}"""], Lines());
    }

    [Fact]
    public void Lines_past_the_resumed_step_are_dropped()
    {
        using var log = new MetricsLog(LogPath);
        for (int step = 0; step < 5; step++) log.Append(step, Loss(step));
        log.TruncateAfter(2);
        log.Append(3, Loss(30));
        Assert.Equal([0, 1, 2, 30], MetricsLog.Read(LogPath).Select(row => row.Values["train_loss"]));
    }

    [Theory]
    [InlineData("nonsense\n")]
    [InlineData("{\"train_loss\":1}\n")]
    [InlineData("{\"step\":1} {}\n")]
    [InlineData("{\"step\":1,\"x\":[1]}\n")]
    [InlineData("[1]\n")]
    [InlineData("{\"step\":-1}\n")]
    [InlineData("{\"step\":1,\"step\":1}\n")]
    [InlineData("{\"step\":1,\"x\":1,\"x\":2}\n")]
    [InlineData("{\"step\":1,\"x\":1,\"\\u0078\":2}\n")]
    [InlineData("{\"step\":1,\"x\":1e999}\n")]
    [InlineData("{\"step\":1,\"\\ud800\":1}\n")]
    public void A_foreign_file_is_refused_and_left_alone(string content)
    {
        File.WriteAllText(LogPath, content);
        Assert.Contains("Line 1", Assert.Throws<InvalidDataException>(() => new MetricsLog(LogPath)).Message);
        Assert.Equal(content, File.ReadAllText(LogPath));
    }

    [Fact]
    public void A_metric_cannot_take_the_name_of_the_step()
    {
        using var log = new MetricsLog(LogPath);
        Assert.Throws<ArgumentException>(() => log.Append(1, new Dictionary<string, double> { ["step"] = 1 }));
        Assert.Empty(Lines());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    public void Steps_only_grow(int next)
    {
        File.WriteAllText(LogPath, $"{{\"step\":2}}\n{{\"step\":{next}}}\n");
        Assert.Contains("Line 2", Assert.Throws<InvalidDataException>(() => MetricsLog.Read(LogPath)).Message);
        File.WriteAllText(LogPath, "{\"step\":2}\n");
        using var log = new MetricsLog(LogPath);
        Assert.Throws<ArgumentOutOfRangeException>(() => log.Append(next, Loss(1)));
        Assert.Throws<ArgumentException>(() => log.Append(3, [new("x", 1), new("x", 2)]));
        log.TruncateAfter(0);
        log.Append(next, Loss(1));
        Assert.Equal([next], MetricsLog.Read(LogPath).Select(row => (int)row.Step));
    }
}
