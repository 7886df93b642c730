using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Xunit.Abstractions;

namespace Organics.Tests;

/// <summary>
/// Trainings on several processes, started by what <see cref="Launchers"/> names, such as "mpich,openmpi"; skipped without. <c>.ci/mpi</c> installs both.
/// </summary>
public sealed class MpiTests(ITestOutputHelper output) : IDisposable
{
    const string Launchers = "ORGANICS_LAUNCHERS", Kills = "ORGANICS_KILLS";

    static readonly string[] All = Environment.GetEnvironmentVariable(Launchers)?.Split(',') ?? [];

    readonly Cli _cli = new();

    public void Dispose() => _cli.Dispose();

    /// <summary>For each launcher, where there are any.</summary>
    sealed class LaunchedAttribute : TheoryAttribute
    {
        public LaunchedAttribute() => Skip = All.Length == 0 ? $"{Launchers} names no launcher." : null!;
    }

    public static TheoryData<string> EachLauncher => [.. All.Length == 0 ? ["none"] : All];

    // What is left of a line of the command is a number of ranks and the program. Ranks share two cores here, and root may start them.
    static string[] Start(string launcher, int ranks) => launcher switch
    {
        "mpich" => ["mpirun.mpich", "-n", $"{ranks}"],
        "openmpi" => ["mpirun.openmpi", "--allow-run-as-root", "--oversubscribe", "-n", $"{ranks}"],
        _ => throw new ArgumentException($"{Launchers} has '{launcher}', which is neither mpich nor openmpi."),
    };

    string[] Static(string folder, params string[] more)
        => Over(["train", "static", "--out", folder, "--data", _cli.Digits, "--epochs", "3", "--batch", "48", "--hidden", "6", "--blocks", "8",
            "--checkpoint-seconds", "0"], more);

    string[] Sequence(string folder)
        => ["train", "sequence", "--out", folder, "--data", _cli.Digits, "--epochs", "2", "--batch", "48", "--units", "4", "--blocks", "4"];

    // An option stands once on a line.
    static string[] Over(string[] args, string[] more)
        => [.. args[..2], .. args[2..].Chunk(2).Where(pair => !more.Contains(pair[0])).SelectMany(pair => pair), .. more];

    static string[] Resumed(string folder, params string[] more) => ["train", "static", "--resume", folder, .. more];

    Outcome Run(string launcher, int ranks, string[] args) => _cli.StartBy(Start(launcher, ranks), [], args).Wait();

    void Done(Outcome outcome) => Assert.True(outcome.Code == 0, outcome.Error);

    /// <summary>All that a run leaves but times and the folder.</summary>
    List<string> Left(string run) =>
    [
        .. new[] { "model.safetensors", "state.safetensors" }.Select(file => Convert.ToHexString(_cli.Bytes(run, file))),
        .. MetricsLog.Read(_cli.PathOf(run, "metrics.jsonl"))
            .Select(row => $"{row.Step} {string.Join(' ', row.Values.Where(v => v.Key != "seconds").Select(v => FormattableString.Invariant($"{v.Key}={v.Value:R}")))}"),
    ];

    [Launched]
    [MemberData(nameof(EachLauncher))]
    public void Every_number_of_ranks_has_the_bits_of_one_process(string launcher)
    {
        foreach (var (kind, args) in ((string, Func<string, string[]>)[])[("static", f => Static(f)), ("sequence", f => Sequence(f))])
        {
            Done(_cli.Run(args($"{kind}-alone")));
            foreach (var ranks in (int[])[1, 2, 3, 4])
            {
                var outcome = Run(launcher, ranks, args($"{kind}-{ranks}"));
                Done(outcome);
                Assert.Equal(Left($"{kind}-alone"), Left($"{kind}-{ranks}"));
                // One of them speaks.
                Assert.Single(outcome.Error.Split("Examining the best").Skip(1));
                if (ranks > 1) Assert.Contains($"{ranks} ranks by ", outcome.Error);
            }
        }
    }

