using System.Runtime.InteropServices;

namespace Organics;

/// <summary>
/// The functions of an installed MPI, and what its binary interface makes of the standard's names. There are three: of MPICH and all that agreed with it
/// (Intel MPI, MVAPICH, Cray MPICH), whose handles are 32-bit numbers; of Open MPI, whose handles are addresses of its own objects; and the one that MPI 5.0
/// has made standard (chapter 20), whose handles are small numbers as wide as an address. A handle is passed as a number as wide as an address everywhere: a
/// function that takes 32 bits reads the lower half of the register.
/// </summary>
sealed partial class MpiLibrary
{
    const string Name = "mpi";

    /// <summary>The environment variable that names the library to load instead of those that are looked for.</summary>
    public const string PathVariable = "ORGANICS_MPI";

    static readonly Lazy<MpiLibrary> Opened = new(Open);
    static nint _module;

    static MpiLibrary() => NativeLibrary.SetDllImportResolver(typeof(MpiLibrary).Assembly, (name, _, _) => name == Name ? _module : 0);

    MpiLibrary(string path, string @interface, nint world, nint bytes, nint returnErrors, int nobody, nint ignoredStatus, int funneled)
        => (Path, Interface, World, Bytes, ReturnErrors, Nobody, IgnoredStatus, Funneled) = (path, @interface, world, bytes, returnErrors, nobody, ignoredStatus, funneled);

    /// <summary>The library that is loaded, once in a process.</summary>
    /// <exception cref="MpiException">There is none.</exception>
    public static MpiLibrary Loaded => Opened.Value;

    /// <summary>The file's name.</summary>
    public string Path { get; }

    /// <summary>Whose binary interface it has.</summary>
    public string Interface { get; }

    /// <summary>MPI_COMM_WORLD.</summary>
    public nint World { get; }

    /// <summary>MPI_BYTE.</summary>
    public nint Bytes { get; }

    /// <summary>MPI_ERRORS_RETURN.</summary>
    public nint ReturnErrors { get; }

    /// <summary>MPI_PROC_NULL.</summary>
    public int Nobody { get; }

    /// <summary>MPI_STATUS_IGNORE.</summary>
    public nint IgnoredStatus { get; }

    /// <summary>MPI_THREAD_FUNNELED: only the thread that began calls.</summary>
    public int Funneled { get; }

    // The one whose launcher started this process goes first, for several may be installed; then the standard interface, which any of them may have.
    static IEnumerable<string> Names()
    {
        if (Environment.GetEnvironmentVariable(PathVariable) is { Length: > 0 } named) return [named];
        string[] standard = ["libmpi_abi.so.1", "libmpi_abi.so.0", "libmpi_abi.so"], open = ["libmpi.so.40", "libmpi.so.80"],
            mpich = ["libmpi.so.12", "libmpich.so.12", "libmpi_cray.so.12", "libmpi_gnu.so.12"];
        var isOpen = Environment.GetEnvironmentVariable("OMPI_COMM_WORLD_SIZE") is not null;
        return [.. isOpen ? open : mpich, .. standard, .. isOpen ? mpich : open, "libmpi.so", "libmpi_abi.1.dylib", "libmpi_abi.dylib", "libmpi.dylib", "msmpi.dll"];
    }

    static MpiLibrary Open()
    {
        KeepSignals();
        foreach (var name in Names())
            if (NativeLibrary.TryLoad(name, out _module))
                return Tell(name);
        throw new MpiException($"No MPI library was found ({string.Join(", ", Names())}); install one, such as mpich or openmpi, or let {PathVariable} name its file.");
    }

    static MpiLibrary Tell(string path)
    {
        if (!NativeLibrary.TryGetExport(_module, "MPI_Init_thread", out _))
            throw new MpiException($"'{path}' is no MPI library, for it lacks MPI_Init_thread; let {PathVariable} name one.");
        // Since MPI 5.0 a library says itself whether its interface is the standard's, and with -1 that it is its implementation's own.
        if (NativeLibrary.TryGetExport(_module, "MPI_Abi_get_version", out _) && AbiGetVersion(out var major, out _) == 0 && major > 0)
            return new(path, "the MPI 5.0 standard", 0x101, 0x247, 0x143, -3, 0, 1024);
        if (NativeLibrary.TryGetExport(_module, "ompi_mpi_comm_world", out var world))
            return new(path, "Open MPI", world, NativeLibrary.GetExport(_module, "ompi_mpi_byte"), NativeLibrary.GetExport(_module, "ompi_mpi_errors_return"),
                -2, 0, 1);
        return new(path, "MPICH", 0x44000000, 0x4c00010d, 0x54000001, -1, 1, 1);
    }

    // Leaves signals to .NET, which makes exceptions of them: UCX, by which MPICH may speak, would take those of a null reference and of a division by zero for a
    // crash. It reads its variable when it is loaded; whoever has set that knows better.
    static void KeepSignals()
    {
        if (!OperatingSystem.IsWindows()) _ = SetVariable("UCX_ERROR_SIGNALS", "", overwrite: 0);
    }

    // .NET's own environment is a copy that native code does not see.
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LibraryImport(Name, EntryPoint = "MPI_Abi_get_version")]
    internal static partial int AbiGetVersion(out int major, out int minor);

    [LibraryImport(Name, EntryPoint = "MPI_Init_thread")]
    internal static partial int InitThread(nint argc, nint argv, int required, out int provided);

    [LibraryImport(Name, EntryPoint = "MPI_Comm_split")]
    internal static partial int CommSplit(nint comm, int color, int key, ref nint result);

    [LibraryImport(Name, EntryPoint = "MPI_Comm_set_errhandler")]
    internal static partial int CommSetErrhandler(nint comm, nint handler);

    [LibraryImport(Name, EntryPoint = "MPI_Comm_rank")]
    internal static partial int CommRank(nint comm, out int rank);

    [LibraryImport(Name, EntryPoint = "MPI_Comm_size")]
    internal static partial int CommSize(nint comm, out int size);

    [LibraryImport(Name, EntryPoint = "MPI_Sendrecv")]
    internal static partial int Sendrecv(ReadOnlySpan<byte> sent, int sentCount, nint sentType, int to, int sentTag,
        Span<byte> received, int receivedCount, nint receivedType, int from, int receivedTag, nint comm, nint status);

    [LibraryImport(Name, EntryPoint = "MPI_Allgather")]
    internal static partial int Allgather(ReadOnlySpan<byte> sent, int sentCount, nint sentType, Span<byte> received, int receivedCount, nint receivedType,
        nint comm);

    [LibraryImport(Name, EntryPoint = "MPI_Bcast")]
    internal static partial int Bcast(Span<byte> bytes, int count, nint type, int root, nint comm);

    [LibraryImport(Name, EntryPoint = "MPI_Error_string")]
    internal static partial int ErrorString(int code, Span<byte> text, out int length);

    [LibraryImport(Name, EntryPoint = "MPI_Abort")]
    internal static partial int Abort(nint comm, int code);

    [LibraryImport(Name, EntryPoint = "MPI_Finalize")]
    internal static partial int FinalizeMpi();
}
