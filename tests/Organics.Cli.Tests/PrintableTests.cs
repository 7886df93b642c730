using System.Diagnostics;

namespace Organics.Tests;

public sealed class PrintableTests
{
    [Theory]
    [InlineData("plain text, with accents: é, ρ(M⁻¹N) ≤ 1 — «名前» 🙂\tand a tab", null)]
    [InlineData("\u001b[31mred", "\\u001B[31mred")]
    [InlineData("a\r\nb\bc\u0000", "a\\u000D\\u000Ab\\u0008c\\u0000")]
    [InlineData("\u009b2J \u007f", "\\u009B2J \\u007F")]
    [InlineData("\u202etxt.exe\u2066\u200f\u2028", "\\u202Etxt.exe\\u2066\\u200F\\u2028")]
    public void What_a_terminal_would_obey_is_shown(string text, string? expected) => Assert.Equal(expected ?? text, Printable.Of(text));

    [Fact]
    public void A_suggested_command_gives_a_shell_the_very_path_and_runs_nothing()
    {
        Assert.Equal("\ufffd", Printable.Of("\ud800"));
        string[] paths = ["runs/a-b_1.2", "a b", "it's", "$(touch pwned)", "`touch pwned`", "a\"b", "a\\b", "~", "-rf", "*", "a;b", "a&b", "!x", "é", "a\nb", "\u001b[31m'x'\\", "\u202eab", ""];
        foreach (var path in paths)
        {
            var word = ShellWord.OfPosix(path);
            Assert.Equal(word, Printable.Of(word));
            if (!File.Exists("/bin/bash")) continue;
            using var shell = Process.Start(new ProcessStartInfo("/bin/bash", ["--norc", "-c", $"printf %s {word}"]) { RedirectStandardOutput = true, StandardOutputEncoding = System.Text.Encoding.UTF8 })!;
            Assert.Equal(path == "-rf" ? "./-rf" : path, shell.StandardOutput.ReadToEnd());
        }
        Assert.Equal("runs/a-b_1.2", ShellWord.OfPosix("runs/a-b_1.2"));
        Assert.False(File.Exists("pwned"));
    }
}
