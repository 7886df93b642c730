using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Organics;

/// <summary>
/// The processes that an MPI launcher (mpirun, mpiexec, srun) has started together. MPI is begun by <see cref="Start"/> and ended by <see cref="Finish"/>, once
/// in a process; all calls come from one thread.
/// </summary>
public sealed class MpiCommunicator : Communicator, IDisposable
{
    // What is sent has one meaning at a time.
    const int Tag = 0;

    readonly MpiLibrary _mpi;
    readonly nint _comm;
    long _since;
    bool _ended;

    MpiCommunicator(MpiLibrary mpi)
    {
        _mpi = mpi;
        Check(MpiLibrary.InitThread(0, 0, mpi.Funneled, out _), "MPI_Init_thread");
        // A communicator of one's own, on which errors come back: MPI's own way is to end the process.
        nint comm = 0;
        Check(MpiLibrary.CommSplit(mpi.World, 0, 0, ref comm), "MPI_Comm_split");
        _comm = comm;
        Check(MpiLibrary.CommSetErrhandler(_comm, mpi.ReturnErrors), "MPI_Comm_set_errhandler");
        Check(MpiLibrary.CommRank(_comm, out var rank), "MPI_Comm_rank");
        Check(MpiLibrary.CommSize(_comm, out var size), "MPI_Comm_size");
        (Rank, Size) = (rank, size);
    }

    /// <summary>The environment variable that names the library to load instead of those that are looked for.</summary>
    public const string PathVariable = MpiLibrary.PathVariable;

    /// <summary>
    /// How many processes a launcher says that it has started, by the environment variables of Open MPI, MPICH and those like it, and Slurm; 1 where there was
    /// none.
    /// </summary>
    public static int LaunchedSize => Number("OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS") ?? 1;

    /// <summary>Which of them this one is, from 0, by the same variables, before MPI has begun.</summary>
    public static int LaunchedRank => LaunchedSize == 1 ? 0 : Number("OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID") ?? 0;

    /// <summary>The rank among those on this machine, from 0, where the launcher says so; else among all.</summary>
    public static int LocalRank => Number("OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "SLURM_LOCALID", "PMI_RANK") ?? 0;

    /// <inheritdoc/>
    public override int Rank { get; }

    /// <inheritdoc/>
    public override int Size { get; }

    /// <summary>The library and its binary interface, in words.</summary>
    public string Library => $"{_mpi.Path} (interface of {_mpi.Interface})";

    /// <summary>How long this process has been waiting for others in the call that is under way; zero outside of one. Safe from any thread.</summary>
    public TimeSpan Waiting => Interlocked.Read(ref _since) is not 0 and var since ? Stopwatch.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Begins MPI. Collective.</summary>
    /// <exception cref="MpiException">There is no MPI library, or it does not begin.</exception>
    public static MpiCommunicator Start() => new(MpiLibrary.Loaded);

    /// <inheritdoc/>
    /// <exception cref="MpiException">MPI says that it failed.</exception>
    public override void Exchange(int? to, ReadOnlySpan<byte> sent, int? from, Span<byte> received)
    {
        Enter();
        Leave(MpiLibrary.Sendrecv(sent, sent.Length, _mpi.Bytes, to ?? _mpi.Nobody, Tag, received, received.Length, _mpi.Bytes, from ?? _mpi.Nobody, Tag, _comm,
            _mpi.IgnoredStatus), "MPI_Sendrecv");
    }

    /// <inheritdoc/>
    /// <exception cref="MpiException">MPI says that it failed.</exception>
    public override void Gather(ReadOnlySpan<byte> own, Span<byte> all)
    {
        Enter();
        Leave(MpiLibrary.Allgather(own, own.Length, _mpi.Bytes, all, own.Length, _mpi.Bytes, _comm), "MPI_Allgather");
    }

    /// <inheritdoc/>
    /// <exception cref="MpiException">MPI says that it failed.</exception>
    public override void Broadcast(int root, Span<byte> bytes)
    {
        Enter();
        Leave(MpiLibrary.Bcast(bytes, bytes.Length, _mpi.Bytes, root, _comm), "MPI_Bcast");
    }

    /// <summary>Ends the processes of all ranks, whatever they do. It does not return.</summary>
    /// <param name="code">The exit code.</param>
    public void Abort(int code) => Check(MpiLibrary.Abort(_mpi.World, code), "MPI_Abort");

    /// <summary>Ends the processes of all ranks unless <see cref="Finish"/> was called: the others would wait for ever for one that left on the way, as by an
    /// exception.</summary>
    public void Dispose()
    {
        if (!_ended) Abort(1);
    }

    /// <summary>Ends MPI; the process goes on by itself. Collective.</summary>
    public void Finish()
    {
        if (_ended) return;
        _ended = true;
        Enter();
        Leave(MpiLibrary.FinalizeMpi(), "MPI_Finalize");
    }

    void Enter() => Interlocked.Exchange(ref _since, Stopwatch.GetTimestamp());

    void Leave(int code, string call)
    {
        Interlocked.Exchange(ref _since, 0);
        Check(code, call);
    }

    static void Check(int code, string call)
    {
        if (code == 0) return;
        // MPI_MAX_ERROR_STRING is 512 or less in all three interfaces.
        var text = new byte[513];
        var said = MpiLibrary.ErrorString(code, text, out var length) == 0 ? Encoding.UTF8.GetString(text, 0, Math.Clamp(length, 0, text.Length)) : $"code {code}";
        throw new MpiException($"{call} failed, {said.ReplaceLineEndings(" ").TrimEnd('.', ' ')}: another rank has ended or cannot be reached.");
    }

    static int? Number(params ReadOnlySpan<string> variables)
    {
        foreach (var variable in variables)
            if (int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return number;
        return null;
    }
}
