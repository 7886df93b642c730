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
    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100), Hesitation = TimeSpan.FromMilliseconds(400), Precedence = TimeSpan.FromSeconds(2),
        Passing = TimeSpan.FromMilliseconds(300), Grace = TimeSpan.FromSeconds(20);

    readonly MpiCommunicator? _mpi;
    readonly Interrupt _interrupt;
    readonly TimeSpan _patience;
    readonly Timer? _watch;
    bool _isRunning, _hasSpoken;
    int _hasGivenUp;

    /// <summary>Begins MPI where a launcher has started several processes. Collective.</summary>
    /// <param name="interrupt">What gives up.</param>
    /// <param name="patience">How long one rank waits for another before it ends them all.</param>
    /// <exception cref="Failure">There is no MPI.</exception>
    public Ranks(Interrupt interrupt, TimeSpan patience)
    {
        (_interrupt, _patience) = (interrupt, patience);
        if (MpiCommunicator.LaunchedSize == 1) return;
        try
        {
            // A rank that ends before it has begun MPI is missed by nobody: launchers let the others wait.
            using var late = new Timer(_ => Alone(), null, patience, Timeout.InfiniteTimeSpan);
            using var given = interrupt.Token.Register(() => Environment.Exit(Interrupt.Code));
            _mpi = MpiCommunicator.Start();
        }
        catch (MpiException error)
        {
            throw Failure.Usage($"A launcher has started {MpiCommunicator.LaunchedSize} processes to train together, but: {error.Message}");
        }
        if (_mpi.Size == 1 && MpiCommunicator.LaunchedSize > 1)
            throw Failure.Usage($"A launcher has started {MpiCommunicator.LaunchedSize} processes to train together, but by {_mpi.Library} each is alone; let "
                + $"{MpiCommunicator.PathVariable} name the library that belongs to the launcher.");
        _isRunning = true;
        Log.IsQuiet = !IsFirst;
        _watch = new(_ => Watch(), null, Look, Look);
    }

    /// <summary>For the trainer.</summary>
    public Communicator All => (Communicator?)_mpi ?? Communicator.Alone;

    /// <summary>Whether this one speaks and writes.</summary>
    public bool IsFirst => All.Rank == 0;

    /// <summary>How many there are.</summary>
    public int Size => All.Size;

    /// <summary>The threads of one of them, where all on this machine share its processors.</summary>
    public static int Threads { get; } = Math.Max(1, Environment.ProcessorCount / MpiCommunicator.LocalSize);

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

    /// <summary>Ends MPI, when all ranks have come to the same end; the first may go on by itself. Collective.</summary>
    public void End()
    {
        if (!_isRunning) return;
        _isRunning = false;
        // To end MPI is to wait for all others, too.
        _mpi!.Dispose();
        _watch!.Dispose();
    }

    /// <summary>Ends all ranks for an error of this one alone; does nothing where they have come to the end together.</summary>
    public void Fail(Exception error)
    {
        if (!_isRunning) return;
        var (code, sentence) = Failure.Of(error);
        // What is wrong in all of them the first one says, and its launcher tells the others to end.
        if (!IsFirst && _interrupt.Token.WaitHandle.WaitOne(Precedence)) return;
        GiveUp((int)code, IsFirst ? sentence : $"rank {All.Rank}: {sentence}");
    }

    /// <inheritdoc/>
    public void Dispose() => _watch?.Dispose();

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
        // The first speaks first, where it can.
        if (waiting - (IsFirst ? TimeSpan.Zero : Precedence) is var patience && (patience > _patience || (isTold && patience > Grace)))
            GiveUp((int)ExitCode.CheckFailed, $"rank {All.Rank} has waited for the others for {waiting.TotalSeconds:F0} s: one has ended, hangs or cannot be "
                + "reached; the last checkpoint is whole, so continue with --resume, and with a longer --rank-timeout where they only take long.");
        if (!isTold || waiting < Hesitation || _hasSpoken) return;
        _hasSpoken = true;
        Console.Error.WriteLine($"organics: rank {All.Rank} was told to end while it waits for the others; if one of them has died, the last checkpoint is "
            + "whole: continue with --resume.");
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