    [Launched]
    [MemberData(nameof(EachLauncher))]
    public void Ranks_killed_at_any_moment_end_the_others_and_the_run_goes_on_with_equal_bits(string launcher)
    {
        var kills = int.Parse(Environment.GetEnvironmentVariable(Kills) ?? "10", CultureInfo.InvariantCulture);
        Done(_cli.Run(Static("alone", "--epochs", "6")));
        var random = new CounterRandom(77, launcher == "mpich" ? 0UL : 1);
        var draw = 0UL;
        int Below(int n) => random.Below(draw++, n);
        var (killed, within, slowest) = (0, 0, TimeSpan.Zero);
        for (var run = 0; killed < kills; run++)
        {
            var folder = $"run-{run}";
            while (true)
            {
                var isBegun = File.Exists(_cli.PathOf(folder, "run.json"));
                var ranks = 2 + Below(3);
                var running = _cli.StartBy(Start(launcher, ranks), [], isBegun ? Resumed(folder) : Static(folder, "--epochs", "6"));
                if (killed < kills && Pid(running, Below(ranks)) is { } victim)
                {
                    var state = File.GetLastWriteTimeUtc(_cli.PathOf(folder, "state.safetensors"));
                    if (Below(4) > 0)
                        while (!running.HasExited && File.GetLastWriteTimeUtc(_cli.PathOf(folder, "state.safetensors")) == state) Thread.Sleep(1);
                    for (var i = Below(80); i > 0 && !running.HasExited; i--) Thread.Sleep(1);
                    using (var kill = Process.Start("kill", ["-KILL", $"{victim}"])) kill.WaitForExit();
                    var since = Stopwatch.StartNew();
                    var outcome = running.Wait();
                    if (outcome.Code == 0) break;
                    killed++;
                    if (File.Exists(_cli.PathOf(folder, "state.safetensors"))) within++;
                    slowest = since.Elapsed > slowest ? since.Elapsed : slowest;
                    Assert.True(since.Elapsed < TimeSpan.FromSeconds(15), $"The others ended only after {since.Elapsed.TotalSeconds:F0} s: {outcome.Error}");
                    continue;
                }
                Done(running.Wait());
                break;
            }
            Assert.Equal(Left("alone"), Left(folder));
            Directory.Delete(_cli.PathOf(folder), recursive: true);
        }
        output.WriteLine($"{launcher}: {killed} kills, {within} after the first checkpoint; the others ended within {slowest.TotalSeconds:F1} s.");
        Assert.True(within > kills / 3, $"Only {within} of {killed} kills came after a checkpoint.");
    }

    [Launched]
    [MemberData(nameof(EachLauncher))]
    public void A_rank_that_comes_ten_seconds_late_changes_nothing(string launcher)
    {
        Done(_cli.Run(Static("alone")));
        var running = _cli.StartBy(Start(launcher, 3), [], Static("late"));
        var victim = Pid(running, 1) ?? throw new InvalidOperationException("The training was over at once.");
        Signal("STOP", victim);
        Thread.Sleep(TimeSpan.FromSeconds(10));
        Assert.False(running.HasExited);
        Signal("CONT", victim);
        Done(running.Wait());
        Assert.Equal(Left("alone"), Left("late"));
    }

    [Launched]
    [MemberData(nameof(EachLauncher))]
    public void A_rank_that_never_comes_ends_all_with_one_sentence(string launcher)
    {
        var running = _cli.StartBy(Start(launcher, 3), [], Static("hung", "--epochs", "100000", "--rank-timeout", "3"));
        var victim = Pid(running, 2) ?? throw new InvalidOperationException("The training was over at once.");
        while (!File.Exists(_cli.PathOf("hung", "state.safetensors"))) Thread.Sleep(10);
        Signal("STOP", victim);
        var since = Stopwatch.StartNew();
        // A stopped process does not end by itself, and the launcher waits for it.
        Thread.Sleep(TimeSpan.FromSeconds(6));
        Signal("KILL", victim);
        var outcome = running.Wait();
        Assert.NotEqual(0, outcome.Code);
        Assert.True(since.Elapsed < TimeSpan.FromSeconds(25));
        Assert.Contains("has waited for the others for 3 s: one has ended, hangs or cannot be reached; the last checkpoint is whole", outcome.Error);
        Assert.Equal("organics-state-2", SafeTensors.Read(_cli.PathOf("hung", "state.safetensors")).Metadata["format"]);
    }

    [Launched]
    [MemberData(nameof(EachLauncher))]
    public void Ranks_of_different_options_data_or_folders_refuse_to_begin(string launcher)
    {
        var other = _cli.WriteDigits("other", seed: 9);
        // What decides which exchanges there are is among them: a device that is measured, a run that is resumed.
        foreach (var more in (string[][])[["--seed", "3"], ["--data", other], ["--device", "auto"], ["--resume", "differ"]])
        {
            var outcome = _cli.StartBy(Start(launcher, 1), [":", "-n", "1"], Static("differ"), Static("differ", more)).Wait();
            Assert.NotEqual(0, outcome.Code);
            Assert.Contains("organics: Rank 1 has other options than rank 0", outcome.Error);
            Assert.Single(outcome.Error.Split("organics: ").Skip(1));
            Assert.False(File.Exists(_cli.PathOf("differ", "run.json")));
        }
        // The same command, where another machine has other data under the same name.
        var data = _cli.StartBy(Start(launcher, 1),
            [":", "-n", "1", "unshare", "--mount", "sh", "-c", $"mount --bind {other} {_cli.Digits} && exec \"$@\"", "sh"],
            Static("differ"), Static("differ")).Wait();
        Assert.NotEqual(0, data.Code);
        Assert.Contains("organics: Rank 1 has other data than rank 0", data.Error);
        Assert.False(File.Exists(_cli.PathOf("differ", "run.json")));
        // Threads may differ.
        Done(_cli.StartBy(Start(launcher, 1), [":", "-n", "1"], Static("threads", "--threads", "1"), Static("threads", "--threads", "2")).Wait());
    }

