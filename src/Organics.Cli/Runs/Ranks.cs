using System.Diagnostics;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Organics;

/// <summary>
/// The processes that train together: those that an MPI launcher started, or this one alone. The first of them speaks and writes; what goes wrong in one ends
/// all.
/// </summary>
sealed class Ranks : IDisposable
{
    // Launchers that end what is left of a training give it about a second; schedulers give it half a minute.
    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100), Hesitation = TimeSpan.FromMilliseconds(400), Passing = TimeSpan.FromMilliseconds(300),
        Grace = TimeSpan.FromSeconds(20);

    /// <summary>How long a rank lets one before it speak of what may be wrong in both.</summary>
    public static TimeSpan Precedence { get; } = TimeSpan.FromSeconds(2);

    readonly MpiCommunicator? _mpi;
    readonly Interrupt _interrupt;
    readonly TimeSpan _patience;
    readonly Timer? _watch;
    bool _isRunning, _isEnding, _hasSpoken;
    int _hasGivenUp;
    long _told;

    /// <summary>Begins MPI where a launcher has started several processes. Collective.</summary>
    /// <param name="interrupt">What gives up.</param>
    /// <param name="patience">How long one rank waits for another before it ends them all; null for a process that is alone however it was started.</param>
    /// <exception cref="Failure">There is no MPI.</exception>
    public Ranks(Interrupt interrupt, TimeSpan? patience)
    {
        _interrupt = interrupt;
        if (patience is null || MpiCommunicator.LaunchedSize == 1) return;
        _patience = patience.Value;
        try
        {
            // A rank that ends before it has begun MPI is missed by nobody: launchers let the others wait.
            using var late = new Timer(_ => Alone(), null, _patience, Timeout.InfiniteTimeSpan);
            using var given = interrupt.Token.Register(() => Environment.Exit(Interrupt.Code));
            _mpi = MpiCommunicator.Start();
        }
        catch (MpiException error)
        {
            throw Failure.Usage($"A launcher has started {MpiCommunicator.LaunchedSize} processes to train together, but: {error.Message}");
        }
        if (_mpi.Size == 1 && MpiCommunicator.LaunchedSize > 1)
            throw Failure.Usage($"A launcher has started {MpiCommunicator.LaunchedSize} processes to train together, but by {_mpi.Library} each is alone; let "
                + $"{MpiCommunicator.PathVariable} name the library that belongs to the launcher, or tell the launcher to speak with it (srun --mpi=pmix).");
        _isRunning = true;
        var (place, places) = (Place(), new byte[Size * SHA256.HashSizeInBytes]);
        _mpi.Gather(place, places);
        Threads = Math.Max(1, Environment.ProcessorCount / places.Chunk(place.Length).Count(each => each.AsSpan().SequenceEqual(place)));
        Log.IsQuiet = !IsFirst;
        _watch = new(_ => Watch(), null, Look, Look);
    }

    /// <summary>For the trainer.</summary>
    public Communicator All => (Communicator?)_mpi ?? Communicator.Alone;

    /// <summary>Whether this one speaks and writes.</summary>
    public bool IsFirst => All.Rank == 0;

    /// <summary>How many there are.</summary>
    public int Size => All.Size;

    /// <summary>The threads of this one: the processors that it may use, shared by all that may use the same.</summary>
    public int Threads { get; } = Environment.ProcessorCount;

    /// <summary>Whether they have begun to train, so that there is something to go on with.</summary>
    public bool IsTraining { get; set; }

    /// <summary>"4 ranks by libmpi.so.40 (interface of Open MPI)"; null for one alone.</summary>
    public string? Description => _mpi is null ? null : $"{Size} ranks by {_mpi.Library}";

    /// <summary>The device of this rank: of several GPUs of a machine each rank takes another, in turns.</summary>
    public string Device(string name)
        => Size > 1 && name is "cuda" or "opencl" && Devices.Gpus().Count(gpu => gpu.Id.StartsWith($"{name}:", StringComparison.Ordinal)) is > 0 and var count
            ? $"{name}:{MpiCommunicator.LocalRank % count}" : name;

    /// <summary>
    /// In how many blocks a batch is computed where nothing else is asked for. On the CPU up to 8, so that as many ranks have the bits of one; of at least 16
    /// samples, which fill the lanes. A GPU takes all at once. Never fewer than ranks.
    /// </summary>
    public int Blocks(int batch, bool isGpu)
    {
        const int Most = 8, LeastSamples = 16;
        var usual = isGpu ? 1 : (int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(batch / LeastSamples, 1, Most) / 2 + 1);
        var needed = (int)BitOperations.RoundUpToPowerOf2((uint)Size);
        if (needed <= usual) return usual;
        Log.Line($"Note: {Size} ranks need {needed} blocks of a batch, where one process would have {usual}: the result has the bits of --blocks {needed}.");
        return needed;
    }

    /// <summary>Tells all ranks a text of the first. Collective.</summary>
    public string Tell(string text) => All.Tell(0, text);

    /// <summary>Refuses to go on where a rank differs from the first. Collective.</summary>
    /// <param name="parts">What must be equal, by its name.</param>
    /// <exception cref="Failure">It is not.</exception>
    public void Agree(params (string Name, string Text)[] parts)
    {
        foreach (var (name, text) in parts)
            if (All.FirstToDiffer(SHA256.HashData(Encoding.UTF8.GetBytes(text))) is { } rank)
            {
                End();
                throw Failure.Usage($"Rank {rank} has other {name} than rank 0; start all ranks with the same command, version and files.");
            }
    }

    /// <summary>Ends MPI where all ranks have agreed to stop, once the first has said so: a launcher that was told to end may not wait for it, nor let MPI
    /// end. Collective.</summary>
    public void Part(Failure failure)
    {
        if (!_isRunning) return;
        if (IsFirst) failure.Say();
        Tell("");
        End();
    }

    /// <summary>Ends MPI, when all ranks have come to the same end; the first may go on by itself. Collective.</summary>
    public void End()
    {
        if (!_isRunning) return;
        (_isRunning, _isEnding) = (false, true);
        // To end MPI is to wait for all others, too.
        _mpi!.Finish();
        _watch!.Dispose();
    }

    /// <summary>Ends all ranks for an error of this one alone; does nothing where they have come to the end together.</summary>
    public void Fail(Exception error)
    {
        if (!_isRunning) return;
        var (code, sentence) = Failure.Of(error);
        // What is wrong in all of them the first one says, and its launcher tells the others to end.
        if (!IsFirst && _interrupt.Token.WaitHandle.WaitOne(Precedence)) _mpi!.Abort((int)code);
        GiveUp((int)code, IsFirst ? sentence : $"rank {All.Rank}: {sentence}");
    }

    /// <inheritdoc/>
    public void Dispose() => _watch?.Dispose();

    // Which processors of which machine this process may use, as Linux says it.
    static byte[] Place()
    {
        const string Status = "/proc/self/status", Processors = "Cpus_allowed:";
        var processors = File.Exists(Status) ? File.ReadLines(Status).FirstOrDefault(line => line.StartsWith(Processors, StringComparison.Ordinal)) : null;
        return SHA256.HashData(Encoding.UTF8.GetBytes($"{Environment.MachineName} {processors}"));
    }

    void Alone()
    {
        Console.Error.WriteLine($"organics: this rank has waited for the others to begin MPI for {_patience.TotalSeconds:G4} s: one has ended before; see what it "
            + "says, and start all of them again.");
        Environment.Exit((int)ExitCode.CheckFailed);
    }

    void Watch()
    {
        var waiting = _mpi!.Waiting;
        var isTold = _interrupt.Token.IsCancellationRequested;
        if (isTold && _told == 0) _told = Stopwatch.GetTimestamp();
        if (_isEnding && isTold && waiting > Hesitation) Environment.Exit(Interrupt.Code);
        // The first that can speaks.
        var patience = waiting - All.Rank * Precedence;
        if (patience > _patience || (isTold && patience > Grace && Stopwatch.GetElapsedTime(_told) > Grace))
            GiveUp((int)ExitCode.CheckFailed, $"rank {All.Rank} has waited for the others for {waiting.TotalSeconds:F0} s: one has ended, hangs or cannot be "
                + "reached; the last checkpoint is whole, so continue with --resume, and with a longer --rank-timeout where they only take long.");
        if (!IsFirst || !IsTraining || !isTold || waiting < Hesitation || _hasSpoken) return;
        _hasSpoken = true;
        Log.Line("organics: told to end, and waiting for the others to end the batch; if one of them has died, continue with --resume: the last checkpoint is "
            + "whole.");
    }

    void GiveUp(int code, string sentence)
    {
        if (Interlocked.Exchange(ref _hasGivenUp, 1) != 0) return;
        Console.Error.WriteLine($"organics: {Printable.Of(sentence)}");
        // A launcher that is told to abort may drop what it has not passed on.
        Thread.Sleep(Passing);
        _mpi!.Abort(code);
    }
}
