using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;

namespace Organics;

/// <summary>How far a file has come.</summary>
/// <param name="File">The file's usual name.</param>
/// <param name="Received">Bytes on this machine, those of an earlier attempt included.</param>
/// <param name="Total">Bytes of the whole download, where the server said.</param>
public readonly record struct DownloadProgress(string File, long Received, long? Total);

/// <summary>
/// Fetches a published set into the cache, the one place where the library uses the network. Every file goes into a <c>.part</c> file first,
/// which a later attempt resumes; it takes its name only when the SHA-256 of its uncompressed content is the published one.
/// </summary>
/// <param name="http">The client; its own timeout should be infinite, because <see cref="IdleTimeout"/> watches the download.</param>
public sealed class DataDownload(HttpClient http)
{
    const int BufferSize = 1 << 16;

    /// <summary>How long a server may stay silent before the attempt is given up.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The least mean rate over a time of <see cref="IdleTimeout"/>, in bytes per second: a server that sends, but less, is given up too.</summary>
    public double LeastRate { get; init; } = 1000;

    /// <summary>How often a mirror is tried before the next one.</summary>
    public int AttemptsPerMirror { get; init; } = 3;

    /// <summary>The wait before the second attempt at a mirror; it doubles for each further one.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Fetches the files that <paramref name="set"/> still lacks; files that are there and good are left alone.</summary>
    /// <param name="set">What to fetch.</param>
    /// <param name="cacheFolder">The cache folder; null for <see cref="DataCache.Folder"/>. The files go into its subfolder of the set's name.</param>
    /// <param name="progress">Hears of every piece that arrives, or null.</param>
    /// <param name="cancellationToken">Stops the download; what has arrived is kept for the next time.</param>
    /// <returns>The folder that holds the set.</returns>
    /// <exception cref="DataUnavailableException">No mirror gave a good file, or it could not be stored.</exception>
    public async Task<string> GetAsync(PublishedDataSet set, string? cacheFolder = null, IProgress<DownloadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(set);
        string folder = Path.Combine(cacheFolder ?? DataCache.Folder, set.Name);
        try
        {
            Directory.CreateDirectory(folder);
            foreach (PublishedFile file in set.Files)
            {
                cancellationToken.ThrowIfCancellationRequested();
                string? present = DataCache.Find(folder, file.Name);
                if (IsGood(present, set, file)) continue;
                string fetched = await FetchAsync(set, file, folder, progress, cancellationToken).ConfigureAwait(false);
                if (present is not null && present != fetched) File.Delete(present);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataUnavailableException($"The data set '{set.Name}' could not be stored in '{folder}': {error.Message.TrimEnd('.')}; free or unlock the folder, or name another one in {DataCache.Variable}.", error);
        }
        return folder;
    }

    async Task<string> FetchAsync(PublishedDataSet set, PublishedFile file, string folder, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken)
    {
        string target = Path.Combine(folder, file.Name + ".gz"), part = target + ".part";
        Failure? failure = null;
        foreach (Uri mirror in set.Mirrors)
        {
            TimeSpan delay = FirstDelay;
            for (int attempt = 1; attempt <= AttemptsPerMirror; attempt++)
            {
                if (attempt > 1)
                {
                    await Task.Delay(delay, cancellationToken).ConfigureAwait(false);
                    delay *= 2;
                }
                failure = await TryAsync(new Uri(mirror, file.Name + ".gz"), set, file, part, progress, cancellationToken).ConfigureAwait(false);
                if (failure is null)
                {
                    File.Move(part, target, overwrite: true);
                    return target;
                }
                if (!failure.MayRetry) break;
            }
        }
        throw new DataUnavailableException($"'{file.Name}' of {set.Name} could not be fetched: {failure?.Reason ?? "the set has no mirror"}; run `organics data get {set.Name}` again later, or put the file into '{folder}' yourself.", failure?.Cause);
    }

    /// <summary>Fetches what <paramref name="part"/> still lacks and checks the whole; null when it is the published file.</summary>
    async Task<Failure?> TryAsync(Uri address, PublishedDataSet set, PublishedFile file, string part, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken)
    {
        // An earlier attempt may have fetched all and ended before it could say so.
        if (IsGood(part, set, file)) return null;
        bool resumed = File.Exists(part);
        if (await ReceiveAsync(address, file, part, progress, cancellationToken).ConfigureAwait(false) is { } failure) return failure;
        if (IsGood(part, set, file)) return null;
        File.Delete(part);
        // Two servers may have compressed the same content differently, so that a resumed file does not fit together: the same mirror may still be good.
        return new Failure($"{address} sent content whose SHA-256 is not the published one", MayRetry: resumed);
    }

    /// <summary>Appends what the server sends to <paramref name="part"/>; null when the server sent all it had.</summary>
    async Task<Failure?> ReceiveAsync(Uri address, PublishedFile file, string part, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken)
    {
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            long from = File.Exists(part) ? new FileInfo(part).Length : 0;
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            if (from > 0) request.Headers.Range = new RangeHeaderValue(from, null);
            idle.CancelAfter(IdleTimeout);
            using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, idle.Token).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && from > 0) return null;
            if (!response.IsSuccessStatusCode) return new Failure($"{address} answered {(int)response.StatusCode} {response.ReasonPhrase}", MayRetry: IsPassing(response.StatusCode));
            if (response.StatusCode != HttpStatusCode.PartialContent) from = 0;
            else if (response.Content.Headers.ContentRange?.From != from)
            {
                // Asked for no range, the server has none to mistake.
                File.Delete(part);
                return new Failure($"{address} sent another range than was asked for", MayRetry: from > 0);
            }