    [Launched]
    [MemberData(nameof(EachLauncher))]
    public void A_rank_has_its_share_of_the_processors_also_where_a_run_goes_on(string launcher)
    {
        var (all, shared) = (Environment.ProcessorCount, Math.Max(1, Environment.ProcessorCount / 3));
        Assert.Contains(Threads(all), _cli.Run(Static("shared", "--epochs", "1")).Error);
        Assert.Contains(Threads(shared), Run(launcher, 3, Resumed("shared", "--epochs", "2")).Error);
        Assert.Contains(Threads(all), _cli.Run(Resumed("shared", "--epochs", "3")).Error);
        Assert.Contains(Threads(2), Run(launcher, 3, Resumed("shared", "--epochs", "4", "--threads", "2")).Error);
        static string Threads(int count) => $"on cpu ({count} thread{(count == 1 ? "" : "s")},";
    }

    [Launched]
    [MemberData(nameof(EachLauncher))]
    public void The_answer_for_programs_is_one_object(string launcher)
    {
        var outcome = Run(launcher, 2, Static("json", "--json"));
        Done(outcome);
        Assert.StartsWith("{", outcome.Out, StringComparison.Ordinal);
        Assert.True(JsonDocument.Parse(outcome.Out).RootElement.TryGetProperty("test_accuracy", out _));
        Assert.DoesNotContain('\e', outcome.Error);
        for (var i = 0; i < 3; i++)
            Assert.Contains("already holds a run; continue it with `organics train static --resume json`", Run(launcher, 3, Static("json")).Error);
    }

    [Launched]
    [MemberData(nameof(EachLauncher))]
    public void A_launcher_that_is_told_to_end_leaves_a_checkpoint_and_one_sentence(string launcher)
    {
        Done(_cli.Run(Static("alone", "--epochs", "60", "--recurrence", "identity")));
        foreach (var signal in (string[])["INT", "TERM"])
        {
            var running = _cli.StartBy(Start(launcher, 3), [], Static(signal, "--epochs", "60", "--recurrence", "identity", "--checkpoint-seconds", "1000"));
            while (!running.HasExited && !File.Exists(_cli.PathOf(signal, "state.safetensors"))) Thread.Sleep(5);
            Signal(signal, running.Id);
            var outcome = running.Wait();
            Assert.Equal($"interrupted; continue with `organics train static --resume {signal}`", outcome.Error.Split("organics: ")[^1].Split('\n')[0].Trim());
            Assert.Single(outcome.Error.Split("organics: ").Skip(1));
            Done(Run(launcher, 2, Resumed(signal, "--checkpoint-seconds", "1000")));
            Assert.Equal(Left("alone"), Left(signal));
        }
    }

    [Launched]
    [MemberData(nameof(EachLauncher))]
    public void What_is_wrong_is_said_once_and_ends_all(string launcher)
    {
        var outcome = Run(launcher, 3, Static("wrong", "--data", "nowhere"));
        Assert.NotEqual(0, outcome.Code);
        Assert.Single(outcome.Error.Split("organics: ").Skip(1));
        var few = Run(launcher, 3, Static("few", "--blocks", "2"));
        Assert.NotEqual(0, few.Code);
        Assert.Contains("3 ranks cannot share 2 blocks of a batch; start 2 at most, or give more --blocks", few.Error);
    }

    [Launched]
    [MemberData(nameof(EachLauncher))]
    public void The_signal_of_a_scheduler_leaves_a_checkpoint(string launcher)
    {
        Done(_cli.Run(Static("alone", "--epochs", "8")));
        var running = _cli.StartBy(Start(launcher, 2), [], Static("ended", "--epochs", "8", "--checkpoint-seconds", "1000"));
        var ranks = ((int[])[0, 1]).Select(rank => Pid(running, rank)).ToList();
        while (!File.Exists(_cli.PathOf("ended", "state.safetensors"))) Thread.Sleep(5);
        // To all processes, as Slurm does.
        foreach (var rank in ranks) Signal("TERM", rank!.Value);
        var outcome = running.Wait();
        Assert.NotEqual(0, outcome.Code);
        Assert.Contains("interrupted; continue with `organics train static --resume ended`", outcome.Error);
        Done(Run(launcher, 3, Resumed("ended", "--checkpoint-seconds", "1000")));
        Assert.Equal(Left("alone"), Left("ended"));
    }

