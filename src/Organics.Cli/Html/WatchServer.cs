using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Organics;

/// <summary>
/// Serves the page of a training to browsers on this machine while it goes on. Kestrel without a host: what a host would do to signals, the training does
/// (<see cref="Interrupt"/>).
/// </summary>
sealed class WatchServer : IHttpApplication<HttpContext>, IDisposable
{
    // How long browsers may take to hear of the end.
    static readonly TimeSpan Farewell = TimeSpan.FromSeconds(3), Pulse = TimeSpan.FromMilliseconds(250);

    readonly KestrelServer _server;
    readonly CancellationTokenSource _ended = new();
    volatile State _now = new(0, 0, "starting", () => new("A training that begins"));

    /// <summary>Begins to serve.</summary>
    /// <param name="port">Of the loopback address; 0 for any that is free.</param>
    /// <exception cref="Failure">Another program has it, or it is not for everyone.</exception>
    public WatchServer(int port)
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        ListenOptions? listen = null;
        options.Listen(IPAddress.Loopback, port, each => listen = each);
        var sockets = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        _server = new(Options.Create(options), sockets, NullLoggerFactory.Instance);
        try
        {
            _server.StartAsync(this, CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException)
        {
            _server.Dispose();
            throw Failure.Usage(error.InnerException is AddressInUseException
                ? $"Port {port} is taken by another program; give --watch another, or none for one that is free."
                : $"Port {port} cannot be listened at: {error.Message.TrimEnd('.')}; give --watch another, or none for one that is free.");
        }
        Port = listen!.IPEndPoint!.Port;
    }

    /// <summary>Where it is served.</summary>
    public int Port { get; }

    /// <summary>What a browser is given.</summary>
    public string Address => $"http://127.0.0.1:{Port}/";

    /// <summary>How far the training is.</summary>
    public void Progress(double done, string text) => _now = _now with { Done = done, Text = text };

    /// <summary>From now on the page is another one; it is made when someone asks.</summary>
    public void Show(Func<HtmlReport> page) => _now = _now with { Version = _now.Version + 1, Page = page };

    /// <inheritdoc/>
    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    /// <inheritdoc/>
    public async Task ProcessRequestAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = "frame-ancestors 'none'";
        // A page from elsewhere may have its own name point here.
        if (request.Host.Value != $"127.0.0.1:{Port}" && request.Host.Value != $"localhost:{Port}") response.StatusCode = StatusCodes.Status403Forbidden;
        else if (!HttpMethods.IsGet(request.Method)) response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        else if (request.Path == "/") await Write(response, "text/html; charset=utf-8", _now.Page().Page(live: true));
        else if (request.Path == "/state") await Write(response, "application/json", _now.Page().State);
        else if (request.Path == "/events") await Tell(response, context.RequestAborted);
        else response.StatusCode = StatusCodes.Status404NotFound;
    }

    /// <inheritdoc/>
    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    /// <summary>Tells browsers that the run has ended, and serves no more.</summary>
    public void Dispose()
    {
        _ended.Cancel();
        using var patience = new CancellationTokenSource(Farewell);
        _server.StopAsync(patience.Token).GetAwaiter().GetResult();
        _server.Dispose();
        _ended.Dispose();
    }

    static Task Write(HttpResponse response, string type, string text)
    {
        response.ContentType = type;
        return response.Body.WriteAsync(Encoding.UTF8.GetBytes(text)).AsTask();
    }

    // Server-sent events: how far it is, whenever that has changed.
    async Task Tell(HttpResponse response, CancellationToken gone)
    {
        response.ContentType = "text/event-stream";
        State? told = null;
        try
        {
            while (!gone.IsCancellationRequested)
            {
                var (isEnd, now) = (_ended.IsCancellationRequested, _now);
                if (isEnd)
                {
                    // With all that is to be seen from now on: nobody will answer any more.
                    await Send($"event: end\ndata: {now.Page().State}\n\n");
                    return;
                }
                if (now != told)
                    await Send($"data: {{\"version\":{now.Version},\"done\":{now.Done.ToString("R", CultureInfo.InvariantCulture)},"
                        + $"\"text\":\"{JsonEncodedText.Encode(Printable.Of(now.Text))}\"}}\n\n");
                told = now;
                await Task.WhenAny(Task.Delay(Pulse, gone), Task.Delay(Timeout.Infinite, _ended.Token));
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // The browser has left.
        }

        async Task Send(string text)
        {
            await response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), gone);
            await response.Body.FlushAsync(gone);
        }
    }

    sealed record State(int Version, double Done, string Text, Func<HtmlReport> Page);
}