            using Stream body = await response.Content.ReadAsStreamAsync(idle.Token).ConfigureAwait(false);
            using var store = new FileStream(part, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, bufferSize: 0);
            store.SetLength(from);
            store.Position = from;
            long? total = from + response.Content.Headers.ContentLength;
            byte[] buffer = new byte[BufferSize];
            // Gzip adds a few bytes a block to what it cannot compress; anything longer is not the published file, and is cut off.
            long limit = file.Length + file.Length / 100 + 1024;
            (long since, long counted) = (Stopwatch.GetTimestamp(), from);
            while (store.Position <= limit)
            {
                idle.CancelAfter(IdleTimeout);
                int count = await ReadAsync(body, buffer, idle.Token).ConfigureAwait(false);
                if (count == 0) break;
                if (Stopwatch.GetElapsedTime(since) is var elapsed && elapsed >= IdleTimeout)
                {
                    double rate = (store.Position + count - counted) / elapsed.TotalSeconds;
                    if (rate < LeastRate) return new Failure($"{address} sent {rate:0} bytes a second, where {LeastRate:0} are the least", MayRetry: true);
                    (since, counted) = (Stopwatch.GetTimestamp(), store.Position + count);
                }
                store.Write(buffer.AsSpan(0, count));
                progress?.Report(new DownloadProgress(file.Name, store.Position, total));
            }
            store.Flush(flushToDisk: true);
            return null;
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            return new Failure($"{address} sent nothing for {IdleTimeout.TotalSeconds:0.#} s", MayRetry: true, error);
        }
        catch (HttpRequestException error)
        {
            return new Failure($"the connection to {address} failed ({error.Message.TrimEnd('.')})", MayRetry: true, error);
        }
        catch (Exception error) when (error is NotSupportedException or UriFormatException or (InvalidOperationException and not ObjectDisposedException))
        {
            return new Failure($"{address} redirects to an address that is neither http nor https", MayRetry: false, error);
        }
    }

    /// <summary>Reads from the network; its failures become <see cref="HttpRequestException"/>, so that they are not taken for those of the disk.</summary>
    static async Task<int> ReadAsync(Stream body, byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException error)
        {
            throw new HttpRequestException(error.Message, error);
        }
    }

    static bool IsPassing(HttpStatusCode status) => (int)status >= 500 || status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests;

    static bool IsGood(string? path, PublishedDataSet set, PublishedFile file)
    {
        if (!File.Exists(path)) return false;
        try
        {
            DataCatalog.Verify(path, set, file);
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    /// <summary>Why an attempt failed, and whether the same mirror deserves another.</summary>
    sealed record Failure(string Reason, bool MayRetry, Exception? Cause = null);
}
