using System.Text.Json;

namespace Organics.Tests;

public sealed class StreamTests(UsageTests.Fixture fixture) : IClassFixture<UsageTests.Fixture>
{
    readonly Cli _cli = fixture.Cli;

    [Theory]
    [InlineData("log-full", "\"$@\" 2>/dev/full", 0)]
    [InlineData("log-closed", "\"$@\" 2>&-", 0)]
    [InlineData("log-unread", "{ \"$@\" 2>&1 >&3 | true; } 3>&1", 0)]
    [InlineData("result-full", "\"$@\" >/dev/full", 1)]
    [InlineData("result-closed", "\"$@\" >&-", 1)]
    [InlineData("both-full", "\"$@\" >/dev/full 2>&1", 1)]
    public void A_training_goes_on_where_its_log_or_its_result_cannot_be_written_and_the_exit_code_tells_of_the_result(string name, string line, int code)
    {
        var outcome = _cli.Shell(line, _cli.Training(name, "--epochs", "3", "--json"));
        Assert.True(outcome.Code == code, $"{outcome.Code}: {outcome.Error}");
        Assert.DoesNotContain("   at ", outcome.Error);
        using var record = JsonDocument.Parse(_cli.Bytes(name, "run.json"));
        Assert.Equal(3, record.RootElement.GetProperty("results").GetProperty("epochs").GetInt32());
        Assert.Equal(name.StartsWith("log", StringComparison.Ordinal), outcome.Out.StartsWith('{'));
        Assert.Equal(name.StartsWith("result", StringComparison.Ordinal), outcome.Error.Contains("organics: stdout could not be written: ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_pipe_that_nobody_reads_any_more_is_in_the_exit_code_and_no_error_of_ours()
    {
        var outcome = _cli.Shell("{ \"$@\"; echo \"code $?\" >&2; } | true", _cli.Training("unread", "--json"));
        Assert.Contains("code 1", outcome.Error);
        Assert.DoesNotContain("stdout could not", outcome.Error);
    }

    [Theory]
    [InlineData("train static --epochs zero")]
    [InlineData("eval nowhere")]
    [InlineData("data info")]
    [InlineData("--help")]
    public void An_error_that_cannot_be_said_is_still_an_exit_code(string command)
    {
        var expected = _cli.Run(command.Split(' '));
        var unsaid = _cli.Shell("\"$@\" 2>/dev/full", command.Split(' '));
        Assert.Equal((expected.Code, expected.Out, ""), (unsaid.Code, unsaid.Out, unsaid.Error));
        Assert.Equal(expected.Code == 0 ? 1 : expected.Code, _cli.Shell("\"$@\" >/dev/full 2>&1", command.Split(' ')).Code);
    }

    /// <summary>The variables by which Spectre knows the services whose logs take escapes, and those by which a user may ask for or refuse colours.</summary>
    [Theory]
    [InlineData("GITHUB_ACTIONS", "true")]
    [InlineData("TF_BUILD", "True")]
    [InlineData("APPVEYOR", "True")]
    [InlineData("TRAVIS", "true")]
    [InlineData("TEAMCITY_VERSION", "1")]
    [InlineData("JENKINS_URL", "x")]
    [InlineData("GITLAB_CI", "true")]
    [InlineData("CI", "true")]
    [InlineData("NO_COLOR", "1")]
    [InlineData("TERM", "dumb")]
    [InlineData("TERM", "xterm-256color")]
    [InlineData("COLORTERM", "truecolor")]
    public void What_goes_into_a_file_has_no_escapes_whatever_the_service(string name, string value)
    {
        var outcome = _cli.Start(_cli.Training($"escapes-{name}-{value}"), (name, value)).Wait();
        Assert.Equal(0, outcome.Code);
        Assert.Contains("Confusion", outcome.Out);
        Assert.DoesNotContain('\e', outcome.Out + outcome.Error);
    }

    /// <summary>On a terminal of script(1): escapes move the cursor of the bar unless the terminal is dumb, and the table has none where NO_COLOR refuses them.</summary>
    [Theory]
    [InlineData("TERM", "dumb", false, false)]
    [InlineData("TERM", "xterm", true, true)]
    [InlineData("NO_COLOR", "1", true, false)]
    public void A_terminal_gets_the_escapes_that_it_takes(string name, string value, bool inLog, bool inResult)
    {
        if (!OperatingSystem.IsLinux() || !File.Exists("/usr/bin/script")) return;
        string Typed(string streams, string folder)
        {
            var outcome = _cli.Shell("""script -qec "$(printf '%s ' "$@") """ + streams + """ " /dev/null < /dev/null""", _cli.Training(folder), ("TERM", "xterm"), (name, value));
            Assert.True(outcome.Code == 0, outcome.Error + outcome.Out);
            return outcome.Out;
        }
        // What .NET itself sends to any terminal sets its keypad.
        string Ours(string text) => text.Replace("\e[?1h\e=", "", StringComparison.Ordinal);
        Assert.Equal(inLog, Ours(Typed("> /dev/null", $"terminal-log-{name}-{value}")).Contains('\e'));
        Assert.Equal(inResult, Ours(Typed("2> /dev/null", $"terminal-result-{name}-{value}")).Contains('\e'));
    }
}
