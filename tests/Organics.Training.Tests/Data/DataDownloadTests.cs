namespace Organics.Tests;

public sealed class DataDownloadTests : IDisposable
{
    readonly TemporaryFolder _cache = new();
    readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };

    public void Dispose()
    {
        _http.Dispose();
        _cache.Dispose();
    }

    DataDownload Download() => new(_http) { FirstDelay = TimeSpan.FromMilliseconds(1), IdleTimeout = TimeSpan.FromSeconds(20) };

    static readonly byte[][] Good = [.. DataCatalogTests.Tiny().Raw.Select(IdxTests.Gzip)];

    static string FileName(int i) => DataCatalog.Mnist.Files[i].Name + ".gz";

    static byte[] Content(LoopbackRequest request) => Good[Array.FindIndex([0, 1, 2, 3], i => request.Path == "/" + FileName(i))];

    string Stored(int i) => Path.Combine(_cache["tiny"], FileName(i));

    static LoopbackServer Serving(Func<LoopbackRequest, int, byte[]?>? first = null)
    {
        int count = 0;
        return new LoopbackServer((request, stream, _) =>
        {
            byte[] content = Content(request);
            if (first?.Invoke(request, count++) is { } instead) return LoopbackServer.SendAsync(stream, "200 OK", instead, content.Length);
            return request.From is { } from
                ? LoopbackServer.SendAsync(stream, "206 Partial Content", content.AsMemory((int)from), extra: $"Content-Range: bytes {from}-{content.Length - 1}/{content.Length}\r\n")
                : LoopbackServer.SendAsync(stream, "200 OK", content);
        });
    }

    static LoopbackServer Answering(string status) => new((_, stream, _) => LoopbackServer.SendAsync(stream, status, ReadOnlyMemory<byte>.Empty));

    sealed class Last : IProgress<DownloadProgress>
    {
        public DownloadProgress Value { get; private set; }
        public void Report(DownloadProgress value) => Value = value;
    }

    void AssertComplete(PublishedDataSet set)
    {
        Assert.Equal(2, DataCatalog.Load(set, _cache.Path).Train.Count);
        Assert.Empty(Directory.GetFiles(_cache["tiny"], "*.part"));
    }

    [Fact]
    public async Task All_four_files_arrive_and_progress_ends_at_the_last_byte()
    {
        using LoopbackServer server = Serving();
        (PublishedDataSet set, _) = DataCatalogTests.Tiny(server.Address);
        var progress = new Last();
        await Download().GetAsync(set, _cache.Path, progress);
        AssertComplete(set);
        Assert.Equal(new DownloadProgress(set.Files[3].Name, Good[3].Length, Good[3].Length), progress.Value);
        Assert.Equal(4, server.Requests.Count);
    }

    [Fact]
    public async Task A_good_set_is_not_fetched_again_and_not_touched()
    {
        using LoopbackServer server = Serving();
        (PublishedDataSet set, _) = DataCatalogTests.Tiny(server.Address);
        await Download().GetAsync(set, _cache.Path);
        File.SetLastWriteTimeUtc(Stored(0), DateTime.UnixEpoch);
        await Download().GetAsync(set, _cache.Path);
        Assert.Equal(4, server.Requests.Count);
        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(Stored(0)));
    }

    [Fact]
    public async Task A_truncated_body_is_resumed_from_where_it_broke_off()
    {
        using LoopbackServer server = Serving((request, count) => count == 0 ? Content(request)[..20] : null);
        (PublishedDataSet set, _) = DataCatalogTests.Tiny(server.Address);
        await Download().GetAsync(set, _cache.Path);
        AssertComplete(set);
        Assert.Equal(20, server.Requests.ElementAt(1).From);
    }

    [Fact]
    public async Task A_server_that_ignores_the_range_is_read_from_the_start()
    {
        using var server = new LoopbackServer((request, stream, _) => LoopbackServer.SendAsync(stream, "200 OK", Content(request)));
        (PublishedDataSet set, _) = DataCatalogTests.Tiny(server.Address);
        Directory.CreateDirectory(_cache["tiny"]);
        File.WriteAllBytes(Stored(0) + ".part", Good[0][..11]);
        await Download().GetAsync(set, _cache.Path);
        AssertComplete(set);
        Assert.Equal(11, server.Requests.First().From);
    }

    [Fact]
    public async Task A_part_that_does_not_fit_is_thrown_away_and_fetched_afresh()
    {
        using LoopbackServer server = Serving();
        (PublishedDataSet set, _) = DataCatalogTests.Tiny(server.Address);
        Directory.CreateDirectory(_cache["tiny"]);
        File.WriteAllBytes(Stored(0) + ".part", new byte[15]);
        await Download().GetAsync(set, _cache.Path);
        AssertComplete(set);
        Assert.Null(server.Requests.ElementAt(1).From);
    }

    [Theory]
    [InlineData("404 Not Found", 1)]
    [InlineData("503 Service Unavailable", 3)]
    public async Task The_second_mirror_serves_where_the_first_fails(string status, int tries)
    {
        using LoopbackServer bad = Answering(status), good = Serving();
        (PublishedDataSet set, _) = DataCatalogTests.Tiny(bad.Address, good.Address);
        await Download().GetAsync(set, _cache.Path);
        AssertComplete(set);
        Assert.Equal(4 * tries, bad.Requests.Count);
    }

    [Fact]
    public async Task A_mirror_that_is_down_is_passed_over()
    {
        Uri down;
        using (LoopbackServer closed = Serving()) down = closed.Address;
        using LoopbackServer good = Serving();
        (PublishedDataSet set, _) = DataCatalogTests.Tiny(down, good.Address);
        await Download().GetAsync(set, _cache.Path);
        AssertComplete(set);
    }

    [Fact]
    public async Task Corrupt_content_is_never_kept_and_never_replaces_what_is_there()
    {
        byte[] wrong = (byte[])DataCatalogTests.Tiny().Raw[0].Clone();
        wrong[^1] ^= 1;
        byte[] corrupt = IdxTests.Gzip(wrong);
        using var server = new LoopbackServer((_, stream, _) => LoopbackServer.SendAsync(stream, "200 OK", corrupt));
        (PublishedDataSet set, byte[][] raw) = DataCatalogTests.Tiny(server.Address);
        Directory.CreateDirectory(_cache["tiny"]);
        File.WriteAllBytes(Stored(1), Good[1]);
        string message = (await Assert.ThrowsAsync<DataUnavailableException>(() => Download().GetAsync(set, _cache.Path))).Message;
        Assert.Contains("SHA-256", message);
        Assert.Equal([Stored(1)], Directory.GetFiles(_cache["tiny"]));
        Assert.Equal(Good[1], File.ReadAllBytes(Stored(1)));
        Assert.NotEqual(raw[0], wrong);
    }

    [Fact]
    public async Task A_corrupt_file_in_the_cache_is_replaced_by_a_good_one()
    {
        using LoopbackServer server = Serving();
        (PublishedDataSet set, byte[][] raw) = DataCatalogTests.Tiny(server.Address);
        Directory.CreateDirectory(_cache["tiny"]);
        raw[0][^1] ^= 1;
        File.WriteAllBytes(Path.Combine(_cache["tiny"], set.Files[0].Name), raw[0]);
        await Download().GetAsync(set, _cache.Path);
        AssertComplete(set);
    }

    [Fact]
    public async Task A_silent_server_is_given_up_after_the_idle_timeout()
    {
        using var silent = new LoopbackServer(async (request, stream, stop) =>
        {
            await LoopbackServer.SendAsync(stream, "200 OK", Content(request).AsMemory(0, 8), Content(request).Length);
            await Task.Delay(Timeout.Infinite, stop);
        });
        (PublishedDataSet set, _) = DataCatalogTests.Tiny(silent.Address);
        // On a busy machine what little it sends may come late; silence alone is asked about.
        var download = new DataDownload(_http) { AttemptsPerMirror = 1, IdleTimeout = TimeSpan.FromMilliseconds(200), LeastRate = 0 };
        string message = (await Assert.ThrowsAsync<DataUnavailableException>(() => download.GetAsync(set, _cache.Path))).Message;
        Assert.Contains("sent nothing for 0.2 s", message);
    }

    [Theory]
    [InlineData(1e6, false)]
    [InlineData(1, true)]
    public async Task A_server_that_sends_less_than_the_least_rate_is_given_up_and_one_that_sends_more_is_not(double leastRate, bool arrives)
    {
        using var slow = new LoopbackServer(async (request, stream, stop) =>
        {
            byte[] content = Content(request);
            int from = (int)(request.From ?? 0);
            await LoopbackServer.SendAsync(stream, from > 0 ? "206 Partial Content" : "200 OK", ReadOnlyMemory<byte>.Empty, content.Length - from,
                from > 0 ? $"Content-Range: bytes {from}-{content.Length - 1}/{content.Length}\r\n" : "");
            for (int i = from; i < content.Length; i++)
            {
                await stream.WriteAsync(content.AsMemory(i, 1), stop);
                await Task.Delay(10, stop);
            }
        });
        (PublishedDataSet set, _) = DataCatalogTests.Tiny(slow.Address);
        var download = new DataDownload(_http) { AttemptsPerMirror = 2, FirstDelay = TimeSpan.FromMilliseconds(1), IdleTimeout = TimeSpan.FromMilliseconds(150), LeastRate = leastRate };
        if (arrives)
        {
            await download.GetAsync(set, _cache.Path);
            AssertComplete(set);
            return;
        }
        string message = (await Assert.ThrowsAsync<DataUnavailableException>(() => download.GetAsync(set, _cache.Path))).Message;
        Assert.Matches(@"sent \d+ bytes a second, where 1000000 are the least", message);
        Assert.Equal(2, slow.Requests.Count);
        Assert.True(new FileInfo(Stored(0) + ".part").Length >= slow.Requests.Last().From);
    }

    [Theory]
    [InlineData("206 Partial Content", "bytes 0-{1}/{0}")]
    [InlineData("206 Partial Content", "bytes */{0}")]
    [InlineData("206 Partial Content", "bytes {0}-{1}/{0}")]
    [InlineData("416 Range Not Satisfiable", "bytes */{0}")]
    [InlineData("200 OK", null)]
    public async Task A_part_that_is_complete_is_taken_and_one_of_the_same_length_that_is_damaged_fetched_afresh(string status, string? range)
    {
        using var server = new LoopbackServer((request, stream, _) =>
        {
            byte[] content = Content(request);
            if (request.From is null) return LoopbackServer.SendAsync(stream, "200 OK", content);
            string extra = range is null ? "" : $"Content-Range: {string.Format(System.Globalization.CultureInfo.InvariantCulture, range, content.Length, content.Length - 1)}\r\n";
            return LoopbackServer.SendAsync(stream, status, content, extra: extra);
        });
        (PublishedDataSet set, _) = DataCatalogTests.Tiny(server.Address);
        Directory.CreateDirectory(_cache["tiny"]);
        byte[] damaged = (byte[])Good[1].Clone();
        damaged[^12] ^= 1;
        File.WriteAllBytes(Stored(0) + ".part", Good[0]);
        File.WriteAllBytes(Stored(1) + ".part", damaged);
        await Download().GetAsync(set, _cache.Path);
        AssertComplete(set);
        Assert.DoesNotContain(server.Requests, request => request.Path == "/" + FileName(0));
    }

    [Theory]
    [InlineData("file:///etc/passwd", "redirects to an address that is neither http nor https; run")]
    [InlineData("ftp://127.0.0.1:1/x", "could not be fetched: the connection to http")]
    [InlineData("gopher:x", "redirects to an address that is neither http nor https; run")]
    [InlineData("http://[", "could not be fetched: http")]
    [InlineData("http:///", "could not be fetched: http")]
    [InlineData("//", "could not be fetched: http")]
    public async Task After_a_bad_redirect_the_next_mirror_serves_and_without_one_a_sentence_says_why(string location, string expected)
    {
        using var bad = new LoopbackServer((_, stream, _) => LoopbackServer.SendAsync(stream, "302 Found", ReadOnlyMemory<byte>.Empty, extra: $"Location: {location}\r\n"));
        using LoopbackServer good = Serving();
        (PublishedDataSet alone, _) = DataCatalogTests.Tiny(bad.Address);
        string message = (await Assert.ThrowsAsync<DataUnavailableException>(() => Download().GetAsync(alone, _cache.Path))).Message;
        Assert.True(message.Contains(expected, StringComparison.Ordinal), message);
        (PublishedDataSet set, _) = DataCatalogTests.Tiny(bad.Address, good.Address);
        await Download().GetAsync(set, _cache.Path);
        AssertComplete(set);
    }

    [Fact]
    public async Task A_cancelled_download_keeps_its_part()
    {
        using var stop = new CancellationTokenSource();
        using var server = new LoopbackServer(async (request, stream, end) =>
        {
            await LoopbackServer.SendAsync(stream, "200 OK", Content(request).AsMemory(0, 25), Content(request).Length);
            await Task.Delay(Timeout.Infinite, end);
        });
        (PublishedDataSet set, _) = DataCatalogTests.Tiny(server.Address);
        var progress = new Callback(value =>
        {
            if (value.Received == 25) stop.Cancel();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Download().GetAsync(set, _cache.Path, progress, stop.Token));
        Assert.Equal(Good[0][..25], File.ReadAllBytes(Stored(0) + ".part"));
        Assert.False(File.Exists(Stored(0)));
    }

    sealed class Callback(Action<DownloadProgress> action) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => action(value);
    }
}
