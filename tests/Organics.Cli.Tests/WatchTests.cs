using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Organics.Tests;

public sealed class WatchTests
{
    [Fact]
    public async Task A_training_is_watched_while_it_goes_on_and_the_server_ends_with_it()
    {
        using var cli = new Cli();
        var port = FreePort();
        var running = cli.Start([.. cli.Training("run", "--epochs", "40"), "--watch", $"{port}"]);
        running.WaitForError($"http://127.0.0.1:{port}/");
        using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}/") };
        var page = await http.GetStringAsync("/");
        Assert.Contains("EventSource", page);
        Assert.Contains("progress", HtmlReportTests.Body(page).ToString());
        using var events = new StreamReader(await http.GetStreamAsync("/events"));
        var (versions, isEnd, ended) = (new List<int>(), false, false);
        while (await events.ReadLineAsync() is { } line)
        {
            if (line == "event: end") isEnd = true;
            if (!line.StartsWith("data: ", StringComparison.Ordinal)) continue;
            using var data = JsonDocument.Parse(line[6..]);
            if (!isEnd)
            {
                versions.Add(data.RootElement.GetProperty("version").GetInt32());
                continue;
            }
            // The last word is the page of a run that is done and examined.
            var body = data.RootElement.GetProperty("body").GetString()!;
            Assert.Contains("test accuracy", body);
            Assert.Contains("Confusion matrix", body);
            ended = true;
        }
        Assert.True(ended);
        Assert.Equal(versions.Order(), versions);
        Assert.Equal(0, running.Wait().Code);
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetStringAsync("/"));
    }

    [Fact]
    public async Task It_answers_this_machine_by_its_own_name_alone()
    {
        using var server = new WatchServer(0);
        server.Show(() => new HtmlReport("the page"));
        using var http = new HttpClient { BaseAddress = new(server.Address) };
        Assert.Contains("the page", await http.GetStringAsync("/"));
        Assert.Contains("the page", await http.GetStringAsync($"http://localhost:{server.Port}/state"));
        using var foreign = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { Host = $"evil.example:{server.Port}" } };
        Assert.Equal(HttpStatusCode.Forbidden, (await http.SendAsync(foreign)).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await http.PostAsync("/", null)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/run.json")).StatusCode);
        // No other address of this machine is listened at.
        using var other = new TcpListener(IPAddress.Parse("127.0.0.2"), server.Port);
        if (OperatingSystem.IsLinux()) other.Start();
    }

    [Fact]
    public void A_port_that_is_taken_or_none_is_said_before_anything_is_trained()
    {
        using var cli = new Cli();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        foreach (var (given, sentence) in ((string, string)[])
            [($"{port}", $"Port {port} is taken by another program"), ("70000", "--watch is '70000'"), ("x", "--watch is 'x'")])
        {
            var outcome = cli.Run([.. cli.Training("run"), "--watch", given]);
            Assert.Equal(2, outcome.Code);
            Assert.Contains(sentence, outcome.Error);
            Assert.False(Directory.Exists(cli.PathOf("run")));
        }
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