    [Launched]
    [MemberData(nameof(EachLauncher))]
    public void A_link_that_is_cut_ends_all_with_one_sentence_and_the_run_goes_on(string launcher)
    {
        // Open MPI's processes reach their launcher over the network, which another namespace does not have.
        if (launcher != "mpich") return;
        Done(_cli.Run(Static("alone", "--epochs", "60", "--recurrence", "identity")));
        var (left, right) = ($"organics-{Environment.ProcessId}-0", $"organics-{Environment.ProcessId}-1");
        try
        {
            Shell($"ip netns add {left} && ip netns add {right}");
            // Two machines as one sees them: each with an interface of the same name.
            Shell($"ip link add link9 netns {left} type veth peer name link9 netns {right}");
            foreach (var (name, address) in ((string, string)[])[(left, "10.77.0.1"), (right, "10.77.0.2")])
                Shell($"ip -n {name} addr add {address}/24 dev link9 && ip -n {name} link set lo up && ip -n {name} link set link9 up");
            // Until a new link is up, its other end cannot be reached.
            foreach (var name in (string[])[left, right]) Shell($"until ip -n {name} link show link9 | grep -q 'state UP'; do sleep 0.1; done; sleep 1");
            var running = _cli.StartBy(
                ["env", "MPIR_CVAR_NOLOCAL=1", "UCX_TLS=tcp,self", "UCX_NET_DEVICES=link9", "mpirun.mpich", "-n", "1", "ip", "netns", "exec", left],
                [":", "-n", "1", "ip", "netns", "exec", right], Static("cut", "--epochs", "60", "--recurrence", "identity", "--rank-timeout", "4"),
                Static("cut", "--epochs", "60", "--recurrence", "identity", "--rank-timeout", "4"));
            while (!running.HasExited && !File.Exists(_cli.PathOf("cut", "state.safetensors"))) Thread.Sleep(5);
            Shell($"ip -n {left} link set link9 down");
            var since = Stopwatch.StartNew();
            var outcome = running.Wait();
            Assert.NotEqual(0, outcome.Code);
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(20), outcome.Error);
            Assert.True(outcome.Error.Split("has waited for the others").Length == 2, outcome.Error);
        }
        finally
        {
            Shell($"ip netns del {left}; ip netns del {right}; true");
        }
        Done(_cli.Run(Resumed("cut")));
        Assert.Equal(Left("alone"), Left("cut"));

        static void Shell(string line)
        {
            using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", line]) { RedirectStandardError = true })!;
            var error = shell.StandardError.ReadToEnd();
            shell.WaitForExit();
            Assert.True(shell.ExitCode == 0, $"{line}: {error}");
        }
    }

    [Fact]
    public void Several_processes_without_MPI_are_refused()
    {
        var running = _cli.Start(Static("none"), ("PMI_SIZE", "4"), ("PMI_RANK", "0"), ("ORGANICS_MPI", "libno-such-mpi.so"));
        var outcome = running.Wait();
        Assert.Equal((2, "organics: A launcher has started 4 processes to train together, but: No MPI library was found (libno-such-mpi.so); install one, such as "
            + "mpich or openmpi, or let ORGANICS_MPI name its file.\n"), (outcome.Code, outcome.Error));
    }

    static void Signal(string name, int process)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{process}"]);
        kill.WaitForExit();
    }

    // The process of a rank, once it is there; null where all of them have ended.
    static int? Pid(Cli.Running running, int rank)
    {
        string[] variables = [$"PMI_RANK={rank}", $"OMPI_COMM_WORLD_RANK={rank}"];
        while (!running.HasExited)
        {
            foreach (var folder in Directory.EnumerateDirectories("/proc"))
                if (int.TryParse(Path.GetFileName(folder), out var process) && IsRank(process) && IsBelow(process, running.Id)) return process;
            Thread.Sleep(2);
        }
        return null;

        bool IsRank(int process) => Read(process, "environ").Split('\0').Intersect(variables).Any()
            && Read(process, "cmdline").StartsWith("dotnet", StringComparison.Ordinal);

        static bool IsBelow(int process, int ancestor)
        {
            while (process > 1 && process != ancestor)
                process = Read(process, "stat") is var stat && stat.LastIndexOf(')') is > 0 and var at
                    ? int.Parse(stat[(at + 2)..].Split(' ')[1], CultureInfo.InvariantCulture) : 0;
            return process == ancestor;
        }

        static string Read(int process, string file)
        {
            try
            {
                return File.ReadAllText($"/proc/{process}/{file}", Encoding.UTF8);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // It has ended since.
                return "";
            }
        }
    }
}
