using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Organics.Tests;

/// <summary>A request as it arrived: the path and where its range begins.</summary>
sealed record LoopbackRequest(string Path, long? From);

/// <summary>An HTTP server on the loopback that a test tells what to answer, down to the broken bytes.</summary>
sealed class LoopbackServer : IDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stop = new();
    readonly Func<LoopbackRequest, NetworkStream, CancellationToken, Task> _answer;

    public LoopbackServer(Func<LoopbackRequest, NetworkStream, CancellationToken, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");
        _ = AcceptAsync();
    }

    public Uri Address { get; }

    public ConcurrentQueue<LoopbackRequest> Requests { get; } = new();

    public static Task SendAsync(NetworkStream stream, string status, ReadOnlyMemory<byte> body, int? claimed = null, string extra = "") =>
        stream.WriteAsync(new ReadOnlyMemory<byte>([.. Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {claimed ?? body.Length}\r\nConnection: close\r\n{extra}\r\n"), .. body.Span])).AsTask();

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                NetworkStream stream = client.GetStream();
                using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                string path = (await reader.ReadLineAsync(_stop.Token))!.Split(' ')[1];
                long? from = null;
                while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 } line)
                    if (line.StartsWith("Range: bytes=", StringComparison.OrdinalIgnoreCase)) from = long.Parse(line["Range: bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture);
                var request = new LoopbackRequest(path, from);
                Requests.Enqueue(request);
                await _answer(request, stream, _stop.Token);
            }
            catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // The other side hung up, or the test is over.
            }
        }
    }
}
